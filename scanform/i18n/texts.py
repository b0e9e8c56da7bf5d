"""German and English texts: one TOML file per room and language, `scanform/i18n/<language>/<room>.toml`.

Keys are dotted: `problem.<slug>` says what is wrong, `remedy.<slug>` what to do, other tables belong to their room.
Texts hold `{name}` fields. `{pages:page|pages}` is a number with its word: the forms stand in the order of the
language's plural categories (CLDR; German and English have "one" and "other"), the number is grouped as the language
does. `review_ui/static/lib/filling.js` fills in the same. Every key exists in both languages (a test compares them).
Moments, days and numbers are written as the language writes them (CLDR, through Babel); what programs read (JSON, CSV,
logs, the database) keeps ISO 8601.
"""

import errno
import re
import string
import tomllib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from functools import cache, partial
from importlib import resources
from typing import TYPE_CHECKING, Any

from scanform import errors
from scanform.errors import Several, Words, words
from scanform.model.problem import Problem
from scanform.model.questionnaire import Alphabet

if TYPE_CHECKING:
    from babel import Locale

LANGUAGES = ("de", "en")
DEFAULT_LANGUAGE = "de"

_LOCALES = {"de": "de", "en": "en_GB"}
"""English dates are British: the day before the month, as on the printed forms."""

_FIRST_PLAIN_YEAR = 1000
"""Years before it would be written with fewer digits and look like others ("26"): such days stand as they are
stored.
"""


on_unfilled: Callable[[str], None] | None = None
"""Told of each text that was shown with a field that nobody filled in: a mistake of the code, which tests make an
error. People see the field's name.
"""

_CATEGORIES = ("zero", "one", "two", "few", "many", "other")
"""Plural categories of CLDR, in the order in which forms stand in a text."""


def text(key: str, language: str = DEFAULT_LANGUAGE, **params: object) -> str:
    """The text of `key` with its fields filled in; a missing field stays visible as {name}."""
    return _filled(
        template(key, language), language, {name: _in_language(value, language) for name, value in params.items()}
    )


def template(key: str, language: str = DEFAULT_LANGUAGE) -> str:
    """The text of `key` with its fields as they are, for what fills them in later."""
    return _catalogue(language if language in LANGUAGES else DEFAULT_LANGUAGE)[key]


def in_words(message: Words | None, language: str) -> str:
    """What an exception says, in the language of who reads it; "" for nothing."""
    return "" if message is None else text(message.key, language, **dict(message.params)).strip()


errors.in_english = partial(in_words, language="en")


def _in_language(value: object, language: str) -> object:
    """What fills in a field: words, reasons and problems in the language, several of them one after the other,
    anything else as it is.
    """
    if isinstance(value, Words):
        return in_words(value, language)
    if isinstance(value, Problem):
        return problem_text(value, language)
    if isinstance(value, OSError):
        return os_reason(value, language)
    if isinstance(value, list | tuple):
        value = Several(tuple(value))
    if isinstance(value, Several):
        return value.between.join(dict.fromkeys(str(_in_language(item, language)) for item in value.items))
    return value


def counted(number: object, forms: str, language: str = DEFAULT_LANGUAGE) -> str:
    """A number with the form of its word, `forms` being "page|pages"; what is no whole number takes the last form."""
    words = forms.split("|")
    try:
        whole = int(str(number))
    except ValueError:
        return f"{number} {words[-1]}"
    from babel.numbers import format_decimal

    locale = _locale(language)
    return f"{format_decimal(whole, locale=locale)} {words[_categories(language).index(locale.plural_form(whole))]}"


@cache
def _locale(language: str) -> "Locale":
    from babel import Locale  # takes 40 ms: only where something is counted

    return Locale.parse(_LOCALES.get(language, _LOCALES[DEFAULT_LANGUAGE]))


@cache
def _categories(language: str) -> list[str]:
    known = {*_locale(language).plural_form.tags, "other"}
    return [category for category in _CATEGORIES if category in known]


# --- moments, days, numbers ------------------------------------------------------------------------------------------


def moment_text(at: str, language: str, zone: tzinfo, *, seconds: bool = False) -> str:
    """A stored moment (ISO 8601; UTC where it names no zone) on the clock of `zone`: "30.11.2026, 17:21", "30 Nov
    2026, 17:21"; "" for none.
    """
    if not at:
        return ""
    from babel.dates import format_date, format_time, get_datetime_format

    there, locale = _on_clock(at, zone), _locale(language)
    day, clock = (
        format_date(there, "medium", locale),
        format_time(there, "medium" if seconds else "short", locale=locale),
    )
    return str(get_datetime_format("medium", locale)).replace("{1}", day).replace("{0}", clock)


def day_of(at: str, zone: tzinfo) -> str:
    """The day (ISO 8601) on which a stored moment was, on the clock of `zone`; "" for none."""
    return _on_clock(at, zone).date().isoformat() if at else ""


def _on_clock(at: str, zone: tzinfo) -> datetime:
    """A moment as the clock of `zone` showed it."""
    moment = datetime.fromisoformat(at)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(zone).replace(tzinfo=None)


def date_text(at: str, language: str, zone: tzinfo) -> str:
    """The day on which a stored moment was, on the clock of `zone`; "" for none."""
    return day_text(day_of(at, zone), language)


def day_typed(said: str) -> str | None:
    """The day (2026-03-14) that people mean by "14.03.2026", "14/03/2026" or 2026-03-14; None for what is no day."""
    try:
        return date.fromisoformat(said).isoformat()
    except ValueError:
        pass
    found = re.fullmatch(r"\s*(\d{1,2})\s*[./]\s*(\d{1,2})\s*[./]\s*(\d{4})\s*", said)
    try:
        return date(int(found[3]), int(found[2]), int(found[1])).isoformat() if found else None
    except ValueError:
        return None


def day_text(day: str, language: str, *, typed: bool = False) -> str:
    """A stored day (2026-03-14) as people write it: "14.03.2026", "14 Mar 2026", with digits only where it is to be
    `typed`; what is no day stays as it is.
    """
    try:
        known = date.fromisoformat(day)
    except ValueError:
        return day
    if known.isoformat() != day or known.year < _FIRST_PLAIN_YEAR:
        return day
    from babel.dates import format_date

    locale = _locale(language)
    written = [format_date(known, width, locale) for width in ("short", "medium")]
    digits = (one for one in written if f"{known.year}" in one and one.replace(".", "").replace("/", "").isdecimal())
    return next(digits, day) if typed else written[1]


def value_text(value: str, alphabet: Alphabet | None, language: str, *, typed: bool = False) -> str:
    """A stored value of character cells as people write it, or as they would have `typed` it; only days and decimal
    numbers are stored otherwise.
    """
    if alphabet is Alphabet.DATE:
        return day_text(value, language, typed=typed)
    if alphabet is Alphabet.DECIMAL and _NUMBER.fullmatch(value):
        return number_text(Decimal(value), language, grouped=False)
    return value


_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def number_text(value: float | Decimal, language: str, *, grouped: bool = True) -> str:
    """A number with all its digits."""
    from babel.numbers import format_decimal

    return format_decimal(value, locale=_locale(language), decimal_quantization=False, group_separator=grouped)


def decimal_text(value: float | Decimal, language: str, places: int) -> str:
    """A number with `places` digits behind the decimal sign, those before it grouped."""
    from babel.numbers import format_decimal

    locale = _locale(language)
    return format_decimal(value, _with_places(locale.decimal_formats[None].pattern.partition(".")[0], places), locale)


def percent_text(fraction: float | Decimal, language: str, places: int = 0) -> str:
    """A share (0..1) in per cent."""
    from babel.numbers import format_percent

    locale = _locale(language)
    return format_percent(fraction, _with_places(locale.percent_formats[None].pattern, places), locale)


def _with_places(pattern: str, places: int) -> str:
    """CLDR's pattern of a number with that many digits behind the decimal sign."""
    return pattern.replace("##0", "##0." + "0" * places) if places else pattern


def os_reason(error: OSError, language: str = DEFAULT_LANGUAGE) -> str:
    """Why the operating system refused, in words; Python has them in English only."""
    key = f"os.{errno.errorcode.get(error.errno or 0, '')}"
    return text(key, language) if key in keys(language) else text("os.other", language, number=error.errno or 0)


class _Gap:
    """A field that nobody filled in."""

    def __init__(self, name: str) -> None:
        self.name = name


class _Filler(string.Formatter):
    def __init__(self, language: str) -> None:
        self._language = language
        self.has_gap = False

    def get_field(self, field_name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        return (kwargs[field_name] if field_name in kwargs else _Gap(field_name)), field_name

    def format_field(self, value: Any, format_spec: str) -> str:
        if isinstance(value, _Gap):
            self.has_gap = self.has_gap or value.name.isidentifier()  # texts about YAML have braces of their own
            return f"{{{value.name}:{format_spec}}}" if format_spec else f"{{{value.name}}}"
        return counted(value, format_spec, self._language) if "|" in format_spec else format(value, format_spec)


def _filled(words: str, language: str, params: Mapping[str, object]) -> str:
    if "{" not in words:
        return words
    filler = _Filler(language)
    done = filler.vformat(words, (), params)
    if filler.has_gap and on_unfilled is not None:
        on_unfilled(words)
    return done


def problem_text(problem: Problem, language: str = DEFAULT_LANGUAGE) -> str:
    """What is wrong, in words."""
    return text(f"problem.{problem.slug}", language, where=place_text(problem.where, language), **dict(problem.params))


_PAGE = re.compile(r"page ([\d.]+)")
"""A place as problems keep it, whatever the language."""


def place_text(where: str, language: str = DEFAULT_LANGUAGE) -> str:
    """Where a problem is, as the reader says it."""
    page = _PAGE.fullmatch(where)
    return text("said.page", language, page=page[1]) if page else where


def value_problem_words(slug: str) -> Words | None:
    """What is wrong with a value that the reader has before them: `value-problem.<slug>` where the words of the
    problem name a place; None for no such slug.
    """
    known = keys(DEFAULT_LANGUAGE)
    key = next((key for key in (f"value-problem.{slug}", f"problem.{slug}") if key in known), None)
    return None if key is None else words(key, where="", page="…")


def value_problem_text(slug: str, language: str = DEFAULT_LANGUAGE) -> str:
    """The same in a language; raises KeyError for no such slug."""
    found = value_problem_words(slug)
    if found is None:
        raise KeyError(slug)
    return in_words(found, language)


def remedy_text(slug: str, language: str = DEFAULT_LANGUAGE) -> str:
    """What a person can do about a problem."""
    return text(f"remedy.{slug}", language)


def keys(language: str) -> frozenset[str]:
    """All keys of a language, for the test that compares them."""
    return frozenset(_catalogue(language))


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
