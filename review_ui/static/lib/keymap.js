// What the keys of a screen mean, as its person has set them. Pure: nothing here knows a document.

/** @import { Keys } from "./types.js" */

const LETTERS = "abcdefghijklmnopqrstuvwxyz";
/** @type {Keys} */
const OTHER_NAMES = { "=": "+", "−": "-" }; // keys that stand beside or look like the usual ones

export class KeyMap {
  /**
   * @param {Keys} keys action -> key
   * @param {string} space how the space bar is called
   */
  constructor(keys, space) {
    this.keys = keys;
    this.space = space;
  }

  /**
   * How a key is written.
   *
   * @param {string} key
   */
  cap(key) {
    return key === " " ? this.space : key === "-" ? "−" : key.toUpperCase();
  }

  /** @param {string} action */
  keyOf(action) {
    return this.keys[action];
  }

  /**
   * What a key means here: the name of an action, or "".
   *
   * @param {string} key
   */
  actionOf(key) {
    const meant = (/** @type {string} */ wanted) => Object.keys(this.keys).find((name) => this.keys[name] === wanted);
    return meant(key) ?? (OTHER_NAMES[key] && meant(OTHER_NAMES[key])) ?? "";
  }

  /**
   * The key of an answer by its place among all of them: nine have one of their own, the next ones the letters that are
   * left, and the rest none.
   *
   * @param {number} place
   */
  choiceKey(place) {
    if (place < 9) return this.keys[`choice-${place + 1}`];
    const taken = new Set(Object.values(this.keys));
    return [...LETTERS].filter((letter) => !taken.has(letter))[place - 9] ?? "";
  }

  /**
   * The place of the answer that a key sets among `count` of them, -1 for none.
   *
   * @param {string} key
   * @param {number} count
   */
  choiceOf(key, count) {
    for (let place = 0; place < count; place += 1) if (this.choiceKey(place) === key) return place;
    return -1;
  }

  /**
   * Whether `text` is the key of a command, as it could have been meant by somebody who stands in a text field.
   *
   * @param {string} text
   */
  isCommand(text) {
    const action = this.actionOf(text.toLowerCase());
    return Boolean(action) && !action.startsWith("choice-");
  }
}
