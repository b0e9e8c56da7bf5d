// The states of the tiles on a screen of many fields, and their decisions. Pure functions.

/** @import { TileCard } from "./types.js" */

export const FITS = "fits";
export const NOT = "not";
export const SET = "set";
export const BROKEN = "broken";

/** What was set instead of the reading; `raw` is kept as written although a rule refuses it. */
/** @typedef {{ code: string, text: string, raw?: string }} Replacement */
/** @typedef {{ card: TileCard, state: string, choice: Replacement | null }} Marked */

/**
 * The decision about a tile when its screen is confirmed; a tile marked without an answer is checked by itself later.
 *
 * @param {Marked} tile
 * @returns {{ kind: string, to: string }}
 */
export function decisionOf({ card, state, choice }) {
  if (state === FITS) return { kind: "confirm", to: card.value };
  if (state !== SET || !choice) return { kind: "postpone", to: "" };
  if (choice.raw) return { kind: "implausible", to: choice.raw };
  return choice.code ? { kind: "correct", to: choice.code } : { kind: "no-answer", to: "" };
}

/**
 * How many tiles fit, how many were set to something else, and how many are left for later.
 *
 * @param {{ state: string }[]} tiles
 */
export function summed(tiles) {
  const fitting = tiles.filter((tile) => tile.state === FITS).length;
  const set = tiles.filter((tile) => tile.state === SET).length;
  return { fitting, set, left: tiles.length - fitting - set };
}

/**
 * The place to which a key moves the focus on a grid, -1 for none.
 *
 * @param {string} key
 * @param {number} from
 * @param {number} count
 * @param {number} columns
 */
export function placeAfter(key, from, count, columns) {
  /** @type {Record<string, number>} */
  const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns };
  const to = key === "Home" ? 0 : key === "End" ? count - 1 : from + (steps[key] ?? NaN);
  return to >= 0 && to < count ? to : -1;
}
