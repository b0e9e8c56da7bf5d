"""Preferences of people at the review station, validated before they are stored; nothing is stored in the browser."""

from collections.abc import Mapping
from dataclasses import asdict, replace

from scanform.errors import UsageError, Words, words
from scanform.i18n.texts import in_words
from scanform.model.preferences import (
    ALT_DIGITS,
    CHOICES,
    DEFAULT_KEYS,
    FUNCTION_KEYS,
    LARGEST_ZOOM,
    LOOKS,
    SMALLEST_ZOOM,
    TILES,
    Preferences,
)
from scanform.store.preferences import preference, save_preference
from scanform.workflow.project.project import Project


def preferences_of(project: Project, person: str) -> Preferences:
    """The preferences of `person`; stored values that are not (or no longer) valid are left out."""
    with project.store.reading() as tx:
        return _understood(preference(tx, person))


def change_preferences(project: Project, person: str, change: Mapping[str, object]) -> Preferences:
    """Store a change of `person`: `letters`, `zoom`, `look` or `tiles`, one key (`screen`, `action`, `key`), or the
    default keys (`reset`: a screen).

    Raises UsageError with the reason where a key is not available, and ValueError for what none of our screens sends.
    """
    with project.store.writing() as tx:
        wanted = _changed(_understood(preference(tx, person)), change)
        save_preference(tx, person, asdict(wanted))
    return wanted


def action_text(screen: str, action: str, language: str) -> str:
    """The name of an action."""
    return in_words(_action(screen, action), language)


def _action(screen: str, action: str) -> Words:
    if action in CHOICES:
        return words("keys.action.choice", n=action.removeprefix("choice-"))
    return words(f"keys.action.{screen}-{action}")


def key_text(key: str, language: str) -> str:
    """The name of a key as on its cap."""
    return in_words(_cap(key), language)


def _cap(key: str) -> Words:
    return words("keys.space") if key == " " else words("said.all", said="−" if key == "-" else key.upper())


def _changed(now: Preferences, change: Mapping[str, object]) -> Preferences:
    if "reset" in change:
        return replace(now, keys={**now.keys, _screen(change["reset"]): DEFAULT_KEYS[_screen(change["reset"])]})
    if "key" in change:
        screen = _screen(change.get("screen"))
        action, key = change.get("action"), change["key"]
        if not isinstance(action, str) or action not in DEFAULT_KEYS[screen] or not isinstance(key, str):
            raise ValueError(change)
        return replace(now, keys={**now.keys, screen: _with_key(now.keys[screen], screen, action, key)})
    for name in change:
        if not _fine(name, change[name]):
            raise ValueError(name)
    return replace(now, **change)  # type: ignore[arg-type]  # each value was checked


def _screen(name: object) -> str:
    if not isinstance(name, str) or name not in DEFAULT_KEYS:
        raise ValueError(name)
    return name


def _with_key(keys: Mapping[str, str], screen: str, action: str, key: str) -> dict[str, str]:
    key = normal_key(key)
    if not key:
        raise UsageError(words("keys.refused-kind"), slug="key-refused")
    if screen == "field" and key in ALT_DIGITS and action not in CHOICES:
        raise UsageError(words("keys.refused-alt", cap=key), slug="key-refused")
    owner = next((other for other, taken in keys.items() if taken == key and other != action), None)
    if owner is not None:
        message = words("keys.refused-taken", cap=_cap(key), action=_action(screen, owner))
        raise UsageError(message, slug="key-refused")
    return {**keys, action: key}


def normal_key(key: str) -> str:
    """A key as it is stored: one visible character in lower case, a space, or a function key that browsers do not need;
    "" for any other.
    """
    if key == " " or key in FUNCTION_KEYS:
        return key
    lower = key.lower()
    return lower if len(lower) == 1 and lower.isprintable() and not lower.isspace() else ""


def _fine(name: str, value: object) -> bool:
    """Whether `value` is valid for `name`."""
    if name == "letters":
        return isinstance(value, bool)
    if name == "look":
        return value in LOOKS
    if name == "tiles":
        return value in TILES and not isinstance(value, bool)
    if name == "zoom":
        return value is None or (
            isinstance(value, int | float) and not isinstance(value, bool) and SMALLEST_ZOOM <= value <= LARGEST_ZOOM
        )
    return False


def _understood(facts: Mapping[str, object]) -> Preferences:
    kept = {name: value for name, value in facts.items() if _fine(name, value)}
    keys = facts.get("keys")
    understood = {
        screen: _keys(screen, keys.get(screen) if isinstance(keys, Mapping) else None) for screen in DEFAULT_KEYS
    }
    return Preferences(keys=understood, **kept)  # type: ignore[arg-type]  # each value was checked


def _keys(screen: str, stored: object) -> Mapping[str, str]:
    """The stored keys of a screen, if they still are one for each action; the default keys otherwise."""
    usual = DEFAULT_KEYS[screen]
    if not isinstance(stored, Mapping):
        return usual
    found = {action: normal_key(str(stored.get(action, key))) for action, key in usual.items()}
    return found if len(set(found.values())) == len(found) and "" not in found.values() else usual
