// The blank page with its zones in the layout editor: drawn to scale, moved and sized by mouse and touch.

import { between, kept, nextStep, overlap, stretched } from "../lib/geometry.js";
import { $, element, fill, focused, targetOf } from "../lib/view.js";
import { called, place, readingOrder } from "../lib/zones.js";

/** @import { Point, Rect, Zone } from "../lib/types.js" */
/** @import { EditScreen } from "./edit.js" */

/**
 * What the pointer does while it is down; `from` is the point in mm where it went down.
 *
 * @typedef {object} Gesture
 * @property {"size" | "draw" | "toggle" | "move" | "band"} kind
 * @property {Point} from
 * @property {Point} px the same on the screen
 * @property {boolean} moved
 * @property {string} zone "" where none was pressed
 * @property {string} side of the zone that is resized
 * @property {Map<string, Zone>} before the selected zones as they were
 * @property {string[]} selected the selection to which a frame adds
 * @property {Rect | null} rect the frame so far
 */

const SLIP_PX = 3; // a press that moves less is a click
const ZOOMS = [2, 3, 4, 6, 8, 12]; // CSS pixels per mm
const LEAST_FIT = 1.5; // CSS pixels per mm when the page fills the window
const LARGEST_FIT = 6;
const NEAR = 4.5; // labels are shown from this many CSS pixels per mm
const CSS_PX_PER_MM = 96 / 25.4;
const SIDES = ["nw", "n", "ne", "e", "se", "s", "sw", "w"];

export const LEAST_MM = 1; // minimum side of a zone
export const snap = (/** @type {number} */ value) => Math.round(value * 10) / 10;

export class EditStage {
  /** @type {number | null} */
  zoom = null; // null: fit to the window
  drawing = false; // the next frame becomes a zone
  /** @type {Gesture | null} */
  gesture = null;
  pressed = false; // the focus moves without selecting its target

  /** @param {EditScreen} screen */
  constructor(screen) {
    this.screen = screen;
    this.texts = screen.texts;
    const stage = $("stage");
    stage.addEventListener("pointerdown", (event) => this.#press(event));
    stage.addEventListener("pointermove", (event) => this.gesture && this.#drag(this.gesture, event));
    for (const end of /** @type {const} */ (["pointerup", "pointercancel"])) {
      stage.addEventListener(end, (event) => this.gesture && this.#release(this.gesture, event));
    }
    stage.addEventListener("click", (event) => {
      const zone = zoneOf(event);
      if (zone && event.detail === 0) this.toggle(zone); // Space or Enter on a zone
    });
    stage.addEventListener("focusin", (event) => {
      const zone = zoneOf(event);
      if (!zone) return;
      if (!this.pressed && !this.doc.selected.has(zone)) screen.select([zone]);
      targetOf(event).closest(".zone")?.scrollIntoView({ block: "nearest", inline: "nearest" });
    });
    new ResizeObserver(() => this.zoom === null && screen.draw()).observe($("viewport"));
  }

  get doc() {
    return this.screen.doc;
  }

  get sheet() {
    return this.screen.sheet;
  }

  /** CSS pixels per mm. */
  get scale() {
    const fit = ($("viewport").clientWidth - 24) / this.sheet.size_mm[0];
    return this.zoom ?? Math.max(LEAST_FIT, Math.min(fit, LARGEST_FIT));
  }

  // --- drawing -----------------------------------------------------------------------------------------------------

  draw() {
    const { scale } = this;
    const [width, height] = this.sheet.size_mm;
    Object.assign($("stage").style, { width: `${width * scale}px`, height: `${height * scale}px` });
    Object.assign($("picture").style, { left: "0", top: "0", width: "100%", height: "100%" });
    const url = `/pictures/${this.sheet.number}`;
    if ($("picture").getAttribute("src") !== url) $("picture").src = url;
    $("picture").alt = fill(this.texts["picture-alt"], { n: this.sheet.number });
    $("zoom-state").textContent = `${Math.round((100 * scale) / CSS_PX_PER_MM)} %`;
    $("stage").classList.toggle("near", scale >= NEAR);
    this.#drawZones(scale);
    this.#drawGrips(scale);
  }

  /**
   * One button per zone, in reading order, so that Tab follows it.
   *
   * @param {number} scale
   */
  #drawZones(scale) {
    const known = new Map(children("zones").map((node) => [node.dataset.zone, node]));
    const nodes = readingOrder(this.sheet.zones).map((zone) => this.#drawn(zone, known.get(zone.id), scale));
    const active = focused();
    const there = children("zones");
    if (nodes.length === there.length && nodes.every((node, number) => node === there[number])) return;
    $("zones").replaceChildren(...nodes);
    if (active?.dataset.zone && active.isConnected) active.focus({ preventScroll: true });
  }

  /**
   * @param {Zone} zone
   * @param {HTMLElement | undefined} node its button, where there is one
   * @param {number} scale
   */
  #drawn(zone, node, scale) {
    const button = node ?? element("button", { type: "button" });
    const wrong = this.screen.wrong.has(zone.id);
    button.dataset.zone = zone.id;
    button.className = `zone ${zone.kind}`;
    button.classList.toggle("wrong", wrong);
    button.setAttribute("aria-pressed", String(this.doc.selected.has(zone.id)));
    button.setAttribute("aria-label", this.#name(zone) + (wrong ? `, ${this.texts["has-error"]}` : ""));
    button.title = called(zone);
    putAt(button, zone.rect_mm, scale);
    const cells = (zone.cells_mm ?? []).map(([x, y, w, h]) => {
      const cell = element("span", { className: "cell" });
      putAt(cell, [x - zone.rect_mm[0], y - zone.rect_mm[1], w, h], scale);
      return cell;
    });
    button.replaceChildren(...cells, element("span", { className: "zone-label", textContent: called(zone) }));
    return button;
  }

  /** @param {Zone} zone */
  #name(zone) {
    const { page } = this.doc.whereIs(zone);
    const kind = this.texts[`kind-${zone.kind}`];
    return fill(this.texts["zone-name"], { kind, name: called(zone), page: page.number });
  }

  /** @param {number} scale */
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

  /** @param {number} direction larger (1) or smaller (-1) */
  zoomBy(direction) {
    this.zoom = nextStep(ZOOMS, this.scale, direction) ?? this.zoom;
    this.screen.draw();
    const [first] = this.doc.chosen;
    if (first) nodeOf(first.id)?.scrollIntoView({ block: "center", inline: "center" });
  }

  /** @param {boolean} on */
  drawMode(on) {
    this.drawing = on;
    $("new").setAttribute("aria-pressed", String(on));
    $("new-hint").hidden = !on;
    $("stage").classList.toggle("drawing", on);
  }

  // --- what is selected --------------------------------------------------------------------------------------------

  /** @param {string} id of a zone that is added to the selection, or removed from it */
  toggle(id) {
    const next = new Set(this.doc.selected);
    if (!next.delete(id)) next.add(id);
    this.pressed = true; // focusing a zone does not make it the only one selected
    this.focus(id);
    this.pressed = false;
    this.screen.select(next);
  }

  /** @param {string | undefined} id of a zone on this page */
  focus(id) {
    const node = id && nodeOf(id);
    if (!node) return;
    node.focus({ preventScroll: true });
    this.bring(id);
  }

  /** @param {string} id of the zone that is scrolled into view */
  bring(id) {
    nodeOf(id)?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  // --- mouse and touch ---------------------------------------------------------------------------------------------

  /**
   * @param {MouseEvent} event
   * @returns {Point} in mm
   */
  #at(event) {
    const { left, top } = $("stage").getBoundingClientRect();
    return [(event.clientX - left) / this.scale, (event.clientY - top) / this.scale];
  }

  /** @param {PointerEvent} event */
  #press(event) {
    if (event.button !== 0) return;
    event.preventDefault();
    this.pressed = true;
    $("stage").setPointerCapture(event.pointerId);
    this.gesture = this.#begun(event);
    this.pressed = false;
    if (this.gesture.kind === "size" || this.gesture.kind === "move") {
      this.doc.settle();
      this.gesture.before = new Map(this.doc.chosen.map((each) => [each.id, structuredClone(each)]));
    }
  }

  /**
   * @param {PointerEvent} event
   * @returns {Gesture}
   */
  #begun(event) {
    const zone = zoneOf(event);
    const side = /** @type {HTMLElement | null} */ (targetOf(event).closest(".grip"))?.dataset.side ?? "";
    const adding = event.shiftKey || event.ctrlKey || event.metaKey;
    /** @type {Omit<Gesture, "kind">} */
    const start = {
      from: this.#at(event),
      px: [event.clientX, event.clientY],
      moved: false,
      zone,
      side,
      before: new Map(),
      selected: [],
      rect: null,
    };
    if (side) return { ...start, kind: "size" };
    if (this.drawing) return { ...start, kind: "draw" };
    if (zone && adding) return { ...start, kind: "toggle" };
    if (!zone) return { ...start, kind: "band", selected: adding ? [...this.doc.selected] : [] };
    this.focus(zone); // leaves a field in which something was typed for another zone
    if (!this.doc.selected.has(zone)) this.screen.select([zone]);
    return { ...start, kind: "move" };
  }

  /**
   * @param {Gesture} gesture
   * @param {PointerEvent} event
   */
  #drag(gesture, event) {
    const slip = Math.hypot(event.clientX - gesture.px[0], event.clientY - gesture.px[1]);
    if (!gesture.moved && slip < SLIP_PX) return;
    gesture.moved = true;
    const [x, y] = this.#at(event);
    /** @type {Point} */
    const by = [x - gesture.from[0], y - gesture.from[1]];
    if (gesture.kind === "move") this.screen.change("drag", () => this.#dragged(gesture, by));
    else if (gesture.kind === "size") this.screen.change("drag", () => this.#sized(gesture, by));
    else if (gesture.kind !== "toggle") this.#showBand(gesture, [x, y]);
  }

  /**
   * @param {Gesture} gesture
   * @param {Point} by
   */
  #dragged(gesture, [dx, dy]) {
    for (const zone of this.doc.chosen) {
      const before = gesture.before.get(zone.id) ?? zone;
      const [x, y, w, h] = before.rect_mm;
      this.#placeFrom(before, zone, [snap(x + dx), snap(y + dy), w, h]);
    }
  }

  /**
   * @param {Gesture} gesture
   * @param {Point} by
   */
  #sized(gesture, by) {
    const [zone] = this.doc.chosen;
    const before = gesture.before.get(zone.id) ?? zone;
    this.#placeFrom(before, zone, stretched(before.rect_mm, gesture.side, by, LEAST_MM, snap));
  }

  /**
   * Places a zone relative to its state before the gesture, so that its cells are not rounded again with every move.
   *
   * @param {Zone} before
   * @param {Zone} zone
   * @param {Rect} rect
   */
  #placeFrom(before, zone, rect) {
    Object.assign(zone, structuredClone(before));
    place(zone, kept(rect, this.sheet.size_mm, LEAST_MM));
  }

  /**
   * @param {Gesture} gesture
   * @param {Point} to
   */
  #showBand(gesture, to) {
    gesture.rect = between(gesture.from, to, this.sheet.size_mm);
    putAt($("band"), gesture.rect, this.scale);
    $("band").hidden = false;
  }

  /**
   * @param {Gesture} gesture
   * @param {PointerEvent} event
   */
  #release(gesture, event) {
    this.gesture = null;
    $("band").hidden = true;
    if ($("stage").hasPointerCapture(event.pointerId)) $("stage").releasePointerCapture(event.pointerId);
    const { kind, rect } = gesture;
    if (kind === "toggle") return this.toggle(gesture.zone);
    if (kind === "draw" && rect && rect[2] >= LEAST_MM && rect[3] >= LEAST_MM) return this.screen.add(rect);
    if (kind === "band") return this.#banded(gesture);
    if (kind === "move" && !gesture.moved) return this.screen.select([gesture.zone]);
    this.doc.settle();
    return this.screen.sayPlace();
  }

  /** @param {Gesture} gesture */
  #banded({ rect, selected }) {
    $("viewport").focus({ preventScroll: true });
    if (!rect) return this.screen.select(selected);
    const inside = this.sheet.zones.filter((zone) => overlap(zone.rect_mm, rect));
    return this.screen.select(new Set([...selected, ...inside.map((zone) => zone.id)]));
  }
}

/** @param {string} id */
function children(id) {
  return /** @type {HTMLElement[]} */ ([...$(id).children]);
}

/**
 * The button of a zone on this page.
 *
 * @param {string} id
 */
function nodeOf(id) {
  return /** @type {HTMLElement | null} */ ($("zones").querySelector(`[data-zone="${CSS.escape(id)}"]`));
}

/**
 * The zone that an event happened to, "" for none.
 *
 * @param {Event} event
 */
function zoneOf(event) {
  return /** @type {HTMLElement | null} */ (targetOf(event).closest(".zone"))?.dataset.zone ?? "";
}

/**
 * @param {HTMLElement} node
 * @param {Rect} rect in mm
 * @param {number} scale
 */
function putAt(node, rect, scale) {
  const [left, top, width, height] = rect.map((value) => `${value * scale}px`);
  Object.assign(node.style, { left, top, width, height });
}
