// The layout editor: the blank page with its zones, fields for what is selected, all zones in a list, what is wrong in words.

import { connect } from "../lib/api.js";
import { $, element, fill } from "../lib/view.js";
import { Document, called, divide, place, readingOrder, setKind } from "../lib/zones.js";

const RETRY_MS = 1500;
const CHECK_MS = 300; // changes rest that long before the program is asked what is wrong
const FINE = 0.1; // mm
const COARSE = 1;
const LEAST = 1; // mm: no side gets smaller
const SLIP_PX = 3; // a press that moves less is a click
const ZOOMS = [2, 3, 4, 6, 8, 12]; // CSS pixels per mm
const SIDES = ["nw", "n", "ne", "e", "se", "s", "sw", "w"];
const snap = (value) => Math.round(value * 10) / 10;

class Editor {
  zoom = null; // null: as large as fits
  page = 1;
  drawing = false;
  remarks = [];

  constructor(api, texts, { layout, basis, remarks }) {
    this.api = api;
    this.texts = texts;
    this.doc = new Document(layout);
    this.basis = basis;
    this.stored = JSON.stringify(layout);
    this.remarks = remarks;
    this.#bindTools();
    this.#bindStage();
    this.#bindFields();
    document.addEventListener("keydown", (event) => this.#key(event));
    window.addEventListener("beforeunload", (event) => this.dirty && event.preventDefault());
    new ResizeObserver(() => this.#resized()).observe($("viewport"));
    this.#showPages();
    this.draw();
    document.body.dataset.ready = "yes";
  }

  get dirty() {
    return JSON.stringify(this.doc.layout) !== this.stored;
  }

  get sheet() {
    return this.doc.pages[this.page - 1];
  }

  say(words) {
    $("live").textContent = words;
  }

  // --- drawing -----------------------------------------------------------------------------------------------------

  #showPages() {
    const entries = this.doc.pages.map(({ number }) => element("option", { value: String(number), textContent: fill(this.texts["page-n"], { n: number }) }));
    $("sheet").replaceChildren(...entries);
    $("page-label").hidden = entries.length < 2;
    $("sheet").value = String(this.page);
  }

  #turnTo(number) {
    if (number === this.page) return;
    this.page = number;
    $("sheet").value = String(number);
    $("viewport").scrollTop = 0;
  }

  get #scale() {
    const fit = ($("viewport").clientWidth - 24) / this.sheet.size_mm[0];
    return this.zoom ?? Math.max(1.5, Math.min(fit, 6));
  }

  #resized() {
    if (this.zoom === null) this.draw();
  }

  draw() {
    const scale = this.#scale;
    const [width, height] = this.sheet.size_mm;
    Object.assign($("stage").style, { width: `${width * scale}px`, height: `${height * scale}px` });
    Object.assign($("picture").style, { left: "0", top: "0", width: "100%", height: "100%" });
    const url = `/pictures/${this.page}`;
    if ($("picture").getAttribute("src") !== url) $("picture").src = url;
    $("picture").alt = fill(this.texts["picture-alt"], { n: this.page });
    $("zoom-state").textContent = `${Math.round((100 * scale * 25.4) / 96)} %`;
    $("stage").classList.toggle("near", scale >= 4.5);
    this.#drawZones(scale);
    this.#drawGrips(scale);
    this.#drawList();
    this.#drawRemarks();
    this.#drawFields();
    this.#drawState();
  }

  // One button per zone, in reading order, so that Tab goes from one to the next as a person reads.
  #drawZones(scale) {
    const known = new Map([...$("zones").children].map((node) => [node.dataset.zone, node]));
    const wrong = this.#wrong();
    const nodes = readingOrder(this.sheet.zones).map((zone) => {
      const node = known.get(zone.id) ?? element("button", { type: "button" });
      node.dataset.zone = zone.id;
      node.className = `zone ${zone.kind}`;
      node.classList.toggle("wrong", wrong.has(zone.id));
      node.setAttribute("aria-pressed", String(this.doc.selected.has(zone.id)));
      node.setAttribute("aria-label", this.#name(zone) + (wrong.has(zone.id) ? `, ${this.texts["has-error"]}` : ""));
      node.title = called(zone);
      const [x, y, w, h] = zone.rect_mm.map((value) => value * scale);
      Object.assign(node.style, { left: `${x}px`, top: `${y}px`, width: `${w}px`, height: `${h}px` });
      node.replaceChildren(...this.#inside(zone, scale));
      return node;
    });
    const active = document.activeElement;
    const same = nodes.length === $("zones").children.length && nodes.every((node, place) => node === $("zones").children[place]);
    if (!same) {
      $("zones").replaceChildren(...nodes);
      if (active?.dataset?.zone && active.isConnected) active.focus({ preventScroll: true });
    }
  }

  #inside(zone, scale) {
    const [x, y] = zone.rect_mm;
    const cells = (zone.cells_mm ?? []).map(([cx, cy, cw, ch]) => {
      const cell = element("span", { className: "cell" });
      Object.assign(cell.style, { left: `${(cx - x) * scale}px`, top: `${(cy - y) * scale}px`, width: `${cw * scale}px`, height: `${ch * scale}px` });
      return cell;
    });
    return [...cells, element("span", { className: "zone-label", textContent: called(zone) })];
  }

  #name(zone) {
    const { page } = this.doc.find(zone.id);
    return fill(this.texts["zone-name"], { kind: this.texts[`kind-${zone.kind}`], name: called(zone), page: page.number });
  }

  #drawGrips(scale) {
    const zone = this.doc.chosen.length === 1 ? this.doc.chosen[0] : null;
    if (!zone || !this.sheet.zones.includes(zone)) return $("grips").replaceChildren();
    const [x, y, w, h] = zone.rect_mm.map((value) => value * scale);
    const grips = SIDES.map((side) => {
      const grip = element("span", { className: `grip ${side}` });
      grip.dataset.side = side;
      const left = side.includes("w") ? x : side.includes("e") ? x + w : x + w / 2;
      const top = side.includes("n") ? y : side.includes("s") ? y + h : y + h / 2;
      Object.assign(grip.style, { left: `${left}px`, top: `${top}px` });
      return grip;
    });
    return $("grips").replaceChildren(...grips);
  }

  #drawList() {
    const wrong = this.#wrong();
    const zones = this.doc.pages.flatMap((page) => readingOrder(page.zones).map((zone) => ({ page, zone })));
    const questions = new Set(zones.map(({ zone }) => zone.question)).size;
    $("list-count").textContent = fill(this.texts["list-count"], { n: zones.length, q: questions });
    const entries = zones.map(({ page, zone }) => {
      const button = element("button", { type: "button", className: "zone-entry" });
      button.dataset.entry = zone.id;
      button.setAttribute("aria-pressed", String(this.doc.selected.has(zone.id)));
      const words = [element("strong", { textContent: called(zone) }), element("span", { className: "quiet", textContent: this.texts[`kind-${zone.kind}`] })];
      if (this.doc.pages.length > 1) words.push(element("span", { className: "quiet", textContent: fill(this.texts["page-n"], { n: page.number }) }));
      if (wrong.has(zone.id)) words.push(element("span", { className: "tag bad", textContent: this.texts["has-error"] }));
      button.append(...words);
      return element("li", {}, button);
    });
    const focused = document.activeElement?.dataset?.entry;
    $("entries").replaceChildren(...entries);
    if (focused) $("entries").querySelector(`[data-entry="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  }

  #wrong() {
    return new Set(this.remarks.filter((remark) => remark.grave).map((remark) => remark.zone));
  }

  #drawRemarks() {
    const graves = this.remarks.filter((remark) => remark.grave).length;
    $("remarks-count").textContent = this.remarks.length ? `(${this.remarks.length})` : "";
    $("remarks").dataset.grave = String(graves);
    if (!this.remarks.length) return $("remarks").replaceChildren(element("li", { className: "good", textContent: this.texts["remarks-none"] }));
    const entries = this.remarks.map((remark) => {
      const tag = element("span", { className: `tag ${remark.grave ? "bad" : ""}`, textContent: this.texts[remark.grave ? "remark-grave" : "remark-light"] });
      const words = element("span", {}, element("strong", { textContent: remark.message }), " ", remark.remedy);
      if (!this.doc.find(remark.zone)) return element("li", { className: "remark" }, tag, words);
      const button = element("button", { type: "button", className: "remark" }, tag, words);
      button.addEventListener("click", () => this.#show(remark.zone));
      return element("li", {}, button);
    });
    const open = document.activeElement?.closest("#remarks") ? [...$("remarks").querySelectorAll("button")].indexOf(document.activeElement) : -1;
    $("remarks").replaceChildren(...entries);
    if (open >= 0) $("remarks").querySelectorAll("button")[open]?.focus();
  }

  #drawState(words = "") {
    const dirty = this.dirty;
    $("state").dataset.state = dirty ? "waiting" : "saved";
    $("state").textContent = words || this.texts[dirty ? "unsaved" : "saved"];
  }

  // --- what is selected --------------------------------------------------------------------------------------------

  select(ids, { focus = false } = {}) {
    this.doc.settle();
    this.doc.selected = new Set(ids);
    this.draw();
    if (focus) this.#focus([...ids].at(-1));
  }

  #toggle(id) {
    const next = new Set(this.doc.selected);
    if (next.has(id)) next.delete(id);
    else next.add(id);
    this.pressed = true; // to look at a zone is not to choose it alone
    this.#focus(id);
    this.pressed = false;
    this.select(next);
  }

  // Selects a zone and brings it into view.
  #show(id) {
    const found = this.doc.find(id);
    if (!found) return;
    this.#turnTo(found.page.number);
    this.select([id], { focus: true });
  }

  #focus(id) {
    const node = id && $("zones").querySelector(`[data-zone="${CSS.escape(id)}"]`);
    if (!node) return;
    node.focus({ preventScroll: true });
    node.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  // --- changing ----------------------------------------------------------------------------------------------------

  change(kind, act) {
    const changed = this.doc.change(kind, act);
    if (changed) this.#checkSoon();
    this.draw();
    return changed;
  }

  #kept([x, y, w, h]) {
    const [width, height] = this.sheet.size_mm;
    const [kw, kh] = [Math.min(Math.max(w, LEAST), width), Math.min(Math.max(h, LEAST), height)];
    return [Math.min(Math.max(x, 0), width - kw), Math.min(Math.max(y, 0), height - kh), kw, kh];
  }

  #moveBy(dx, dy, kind) {
    this.change(kind, () => {
      for (const zone of this.doc.chosen) {
        const [x, y, w, h] = zone.rect_mm;
        place(zone, this.#kept([snap(x + dx), snap(y + dy), w, h]));
      }
    });
    this.#sayPlace();
  }

  #growBy(dw, dh) {
    this.change("grow", () => {
      for (const zone of this.doc.chosen) {
        const [x, y, w, h] = zone.rect_mm;
        place(zone, this.#kept([x, y, snap(w + dw), snap(h + dh)]));
      }
    });
    this.#sayPlace();
  }

  #sayPlace() {
    clearTimeout(this.saying);
    this.saying = setTimeout(() => {
      const [zone] = this.doc.chosen;
      if (!zone) return;
      const [x, y, w, h] = zone.rect_mm.map((value) => Math.round(value * 10) / 10);
      this.say(fill(this.texts["zone-at"], { name: called(zone), x, y, w, h }));
    }, 400);
  }

  #add(rect) {
    this.doc.settle();
    const [, , w, h] = rect;
    const model = this.doc.chosen[0];
    const kind = Math.max(w, h) <= 9 ? "mark" : "handwriting";
    const zone = { id: this.doc.freshId(), question: kind === "mark" && model?.kind === "mark" ? model.question : this.doc.freshQuestion(), kind, rect_mm: rect.map(snap) };
    setKind(zone, kind);
    if (kind === "mark") {
      zone.option = this.#freshOption(zone.question);
      if (model?.kind === "mark") zone.multiple = model.multiple ?? false;
    }
    this.change("", () => this.doc.insert(this.sheet, zone));
    this.#drawMode(false);
    this.select([zone.id], { focus: true });
    this.say(fill(this.texts["zone-added"], { name: called(zone) }));
  }

  #freshOption(question) {
    const taken = new Set(this.doc.pages.flatMap((page) => page.zones.filter((zone) => zone.question === question).map((zone) => zone.option)));
    for (let number = 1; ; number += 1) if (!taken.has(String(number))) return String(number);
  }

  duplicate() {
    const copies = [];
    this.doc.settle();
    this.change("", () => {
      for (const zone of this.doc.chosen) {
        const { page } = this.doc.find(zone.id);
        const copy = structuredClone(zone);
        copy.id = this.doc.freshId();
        const [x, y, w, h] = copy.rect_mm;
        const below = y + 2 * h + 1 <= page.size_mm[1];
        place(copy, [x, below ? y + h + 1 : Math.max(0, y - h - 1), w, h]);
        if (copy.kind === "mark") copy.option = this.#freshOption(copy.question);
        else copy.question = this.doc.freshQuestion();
        if (copy.kind === "handwriting") delete copy.option;
        this.doc.insert(page, copy);
        copies.push(copy.id);
      }
    });
    if (copies.length) this.select(copies, { focus: true });
  }

  remove() {
    const ids = new Set(this.doc.selected);
    if (!ids.size) return;
    const order = readingOrder(this.sheet.zones);
    const next = order.slice(order.findLastIndex((zone) => ids.has(zone.id)) + 1).find((zone) => !ids.has(zone.id));
    this.doc.settle();
    this.change("", () => this.doc.remove(ids));
    if (next) this.select([next.id], { focus: true });
    else $("viewport").focus();
    this.say(fill(this.texts.deleted, { n: ids.size }));
  }

  #travel(act, words) {
    const focused = document.activeElement?.dataset?.zone;
    const done = act();
    if (done) {
      const [first] = this.doc.chosen;
      if (first) this.#turnTo(this.doc.find(first.id).page.number);
      this.#showPages();
      this.#checkSoon();
      this.draw();
      if (focused) this.#focus(this.doc.find(focused) ? focused : first?.id);
    }
    this.say(done ? words : this.texts["nothing-to-undo"]);
  }

  undo() {
    this.#travel(() => this.doc.undo(), this.texts.undone);
  }

  redo() {
    this.#travel(() => this.doc.redo(), this.texts.redone);
  }

  // --- tools and keys ----------------------------------------------------------------------------------------------

  #bindTools() {
    const acts = {
      save: () => this.save(),
      undo: () => this.undo(),
      redo: () => this.redo(),
      new: (event) => (event.detail === 0 ? this.#inTheMiddle() : this.#drawMode(!this.drawing)),
      duplicate: () => this.duplicate(),
      delete: () => this.remove(),
      "zoom-in": () => this.#zoomBy(1),
      "zoom-out": () => this.#zoomBy(-1),
    };
    for (const [id, act] of Object.entries(acts)) $(id).addEventListener("click", act);
    $("sheet").addEventListener("change", () => {
      this.page = Number($("sheet").value);
      this.select([]);
    });
    $("entries").addEventListener("click", (event) => {
      const entry = event.target.closest("[data-entry]");
      if (!entry) return;
      if (event.shiftKey || event.ctrlKey || event.metaKey) this.#toggle(entry.dataset.entry);
      else {
        this.#turnTo(this.doc.find(entry.dataset.entry).page.number);
        this.select([entry.dataset.entry]);
        $("zones").querySelector(`[data-zone="${CSS.escape(entry.dataset.entry)}"]`)?.scrollIntoView({ block: "nearest", inline: "nearest" });
      }
    });
  }

  #zoomBy(direction) {
    const now = this.#scale;
    const steps = direction > 0 ? ZOOMS.filter((step) => step > now + 0.01) : ZOOMS.filter((step) => step < now - 0.01).reverse();
    if (steps.length) this.zoom = steps[0];
    this.draw();
    this.#focusInView();
  }

  #focusInView() {
    const [first] = this.doc.chosen;
    if (first) $("zones").querySelector(`[data-zone="${CSS.escape(first.id)}"]`)?.scrollIntoView({ block: "center", inline: "center" });
  }

  #drawMode(on) {
    this.drawing = on;
    $("new").setAttribute("aria-pressed", String(on));
    $("new-hint").hidden = !on;
    $("stage").classList.toggle("drawing", on);
  }

  #inTheMiddle() {
    const [width, height] = this.sheet.size_mm;
    const [model] = this.doc.chosen;
    const [w, h] = model ? model.rect_mm.slice(2) : [5, 5];
    this.#add([width / 2 - w / 2, height / 2 - h / 2, w, h]);
  }

  #key(event) {
    const inText = event.target.matches("input, select, textarea");
    const control = event.ctrlKey || event.metaKey;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (control && key === "s") return this.#taken(event, () => this.save());
    if (inText) return undefined;
    if (control && key === "z") return this.#taken(event, () => (event.shiftKey ? this.redo() : this.undo()));
    if (control && key === "y") return this.#taken(event, () => this.redo());
    if (control && key === "a" && event.target.closest("#viewport")) return this.#taken(event, () => this.select(this.sheet.zones.map((zone) => zone.id)));
    if (control && key === "d") return this.#taken(event, () => this.duplicate());
    if (key === "Escape") return this.drawing ? this.#drawMode(false) : event.target.closest("#viewport") && this.select([]);
    if (!event.target.closest("#viewport, .zone-entry")) return undefined;
    if (key === "Delete" || key === "Backspace") return this.#taken(event, () => this.remove());
    const step = event.shiftKey ? COARSE : FINE;
    const [dx, dy] = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] }[key] ?? [0, 0];
    if (!dx && !dy) return undefined;
    return this.#taken(event, () => (control ? this.#growBy(dx, dy) : this.#moveBy(dx, dy, "move")));
  }

  #taken(event, act) {
    event.preventDefault();
    act();
  }

  // --- mouse and touch ---------------------------------------------------------------------------------------------

  #bindStage() {
    const stage = $("stage");
    stage.addEventListener("pointerdown", (event) => this.#press(event));
    stage.addEventListener("pointermove", (event) => this.gesture && this.#drag(event));
    for (const end of ["pointerup", "pointercancel"]) stage.addEventListener(end, (event) => this.gesture && this.#release(event));
    stage.addEventListener("click", (event) => {
      const zone = event.target.closest(".zone");
      if (zone && event.detail === 0) this.#toggle(zone.dataset.zone); // Space or Enter on a zone
    });
    stage.addEventListener("focusin", (event) => {
      const zone = event.target.closest(".zone");
      if (zone && !this.pressed && !this.doc.selected.has(zone.dataset.zone)) this.select([zone.dataset.zone]);
      if (zone) zone.scrollIntoView({ block: "nearest", inline: "nearest" });
    });
  }

  #at(event) {
    const { left, top } = $("stage").getBoundingClientRect();
    return [(event.clientX - left) / this.#scale, (event.clientY - top) / this.#scale];
  }

  #press(event) {
    if (event.button !== 0) return;
    const [x, y] = this.#at(event);
    const zone = event.target.closest(".zone")?.dataset.zone;
    const side = event.target.closest(".grip")?.dataset.side;
    const adding = event.shiftKey || event.ctrlKey || event.metaKey;
    this.pressed = true;
    event.preventDefault();
    $("stage").setPointerCapture(event.pointerId);
    const start = { x, y, px: [event.clientX, event.clientY], moved: false };
    if (side) this.gesture = { ...start, kind: "size", side };
    else if (this.drawing) this.gesture = { ...start, kind: "draw" };
    else if (zone && adding) this.gesture = { ...start, kind: "toggle", zone };
    else if (zone) {
      this.#focus(zone); // leaves the field where something was typed for another zone
      if (!this.doc.selected.has(zone)) this.select([zone]);
      this.gesture = { ...start, kind: "move", zone };
    } else this.gesture = { ...start, kind: "band", kept: adding ? [...this.doc.selected] : [] };
    this.pressed = false;
    if (this.gesture.kind === "size" || this.gesture.kind === "move") {
      this.doc.settle();
      this.gesture.before = new Map(this.doc.chosen.map((each) => [each.id, structuredClone(each)]));
    }
  }

  #drag(event) {
    const gesture = this.gesture;
    if (!gesture.moved && Math.hypot(event.clientX - gesture.px[0], event.clientY - gesture.px[1]) < SLIP_PX) return;
    gesture.moved = true;
    const [x, y] = this.#at(event);
    const [dx, dy] = [x - gesture.x, y - gesture.y];
    if (gesture.kind === "move") this.change("drag", () => this.#dragged(gesture, dx, dy));
    else if (gesture.kind === "size") this.change("drag", () => this.#sized(gesture, dx, dy));
    else if (gesture.kind !== "toggle") this.#showBand(gesture, x, y);
  }

  #dragged(gesture, dx, dy) {
    for (const zone of this.doc.chosen) {
      const before = gesture.before.get(zone.id);
      const [x, y, w, h] = before.rect_mm;
      Object.assign(zone, structuredClone(before));
      place(zone, this.#kept([snap(x + dx), snap(y + dy), w, h]));
    }
  }

  #sized(gesture, dx, dy) {
    const [zone] = this.doc.chosen;
    const before = gesture.before.get(zone.id);
    let [left, top] = before.rect_mm;
    let [right, bottom] = [left + before.rect_mm[2], top + before.rect_mm[3]];
    const { side } = gesture;
    if (side.includes("w")) left = Math.min(snap(left + dx), right - LEAST);
    if (side.includes("e")) right = Math.max(snap(right + dx), left + LEAST);
    if (side.includes("n")) top = Math.min(snap(top + dy), bottom - LEAST);
    if (side.includes("s")) bottom = Math.max(snap(bottom + dy), top + LEAST);
    Object.assign(zone, structuredClone(before));
    place(zone, this.#kept([left, top, right - left, bottom - top]));
  }

  #showBand(gesture, x, y) {
    const [width, height] = this.sheet.size_mm;
    const [right, bottom] = [Math.min(Math.max(x, 0), width), Math.min(Math.max(y, 0), height)];
    gesture.rect = [Math.min(gesture.x, right), Math.min(gesture.y, bottom), Math.abs(right - gesture.x), Math.abs(bottom - gesture.y)];
    const [left, top, w, h] = gesture.rect.map((value) => `${value * this.#scale}px`);
    Object.assign($("band").style, { left, top, width: w, height: h });
    $("band").hidden = false;
  }

  #release(event) {
    const gesture = this.gesture;
    this.gesture = null;
    $("band").hidden = true;
    if ($("stage").hasPointerCapture(event.pointerId)) $("stage").releasePointerCapture(event.pointerId);
    if (gesture.kind === "toggle") return this.#toggle(gesture.zone);
    if (gesture.kind === "draw" && gesture.rect && gesture.rect[2] >= LEAST && gesture.rect[3] >= LEAST) return this.#add(gesture.rect);
    if (gesture.kind === "band") return this.#banded(gesture);
    if (gesture.kind === "move" && !gesture.moved) return this.select([gesture.zone]);
    this.doc.settle();
    return this.#sayPlace();
  }

  #banded(gesture) {
    $("viewport").focus({ preventScroll: true });
    if (!gesture.rect) return this.select(gesture.kept);
    const [left, top, w, h] = gesture.rect;
    const inside = ({ rect_mm: [x, y, zw, zh] }) => x < left + w && left < x + zw && y < top + h && top < y + zh;
    return this.select(new Set([...gesture.kept, ...this.sheet.zones.filter(inside).map((zone) => zone.id)]));
  }

  // --- fields ------------------------------------------------------------------------------------------------------

  #bindFields() {
    $("fields").addEventListener("submit", (event) => event.preventDefault());
    const each = (id, act, event = "input") => $(id).addEventListener(event, () => this.change(`field ${id}`, () => this.doc.chosen.forEach((zone) => act(zone, $(id).value.trim()))));
    each("question", (zone, value) => { zone.question = value; });
    each("option", (zone, value) => this.#set(zone, "option", value));
    each("group", (zone, value) => this.#set(zone, "group", value));
    each("alphabet", (zone, value) => this.#set(zone, "alphabet", value));
    each("lines", (zone, value) => this.#set(zone, "lines", Math.round(Number(value)) || undefined));
    each("cells", (zone, value) => Number(value) >= 1 && divide(zone, Math.min(60, Math.round(Number(value)))));
    each("kind", (zone, value) => value && setKind(zone, value), "change");
    $("multiple").addEventListener("change", () => this.change("", () => this.#setMultiple($("multiple").checked)));
    $("number-options").addEventListener("click", () => this.change("", () => this.#numberOptions()));
    for (const [at, side] of ["x", "y", "w", "h"].entries()) {
      $(`place-${side}`).addEventListener("change", () => {
        const [zone] = this.doc.chosen;
        const value = Number($(`place-${side}`).value);
        if (zone && Number.isFinite(value)) this.change("", () => place(zone, this.#kept(zone.rect_mm.map((old, number) => (number === at ? value : old)))));
      });
    }
    for (const name of ["questionnaire", "version", "filled"]) {
      $(name).addEventListener("input", () => this.change(`form ${name}`, () => { this.doc.layout[name] = $(name).value.trim(); }));
    }
    $("fields").addEventListener("focusout", () => {
      this.doc.settle();
      queueMicrotask(() => this.#drawFields());
    });
  }

  #set(zone, name, value) {
    if (value) zone[name] = value;
    else delete zone[name];
  }

  // One or several answers is a matter of the question: all of its boxes follow.
  #setMultiple(multiple) {
    const questions = new Set(this.doc.chosen.map((zone) => zone.question));
    for (const page of this.doc.pages) for (const zone of page.zones) if (zone.kind === "mark" && questions.has(zone.question)) zone.multiple = multiple;
  }

  #numberOptions() {
    const marks = new Set(this.doc.chosen.filter((zone) => zone.kind === "mark"));
    const order = this.doc.pages.flatMap((page) => readingOrder(page.zones)).filter((zone) => marks.has(zone));
    order.forEach((zone, place) => { zone.option = String(place + 1); });
  }

  #drawFields() {
    const chosen = this.doc.chosen;
    const [first] = chosen;
    $("of-zone").hidden = !first;
    $("selected").textContent = !first ? this.texts["selected-none"] : chosen.length === 1 ? fill(this.texts["selected-one"], { name: called(first) }) : fill(this.texts["selected-many"], { n: chosen.length });
    for (const id of ["delete", "duplicate"]) $(id).disabled = !first;
    for (const name of ["questionnaire", "version", "filled"]) this.#show_in(name, this.doc.layout[name]);
    if (!first) return;
    const kinds = new Set(chosen.map((zone) => zone.kind));
    const only = (kind) => kinds.size === 1 && kinds.has(kind);
    $("option-field").hidden = chosen.length > 1 || !(only("mark") || only("handwriting"));
    $("number-field").hidden = !(chosen.length > 1 && only("mark"));
    $("multiple-field").hidden = !only("mark");
    $("cells-field").hidden = $("alphabet-field").hidden = !only("comb");
    $("lines-field").hidden = !only("handwriting");
    $("place-field").hidden = chosen.length > 1;
    const shared = (get) => (chosen.every((zone) => get(zone) === get(first)) ? get(first) : null);
    for (const name of ["question", "option", "group", "kind", "alphabet", "lines"]) this.#show_in(name, shared((zone) => zone[name]), "");
    this.#show_in("cells", shared((zone) => zone.cells_mm?.length));
    const multiple = shared((zone) => Boolean(zone.multiple));
    $("multiple").checked = Boolean(multiple);
    $("multiple").indeterminate = multiple === null;
    for (const [at, side] of ["x", "y", "w", "h"].entries()) this.#show_in(`place-${side}`, first.rect_mm[at]);
    const wrong = this.#wrong();
    $("question").setAttribute("aria-invalid", String(chosen.some((zone) => wrong.has(zone.id))));
  }

  // Shows a value in its field, unless the person is typing there.
  #show_in(id, value) {
    const field = $(id);
    if (value === null) field.placeholder = this.texts.mixed;
    else if ("placeholder" in field) field.placeholder = "";
    const words = value === null || value === undefined ? "" : String(value);
    if (document.activeElement !== field || field.matches("select")) field.value = words;
  }

  // --- the program -------------------------------------------------------------------------------------------------

  #changes() {
    const { questionnaire, version, filled, pages } = this.doc.layout;
    return { questionnaire, version, filled, pages: pages.map((page) => page.zones) };
  }

  #checkSoon() {
    clearTimeout(this.checking);
    $("remarks").dataset.checked = "no";
    this.checking = setTimeout(() => this.#check(), CHECK_MS);
  }

  async #check() {
    const asked = JSON.stringify(this.doc.layout);
    try {
      const { remarks } = await this.api.post("/api/check", this.#changes());
      if (asked !== JSON.stringify(this.doc.layout)) return;
      this.#noticed(remarks);
    } catch {
      // saving will say what is wrong
    }
  }

  #noticed(remarks) {
    const before = this.remarks.filter((remark) => remark.grave).map((remark) => remark.message).join();
    this.remarks = remarks;
    $("remarks").dataset.checked = "yes";
    this.draw();
    const now = remarks.filter((remark) => remark.grave);
    if (now.length && now.map((remark) => remark.message).join() !== before) this.say(now[0].message);
  }

  async save() {
    if (this.saving) return;
    this.saving = true;
    this.#notice("");
    this.#drawState(this.texts.saving);
    const sent = JSON.stringify(this.doc.layout);
    try {
      const { result, basis, digest, remarks } = await this.api.post("/api/save", { ...this.#changes(), basis: this.basis });
      this.remarks = remarks;
      if (result === "saved") this.#stored(sent, basis, digest);
      else if (result === "changed") this.#notice(this.texts["save-changed"]);
      else this.#notice(fill(this.texts["save-wrong"], { n: remarks.filter((remark) => remark.grave).length }));
    } catch (problem) {
      this.#notice(problem.answer ? `${problem.answer.message} ${problem.answer.remedy}` : this.texts["save-failed"]);
    } finally {
      this.saving = false;
      this.draw();
    }
  }

  #stored(sent, basis, digest) {
    this.basis = basis;
    this.stored = sent;
    document.body.dataset.digest = digest;
    this.say(this.texts.saved);
  }

  #notice(words) {
    $("notice").textContent = words;
    $("notice").hidden = !words;
    if (words) this.say(words);
  }
}

connect("/api/session", RETRY_MS, async (api, texts) => new Editor(api, texts, await api.get("/api/layout")));
