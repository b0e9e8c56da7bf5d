import assert from "node:assert/strict";
import { test } from "node:test";

import { KeyMap } from "../../review_ui/static/lib/keymap.js";

const CHOICES = Object.fromEntries(Array.from({ length: 9 }, (_, place) => [`choice-${place + 1}`, String(place + 1)]));
const COMMANDS = { "no-answer": "0", undo: "a", "zoom-in": "+", "zoom-out": "-", look: "F2" };
const KEYS = new KeyMap({ ...CHOICES, ...COMMANDS }, "Space");

test("a key names its action, also by the name of the key beside it", () => {
  assert.equal(KEYS.actionOf("a"), "undo");
  assert.equal(KEYS.actionOf("="), "zoom-in");
  assert.equal(KEYS.actionOf("−"), "zoom-out");
  assert.equal(KEYS.actionOf("x"), "");
});

test("a key that somebody has set wins over the name of another one", () => {
  const keys = new KeyMap({ "zoom-in": "+", look: "=" }, "Space");
  assert.equal(keys.actionOf("="), "look");
});

test("keys are written as on a cap", () => {
  assert.deepEqual([" ", "-", "a", "F2"].map((key) => KEYS.cap(key)), ["Space", "−", "A", "F2"]);
});

test("the tenth answer takes the first letter that no command has, and the answers run out of keys", () => {
  assert.equal(KEYS.choiceKey(8), "9");
  assert.equal(KEYS.choiceKey(9), "b");
  assert.equal(KEYS.choiceKey(33), "z");
  assert.equal(KEYS.choiceKey(34), "");
});

test("an answer is found by its key only among those that there are", () => {
  assert.equal(KEYS.choiceOf("3", 5), 2);
  assert.equal(KEYS.choiceOf("6", 5), -1);
  assert.equal(KEYS.choiceOf("b", 12), 9);
});

test("a digit that sets an answer is no command, a letter of a command is one in any case", () => {
  assert.equal(KEYS.isCommand("3"), false);
  assert.equal(KEYS.isCommand("A"), true);
  assert.equal(KEYS.isCommand("q"), false);
});
