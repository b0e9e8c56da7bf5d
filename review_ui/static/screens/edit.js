// The layout editor: the blank page with its zones, fields for the selection, a list of all zones, and the problems in
// words.

import { answerOf } from "../lib/api.js";
import { kept } from "../lib/geometry.js";
import { openSession } from "../lib/session.js";
import { $, element, fill, focused, targetOf } from "../lib/view.js";
import { LayoutDocument, called, place, readingOrder } from "../lib/zones.js";
import { bindFields, drawFields } from "./edit_fields.js";
import { drawList, drawRemarks } from "./edit_lists.js";
import { EditStage, LEAST_MM, snap } from "./edit_stage.js";

/** @import { Session } from "../lib/session.js" */
/** @import { EditorState, Point, Rect, Remark, Saved } from "../lib/types.js" */

const RETRY_MS = 1500;
const CHECK_MS = 300; // pause after the last change before the program checks the layout
const SAY_MS = 400; // a zone is announced after resting this long
const FINE_MM = 0.1;
const COARSE_MM = 1;
const NEW_MM = /** @type {Point} */ ([5, 5]);

export class EditScreen {
  page = 1;
  saving = false;
  #checking = 0;
  #saying = 0;

  /**
   * @param {Session} session
   * @param {EditorState} state
   */
  constructor(session, { layout, basis, remarks }) {
    this.session = session;
    this.texts = session.texts;
    this.doc = new LayoutDocument(layout);
    this.basis = basis;
    this.stored = JSON.stringify(layout);
    /** @type {Remark[]} */
    this.remarks = remarks;
    this.stage = new EditStage(this);
    this.#bindTools();
    bindFields(this);
    document.addEventListener("keydown", (event) => this.#key(event));
    session.guardLeaving(() => this.dirty);
    this.#showPages();
    this.draw();
    document.body.dataset.ready = "yes";
  }

  get dirty() {
    return JSON.stringify(this.doc.layout) !== this.stored;
  }

  /** The page that is shown. */
  get sheet() {
    return this.doc.pages[this.page - 1];
  }

  /** The zones with a serious remark. */
  get wrong() {
    return new Set(this.remarks.filter((remark) => remark.grave).map((remark) => remark.zone));
  }

  // --- drawing -----------------------------------------------------------------------------------------------------

  #showPages() {
    const entries = this.doc.pages.map(({ number }) => {
      return element("option", { value: String(number), textContent: fill(this.texts["page-n"], { n: number }) });
    });
    $("sheet").replaceChildren(...entries);
    $("page-label").hidden = entries.length < 2;
    $("sheet").value = String(this.page);
  }

  /** @param {number} number */
  #turnTo(number) {
    if (number === this.page) return;
    this.page = number;
    $("sheet").value = String(number);
    $("viewport").scrollTop = 0;
  }

  draw() {
    this.stage.draw();
    drawList(this);
    drawRemarks(this);
    drawFields(this);
    this.#drawState();
  }

  #drawState(words = "") {
    const { dirty } = this;
    $("state").dataset.state = dirty ? "waiting" : "saved";
    $("state").textContent = words || this.texts[dirty ? "unsaved" : "saved"];
  }

  // --- what is selected --------------------------------------------------------------------------------------------

  /** @param {Iterable<string>} ids */
  select(ids, { focus = false } = {}) {
    this.doc.settle();
    this.doc.selected = new Set(ids);
    this.draw();
    if (focus) this.stage.focus([...ids].at(-1));
  }

  /**
   * Selects a zone and brings it into view.
   *
   * @param {string} id
   */
  show(id) {
    const found = this.doc.find(id);
    if (!found) return;
    this.#turnTo(found.page.number);
    this.select([id], { focus: true });
  }

  // --- changing ----------------------------------------------------------------------------------------------------

  /**
   * @param {string} kind see `LayoutDocument.change`
   * @param {() => void} act
   */
  change(kind, act) {
    if (this.doc.change(kind, act)) this.#checkSoon();
    this.draw();
  }

  /**
   * Moves or enlarges the selection.
   *
   * @param {Point} by in mm
   * @param {boolean} grows
   */
  #shift([dx, dy], grows) {
    this.change(grows ? "grow" : "move", () => {
      for (const zone of this.doc.chosen) {
        const [x, y, w, h] = zone.rect_mm;
        /** @type {Rect} */
        const rect = grows ? [x, y, snap(w + dx), snap(h + dy)] : [snap(x + dx), snap(y + dy), w, h];
        place(zone, kept(rect, this.sheet.size_mm, LEAST_MM));
      }
    });
    this.sayPlace();
  }

  /** Announces the position of the selected zone once it has come to rest. */
  sayPlace() {
    clearTimeout(this.#saying);
    this.#saying = setTimeout(() => {
      const [zone] = this.doc.chosen;
      if (!zone) return;
      const [x, y, w, h] = zone.rect_mm.map(snap);
      this.session.announce(fill(this.texts["zone-at"], { name: called(zone), x, y, w, h }));
    }, SAY_MS);
  }

  /** @param {Rect} rect of a new zone */
  add(rect) {
    this.doc.settle();
    const [model] = this.doc.chosen;
    const snapped = /** @type {Rect} */ (rect.map(snap));
    let id = "";
    this.change("", () => {
      ({ id } = this.doc.add(this.sheet, snapped, model));
    });
    this.stage.drawMode(false);
    this.select([id], { focus: true });
    const [zone] = this.doc.chosen;
    this.session.announce(fill(this.texts["zone-added"], { name: called(zone) }));
  }

  #addInTheMiddle() {
    const [width, height] = this.sheet.size_mm;
    const [model] = this.doc.chosen;
    const [w, h] = model ? model.rect_mm.slice(2) : NEW_MM;
    this.add([width / 2 - w / 2, height / 2 - h / 2, w, h]);
  }

  duplicate() {
    /** @type {string[]} */
    let copies = [];
    this.doc.settle();
    this.change("", () => {
      copies = this.doc.duplicate().map((zone) => zone.id);
    });
    if (copies.length) this.select(copies, { focus: true });
  }

  remove() {
    const ids = new Set(this.doc.selected);
    if (!ids.size) return;
    const order = readingOrder(this.sheet.zones);
    const after = order.slice(order.findLastIndex((zone) => ids.has(zone.id)) + 1);
    const next = after.find((zone) => !ids.has(zone.id));
    this.doc.settle();
    this.change("", () => this.doc.remove(ids));
    if (next) this.select([next.id], { focus: true });
    else $("viewport").focus();
    this.session.announce(fill(this.texts.deleted, { n: ids.size }));
  }

  /**
   * @param {() => boolean} act returns whether there was a step to undo or redo
   * @param {string} words
   */
  #travel(act, words) {
    const held = focused()?.dataset.zone;
    const done = act();
    if (done) {
      const [first] = this.doc.chosen;
      if (first) this.#turnTo(this.doc.whereIs(first).page.number);
      this.#showPages();
      this.#checkSoon();
      this.draw();
      if (held) this.stage.focus(this.doc.find(held) ? held : first?.id);
    }
    this.session.announce(done ? words : this.texts["nothing-to-undo"]);
  }

  undo() {
    this.#travel(() => this.doc.undo(), this.texts.undone);
  }

  redo() {
    this.#travel(() => this.doc.redo(), this.texts.redone);
  }

  // --- tools and keys ----------------------------------------------------------------------------------------------

  #bindTools() {
    /** @type {Record<string, (event: MouseEvent) => void>} */
    const acts = {
      save: () => this.save(),
      undo: () => this.undo(),
      redo: () => this.redo(),
      new: (event) => (event.detail === 0 ? this.#addInTheMiddle() : this.stage.drawMode(!this.stage.drawing)),
      duplicate: () => this.duplicate(),
      delete: () => this.remove(),
      "zoom-in": () => this.stage.zoomBy(1),
      "zoom-out": () => this.stage.zoomBy(-1),
    };
    for (const [id, act] of Object.entries(acts)) $(id).addEventListener("click", act);
    $("sheet").addEventListener("change", () => {
      this.page = Number($("sheet").value);
      this.select([]);
    });
    $("entries").addEventListener("click", (event) => {
      const button = /** @type {HTMLElement | null} */ (targetOf(event).closest("[data-entry]"));
      const found = this.doc.find(button?.dataset.entry ?? "");
      if (!found) return;
      const { page, zone } = found;
      if (event.shiftKey || event.ctrlKey || event.metaKey) return this.stage.toggle(zone.id);
      this.#turnTo(page.number);
      this.select([zone.id]);
      this.stage.bring(zone.id);
    });
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const act = this.#actOf(event, targetOf(event));
    if (!act) return;
    if (event.key !== "Escape") event.preventDefault();
    act();
  }

  /**
   * What a key does; null for one that is left to the browser.
   *
   * @param {KeyboardEvent} event
   * @param {HTMLElement} target
   * @returns {(() => void) | null}
   */
  #actOf(event, target) {
    const control = event.ctrlKey || event.metaKey;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const onPage = target.closest("#viewport") !== null;
    if (control && key === "s") return () => this.save();
    if (target.matches("input, select, textarea")) return null;
    if (control && key === "z") return () => (event.shiftKey ? this.redo() : this.undo());
    if (control && key === "y") return () => this.redo();
    if (control && key === "a" && onPage) return () => this.select(this.sheet.zones.map((zone) => zone.id));
    if (control && key === "d") return () => this.duplicate();
    if (key === "Escape" && this.stage.drawing) return () => this.stage.drawMode(false);
    if (key === "Escape") return onPage ? () => this.select([]) : null;
    if (!onPage && !target.closest(".zone-entry")) return null;
    if (key === "Delete" || key === "Backspace") return () => this.remove();
    const step = event.shiftKey ? COARSE_MM : FINE_MM;
    /** @type {Record<string, Point>} */
    const steps = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
    return steps[key] ? () => this.#shift(steps[key], control) : null;
  }

  // --- the program -------------------------------------------------------------------------------------------------

  #changes() {
    const { questionnaire, version, filled, pages } = this.doc.layout;
    return { questionnaire, version, filled, pages: pages.map((page) => page.zones) };
  }

  #checkSoon() {
    clearTimeout(this.#checking);
    $("remarks").dataset.checked = "no";
    this.#checking = setTimeout(() => this.#check(), CHECK_MS);
  }

  async #check() {
    const asked = JSON.stringify(this.doc.layout);
    try {
      const { remarks } = await this.session.api.post("/api/check", this.#changes());
      if (asked === JSON.stringify(this.doc.layout)) this.#noticed(remarks);
    } catch {
      // saving will report the problem
    }
  }

  /** @param {Remark[]} remarks */
  #noticed(remarks) {
    const grave = () => this.remarks.filter((remark) => remark.grave).map((remark) => remark.message);
    const before = grave().join();
    this.remarks = remarks;
    $("remarks").dataset.checked = "yes";
    this.draw();
    const now = grave();
    if (now.length && now.join() !== before) this.session.announce(now[0]);
  }

  async save() {
    if (this.saving) return;
    this.saving = true;
    this.session.notice("");
    this.#drawState(this.texts.saving);
    const sent = JSON.stringify(this.doc.layout);
    try {
      /** @type {Saved} */
      const saved = await this.session.api.post("/api/save", { ...this.#changes(), basis: this.basis });
      this.remarks = saved.remarks;
      if (saved.result === "saved") this.#stored(sent, saved);
      else if (saved.result === "changed") this.session.notice(this.texts["save-changed"]);
      else this.session.notice(fill(this.texts["save-wrong"], { n: this.remarks.filter(({ grave }) => grave).length }));
    } catch (problem) {
      const answer = answerOf(problem);
      this.session.notice(answer ? `${answer.message} ${answer.remedy}` : this.texts["save-failed"]);
    } finally {
      this.saving = false;
      this.draw();
    }
  }

  /**
   * @param {string} sent
   * @param {Saved} saved
   */
  #stored(sent, { basis, digest }) {
    this.basis = basis;
    this.stored = sent;
    document.body.dataset.digest = digest;
    this.session.announce(this.texts.saved);
  }
}

openSession("/api/session", RETRY_MS, async (session) => new EditScreen(session, await session.api.get("/api/layout")));
