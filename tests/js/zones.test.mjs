import assert from "node:assert/strict";
import { test } from "node:test";

import {
  LayoutDocument, called, divide, place, readingOrder, setKind,
} from "../../review_ui/static/lib/zones.js";

const mark = (id, x, y, facts = {}) => {
  return { id, question: "open", kind: "mark", rect_mm: [x, y, 4, 4], option: id, multiple: false, ...facts };
};

function documentOf(...zones) {
  const empty = { number: 2, size_mm: [210, 297], zones: [] };
  const pages = [{ number: 1, size_mm: [210, 297], zones }, empty];
  return new LayoutDocument({ questionnaire: "house", version: "1", filled: "mark", pages });
}

const ids = (zones) => zones.map((zone) => zone.id);

test("zones are read row by row, though their tops differ a little", () => {
  assert.deepEqual(ids(readingOrder([mark("d", 5, 30), mark("b", 50, 9), mark("a", 10, 10), mark("c", 90, 11)])), [
    "a", "b", "c", "d",
  ]);
});

test("undo and redo carry the layout and what was selected", () => {
  const doc = documentOf(mark("a", 10, 10));
  doc.selected = new Set(["a"]);
  assert.equal(doc.change("", () => doc.remove(new Set(["a"]))), true);
  assert.deepEqual([ids(doc.pages[0].zones), doc.chosen], [[], []]);
  assert.equal(doc.undo(), true);
  assert.deepEqual(ids(doc.chosen), ["a"]);
  assert.equal(doc.redo(), true);
  assert.deepEqual(doc.pages[0].zones, []);
  assert.equal(doc.redo(), false);
});

test("changes of one kind are one step until they are settled, and nothing changed is none", () => {
  const doc = documentOf(mark("a", 10, 10));
  const move = (x) => doc.change("move", () => place(doc.pages[0].zones[0], [x, 10, 4, 4]));
  move(11);
  move(12);
  doc.settle();
  move(13);
  assert.equal(move(13), false);
  doc.undo();
  assert.equal(doc.pages[0].zones[0].rect_mm[0], 12);
  doc.undo();
  assert.equal(doc.pages[0].zones[0].rect_mm[0], 10);
  assert.equal(doc.undo(), false);
});

test("a change after an undo leaves nothing to redo", () => {
  const doc = documentOf(mark("a", 10, 10));
  doc.change("", () => doc.remove(new Set(["a"])));
  doc.undo();
  doc.change("", () => (doc.layout.version = "2"));
  assert.equal(doc.redo(), false);
});

test("ids, questions and options that are new are those that nothing has", () => {
  const doc = documentOf(mark("z3", 10, 10, { question: "q1", option: "1" }), mark("z1", 20, 10, { question: "q3" }));
  assert.deepEqual([doc.freshId(), doc.freshQuestion()], ["z4", "q2"]);
  assert.deepEqual([doc.freshOption("q1"), doc.freshOption("q9")], ["2", "1"]);
});

test("a small frame becomes the next box of the question that was chosen, a large one lines to write on", () => {
  const doc = documentOf(mark("1", 10, 10, { multiple: true }), mark("2", 20, 10));
  const box = doc.add(doc.pages[0], [15, 10, 4, 4], doc.pages[0].zones[0]);
  assert.deepEqual([box.kind, box.question, box.option, box.multiple], ["mark", "open", "3", true]);
  assert.deepEqual(ids(doc.pages[0].zones), ["1", box.id, "2"], "in reading order");
  const lines = doc.add(doc.pages[1], [10, 10, 100, 27], doc.pages[0].zones[0]);
  assert.deepEqual([lines.kind, lines.question, lines.lines, lines.option], ["handwriting", "q1", 3, undefined]);
});

test("a copy lies below, above at the foot of the page, and has an option of its own", () => {
  const doc = documentOf(mark("1", 10, 10), mark("2", 50, 292));
  doc.selected = new Set(["1", "2"]);
  const [below, above] = doc.duplicate();
  assert.deepEqual([below.rect_mm[1], above.rect_mm[1]], [15, 287]);
  assert.deepEqual([below.option, above.option], ["3", "4"]);
  assert.equal(new Set(ids(doc.pages[0].zones)).size, 4);
});

test("one or several answers holds for all boxes of the question", () => {
  const doc = documentOf(mark("1", 10, 10), mark("2", 20, 10), mark("3", 30, 10, { question: "floor" }));
  doc.selected = new Set(["1"]);
  doc.setMultiple(true);
  assert.deepEqual(doc.pages[0].zones.map((zone) => zone.multiple), [true, true, false]);
});

test("options are numbered in reading order, only those that are chosen", () => {
  const doc = documentOf(mark("b", 20, 10), mark("a", 10, 10), mark("c", 30, 10));
  doc.selected = new Set(["a", "b"]);
  doc.numberOptions();
  assert.deepEqual(doc.pages[0].zones.map((zone) => zone.option), ["2", "1", "c"]);
});

test("cells come along with their zone, in proportion", () => {
  const comb = { id: "z", question: "year", kind: "comb", rect_mm: [10, 10, 26, 8] };
  divide(comb, 4);
  assert.equal(comb.cells_mm.length, 4);
  const [first, second, , last] = comb.cells_mm;
  assert.ok(Math.abs(second[0] - first[0] - first[2] * 1.125) < 0.002);
  assert.ok(Math.abs(last[0] + last[2] - 36) < 0.002);
  place(comb, [0, 0, 52, 16]);
  assert.ok(Math.abs(comb.cells_mm[3][0] + comb.cells_mm[3][2] - 52) < 0.01);
  assert.deepEqual(comb.cells_mm.map(([, y, , h]) => [y, h]), Array(4).fill([0, 16]));
});

test("another kind brings what it needs and drops what it must not have", () => {
  const zone = mark("1", 10, 10, { rect_mm: [10, 10, 60, 27] });
  setKind(zone, "comb");
  assert.deepEqual([zone.option, zone.multiple, zone.cells_mm.length], [undefined, undefined, 10]);
  setKind(zone, "handwriting");
  assert.deepEqual([zone.cells_mm, zone.lines], [undefined, 3]);
  setKind(zone, "mark");
  assert.deepEqual([zone.lines, zone.option, zone.multiple], [undefined, "1", false]);
});

test("a zone is called by its question and option", () => {
  assert.deepEqual([mark("1", 0, 0), { question: "year" }, { question: "" }].map(called), ["open 1", "year", "?"]);
});
