"""What the cells of a LimeSurvey response export mean: answer codes or full answers, numbers, dates and times as ISO text."""

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass

from scanform.model.questionnaire import Alphabet, Question, QuestionKind

NOT_SHOWN = frozenset({"n/a", "{question_not_shown}"})
"""How an export writes NULL: the question was not shown."""

TICKED = frozenset({"y", "yes", "ja", "1"})
NOT_TICKED = frozenset({"", "n", "no", "nein", "0"})
OTHER_ANSWER = "-oth-"
OTHER_WORDS = frozenset({OTHER_ANSWER, "other", "sonstiges"})
YES_WORDS = frozenset({"y", "yes", "ja", "j"})
NO_WORDS = frozenset({"n", "no", "nein"})

_SPACES = re.compile(r"\s+")
_TAGS = re.compile(r"<[^<>]*>")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_NUMBER = re.compile(r"-?\d+(?:[.,]\d+)?")
_ISO_DATE = re.compile(r"(\d{4})-(\d{2})(?:-(\d{2}))?(?:[ T]\d{2}:\d{2}(?::\d{2})?)?")
_GERMAN_DATE = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})(?: \d{2}:\d{2}(?::\d{2})?)?")
_TIME = re.compile(r"(?:\d{4}-\d{2}-\d{2}[ T])?(\d{1,2}):(\d{2})(?::\d{2})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A cell understood: `value` in canonical form, or `shown` False, or `known` False for a value that fits nothing."""

    value: str = ""
    shown: bool = True
    known: bool = True


def plain(text: str) -> str:
    """The text of a label as people see it: no markup, single spaces, no difference between capital and small letters."""
    return _SPACES.sub(" ", _TAGS.sub("", text)).strip().casefold()


def labels(question: Question) -> Mapping[str, str | None]:
    """Option code by code and by label in each language; None where one text stands for two options."""
    index: dict[str, str | None] = {}
    for option in question.options:
        for language, _ in option.text.entries:
            name = plain(option.text.get(language))
            index[name] = option.code if index.get(name, option.code) == option.code else None
    _add_words(index, question)
    return index | {option.code: option.code for option in question.options}


def _add_words(index: dict[str, str | None], question: Question) -> None:
    """Other words for "other", yes and no, where exactly one option can be meant and no label says so already."""
    writeins = [option.code for option in question.options if option.writein]
    if len(writeins) == 1:
        for word in OTHER_WORDS:
            index.setdefault(word, writeins[0])
    for words in (YES_WORDS, NO_WORDS):
        meant = {o.code for o in question.options if o.code in words or any(plain(label) in words for _, label in o.text.entries)}
        if len(meant) == 1:
            for word in words:
                index.setdefault(word, next(iter(meant)))


def choice(raw: str, index: Mapping[str, str | None]) -> Cell:
    """The option that a cell of a single choice question names."""
    stripped = raw.strip()
    code = index.get(stripped) or index.get(plain(stripped))
    if not stripped or code is not None:
        return Cell(value=code or "")
    return Cell(shown=False) if stripped.lower() in NOT_SHOWN else Cell(known=False)


def tick(raw: str) -> Cell:
    """What a tick box holds: "1" when ticked, "" when empty."""
    word = raw.strip().casefold()
    if word in NOT_SHOWN:
        return Cell(shown=False)
    return Cell(value="1" if word in TICKED else "", known=word in TICKED or word in NOT_TICKED)


def written(raw: str, *, full_answers: bool) -> Cell:
    """Free text with line feeds only; LimeSurvey's guard apostrophe before "=" is taken off."""
    cleaned = _CONTROL.sub("", raw.replace("\r\n", "\n").replace("\r", "\n")).strip()
    if cleaned.lower() == "{question_not_shown}" or (full_answers and cleaned == "N/A"):
        return Cell(shown=False)
    return Cell(value=cleaned[1:] if cleaned.startswith("'=") else cleaned)


def field(raw: str, question: Question, *, full_answers: bool) -> Cell:
    """The value of a question with character cells or handwriting, in the form in which paper is read too."""
    cell = written(raw, full_answers=full_answers)
    if not cell.value or question.kind is not QuestionKind.COMB:
        return cell
    if cell.value in {"N/A", "n/a"}:
        return Cell(shown=False)
    normal = _normal(cell.value, question.alphabet)
    return Cell(value=cell.value, known=False) if normal is None else Cell(value=normal)


def _normal(value: str, alphabet: Alphabet | None) -> str | None:
    if alphabet is Alphabet.DATE:
        return iso_date(value)
    if alphabet is Alphabet.TIME:
        return iso_time(value)
    if alphabet in {Alphabet.DIGITS, Alphabet.DECIMAL}:
        return _number(value, whole=alphabet is Alphabet.DIGITS)
    return value


def _number(value: str, *, whole: bool) -> str | None:
    """Digits as they stand (leading zeros are kept), without LimeSurvey's trailing zeros after the decimal point."""
    if not _NUMBER.fullmatch(value):
        return None
    head, _, tail = value.replace(",", ".").partition(".")
    tail = tail.rstrip("0")
    if whole and (tail or head.startswith("-")):
        return None
    return f"{head}.{tail}" if tail else head


def iso_date(value: str) -> str | None:
    """`YYYY-MM-DD` (or `YYYY-MM`) of an ISO or German date with or without a time; None for anything else."""
    match = _ISO_DATE.fullmatch(value)
    if match is not None:
        year, month, day = match[1], match[2], match[3]
        return _checked(year, month, day)
    match = _GERMAN_DATE.fullmatch(value)
    return None if match is None else _checked(match[3], match[2].zfill(2), match[1].zfill(2))


def _checked(year: str, month: str, day: str | None) -> str | None:
    try:
        datetime.date(int(year), int(month), int(day or "1"))
    except ValueError:
        return None
    return f"{year}-{month}" if day is None else f"{year}-{month}-{day}"


def iso_time(value: str) -> str | None:
    """`HH:MM` of a time of day with or without a date and seconds; None for anything else."""
    match = _TIME.fullmatch(value)
    if match is None or int(match[1]) > 23 or int(match[2]) > 59:
        return None
    return f"{match[1].zfill(2)}:{match[2]}"
