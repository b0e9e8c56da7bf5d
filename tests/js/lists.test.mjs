import assert from "node:assert/strict";
import { test } from "node:test";

import { Lists } from "../../review_ui/static/lib/lists.js";

test("a list is fetched once, by its name in the address, and known afterwards", async () => {
  const asked = [];
  const lists = new Lists({ get: async (path) => (asked.push(path), { values: ["Dortmund"] }) });
  assert.deepEqual(lists.known("house/town & land"), []);
  const [one, other] = await Promise.all([lists.of("house/town & land"), lists.of("house/town & land")]);
  assert.deepEqual([one, other, lists.known("house/town & land")], [["Dortmund"], ["Dortmund"], ["Dortmund"]]);
  assert.deepEqual(asked, ["/api/lists/house/town%20%26%20land"]);
});

test("a list that cannot be had is empty, and is asked for again", async () => {
  let there = false;
  const lists = new Lists({
    get: async () => {
      if (!there) throw new TypeError("offline");
      return { values: ["Ulm"] };
    },
  });
  assert.deepEqual(await lists.of("towns"), []);
  there = true;
  assert.deepEqual(await lists.of("towns"), ["Ulm"]);
});
