// Requests to the program. Every change carries the CSRF token. After a restart of the program, a new one is fetched;
// after the login has ended, the person logs in again on this page. Then the request is repeated.

import { logInAgain, whosePage } from "./relogin.js";

/** @import { Refusal } from "./types.js" */

const TIMEOUT_MS = 15000;

export class Refused extends Error {
  /**
   * @param {number} status
   * @param {Refusal | null} answer the program's explanation, if any
   */
  constructor(status, answer) {
    super(`refused: ${status}`);
    this.status = status;
    this.answer = answer;
  }
}

/**
 * The program's explanation of a failed request; null when it did not respond.
 *
 * @param {unknown} problem
 */
export function answerOf(problem) {
  return problem instanceof Refused ? problem.answer : null;
}

export class Api {
  /**
   * @param {string} csrf
   * @param {string} language
   */
  constructor(csrf, language) {
    this.csrf = csrf;
    this.language = language;
  }

  /**
   * @param {string} path
   * @param {Record<string, string | number>} params
   * @returns {Promise<any>} the JSON of the answer; raises `Refused`, or the error of `fetch`
   */
  async get(path, params = {}, timeout_ms = TIMEOUT_MS) {
    const asked = Object.entries(params).map(([name, value]) => [name, String(value)]);
    const query = new URLSearchParams([...asked, ["lang", this.language]]);
    const ask = () => fetch(`${path}?${query}`, { headers: whosePage(), signal: AbortSignal.timeout(timeout_ms) });
    return read(await this.#known(ask));
  }

  /**
   * @param {string} path
   * @param {unknown} body
   * @returns {Promise<any>} the JSON of the answer; raises `Refused`, or the error of `fetch`
   */
  async post(path, body, timeout_ms = TIMEOUT_MS) {
    let response = await this.#known(() => this.#send(path, body, timeout_ms));
    if (response.status === 403) {
      this.csrf = (await this.get("/api/session")).csrf;
      response = await this.#known(() => this.#send(path, body, timeout_ms));
    }
    return read(response);
  }

  /**
   * The response to `ask`, after logging in again where necessary.
   *
   * @param {() => Promise<Response>} ask
   */
  async #known(ask) {
    for (;;) {
      const response = await ask();
      if (response.status !== 401) return response;
      this.csrf = await logInAgain(this.language);
    }
  }

  /**
   * @param {string} path
   * @param {unknown} body
   * @param {number} timeout_ms
   */
  #send(path, body, timeout_ms) {
    return fetch(`${path}?${new URLSearchParams({ lang: this.language })}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": this.csrf, ...whosePage() },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(timeout_ms),
    });
  }
}

/** @param {Response} response */
async function read(response) {
  if (!response.ok) throw new Refused(response.status, response.status === 422 ? await response.json() : null);
  return response.json();
}
