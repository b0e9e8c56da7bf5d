// A text field with a list of values. While somebody types it offers values that begin with the text, then values that
// contain it. Where it `completes`, the only value left is filled in, selected so that the next character replaces it.
// Keys and roles follow the ARIA patterns "editable combobox with list autocomplete" and "with both list and inline".

import { element } from "./element.js";
import { beginning, completion, offered } from "./folding.js";

export class Combobox {
  #place = -1;
  /** @type {string[]} */
  #offered = [];
  /** @type {string[]} */
  #values = [];
  /** @type {InputEvent | null} */
  #last = null; // typed before the values had arrived

  /**
   * @param {HTMLInputElement} field is in the document
   * @param {{ id: string, label: string, say: (count: number) => void, completes?: boolean }} facts `say` tells a
   *   screen reader how many are offered
   */
  constructor(field, { id, label, say, completes = true }) {
    this.field = field;
    this.say = say;
    this.completes = completes;
    this.box = element("ul", { id, className: "offered", hidden: true });
    this.box.setAttribute("role", "listbox");
    this.box.setAttribute("aria-label", label);
    field.after(this.box);
    const facts = { role: "combobox", "aria-autocomplete": completes ? "both" : "list", "aria-expanded": "false" };
    for (const [name, value] of Object.entries({ ...facts, "aria-controls": id })) field.setAttribute(name, value);
    field.addEventListener("input", (event) => this.#typed(/** @type {InputEvent} */ (event)));
    field.addEventListener("keydown", (event) => this.#key(event));
    field.addEventListener("blur", () => this.close());
  }

  /** The values may arrive after somebody has begun to type: the text present by then is completed at once. */
  set values(/** @type {string[]} */ values) {
    this.#values = values;
    const last = this.#last;
    this.#last = null;
    if (last && document.activeElement === this.field) this.#typed(last);
  }

  get open() {
    return !this.box.hidden;
  }

  close() {
    this.box.hidden = true;
    this.#place = -1;
    this.field.setAttribute("aria-expanded", "false");
    this.field.removeAttribute("aria-activedescendant");
  }

  /** @param {InputEvent} event */
  #typed(event) {
    if (event.isComposing || !event.isTrusted) return this.close();
    this.#last = event;
    const text = this.field.value;
    const first = text.trim() ? beginning(this.#values, text) : [];
    const adding = (event.inputType ?? "").startsWith("insert") && this.field.selectionEnd === text.length;
    const whole = this.completes && adding ? completion(text, first) : "";
    if (whole) this.#fill(text, whole);
    return this.#offer(text, first);
  }

  /**
   * Fills in the rest of the only value left, selected.
   *
   * @param {string} text
   * @param {string} value
   */
  #fill(text, value) {
    this.field.value = value;
    this.field.setSelectionRange(text.length, value.length);
  }

  /**
   * @param {string} text
   * @param {string[]} first values that begin with it
   */
  #offer(text, first) {
    this.#offered = offered(this.#values, text, first);
    if (!this.#offered.length || (this.#offered.length === 1 && this.#offered[0] === this.field.value)) {
      return this.close();
    }
    this.box.replaceChildren(...this.#offered.map((value, place) => this.#option(value, place)));
    this.box.hidden = false;
    this.field.setAttribute("aria-expanded", "true");
    this.#mark(-1);
    return this.say(this.#offered.length);
  }

  /**
   * @param {string} value
   * @param {number} place
   */
  #option(value, place) {
    const option = element("li", { id: `${this.box.id}-${place}`, textContent: value });
    option.setAttribute("role", "option");
    option.addEventListener("pointerdown", (event) => event.preventDefault()); // the field keeps the focus
    option.addEventListener("click", () => this.#take(place));
    return option;
  }

  /** @param {number} place */
  #mark(place) {
    this.#place = place;
    for (const [number, option] of [...this.box.children].entries()) {
      option.setAttribute("aria-selected", String(number === place));
    }
    if (place < 0) return this.field.removeAttribute("aria-activedescendant");
    this.field.setAttribute("aria-activedescendant", this.box.children[place].id);
    return this.box.children[place].scrollIntoView({ block: "nearest" });
  }

  /** @param {number} place */
  #take(place) {
    this.field.value = this.#offered[place];
    this.close();
    this.field.dispatchEvent(new Event("input", { bubbles: true }));
    this.field.focus();
  }

  /**
   * Arrows move, Enter takes the marked value, Escape closes; all other keys belong to the screen.
   *
   * @param {KeyboardEvent} event
   */
  #key(event) {
    if (event.key === "Enter") this.#last = null; // accepted as typed: a list that arrives later changes nothing
    if (event.isComposing || event.altKey || event.ctrlKey || event.metaKey) return;
    const last = this.#offered.length - 1;
    if (!this.open && event.key === "ArrowDown" && this.#values.length) {
      this.#offer(this.field.value, beginning(this.#values, this.field.value));
      if (!this.open) return;
    } else if (!this.open) return;
    if (event.key === "ArrowDown") this.#mark(this.#place < last ? this.#place + 1 : 0);
    else if (event.key === "ArrowUp") this.#mark(this.#place > 0 ? this.#place - 1 : last);
    else if (event.key === "Enter" && this.#place >= 0) this.#take(this.#place);
    else if (event.key === "Escape") this.close();
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }
}
