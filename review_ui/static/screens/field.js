// The review station: one field, one key, the next field. What a key does happens here at once; the program hears of it
// through the outbox.

import { connect } from "../lib/api.js";
import { Combobox, Lists } from "../lib/combobox.js";
import { bindKeys } from "../lib/keys.js";
import { Mine, bindKeyTable } from "../lib/preferences.js";
import { Outbox } from "../lib/outbox.js";
import { Queue } from "../lib/queue.js";
import { $, View, fill, openDialog } from "../lib/view.js";

const GUARD_MS = 150; // Enter counts only when the field was visible that long (see `tooFast`)
const CHECK_MS = 150; // typing rests that long before the text is checked
const HEARTBEAT_MS = 1500; // how often to look for new fields, or for the program, while there is nothing to do
const PICTURE_WAIT_MS = 50; // a picture that comes later than this after its field breaks the rhythm

const { base: BASE, screen: SCREEN } = $("main").dataset; // doubtful values, or those that are looked at again

class Station {
  first = new URLSearchParams(location.search).get("item") ?? ""; // the value that a link asked for
  history = [];
  counts = { settled: 0, total: 0, postponed: 0 };
  shown = null;
  chosen = null;
  context = false;
  decided = 0;
  drawnAt = 0;
  visibleAt = Infinity;
  pictured = false;
  rhythm = false;
  checked = { text: null, ok: true, message: "" };
  asked = { text: null, at: 0 };

  constructor(api, texts, mine) {
    this.api = api;
    this.texts = texts;
    this.mine = mine;
    this.view = new View(texts, mine);
    this.lists = new Lists(api);
    this.queue = new Queue({ fetchCards: (range) => this.#fetch(range), changed: () => this.render() });
    this.outbox = new Outbox({
      send: (decisions) => api.post(`${BASE}/decisions`, { decisions }),
      saved: (batch, answer) => this.#acknowledged(batch, answer),
      changed: () => this.render(),
    });
    setInterval(() => this.#heartbeat(), HEARTBEAT_MS);
  }

  async #fetch(range) {
    const answer = await this.api.post(`${BASE}/claim`, this.first ? { ...range, first: this.first } : range);
    if (this.first && !answer.cards.some((card) => card.id === this.first)) this.view.elsewhere(this.texts["not-free"]);
    this.first = "";
    this.counts = answer.counts;
    this.view.pages(answer.pages);
    return answer.cards;
  }

  #heartbeat() {
    if (!this.shown || this.queue.problem) this.queue.fill();
    else if (this.shown && !this.queue.picture(this.shown, { context: this.context })?.ready) this.render();
  }

  // --- showing -----------------------------------------------------------------------------------------------------

  render() {
    this.#status();
    const card = this.queue.current;
    if (card === null) return this.#nothing();
    const fresh = card !== this.shown;
    if (fresh) this.#draw(card);
    const visible = this.view.picture(card, this.queue.picture(card, { context: this.context }), this.context);
    if (visible && !this.pictured) this.#pictured(fresh);
    if (visible && this.visibleAt === Infinity && !this.painting) this.#painted(card);
  }

  #draw(card) {
    const previous = this.shown ?? this.left;
    this.rhythm = Boolean(this.byKey && previous && sameQuestion(previous, card) && !card.notice);
    this.shown = card;
    this.context = false;
    this.chosen = proposed(card);
    this.visibleAt = Infinity;
    this.pictured = false;
    this.drawnAt = performance.now();
    this.checked = { text: null, ok: true, message: "" };
    this.asked = { text: null, at: 0 };
    this.view.draw(card, this.chosen, { choose: (code) => this.choose(code), suggest: (number) => this.suggest(number), type: () => this.#typed() });
    this.#listed(card);
    if (!$("help").open) this.view.focus(card);
    const reading = card.value_text;
    const progress = $("progress-text").textContent;
    this.view.announce(card.notice || fill(this.texts[card.statements.length ? "announce-statements" : "announce"], { progress, question: card.wording, reading, reason: card.reason_text }));
  }

  // Where the question has a list, its values are offered while somebody types; each list is fetched once.
  async #listed(card) {
    if (!card.list_id) return;
    const combobox = new Combobox($("text"), { id: "offered", label: this.texts.offered, say: (n) => this.view.announce(fill(this.texts["offered-count"], { n })) });
    combobox.values = await this.lists.of(card.list_id);
  }

  // The picture is in the document: together with its field (`atOnce`, however busy the computer is), or later.
  #pictured(atOnce) {
    this.pictured = true;
    if (!atOnce && performance.now() - this.drawnAt > PICTURE_WAIT_MS) this.rhythm = false;
  }

  // Two frames after drawing, the field is on the screen.
  #painted(card) {
    this.painting = true;
    requestAnimationFrame(() =>
      requestAnimationFrame(() => {
        this.painting = false;
        if (this.shown !== card) return this.render();
        this.visibleAt = performance.now();
        $("item").dataset.visible = card.id;
      }),
    );
  }

  #status() {
    const unsent = this.outbox.pending;
    const change = unsent.reduce((sum, { kind }) => sum + (kind === "undo" ? -1 : kind === "postpone" ? 0 : 1), 0);
    this.view.progress({ ...this.counts, done: Math.max(0, this.counts.settled + change) });
    this.view.saved(this.outbox.late, this.outbox.pending.length, this.outbox.failing);
  }

  #nothing() {
    this.left = this.shown ?? this.left;
    this.shown = null;
    const name = this.#panelName();
    const fresh = this.view.panel(name, { n: this.decided }, { undo: this.history.length > 0, left: ["done", "empty"].includes(name) ? this.#others() : "" });
    if (fresh) this.view.announce($("panel-title").textContent);
  }

  // What waits, but not for this person: on other people's screens, or names and addresses that others may see.
  #others() {
    const { elsewhere = 0, contact = 0 } = this.counts;
    const words = [elsewhere ? fill(this.texts["left-elsewhere"], { n: elsewhere }) : "", contact ? fill(this.texts["left-contact"], { n: contact }) : ""];
    return words.filter(Boolean).join(" ");
  }

  #panelName() {
    if (this.queue.problem || this.outbox.failing) return "error";
    if (this.outbox.pending.length) return "saving";
    if (!this.queue.ended) return "loading";
    return this.decided ? "done" : "empty";
  }

  // --- deciding ----------------------------------------------------------------------------------------------------

  // Enter right after a field appeared cannot mean that field. In an unbroken rhythm on one question (picture there at
  // once, same question as before, own key) the pace is the person's choice and every key counts.
  tooFast() {
    if (this.rhythm) return false;
    return performance.now() - this.visibleAt < GUARD_MS || this.visibleAt === Infinity;
  }

  confirm() {
    const card = this.shown;
    if (!card) return;
    if (this.tooFast()) return this.view.hurry(this.texts["too-fast"]);
    if (card.text) return this.#confirmText(card);
    if (this.chosen === null) return this.view.error(this.texts[card.statements.length ? "needs-claim" : "needs-choice"]);
    const value = card.choices.map((choice) => choice.code).filter((code) => this.chosen.has(code)).join(" ");
    if (!this.#isOf(card, value ? "correct" : "no-answer", value)) return;
    if (value === card.value && (value || card.proposal === "blank")) return this.settle("confirm", value);
    return value ? this.settle("correct", value) : this.settle("no-answer", "");
  }

  #confirmText(card) {
    const text = $("text").value.trim();
    if (!text && !(card.proposal === "blank")) return this.view.error(this.texts[card.statements.length ? "needs-claim" : "needs-text"]);
    if (this.checked.text === text && !this.checked.ok) return this.view.refused(this.checked.message);
    if (text === this.view.untouched || text === card.value || text === card.typed) return this.settle("confirm", card.value);
    if (meantAsKey(card, text, this.mine) && !this.#meant(text)) return;
    if (!this.#isOf(card, "correct", text)) return;
    if (!this.#isListed(card, text) && !this.#askedLongAgo(text, fill(this.texts["ask-listed"], { typed: text }))) return;
    return this.settle("correct", text);
  }

  // Asks whether a single character is the answer.
  #meant(text) {
    const key = text.toUpperCase();
    const instead = this.mine.actionOf(text.toLowerCase()) !== "objection" || this.shown.objection ? ` ${fill(this.texts["ask-key-instead"], { key })}` : "";
    return this.#askedLongAgo(text, fill(this.texts["ask-key"], { typed: text }) + instead);
  }

  // Whether an answer is one of those that contradict each other; a third one is asked about, the same key once more settles it.
  #isOf(card, kind, value = "") {
    if (!card.statements.length || card.statements.some((statement) => statement.kind === kind && [statement.value, statement.typed].includes(value))) return true;
    const named = card.choices.filter((choice) => value.split(" ").includes(choice.code)).map((choice) => choice.text).join(", ");
    return this.#askedLongAgo(`${kind} ${value}`, fill(this.texts["ask-third"], { typed: named || value || this.texts[kind] }));
  }

  // Whether a text is in the list of its question, where there is one and it is known already.
  #isListed(card, text) {
    const listed = card.statements.length ? [] : this.lists.known(card.list_id);
    return !listed.length || listed.some((value) => value.toLowerCase() === text.toLowerCase());
  }

  // Asks; true when just that was asked before and the question could be read since.
  #askedLongAgo(text, words) {
    const again = this.asked.text === text;
    if (again && performance.now() - this.asked.at >= GUARD_MS) return true;
    if (again) this.view.hurry(this.texts["too-fast"]);
    else this.asked = { text, at: performance.now() };
    this.view.ask(words);
    return false;
  }

  // There is no answer, or none that can be read.
  withoutValue(kind) {
    if (this.shown && this.#isOf(this.shown, kind)) this.settle(kind, "");
  }

  choose(code) {
    const card = this.shown;
    if (!card || card.text) return;
    if (!card.multiple) {
      if (!this.#isOf(card, "correct", code)) return;
      this.chosen = new Set([code]);
      return this.settle(code === card.value ? "confirm" : "correct", code);
    }
    const next = new Set(this.chosen ?? []);
    const exclusive = new Set(card.choices.filter((choice) => choice.exclusive).map((choice) => choice.code));
    if (next.has(code)) next.delete(code);
    else {
      for (const other of [...next]) if (exclusive.has(code) || exclusive.has(other)) next.delete(other);
      next.add(code);
    }
    this.chosen = next;
    this.view.error("");
    this.view.choose(card, next);
  }

  key(key) {
    const choices = this.shown?.choices ?? [];
    const choice = choices[this.mine.choiceOf(key, choices.length)];
    if (choice) this.choose(choice.code);
    else if (this.shown?.text && /^[1-3]$/.test(key)) this.suggest(Number(key));
    return Boolean(choice);
  }

  // Takes a suggestion into the text field; one side of a contradiction settles it at once.
  suggest(number) {
    const card = this.shown;
    const side = card?.statements[number - 1];
    if (side) return this.tooFast() ? this.view.hurry(this.texts["too-fast"]) : this.settle(side.kind, side.value);
    const value = card?.text && !card.statements.length ? card.suggestions[number - 1] : "";
    if (value) this.view.take(value);
  }

  // The paper says what cannot be: several marks, or a value that is not plausible; what somebody typed is kept with it.
  object() {
    const card = this.shown;
    if (!card?.objection) return;
    const text = card.text ? $("text").value.trim() : "";
    const typed = text === before(card) ? "" : text;
    if (this.#isOf(card, card.objection, typed)) this.settle(card.objection, typed);
  }

  // What is in the text field stands on the paper like that, though a rule refuses it: it is kept beside the missing code.
  async asWritten() {
    const card = this.shown;
    const text = card?.text ? $("text").value.trim() : "";
    if (!text) return this.confirm();
    if (this.tooFast()) return this.view.hurry(this.texts["too-fast"]);
    if (this.checked.text !== text) await this.#check(card);
    if (this.shown !== card || $("text").value.trim() !== text) return;
    if (this.checked.text !== text) this.view.hurry(this.texts.offline);
    else if (this.checked.ok) this.confirm();
    else if (this.#isOf(card, "implausible", text)) this.settle("implausible", text);
  }

  settle(kind, to) {
    if (!this.shown) return;
    const ms = Math.max(0, Math.round(performance.now() - this.visibleAt)) || 0;
    const card = this.queue.take();
    const uuid = crypto.randomUUID();
    this.history.push({ uuid, card, kind, to });
    this.decided += kind === "postpone" ? 0 : 1;
    this.outbox.add({ uuid, item: card.id, version: card.version, basis: card.basis, kind, from: card.value, to, undoes: null, screen: SCREEN, ms });
    this.byKey = true;
    this.render();
    this.byKey = false;
  }

  async undo() {
    const entry = this.history.pop();
    if (!entry) return this.#undoEarlier();
    this.decided -= entry.kind === "postpone" ? 0 : 1;
    this.outbox.add({ uuid: crypto.randomUUID(), item: entry.card.id, version: entry.card.version, basis: "", kind: "undo", from: entry.to, to: "", undoes: entry.uuid });
    this.queue.putBack({ ...entry.card, notice: "", draft: (entry.card.text && asTyped(entry.card, entry.to)) || undefined });
    this.render();
  }

  // Nothing of this visit is left to take back: the program knows what this person decided before.
  async #undoEarlier() {
    if (this.outbox.pending.length || this.asking) return;
    this.asking = true;
    try {
      const { card, counts } = await this.api.post(`${BASE}/undo`, {});
      this.counts = counts;
      if (card) this.queue.putBack(card);
      else this.view.hurry(this.texts["nothing-to-undo"]);
    } catch {
      this.view.hurry(this.texts.offline);
    } finally {
      this.asking = false;
    }
    this.render();
  }

  #acknowledged(batch, { outcomes, counts }) {
    this.counts = counts;
    for (const [place, decision] of batch.entries()) this.#outcome(decision, outcomes[place]);
    this.queue.fill();
    this.render();
  }

  #outcome(decision, { result, message, card }) {
    this.queue.acknowledge(decision.item);
    if (result === "saved") return;
    this.history = this.history.filter((entry) => entry.uuid !== decision.uuid);
    this.decided = Math.max(0, this.decided - 1);
    const notice = result === "invalid" && card?.text && decision.kind === "correct" ? `${message} ${this.texts["as-written-how"]}` : message;
    if (card) this.queue.putBack({ ...card, notice, draft: asTyped(card, decision.to) || undefined }, { second: true });
    else this.view.notice(message);
  }

  // --- typing ------------------------------------------------------------------------------------------------------

  #typed() {
    clearTimeout(this.typing);
    this.view.error("");
    this.#unask();
    this.typing = setTimeout(() => this.#check(this.shown), CHECK_MS);
  }

  #unask() {
    this.asked = { text: null, at: 0 };
    this.view.ask("");
    this.view.hurry("");
  }

  async #check(card) {
    if (!card?.text) return;
    const text = $("text").value.trim();
    if (!text) return;
    try {
      const answer = await this.api.post("/api/check", { item: card.id, text });
      if (this.shown !== card || $("text").value.trim() !== text) return;
      const message = answer.ok ? "" : `${answer.message} ${this.texts["as-written-how"]}`;
      this.checked = { text, ok: answer.ok, message };
      this.view.refused(message);
      if (!answer.ok) this.#unask();
    } catch {
      // the decision itself will be checked when it arrives
    }
  }

  // --- looking -----------------------------------------------------------------------------------------------------

  toggleContext() {
    if (!this.shown?.context_url) return;
    this.context = !this.context;
    this.render();
  }

  nextLook() {
    const words = this.mine.nextLook();
    this.view.hurry(words);
    this.view.announce(words);
  }

  help() {
    const rest = () => (this.shown ? this.view.focus(this.shown) : $("panel").focus());
    if (!$("help").open && !document.activeElement.matches("#item, #text")) rest(); // where the focus will be afterwards
    openDialog($("help"), rest);
  }
}

// What stands in the text field before anybody types.
function before(card) {
  return (card.filled || (card.draft ?? card.typed)).trim();
}

// What was sent, as it stands in the text field: the stored value as people type it.
function asTyped(card, sent) {
  return sent === card.value ? card.typed : sent;
}

function sameQuestion(one, other) {
  return one.questionnaire === other.questionnaire && one.column === other.column;
}

// Whether a single character may be a key that landed in the text: the machine read more, or people write words here.
function meantAsKey(card, text, mine) {
  if (text.length !== 1 || !mine.isCommand(text) || card.suggestions.includes(text)) return false;
  return card.handwriting || (card.value || card.draft || "").length !== 1;
}

// What is marked when a field appears: the machine's candidate, "nothing", or no proposal at all (null).
function proposed(card) {
  if (card.proposal === "none") return null;
  return new Set(card.value ? card.value.split(" ") : []);
}

connect("/api/session", HEARTBEAT_MS, async (api, texts) => {
  const station = new Station(api, texts, await Mine.of(api, texts, "field"));
  bindKeys(station);
  bindKeyTable(station.mine, { opened: () => station.help() });
  station.queue.fill();
});
