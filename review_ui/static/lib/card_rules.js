// How a field's card determines the decisions made on it. Pure functions.

/** @import { KeyMap } from "./keymap.js" */
/** @import { Card, Statement } from "./types.js" */

/**
 * The initial content of the text field.
 *
 * @param {Card} card
 */
export function before(card) {
  return (card.filled || (card.draft ?? card.typed)).trim();
}

/**
 * A submitted value as the text field shows it: a stored value in its typed form.
 *
 * @param {Card} card
 * @param {string} sent
 */
export function asTyped(card, sent) {
  return sent === card.value ? card.typed : sent;
}

/**
 * @param {Card} one
 * @param {Card} other
 */
export function sameQuestion(one, other) {
  return one.questionnaire === other.questionnaire && one.column === other.column;
}

/**
 * Whether a single character may be a command key that landed in the text: the machine read more characters, or the
 * question expects words.
 *
 * @param {Card} card
 * @param {string} text
 * @param {KeyMap} keymap
 */
export function meantAsKey(card, text, keymap) {
  if (text.length !== 1 || !keymap.isCommand(text) || card.suggestions.includes(text)) return false;
  return card.handwriting || (card.value || card.draft || "").length !== 1;
}

/**
 * The codes marked when a field appears: the machine's candidate, nothing (an empty set), or no proposal (null).
 *
 * @param {Card} card
 * @returns {Set<string> | null}
 */
export function proposed(card) {
  if (card.proposal === "none") return null;
  return new Set(card.value ? card.value.split(" ") : []);
}

/**
 * Whether an answer is one side of the card's contradiction; true for any answer where there is none.
 *
 * @param {Card} card
 * @param {string} kind
 * @param {string} value
 */
export function isStated(card, kind, value) {
  const says = (/** @type {Statement} */ side) => side.kind === kind && [side.value, side.typed].includes(value);
  return !card.statements.length || card.statements.some(says);
}

/**
 * The codes of several answers after one of them was pressed: it is removed, or added while answers that exclude each
 * other are removed.
 *
 * @param {Card} card
 * @param {Set<string> | null} chosen
 * @param {string} code
 */
export function toggled(card, chosen, code) {
  const next = new Set(chosen ?? []);
  if (next.delete(code)) return next;
  const exclusive = new Set(card.choices.filter((choice) => choice.exclusive).map((choice) => choice.code));
  for (const other of [...next]) if (exclusive.has(code) || exclusive.has(other)) next.delete(other);
  return next.add(code);
}

/**
 * The value of codes, in the order of the options.
 *
 * @param {Card} card
 * @param {Set<string>} chosen
 */
export function valueOf(card, chosen) {
  return card.choices.map((choice) => choice.code).filter((code) => chosen.has(code)).join(" ");
}

/**
 * The decision that Enter makes with the marked codes.
 *
 * @param {Card} card
 * @param {string} value
 */
export function kindOf(card, value) {
  if (value === card.value && (value || card.proposal === "blank")) return "confirm";
  return value ? "correct" : "no-answer";
}
