// The zones of a layout as plain data, and the operations on them. Millimetres throughout; rectangles are [x, y, w, h].

/** @import { Layout, LayoutPage, Rect, Zone } from "./types.js" */
/** @typedef {{ kind: string, state: string, selected: string[] }} Step */

const round = (/** @type {number} */ value) => Math.round(value * 1000) / 1000;

const LARGEST_BOX_MM = 9; // a larger new zone is for writing
const rounded = (/** @type {number[]} */ values) => /** @type {Rect} */ (values.map(round));

/** What the person works on: the layout, a selection of zone ids, and the undo and redo history. */
export class LayoutDocument {
  /** @type {Step[]} */
  #past = [];
  /** @type {Step[]} */
  #future = [];
  /** @type {Set<string>} */
  selected = new Set();

  /** @param {Layout} layout */
  constructor(layout) {
    this.layout = layout;
  }

  get pages() {
    return this.layout.pages;
  }

  /** @param {string} id */
  find(id) {
    for (const page of this.pages) {
      const zone = page.zones.find((each) => each.id === id);
      if (zone) return { page, zone };
    }
    return null;
  }

  get chosen() {
    return this.pages.flatMap((page) => page.zones.filter((zone) => this.selected.has(zone.id)));
  }

  /**
   * Remembers the state, then changes it; consecutive changes of one `kind` are one step (a key held down).
   *
   * @param {string} kind "" for a change that is always a step of its own
   * @param {() => void} act
   */
  change(kind, act) {
    const before = JSON.stringify(this.layout);
    const selected = [...this.selected];
    act();
    const after = JSON.stringify(this.layout);
    if (before === after) return false;
    const last = this.#past.at(-1);
    if (!(kind && last?.kind === kind)) this.#past.push({ kind, state: before, selected });
    this.#future = [];
    return true;
  }

  /** Makes the next change a step of its own. */
  settle() {
    const last = this.#past.at(-1);
    if (last) last.kind = "";
  }

  undo() {
    return this.#travel(this.#past, this.#future);
  }

  redo() {
    return this.#travel(this.#future, this.#past);
  }

  /**
   * @param {Step[]} from
   * @param {Step[]} to
   */
  #travel(from, to) {
    const step = from.pop();
    if (!step) return false;
    to.push({ kind: "", state: JSON.stringify(this.layout), selected: [...this.selected] });
    this.layout = JSON.parse(step.state);
    this.selected = new Set(step.selected.filter((id) => this.find(id)));
    return true;
  }

  freshId() {
    const taken = new Set(this.pages.flatMap((page) => page.zones.map((zone) => zone.id)));
    for (let number = taken.size + 1; ; number += 1) if (!taken.has(`z${number}`)) return `z${number}`;
  }

  /** The first question code of the form q1, q2, … that no zone has. */
  freshQuestion() {
    const taken = new Set(this.pages.flatMap((page) => page.zones.map((zone) => zone.question)));
    for (let number = 1; ; number += 1) if (!taken.has(`q${number}`)) return `q${number}`;
  }

  /**
   * The first number that no option of a question has.
   *
   * @param {string} question
   */
  freshOption(question) {
    const zones = this.pages.flatMap((page) => page.zones);
    const taken = new Set(zones.filter((zone) => zone.question === question).map((zone) => zone.option));
    for (let number = 1; ; number += 1) if (!taken.has(String(number))) return String(number);
  }

  /**
   * Inserts a zone in reading order; the others keep their places.
   *
   * @param {LayoutPage} page
   * @param {Zone} zone
   */
  insert(page, zone) {
    const order = readingOrder([...page.zones, zone]);
    const before = order[order.indexOf(zone) - 1];
    page.zones.splice(before ? page.zones.indexOf(before) + 1 : 0, 0, zone);
  }

  /**
   * Adds a zone at a rectangle. A small one is a check box, of the same question as `model` (the zone selected before)
   * if that is a check box, too; larger ones are writing lines.
   *
   * @param {LayoutPage} page
   * @param {Rect} rect
   * @param {Zone | undefined} model
   */
  add(page, rect, model) {
    const kind = Math.max(rect[2], rect[3]) <= LARGEST_BOX_MM ? "mark" : "handwriting";
    const beside = kind === "mark" && model?.kind === "mark" ? model : null;
    /** @type {Zone} */
    const zone = { id: this.freshId(), question: beside?.question ?? this.freshQuestion(), kind, rect_mm: rect };
    setKind(zone, kind);
    if (kind === "mark") zone.option = this.freshOption(zone.question);
    if (beside) zone.multiple = beside.multiple ?? false;
    this.insert(page, zone);
    return zone;
  }

  /** Puts a copy of each selected zone below it, or above where there is no room; returns the copies. */
  duplicate() {
    return this.chosen.map((zone) => {
      const { page } = this.whereIs(zone);
      const copy = structuredClone(zone);
      const [x, y, w, h] = copy.rect_mm;
      const below = y + 2 * h + 1 <= page.size_mm[1];
      copy.id = this.freshId();
      place(copy, [x, below ? y + h + 1 : Math.max(0, y - h - 1), w, h]);
      if (copy.kind === "mark") copy.option = this.freshOption(copy.question);
      else copy.question = this.freshQuestion();
      if (copy.kind === "handwriting") delete copy.option;
      this.insert(page, copy);
      return copy;
    });
  }

  /**
   * The page of a zone of this layout.
   *
   * @param {Zone} zone
   */
  whereIs(zone) {
    const found = this.find(zone.id);
    if (!found) throw new RangeError(`no zone ${zone.id}`);
    return found;
  }

  /**
   * Single or multiple choice belongs to the question, so all of its boxes are changed.
   *
   * @param {boolean} multiple
   */
  setMultiple(multiple) {
    const questions = new Set(this.chosen.map((zone) => zone.question));
    for (const zone of this.pages.flatMap((page) => page.zones)) {
      if (zone.kind === "mark" && questions.has(zone.question)) zone.multiple = multiple;
    }
  }

  /** Numbers the selected boxes in reading order. */
  numberOptions() {
    const marks = new Set(this.chosen.filter((zone) => zone.kind === "mark"));
    const order = this.pages.flatMap((page) => readingOrder(page.zones)).filter((zone) => marks.has(zone));
    for (const [number, zone] of order.entries()) zone.option = String(number + 1);
  }

  /** @param {Set<string>} ids */
  remove(ids) {
    for (const page of this.pages) page.zones = page.zones.filter((zone) => !ids.has(zone.id));
    this.selected = new Set();
  }
}

/**
 * Reading order: row by row, from left to right; zones whose centres lie within the height of a row's first zone belong
 * to that row.
 *
 * @param {Zone[]} zones
 */
export function readingOrder(zones) {
  const waiting = [...zones].sort(({ rect_mm: one }, { rect_mm: other }) => one[1] - other[1] || one[0] - other[0]);
  /** @type {Zone[]} */
  const found = [];
  while (waiting.length) {
    const [, top, , height] = waiting[0].rect_mm;
    const row = waiting.filter(({ rect_mm: [, y, , h] }) => y + Math.min(h, height) / 2 <= top + height);
    found.push(...row.sort((one, other) => one.rect_mm[0] - other.rect_mm[0]));
    for (const zone of row) waiting.splice(waiting.indexOf(zone), 1);
  }
  return found;
}

/**
 * The name of a zone.
 *
 * @param {Zone} zone
 */
export function called(zone) {
  return zone.option ? `${zone.question} ${zone.option}` : zone.question || "?";
}

/**
 * Gives a zone a new rectangle; its cells are scaled with it.
 *
 * @param {Zone} zone
 * @param {Rect} rect
 */
export function place(zone, rect) {
  const [x, y, w, h] = zone.rect_mm;
  const [nx, ny, nw, nh] = rounded(rect);
  const moved = (/** @type {Rect} */ [cx, cy, cw, ch]) =>
    rounded([nx + ((cx - x) * nw) / w, ny + ((cy - y) * nh) / h, (cw * nw) / w, (ch * nh) / h]);
  if (zone.cells_mm) zone.cells_mm = zone.cells_mm.map(moved);
  zone.rect_mm = [nx, ny, nw, nh];
}

/**
 * Divides a zone into `count` cells with gaps of an eighth of a cell's width.
 *
 * @param {Zone} zone
 * @param {number} count
 */
export function divide(zone, count) {
  const [x, y, w, h] = zone.rect_mm;
  const width = w / (count + (count - 1) / 8);
  const numbers = Array.from({ length: count }, (_, number) => number);
  zone.cells_mm = numbers.map((number) => rounded([x + number * width * 1.125, y, width, h]));
}

/**
 * Changes a zone's kind: adds the properties that the kind needs and removes those it must not have.
 *
 * @param {Zone} zone
 * @param {string} kind
 */
export function setKind(zone, kind) {
  zone.kind = kind;
  for (const name of /** @type {const} */ (["multiple", "cells_mm", "alphabet", "lines"])) delete zone[name];
  if (kind === "mark") Object.assign(zone, { option: zone.option ?? "1", multiple: false });
  else if (kind === "comb") divide(zone, Math.max(1, Math.round(zone.rect_mm[2] / 6)));
  else if (kind === "handwriting") zone.lines = Math.max(1, Math.round(zone.rect_mm[3] / 9));
  if (kind === "comb" || kind === "signature") delete zone.option;
}
