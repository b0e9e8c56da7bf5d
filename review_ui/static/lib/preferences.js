// What belongs to the person who works here: keys, zoom, tones. It is kept by the program, never by the browser, and asked
// for when a page opens.

import { $, fill } from "./view.js";

const LETTERS = "abcdefghijklmnopqrstuvwxyz";
const OTHER_NAMES = { "=": "+", "−": "-" }; // keys that stand beside or look like the usual ones
export const LOOKS = ["plain", "contrast", "inverted"];

export class Mine {
  #unsent = null;
  #sending = false;

  constructor(api, texts, screen, facts) {
    this.api = api;
    this.texts = texts;
    this.raw = { ...texts };
    this.screen = screen;
    this.changed = () => {};
    this.take(facts);
  }

  static async of(api, texts, screen) {
    const facts = await api.get("/api/preferences");
    Object.assign(texts, prefixed(facts.texts));
    return new Mine(api, texts, screen, facts);
  }

  take(facts) {
    this.facts = facts;
    this.keys = facts.keys[this.screen];
    const named = Object.fromEntries(Object.entries(this.keys).map(([action, key]) => [`key_${action.replaceAll("-", "_")}`, this.cap(key)]));
    for (const [name, words] of Object.entries(this.raw)) this.texts[name] = fill(words, named);
    this.paint();
    this.changed();
  }

  // How a key is written.
  cap(key) {
    return key === " " ? this.raw["keys-space"] : key === "-" ? "−" : key.toUpperCase();
  }

  keyOf(action) {
    return this.keys[action];
  }

  // What a key means here: the name of an action, or undefined.
  actionOf(key) {
    const meant = (wanted) => Object.keys(this.keys).find((action) => this.keys[action] === wanted);
    return meant(key) ?? (OTHER_NAMES[key] && meant(OTHER_NAMES[key]));
  }

  // The key of an answer by its place among all of them: nine have one of their own, the next ones the letters that are left.
  choiceKey(place) {
    if (place < 9) return this.keys[`choice-${place + 1}`];
    const taken = new Set(Object.values(this.keys));
    return [...LETTERS].filter((letter) => !taken.has(letter))[place - 9] ?? "";
  }

  choiceOf(key, count) {
    for (let place = 0; place < count; place += 1) if (this.choiceKey(place) === key) return place;
    return -1;
  }

  // Whether `text` is the key of a command, as it could have been meant by somebody who stands in a text field.
  isCommand(text) {
    const action = this.actionOf(text.toLowerCase());
    return Boolean(action) && !action.startsWith("choice-");
  }

  // Writes the keys on everything that shows one, and the tones on the page.
  paint() {
    for (const cap of document.querySelectorAll("[data-key-of]")) {
      const key = this.cap(this.keys[cap.dataset.keyOf]);
      cap.textContent = cap.dataset.with ? `${cap.dataset.with}${key}` : key;
    }
    for (const cap of document.querySelectorAll("[data-choice]")) cap.textContent = this.cap(this.choiceKey(Number(cap.dataset.choice)));
    document.documentElement.dataset.look = this.facts.look;
    $("keys-on").checked = this.facts.letters;
  }

  // The next way to show crops; says which.
  nextLook() {
    this.facts.look = LOOKS[(LOOKS.indexOf(this.facts.look) + 1) % LOOKS.length];
    this.paint();
    this.save({ look: this.facts.look });
    return this.texts[`keys-look-${this.facts.look}`];
  }

  // Keeps facts for the next screen and the next visit; what comes while a request is under way goes with the next one.
  async save(facts) {
    Object.assign(this.facts, facts);
    this.#unsent = { ...this.#unsent, ...facts };
    if (this.#sending) return;
    this.#sending = true;
    while (this.#unsent) {
      const now = this.#unsent;
      this.#unsent = null;
      await this.api.post("/api/preferences", now).catch(() => {}); // it holds for this visit
    }
    this.#sending = false;
  }
}

function prefixed(texts) {
  return Object.fromEntries(Object.entries(texts).map(([name, words]) => [`keys-${name}`, words]));
}

// The table of keys in the help: a button in each row takes the next key that is pressed; what cannot be is said in words.
export function bindKeyTable(mine, { opened }) {
  const say = (words) => ($("keys-said").textContent = words);
  let waiting = null;

  async function change(body, words) {
    try {
      mine.take(await mine.api.post("/api/preferences", body));
      say(words());
    } catch (problem) {
      say(problem.answer?.message ?? mine.texts["keys-offline"]);
    }
  }

  function listen(button) {
    stop();
    say("");
    waiting = button;
    button.setAttribute("aria-pressed", "true");
    button.firstChild.textContent = mine.texts["keys-press"];
  }

  function stop() {
    waiting?.setAttribute("aria-pressed", "false");
    if (waiting) waiting.firstChild.textContent = mine.texts["keys-change"];
    waiting = null;
  }

  function pressed(event) {
    if (!waiting && event.key === "Escape") {
      event.preventDefault(); // the browser closes a dialog a little later, and the next key would be lost
      event.stopPropagation();
      return $("help").close();
    }
    if (!waiting || ["Shift", "Control", "Alt", "Meta", "AltGraph", "Tab"].includes(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
    const { action, name } = waiting.dataset;
    stop();
    if (event.key === "Escape") return say(mine.texts["keys-kept"]);
    change({ screen: mine.screen, action, key: event.key }, () => fill(mine.texts["keys-changed"], { key: mine.cap(mine.keyOf(action)), action: name }));
  }

  $("help").addEventListener("keydown", pressed, true);
  $("help").addEventListener("close", () => (stop(), say("")));
  $("help").addEventListener("cancel", (event) => waiting && event.preventDefault());
  for (const button of document.querySelectorAll(".change-key")) {
    button.addEventListener("click", () => listen(button));
    button.addEventListener("blur", () => waiting === button && stop());
  }
  $("keys-reset").addEventListener("click", () => change({ reset: mine.screen }, () => mine.texts["keys-reset-done"]));
  $("keys-on").addEventListener("change", () => mine.save({ letters: $("keys-on").checked }));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "F1") return;
    event.preventDefault();
    opened();
  });
}
