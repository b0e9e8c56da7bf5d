import assert from "node:assert/strict";
import { test } from "node:test";

import { Outbox, QUIET_MS } from "../../review_ui/static/lib/outbox.js";

const settled = () => new Promise((resolve) => setImmediate(resolve));

/** An outbox whose program answers when told to, whose clock and pauses are the test's. */
function outboxOf() {
  const world = { sent: [], saved: [], pauses: [], changes: 0, now: 0 };
  world.outbox = new Outbox({
    send: (batch) => new Promise((answer, fail) => world.sent.push({ batch: [...batch], answer, fail })),
    saved: (batch) => world.saved.push(...batch.map(({ uuid }) => uuid)),
    changed: () => (world.changes += 1),
    now: () => world.now,
    pause: (ms, done) => {
      world.pauses.push({ ms, done, given: false });
      return () => (world.pauses.at(-1).given = true);
    },
  });
  return world;
}

const decision = (uuid, kind = "confirm") => ({ uuid, kind });

test("what comes while a batch is under way waits, in order, and goes with the next one", async () => {
  const world = outboxOf();
  for (const uuid of ["a", "b", "c"]) world.outbox.add(decision(uuid));
  assert.deepEqual(world.sent.map(({ batch }) => batch.map(({ uuid }) => uuid)), [["a"]]);
  world.sent[0].answer({});
  await settled();
  assert.deepEqual(world.sent[1].batch.map(({ uuid }) => uuid), ["b", "c"]);
  assert.deepEqual(world.saved, ["a"]);
  assert.deepEqual(world.outbox.pending.map(({ uuid }) => uuid), ["b", "c"], "kept until they are acknowledged");
  world.sent[1].answer({});
  await settled();
  assert.deepEqual(world.outbox.pending, []);
});

test("a batch holds at most fifty", async () => {
  const world = outboxOf();
  for (let number = 0; number < 60; number += 1) world.outbox.add(decision(String(number)));
  world.sent[0].answer({});
  await settled();
  assert.equal(world.sent[1].batch.length, 50);
});

test("after a failure the same is sent again, after longer and longer pauses, with the same uuids", async () => {
  const world = outboxOf();
  world.outbox.add(decision("a"));
  for (let attempt = 0; attempt < 5; attempt += 1) {
    world.sent[attempt].fail(new TypeError("offline"));
    await settled();
    assert.equal(world.outbox.failing, true);
    world.pauses[attempt].done();
    await settled();
  }
  assert.deepEqual(world.pauses.map(({ ms }) => ms), [400, 800, 1600, 3000, 3000]);
  assert.deepEqual(new Set(world.sent.map(({ batch }) => batch[0].uuid)), new Set(["a"]));
  world.sent[5].answer({});
  await settled();
  assert.equal(world.outbox.failing, false);
  assert.deepEqual(world.saved, ["a"]);
});

test("back on line it does not wait for the end of the pause", async () => {
  const world = outboxOf();
  world.outbox.add(decision("a"));
  world.sent[0].fail(new TypeError("offline"));
  await settled();
  world.outbox.wake();
  await settled();
  assert.equal(world.pauses[0].given, true);
  assert.equal(world.sent.length, 2);
});

test("a short delay is not mentioned, a longer one and a failure are", async () => {
  const world = outboxOf();
  world.outbox.add(decision("a"));
  assert.equal(world.outbox.late, 0);
  world.now = QUIET_MS + 1;
  assert.equal(world.outbox.late, 1);
  world.now = 1;
  world.sent[0].fail(new TypeError("offline"));
  await settled();
  assert.equal(world.outbox.late, 1);
});

test("what is on its way counts as settled already, what was put off does not, what is taken back counts less", () => {
  const world = outboxOf();
  for (const kind of ["confirm", "correct", "postpone", "undo"]) world.outbox.add(decision(kind, kind));
  assert.equal(world.outbox.settling, 1);
});
