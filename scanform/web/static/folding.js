// Which values of a list are offered for what was typed. Pure functions.

const MOST = 8; // maximum values offered at once
const LEAST = 2; // minimum characters before the only value left is filled in

/**
 * The form of a text used for comparison: without case and accents.
 *
 * @param {string} text
 */
export function folded(text) {
  return text.trim().toLowerCase().normalize("NFD").replace(/\p{Mn}/gu, "");
}

/**
 * The values that begin with the text; all for an empty one.
 *
 * @param {string[]} values
 * @param {string} text
 */
export function beginning(values, text) {
  return values.filter((value) => folded(value).startsWith(folded(text)));
}

/**
 * The values offered: those that begin with the text, then those that contain it, up to `MOST`.
 *
 * @param {string[]} values
 * @param {string} text
 * @param {string[]} first values that begin with it
 */
export function offered(values, text, first) {
  const holding = text.trim() ? values.filter((value) => folded(value).includes(folded(text))) : [];
  return [...first, ...holding.filter((value) => !first.includes(value))].slice(0, MOST);
}

/**
 * The value with which typing at the end of the field is completed, "" for none: the only one that begins with the
 * text, and longer than it.
 *
 * @param {string} text
 * @param {string[]} first what begins like it
 */
export function completion(text, first) {
  if (first.length !== 1 || text.trim().length < LEAST || folded(text) === folded(first[0])) return "";
  return first[0];
}
