// What a field's card says about the decisions that are made on it. Pure functions.

/** @import { KeyMap } from "./keymap.js" */
/** @import { Card, Statement } from "./types.js" */

/**
 * What stands in the text field before anybody types.
 *
 * @param {Card} card
 */
export function before(card) {
  return (card.filled || (card.draft ?? card.typed)).trim();
}

/**
 * What was sent, as it stands in the text field: the stored value as the reader types it.
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
 * Whether a single character may be a key that landed in the text: the machine read more, or people write words here.
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
 * The codes that are marked when a field appears: the machine's candidate, "nothing" (none), or no proposal (null).
 *
 * @param {Card} card
 * @returns {Set<string> | null}
 */
export function proposed(card) {
  if (card.proposal === "none") return null;
  return new Set(card.value ? card.value.split(" ") : []);
}

/**
 * Whether an answer is one of those that contradict each other; any where nothing does.
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
 * The codes of several answers after one of them was pressed: it goes, or it comes and those that exclude each other
 * go.
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
 * The decision that Enter makes of the codes that are marked.
 *
 * @param {Card} card
 * @param {string} value
 */
export function kindOf(card, value) {
  if (value === card.value && (value || card.proposal === "blank")) return "confirm";
  return value ? "correct" : "no-answer";
}
