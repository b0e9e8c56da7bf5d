// A text field with a list of values: what begins like the text, then what holds it, is offered while somebody types; what is the only one left is filled
// in, marked so that the next character takes its place. Keys and roles are those of the ARIA pattern "editable combobox with list and inline completion".

import { element } from "./view.js";

const MOST = 8; // values offered at once
const LEAST = 2; // characters after which the only one left is filled in

export class Combobox {
  #place = -1;
  #offered = [];
  #values = [];
  #last = null; // what was typed before the values were there

  // `field` is in the document; `say` tells a screen reader how many are offered.
  constructor(field, { id, label, say }) {
    this.field = field;
    this.say = say;
    this.box = element("ul", { id, className: "offered", hidden: true });
    this.box.setAttribute("role", "listbox");
    this.box.setAttribute("aria-label", label);
    field.after(this.box);
    const facts = { role: "combobox", "aria-autocomplete": "both", "aria-expanded": "false", "aria-controls": id };
    for (const [name, value] of Object.entries(facts)) field.setAttribute(name, value);
    field.addEventListener("input", (event) => this.#typed(event));
    field.addEventListener("keydown", (event) => this.#key(event));
    field.addEventListener("blur", () => this.close());
  }

  // The values of the list. They may come after somebody has begun to type: what stands in the field by then is answered at once.
  set values(values) {
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

  #typed(event) {
    if (event.isComposing || !event.isTrusted) return this.close();
    this.#last = event;
    const text = this.field.value;
    const beginning = text.trim() ? this.#values.filter((value) => folded(value).startsWith(folded(text))) : [];
    const atEnd = this.field.selectionEnd === text.length;
    if (beginning.length === 1 && (event.inputType ?? "").startsWith("insert") && atEnd && text.trim().length >= LEAST) this.#fill(text, beginning[0]);
    this.#offer(text, beginning);
  }

  // The rest of the only value left, marked.
  #fill(text, value) {
    if (folded(text) === folded(value)) return;
    this.field.value = value;
    this.field.setSelectionRange(text.length, value.length);
  }

  #offer(text, beginning) {
    const holding = text.trim() ? this.#values.filter((value) => !beginning.includes(value) && folded(value).includes(folded(text))) : [];
    this.#offered = [...beginning, ...holding].slice(0, MOST);
    if (!this.#offered.length || (this.#offered.length === 1 && this.#offered[0] === this.field.value)) return this.close();
    this.box.replaceChildren(...this.#offered.map((value, place) => this.#option(value, place)));
    this.box.hidden = false;
    this.field.setAttribute("aria-expanded", "true");
    this.#mark(-1);
    this.say(this.#offered.length);
  }

  #option(value, place) {
    const option = element("li", { id: `${this.box.id}-${place}`, textContent: value });
    option.setAttribute("role", "option");
    option.addEventListener("pointerdown", (event) => event.preventDefault()); // the field keeps the focus
    option.addEventListener("click", () => this.#take(place));
    return option;
  }

  #mark(place) {
    this.#place = place;
    for (const [number, option] of [...this.box.children].entries()) option.setAttribute("aria-selected", String(number === place));
    if (place < 0) return this.field.removeAttribute("aria-activedescendant");
    this.field.setAttribute("aria-activedescendant", this.box.children[place].id);
    this.box.children[place].scrollIntoView({ block: "nearest" });
  }

  #take(place) {
    this.field.value = this.#offered[place];
    this.close();
    this.field.dispatchEvent(new Event("input"));
    this.field.focus();
  }

  // Arrows move, Enter takes what is marked, Escape closes; everything else is the screen's.
  #key(event) {
    if (event.key === "Enter") this.#last = null; // taken as it stands: a list that comes after that changes nothing
    if (event.isComposing || event.altKey || event.ctrlKey || event.metaKey) return;
    const last = this.#offered.length - 1;
    if (!this.open && event.key === "ArrowDown" && this.#values.length) {
      this.#offer(this.field.value, this.#values.filter((value) => folded(value).startsWith(folded(this.field.value))));
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

// The lists of questions, each fetched once; without one nothing is offered, and typing goes on.
export class Lists {
  #asked = new Map();
  #known = new Map();

  constructor(api) {
    this.api = api;
  }

  // What has come already, without waiting.
  known(id) {
    return this.#known.get(id) ?? [];
  }

  of(id) {
    if (!this.#asked.has(id)) {
      const path = id.split("/").map(encodeURIComponent).join("/");
      const asked = this.api.get(`/api/lists/${path}`).then(({ values }) => (this.#known.set(id, values), values));
      this.#asked.set(id, asked.catch(() => (this.#asked.delete(id), [])));
    }
    return this.#asked.get(id);
  }
}

// A text as it is compared: without case and accents.
function folded(text) {
  return text.trim().toLowerCase().normalize("NFD").replace(/\p{Mn}/gu, "");
}
