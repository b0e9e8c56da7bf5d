// Sorting out pages that could not be placed: a list, and for each page its form, its corners, and "read this page".

import { connect, Refused } from "../lib/api.js";
import { Stage } from "../lib/stage.js";
import { $, element, fill } from "../lib/view.js";

const RETRY_MS = 1500;
const FORM_ID = /^[0-9A-Z]{5}-[0-9A-Z]{7}-[0-9A-Z]$/;

class Sorting {
  view = null; // the page on the screen
  form = ""; // form id or digest, once it is valid
  uuid = "";
  busy = false;
  asking = null; // the check of form and page that is under way, or the last one

  constructor(api, texts) {
    this.api = api;
    this.texts = texts;
    this.stage = new Stage({ texts, moved: (state) => this.#moved(state), say: (words, values) => this.announce(fill(words, values)) });
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
      if (event.key === "Enter" && event.target.matches("input, select")) {
        event.preventDefault(); // the number is typed, then the corners are looked at: Enter in a field reads nothing
        this.#formTyped();
      }
    });
    $("form-id").addEventListener("input", () => this.#formTyped());
    $("form-pick").addEventListener("change", () => this.#formTyped());
    $("number").addEventListener("change", () => this.#chosen());
    for (const radio of document.querySelectorAll("[name=kind]")) radio.addEventListener("change", () => this.#kindChosen());
    window.addEventListener("hashchange", () => this.route());
  }

  announce(words) {
    $("live").textContent = words;
  }

  // --- where we are ------------------------------------------------------------------------------------------------

  async route() {
    const wanted = /^#page=(\d+)$/.exec(location.hash);
    const language = document.documentElement.lang === "de" ? "en" : "de";
    $("other-language").href = `?lang=${language}${location.hash}`;
    if (wanted) await this.#open(Number(wanted[1]));
    else await this.#list();
  }

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
    let pages;
    try {
      pages = (await this.api.get("/api/pages")).pages;
    } catch {
      $("list-text").textContent = this.texts["list-error"];
      return;
    }
    const waiting = pages.filter((card) => !card.left_by);
    const count = fill(this.texts["list-count"], { n: waiting.length });
    $("list-text").textContent = waiting.length ? `${count}. ${this.texts["list-intro"]}` : this.texts["list-empty"];
    $("cards").replaceChildren(...waiting.map((card) => this.#card(card)));
    $("left-cards").replaceChildren(...pages.filter((card) => card.left_by).map((card) => this.#card(card)));
    $("left").hidden = waiting.length === pages.length;
    $("list").dataset.ready = String(pages.length);
    $("list-title").focus({ preventScroll: true });
    this.announce($("list-text").textContent);
  }

  #card(card) {
    const picture = element("img", { src: `/pages/${card.id}?small=1`, loading: "lazy", alt: fill(this.texts["thumb-alt"], card) });
    picture.className = "thumb";
    const title = element(card.left_by ? "h3" : "h2", { textContent: card.name, className: "card-name" });
    const words = element("div", { className: "card-words" }, title, element("p", { className: "quiet", textContent: card.where }));
    words.append(...card.why.map((why) => element("p", { textContent: why })));
    if (card.left_by) words.append(element("p", { className: "tag", textContent: fill(this.texts["left-by"], { name: card.left_by }) }));
    const open = element("a", { className: "open", href: `#page=${card.id}`, textContent: this.texts.open });
    open.setAttribute("aria-label", `${this.texts.open}: ${card.name}, ${card.where}`);
    words.append(open);
    return element("li", { className: "card" }, picture, words);
  }

  async #next() {
    try {
      const { pages } = await this.api.get("/api/pages");
      const next = pages.find((card) => !card.left_by);
      if (next) location.hash = `#page=${next.id}`;
      else this.#toList();
    } catch {
      this.#toList();
    }
  }

  // --- one page ----------------------------------------------------------------------------------------------------

  async #open(id) {
    this.#only("page");
    this.view = null;
    this.#result("");
    $("page-title").textContent = this.texts.loading;
    $("stage").removeAttribute("data-known"); // nothing to move before the picture is known
    this.announce(this.texts.loading);
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
    this.stage.show(id, view.view, fill(this.texts["picture-alt"], card));
    this.#showForm(view);
    this.#taken(view);
    $("page").dataset.ready = String(id);
    $("page-title").focus({ preventScroll: true });
    scrollTo(0, 0);
    this.announce(`${$("page-title").textContent}. ${$("why").textContent} ${$("found").textContent}`);
  }

  #failed() {
    $("page-title").textContent = this.texts.offline;
    this.announce(this.texts.offline);
  }

  #showForm(view) {
    const picked = view.choices.some((choice) => choice.form === view.form);
    $("kinds").hidden = !view.choices.length || view.known;
    document.querySelector(`[name=kind][value=${picked ? "pick" : "id"}]`).checked = true;
    $("form-id").value = picked ? "" : view.form;
    $("form-id").readOnly = view.known;
    $("form-id-hint").textContent = this.texts[view.known ? "form-known" : "form-id-hint"];
    const empty = element("option", { value: "", textContent: this.texts.choose });
    $("form-pick").replaceChildren(empty, ...view.choices.map((choice) => element("option", { value: choice.form, textContent: choice.title })));
    $("form-pick").value = picked ? view.form : "";
    this.#showKind();
    this.#error("");
    this.form = view.form;
    this.#numbers(view.pages, view.number);
  }

  get #picking() {
    return document.querySelector("[name=kind]:checked").value === "pick";
  }

  #showKind() {
    $("by-id").hidden = this.#picking;
    $("by-pick").hidden = !this.#picking;
  }

  #kindChosen() {
    this.#showKind();
    this.#formTyped();
  }

  // The page numbers that can be chosen; a form of one page leaves no choice.
  #numbers(pages, chosen) {
    const known = Boolean(this.view?.known);
    const entries = Array.from({ length: pages }, (_, place) => element("option", { value: String(place + 1), textContent: String(place + 1) }));
    $("number").replaceChildren(element("option", { value: "0", textContent: this.texts.choose }), ...entries);
    $("number").value = String(pages === 1 ? 1 : chosen <= pages ? chosen : 0);
    $("number").disabled = known || pages === 0;
  }

  #formTyped() {
    const typed = (this.#picking ? $("form-pick").value : $("form-id").value.trim().toUpperCase()).replaceAll(" ", "");
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

  // Whether there is such a form and page, and where the page then probably lies.
  async #ask(form, number) {
    const id = this.view?.card.id;
    const asked = (this.asked = {});
    try {
      const wanted = number || this.view?.number || 0;
      const view = await this.api.get(`/api/pages/${id}`, { form, number: wanted }, READ_TIMEOUT_MS);
      if (this.asked !== asked || this.view?.card.id !== id) return;
      this.form = form;
      this.#numbers(view.pages, wanted);
      if (Number($("number").value) && Number($("number").value) !== wanted) return this.#ask(form, Number($("number").value));
      this.view.digest = view.digest;
      this.stage.suggest(view.view);
      this.#taken({ ...view, digest: view.digest });
    } catch (problem) {
      if (this.asked !== asked) return;
      this.form = "";
      const words = problem.answer ? `${problem.answer.message} ${problem.answer.remedy}` : this.texts.offline;
      this.#error(words);
      this.#drawBlank();
    }
  }

  #taken(view) {
    this.view.digest = view.digest;
    $("found").textContent = this.texts[`corners-found-${view.view.found}`];
    this.#drawBlank();
  }

  #drawBlank() {
    const number = Number($("number").value);
    const shown = this.view?.digest && number && (this.form || this.view.number);
    this.stage.blank(shown ? `/blanks/${this.view.digest}/${number}` : "");
    this.#moved({ good: true });
  }

  #moved({ good }) {
    const hasBlank = Boolean($("blank").getAttribute("src"));
    $("overlay-text").textContent = this.texts[good ? "overlay-none" : "overlay-bad"];
    $("overlay-text").hidden = good && hasBlank;
    $("overlay-text").className = good ? "quiet" : "ask";
  }

  #error(words) {
    $("form-error").textContent = words;
    $("form-error").hidden = !words;
    $("form-id").setAttribute("aria-invalid", String(Boolean(words)));
    if (words) this.announce(words);
  }

  // --- acting ------------------------------------------------------------------------------------------------------

  async #read() {
    if (this.busy || !this.view) return;
    this.#working(true);
    await this.asking; // whoever types and reads at once need not wait for the check of what was typed
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
    try {
      const outcome = await this.api.post(`/api/pages/${id}/place`, { uuid: this.uuid, form: this.form, number, corners: this.stage.corners }, READ_TIMEOUT_MS);
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

  #working(busy) {
    this.busy = busy;
    $("read").setAttribute("aria-disabled", String(busy));
    $("read").textContent = this.texts[busy ? "reading" : "read"];
    $("form").setAttribute("aria-busy", String(busy));
    if (busy) this.announce(this.texts.reading);
  }

  #result(title, message = "", steps = []) {
    $("result").hidden = !title;
    $("result-title").textContent = title;
    $("result-text").textContent = message;
    $("result-steps").replaceChildren(...steps.filter(Boolean).map((step) => element("li", { textContent: step })));
    if (!title) return;
    this.announce(`${title}. ${message} ${steps.join(" ")}`);
    $("result").focus({ preventScroll: true });
    $("result").scrollIntoView({ block: "nearest" });
  }

  #done(title, words) {
    this.view = null;
    this.#only("done");
    $("done-title").textContent = title;
    $("done-text").textContent = words;
    this.announce(`${title}. ${words}`);
    $("done").focus({ preventScroll: true });
    history.replaceState(null, "", location.pathname + location.search);
  }
}

const READ_TIMEOUT_MS = 180000; // a worker starts, and reads a page; nothing is lost when that takes longer

connect("/api/sort/session", RETRY_MS, (api, texts) => new Sorting(api, texts).route());
