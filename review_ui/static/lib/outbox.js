// Decisions on their way to the program: kept in order, sent again until they are acknowledged. A uuid in each makes
// sending twice harmless. Nothing is written to the browser's storage: answers are personal data.

const FIRST_PAUSE_MS = 400;
const LONGEST_PAUSE_MS = 3000;
const LARGEST_BATCH = 50;
export const QUIET_MS = 1000; // shorter delays are not worth a word

export class Outbox {
  #pending = [];
  #running = false;
  #failing = false;
  #oldest = 0;
  #wake = () => {};

  constructor({ send, saved, changed }) {
    this.send = send;
    this.saved = saved;
    this.changed = changed;
    window.addEventListener("online", () => this.#wake());
    setInterval(() => this.#pending.length && this.changed(), QUIET_MS / 2);
  }

  get pending() {
    return this.#pending;
  }

  get failing() {
    return this.#failing;
  }

  // How many decisions have been waiting long enough to be mentioned.
  get late() {
    const slow = this.#failing || performance.now() - this.#oldest > QUIET_MS;
    return this.#pending.length && slow ? this.#pending.length : 0;
  }

  add(decision) {
    if (this.#pending.length === 0) this.#oldest = performance.now();
    this.#pending.push(decision);
    this.#run();
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
        this.#oldest = performance.now();
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

  #rest(ms) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
