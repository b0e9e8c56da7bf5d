"""Interprets the cells of a LimeSurvey response export: answer codes or full answers, numbers, dates and times as ISO
text.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from scanform import rules
from scanform.formats.responses import moments, numerals
from scanform.model.column_format import Reading
from scanform.model.problem import Problem
from scanform.model.questionnaire import Alphabet, Question, QuestionKind

NOT_SHOWN = frozenset({"n/a", "{question_not_shown}"})
"""NULL in an export: the question was not shown."""

NO_STAMP = NOT_SHOWN | {"null"}
"""How programs write a missing date or token; no real value looks like that."""

TICKED = frozenset({"y", "yes", "ja", "1"})
NOT_TICKED = frozenset({"", "n", "no", "nein", "0"})
OTHER_ANSWER = "-oth-"
OTHER_WORDS = frozenset({OTHER_ANSWER, "other", "sonstiges"})
YES_WORDS = frozenset({"y", "yes", "ja", "j"})
NO_WORDS = frozenset({"n", "no", "nein"})

_SPACES = re.compile(r"\s+")
_TAGS = re.compile(r"<[^<>]*>")
_INVISIBLE = re.compile("[\u00ad\u200b\u2060\ufeff]")
"""Signs without width that come along when labels are copied from web pages and old files."""
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_DAY_TIME = re.compile(r"[ T]\d{2}:\d{2}(?::\d{2})?$")
_DAY = re.compile(r"^\d{4}-\d{2}-\d{2}[ T]")
_SECONDS = re.compile(r"^(\d{1,2}:\d{2}):\d{2}$")
_ZEROS = re.compile(r"^(-?\d+)[.,]0+$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """An interpreted cell: `value` in canonical form, or `shown` False, or the slug of a `problem`."""

    value: str = ""
    shown: bool = True
    problem: str | None = None


def plain(text: str) -> str:
    """The visible text of a label: no markup, nothing invisible, single spaces, case folded."""
    return _SPACES.sub(" ", _INVISIBLE.sub("", _TAGS.sub("", text))).strip().casefold()


def labels(question: Question) -> Mapping[str, str | None]:
    """Option code by label in each language, and by words that mean the same; None where one text belongs to two
    options.
    """
    index: dict[str, str | None] = {}
    for option in question.options:
        for language, _ in option.text.entries:
            name = plain(option.text.get(language))
            index[name] = option.code if index.get(name, option.code) == option.code else None
    _add_words(index, question)
    return index


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceIndex:
    """The options of a question by possible cell content: their codes, including former ones, and their labels (None
    where a label belongs to two).
    """

    codes: Mapping[str, str]
    labels: Mapping[str, str | None]

    def code_of(self, cell: str) -> str | None:
        """The option whose code is in the cell; `-oth-` is the code of the option with a text beside it."""
        code = cell.strip()
        if code == OTHER_ANSWER:
            return self.labels.get(OTHER_ANSWER)
        return next((self.codes[wanted] for wanted in (code, code.lower()) if wanted in self.codes), None)

    def labelled(self, cell: str) -> str | None:
        """The option whose label is in the cell, in any language."""
        return self.labels.get(plain(cell))


def choice_index(question: Question) -> ChoiceIndex:
    """The options of `question` by code and by label."""
    former = {code: option.code for option in question.options for code in option.formerly}
    return ChoiceIndex(
        codes=former | {option.code: option.code for option in question.options}, labels=labels(question)
    )


def _add_words(index: dict[str, str | None], question: Question) -> None:
    """Synonyms of "other", yes and no, where exactly one option can be meant and no label is equal."""
    writeins = [option.code for option in question.options if option.writein]
    if len(writeins) == 1:
        for word in OTHER_WORDS:
            index.setdefault(word, writeins[0])
    for words in (YES_WORDS, NO_WORDS):
        meant = {
            o.code
            for o in question.options
            if o.code in words or any(plain(label) in words for _, label in o.text.entries)
        }
        if len(meant) == 1:
            for word in words:
                index.setdefault(word, next(iter(meant)))


def choice(raw: str, index: ChoiceIndex, reading: Reading | None) -> Cell:
    """The option in a cell of a single choice question: by its code, by its label, or by either where `reading` is
    None, as it makes no difference.
    """
    stripped = raw.strip()
    code = None if reading is Reading.LABELS else index.code_of(stripped)
    if code is None and reading is not Reading.CODES:
        code = index.labelled(stripped)
    if not stripped or code is not None:
        return Cell(value=code or "")
    return Cell(shown=False) if stripped.lower() in NOT_SHOWN else Cell(problem="unknown-value")


def tick(raw: str) -> Cell:
    """The content of a tick box: "1" when ticked, "" when empty."""
    word = raw.strip().casefold()
    if word in NOT_SHOWN:
        return Cell(shown=False)
    return Cell(value="1" if word in TICKED else "", problem=None if word in TICKED | NOT_TICKED else "unknown-value")


def written(raw: str, *, full_answers: bool) -> Cell:
    """Free text with line feeds only; LimeSurvey's guard apostrophe before "=" is removed."""
    cleaned = _CONTROL.sub("", raw.replace("\r\n", "\n").replace("\r", "\n")).strip()
    if cleaned.lower() == "{question_not_shown}" or (full_answers and cleaned == "N/A"):
        return Cell(shown=False)
    return Cell(value=cleaned[1:] if cleaned.startswith("'=") else cleaned)


def field(
    raw: str, question: Question, *, full_answers: bool, order: Reading | None = None, sign: Reading | None = None
) -> Cell:
    """The value of a question with character cells or handwriting, by the same rules as on paper.

    `order` and `sign` are the date and number format of its column. A value that breaks a rule is kept as written, with
    the slug of the rule in `problem`.
    """
    cell = written(raw, full_answers=full_answers)
    if not cell.value:
        return cell
    if question.kind is not QuestionKind.COMB and question.form is None:
        return Cell(value=rules.check_text(question, cell.value).value) if question.values else cell
    if cell.value in {"N/A", "n/a"}:
        return Cell(shown=False)
    typed = _uniform(cell.value, question, order, sign) if question.form is None else cell.value
    if typed is None:
        return Cell(value=cell.value, problem="bad-date" if question.alphabet is Alphabet.DATE else "bad-format")
    found = rules.key_answer(question, None, typed)
    return Cell(value=typed, problem=found.slug) if isinstance(found, Problem) else Cell(value=found.value)


def _uniform(value: str, question: Question, order: Reading | None, sign: Reading | None) -> str | None:
    """Dates as year-month-day, numbers with a decimal point, read in the format of the column; None for a cell in
    another format or of unknown century; anything else as it is.
    """
    if question.alphabet is Alphabet.DATE:
        moment = moments.read(value, order)
        if moment is not None:
            return None if moment.short else moment.clock.date().isoformat()
        return None if moments.readings(value) else _DAY_TIME.sub("", value)
    if sign is not None or question.alphabet is Alphabet.DECIMAL:
        number = numerals.read(value, sign)
        return number if number is not None or numerals.readings(value) else value
    return _without_padding(value, question.alphabet)


def _without_padding(value: str, alphabet: Alphabet | None) -> str:
    """Without LimeSurvey's additions to times (a date, seconds) and numbers (zeros after the decimal point)."""
    if alphabet is Alphabet.TIME:
        return _SECONDS.sub(r"\1", _DAY.sub("", value))
    return _ZEROS.sub(r"\1", value) if alphabet in {Alphabet.DIGITS, None} else value
