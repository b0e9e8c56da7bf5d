// The tiles of the screen of many fields: display, marks and focus.

import { BROKEN, FITS, NOT, SET, placeAfter, summed } from "../lib/tile_rules.js";
import { $, element, focused } from "../lib/view.js";
import { TileEditor } from "./mosaic_editor.js";

/** @import { Lists } from "../lib/lists.js" */
/** @import { Preferences } from "../lib/preferences.js" */
/** @import { Session } from "../lib/session.js" */
/** @import { Replacement } from "../lib/tile_rules.js" */
/** @import { Choice, TileCard } from "../lib/types.js" */

export class Tile {
  state = FITS;
  /** @type {Replacement | null} */
  choice = null; // the answer set instead
  /** @type {HTMLButtonElement | null} */
  node = null;
  label = element("span", { className: "tile-state" });
  /** @type {TileEditor | null} */
  editor = null;

  /** @param {TileCard} card */
  constructor(card) {
    this.card = card;
    this.picture = new Image();
    this.picture.src = card.tile_url ?? "";
  }
}

export class Tiles {
  /** @type {Tile[]} */
  all = [];

  /**
   * @param {Session} session
   * @param {Preferences} preferences
   * @param {Lists} lists
   */
  constructor(session, preferences, lists) {
    this.session = session;
    this.texts = session.texts;
    this.preferences = preferences;
    this.lists = lists;
  }

  // --- showing -----------------------------------------------------------------------------------------------------

  clear() {
    this.all = [];
    $("tiles").replaceChildren();
  }

  /**
   * Shows the tiles of a screen, all of one question; resolves when the last picture is decoded or has failed.
   *
   * @param {Tile[]} tiles
   * @param {number} size of the screen
   */
  async show(tiles, size) {
    this.all = tiles;
    const { card } = tiles[0];
    const own = card.text && card.proposal === "value";
    $("heading").textContent = card.heading;
    $("wording").textContent = card.wording;
    $("said-label").textContent = this.texts[own ? "said-own" : "said"];
    $("said").textContent = own ? "" : card.value_text;
    const keys = card.multiple ? [] : card.choices.map((choice, number) => this.#keyOf(choice, number));
    $("choices").replaceChildren(...keys);
    $("tiles").replaceChildren(...tiles.map((tile, place) => this.#entry(tile, place, own)));
    $("tiles").dataset.size = String(size);
    $("tiles").dataset.shape = card.text ? "narrow" : "wide";
    this.session.hurry("");
    this.#summary();
    this.focus(0);
    scrollTo(0, 0);
    await Promise.all(tiles.map((tile) => tile.picture.decode().catch(() => this.mark(tile, BROKEN))));
  }

  /**
   * @param {Choice} choice
   * @param {number} number
   */
  #keyOf(choice, number) {
    const key = this.preferences.keymap.choiceKey(number);
    const cap = element("kbd", { textContent: this.preferences.cap(key), hidden: !key });
    cap.dataset.choice = String(number);
    return element("span", { className: "key-choice" }, cap, ` ${choice.text}`);
  }

  /**
   * @param {Tile} tile
   * @param {number} place
   * @param {boolean} own whether each tile shows its own reading
   */
  #entry(tile, place, own) {
    const { card, picture } = tile;
    picture.alt = card.alt;
    tile.label = element("span", { className: "tile-state" });
    const node = element("button", { type: "button", className: "tile", tabIndex: place ? -1 : 0 }, picture);
    if (own) node.append(element("span", { className: "tile-reading", textContent: card.value_text }));
    node.append(element("span", { className: "tile-why", textContent: card.reason_text }), tile.label);
    node.addEventListener("click", () => this.toggle(place));
    node.addEventListener("focus", () => this.#rove(place));
    tile.node = node;
    this.#draw(tile);
    return element("li", {}, node);
  }

  /** @param {Tile} tile */
  #draw(tile) {
    if (!tile.node) return;
    tile.node.dataset.state = tile.state;
    tile.node.setAttribute("aria-pressed", String(tile.state !== FITS));
    tile.label.textContent = this.#stateText(tile);
  }

  /** @param {Tile} tile */
  #stateText({ state, choice }) {
    if (state === FITS) return "";
    if (state === SET) return this.session.words("state-set", { value: choice?.text ?? "" });
    return this.texts[`state-${state}`];
  }

  #summary() {
    const { fitting, set, left } = summed(this.all);
    const parts = [this.session.words(fitting === 1 ? "confirm-one" : "confirm-many", { n: fitting })];
    if (set) parts.push(this.session.words("confirm-set", { n: set }));
    if (left) parts.push(this.session.words("confirm-left", { n: left }));
    $("confirm-text").textContent = parts.join(" · ");
  }

  // --- where the focus is ------------------------------------------------------------------------------------------

  get place() {
    const held = focused();
    return Math.max(0, this.all.findIndex(({ node }) => node !== null && (node === held || node.tabIndex === 0)));
  }

  /** @returns {Tile | undefined} */
  get current() {
    return this.all[this.place];
  }

  /** @param {number} place clamped to the nearest existing one */
  focus(place) {
    this.all[Math.min(Math.max(place, 0), this.all.length - 1)]?.node?.focus();
  }

  /** @param {number} place */
  #rove(place) {
    for (const [number, { node }] of this.all.entries()) if (node) node.tabIndex = number === place ? 0 : -1;
  }

  /** @param {string} key an arrow, Home or End */
  move(key) {
    const tops = this.all.map((tile) => tile.node?.getBoundingClientRect().top ?? 0);
    const columns = Math.max(1, tops.filter((top) => Math.abs(top - tops[0]) < 4).length);
    const to = placeAfter(key, this.place, this.all.length, columns);
    if (to >= 0) this.focus(to);
  }

  // --- marking -----------------------------------------------------------------------------------------------------

  /** @param {number} place */
  toggle(place) {
    const tile = this.all[place];
    if (tile && tile.state !== BROKEN) this.mark(tile, tile.state === FITS ? NOT : FITS);
  }

  /**
   * Sets another answer by its key; the key of the answer that was read removes the mark.
   *
   * @param {string} key
   */
  set(key) {
    const tile = this.current;
    if (!tile || tile.state === BROKEN || tile.card.text || tile.card.multiple) return;
    const choice = tile.card.choices[this.preferences.keymap.choiceOf(key, tile.card.choices.length)];
    if (!choice) return;
    if (choice.code === tile.card.value) this.mark(tile, FITS);
    else this.mark(tile, SET, choice);
    this.focus(this.place + 1);
  }

  setBlank() {
    const tile = this.current;
    if (!tile || tile.state === BROKEN) return;
    if (tile.card.proposal === "blank") this.mark(tile, FITS);
    else this.mark(tile, SET, { code: "", text: this.texts.blank });
    this.focus(this.place + 1);
  }

  /**
   * Opens a small text field at a tile with a written value.
   *
   * @param {string | null} begun the character that was typed, null to begin with the reading
   */
  write(begun = null) {
    const tile = this.current;
    if (!tile?.card.text || tile.state === BROKEN || tile.editor) return;
    tile.editor = new TileEditor(this, tile, begun);
  }

  /**
   * @param {Tile} tile
   * @param {string} state
   * @param {Replacement | null} choice
   */
  mark(tile, state, choice = null) {
    tile.state = state;
    tile.choice = choice;
    this.#draw(tile);
    this.#summary();
    if (tile.node === document.activeElement) {
      this.session.announce(tile.label.textContent || this.texts["state-fits"]);
    }
  }
}
