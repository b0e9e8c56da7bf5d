// Decisions on their way to the program: kept in order and resent until acknowledged. A uuid in each makes sending it
// twice harmless. Nothing is written to the browser's storage: answers are personal data.

/** @import { Acknowledged, Decision } from "./types.js" */

const FIRST_PAUSE_MS = 400;
const LONGEST_PAUSE_MS = 3000;
const LARGEST_BATCH = 50;
export const QUIET_MS = 1000; // shorter delays are not mentioned

export class Outbox {
  /** @type {Decision[]} */
  #pending = [];
  #running = false;
  #failing = false;
  #oldest = 0;
  #wake = () => {};

  /**
   * @param {{
   *   send: (decisions: Decision[]) => Promise<Acknowledged>,
   *   saved: (batch: Decision[], answer: Acknowledged) => void,
   *   changed: () => void,
   *   now?: () => number,
   *   pause?: (ms: number, done: () => void) => () => void,
   * }} ways `pause` calls `done` later, and returns a function that cancels it
   */
  constructor({ send, saved, changed, now = () => performance.now(), pause = timer }) {
    this.send = send;
    this.saved = saved;
    this.changed = changed;
    this.now = now;
    this.pause = pause;
  }

  get pending() {
    return this.#pending;
  }

  get failing() {
    return this.#failing;
  }

  /** How many decisions have been waiting long enough to be mentioned. */
  get late() {
    const slow = this.#failing || this.now() - this.#oldest > QUIET_MS;
    return this.#pending.length && slow ? this.#pending.length : 0;
  }

  /** How many more fields are settled once everything has arrived. */
  get settling() {
    return this.#pending.reduce((sum, { kind }) => sum + (kind === "undo" ? -1 : kind === "postpone" ? 0 : 1), 0);
  }

  /** @param {Decision} decision */
  add(decision) {
    if (this.#pending.length === 0) this.#oldest = this.now();
    this.#pending.push(decision);
    this.#run();
  }

  /** Ends the pause before the next attempt. */
  wake() {
    this.#wake();
  }

  async #run() {
    if (this.#running) return;
    this.#running = true;
    let pause = FIRST_PAUSE_MS;
    while (this.#pending.length) {
      const batch = this.#pending.slice(0, LARGEST_BATCH);
      try {
        const answer = await this.send(batch);
        this.#pending.splice(0, batch.length);
        this.#oldest = this.now();
        this.#failing = false;
        pause = FIRST_PAUSE_MS;
        this.saved(batch, answer);
      } catch {
        this.#failing = true;
        this.changed();
        await this.#rest(pause);
        pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
      }
    }
    this.#running = false;
    this.changed();
  }

  /** @param {number} ms */
  #rest(ms) {
    return new Promise((/** @type {(value?: unknown) => void} */ resolve) => {
      const giveUp = this.pause(ms, resolve);
      this.#wake = () => {
        giveUp();
        resolve();
      };
    });
  }
}

/**
 * @param {number} ms
 * @param {() => void} done
 */
function timer(ms, done) {
  const running = setTimeout(done, ms);
  return () => clearTimeout(running);
}
