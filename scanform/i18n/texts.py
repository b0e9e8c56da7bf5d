"""German and English texts: one TOML file per room and language, `scanform/i18n/<language>/<room>.toml`.

Keys are dotted: `problem.<slug>` says what is wrong, `remedy.<slug>` what to do, other tables belong to their room.
Texts hold `{name}` fields. Every key exists in both languages (a test compares them).
"""

import tomllib
from collections.abc import Sequence
from functools import cache
from importlib import resources

from scanform.model.problem import Problem

LANGUAGES = ("de", "en")
DEFAULT_LANGUAGE = "de"


def text(key: str, language: str = DEFAULT_LANGUAGE, **params: object) -> str:
    """The text of `key` with its fields filled in; a missing field stays visible as {name}."""
    template = _catalogue(language if language in LANGUAGES else DEFAULT_LANGUAGE)[key]
    return template.format_map(_Visible(params))


def problem_text(problem: Problem, language: str = DEFAULT_LANGUAGE) -> str:
    """What is wrong, in words."""
    return text(f"problem.{problem.slug}", language, where=problem.where, **dict(problem.params))


def remedy_text(slug: str, language: str = DEFAULT_LANGUAGE) -> str:
    """What a person can do about a problem."""
    return text(f"remedy.{slug}", language)


def keys(language: str) -> frozenset[str]:
    """All keys of a language, for the test that compares them."""
    return frozenset(_catalogue(language))


class _Visible(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return "{" + key + "}"


@cache
def _catalogue(language: str) -> dict[str, str]:
    entries: dict[str, str] = {}
    folder = resources.files("scanform.i18n").joinpath(language)
    for file in sorted(folder.iterdir(), key=lambda item: item.name):
        if file.name.endswith(".toml"):
            _flatten("", tomllib.loads(file.read_text(encoding="utf-8")), entries)
    return entries


def _flatten(prefix: str, table: dict[str, object], entries: dict[str, str]) -> None:
    for name, value in table.items():
        key = f"{prefix}{name}"
        if isinstance(value, dict):
            _flatten(f"{key}.", value, entries)
        elif key in entries:
            raise ValueError(f"the text {key} stands in two files")
        else:
            entries[key] = str(value)


def problems_text(problems: Sequence[Problem], language: str) -> str:
    """All problems in words, each sentence once, the main one first."""
    return " ".join(dict.fromkeys(problem_text(problem, language) for problem in problems))


def remedies_text(problems: Sequence[Problem], language: str) -> str:
    """What to do about all of them, each sentence once."""
    return " ".join(dict.fromkeys(remedy_text(problem.slug, language) for problem in problems))
