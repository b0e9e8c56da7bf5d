// Logging in again without leaving the page. What is not saved yet stays in its outbox and is sent afterwards, and only as
// the person whose page this is: everybody else has to open a page of their own.

const meta = document.querySelector("meta[name=person]");
let running = null;

// The header that says whose page this is.
export function whosePage() {
  return meta ? { "X-Person": meta.content } : {};
}

// Resolves with a token for changes when the person has logged in again.
export function logInAgain(language) {
  running ??= new Again(language).done.finally(() => (running = null));
  return running;
}

// Puts the token of a new login into the forms of this page.
export function renewForms(csrf) {
  for (const field of document.querySelectorAll("input[name=csrf_token]")) field.value = csrf;
}

class Again {
  constructor(language) {
    this.query = new URLSearchParams({ lang: language });
    this.done = new Promise((resolve) => (this.resolve = resolve));
    this.csrf = "";
    this.#open();
  }

  async #open() {
    const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
    for (;;) {
      try {
        const response = await fetch(`/api/login?${this.query}`, { headers: whosePage() });
        const { csrf, texts } = await response.json();
        this.csrf = csrf;
        return this.#show(texts);
      } catch {
        await pause(1000);
      }
    }
  }

  #show(texts) {
    this.texts = texts;
    this.dialog = make("dialog", { id: "again", className: "again" });
    this.dialog.setAttribute("aria-labelledby", "again-title");
    this.problem = make("p", { id: "again-problem", className: "error", hidden: true });
    this.problem.setAttribute("role", "alert");
    this.name = input("again-name", { value: meta?.dataset.name ?? "", readOnly: true, autocomplete: "username" });
    this.password = input("again-password", { type: "password", autocomplete: "current-password", required: true });
    this.code = input("again-code", { autocomplete: "one-time-code", maxLength: 20 });
    this.codeLabel = label(texts.code, this.code);
    this.codeLabel.hidden = true;
    const form = make("form");
    form.append(this.problem, label(texts.name, this.name), label(texts.password, this.password), this.codeLabel, make("button", { className: "primary", textContent: texts["log-in"] }));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#try();
    });
    const other = make("a", { className: "plain", id: "again-other", href: `/login?${this.query}`, textContent: texts.other });
    this.dialog.append(make("h2", { id: "again-title", textContent: texts.title }), make("p", { textContent: texts.text }), form, make("p", { className: "quiet", textContent: texts["other-text"] }), other);
    this.dialog.addEventListener("cancel", (event) => event.preventDefault());
    this.dialog.addEventListener("keydown", (event) => event.stopPropagation()); // keys of the page rest
    document.body.append(this.dialog);
    this.dialog.showModal();
    this.password.focus();
  }

  async #try() {
    const asksCode = !this.codeLabel.hidden;
    const [path, body] = asksCode ? ["/api/login/code", { code: this.code.value }] : ["/api/login", { name: this.name.value, password: this.password.value }];
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

  async #answered(response, asksCode) {
    const answer = await response.json();
    if (answer.csrf) this.csrf = answer.csrf;
    if (response.status === 429 || response.status === 503) return this.#say(this.texts["too-often"]);
    if (response.status === 403) return this.#renew();
    if (!response.ok) return answer.error === "over" ? this.#restart() : this.#say(this.texts[asksCode ? "wrong-code" : "wrong"]);
    if (answer.needs === "code") return this.#askCode();
    renewForms(this.csrf);
    this.dialog.close();
    this.dialog.remove();
    return this.resolve(this.csrf);
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

  #say(text) {
    this.problem.textContent = text;
    this.problem.hidden = false;
    (this.codeLabel.hidden ? this.password : this.code).select();
  }
}

function make(name, properties = {}) {
  return Object.assign(document.createElement(name), properties);
}

function input(id, properties) {
  return make("input", { id, autocapitalize: "off", spellcheck: false, ...properties });
}

function label(text, field) {
  const found = make("label", { htmlFor: field.id });
  found.append(make("span", { textContent: text }), field);
  return found;
}
