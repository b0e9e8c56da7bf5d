// Talking to the program. Every change carries the CSRF token; when the program was restarted a fresh one is fetched, and
// when the login is over the person logs in again on this page, after which what was asked for is asked again.

import { logInAgain, whosePage } from "./relogin.js";

const TIMEOUT_MS = 15000;

export class Refused extends Error {
  constructor(status, answer) {
    super(`refused: ${status}`);
    this.status = status;
    this.answer = answer; // what the program says about it, if anything
  }
}

export class Api {
  constructor(csrf, language) {
    this.csrf = csrf;
    this.language = language;
  }

  async get(path, params = {}, timeout_ms = TIMEOUT_MS) {
    const query = new URLSearchParams({ ...params, lang: this.language });
    return read(await this.#known(() => fetch(`${path}?${query}`, { headers: whosePage(), signal: AbortSignal.timeout(timeout_ms) })));
  }

  async post(path, body, timeout_ms = TIMEOUT_MS) {
    let response = await this.#known(() => this.#send(path, body, timeout_ms));
    if (response.status === 403) {
      this.csrf = (await this.get("/api/session")).csrf;
      response = await this.#known(() => this.#send(path, body, timeout_ms));
    }
    return read(response);
  }

  // What `ask` is answered, once the person is known.
  async #known(ask) {
    for (;;) {
      const response = await ask();
      if (response.status !== 401) return response;
      this.csrf = await logInAgain(this.language);
    }
  }

  #send(path, body, timeout_ms) {
    return fetch(`${path}?${new URLSearchParams({ lang: this.language })}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": this.csrf, ...whosePage() },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(timeout_ms),
    });
  }
}

async function read(response) {
  if (!response.ok) throw new Refused(response.status, response.status === 422 ? await response.json() : null);
  return response.json();
}

// Asks the program for its texts and a token, and hands them to `open`; tries again until the program is there.
export async function connect(path, retry_ms, open) {
  const api = new Api("", document.documentElement.lang);
  for (;;) {
    try {
      const { csrf, texts } = await api.get(path);
      api.csrf = csrf;
      await open(api, texts);
      return;
    } catch (problem) {
      console.warn(problem);
      await new Promise((resolve) => setTimeout(resolve, retry_ms));
    }
  }
}
