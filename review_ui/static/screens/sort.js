// Sorting out pages that could not be placed: a list, and for each page its form, its corners, and "read this page".

import { Refused, answerOf } from "../lib/api.js";
import { openSession } from "../lib/session.js";
import { Stage } from "../lib/stage.js";
import { $, element, fill, showWords, targetOf } from "../lib/view.js";
import { cardEntry } from "./sort_cards.js";

/** @import { Session } from "../lib/session.js" */
/** @import { PageCard, PageView, Placed } from "../lib/types.js" */

const RETRY_MS = 1500;
const READ_TIMEOUT_MS = 180000; // time for a worker to start and read a page; nothing is lost if it takes longer
const FORM_ID = /^[0-9A-Z]{5}-[0-9A-Z]{7}-[0-9A-Z]$/;

class SortScreen {
  /** @type {PageView | null} */
  view = null; // the page on the screen
  form = ""; // valid form id or digest
  uuid = "";
  busy = false;
  /** @type {Promise<void> | null} */
  asking = null; // the current or last check of form and page
  #asked = {}; // identifies the last check

  /** @param {Session} session */
  constructor(session) {
    this.session = session;
    this.api = session.api;
    this.texts = session.texts;
    this.stage = new Stage({
      texts: session.texts,
      moved: (state) => this.#moved(state),
      say: (words, values) => session.announce(fill(words, values)),
    });
    /** @type {Record<string, () => void>} */
    const acts = {
      back: () => this.#toList(),
      "done-back": () => this.#toList(),
      next: () => this.#next(),
      "turn-left": () => this.stage.turn(-90),
      "turn-right": () => this.stage.turn(90),
      reset: () => this.stage.reset(),
      "zoom-in": () => this.stage.zoom(1),
      "zoom-out": () => this.stage.zoom(-1),
      leave: () => this.#leave(),
    };
    for (const [id, act] of Object.entries(acts)) $(id).addEventListener("click", act);
    $("form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#read();
    });
    $("form").addEventListener("keydown", (event) => {
      if (event.key === "Enter" && targetOf(event).matches("input, select")) {
        event.preventDefault(); // the corners are still to be checked: Enter in a field does not read the page
        this.#formTyped();
      }
    });
    $("form-id").addEventListener("input", () => this.#formTyped());
    $("form-pick").addEventListener("change", () => this.#formTyped());
    $("number").addEventListener("change", () => this.#chosen());
    for (const radio of document.querySelectorAll("[name=kind]")) {
      radio.addEventListener("change", () => this.#kindChosen());
    }
    window.addEventListener("hashchange", () => this.route());
  }

  // --- where we are ------------------------------------------------------------------------------------------------

  async route() {
    const wanted = /^#page=(\d+)$/.exec(location.hash);
    const language = document.documentElement.lang === "de" ? "en" : "de";
    $("other-language").href = `?lang=${language}${location.hash}`;
    if (wanted) await this.#open(Number(wanted[1]));
    else await this.#list();
  }

  /** @param {string} id of the section that is shown */
  #only(id) {
    for (const section of ["list", "page", "done"]) $(section).hidden = section !== id;
  }

  #toList() {
    if (location.hash) location.hash = "";
    else this.route();
  }

  async #list() {
    this.view = null;
    this.#only("list");
    $("list-title").focus({ preventScroll: true }); // at once: whoever has gone on stays there
    /** @type {PageCard[]} */
    let pages;
    try {
      ({ pages } = await this.api.get("/api/pages"));
    } catch {
      $("list-text").textContent = this.texts["list-error"];
      return;
    }
    const waiting = pages.filter((card) => !card.left_by);
    const count = fill(this.texts["list-count"], { n: waiting.length });
    $("list-text").textContent = waiting.length ? `${count}. ${this.texts["list-intro"]}` : this.texts["list-empty"];
    $("cards").replaceChildren(...waiting.map((card) => cardEntry(this.texts, card)));
    const left = pages.filter((card) => card.left_by);
    $("left-cards").replaceChildren(...left.map((card) => cardEntry(this.texts, card)));
    $("left").hidden = waiting.length === pages.length;
    $("list").dataset.ready = String(pages.length);
    this.session.announce($("list-text").textContent ?? "");
  }

  async #next() {
    try {
      /** @type {{ pages: PageCard[] }} */
      const { pages } = await this.api.get("/api/pages");
      const next = pages.find((card) => !card.left_by);
      if (next) location.hash = `#page=${next.id}`;
      else this.#toList();
    } catch {
      this.#toList();
    }
  }

  // --- one page ----------------------------------------------------------------------------------------------------

  /**
   * @param {number} id
   * @returns {Promise<void>}
   */
  async #open(id) {
    this.#only("page");
    this.view = null;
    this.#result("");
    $("page-title").textContent = this.texts.loading;
    $("page-title").focus({ preventScroll: true });
    scrollTo(0, 0);
    $("stage").removeAttribute("data-known"); // nothing can be moved before the picture has loaded
    this.session.announce(this.texts.loading);
    /** @type {PageView} */
    let view;
    try {
      view = await this.api.get(`/api/pages/${id}`, {}, READ_TIMEOUT_MS);
    } catch (problem) {
      return problem instanceof Refused && problem.status === 404 ? this.#toList() : this.#failed();
    }
    if (location.hash !== `#page=${id}`) return;
    this.view = view;
    this.uuid = crypto.randomUUID();
    const { card } = view;
    $("page-title").textContent = `${card.name} – ${card.where}`;
    $("why").textContent = card.why.join(" ");
    $("helps").textContent = card.remedies.join(" ");
    $("overlay-text").hidden = true;
    const { name, where, page, pages } = card;
    this.stage.show(id, view.view, fill(this.texts["picture-alt"], { name, where, page, pages }));
    this.#showForm(view);
    this.#taken(view);
    $("page").dataset.ready = String(id);
    this.session.announce(`${$("page-title").textContent}. ${$("why").textContent} ${$("found").textContent}`);
  }

  #failed() {
    $("page-title").textContent = this.texts.offline;
    this.session.announce(this.texts.offline);
  }

  /** @param {PageView} view */
  #showForm(view) {
    const picked = view.choices.some((choice) => choice.form === view.form);
    $("kinds").hidden = !view.choices.length || view.known;
    kindRadio(picked ? "pick" : "id").checked = true;
    $("form-id").value = picked ? "" : view.form;
    $("form-id").readOnly = view.known;
    $("form-id-hint").textContent = this.texts[view.known ? "form-known" : "form-id-hint"];
    const empty = element("option", { value: "", textContent: this.texts.choose });
    const choices = view.choices.map(({ form, title }) => element("option", { value: form, textContent: title }));
    $("form-pick").replaceChildren(empty, ...choices);
    $("form-pick").value = picked ? view.form : "";
    this.#showKind();
    this.#error("");
    this.form = view.form;
    this.#numbers(view.pages, view.number);
  }

  get #picking() {
    return kindRadio("pick").checked;
  }

  #showKind() {
    $("by-id").hidden = this.#picking;
    $("by-pick").hidden = !this.#picking;
  }

  #kindChosen() {
    this.#showKind();
    this.#formTyped();
  }

  /**
   * The page numbers that can be chosen; a form of one page leaves no choice.
   *
   * @param {number} pages
   * @param {number} chosen
   */
  #numbers(pages, chosen) {
    const known = Boolean(this.view?.known);
    const numbers = Array.from({ length: pages }, (_, place) => String(place + 1));
    const entries = numbers.map((number) => element("option", { value: number, textContent: number }));
    $("number").replaceChildren(element("option", { value: "0", textContent: this.texts.choose }), ...entries);
    $("number").value = String(pages === 1 ? 1 : chosen <= pages ? chosen : 0);
    $("number").disabled = known || pages === 0;
  }

  #formTyped() {
    const written = this.#picking ? $("form-pick").value : $("form-id").value.trim().toUpperCase();
    const typed = written.replaceAll(" ", "");
    this.#error("");
    if (typed === this.form) return;
    this.form = "";
    if (this.#picking ? typed : FORM_ID.test(typed)) this.asking = this.#ask(typed, Number($("number").value));
    else this.#numbers(0, 0);
    this.#drawBlank();
  }

  #chosen() {
    if (this.form) this.asking = this.#ask(this.form, Number($("number").value));
  }

  /**
   * Checks whether this form and page exist, and where the page probably lies.
   *
   * @param {string} form
   * @param {number} number of the page, 0 for none
   * @returns {Promise<void>}
   */
  async #ask(form, number) {
    const shown = this.view;
    if (!shown) return; // the page is still loading, and brings its own form
    const asked = (this.#asked = {});
    const over = () => this.#asked !== asked || this.view !== shown;
    try {
      const wanted = number || shown.number || 0;
      /** @type {PageView} */
      const view = await this.api.get(`/api/pages/${shown.card.id}`, { form, number: wanted }, READ_TIMEOUT_MS);
      if (over()) return;
      this.form = form;
      this.#numbers(view.pages, wanted);
      const chosen = Number($("number").value);
      if (chosen && chosen !== wanted) return await this.#ask(form, chosen);
      shown.digest = view.digest;
      this.stage.suggest(view.view);
      this.#taken(view);
    } catch (problem) {
      if (over()) return;
      this.form = "";
      const answer = answerOf(problem);
      this.#error(answer ? `${answer.message} ${answer.remedy}` : this.texts.offline);
      this.#drawBlank();
    }
  }

  /** @param {PageView} view */
  #taken(view) {
    $("found").textContent = this.texts[`corners-found-${view.view.found}`];
    this.#drawBlank();
  }

  #drawBlank() {
    const number = Number($("number").value);
    const digest = this.form || this.view?.number ? (this.view?.digest ?? "") : "";
    this.stage.blank(digest && number ? `/blanks/${digest}/${number}` : "");
    this.#moved({ good: true });
  }

  /** @param {{ good: boolean }} state of the corners */
  #moved({ good }) {
    const hasBlank = Boolean($("blank").getAttribute("src"));
    $("overlay-text").textContent = this.texts[good ? "overlay-none" : "overlay-bad"];
    $("overlay-text").hidden = good && hasBlank;
    $("overlay-text").className = good ? "quiet" : "ask";
  }

  /** @param {string} words */
  #error(words) {
    showWords("form-error", words);
    $("form-id").setAttribute("aria-invalid", String(Boolean(words)));
    if (words) this.session.announce(words);
  }

  // --- acting ------------------------------------------------------------------------------------------------------

  async #read() {
    if (this.busy || !this.view) return;
    this.#working(true);
    await this.asking; // lets people press "read" right after typing, before the check of the form has finished
    this.#working(false);
    if (!this.view) return;
    const number = Number($("number").value);
    if (!this.form || !number) {
      if ($("form-error").hidden) this.#error(this.texts["needs-form"]);
      (this.form ? $("number") : this.#picking ? $("form-pick") : $("form-id")).focus();
      return;
    }
    this.#working(true);
    this.#result("");
    const { id } = this.view.card;
    const body = { uuid: this.uuid, form: this.form, number, corners: this.stage.corners };
    try {
      /** @type {Placed} */
      const outcome = await this.api.post(`/api/pages/${id}/place`, body, READ_TIMEOUT_MS);
      if (outcome.result === "read") return this.#done(this.texts["done-title"], outcome.message);
      this.uuid = crypto.randomUUID();
      this.#result(this.texts.refused, outcome.message, outcome.remedies);
    } catch {
      this.#result(this.texts.refused, this.texts.offline);
    } finally {
      this.#working(false);
    }
  }

  async #leave() {
    if (this.busy || !this.view) return;
    try {
      await this.api.post(`/api/pages/${this.view.card.id}/leave`, { uuid: this.uuid });
      this.#done(this.texts["left-title"], this.texts.left);
    } catch {
      this.#result(this.texts.refused, this.texts.offline);
    }
  }

  /** @param {boolean} busy */
  #working(busy) {
    this.busy = busy;
    $("read").setAttribute("aria-disabled", String(busy));
    $("read").textContent = this.texts[busy ? "reading" : "read"];
    $("form").setAttribute("aria-busy", String(busy));
    if (busy) this.session.announce(this.texts.reading);
  }

  /**
   * @param {string} title "" to show none
   * @param {string} message
   * @param {string[]} steps what to do
   */
  #result(title, message = "", steps = []) {
    $("result").hidden = !title;
    $("result-title").textContent = title;
    $("result-text").textContent = message;
    const entries = steps.filter(Boolean).map((step) => element("li", { textContent: step }));
    $("result-steps").replaceChildren(...entries);
    if (!title) return;
    this.session.announce(`${title}. ${message} ${steps.join(" ")}`);
    $("result").focus({ preventScroll: true });
    $("result").scrollIntoView({ block: "nearest" });
  }

  /**
   * @param {string} title
   * @param {string} words
   */
  #done(title, words) {
    this.view = null;
    this.#only("done");
    $("done-title").textContent = title;
    $("done-text").textContent = words;
    this.session.announce(`${title}. ${words}`);
    $("done").focus({ preventScroll: true });
    history.replaceState(null, "", location.pathname + location.search);
  }
}

/**
 * The button for how the form is named: by typing its id ("id") or picking it ("pick").
 *
 * @param {"id" | "pick"} kind
 */
function kindRadio(kind) {
  return /** @type {HTMLInputElement} */ (document.querySelector(`[name=kind][value=${kind}]`));
}

openSession("/api/sort/session", RETRY_MS, (session) => new SortScreen(session).route());
