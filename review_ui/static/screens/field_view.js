// One field on the screen, as a person sees it.

import { nextStep } from "../lib/geometry.js";
import { $, element, fill, maybe, showWords } from "../lib/view.js";

/** @import { Preferences } from "../lib/preferences.js" */
/** @import { Session } from "../lib/session.js" */
/** @import { Card, Picture, Statement, Values } from "../lib/types.js" */
/** @typedef {{ choose: (code: string) => void, suggest: (number: number) => void, type: () => void }} Acts */
/** @typedef {{ card: Card, context: boolean, image: HTMLImageElement }} Shown */

const CSS_PX_PER_MM = 96 / 25.4;
const LARGEST_AUTO = 3;
const GOOD = 2; // a crop is shown at twice its size on paper, or as large as fits
const LEAST = 1; // in a small window the crop scrolls rather than shrinking below its size on paper
const STEPS = [0.5, 0.75, 1, 1.5, 2, 2.5, 3, 4, 5, 6, 8];

export class FieldView {
  /** @type {number | null} */
  #zoom = null; // null: fit to the window
  /** @type {Shown | null} */
  #shown = null;
  /** @type {string | null} */
  untouched = null; // initial content of the text field, null where the program cannot confirm it
  instead = ""; // why a link's value is not available: shown with the first available field

  /**
   * @param {Session} session
   * @param {Preferences} preferences
   */
  constructor(session, preferences) {
    this.session = session;
    this.texts = session.texts;
    this.preferences = preferences;
    this.#zoom = preferences.facts.zoom;
    new ResizeObserver(() => this.#size()).observe($("pane"));
  }

  /**
   * Shows a field.
   *
   * @param {Card} card
   * @param {Set<string> | null} chosen codes, or null when nothing is proposed
   * @param {Acts} acts
   */
  draw(card, chosen, { choose, suggest, type }) {
    $("panel").hidden = true;
    $("item").hidden = false;
    $("item").dataset.item = card.id;
    $("heading").textContent = card.heading;
    $("wording").textContent = card.wording;
    $("hint").textContent = card.hint;
    $("reason").textContent = card.reason_text;
    $("reading-label").textContent = this.texts[card.statements.length ? "statements" : "read-as"];
    $("reading").textContent = card.value_text;
    const sides = card.statements.length > 0 && (card.multiple || card.text); // shown on buttons of their own
    $("reading-label").hidden = $("reading").hidden = sides;
    const line = $("reading-label").parentElement;
    if (line) line.hidden = sides && !card.postponed;
    $("put-off").hidden = !card.postponed;
    const source = { form: card.form, page: card.page ?? "" };
    $("source").textContent = fill(this.texts[card.page ? "form" : "form-only"], source);
    $("objection").hidden = !card.objection;
    $("objection-text").textContent = card.objection ? this.texts[card.objection] : "";
    $("multiple-hint").hidden = !card.multiple;
    this.session.notice(card.notice || this.instead, { announced: false });
    this.instead = "";
    this.error("");
    this.session.hurry("");
    document.documentElement.toggleAttribute("data-text", card.text);
    this.#ways(card);
    this.#statements(card, suggest);
    this.#choices(card, choose);
    this.#typing(card, type, suggest);
    this.choose(card, chosen);
  }

  /**
   * The sides of a contradiction between whole sets of answers; for a single choice the options themselves show who
   * chose them.
   *
   * @param {Card} card
   * @param {Acts["suggest"]} suggest
   */
  #statements(card, suggest) {
    const shown = card.multiple ? card.statements : [];
    const entries = shown.map((statement, place) => {
      const button = this.#choice(`Alt+${place + 1}`, statement.text, this.#saidBy([statement.said_by]));
      button.addEventListener("click", () => suggest(place + 1));
      return element("li", {}, button);
    });
    $("statements").replaceChildren(...entries);
    $("statements").hidden = !entries.length;
  }

  /** @param {string[]} names */
  #saidBy(names) {
    const tags = names.map((name) => element("span", { className: "tag said", textContent: name }));
    return element("span", { className: "tags" }, ...tags);
  }

  /**
   * @param {Card} card
   * @param {Acts["choose"]} choose
   */
  #choices(card, choose) {
    const entries = card.choices.map((choice, place) => {
      const chosen = element("span", { className: "tag chosen", textContent: this.texts["chosen-tag"] });
      const tags = element("span", { className: "tags" }, chosen);
      if (choice.tag) {
        const words = this.texts[`${choice.tag}-tag`];
        tags.append(element("span", { className: `tag ${choice.tag}`, textContent: words }));
      }
      tags.append(...this.#saidBy(choice.said_by).children);
      const key = this.preferences.keymap.choiceKey(place);
      const button = this.#choice(key && this.preferences.cap(key), choice.text, tags);
      const cap = button.querySelector("kbd");
      if (cap) cap.dataset.choice = String(place);
      button.dataset.code = choice.code;
      button.addEventListener("click", () => choose(choice.code));
      return element("li", {}, button);
    });
    $("choices").replaceChildren(...entries);
    $("choices").hidden = card.text;
  }

  /**
   * @param {string} key as it is written, "" for none
   * @param {string} text
   * @param {Node | string} tags
   */
  #choice(key, text, tags) {
    const label = element("span", { className: "choice-text", textContent: text });
    const cap = element("kbd", { textContent: key, hidden: !key });
    return element("button", { type: "button", className: "choice" }, cap, label, tags);
  }

  /**
   * @param {Card} card
   * @param {Acts["type"]} type
   * @param {Acts["suggest"]} suggest
   */
  #typing(card, type, suggest) {
    $("typing").hidden = !card.text;
    $("typing").replaceChildren();
    if (!card.text) return;
    const field = this.#textField(card);
    this.untouched = (card.draft ?? null) === null && !card.filled ? field.value.trim() : null;
    field.addEventListener("input", type);
    const stated = card.statements.length > 0;
    const filled = card.filled ? this.texts.filled : "";
    $("typing").append(
      element("label", { htmlFor: "text", textContent: this.texts[stated ? "valid-label" : "text-label"] }),
      field,
      element("p", { className: "quiet", textContent: filled, hidden: !filled }),
      element("p", { id: "ask", className: "ask", hidden: true }),
      ...this.#suggestions(card, suggest),
      element("p", { id: "text-help", className: "quiet", textContent: this.texts["leave-text"] }),
    );
  }

  /** @param {Card} card */
  #textField(card) {
    const lines = card.list_id ? 1 : card.lines;
    const value = card.filled || (card.draft ?? card.typed);
    const properties = { id: "text", autocomplete: "off", spellcheck: false, value };
    const field = lines > 1 ? element("textarea", properties) : element("input", properties);
    if (field instanceof HTMLTextAreaElement) field.rows = Math.min(lines, 6);
    field.inputMode = card.keyboard; // not field.type: browsers rewrite the content of e-mail fields
    field.setAttribute("aria-describedby", "ask error text-help");
    return field;
  }

  /**
   * @param {Card} card
   * @param {Acts["suggest"]} suggest
   */
  #suggestions(card, suggest) {
    /** @type {{ text: string, said_by?: string }[]} */
    const offered = card.statements.length ? card.statements : card.suggestions.map((text) => ({ text }));
    const entries = offered.slice(0, 3).map((one, place) => {
      const button = this.#choice(`Alt+${place + 1}`, one.text, this.#tagsOf(card, one));
      button.addEventListener("click", () => suggest(place + 1));
      return element("li", {}, button);
    });
    if (!entries.length) return [];
    const title = this.texts[card.statements.length ? "statements" : "suggestions"];
    const head = element("p", { className: "quiet", textContent: title });
    return [head, element("ol", { className: "choices" }, ...entries)];
  }

  /**
   * Who says it, or that it is printed on the form.
   *
   * @param {Card} card
   * @param {Partial<Statement>} one
   */
  #tagsOf(card, one) {
    if (one.said_by) return this.#saidBy([one.said_by]);
    return one.text && one.text === card.printed ? this.#saidBy([this.texts["printed-tag"]]) : "";
  }

  /**
   * Puts a suggestion into the text field.
   *
   * @param {string} value
   */
  take(value) {
    $("text").value = value;
    $("text").dispatchEvent(new Event("input"));
    $("text").focus();
  }

  /**
   * Shows which answers are marked.
   *
   * @param {Card} card
   * @param {Set<string> | null} chosen
   */
  choose(card, chosen) {
    for (const button of $("choices").querySelectorAll("button")) {
      button.setAttribute("aria-pressed", String(Boolean(chosen?.has(button.dataset.code ?? ""))));
    }
    const blank = !card.text && chosen !== null && chosen.size === 0;
    $("no-answer").setAttribute("aria-pressed", String(blank));
    $("confirm").setAttribute("aria-disabled", String(!card.text && chosen === null));
  }

  /**
   * Moves the focus to where the next key is expected; it never stays on an element that is gone.
   *
   * @param {Card} card
   */
  focus(card) {
    $(card.text ? "text" : "item").focus({ preventScroll: true });
    if (card.text) $("text").select();
    scrollTo(0, 0);
  }

  /**
   * Shows the picture of the card, or says why there is none; returns whether this is final.
   *
   * @param {Card} card
   * @param {Picture | null} picture
   * @param {boolean} context whether it is the whole page
   */
  picture(card, picture, context) {
    const pane = $("pane");
    $("context").setAttribute("aria-pressed", String(context));
    $("context-label").textContent = this.texts[context ? "crop" : "context"];
    $("context").disabled = !card.context_url;
    if (picture?.ready) {
      if (pane.firstChild !== picture.image) {
        picture.image.alt = context ? card.context_alt : card.alt;
        pane.replaceChildren(picture.image);
        this.#shown = { card, context, image: picture.image };
        const { naturalWidth, naturalHeight } = picture.image;
        if (!context) $("item").dataset.shape = naturalHeight > 0.55 * naturalWidth ? "tall" : "wide";
        this.#size();
        pane.scrollTop = context ? card.context_focus * pane.scrollHeight - pane.clientHeight / 2 : 0;
        pane.scrollLeft = 0;
      }
      return true;
    }
    this.#shown = null;
    const text = this.texts[picture === null ? "no-crop" : picture.failed ? "crop-failed" : "loading"];
    if (pane.textContent !== text) pane.replaceChildren(element("p", { className: "quiet", textContent: text }));
    return picture === null || picture.failed;
  }

  #size() {
    if (!this.#shown) return;
    const { card, context, image } = this.#shown;
    const scale = CSS_PX_PER_MM / (context ? card.context_px_per_mm : card.crop_px_per_mm);
    const zoom = this.#zoom ?? this.#fitting(image, scale, context);
    image.style.width = `${Math.round(image.naturalWidth * scale * zoom)}px`;
    $("zoom-state").textContent = `${Math.round(zoom * 100)} %`;
    $("pane").dataset.zoom = zoom.toFixed(3);
  }

  /**
   * @param {HTMLImageElement} image
   * @param {number} scale
   * @param {boolean} context
   */
  #fitting(image, scale, context) {
    const style = getComputedStyle($("pane"));
    const room = $("pane").clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    const wide = room / (image.naturalWidth * scale);
    if (context) return Math.max(0.5, wide);
    const high = (innerHeight * 0.6) / (image.naturalHeight * scale);
    return Math.max(LEAST, Math.min(wide, Math.max(GOOD, high), LARGEST_AUTO));
  }

  /**
   * Larger (1) or smaller (-1); stays for the next fields, screens and visits.
   *
   * @param {number} direction
   */
  zoom(direction) {
    const step = nextStep(STEPS, Number($("pane").dataset.zoom) || GOOD, direction);
    if (step) this.#keep(step);
  }

  /** Fits each field to the window. */
  fit() {
    this.#keep(null);
  }

  /** @param {number | null} zoom */
  #keep(zoom) {
    this.#zoom = zoom;
    this.preferences.save({ zoom });
    this.#size();
  }

  /**
   * Shows why the typed text is refused, "" when it is not; it can be kept as written.
   *
   * @param {string} text
   */
  refused(text) {
    this.error(text);
    $("as-written").hidden = !text;
  }

  /** @param {string} text */
  error(text) {
    $("as-written").hidden = true;
    showWords("error", text);
    maybe("text")?.setAttribute("aria-invalid", String(Boolean(text)));
    if (text) this.session.announce(text);
  }

  /**
   * A question about what was typed, at the text field.
   *
   * @param {string} text
   */
  ask(text) {
    if (!maybe("ask")) return this.error(text);
    showWords("ask", text);
    if (text) this.session.announce(text);
    return undefined;
  }

  /** @param {string} text why a link does not show what it asked for */
  elsewhere(text) {
    this.instead = text;
  }

  /**
   * Links to the value's page and history, for those who may see them.
   *
   * @param {Card} card
   */
  #ways(card) {
    const [page, history, ways] = [maybe("to-page"), maybe("to-history"), maybe("ways")];
    if (page) page.href = `/page/${encodeURIComponent(card.form)}/${card.page}?lang=${page.dataset.lang}`;
    if (page) page.hidden = !card.page;
    const id = card.id.split("/").map(encodeURIComponent).join("/");
    if (history) history.href = `/history/${id}?lang=${history.dataset.lang}`;
    if (ways) ways.hidden = false;
  }

  /**
   * How many pages wait to be sorted out.
   *
   * @param {number} waiting
   */
  pages(waiting) {
    const count = maybe("sort-count");
    if (count) count.textContent = waiting ? `(${waiting})` : "";
  }

  /**
   * Shows a panel instead of a field; returns whether it was not there before.
   *
   * @param {string} name
   * @param {Values} values
   * @param {{ undo: boolean, left?: string }} facts whether something can be undone, and what waits for others
   */
  panel(name, values, { undo, left = "" }) {
    const had = !$("item").hidden || $("panel").dataset.name !== name;
    $("item").hidden = true;
    $("panel").hidden = false;
    $("panel").dataset.name = name;
    $("panel-title").textContent = this.texts[left ? "left-title" : `${name}-title`] ?? this.texts[name];
    const words = fill(this.texts[`${name}-text`] ?? "", values);
    $("panel-text").textContent = [left, words].filter(Boolean).join(" ");
    $("panel-undo").hidden = !undo;
    if (had) $("panel").focus({ preventScroll: true });
    return had;
  }
}
