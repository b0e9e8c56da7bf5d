"""The current user's keys and display settings, the printable sheet of keys, help in easy words, and the accessibility
statement.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass

from flask import Flask, abort, jsonify, render_template
from flask.typing import ResponseReturnValue

from review_ui.http.access import for_everybody, needs, person
from review_ui.http.web import body_of, language_of, texts_of
from scanform.errors import UsageError
from scanform.i18n.texts import in_words, template, text
from scanform.model.person import Right
from scanform.model.preferences import CHOICES, Preferences
from scanform.workflow.people.preferences import action_text, change_preferences, key_text, preferences_of
from scanform.workflow.project.project import Project

_TEXTS = "keys."


def add_preferences(app: Flask, project: Project, default: str) -> None:
    """Add the addresses to an application."""

    @app.get("/api/preferences")
    @needs(Right.REVIEW)
    def preferences() -> ResponseReturnValue:
        return jsonify(**asdict(preferences_of(project, person().name)), texts=texts_of(_TEXTS, language_of(default)))

    @app.post("/api/preferences")
    @needs(Right.REVIEW)
    def change() -> ResponseReturnValue:
        try:
            return jsonify(asdict(change_preferences(project, person().name, body_of())))
        except UsageError as refusal:
            return jsonify(message=in_words(refusal.message, language_of(default))), 422
        except ValueError:
            abort(400)

    @app.get("/keys")
    @needs(Right.REVIEW)
    def sheet() -> ResponseReturnValue:
        language = language_of(default)
        mine = preferences_of(project, person().name)
        screens = [(screen, help_rows(mine, screen, language)) for screen in mine.keys]
        return render_template("keys.html", screens=screens, letters=mine.letters, **common(language))

    @app.get("/accessibility")
    @for_everybody
    def statement() -> ResponseReturnValue:
        facts = {**common(language_of(default)), "t": _words("access.", language_of(default))}
        return render_template("accessibility.html", parts=PARTS, **facts)

    @app.get("/easy")
    @for_everybody
    def easy() -> ResponseReturnValue:
        facts = {**common(language_of(default)), "t": _words("easy.", language_of(default))}
        return render_template("easy.html", parts=EASY_PARTS, **facts)


PARTS = (("tested", 5), ("untested", 3), ("limits", 3))
"""The lists of the accessibility statement, with the number of lines of each."""

EASY_PARTS = (("what", 5), ("see", 4), ("do", 6), ("unsure", 4), ("mistake", 4), ("break", 4), ("test", 3), ("help", 3))
"""The parts of the help in easy words, with the number of sentences of each."""


def common(language: str) -> dict[str, object]:
    """What these pages have in common."""
    return {"language": language, "other": "en" if language == "de" else "de", "t": _words(_TEXTS, language)}


def _words(prefix: str, language: str) -> Callable[[str], str]:
    return lambda key: template(prefix + key, language)


def key_facts(project: Project, screen: str, language: str) -> dict[str, object]:
    """What a page with keys needs: `cap` for the cap of an action, `rows` for its table of keys, `k` for the words
    of the table.
    """
    mine = preferences_of(project, person().name)
    return {
        "cap_text": lambda action: key_text(mine.keys[screen][action], language),
        "rows": help_rows(mine, screen, language),
        "letters": mine.letters,
        "screen": screen,
        "k": _words(_TEXTS, language),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRow:
    """A row in a table of keys; `action` is None where the keys are the same for everybody."""

    action: str | None
    caps: tuple[str, ...]
    text: str


def help_rows(mine: Preferences, screen: str, language: str) -> list[KeyRow]:
    """The rows of a table of keys: first those that are the same for everybody, then those that can be changed, and
    last the nine answers together.
    """
    fixed = [
        KeyRow(action=None, caps=caps, text=text(f"keys.fixed.{screen}-{name}", language))
        for name, caps in FIXED[screen]
    ]
    actions = [action for action in mine.keys[screen] if action not in CHOICES] + list(CHOICES)
    changeable = [
        KeyRow(
            action=action,
            caps=(key_text(mine.keys[screen][action], language),),
            text=action_text(screen, action, language),
        )
        for action in actions
    ]
    return fixed + changeable


FIXED = {
    "field": (
        ("enter", ("Enter",)),
        ("as-written", ("Alt+Enter",)),
        ("alt-digits", ("Alt+1", "Alt+3")),
        ("alt", ("Alt",)),
        ("escape", ("Esc",)),
        ("letters", ("A", "B")),
        ("undo", ("Ctrl+Z",)),
        ("help", ("F1",)),
    ),
    "mosaic": (
        ("enter", ("Enter",)),
        ("as-written", ("Alt+Enter",)),
        ("arrows", ("←", "→", "↑", "↓")),
        ("escape", ("Esc",)),
        ("letters", ("A", "B")),
        ("undo", ("Ctrl+Z",)),
        ("help", ("F1",)),
    ),
}
"""Keys that are not characters, or do nothing alone, and are therefore the same for everybody."""
