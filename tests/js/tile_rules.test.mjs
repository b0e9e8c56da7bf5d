import assert from "node:assert/strict";
import { test } from "node:test";

import { BROKEN, FITS, NOT, SET, decisionOf, placeAfter, summed } from "../../review_ui/static/lib/tile_rules.js";
import { card } from "./cards.mjs";

test("what fits is confirmed, what was set is corrected, the rest is put off", () => {
  const of = (state, choice = null) => decisionOf({ card: card(), state, choice });
  assert.deepEqual(of(FITS), { kind: "confirm", to: "yes" });
  assert.deepEqual(of(SET, { code: "no", text: "NO" }), { kind: "correct", to: "no" });
  assert.deepEqual(of(SET, { code: "", text: "nothing" }), { kind: "no-answer", to: "" });
  assert.deepEqual(of(SET, { code: "", raw: "12o", text: "12o" }), { kind: "implausible", to: "12o" });
  assert.deepEqual(of(NOT), { kind: "postpone", to: "" });
  assert.deepEqual(of(BROKEN), { kind: "postpone", to: "" });
});

test("a picture that is broken is never confirmed and counts as left", () => {
  const tiles = [FITS, FITS, SET, NOT, BROKEN].map((state) => ({ state }));
  assert.deepEqual(summed(tiles), { fitting: 2, set: 1, left: 2 });
});

test("arrows stay on the grid", () => {
  const from = (place) => (key) => placeAfter(key, place, 10, 4);
  assert.deepEqual(["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"].map(from(5)), [4, 6, 1, 9]);
  assert.deepEqual(["ArrowLeft", "ArrowUp"].map(from(0)), [-1, -1]);
  assert.deepEqual(["ArrowRight", "ArrowDown"].map(from(9)), [-1, -1]);
  assert.deepEqual(["Home", "End", "Enter"].map(from(5)), [0, 9, -1]);
});
