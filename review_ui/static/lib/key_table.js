// The table of keys in the help: a button in each row captures the next key pressed; a refused key is explained in
// words.

import { answerOf } from "./api.js";
import { $, fill } from "./view.js";

/** @import { Preferences } from "./preferences.js" */

const NO_KEYS = ["Shift", "Control", "Alt", "Meta", "AltGraph", "Tab"];

/**
 * @param {Preferences} preferences
 * @param {() => void} openHelp
 */
export function bindKeyTable(preferences, openHelp) {
  const { texts } = preferences;
  const table = new KeyTable(preferences);
  $("help").addEventListener("keydown", (event) => table.pressed(event), true);
  $("help").addEventListener("close", () => table.reset());
  $("help").addEventListener("cancel", (event) => table.waiting && event.preventDefault());
  for (const button of /** @type {NodeListOf<HTMLButtonElement>} */ (document.querySelectorAll(".change-key"))) {
    button.addEventListener("click", () => table.listen(button));
    button.addEventListener("blur", () => table.waiting === button && table.stop());
  }
  $("keys-reset").addEventListener("click", () => {
    table.change({ reset: preferences.screen }, () => texts["keys-reset-done"]);
  });
  $("keys-on").addEventListener("change", () => preferences.save({ letters: $("keys-on").checked }));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "F1") return;
    event.preventDefault();
    openHelp();
  });
}

class KeyTable {
  /** @type {HTMLButtonElement | null} */
  waiting = null; // the button that captures the next key

  /** @param {Preferences} preferences */
  constructor(preferences) {
    this.preferences = preferences;
    this.texts = preferences.texts;
  }

  /** @param {string} words */
  say(words) {
    $("keys-said").textContent = words;
  }

  /**
   * @param {Record<string, string | undefined>} body
   * @param {() => string} words announced afterwards
   */
  async change(body, words) {
    try {
      this.preferences.take(await this.preferences.api.post("/api/preferences", body));
      this.say(words());
    } catch (problem) {
      this.say(answerOf(problem)?.message ?? this.texts["keys-offline"]);
    }
  }

  /** @param {HTMLButtonElement} button */
  listen(button) {
    this.stop();
    this.say("");
    this.waiting = button;
    button.setAttribute("aria-pressed", "true");
    label(button, this.texts["keys-press"]);
  }

  stop() {
    this.waiting?.setAttribute("aria-pressed", "false");
    if (this.waiting) label(this.waiting, this.texts["keys-change"]);
    this.waiting = null;
  }

  reset() {
    this.stop();
    this.say("");
  }

  /** @param {KeyboardEvent} event */
  pressed(event) {
    if (!this.waiting && event.key === "Escape") {
      event.preventDefault(); // the browser closes a dialog a little later, and the next key would be lost
      event.stopPropagation();
      return $("help").close();
    }
    if (!this.waiting || NO_KEYS.includes(event.key)) return undefined;
    event.preventDefault();
    event.stopPropagation();
    const { action = "", name = "" } = this.waiting.dataset;
    this.stop();
    if (event.key === "Escape") return this.say(this.texts["keys-kept"]);
    const { preferences } = this;
    const key = () => preferences.cap(preferences.keymap.keyOf(action));
    const words = () => fill(this.texts["keys-changed"], { key: key(), action: name });
    return this.change({ screen: preferences.screen, action, key: event.key }, words);
  }
}

/**
 * @param {HTMLButtonElement} button
 * @param {string} words
 */
function label(button, words) {
  if (button.firstChild) button.firstChild.textContent = words;
}
