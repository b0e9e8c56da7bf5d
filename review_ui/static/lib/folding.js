// Which values of a list are offered for what was typed. Pure functions.

const MOST = 8; // values offered at once
const LEAST = 2; // characters after which the only value left is filled in

/**
 * A text as it is compared: without case and accents.
 *
 * @param {string} text
 */
export function folded(text) {
  return text.trim().toLowerCase().normalize("NFD").replace(/\p{Mn}/gu, "");
}

/**
 * The values that begin like the text; all for an empty one.
 *
 * @param {string[]} values
 * @param {string} text
 */
export function beginning(values, text) {
  return values.filter((value) => folded(value).startsWith(folded(text)));
}

/**
 * What is offered: what begins like the text, then what holds it, not too many.
 *
 * @param {string[]} values
 * @param {string} text
 * @param {string[]} first what begins like it
 */
export function offered(values, text, first) {
  const holding = text.trim() ? values.filter((value) => folded(value).includes(folded(text))) : [];
  return [...first, ...holding.filter((value) => !first.includes(value))].slice(0, MOST);
}

/**
 * The value that the field is filled with when somebody types at its end, "" for none: it is the only one that begins
 * like the text, and says more than it.
 *
 * @param {string} text
 * @param {string[]} first what begins like it
 */
export function completion(text, first) {
  if (first.length !== 1 || text.trim().length < LEAST || folded(text) === folded(first[0])) return "";
  return first[0];
}
