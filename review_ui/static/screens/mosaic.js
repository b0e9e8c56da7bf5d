// Many values of one question on one screen: what does not fit is marked, the rest is confirmed by one key. Keys act at
// once; the program hears of it through the outbox. The next screen and its pictures are fetched ahead.

import { connect } from "../lib/api.js";
import { Combobox, Lists } from "../lib/combobox.js";
import { Mine, bindKeyTable } from "../lib/preferences.js";
import { Outbox } from "../lib/outbox.js";
import { $, element, fill, nowhere, openDialog } from "../lib/view.js";

const GUARD_MS = 150; // Enter counts only when the screen was visible that long,
const GUARD_TILE_MS = 25; // and so much longer for each picture on it: faster, nobody has looked
const HEARTBEAT_MS = 1500;
const AHEAD = 3; // screens fetched ahead
const FITS = "fits";
const NOT = "not";
const SET = "set";
const BROKEN = "broken";

class Station {
  counts = { settled: 0, total: 0, postponed: 0 };
  groups = [];
  group = null;
  tiles = []; // what is shown: { card, state, to, picture, node }
  ahead = []; // cards for the next screens
  seen = new Set(); // what was decided or put off here
  history = []; // screens that can be taken back
  visibleAt = Infinity;
  painting = false;
  drawn = 0;
  ended = false;
  loading = false;

  constructor(api, texts, mine) {
    this.api = api;
    this.texts = texts;
    this.mine = mine;
    this.lists = new Lists(api);
    $("size").value = String(mine.facts.tiles);
    this.outbox = new Outbox({
      send: (decisions) => api.post("/api/decisions", { decisions }),
      saved: (batch, answer) => this.#acknowledged(batch, answer),
      changed: () => this.#status(),
    });
    $("size").addEventListener("change", () => (mine.save({ tiles: this.size }), this.#resize()));
    addEventListener("hashchange", () => this.route());
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
    else if (!this.tiles.length) this.#fetch();
  }

  // --- groups ------------------------------------------------------------------------------------------------------

  async overview() {
    this.group = null;
    this.tiles = [];
    this.ahead = [];
    $("screen").hidden = true;
    $("groups").hidden = false;
    if (nowhere()) $("groups-title").focus(); // at once
    await this.#loadGroups();
  }

  async #loadGroups() {
    try {
      const { groups, counts } = await this.api.get("/api/mosaic");
      this.counts = counts;
      if (this.outbox.pending.length === 0) this.groups = groups;
    } catch {
      $("groups-text").textContent = this.texts.offline;
      return;
    }
    this.#status();
    if (this.group === null) this.#drawGroups();
  }

  #drawGroups() {
    const shown = JSON.stringify(this.groups);
    $("groups-undo").hidden = !this.history.length;
    $("groups-text").textContent = this.texts[this.groups.length ? "groups-intro" : "groups-none"];
    if ($("group-list").dataset.shown === shown) return;
    $("group-list").dataset.shown = shown;
    $("group-list").replaceChildren(
      ...this.groups.map((group) => {
        const link = element("a", { className: "group", href: `#${encodeURIComponent(group.key)}` });
        link.append(
          element("span", { className: "heading", textContent: group.heading }),
          element("strong", { textContent: group.wording }),
          element("span", { textContent: group.said ? fill(this.texts["group-said"], { said: group.said }) : this.texts["group-own"] }),
          element("span", { className: "tag", textContent: fill(this.texts["group-count"], { n: group.count }) }),
        );
        return element("li", {}, link);
      }),
    );
  }

  // --- a screen ----------------------------------------------------------------------------------------------------

  get size() {
    return Number($("size").value);
  }

  async open(key) {
    if (this.group === key) return;
    this.group = key;
    this.tiles = [];
    this.ahead = [];
    this.ended = false;
    $("groups").hidden = true;
    $("screen").hidden = false;
    $("tiles").replaceChildren();
    $("wording").textContent = this.texts.loading;
    $("wording").focus();
    this.#notice("");
    await this.#fetch();
  }

  async #fetch() {
    if (this.loading || this.group === null) return;
    this.loading = true;
    const key = this.group;
    const shown = [...this.ahead, ...this.tiles].map((tile) => tile.card.id);
    shown.push(...this.outbox.pending.filter(({ kind }) => kind !== "undo").map(({ item }) => item));
    const limit = Math.max(1, this.size * AHEAD - this.ahead.length);
    try {
      const { tiles, counts } = await this.api.post("/api/mosaic/claim", { group: key, limit, shown });
      if (key === this.group) this.#append(tiles, counts);
    } catch {
      this.#hurry(this.texts.offline);
    } finally {
      this.loading = false;
    }
    if (key === this.group && !this.tiles.length) this.next();
  }

  #append(cards, counts) {
    this.counts = counts;
    const shown = new Set([...this.ahead, ...this.tiles].map((tile) => tile.card.id));
    const fresh = cards.filter((card) => !shown.has(card.id) && !this.seen.has(`${card.id} ${card.basis}`));
    this.ahead.push(...fresh.map((card) => tileOf(card)));
    this.ended = fresh.length === 0;
    this.#status();
  }

  // Shows the next screen of the group, or says that there is none.
  next() {
    const tiles = this.ahead.splice(0, this.size);
    if (tiles.length) this.#draw(tiles.sort((one, other) => one.card.order - other.card.order));
    else if (this.ended && !this.outbox.pending.length) this.#finish();
    else this.#wait();
    if (this.ahead.length < this.size * (AHEAD - 1) && tiles.length) this.#fetch();
  }

  #wait() {
    this.tiles = [];
    $("tiles").replaceChildren();
    $("confirm").disabled = true;
    this.#hurry(this.texts.loading);
    if (!this.loading) setTimeout(() => this.#fetch(), HEARTBEAT_MS / 5);
  }

  #finish() {
    this.#announce(this.texts["group-done"]);
    location.hash = "";
  }

  #draw(tiles) {
    this.tiles = tiles;
    this.visibleAt = Infinity;
    const { card } = tiles[0];
    const own = card.text && card.proposal === "value";
    $("heading").textContent = card.heading;
    $("wording").textContent = card.wording;
    $("said-label").textContent = this.texts[own ? "said-own" : "said"];
    $("said").textContent = own ? "" : card.value_text;
    $("choices").replaceChildren(...(card.multiple ? [] : card.choices.map((choice, number) => this.#keyOf(choice, number))));
    $("tiles").replaceChildren(...tiles.map((tile, place) => this.#tile(tile, place, own)));
    $("tiles").dataset.size = this.size;
    $("tiles").dataset.shape = card.text ? "narrow" : "wide";
    this.#hurry("");
    this.#summary();
    this.focus(0);
    scrollTo(0, 0);
    const drawn = ++this.drawn;
    Promise.all(tiles.map((tile) => tile.picture.decode().catch(() => this.#mark(tile, BROKEN)))).then(() => this.#painted(drawn));
  }

  #keyOf(choice, number) {
    const key = this.mine.choiceKey(number);
    const cap = element("kbd", { textContent: this.mine.cap(key), hidden: !key });
    cap.dataset.choice = number;
    return element("span", { className: "key-choice" }, cap, ` ${choice.text}`);
  }

  #tile(tile, place, own) {
    const { card, picture } = tile;
    picture.alt = card.alt;
    tile.label = element("span", { className: "tile-state" });
    tile.node = element("button", { type: "button", className: "tile", tabIndex: place ? -1 : 0 }, picture);
    if (own) tile.node.append(element("span", { className: "tile-reading", textContent: card.value_text }));
    tile.node.append(element("span", { className: "tile-why", textContent: card.reason_text }), tile.label);
    tile.node.addEventListener("click", () => this.toggle(place));
    tile.node.addEventListener("focus", () => this.#rove(place));
    this.#show(tile);
    return element("li", {}, tile.node);
  }

  // Two frames after the last picture was decoded, the screen can be seen.
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
    if (!this.tiles.length) return;
    const kept = this.tiles.filter((tile) => tile.state === FITS);
    if (kept.length < this.tiles.length) return; // what was marked stays where it is; the next screen has the new size
    this.ahead.unshift(...this.tiles);
    this.next();
  }

  // --- marking -----------------------------------------------------------------------------------------------------

  get place() {
    return Math.max(0, this.tiles.findIndex((tile) => tile.node === document.activeElement || tile.node.tabIndex === 0));
  }

  focus(place) {
    this.tiles[Math.min(Math.max(place, 0), this.tiles.length - 1)]?.node.focus();
  }

  #rove(place) {
    for (const [number, tile] of this.tiles.entries()) tile.node.tabIndex = number === place ? 0 : -1;
  }

  move(key) {
    const from = this.place;
    const tops = this.tiles.map((tile) => tile.node.getBoundingClientRect());
    const columns = Math.max(1, tops.filter((box) => Math.abs(box.top - tops[0].top) < 4).length);
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[key];
    const to = key === "Home" ? 0 : key === "End" ? this.tiles.length - 1 : from + step;
    if (to >= 0 && to < this.tiles.length) this.focus(to);
  }

  toggle(place) {
    const tile = this.tiles[place];
    if (tile && tile.state !== BROKEN) this.#mark(tile, tile.state === FITS ? NOT : FITS);
  }

  // Sets another answer by its key; the key of the answer that was read takes the mark off.
  set(key) {
    const tile = this.tiles[this.place];
    if (!tile || tile.state === BROKEN || tile.card.text || tile.card.multiple) return;
    const choice = tile.card.choices[this.mine.choiceOf(key, tile.card.choices.length)];
    if (!choice) return;
    if (choice.code === tile.card.value) this.#mark(tile, FITS);
    else this.#mark(tile, SET, choice);
    this.focus(this.place + 1);
  }

  setBlank() {
    const tile = this.tiles[this.place];
    if (!tile || tile.state === BROKEN) return;
    if (tile.card.proposal === "blank") this.#mark(tile, FITS);
    else this.#mark(tile, SET, { code: "", text: this.texts.blank });
    this.focus(this.place + 1);
  }

  // --- typing ------------------------------------------------------------------------------------------------------

  // Opens a small text field at the tile, with what was read or with the character that was typed; only for written values.
  type(begun = null) {
    const tile = this.tiles[this.place];
    if (!tile?.card.text || tile.state === BROKEN || tile.editor) return false;
    const { card } = tile;
    const field = element("input", { className: "tile-text", autocomplete: "off", spellcheck: false, inputMode: card.keyboard });
    field.value = begun ?? (tile.state === SET ? (tile.choice.raw ?? tile.choice.code) : card.typed);
    const hint = element("span", { className: "quiet", textContent: this.texts["type-hint"] });
    const error = element("span", { className: "error", hidden: true });
    error.setAttribute("role", "alert");
    const keep = element("button", { type: "button", className: "tool", hidden: true }, element("kbd", { textContent: "Alt+Enter" }), ` ${this.texts["as-written"]}`);
    tile.editor = element("div", { className: "tile-editor" }, element("label", {}, this.texts["type-label"], field), hint, error, keep);
    tile.node.parentElement.append(tile.editor);
    const refused = (message, keeps = false) => {
      error.textContent = keeps ? `${message} ${this.texts["as-written-how"]}` : message;
      error.hidden = !message;
      keep.hidden = !keeps;
      field.setAttribute("aria-invalid", String(Boolean(message)));
    };
    if (card.list_id) this.#listed(card, field);
    field.addEventListener("keydown", (event) => this.#typing(event, tile, field, refused));
    field.addEventListener("input", () => refused(""));
    keep.addEventListener("click", () => this.#take(tile, field, refused, { asWritten: true }));
    field.focus();
    if (begun === null) field.select();
    return true;
  }

  // Where the question has a list, its values are offered while somebody types.
  async #listed(card, field) {
    const combobox = new Combobox(field, { id: "offered", label: this.texts.offered, say: (n) => this.#announce(fill(this.texts["offered-count"], { n })) });
    combobox.values = await this.lists.of(card.list_id);
  }

  #typing(event, tile, field, refused) {
    if (event.isComposing || !["Enter", "Escape"].includes(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key === "Escape") return this.#close(tile);
    if (!event.repeat) this.#take(tile, field, refused, { asWritten: event.altKey });
  }

  // Takes what was typed, where a rule refuses it only `asWritten`: it stands on the paper like that.
  async #take(tile, field, refused, { asWritten }) {
    if (tile.checking) return;
    tile.checking = true;
    const text = field.value.trim();
    const { message, keeps } = await this.#refusal(tile.card, text);
    tile.checking = false;
    if (!tile.editor || field.value.trim() !== text) return;
    if (message && !(asWritten && keeps)) return refused(message, keeps);
    this.#close(tile);
    if (message) this.#mark(tile, SET, { code: "", raw: text, text: fill(this.texts["as-written-set"], { raw: text }) });
    else if (text === tile.card.value || text === tile.card.typed) this.#mark(tile, FITS);
    else this.#mark(tile, SET, { code: text, text });
    this.focus(this.tiles.indexOf(tile) + 1);
  }

  // What the program says against a text, in words, "" when it can be taken; `keeps` where keeping it as it stands is a way on.
  async #refusal(card, text) {
    if (!text) return { message: this.texts["type-empty"], keeps: false };
    try {
      return { message: (await this.api.post("/api/check", { item: card.id, text })).message, keeps: true };
    } catch {
      return { message: this.texts["type-offline"], keeps: false };
    }
  }

  #close(tile) {
    tile.editor.remove();
    tile.editor = null;
    tile.node.focus();
  }

  #mark(tile, state, choice = null) {
    tile.state = state;
    tile.choice = choice;
    this.#show(tile);
    this.#summary();
    if (tile.node === document.activeElement) this.#announce(tile.label.textContent || this.texts["state-fits"]);
  }

  #show(tile) {
    if (!tile.node) return;
    tile.node.dataset.state = tile.state;
    tile.node.setAttribute("aria-pressed", String(tile.state !== FITS));
    tile.label.textContent = tile.state === FITS ? "" : tile.state === SET ? fill(this.texts["state-set"], { value: tile.choice.text }) : this.texts[`state-${tile.state}`];
  }

  #summary() {
    const fitting = this.tiles.filter((tile) => tile.state === FITS).length;
    const set = this.tiles.filter((tile) => tile.state === SET).length;
    const left = this.tiles.length - fitting - set;
    const parts = [fill(this.texts[fitting === 1 ? "confirm-one" : "confirm-many"], { n: fitting })];
    if (set) parts.push(fill(this.texts["confirm-set"], { n: set }));
    if (left) parts.push(fill(this.texts["confirm-left"], { n: left }));
    $("confirm-text").textContent = parts.join(" · ");
  }

  // --- deciding ----------------------------------------------------------------------------------------------------

  tooFast() {
    return performance.now() - this.visibleAt < GUARD_MS + GUARD_TILE_MS * this.tiles.length || this.visibleAt === Infinity;
  }

  confirm() {
    if (!this.tiles.length) return;
    const open = this.tiles.find((tile) => tile.editor);
    if (open) return this.#stillOpen(open);
    if (this.tooFast()) return this.#hurry(this.texts["too-fast"]);
    const decided = this.tiles.map((tile) => ({ tile, uuid: crypto.randomUUID(), ...act(tile) }));
    const ms = Math.round((performance.now() - this.visibleAt) / this.tiles.length);
    for (const { tile, uuid, kind, to } of decided) {
      const { card } = tile;
      this.seen.add(`${card.id} ${card.basis}`);
      this.outbox.add({ uuid, item: card.id, version: card.version, basis: card.basis, kind, from: card.value, to, undoes: null, screen: "mosaic", ms });
    }
    this.history.push({ group: this.group, decided });
    this.#notice("");
    this.next();
    this.#status();
  }

  // What was typed is never lost by confirming the screen around it.
  #stillOpen(tile) {
    tile.editor.querySelector("input").focus();
    this.#hurry(this.texts["type-open"]);
  }

  // Takes the last screen back and shows it again, as it was left.
  undo() {
    const last = this.history.pop();
    if (!last) return this.#hurry(this.texts["nothing-to-undo"]);
    for (const { tile, uuid, to } of last.decided) {
      const { card } = tile;
      this.seen.delete(`${card.id} ${card.basis}`);
      this.outbox.add({ uuid: crypto.randomUUID(), item: card.id, version: card.version, basis: "", kind: "undo", from: to, to: "", undoes: uuid });
    }
    this.ahead = last.group === this.group ? [...this.tiles, ...this.ahead] : [];
    this.group = last.group;
    history.replaceState(null, "", `#${encodeURIComponent(last.group)}`);
    $("groups").hidden = true;
    $("screen").hidden = false;
    this.#draw(last.decided.map(({ tile }) => tile));
    this.#announce(this.texts.undone);
    this.#status();
  }

  #acknowledged(batch, { outcomes, counts }) {
    this.counts = counts;
    const refused = batch.filter((_, place) => outcomes[place].result !== "saved");
    if (refused.length) {
      const gone = new Set(refused.map((decision) => decision.uuid));
      for (const screen of this.history) screen.decided = screen.decided.filter(({ uuid }) => !gone.has(uuid));
      this.history = this.history.filter((screen) => screen.decided.length);
      this.#notice(fill(this.texts[refused.length === 1 ? "refused-one" : "refused-many"], { n: refused.length }));
    }
    this.#status();
    if (this.group !== null && !this.tiles.length) this.#fetch();
  }

  // --- looking -----------------------------------------------------------------------------------------------------

  // The whole page of a tile, with a frame around the place.
  context() {
    const tile = this.tiles[this.place];
    if (!tile?.card.context_url) return;
    const { card } = tile;
    const image = element("img", { src: card.context_url, alt: card.context_alt });
    $("page-title").textContent = fill(this.texts["page-title"], { form: card.form, page: card.page ?? "" });
    $("page-pane").replaceChildren(image);
    image.addEventListener("load", () => ($("page-pane").scrollTop = card.context_focus * image.clientHeight - $("page-pane").clientHeight / 2));
    openDialog($("page"), () => this.focus(this.place));
  }

  nextLook() {
    const words = this.mine.nextLook();
    this.#hurry(words);
    this.#announce(words);
  }

  help() {
    openDialog($("help"), () => (this.tiles.length ? this.focus(this.place) : $(this.group === null ? "groups-title" : "wording").focus()));
  }

  back() {
    if (this.group !== null) location.hash = "";
  }

  #status() {
    const unsent = this.outbox.pending;
    const change = unsent.reduce((sum, { kind }) => sum + (kind === "undo" ? -1 : kind === "postpone" ? 0 : 1), 0);
    const done = Math.max(0, this.counts.settled + change);
    $("progress-text").textContent = fill(this.texts.progress, { done, total: this.counts.total });
    $("progress").max = Math.max(this.counts.total, 1);
    $("progress").value = done;
    const { late, failing } = this.outbox;
    $("saved").dataset.pending = unsent.length;
    $("saved").dataset.state = late === 0 ? "saved" : failing ? "failing" : "waiting";
    $("saved").textContent = late === 0 ? this.texts["all-saved"] : fill(this.texts[failing ? "unsaved-offline" : "unsaved"], { n: late });
  }

  #notice(text) {
    $("notice").textContent = text;
    $("notice").hidden = !text;
    if (text) this.#announce(text);
  }

  #hurry(text) {
    $("hurry").textContent = text;
  }

  #announce(text) {
    $("live").textContent = text;
  }
}

function tileOf(card) {
  const picture = new Image();
  picture.src = card.tile_url;
  return { card, picture, state: FITS, choice: null, node: null, label: null, editor: null, checking: false };
}

// What becomes of a tile when the screen is confirmed; what was marked without an answer is looked at alone, later.
function act({ card, state, choice }) {
  if (state === FITS) return { kind: "confirm", to: card.value };
  if (state === SET && choice.raw) return { kind: "implausible", to: choice.raw };
  if (state === SET) return choice.code ? { kind: "correct", to: choice.code } : { kind: "no-answer", to: "" };
  return { kind: "postpone", to: "" };
}

function bindKeys(station) {
  $("confirm").addEventListener("click", () => station.confirm());
  $("undo").addEventListener("click", () => station.undo());
  $("groups-undo").addEventListener("click", () => station.undo());
  $("back").addEventListener("click", () => station.back());
  $("help-open").addEventListener("click", () => station.help());
  $("look").addEventListener("click", () => station.nextLook());
  const { mine } = station;
  const acts = {
    not: () => station.toggle(station.place),
    blank: () => station.setBlank(),
    type: () => station.type(),
    undo: () => station.undo(),
    context: () => station.context(),
    look: () => station.nextLook(),
    help: () => station.help(),
  };

  document.addEventListener("keydown", (event) => {
    if ($("help").open || $("page").open || event.isComposing || event.altKey || event.metaKey) return;
    if (event.target.matches("select, input")) return;
    const onTile = event.target.matches(".tile");
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const onScreen = station.group !== null;
    if (event.ctrlKey) {
      if (key === "z") once(event, () => station.undo());
    } else if (onScreen && key === "Enter" && (onTile || !event.target.matches("button, a"))) {
      once(event, () => station.confirm());
    } else if (onScreen && onTile && /^(Arrow|Home$|End$)/.test(key)) {
      event.preventDefault();
      station.move(key);
    } else if (onScreen && key === "Escape") {
      once(event, () => station.back());
    } else if (/^F\d+$/.test(key) || (key.length === 1 && $("keys-on").checked)) {
      named(event, key, { onScreen, onTile });
    }
  });

  // A key that the person can change: a command, an answer, or, on a written value, the first character of the right text.
  function named(event, key, { onScreen, onTile }) {
    const action = mine.actionOf(key);
    if (key === " " && (!onTile || action === "not")) return; // presses the button or the tile, or scrolls
    if (acts[action]) {
      if (onScreen || ["undo", "help"].includes(action)) once(event, acts[action]);
    } else if (onScreen && onTile && station.tiles[station.place]?.card.text && event.key.length === 1 && key !== " ") {
      once(event, () => station.type(event.key));
    } else if (onScreen && (action || /^[a-z]$/.test(key))) {
      once(event, () => station.set(key));
    } else if (key === " ") {
      event.preventDefault(); // another key says that something does not fit
    }
  }

  addEventListener("beforeunload", (event) => {
    if (station.outbox.pending.length) event.preventDefault();
  });
}

function once(event, does) {
  event.preventDefault();
  if (!event.repeat) does();
}

connect("/api/mosaic/session", HEARTBEAT_MS, async (api, texts) => {
  const station = new Station(api, texts, await Mine.of(api, texts, "mosaic"));
  bindKeys(station);
  bindKeyTable(station.mine, { opened: () => station.help() });
  station.route();
});
