// Text typed on the screen of one field: the program checks it during typing, and asks before it accepts a possible
// slip.

import { $ } from "../lib/view.js";

/** @import { Session } from "../lib/session.js" */
/** @import { Card, Checked } from "../lib/types.js" */
/** @import { FieldView } from "./field_view.js" */

const CHECK_MS = 150; // pause in typing before the text is checked

export class TypedText {
  #checked = { text: "", ok: true, message: "" }; // the last checked text, "" for none
  #asked = { text: "", at: 0 }; // the last text asked about, "" for none
  #typing = 0;

  /**
   * @param {Session} session
   * @param {FieldView} view
   * @param {() => Card | null} shown
   */
  constructor(session, view, shown) {
    this.api = session.api;
    this.texts = session.texts;
    this.session = session;
    this.view = view;
    this.shown = shown;
  }

  /** The current text of the field. */
  get text() {
    return $("text").value.trim();
  }

  /** For a field that has just appeared. */
  reset() {
    this.#checked = { text: "", ok: true, message: "" };
    this.#asked = { text: "", at: 0 };
  }

  /** Somebody has typed. */
  typed() {
    clearTimeout(this.#typing);
    this.view.error("");
    this.#unask();
    this.#typing = setTimeout(() => this.check(this.shown()), CHECK_MS);
  }

  #unask() {
    this.#asked = { text: "", at: 0 };
    this.view.ask("");
    this.session.hurry("");
  }

  /**
   * The program's objection to a text, in words; "" when it accepts it, null when it has not checked it yet.
   *
   * @param {string} text
   */
  refusal(text) {
    if (!text || this.#checked.text !== text) return null;
    return this.#checked.ok ? "" : this.#checked.message;
  }

  /** @param {Card | null} card */
  async check(card) {
    if (!card?.text) return;
    const { text } = this;
    if (!text) return;
    try {
      /** @type {Checked} */
      const answer = await this.api.post("/api/check", { item: card.id, text });
      if (this.shown() !== card || this.text !== text) return;
      const message = answer.ok ? "" : `${answer.message} ${this.texts["as-written-how"]}`;
      this.#checked = { text, ok: answer.ok, message };
      this.view.refused(message);
      if (!answer.ok) this.#unask();
    } catch {
      // the decision itself will be checked when it arrives
    }
  }

  /**
   * Asks; true when exactly this was asked before and there was time to read the question.
   *
   * @param {string} what
   * @param {string} words
   * @param {number} guard_ms
   */
  askedLongAgo(what, words, guard_ms) {
    const again = this.#asked.text === what;
    if (again && performance.now() - this.#asked.at >= guard_ms) return true;
    if (again) this.session.hurry(this.texts["too-fast"]);
    else this.#asked = { text: what, at: performance.now() };
    this.view.ask(words);
    return false;
  }
}
