// What the keys of a screen mean, as the person has set them. Pure: no access to a document.

/** @import { Keys } from "./types.js" */

const LETTERS = "abcdefghijklmnopqrstuvwxyz";
/** @type {Keys} */
const OTHER_NAMES = { "=": "+", "−": "-" }; // keys beside the usual ones, or similar to them

export class KeyMap {
  /**
   * @param {Keys} keys action -> key
   * @param {string} space the name of the space bar
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
   * The key of an answer by its place among all of them: the first nine have keys of their own, the next ones the
   * remaining letters, and the rest none.
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
   * Whether `text` is the key of a command, which somebody may have pressed while the focus was in a text field.
   *
   * @param {string} text
   */
  isCommand(text) {
    const action = this.actionOf(text.toLowerCase());
    return Boolean(action) && !action.startsWith("choice-");
  }
}
