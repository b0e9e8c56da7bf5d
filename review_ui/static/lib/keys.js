// Keys and buttons. Letters and digits act as keys only outside text fields, and can be switched off (WCAG 2.1.4).
// With Alt the same keys work everywhere, also in a text field; the buttons show which of the two holds.

import { $ } from "./view.js";

const BOUNCE_MS = 40; // two Enters closer than this are one worn-out key
const OPTION_WRITES = { "≈": "x", "µ": "m", "Ω": "z", "ç": "c", "±": "+", "–": "-", "¿": "?" }; // keyboards on which Alt writes

export function bindKeys(station) {
  let lastEnter = -Infinity;
  const buttons = {
    confirm: () => station.confirm(),
    "no-answer": () => station.withoutValue("no-answer"),
    illegible: () => station.withoutValue("illegible"),
    "as-written": () => station.asWritten(),
    objection: () => station.object(),
    postpone: () => station.settle("postpone", ""),
    undo: () => station.undo(),
    "panel-undo": () => station.undo(),
    context: () => station.toggleContext(),
    "zoom-in": () => station.view.zoom(1),
    "zoom-out": () => station.view.zoom(-1),
    "zoom-fit": () => station.view.fit(),
    look: () => station.nextLook(),
    "help-open": () => station.help(),
  };
  for (const [id, act] of Object.entries(buttons)) {
    $(id).addEventListener("click", (event) => {
      act();
      const byMouse = event.detail > 0;
      if (byMouse && station.shown && !$("help").open && !station.shown.text) $("item").focus({ preventScroll: true });
    });
  }

  const { mine } = station;
  const acts = { ...buttons, help: buttons["help-open"] };
  const repeats = (action) => action === "zoom-in" || action === "zoom-out";

  document.addEventListener("keydown", (event) => {
    if ($("help").open || event.isComposing) return;
    const inText = event.target.matches("input, textarea");
    const onButton = event.target.matches("button, a, summary");
    if (event.altKey) {
      withAlt(event);
    } else if (event.metaKey) {
      return;
    } else if (/^F\d+$/.test(event.key)) {
      functionKey(event);
    } else if (event.key === "Enter") {
      if (onButton || (event.shiftKey && inText)) return;
      event.preventDefault();
      const bounced = event.timeStamp - lastEnter < BOUNCE_MS;
      lastEnter = event.timeStamp;
      if (!event.repeat && !bounced) station.confirm();
    } else if (event.key === "Escape" && inText) {
      event.preventDefault();
      $("item").focus({ preventScroll: true });
    } else if (!inText && !(onButton && event.key === " ")) {
      character(event);
    }
  });

  // Alt with a digit or a letter; AltGr, which some systems report as Ctrl and Alt, writes characters like any other key.
  function withAlt(event) {
    if (event.ctrlKey || event.metaKey || event.getModifierState("AltGraph") || /^Numpad\d$/.test(event.code)) return;
    if (event.key === "Enter") {
      event.preventDefault();
      if (!event.repeat) station.asWritten();
      return;
    }
    const key = event.code === "Digit0" ? "0" : (OPTION_WRITES[event.key] ?? event.key.toLowerCase());
    const suggestion = /^Digit[1-3]$/.test(event.code);
    const action = mine.actionOf(key);
    if (!suggestion && (key === " " || !acts[action])) return;
    event.preventDefault();
    if (suggestion) station.suggest(Number(event.code.at(-1)));
    else if (!event.repeat || repeats(action)) acts[action]();
  }

  function character(event) {
    if (event.ctrlKey && event.key !== "z") return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : "";
    if (!key || (!event.ctrlKey && !$("keys-on").checked)) return;
    const action = event.ctrlKey ? "undo" : mine.actionOf(key);
    if (!acts[action] && !action && !/^[a-z1-9]$/.test(key)) return;
    event.preventDefault();
    if (event.repeat && !repeats(action)) return;
    if (acts[action]) acts[action]();
    else station.key(key);
  }

  // Function keys are no characters: they work in the text field too.
  function functionKey(event) {
    const action = mine.actionOf(event.key);
    if (!action || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    if (event.repeat && !repeats(action)) return;
    if (acts[action]) acts[action]();
    else station.key(event.key);
  }

  const caps = () => document.documentElement.toggleAttribute("data-in-text", document.activeElement?.id === "text");
  document.addEventListener("focusin", caps);
  document.addEventListener("focusout", caps);

  window.addEventListener("beforeunload", (event) => {
    if (station.outbox.pending.length) event.preventDefault();
  });
}
