// The next fields and their pictures, fetched ahead so that a key never waits.

const FETCH = 60; // cards in one request
const LOW = 48; // fetch more when fewer are left
const AHEAD = 40; // pictures loaded ahead: five seconds of the fastest keys
const KEPT = 24; // pictures of decided fields kept for going back
const RETRY_MS = 2000; // a picture that failed is asked for again after this time

export class Queue {
  #cards = [];
  #pictures = new Map();
  #settled = new Map(); // item -> clock at which the program acknowledged the decision, Infinity while it has not
  #clock = 0;
  #loading = null;
  #ended = false;

  constructor({ fetchCards, changed }) {
    this.fetchCards = fetchCards;
    this.changed = changed;
    this.problem = null;
  }

  get current() {
    return this.#cards[0] ?? null;
  }

  // Whether the program has said that nothing is left, and nothing is.
  get ended() {
    return this.#ended && this.#cards.length === 0;
  }

  take() {
    const card = this.#cards.shift();
    if (this.#cards.length === 0) this.#ended = false; // what was put off comes again: ask from the start
    this.#settled.set(card.id, Infinity);
    this.#prefetch();
    this.fill();
    return card;
  }

  acknowledge(id) {
    this.#settled.set(id, ++this.#clock);
  }

  // Puts a card to the front, or second when somebody is looking at the first one.
  putBack(card, { second = false } = {}) {
    this.#cards = this.#cards.filter((other) => other.id !== card.id);
    this.#cards.splice(second && this.#cards.length ? 1 : 0, 0, card);
    this.#ended = false;
    this.#prefetch();
  }

  // Fetches more cards when few are left. What was decided here since the request began is not shown again.
  async fill() {
    if (this.#loading || (this.#cards.length >= LOW) || (this.#ended && this.#cards.length)) return;
    const began = ++this.#clock;
    const unsaved = [...this.#settled].filter(([, clock]) => clock === Infinity).map(([id]) => id);
    this.#loading = this.fetchCards({ shown: [...this.#cards.map((card) => card.id), ...unsaved], limit: FETCH });
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

  #append(cards, began) {
    const shown = new Set(this.#cards.map((card) => card.id));
    const fresh = (card) => !shown.has(card.id) && !((this.#settled.get(card.id) ?? 0) > began);
    this.#cards.push(...cards.filter(fresh));
  }

  picture(card, { context = false } = {}) {
    if (!card.crop_url) return null;
    const key = `${card.id} ${card.version} ${context}`;
    const known = this.#pictures.get(key);
    if (known && !(known.failed && performance.now() - known.failedAt > RETRY_MS)) return known;
    const picture = load(context ? card.context_url : card.crop_url, this.changed);
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

// A picture that is decoded before it is needed; `ready` and `failed` say how far it is.
function load(url, changed) {
  const image = new Image();
  image.decoding = "sync";
  image.src = url;
  const picture = { image, ready: false, failed: false, failedAt: 0 };
  image.decode().then(
    () => {
      picture.ready = true;
      changed();
    },
    () => {
      picture.failed = true;
      picture.failedAt = performance.now();
      changed();
    },
  );
  return picture;
}
