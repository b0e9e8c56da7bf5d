// The small text field at a tile with a written value: the typed text is checked before it is set.

import { Combobox } from "../shared/combobox.js";
import { FITS, SET } from "../lib/tile_rules.js";
import { element } from "../lib/view.js";

/** @import { Checked } from "../lib/types.js" */
/** @import { Tile, Tiles } from "./mosaic_tiles.js" */
/** @typedef {{ message: string, keeps: boolean }} Objection */

export class TileEditor {
  checking = false;

  /**
   * @param {Tiles} tiles
   * @param {Tile} tile
   * @param {string | null} begun the character that was typed, null to begin with the reading
   */
  constructor(tiles, tile, begun) {
    const { texts } = tiles.session;
    const { card } = tile;
    this.tiles = tiles;
    this.tile = tile;
    this.session = tiles.session;
    this.field = element("input", { className: "tile-text", autocomplete: "off", spellcheck: false });
    this.field.inputMode = card.keyboard;
    const set = tile.state === SET && tile.choice ? (tile.choice.raw ?? tile.choice.code) : card.typed;
    this.field.value = begun ?? set;
    this.error = element("span", { className: "error", hidden: true });
    this.error.setAttribute("role", "alert");
    const cap = element("kbd", { textContent: "Alt+Enter" });
    this.keep = element("button", { type: "button", className: "tool", hidden: true }, cap, ` ${texts["as-written"]}`);
    const label = element("label", {}, texts["type-label"], this.field);
    const hint = element("span", { className: "quiet", textContent: texts["type-hint"] });
    this.node = element("div", { className: "tile-editor" }, label, hint, this.error, this.keep);
    tile.node?.parentElement?.append(this.node);
    this.#bind();
    this.field.focus();
    if (begun === null) this.field.select();
  }

  #bind() {
    if (this.tile.card.list_id) this.#listed(this.tile.card.list_id);
    this.field.addEventListener("keydown", (event) => this.#key(event));
    this.field.addEventListener("input", () => this.#refused({ message: "", keeps: false }));
    this.keep.addEventListener("click", () => this.#take({ asWritten: true }));
  }

  focus() {
    this.field.focus();
  }

  close() {
    this.node.remove();
    this.tile.editor = null;
    this.tile.node?.focus();
  }

  /**
   * If the question has a list, its values are offered while somebody types.
   *
   * @param {string} list
   */
  async #listed(list) {
    const say = (/** @type {number} */ n) => this.session.announce(this.session.words("offered-count", { n }));
    const combobox = new Combobox(this.field, { id: "offered", label: this.session.texts.offered, say });
    combobox.values = await this.tiles.lists.of(list);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.isComposing || !["Enter", "Escape"].includes(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key === "Escape") this.close();
    else if (!event.repeat) this.#take({ asWritten: event.altKey });
  }

  /** @param {Objection} objection */
  #refused({ message, keeps }) {
    this.error.textContent = keeps ? `${message} ${this.session.texts["as-written-how"]}` : message;
    this.error.hidden = !message;
    this.keep.hidden = !keeps;
    this.field.setAttribute("aria-invalid", String(Boolean(message)));
  }

  /**
   * Accepts the typed text; a text that a rule refuses only `asWritten`, because it is on the paper like that.
   *
   * @param {{ asWritten: boolean }} how
   */
  async #take({ asWritten }) {
    if (this.checking) return;
    this.checking = true;
    const { tile, tiles } = this;
    const text = this.field.value.trim();
    const objection = await this.#objection(text);
    this.checking = false;
    if (tile.editor !== this || this.field.value.trim() !== text) return;
    const { message, keeps } = objection;
    if (message && !(asWritten && keeps)) return this.#refused(objection);
    this.close();
    const asStands = this.session.words("as-written-set", { raw: text });
    if (message) tiles.mark(tile, SET, { code: "", raw: text, text: asStands });
    else if ([tile.card.value, tile.card.typed].includes(text)) tiles.mark(tile, FITS);
    else tiles.mark(tile, SET, { code: text, text });
    tiles.focus(tiles.all.indexOf(tile) + 1);
  }

  /**
   * The program's objection to a text, in words, "" when it can be accepted; `keeps` where it may be kept as written.
   *
   * @param {string} text
   * @returns {Promise<Objection>}
   */
  async #objection(text) {
    const { api, texts } = this.session;
    if (!text) return { message: texts["type-empty"], keeps: false };
    try {
      /** @type {Checked} */
      const { message } = await api.post("/api/check", { item: this.tile.card.id, text });
      return { message, keeps: true };
    } catch {
      return { message: texts["type-offline"], keeps: false };
    }
  }
}
