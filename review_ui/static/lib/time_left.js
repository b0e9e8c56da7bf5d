// Warns in good time that the login is about to end for inactivity; one key prolongs it. When it has ended, the person
// logs in again on the page.

import { logInAgain, whosePage } from "./relogin.js";
import { element, fill } from "./view.js";

/** @import { Texts } from "./types.js" */

const LONGEST_S = 600; // check again at least this often
const RETRY_S = 5; // while the program does not respond
const language = document.documentElement.lang;
const query = new URLSearchParams({ lang: language });

class TimeLeft {
  csrf = "";
  /** @type {Texts | null} */
  texts = null;
  /** @type {HTMLDialogElement | null} */
  dialog = null;
  left = element("p", { id: "time-left" });
  endsAt = 0;
  told = false; // whether the person was warned that the absolute limit is near, which cannot be prolonged

  /** Checks how long the login is still valid; returns the seconds until the next check. */
  async look() {
    const response = await fetch(`/api/time-left?${query}`, { headers: whosePage() });
    if (response.status === 401) {
      this.#hide();
      this.told = false;
      this.csrf = await logInAgain(language);
      return 0;
    }
    if (!response.ok) return LONGEST_S;
    const { left_s: left, final_s: final, warn_s: warn } = await response.json();
    this.endsAt = performance.now() + left * 1000;
    if (left > warn) {
      this.#hide();
      return Math.min(left - warn, LONGEST_S);
    }
    await this.#warn(final <= left);
    return Math.min(1, Math.max(left, 0.1));
  }

  /** @param {boolean} final whether it cannot be prolonged */
  async #warn(final) {
    const texts = this.texts ?? (await this.#texts());
    this.texts = texts;
    if (final && this.told) return;
    if (!this.dialog) this.#show(final, texts);
    const seconds = Math.max(0, Math.round((this.endsAt - performance.now()) / 1000));
    this.left.textContent = fill(texts["time-left"], { n: seconds });
  }

  /** @returns {Promise<Texts>} */
  async #texts() {
    const { csrf, texts } = await (await fetch(`/api/login?${query}`, { headers: whosePage() })).json();
    this.csrf = csrf;
    return texts;
  }

  /**
   * @param {boolean} final
   * @param {Texts} texts
   */
  #show(final, texts) {
    const dialog = element("dialog", { id: "time", className: "again" });
    dialog.setAttribute("role", "alertdialog");
    dialog.setAttribute("aria-labelledby", "time-title");
    dialog.setAttribute("aria-describedby", "time-text");
    const words = texts[final ? "time-close" : "stay"];
    const button = element("button", { id: "stay", className: "primary", textContent: words });
    button.addEventListener("click", () => {
      this.told = final;
      if (final) this.#hide();
      else this.#stay();
    });
    dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      button.click();
    });
    dialog.addEventListener("keydown", (event) => event.stopPropagation()); // the page's keys are inactive
    dialog.append(
      element("h2", { id: "time-title", textContent: texts["time-title"] }),
      element("p", { id: "time-text", textContent: texts[final ? "time-final" : "time-text"] }),
      this.left,
      button,
    );
    document.body.append(dialog);
    dialog.showModal();
    button.focus();
    this.dialog = dialog;
  }

  #hide() {
    this.dialog?.close();
    this.dialog?.remove();
    this.dialog = null;
  }

  async #stay() {
    let response = await this.#askToStay();
    if (response.status === 403) {
      await this.#texts();
      response = await this.#askToStay();
    }
    if (response.ok) this.#hide();
  }

  #askToStay() {
    const headers = { "X-CSRFToken": this.csrf, ...whosePage() };
    return fetch(`/api/stay?${query}`, { method: "POST", headers });
  }
}

async function watch() {
  const time = new TimeLeft();
  for (;;) {
    const rest = await time.look().catch(() => RETRY_S);
    await new Promise((resolve) => setTimeout(resolve, rest * 1000));
  }
}

watch();
