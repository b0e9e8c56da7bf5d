// Many values of one question on one screen: mark what does not fit, confirm the rest with one key. Keys act at once;
// the outbox reports to the program. The next screen and its pictures are fetched ahead.

import { Decisions } from "../lib/decisions.js";
import { bindKeyTable } from "../lib/key_table.js";
import { Lists } from "../lib/lists.js";
import { Preferences } from "../lib/preferences.js";
import { openSession } from "../lib/session.js";
import { FITS, decisionOf } from "../lib/tile_rules.js";
import { $, element, nowhere, openDialog } from "../lib/view.js";
import { drawGroups } from "./mosaic_groups.js";
import { bindKeys } from "./mosaic_keys.js";
import { Tile, Tiles } from "./mosaic_tiles.js";

/** @import { Session } from "../lib/session.js" */
/** @import { Acknowledged, Counts, Decision, Group, TileCard } from "../lib/types.js" */
/** @typedef {{ tile: Tile, uuid: string, to: string }} Decided */
/** @typedef {{ group: string, decided: Decided[] }} DecidedScreen */

const GUARD_MS = 150; // Enter counts only after the screen was visible this long,
const GUARD_TILE_MS = 25; // plus this for each picture on it: nobody can look faster
const HEARTBEAT_MS = 1500;
const AHEAD = 3; // screens fetched ahead

export class MosaicScreen {
  /** @type {Group[]} */
  groups = [];
  /** @type {string | null} */
  group = null; // the key of what is shown, null for the list of groups
  /** @type {Tile[]} */
  ahead = []; // for the next screens
  /** @type {Set<string>} */
  seen = new Set(); // decided or postponed here
  /** @type {DecidedScreen[]} */
  history = []; // screens that can be undone
  visibleAt = Infinity;
  drawn = 0;
  ended = false;
  loading = false;
  pageDialog = /** @type {HTMLDialogElement} */ (document.getElementById("page"));

  /**
   * @param {Session} session
   * @param {Preferences} preferences
   */
  constructor(session, preferences) {
    this.session = session;
    this.texts = session.texts;
    this.preferences = preferences;
    this.tiles = new Tiles(session, preferences, new Lists(session.api));
    $("size").value = String(preferences.facts.tiles);
    this.decisions = new Decisions(session, {
      path: "/api/decisions",
      screen: "mosaic",
      saved: (batch, answer) => this.#acknowledged(batch, answer),
      changed: () => this.decisions.draw(),
    });
    $("size").addEventListener("change", () => {
      preferences.save({ tiles: this.size });
      this.#resize();
    });
    window.addEventListener("hashchange", () => this.route());
    setInterval(() => this.#heartbeat(), HEARTBEAT_MS);
  }

  route() {
    const key = decodeURIComponent(location.hash.slice(1));
    $("other-language").hash = location.hash;
    if (key) this.open(key);
    else this.overview();
  }

  #heartbeat() {
    if (this.group === null) this.#loadGroups();
    else if (!this.tiles.all.length) this.#fetch();
  }

  // --- groups ------------------------------------------------------------------------------------------------------

  async overview() {
    this.group = null;
    this.tiles.all = [];
    this.ahead = [];
    this.#show("groups");
    if (nowhere()) $("groups-title").focus(); // at once
    await this.#loadGroups();
  }

  /** @param {"groups" | "screen"} id */
  #show(id) {
    $("screen").hidden = id !== "screen";
    $("groups").hidden = id !== "groups";
  }

  async #loadGroups() {
    try {
      const { groups, counts } = await this.session.api.get("/api/mosaic");
      this.decisions.counts = counts;
      if (this.decisions.pending.length === 0) this.groups = groups;
    } catch {
      $("groups-text").textContent = this.texts.offline;
      return;
    }
    this.decisions.draw();
    if (this.group === null) drawGroups(this.session, this.groups, this.history.length > 0);
  }

  // --- a screen ----------------------------------------------------------------------------------------------------

  get size() {
    return Number($("size").value);
  }

  /** @param {string} key of a group */
  async open(key) {
    if (this.group === key) return;
    this.group = key;
    this.tiles.clear();
    this.ahead = [];
    this.ended = false;
    this.#show("screen");
    $("wording").textContent = this.texts.loading;
    $("wording").focus();
    this.session.notice("");
    await this.#fetch();
  }

  async #fetch() {
    if (this.loading || this.group === null) return;
    this.loading = true;
    const key = this.group;
    const shown = [...this.ahead, ...this.tiles.all].map((tile) => tile.card.id);
    shown.push(...this.decisions.pending.filter(({ kind }) => kind !== "undo").map(({ item }) => item));
    const limit = Math.max(1, this.size * AHEAD - this.ahead.length);
    try {
      const { tiles, counts } = await this.session.api.post("/api/mosaic/claim", { group: key, limit, shown });
      if (key === this.group) this.#append(tiles, counts);
    } catch {
      this.session.hurry(this.texts.offline);
    } finally {
      this.loading = false;
    }
    if (key === this.group && !this.tiles.all.length) this.next();
  }

  /**
   * @param {TileCard[]} cards
   * @param {Counts} counts
   */
  #append(cards, counts) {
    this.decisions.counts = counts;
    const shown = new Set([...this.ahead, ...this.tiles.all].map((tile) => tile.card.id));
    const fresh = cards.filter((card) => !shown.has(card.id) && !this.seen.has(nameOf(card)));
    this.ahead.push(...fresh.map((card) => new Tile(card)));
    this.ended = fresh.length === 0;
    this.decisions.draw();
  }

  /** Shows the next screen of the group, or says that there is none. */
  next() {
    const tiles = this.ahead.splice(0, this.size);
    if (tiles.length) this.#draw(tiles.sort((one, other) => one.card.order - other.card.order));
    else if (this.ended && !this.decisions.pending.length) this.#finish();
    else this.#wait();
    if (this.ahead.length < this.size * (AHEAD - 1) && tiles.length) this.#fetch();
  }

  #wait() {
    this.tiles.clear();
    $("confirm").disabled = true;
    this.session.hurry(this.texts.loading);
    if (!this.loading) setTimeout(() => this.#fetch(), HEARTBEAT_MS / 5);
  }

  #finish() {
    this.session.announce(this.texts["group-done"]);
    location.hash = "";
  }

  /** @param {Tile[]} tiles */
  #draw(tiles) {
    this.visibleAt = Infinity;
    const drawn = ++this.drawn;
    this.tiles.show(tiles, this.size).then(() => this.#painted(drawn));
  }

  /**
   * Two frames after the last picture was decoded, the screen can be seen.
   *
   * @param {number} drawn
   */
  #painted(drawn) {
    if (drawn !== this.drawn) return;
    requestAnimationFrame(() =>
      requestAnimationFrame(() => {
        if (drawn !== this.drawn) return;
        this.visibleAt = performance.now();
        $("tiles").dataset.visible = String(drawn);
        $("confirm").disabled = false;
      }),
    );
  }

  #resize() {
    const { all } = this.tiles;
    if (!all.length) return;
    if (all.some((tile) => tile.state !== FITS)) return; // marks are kept; the next screen has the new size
    this.ahead.unshift(...all);
    this.next();
  }

  // --- deciding ----------------------------------------------------------------------------------------------------

  tooFast() {
    const guard = GUARD_MS + GUARD_TILE_MS * this.tiles.all.length;
    return performance.now() - this.visibleAt < guard || this.visibleAt === Infinity;
  }

  confirm() {
    const { all } = this.tiles;
    if (!all.length || this.group === null) return undefined;
    const open = all.find((tile) => tile.editor)?.editor;
    if (open) {
      open.focus(); // confirming the screen never loses typed text
      return this.session.hurry(this.texts["type-open"]);
    }
    if (this.tooFast()) return this.session.hurry(this.texts["too-fast"]);
    const ms = Math.round((performance.now() - this.visibleAt) / all.length);
    const decided = all.map((tile) => this.#decide(tile, ms));
    this.history.push({ group: this.group, decided });
    this.session.notice("");
    this.next();
    return this.decisions.draw();
  }

  /**
   * @param {Tile} tile
   * @param {number} ms
   * @returns {Decided}
   */
  #decide(tile, ms) {
    const { kind, to } = decisionOf(tile);
    this.seen.add(nameOf(tile.card));
    return { tile, uuid: this.decisions.decide(tile.card, kind, to, ms), to };
  }

  /** Undoes the last screen and shows it again as it was left. */
  undo() {
    const last = this.history.pop();
    if (!last) return this.session.hurry(this.texts["nothing-to-undo"]);
    for (const { tile, uuid, to } of last.decided) {
      this.seen.delete(nameOf(tile.card));
      this.decisions.takeBack(tile.card, to, uuid);
    }
    this.ahead = last.group === this.group ? [...this.tiles.all, ...this.ahead] : [];
    this.group = last.group;
    history.replaceState(null, "", `#${encodeURIComponent(last.group)}`);
    this.#show("screen");
    this.#draw(last.decided.map(({ tile }) => tile));
    this.session.announce(this.texts.undone);
    return this.decisions.draw();
  }

  /**
   * @param {Decision[]} batch
   * @param {Acknowledged} answer
   */
  #acknowledged(batch, { outcomes }) {
    const refused = batch.filter((_, place) => outcomes[place].result !== "saved");
    if (refused.length) {
      const gone = new Set(refused.map((decision) => decision.uuid));
      for (const screen of this.history) screen.decided = screen.decided.filter(({ uuid }) => !gone.has(uuid));
      this.history = this.history.filter((screen) => screen.decided.length);
      const name = refused.length === 1 ? "refused-one" : "refused-many";
      this.session.notice(this.session.words(name, { n: refused.length }));
    }
    this.decisions.draw();
    if (this.group !== null && !this.tiles.all.length) this.#fetch();
  }

  // --- looking -----------------------------------------------------------------------------------------------------

  /** The whole page of a tile, with a frame around the place. */
  context() {
    const tile = this.tiles.current;
    if (!tile?.card.context_url) return;
    const { card } = tile;
    const image = element("img", { src: card.context_url, alt: card.context_alt });
    const pane = $("page-pane");
    $("page-title").textContent = this.session.words("page-title", { form: card.form, page: card.page ?? "" });
    pane.replaceChildren(image);
    image.addEventListener("load", () => {
      pane.scrollTop = card.context_focus * image.clientHeight - pane.clientHeight / 2;
    });
    openDialog(this.pageDialog, () => this.#rest());
  }

  nextLook() {
    const words = this.preferences.nextLook();
    this.session.hurry(words);
    this.session.announce(words);
  }

  help() {
    openDialog($("help"), () => this.#rest());
  }

  /** Moves the focus to where it belongs. */
  #rest() {
    if (this.tiles.all.length) this.tiles.focus(this.tiles.place);
    else $(this.group === null ? "groups-title" : "wording").focus();
  }

  back() {
    if (this.group !== null) location.hash = "";
  }
}

/**
 * Names a value with the decision in force.
 *
 * @param {TileCard} card
 */
function nameOf(card) {
  return `${card.id} ${card.basis}`;
}

openSession("/api/mosaic/session", HEARTBEAT_MS, async (session) => {
  const screen = new MosaicScreen(session, await Preferences.of(session, "mosaic"));
  bindKeys(screen);
  bindKeyTable(screen.preferences, () => screen.help());
  screen.route();
});
