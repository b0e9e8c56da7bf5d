// The next fields and their pictures, fetched ahead so that a key never waits.

import { loadPicture } from "./pictures.js";

/** @import { Card, Picture, Range } from "./types.js" */

const FETCH = 60; // cards in one request
const LOW = 48; // fetch more when fewer are left
const AHEAD = 40; // pictures loaded ahead: five seconds of the fastest keys
const KEPT = 24; // pictures of decided fields kept for going back
const RETRY_MS = 2000; // delay before a failed picture is requested again

export class Queue {
  /** @type {Card[]} */
  #cards = [];
  /** @type {Map<string, Picture>} */
  #pictures = new Map();
  /** @type {Map<string, number>} */
  #settled = new Map(); // item -> clock when the program acknowledged the decision, Infinity until then
  #clock = 0;
  /** @type {Promise<Card[]> | null} */
  #loading = null;
  #ended = false;
  /** @type {unknown} */
  problem = null;

  /**
   * @param {{
   *   fetchCards: (range: Range) => Promise<Card[]>,
   *   changed: () => void,
   *   load?: (url: string, changed: () => void) => Picture,
   * }} ways
   */
  constructor({ fetchCards, changed, load = loadPicture }) {
    this.fetchCards = fetchCards;
    this.changed = changed;
    this.load = load;
  }

  get current() {
    return this.#cards[0] ?? null;
  }

  /** Whether the queue is empty and the program has reported that nothing is left. */
  get ended() {
    return this.#ended && this.#cards.length === 0;
  }

  /** Removes the current card: it was decided or postponed. */
  take() {
    const card = this.#cards.shift();
    if (!card) throw new RangeError("nothing to take");
    if (this.#cards.length === 0) this.#ended = false; // postponed cards come again: ask from the start
    this.#settled.set(card.id, Infinity);
    this.#prefetch();
    this.fill();
    return card;
  }

  /** @param {string} id */
  acknowledge(id) {
    this.#settled.set(id, ++this.#clock);
  }

  /**
   * Puts a card first, or second when somebody is looking at the first one.
   *
   * @param {Card} card
   */
  putBack(card, { second = false } = {}) {
    this.#cards = this.#cards.filter((other) => other.id !== card.id);
    this.#cards.splice(second && this.#cards.length ? 1 : 0, 0, card);
    this.#ended = false;
    this.#prefetch();
  }

  /** Fetches more cards when few are left. Cards decided here since the request began are not shown again. */
  async fill() {
    if (this.#loading || this.#cards.length >= LOW || (this.#ended && this.#cards.length)) return;
    const began = ++this.#clock;
    const unsaved = [...this.#settled].filter(([, clock]) => clock === Infinity).map(([id]) => id);
    const shown = [...this.#cards.map((card) => card.id), ...unsaved];
    this.#loading = this.fetchCards({ shown, limit: FETCH });
    try {
      const cards = await this.#loading;
      this.problem = null;
      this.#append(cards, began);
      this.#ended = cards.length === 0;
    } catch (problem) {
      this.problem = problem;
    } finally {
      this.#loading = null;
    }
    this.#prefetch();
    this.changed();
  }

  /**
   * @param {Card[]} cards
   * @param {number} began
   */
  #append(cards, began) {
    const shown = new Set(this.#cards.map((card) => card.id));
    const fresh = (/** @type {Card} */ card) => !shown.has(card.id) && !((this.#settled.get(card.id) ?? 0) > began);
    this.#cards.push(...cards.filter(fresh));
  }

  /**
   * The crop of a card, or its whole page; null where there is none.
   *
   * @param {Card} card
   */
  picture(card, { context = false } = {}) {
    const url = context ? card.context_url : card.crop_url;
    if (!card.crop_url || !url) return null;
    const key = `${card.id} ${card.version} ${context}`;
    const known = this.#pictures.get(key);
    if (known && !(known.failed && performance.now() - known.failedAt > RETRY_MS)) return known;
    const picture = this.load(url, this.changed);
    this.#pictures.set(key, picture);
    return picture;
  }

  #prefetch() {
    for (const card of this.#cards.slice(0, AHEAD)) this.picture(card);
    const surplus = this.#pictures.size - AHEAD - KEPT;
    const wanted = new Set(this.#cards.slice(0, AHEAD).map((card) => `${card.id} ${card.version}`));
    let dropped = 0;
    for (const key of [...this.#pictures.keys()]) {
      if (dropped >= surplus) break;
      if (wanted.has(key.slice(0, key.lastIndexOf(" ")))) continue;
      this.#pictures.delete(key);
      dropped += 1;
    }
  }
}
