// The decisions of a screen: made, undone, on their way in the outbox; and the progress lines above.

import { Outbox, QUIET_MS } from "./outbox.js";
import { $, fill, maybe } from "./view.js";

/** @import { Session } from "./session.js" */
/** @import { Acknowledged, Card, Counts, Decision } from "./types.js" */

export class Decisions {
  /** @type {Counts} */
  counts = { settled: 0, total: 0, postponed: 0 };

  /**
   * @param {Session} session
   * @param {{
   *   path: string,
   *   screen: string,
   *   saved: (batch: Decision[], answer: Acknowledged) => void,
   *   changed: () => void,
   * }} ways `path` takes decisions; `screen` names where they were made
   */
  constructor(session, { path, screen, saved, changed }) {
    this.texts = session.texts;
    this.screen = screen;
    this.outbox = new Outbox({
      send: (decisions) => session.api.post(path, { decisions }),
      saved: (batch, answer) => {
        this.counts = answer.counts;
        saved(batch, answer);
      },
      changed,
    });
    window.addEventListener("online", () => this.outbox.wake());
    setInterval(() => this.outbox.pending.length && changed(), QUIET_MS / 2);
    session.guardLeaving(() => this.outbox.pending.length > 0);
  }

  get pending() {
    return this.outbox.pending;
  }

  /**
   * Sends a decision about a card; returns its uuid.
   *
   * @param {Card} card
   * @param {string} kind
   * @param {string} to
   * @param {number} ms how long the card was seen
   */
  decide(card, kind, to, ms) {
    const uuid = crypto.randomUUID();
    const { id: item, version, basis, value: from } = card;
    this.outbox.add({ uuid, item, version, basis, kind, from, to, undoes: null, screen: this.screen, ms });
    return uuid;
  }

  /**
   * Undoes a decision of this visit.
   *
   * @param {Card} card
   * @param {string} from what it had set
   * @param {string} undoes its uuid
   */
  takeBack(card, from, undoes) {
    const { id: item, version } = card;
    this.outbox.add({ uuid: crypto.randomUUID(), item, version, basis: "", kind: "undo", from, to: "", undoes });
  }

  /** How many are done, how many are postponed or wait for others, and whether everything is saved. */
  draw() {
    const { settled, total, postponed, elsewhere = 0, contact = 0 } = this.counts;
    const done = Math.max(0, settled + this.outbox.settling);
    $("progress-text").textContent = fill(this.texts.progress, { done, total });
    $("progress").max = Math.max(total, 1);
    $("progress").value = done;
    const beside = maybe("postponed");
    if (beside) {
      const parts = { "postponed-count": postponed, "elsewhere-count": elsewhere, "contact-count": contact };
      beside.textContent = this.#counted(parts).join(" · ");
    }
    this.#drawSaved();
  }

  /** Values that wait, but not for this person: on other screens, or names and addresses that only others may see. */
  others() {
    const { elsewhere = 0, contact = 0 } = this.counts;
    const parts = { "left-elsewhere": elsewhere, "left-contact": contact };
    return this.#counted(parts).join(" ");
  }

  /**
   * The texts of all non-zero parts.
   *
   * @param {Record<string, number>} parts
   */
  #counted(parts) {
    return Object.entries(parts).filter(([, n]) => n).map(([name, n]) => fill(this.texts[name], { n }));
  }

  #drawSaved() {
    const { late, failing } = this.outbox;
    const words = fill(this.texts[failing ? "unsaved-offline" : "unsaved"], { n: late });
    $("saved").dataset.pending = String(this.pending.length);
    $("saved").dataset.state = late === 0 ? "saved" : failing ? "failing" : "waiting";
    $("saved").textContent = late === 0 ? this.texts["all-saved"] : words;
  }
}
