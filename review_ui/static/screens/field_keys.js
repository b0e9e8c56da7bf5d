// The keys and buttons of the screen of one field; what a key means is in lib/key_meaning.js.

import { fieldMeaning } from "../lib/key_meaning.js";
import { $, targetOf } from "../lib/view.js";

/** @import { FieldScreen } from "./field.js" */

const BOUNCE_MS = 40; // two Enters closer than this are one press of a bouncing key

/** @param {FieldScreen} screen */
export function bindKeys(screen) {
  /** @type {Record<string, () => void>} */
  const buttons = {
    confirm: () => screen.confirm(),
    "no-answer": () => screen.withoutValue("no-answer"),
    illegible: () => screen.withoutValue("illegible"),
    "as-written": () => screen.asWritten(),
    objection: () => screen.object(),
    postpone: () => screen.settle("postpone", ""),
    undo: () => screen.undo(),
    "panel-undo": () => screen.undo(),
    context: () => screen.toggleContext(),
    "zoom-in": () => screen.view.zoom(1),
    "zoom-out": () => screen.view.zoom(-1),
    "zoom-fit": () => screen.view.fit(),
    look: () => screen.nextLook(),
    "help-open": () => screen.help(),
  };
  for (const [id, act] of Object.entries(buttons)) {
    $(id).addEventListener("click", (event) => {
      act();
      const byMouse = event.detail > 0;
      if (byMouse && screen.shown && !$("help").open && !screen.shown.text) $("item").focus({ preventScroll: true });
    });
  }
  bindKeyboard(screen, { ...buttons, help: buttons["help-open"] });

  const caps = () => document.documentElement.toggleAttribute("data-in-text", document.activeElement?.id === "text");
  document.addEventListener("focusin", caps);
  document.addEventListener("focusout", caps);
}

/**
 * @param {FieldScreen} screen
 * @param {Record<string, () => void>} commands
 */
function bindKeyboard(screen, commands) {
  let lastEnter = -Infinity;
  const names = new Set(Object.keys(commands));
  const { preferences } = screen;

  /** @param {KeyboardEvent} event */
  function enter(event) {
    const bounced = event.timeStamp - lastEnter < BOUNCE_MS;
    lastEnter = event.timeStamp;
    if (!event.repeat && !bounced) screen.confirm();
  }

  document.addEventListener("keydown", (event) => {
    if ($("help").open || event.isComposing) return;
    const meaning = fieldMeaning(event, {
      keymap: preferences.keymap,
      commands: names,
      letters: $("keys-on").checked,
      inText: targetOf(event).matches("input, textarea"),
      onButton: targetOf(event).matches("button, a, summary"),
    });
    if (!meaning) return;
    event.preventDefault();
    const { act, argument = "", repeats } = meaning;
    if (act === "enter") enter(event);
    else if (event.repeat && !repeats) return;
    else if (act === "leave-text") $("item").focus({ preventScroll: true });
    else if (act === "suggest") screen.suggest(Number(argument));
    else if (act === "choose") screen.key(argument);
    else commands[act]();
  });
}
