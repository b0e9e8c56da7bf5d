import assert from "node:assert/strict";
import { test } from "node:test";

import { Queue } from "../../review_ui/static/lib/queue.js";
import { card } from "./cards.mjs";

const settled = () => new Promise((resolve) => setImmediate(resolve));
const named = (...ids) => ids.map((id) => card({ id }));

/** A queue whose program answers when told to, and whose pictures are only names. */
function queueOf() {
  const world = { asked: [], loaded: [], changes: 0 };
  world.queue = new Queue({
    fetchCards: (range) => new Promise((answer, fail) => world.asked.push({ range, answer, fail })),
    changed: () => (world.changes += 1),
    load: (url) => (world.loaded.push(url), { url, ready: true, failed: false, failedAt: 0 }),
  });
  return world;
}

async function filled(...ids) {
  const world = queueOf();
  world.queue.fill();
  world.asked[0].answer(named(...ids));
  await settled();
  return world;
}

test("it asks once at a time, and says what is shown here already", async () => {
  const world = queueOf();
  world.queue.fill();
  world.queue.fill();
  assert.equal(world.asked.length, 1);
  world.asked[0].answer(named("a", "b"));
  await settled();
  world.queue.take();
  assert.deepEqual(world.asked[1].range.shown, ["b", "a"]);
});

test("a card that was decided after the request began is not shown again", async () => {
  const { queue, asked } = await filled("a", "b");
  queue.take(); // asks for more
  queue.acknowledge("a");
  asked[1].answer(named("a", "b", "c"));
  await settled();
  assert.equal(queue.current.id, "b");
  queue.take();
  assert.equal(queue.current.id, "c");
  queue.take();
  assert.equal(queue.current, null);
});

test("a card whose decision is saved may come again with a later request", async () => {
  const { queue, asked } = await filled("a", "b");
  queue.take();
  queue.acknowledge("a");
  asked[1].answer([]);
  await settled();
  queue.take();
  asked[2].answer(named("a"));
  await settled();
  assert.equal(queue.current.id, "a");
});

test("it has ended when the program has nothing more and nothing is left", async () => {
  const { queue, asked } = await filled("a");
  assert.equal(queue.ended, false);
  queue.take();
  assert.equal(queue.ended, false, "what was put off may come again");
  asked[1].answer([]);
  await settled();
  assert.equal(queue.ended, true);
});

test("a card that is put back is first, or second behind the one that is looked at, and there once", async () => {
  const { queue } = await filled("a", "b", "c");
  queue.putBack(card({ id: "c" }), { second: true });
  queue.putBack(card({ id: "b" }));
  assert.deepEqual([queue.take().id, queue.take().id, queue.take().id], ["b", "a", "c"]);
  assert.throws(() => queue.take(), RangeError);
});

test("a request that fails is remembered until one succeeds", async () => {
  const { queue, asked } = await filled();
  queue.fill();
  asked[1].fail(new TypeError("offline"));
  await settled();
  assert.ok(queue.problem instanceof TypeError);
  queue.fill();
  asked[2].answer([]);
  await settled();
  assert.equal(queue.problem, null);
});

test("pictures are loaded ahead, each once", async () => {
  const world = queueOf();
  world.queue.fill();
  const cards = Array.from({ length: 60 }, (_, number) => card({ id: String(number), crop_url: `/${number}` }));
  world.asked[0].answer(cards);
  await settled();
  assert.deepEqual(world.loaded, Array.from({ length: 40 }, (_, number) => `/${number}`));
  world.queue.picture(world.queue.current);
  assert.equal(world.loaded.length, 40);
});

test("there is no picture where there is no crop, and no page for whoever must not see it", async () => {
  const { queue } = await filled("a");
  assert.equal(queue.picture(card({ crop_url: null })), null);
  assert.equal(queue.picture(card({ crop_url: null }), { context: true }), null);
  assert.equal(queue.picture(card({ context_url: null }), { context: true }), null);
  assert.equal(queue.picture(card(), { context: true }).url, "/crops/1?context=1");
});
