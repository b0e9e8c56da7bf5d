// The lists of values of questions, each fetched once; without one nothing is offered, and typing goes on.

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
   * What has come already, without waiting.
   *
   * @param {string} id
   */
  known(id) {
    return this.#known.get(id) ?? [];
  }

  /**
   * The values of a list; none when it cannot be had, and then it is asked for again the next time.
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
