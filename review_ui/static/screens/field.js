// The screen of one field: one field, one key, the next field. A key acts here at once; the outbox reports it to the
// program.

import {
  asTyped, before, isStated, kindOf, meantAsKey, proposed, sameQuestion, toggled, valueOf,
} from "../lib/card_rules.js";
import { Combobox } from "../shared/combobox.js";
import { Decisions } from "../lib/decisions.js";
import { bindKeyTable } from "../lib/key_table.js";
import { Lists } from "../lib/lists.js";
import { Preferences } from "../lib/preferences.js";
import { Queue } from "../lib/queue.js";
import { openSession } from "../lib/session.js";
import { $, focused, openDialog } from "../lib/view.js";
import { bindKeys } from "./field_keys.js";
import { TypedText } from "./field_text.js";
import { FieldView } from "./field_view.js";

/** @import { Session } from "../lib/session.js" */
/** @import { Acknowledged, Card, Claimed, Decision, Outcome, Range } from "../lib/types.js" */
/** @typedef {{ uuid: string, card: Card, kind: string, to: string }} Entry */

const GUARD_MS = 150; // Enter counts only after the field was visible this long (see `tooFast`)
const HEARTBEAT_MS = 1500; // how often to check for new fields, or for the program, while there is nothing to do
const PICTURE_WAIT_MS = 50; // a picture that appears later than this after its field breaks the rhythm

// doubtful values, or those in double verification
const { base: BASE = "", screen: SCREEN = "" } = $("main").dataset;

export class FieldScreen {
  first = new URLSearchParams(location.search).get("item") ?? ""; // the value that a link asked for
  /** @type {Entry[]} */
  history = [];
  /** @type {Card | null} */
  shown = null;
  /** @type {Card | null} */
  left = null; // what was shown last
  /** @type {Set<string> | null} */
  chosen = null;
  context = false;
  decided = 0;
  drawnAt = 0;
  visibleAt = Infinity;
  pictured = false;
  painting = false;
  rhythm = false;
  byKey = false;
  asking = false;

  /**
   * @param {Session} session
   * @param {Preferences} preferences
   */
  constructor(session, preferences) {
    this.session = session;
    this.texts = session.texts;
    this.preferences = preferences;
    this.view = new FieldView(session, preferences);
    this.typing = new TypedText(session, this.view, () => this.shown);
    this.lists = new Lists(session.api);
    this.queue = new Queue({ fetchCards: (range) => this.#fetch(range), changed: () => this.render() });
    this.decisions = new Decisions(session, {
      path: `${BASE}/decisions`,
      screen: SCREEN,
      saved: (batch, answer) => this.#acknowledged(batch, answer),
      changed: () => this.render(),
    });
    setInterval(() => this.#heartbeat(), HEARTBEAT_MS);
  }

  /** @param {Range} range */
  async #fetch(range) {
    const body = this.first ? { ...range, first: this.first } : range;
    /** @type {Claimed} */
    const answer = await this.session.api.post(`${BASE}/claim`, body);
    const missed = this.first && !answer.cards.some((card) => card.id === this.first);
    if (missed) this.view.elsewhere(this.texts["not-free"]);
    this.first = "";
    this.decisions.counts = answer.counts;
    this.view.pages(answer.pages);
    return answer.cards;
  }

  #heartbeat() {
    if (!this.shown || this.queue.problem) this.queue.fill();
    else if (!this.queue.picture(this.shown, { context: this.context })?.ready) this.render();
  }

  // --- showing -----------------------------------------------------------------------------------------------------

  render() {
    this.decisions.draw();
    const card = this.queue.current;
    if (card === null) return this.#nothing();
    const fresh = card !== this.shown;
    if (fresh) this.#draw(card);
    const picture = this.queue.picture(card, { context: this.context });
    const visible = this.view.picture(card, picture, this.context);
    if (visible && !this.pictured) this.#pictured(fresh);
    if (visible && this.visibleAt === Infinity && !this.painting) this.#painted(card);
  }

  /** @param {Card} card */
  #draw(card) {
    const previous = this.shown ?? this.left;
    this.rhythm = Boolean(this.byKey && previous && sameQuestion(previous, card) && !card.notice);
    this.shown = card;
    this.context = false;
    this.chosen = proposed(card);
    this.visibleAt = Infinity;
    this.pictured = false;
    this.drawnAt = performance.now();
    this.typing.reset();
    this.view.draw(card, this.chosen, {
      choose: (code) => this.choose(code),
      suggest: (number) => this.suggest(number),
      type: () => this.typing.typed(),
    });
    this.#listed(card);
    if (!$("help").open) this.view.focus(card);
    const facts = { question: card.wording, reading: card.value_text, reason: card.reason_text };
    const progress = $("progress-text").textContent ?? "";
    const name = card.statements.length ? "announce-statements" : "announce";
    this.session.announce(card.notice || this.session.words(name, { progress, ...facts }));
  }

  /**
   * If the question has a list, its values are offered while somebody types; each list is fetched once.
   *
   * @param {Card} card
   */
  async #listed(card) {
    if (!card.list_id) return;
    const say = (/** @type {number} */ n) => this.session.announce(this.session.words("offered-count", { n }));
    const combobox = new Combobox($("text"), { id: "offered", label: this.texts.offered, say });
    combobox.values = await this.lists.of(card.list_id);
  }

  /**
   * The picture is in the document: together with its field (`atOnce`, even on a busy computer), or later.
   *
   * @param {boolean} atOnce
   */
  #pictured(atOnce) {
    this.pictured = true;
    if (!atOnce && performance.now() - this.drawnAt > PICTURE_WAIT_MS) this.rhythm = false;
  }

  /**
   * Two frames after drawing, the field is on the screen.
   *
   * @param {Card} card
   */
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

  #nothing() {
    this.left = this.shown ?? this.left;
    this.shown = null;
    const name = this.#panelName();
    const left = ["done", "empty"].includes(name) ? this.decisions.others() : "";
    const fresh = this.view.panel(name, { n: this.decided }, { undo: this.history.length > 0, left });
    if (fresh) this.session.announce($("panel-title").textContent ?? "");
  }

  #panelName() {
    if (this.queue.problem || this.decisions.outbox.failing) return "error";
    if (this.decisions.pending.length) return "saving";
    if (!this.queue.ended) return "loading";
    return this.decided ? "done" : "empty";
  }

  // --- deciding ----------------------------------------------------------------------------------------------------

  /**
   * Enter right after a field has appeared cannot be meant for that field. In an unbroken rhythm on one question
   * (picture shown at once, same question as before, its own key press) the pace is the person's choice, and every key
   * counts.
   */
  tooFast() {
    if (this.rhythm) return false;
    return performance.now() - this.visibleAt < GUARD_MS || this.visibleAt === Infinity;
  }

  #slower() {
    this.session.hurry(this.texts["too-fast"]);
  }

  confirm() {
    const card = this.shown;
    if (!card) return undefined;
    if (this.tooFast()) return this.#slower();
    if (card.text) return this.#confirmText(card);
    const needed = card.statements.length ? "needs-claim" : "needs-choice";
    if (this.chosen === null) return this.view.error(this.texts[needed]);
    const value = valueOf(card, this.chosen);
    if (!this.#isOf(card, value ? "correct" : "no-answer", value)) return undefined;
    return this.settle(kindOf(card, value), value);
  }

  /** @param {Card} card */
  #confirmText(card) {
    const { text } = this.typing;
    const needed = card.statements.length ? "needs-claim" : "needs-text";
    if (!text && card.proposal !== "blank") return this.view.error(this.texts[needed]);
    const refusal = this.typing.refusal(text);
    if (refusal) return this.view.refused(refusal);
    const same = [this.view.untouched, card.value, card.typed].includes(text);
    if (same) return this.settle("confirm", card.value);
    if (meantAsKey(card, text, this.preferences.keymap) && !this.#meant(card, text)) return undefined;
    if (!this.#isOf(card, "correct", text)) return undefined;
    if (!this.#isListed(card, text) && !this.#asked(text, this.session.words("ask-listed", { typed: text }))) {
      return undefined;
    }
    return this.settle("correct", text);
  }

  /**
   * Asks whether a single character is the answer.
   *
   * @param {Card} card
   * @param {string} text
   */
  #meant(card, text) {
    const possible = this.preferences.keymap.actionOf(text.toLowerCase()) !== "objection" || card.objection;
    const instead = possible ? ` ${this.session.words("ask-key-instead", { key: text.toUpperCase() })}` : "";
    return this.#asked(text, this.session.words("ask-key", { typed: text }) + instead);
  }

  /**
   * Whether an answer is one side of the contradiction; for a third answer the person is asked, and the same key again
   * settles it.
   *
   * @param {Card} card
   * @param {string} kind
   * @param {string} value
   */
  #isOf(card, kind, value = "") {
    if (isStated(card, kind, value)) return true;
    const chosen = card.choices.filter((choice) => value.split(" ").includes(choice.code));
    const typed = chosen.map((choice) => choice.text).join(", ") || value || this.texts[kind];
    return this.#asked(`${kind} ${value}`, this.session.words("ask-third", { typed }));
  }

  /**
   * Whether a text is in the list of its question, if there is one and it has arrived.
   *
   * @param {Card} card
   * @param {string} text
   */
  #isListed(card, text) {
    const listed = card.statements.length ? [] : this.lists.known(card.list_id);
    return !listed.length || listed.some((value) => value.toLowerCase() === text.toLowerCase());
  }

  /**
   * Asks; true when exactly this was asked before and there was time to read the question.
   *
   * @param {string} what
   * @param {string} words
   */
  #asked(what, words) {
    return this.typing.askedLongAgo(what, words, GUARD_MS);
  }

  /**
   * Records that there is no answer, or none that is legible.
   *
   * @param {string} kind
   */
  withoutValue(kind) {
    if (this.shown && this.#isOf(this.shown, kind)) this.settle(kind, "");
  }

  /** @param {string} code */
  choose(code) {
    const card = this.shown;
    if (!card || card.text) return undefined;
    if (!card.multiple) {
      if (!this.#isOf(card, "correct", code)) return undefined;
      this.chosen = new Set([code]);
      return this.settle(code === card.value ? "confirm" : "correct", code);
    }
    this.chosen = toggled(card, this.chosen, code);
    this.view.error("");
    return this.view.choose(card, this.chosen);
  }

  /** @param {string} key of an answer, or of a suggestion */
  key(key) {
    const choices = this.shown?.choices ?? [];
    const choice = choices[this.preferences.keymap.choiceOf(key, choices.length)];
    if (choice) this.choose(choice.code);
    else if (this.shown?.text && /^[1-3]$/.test(key)) this.suggest(Number(key));
  }

  /**
   * Copies a suggestion into the text field; one side of a contradiction settles it at once.
   *
   * @param {number} number from 1
   */
  suggest(number) {
    const card = this.shown;
    const side = card?.statements[number - 1];
    if (side) return this.tooFast() ? this.#slower() : this.settle(side.kind, side.value);
    const value = card?.text && !card.statements.length ? card.suggestions[number - 1] : "";
    return value ? this.view.take(value) : undefined;
  }

  /** The paper is implausible: several marks, or an impossible value; a text is stored with it. */
  object() {
    const card = this.shown;
    if (!card?.objection) return;
    const text = card.text ? this.typing.text : "";
    const typed = text === before(card) ? "" : text;
    if (this.#isOf(card, card.objection, typed)) this.settle(card.objection, typed);
  }

  /** The text is on the paper as typed, although a rule refuses it: it is stored beside the missing code. */
  async asWritten() {
    const card = this.shown;
    const text = card?.text ? this.typing.text : "";
    if (!card || !text) return this.confirm();
    if (this.tooFast()) return this.#slower();
    if (this.typing.refusal(text) === null) await this.typing.check(card);
    if (this.shown !== card || this.typing.text !== text) return undefined;
    const refusal = this.typing.refusal(text);
    if (refusal === null) return this.session.hurry(this.texts.offline);
    if (!refusal) return this.confirm();
    return this.#isOf(card, "implausible", text) ? this.settle("implausible", text) : undefined;
  }

  /**
   * @param {string} kind
   * @param {string} to
   */
  settle(kind, to) {
    if (!this.shown) return;
    const ms = Math.max(0, Math.round(performance.now() - this.visibleAt)) || 0;
    const card = this.queue.take();
    this.history.push({ uuid: this.decisions.decide(card, kind, to, ms), card, kind, to });
    this.decided += kind === "postpone" ? 0 : 1;
    this.byKey = true;
    this.render();
    this.byKey = false;
  }

  undo() {
    const entry = this.history.pop();
    if (!entry) return this.#undoEarlier();
    this.decided -= entry.kind === "postpone" ? 0 : 1;
    this.decisions.takeBack(entry.card, entry.to, entry.uuid);
    const draft = entry.card.text && asTyped(entry.card, entry.to);
    this.queue.putBack({ ...entry.card, notice: "", draft: draft || undefined });
    return this.render();
  }

  /** Nothing of this visit is left to undo: the program knows this person's earlier decisions. */
  async #undoEarlier() {
    if (this.decisions.pending.length || this.asking) return;
    this.asking = true;
    try {
      const { card, counts } = await this.session.api.post(`${BASE}/undo`, {});
      this.decisions.counts = counts;
      if (card) this.queue.putBack(card);
      else this.session.hurry(this.texts["nothing-to-undo"]);
    } catch {
      this.session.hurry(this.texts.offline);
    } finally {
      this.asking = false;
    }
    this.render();
  }

  /**
   * @param {Decision[]} batch
   * @param {Acknowledged} answer
   */
  #acknowledged(batch, { outcomes }) {
    for (const [place, decision] of batch.entries()) this.#outcome(decision, outcomes[place]);
    this.queue.fill();
    this.render();
  }

  /**
   * @param {Decision} decision
   * @param {Outcome} outcome
   */
  #outcome(decision, { result, message, card }) {
    this.queue.acknowledge(decision.item);
    if (result === "saved") return;
    this.history = this.history.filter((entry) => entry.uuid !== decision.uuid);
    this.decided = Math.max(0, this.decided - 1);
    const how = result === "invalid" && card?.text && decision.kind === "correct";
    const notice = how ? `${message} ${this.texts["as-written-how"]}` : message;
    if (card) this.queue.putBack({ ...card, notice, draft: asTyped(card, decision.to) || undefined }, { second: true });
    else this.session.notice(message, { announced: false });
  }

  // --- looking -----------------------------------------------------------------------------------------------------

  toggleContext() {
    if (!this.shown?.context_url) return;
    this.context = !this.context;
    this.render();
  }

  nextLook() {
    const words = this.preferences.nextLook();
    this.session.hurry(words);
    this.session.announce(words);
  }

  help() {
    const rest = () => (this.shown ? this.view.focus(this.shown) : $("panel").focus());
    if (!$("help").open && !focused()?.matches("#item, #text")) rest(); // where the focus will be afterwards
    openDialog($("help"), rest);
  }
}

openSession("/api/session", HEARTBEAT_MS, async (session) => {
  const screen = new FieldScreen(session, await Preferences.of(session, "field"));
  bindKeys(screen);
  bindKeyTable(screen.preferences, () => screen.help());
  screen.queue.fill();
});
