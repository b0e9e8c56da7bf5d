// The zones of a layout as plain data, and what can be done to them. Millimetres throughout; rectangles are [x, y, w, h].

const round = (value) => Math.round(value * 1000) / 1000;

// What the person works on: the layout, a selection of zone ids, and everything before and after.
export class Document {
  #past = [];
  #future = [];

  constructor(layout) {
    this.layout = layout;
    this.selected = new Set();
  }

  get pages() {
    return this.layout.pages;
  }

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

  // Remembers how it was, then changes; changes of one `kind` that follow each other are one step (a key held down).
  change(kind, act) {
    const before = JSON.stringify(this.layout);
    act();
    const after = JSON.stringify(this.layout);
    if (before === after) return false;
    const last = this.#past.at(-1);
    if (!(kind && last?.kind === kind)) this.#past.push({ kind, state: before, selected: [...this.selected] });
    this.#future = [];
    return true;
  }

  // Whatever comes next is a step of its own.
  settle() {
    if (this.#past.length) this.#past.at(-1).kind = "";
  }

  undo() {
    return this.#travel(this.#past, this.#future);
  }

  redo() {
    return this.#travel(this.#future, this.#past);
  }

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

  // The first question code of the form q1, q2, … that no zone has.
  freshQuestion() {
    const taken = new Set(this.pages.flatMap((page) => page.zones.map((zone) => zone.question)));
    for (let number = 1; ; number += 1) if (!taken.has(`q${number}`)) return `q${number}`;
  }

  // Puts a zone where it belongs in reading order; the others keep their places.
  insert(page, zone) {
    const order = readingOrder([...page.zones, zone]);
    const before = order[order.indexOf(zone) - 1];
    page.zones.splice(before ? page.zones.indexOf(before) + 1 : 0, 0, zone);
  }

  remove(ids) {
    for (const page of this.pages) page.zones = page.zones.filter((zone) => !ids.has(zone.id));
    this.selected = new Set();
  }
}

// Row by row, each from left to right: zones whose middles lie within the height of the row's first zone make a row.
export function readingOrder(zones) {
  const waiting = [...zones].sort((one, other) => one.rect_mm[1] - other.rect_mm[1] || one.rect_mm[0] - other.rect_mm[0]);
  const found = [];
  while (waiting.length) {
    const [, top, , height] = waiting[0].rect_mm;
    const row = waiting.filter(({ rect_mm: [, y, , h] }) => y + Math.min(h, height) / 2 <= top + height);
    found.push(...row.sort((one, other) => one.rect_mm[0] - other.rect_mm[0]));
    for (const zone of row) waiting.splice(waiting.indexOf(zone), 1);
  }
  return found;
}

export function called(zone) {
  return zone.option ? `${zone.question} ${zone.option}` : zone.question || "?";
}

// Gives a zone another rectangle; its cells come along, in proportion.
export function place(zone, rect) {
  const [x, y, w, h] = zone.rect_mm;
  const [nx, ny, nw, nh] = rect.map(round);
  if (zone.cells_mm) {
    zone.cells_mm = zone.cells_mm.map(([cx, cy, cw, ch]) => [nx + ((cx - x) * nw) / w, ny + ((cy - y) * nh) / h, (cw * nw) / w, (ch * nh) / h].map(round));
  }
  zone.rect_mm = [nx, ny, nw, nh];
}

// Divides a zone into `count` cells of the width that leaves an eighth of it between them.
export function divide(zone, count) {
  const [x, y, w, h] = zone.rect_mm;
  const width = w / (count + (count - 1) / 8);
  zone.cells_mm = Array.from({ length: count }, (_, number) => [x + number * width * 1.125, y, width, h].map(round));
}

// Makes a zone another kind, with what that kind needs and without what it must not have.
export function setKind(zone, kind) {
  zone.kind = kind;
  for (const name of ["multiple", "cells_mm", "alphabet", "lines"]) delete zone[name];
  if (kind === "mark") Object.assign(zone, { option: zone.option ?? "1", multiple: false });
  else if (kind === "comb") divide(zone, Math.max(1, Math.round(zone.rect_mm[2] / 6)));
  else if (kind === "handwriting") zone.lines = Math.max(1, Math.round(zone.rect_mm[3] / 9));
  if (kind === "comb" || kind === "signature") delete zone.option;
}
