import assert from "node:assert/strict";
import { test } from "node:test";

import { fieldMeaning, mosaicMeaning } from "../../review_ui/static/lib/key_meaning.js";
import { KeyMap } from "../../review_ui/static/lib/keymap.js";

const keymap = new KeyMap(
  { "choice-1": "1", "choice-2": "2", "no-answer": "0", undo: "u", context: "g", "zoom-in": "+", look: "F2", not: " " },
  "Space",
);
const FIELD = { keymap, commands: new Set(["no-answer", "undo", "context", "zoom-in", "look"]), letters: true };
const MOSAIC = { keymap, commands: new Set(["not", "undo", "context", "look", "help"]), letters: true };

function press(key, facts = {}) {
  const { altGraph = false, ...event } = facts;
  const released = { altKey: false, ctrlKey: false, metaKey: false, shiftKey: false };
  return { key, code: "", ...released, ...event, getModifierState: () => altGraph };
}

function onField(key, facts = {}, where = {}) {
  return fieldMeaning(press(key, facts), { ...FIELD, inText: false, onButton: false, ...where });
}

function onMosaic(key, facts = {}, where = {}) {
  const tile = { onScreen: true, onTile: true, onButton: true, written: false };
  return mosaicMeaning(press(key, facts), { ...MOSAIC, ...tile, ...where });
}

test("a letter acts outside a text field only, and only while letters are keys", () => {
  assert.equal(onField("u").act, "undo");
  assert.equal(onField("U", { shiftKey: true }).act, "undo");
  assert.equal(onField("u", {}, { inText: true }), null);
  assert.equal(onField("u", {}, { letters: false }), null);
});

test("with Alt it acts everywhere", () => {
  assert.equal(onField("u", { altKey: true }, { inText: true, letters: false }).act, "undo");
  assert.deepEqual(onField("2", { altKey: true, code: "Digit2" }), { act: "suggest", argument: "2", repeats: true });
  assert.equal(onField("º", { altKey: true, code: "Digit0" }).act, "no-answer");
  assert.equal(onField("±", { altKey: true }).act, "zoom-in");
  assert.equal(onField("Enter", { altKey: true }, { inText: true }).act, "as-written");
});

test("AltGr writes, a number block with Alt too, and Alt with a key that means nothing is the browser's", () => {
  assert.equal(onField("u", { altKey: true, ctrlKey: true }), null);
  assert.equal(onField("u", { altKey: true, altGraph: true }), null);
  assert.equal(onField("0", { altKey: true, code: "Numpad0" }), null);
  assert.equal(onField("q", { altKey: true }), null);
  const space = new KeyMap({ "no-answer": " " }, "Space");
  assert.equal(onField(" ", { altKey: true }, { keymap: space }), null);
});

test("Enter confirms, but presses a button that has the focus, and breaks a line with Shift", () => {
  assert.equal(onField("Enter").act, "enter");
  assert.equal(onField("Enter", {}, { onButton: true }), null);
  assert.equal(onField("Enter", { shiftKey: true }, { inText: true }), null);
  assert.equal(onField("Enter", { shiftKey: true }).act, "enter");
});

test("Escape leaves a text field and does nothing elsewhere", () => {
  assert.equal(onField("Escape", {}, { inText: true }).act, "leave-text");
  assert.equal(onField("Escape"), null);
});

test("Ctrl+Z takes back, other keys with Ctrl or Meta are the browser's", () => {
  assert.equal(onField("z", { ctrlKey: true }, { letters: false }).act, "undo");
  assert.equal(onField("u", { ctrlKey: true }), null);
  assert.equal(onField("u", { metaKey: true }), null);
});

test("keys of answers and spare letters choose, other characters do nothing", () => {
  assert.deepEqual(onField("1"), { act: "choose", argument: "1" });
  assert.deepEqual(onField("q"), { act: "choose", argument: "q" });
  assert.equal(onField("?"), null);
  assert.equal(onField(" ", {}, { onButton: true }), null);
});

test("function keys act in text fields, and held keys repeat only the zoom", () => {
  assert.deepEqual(onField("F2", {}, { inText: true }), { act: "look", repeats: false });
  assert.equal(onField("F2", { shiftKey: true }), null);
  assert.equal(onField("F9"), null);
  assert.equal(onField("+").repeats, true);
});

test("on tiles Enter confirms, arrows move, Escape goes back", () => {
  assert.equal(onMosaic("Enter").act, "confirm");
  assert.equal(onMosaic("Enter", {}, { onTile: false }), null);
  assert.equal(onMosaic("Enter", {}, { onTile: false, onButton: false }).act, "confirm");
  assert.deepEqual(onMosaic("ArrowUp"), { act: "move", argument: "ArrowUp", repeats: true });
  assert.equal(onMosaic("ArrowUp", {}, { onTile: false }), null);
  assert.equal(onMosaic("Escape").act, "back");
});

test("in the list of groups only taking back and help act", () => {
  const list = { onScreen: false, onTile: false, onButton: false };
  assert.equal(onMosaic("u", {}, list).act, "undo");
  assert.equal(onMosaic("g", {}, list), null);
  assert.equal(onMosaic("1", {}, list), null);
  assert.equal(onMosaic("Enter", {}, list), null);
});

test("a character begins a text on a written value, where it is no command", () => {
  assert.deepEqual(onMosaic("Q", {}, { written: true }), { act: "write", argument: "Q" });
  assert.equal(onMosaic("u", {}, { written: true }).act, "undo");
  assert.deepEqual(onMosaic("1", {}, { written: false }), { act: "set", argument: "1" });
});

test("the space bar presses the tile while it marks it, and does nothing where another key does", () => {
  const other = new KeyMap({ not: "n" }, "Space");
  assert.equal(onMosaic(" "), null);
  assert.deepEqual(onMosaic(" ", {}, { keymap: other }), { act: "nothing" });
  assert.equal(onMosaic(" ", {}, { keymap: other, onTile: false }), null);
});
