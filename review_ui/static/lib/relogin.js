// Logging in again without leaving the page. Unsaved decisions stay in the outbox and are sent afterwards. Only the
// page's owner can log in here; everybody else has to open a page of their own.

import { element } from "./view.js";

/** @import { Texts } from "./types.js" */

/** @type {Promise<string> | null} */
let running = null;

function personOfPage() {
  return /** @type {HTMLMetaElement | null} */ (globalThis.document?.querySelector("meta[name=person]") ?? null);
}

/**
 * The header that names the page's owner.
 *
 * @returns {Record<string, string>}
 */
export function whosePage() {
  const meta = personOfPage();
  return meta ? { "X-Person": meta.content } : {};
}

/**
 * Resolves with a token for changes when the person has logged in again.
 *
 * @param {string} language
 * @returns {Promise<string>}
 */
export function logInAgain(language) {
  running ??= askAgain(language).finally(() => (running = null));
  return running;
}

/** @param {string} language */
async function askAgain(language) {
  const query = new URLSearchParams({ lang: language });
  for (;;) {
    try {
      const response = await fetch(`/api/login?${query}`, { headers: whosePage() });
      const { csrf, texts } = await response.json();
      return await new Promise((/** @type {(csrf: string) => void} */ done) => {
        new Relogin(query, csrf, texts, done).open();
      });
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }
}

/**
 * Writes the token of a new login into this page's forms.
 *
 * @param {string} csrf
 */
function renewForms(csrf) {
  const fields = /** @type {NodeListOf<HTMLInputElement>} */ (document.querySelectorAll("input[name=csrf_token]"));
  for (const field of fields) field.value = csrf;
}

class Relogin {
  /**
   * @param {URLSearchParams} query
   * @param {string} csrf
   * @param {Texts} texts
   * @param {(csrf: string) => void} done
   */
  constructor(query, csrf, texts, done) {
    this.query = query;
    this.csrf = csrf;
    this.texts = texts;
    this.done = done;
    this.dialog = element("dialog", { id: "again", className: "again" });
    this.problem = element("p", { id: "again-problem", className: "error", hidden: true });
    const name = personOfPage()?.dataset.name ?? "";
    this.name = input("again-name", { value: name, readOnly: true, autocomplete: "username" });
    this.password = input("again-password", { type: "password", autocomplete: "current-password", required: true });
    this.code = input("again-code", { autocomplete: "one-time-code", maxLength: 20 });
    this.codeLabel = label(texts.code, this.code);
    this.codeLabel.hidden = true;
  }

  open() {
    const { dialog, texts } = this;
    dialog.setAttribute("aria-labelledby", "again-title");
    this.problem.setAttribute("role", "alert");
    const button = element("button", { className: "primary", textContent: texts["log-in"] });
    const fields = [label(texts.name, this.name), label(texts.password, this.password), this.codeLabel];
    const form = element("form", {}, this.problem, ...fields, button);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#try();
    });
    const href = `/login?${this.query}`;
    dialog.append(
      element("h2", { id: "again-title", textContent: texts.title }),
      element("p", { textContent: texts.text }),
      form,
      element("p", { className: "quiet", textContent: texts["other-text"] }),
      element("a", { className: "plain", id: "again-other", href, textContent: texts.other }),
    );
    dialog.addEventListener("cancel", (event) => event.preventDefault());
    dialog.addEventListener("keydown", (event) => event.stopPropagation()); // the page's keys are inactive
    document.body.append(dialog);
    dialog.showModal();
    this.password.focus();
  }

  async #try() {
    const asksCode = !this.codeLabel.hidden;
    const path = asksCode ? "/api/login/code" : "/api/login";
    const body = asksCode ? { code: this.code.value } : { name: this.name.value, password: this.password.value };
    try {
      const response = await fetch(`${path}?${this.query}`, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-CSRFToken": this.csrf, ...whosePage() },
        body: JSON.stringify(body),
      });
      await this.#answered(response, asksCode);
    } catch {
      this.#say(this.texts.offline);
    }
  }

  /**
   * @param {Response} response
   * @param {boolean} asksCode
   */
  async #answered(response, asksCode) {
    const answer = await response.json();
    if (answer.csrf) this.csrf = answer.csrf;
    if (response.status === 429 || response.status === 503) return this.#say(this.texts["too-often"]);
    if (response.status === 403) return this.#renew();
    if (!response.ok && answer.error === "over") return this.#restart();
    if (!response.ok) return this.#say(this.texts[asksCode ? "wrong-code" : "wrong"]);
    if (answer.needs === "code") return this.#askCode();
    renewForms(this.csrf);
    this.dialog.close();
    this.dialog.remove();
    return this.done(this.csrf);
  }

  async #renew() {
    this.csrf = (await (await fetch(`/api/login?${this.query}`)).json()).csrf;
    this.#say(this.texts.again);
  }

  #restart() {
    this.codeLabel.hidden = true;
    this.#say(this.texts.again);
    this.password.focus();
  }

  #askCode() {
    this.problem.hidden = true;
    this.codeLabel.hidden = false;
    this.code.required = true;
    this.code.value = "";
    this.code.focus();
  }

  /** @param {string} text */
  #say(text) {
    this.problem.textContent = text;
    this.problem.hidden = false;
    (this.codeLabel.hidden ? this.password : this.code).select();
  }
}

/**
 * @param {string} id
 * @param {Record<string, unknown>} properties
 */
function input(id, properties) {
  return element("input", { id, autocapitalize: "off", spellcheck: false, ...properties });
}

/**
 * @param {string} text
 * @param {HTMLInputElement} field
 */
function label(text, field) {
  return element("label", { htmlFor: field.id }, element("span", { textContent: text }), field);
}
