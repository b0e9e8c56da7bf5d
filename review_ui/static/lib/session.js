// What all work screens share: the program's texts and a token, messages to the person, and the warning before leaving
// the page with something unsaved.

import { Api } from "./api.js";
import { $, fill, showWords } from "./view.js";

/** @import { Texts, Values } from "./types.js" */

export class Session {
  /**
   * @param {Api} api
   * @param {Texts} texts
   */
  constructor(api, texts) {
    this.api = api;
    this.texts = texts;
  }

  /**
   * A text of the program, filled in.
   *
   * @param {string} name
   * @param {Values} [values]
   */
  words(name, values) {
    return fill(this.texts[name], values);
  }

  /**
   * For screen readers only; not visible.
   *
   * @param {string} words
   */
  announce(words) {
    $("live").textContent = words;
  }

  /**
   * A notice above the work, "" for none.
   *
   * @param {string} words
   */
  notice(words, { announced = true } = {}) {
    showWords("notice", words);
    if (words && announced) this.announce(words);
  }

  /**
   * A short remark beside the keys, "" for none.
   *
   * @param {string} words
   */
  hurry(words) {
    $("hurry").textContent = words;
  }

  /**
   * The browser asks before the page is left while something would be lost.
   *
   * @param {() => boolean} unsaved
   */
  guardLeaving(unsaved) {
    window.addEventListener("beforeunload", (event) => {
      if (unsaved()) event.preventDefault();
    });
  }
}

/**
 * Requests the program's texts and a token, and passes them to `open`; retries until the program responds.
 *
 * @param {string} path
 * @param {number} retry_ms
 * @param {(session: Session, facts: any) => unknown} open gets the session and the whole response
 */
export async function openSession(path, retry_ms, open) {
  const api = new Api("", document.documentElement.lang);
  for (;;) {
    try {
      const facts = await api.get(path);
      api.csrf = facts.csrf;
      await open(new Session(api, facts.texts), facts);
      return;
    } catch (problem) {
      console.warn(problem);
      await new Promise((resolve) => setTimeout(resolve, retry_ms));
    }
  }
}
