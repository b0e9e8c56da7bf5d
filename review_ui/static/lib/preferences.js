// The person's preferences: keys, zoom, tones. The program stores them, never the browser; they are fetched when a page
// opens.

import { KeyMap } from "./keymap.js";
import { $, fill } from "./view.js";

/** @import { Session } from "./session.js" */
/** @import { Facts, Texts } from "./types.js" */

export const LOOKS = ["plain", "contrast", "inverted"];

export class Preferences {
  /** @type {Partial<Facts> | null} */
  #unsent = null;
  #sending = false;

  /**
   * @param {Session} session its texts name the configured keys
   * @param {string} screen whose keys apply: "field" or "mosaic"
   * @param {Facts} facts
   */
  constructor(session, screen, facts) {
    this.api = session.api;
    this.texts = session.texts;
    /** @type {Texts} */
    this.raw = { ...session.texts };
    this.screen = screen;
    this.facts = facts;
    /** @type {KeyMap} */
    this.keymap = this.take(facts);
  }

  /**
   * @param {Session} session gets the texts about keys
   * @param {string} screen
   */
  static async of(session, screen) {
    const facts = await session.api.get("/api/preferences");
    for (const [name, words] of Object.entries(facts.texts)) session.texts[`keys-${name}`] = words;
    return new Preferences(session, screen, facts);
  }

  /**
   * @param {Facts} facts
   * @returns {KeyMap}
   */
  take(facts) {
    this.facts = facts;
    this.keymap = new KeyMap(facts.keys[this.screen], this.raw["keys-space"]);
    const caps = Object.entries(this.keymap.keys).map(([action, key]) => [action.replaceAll("-", "_"), this.cap(key)]);
    const named = Object.fromEntries(caps.map(([action, cap]) => [`key_${action}`, cap]));
    for (const [name, words] of Object.entries(this.raw)) this.texts[name] = fill(words, named);
    this.paint();
    return this.keymap;
  }

  /**
   * How a key is written.
   *
   * @param {string} key
   */
  cap(key) {
    return this.keymap.cap(key);
  }

  /** Updates everything that shows a key, and applies the tones to the page. */
  paint() {
    for (const cap of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-key-of]"))) {
      const key = this.cap(this.keymap.keyOf(cap.dataset.keyOf ?? ""));
      cap.textContent = cap.dataset.with ? `${cap.dataset.with}${key}` : key;
    }
    for (const cap of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-choice]"))) {
      cap.textContent = this.cap(this.keymap.choiceKey(Number(cap.dataset.choice)));
    }
    document.documentElement.dataset.look = this.facts.look;
    $("keys-on").checked = this.facts.letters;
  }

  /** Switches to the next way to show crops, and announces it. */
  nextLook() {
    this.facts.look = LOOKS[(LOOKS.indexOf(this.facts.look) + 1) % LOOKS.length];
    this.paint();
    this.save({ look: this.facts.look });
    return this.texts[`keys-look-${this.facts.look}`];
  }

  /**
   * Stores facts for the next screen and the next visit; facts that come during a request go with the next one.
   *
   * @param {Partial<Facts>} facts
   */
  async save(facts) {
    Object.assign(this.facts, facts);
    this.#unsent = { ...this.#unsent, ...facts };
    if (this.#sending) return;
    this.#sending = true;
    while (this.#unsent) {
      const now = this.#unsent;
      this.#unsent = null;
      await this.api.post("/api/preferences", now).catch(() => {}); // still valid for this visit
    }
    this.#sending = false;
  }
}
