import assert from "node:assert/strict";
import { test } from "node:test";

import {
  asTyped, before, isStated, kindOf, meantAsKey, proposed, sameQuestion, toggled, valueOf,
} from "../../review_ui/static/lib/card_rules.js";
import { KeyMap } from "../../review_ui/static/lib/keymap.js";
import { card, choice } from "./cards.mjs";

test("before anybody types, the only value of the list stands in the field, else the draft, else what was read", () => {
  assert.equal(before(card({ value: "12 ", draft: "1", filled: "13" })), "13");
  assert.equal(before(card({ value: "12 ", draft: "" })), "");
  assert.equal(before(card({ value: "12 " })), "12");
});

test("a question is the same by questionnaire and column", () => {
  assert.ok(sameQuestion(card(), card({ id: "T2/open" })));
  assert.ok(!sameQuestion(card(), card({ column: "floor" })));
  assert.ok(!sameQuestion(card(), card({ questionnaire: "club" })));
});

test("no proposal is something else than the proposal that nothing is there", () => {
  assert.equal(proposed(card({ proposal: "none" })), null);
  assert.deepEqual(proposed(card({ proposal: "blank", value: "" })), new Set());
  assert.deepEqual(proposed(card({ value: "chess choir" })), new Set(["chess", "choir"]));
});

test("an answer that excludes others drives them out, and they it", () => {
  const uses = card({ choices: [choice("choir"), choice("chess"), choice("none", { exclusive: true })] });
  const both = toggled(uses, new Set(["choir"]), "chess");
  assert.deepEqual(both, new Set(["choir", "chess"]));
  assert.deepEqual(toggled(uses, both, "none"), new Set(["none"]));
  assert.deepEqual(toggled(uses, new Set(["none"]), "chess"), new Set(["chess"]));
  assert.deepEqual(toggled(uses, both, "choir"), new Set(["chess"]));
  assert.deepEqual(both, new Set(["choir", "chess"]), "what was chosen before is left alone");
  assert.deepEqual(toggled(uses, null, "chess"), new Set(["chess"]));
});

test("several codes are written in the order of the options", () => {
  assert.equal(valueOf(card(), new Set(["now", "yes"])), "yes now");
});

test("Enter confirms what was read, corrects to something else, or says that nothing is there", () => {
  assert.equal(kindOf(card(), "yes"), "confirm");
  assert.equal(kindOf(card(), "no"), "correct");
  assert.equal(kindOf(card(), ""), "no-answer");
  assert.equal(kindOf(card({ value: "", proposal: "blank" }), ""), "confirm");
  assert.equal(kindOf(card({ value: "", proposal: "none" }), ""), "no-answer");
});

test("a stored value stands in the field as the reader types it, and is known as the same", () => {
  const day = card({ value: "2026-03-14", typed: "14.03.2026", text: true });
  assert.equal(before(day), "14.03.2026");
  assert.equal(asTyped(day, "2026-03-14"), "14.03.2026");
  assert.equal(asTyped(day, "15.03.2026"), "15.03.2026");
  const sides = card({ statements: [{ kind: "correct", value: "2026-03-14", typed: "14.03.2026" }] });
  assert.ok(isStated(sides, "correct", "14.03.2026"));
  assert.ok(!isStated(sides, "correct", "15.03.2026"));
});

test("of a contradiction only the decisions of its sides are stated", () => {
  const sides = card({ statements: [{ kind: "correct", value: "no" }, { kind: "no-answer", value: "" }] });
  assert.ok(isStated(card(), "correct", "anything"));
  assert.ok(isStated(sides, "correct", "no"));
  assert.ok(!isStated(sides, "correct", "yes"));
  assert.ok(!isStated(sides, "illegible", ""));
});

test("a single character may be a slip where people write words or more was read", () => {
  const keymap = new KeyMap({ undo: "u", "choice-1": "1" }, "Space");
  const meant = (text, facts) => meantAsKey(card({ text: true, ...facts }), text, keymap);
  assert.ok(meant("u", { value: "Ulm" }));
  assert.ok(meant("u", { value: "U", handwriting: true }));
  assert.ok(!meant("u", { value: "x" }));
  assert.ok(!meant("ul", { value: "Ulm" }));
  assert.ok(!meant("1", { value: "12" }));
  assert.ok(!meant("u", { value: "Ulm", suggestions: ["u"] }));
  assert.ok(!meant("u", { value: "", draft: "x" }));
});
