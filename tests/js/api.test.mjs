import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { Api, Refused, answerOf } from "../../review_ui/static/lib/api.js";

const real = globalThis.fetch;
afterEach(() => {
  globalThis.fetch = real;
});

/** Answers requests in this order, and keeps what was asked. */
function program(...answers) {
  const asked = [];
  globalThis.fetch = async (url, options = {}) => {
    asked.push({ url, token: options.headers?.["X-CSRFToken"], body: options.body });
    const [status, answer] = answers.shift();
    return new Response(JSON.stringify(answer), { status });
  };
  return asked;
}

test("every request names the language, every change carries the token", async () => {
  const asked = program([200, { n: 1 }], [200, { n: 2 }]);
  const api = new Api("token", "de");
  assert.deepEqual(await api.get("/api/pages", { number: 3 }), { n: 1 });
  assert.deepEqual(await api.post("/api/save", { x: 1 }), { n: 2 });
  assert.deepEqual(asked, [
    { url: "/api/pages?number=3&lang=de", token: undefined, body: undefined },
    { url: "/api/save?lang=de", token: "token", body: '{"x":1}' },
  ]);
});

test("a token that is over is fetched again, and the change sent once more", async () => {
  const asked = program([403, {}], [200, { csrf: "fresh" }], [200, { saved: true }]);
  assert.deepEqual(await new Api("old", "en").post("/api/save", {}), { saved: true });
  assert.deepEqual(asked.map(({ token }) => token), ["old", undefined, "fresh"]);
});

test("a refusal brings the program's words, any other failure none", async () => {
  program([422, { message: "No such form.", remedy: "Look again." }], [500, { message: "a secret" }]);
  const api = new Api("", "en");
  const refused = await api.get("/api/pages/1").catch((problem) => problem);
  assert.ok(refused instanceof Refused);
  assert.deepEqual([refused.status, answerOf(refused)?.message], [422, "No such form."]);
  assert.equal(answerOf(await api.get("/api/pages/1").catch((problem) => problem)), null);
  assert.equal(answerOf(new TypeError("offline")), null);
});
