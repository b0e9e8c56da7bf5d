// What a pressed key means on the screen of one field and on the screen of many. Pure: only reads the event.
//
// Letters and digits act as keys only outside text fields, and can be switched off (WCAG 2.1.4). With Alt the same keys
// work everywhere, also in a text field.

/** @import { KeyMap } from "./keymap.js" */

/** The properties of a KeyboardEvent that are read. */
/** @typedef {Pick<KeyboardEvent, "key" | "code" | "altKey" | "ctrlKey" | "metaKey" | "shiftKey">} Press */
/** @typedef {Press & Pick<KeyboardEvent, "getModifierState">} FullPress */

/** `act` names what happens; a held key repeats it only where `repeats`. "nothing" keeps the browser from acting. */
/** @typedef {{ act: string, argument?: string, repeats?: boolean }} Meaning */

/** @typedef {{ keymap: KeyMap, commands: Set<string>, letters: boolean }} Setting */

/** @type {Record<string, string>} */
const OPTION_WRITES = { "≈": "x", "µ": "m", "Ω": "z", "ç": "c", "±": "+", "–": "-", "¿": "?" }; // where Alt writes
const REPEATING = new Set(["zoom-in", "zoom-out"]);

/**
 * On the screen of one field; null for a key that is left to the browser.
 *
 * @param {FullPress} press
 * @param {Setting & { inText: boolean, onButton: boolean }} where the key was pressed
 * @returns {Meaning | null}
 */
export function fieldMeaning(press, where) {
  const { inText, onButton } = where;
  if (press.altKey) return withAlt(press, where);
  if (press.metaKey) return null;
  if (/^F\d+$/.test(press.key)) return functionKey(press, where);
  if (press.key === "Enter") return onButton || (press.shiftKey && inText) ? null : { act: "enter" };
  if (press.key === "Escape" && inText) return { act: "leave-text", repeats: true };
  if (inText || (onButton && press.key === " ")) return null;
  return character(press, where);
}

/**
 * Alt with a digit or a letter. AltGr, which some systems report as Ctrl and Alt, types characters like any other key.
 *
 * @param {FullPress} press
 * @param {Setting} setting
 * @returns {Meaning | null}
 */
function withAlt(press, { keymap, commands }) {
  const writes = press.ctrlKey || press.metaKey || press.getModifierState("AltGraph");
  if (writes || /^Numpad\d$/.test(press.code)) return null;
  if (press.key === "Enter") return { act: "as-written" };
  if (/^Digit[1-3]$/.test(press.code)) return { act: "suggest", argument: press.code.slice(-1), repeats: true };
  const key = press.code === "Digit0" ? "0" : (OPTION_WRITES[press.key] ?? press.key.toLowerCase());
  const action = keymap.actionOf(key);
  return key === " " || !commands.has(action) ? null : command(action);
}

/**
 * @param {Press} press
 * @param {Setting} setting
 * @returns {Meaning | null}
 */
function character(press, { keymap, commands, letters }) {
  if (press.ctrlKey) return press.key === "z" ? command("undo") : null;
  const key = press.key.length === 1 ? press.key.toLowerCase() : "";
  if (!key || !letters) return null;
  const action = keymap.actionOf(key);
  if (commands.has(action)) return command(action);
  return action || /^[a-z1-9]$/.test(key) ? { act: "choose", argument: key } : null;
}

/**
 * Function keys are not characters, so they work in the text field, too.
 *
 * @param {Press} press
 * @param {Setting} setting
 * @returns {Meaning | null}
 */
function functionKey(press, { keymap, commands }) {
  const action = keymap.actionOf(press.key);
  if (!action || press.ctrlKey || press.shiftKey) return null;
  return commands.has(action) ? command(action) : { act: "choose", argument: press.key };
}

/**
 * @param {string} action
 * @returns {Meaning}
 */
function command(action) {
  return { act: action, repeats: REPEATING.has(action) };
}

/**
 * On the screen of many fields; null for a key that is left to the browser.
 *
 * @param {Press} press
 * @param {Setting & { onScreen: boolean, onTile: boolean, onButton: boolean, written: boolean }} where the key was
 *   pressed; `onScreen` while tiles are shown, `written` on a tile whose value is text
 * @returns {Meaning | null}
 */
export function mosaicMeaning(press, where) {
  if (press.altKey || press.metaKey) return null;
  const { onScreen, onTile, onButton } = where;
  const key = press.key.length === 1 ? press.key.toLowerCase() : press.key;
  if (press.ctrlKey) return key === "z" ? { act: "undo" } : null;
  if (onScreen && key === "Enter" && (onTile || !onButton)) return { act: "confirm" };
  if (onScreen && onTile && /^(Arrow|Home$|End$)/.test(key)) return { act: "move", argument: key, repeats: true };
  if (onScreen && key === "Escape") return { act: "back" };
  if (/^F\d+$/.test(key) || (key.length === 1 && where.letters)) return named(press.key, key, where);
  return null;
}

/**
 * A configurable key: a command, an answer, or, on a written value, the first character of the right text.
 *
 * @param {string} typed as it stands on the keyboard
 * @param {string} key in small letters
 * @param {Setting & { onScreen: boolean, onTile: boolean, written: boolean }} where
 * @returns {Meaning | null}
 */
function named(typed, key, { keymap, commands, onScreen, onTile, written }) {
  const action = keymap.actionOf(key);
  if (key === " " && (!onTile || action === "not")) return null; // presses the button or the tile, or scrolls
  if (commands.has(action)) return onScreen || ["undo", "help"].includes(action) ? { act: action } : null;
  if (onScreen && onTile && written && key.length === 1 && key !== " ") return { act: "write", argument: typed };
  if (onScreen && (action || /^[a-z]$/.test(key))) return { act: "set", argument: key };
  return key === " " ? { act: "nothing" } : null; // another key is set to mark what does not fit
}
