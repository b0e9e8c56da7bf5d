// The questions' lists of values, each fetched once; without a list nothing is offered, and typing continues.

/** @typedef {{ get: (path: string) => Promise<{ values: string[] }> }} Source */

export class Lists {
  /** @type {Map<string, Promise<string[]>>} */
  #asked = new Map();
  /** @type {Map<string, string[]>} */
  #known = new Map();

  /** @param {Source} api */
  constructor(api) {
    this.api = api;
  }

  /**
   * A list that has already arrived, without waiting.
   *
   * @param {string} id
   */
  known(id) {
    return this.#known.get(id) ?? [];
  }

  /**
   * The values of a list; empty when it cannot be fetched, and requested again the next time.
   *
   * @param {string} id
   */
  of(id) {
    const asked = this.#asked.get(id) ?? this.#fetch(id);
    this.#asked.set(id, asked);
    return asked;
  }

  /** @param {string} id */
  async #fetch(id) {
    const path = id.split("/").map(encodeURIComponent).join("/");
    try {
      const { values } = await this.api.get(`/api/lists/${path}`);
      this.#known.set(id, values);
      return values;
    } catch {
      this.#asked.delete(id);
      return [];
    }
  }
}
