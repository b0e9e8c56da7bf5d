"""The data set with types: numbers, dates, labels, and missing codes told apart from values. Pure.

Text cells become variables of five kinds. Options of a single choice are counted 1, 2, 3 … in the order of the
questionnaire; ticks stay 0 and 1; numbers stay numbers. These hold missing codes as negative numbers (-10 … -1), which
each package gets to know as missing. Texts, dates, times and numbers that may be negative have no room for a code: they
are empty, and a variable `<name>__missing` beside them says why.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from enum import StrEnum

from scanform.dataset import cells, codebook
from scanform.dataset.safe_text import visible
from scanform.dataset.table import MISSING_CODES, Column, Holds, Table
from scanform.i18n.texts import text
from scanform.model.questionnaire import Alphabet, QuestionKind
from scanform.model.response import Channel, Missing

BESIDE = "__missing"
"""Ends the name of a variable that says why another is empty."""

LOWEST = min(int(missing) for missing in Missing)
"""The lowest missing code; the highest is -1."""


class Kind(StrEnum):
    """What the values of a variable are."""

    CODE = "code"
    NUMBER = "number"
    TEXT = "text"
    DATE = "date"
    TIME = "time"
    MOMENT = "moment"


Value = int | float | str | date | time | datetime | None
"""None where there is no value and no missing code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What a number means: its text, and the code that stands for it in the CSV files. `is_missing` marks missing
    codes, `is_former` options that the present questionnaire does not have.
    """

    value: int
    code: str
    text: str
    is_missing: bool = False
    is_former: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """One variable with all its values, one per record. `column` is the column of responses.csv that it comes from."""

    name: str
    text: str
    kind: Kind
    values: tuple[Value, ...]
    column: str
    labels: tuple[Label, ...] = ()

    @property
    def holds_missing_codes(self) -> bool:
        """Whether negative values are missing codes."""
        return any(label.is_missing for label in self.labels)


def variables(table: Table, language: str) -> tuple[Variable, ...]:
    """The variables of a data set, in the order of its columns; `language` of the labels."""
    described = codebook.rows(table.columns, table.questionnaire, language)
    wording = {row[0]: row[2] for row in described}
    found: list[Variable] = []
    for place, column in enumerate(table.columns):
        given = [row[place] for row in table.rows]
        found += _variables_of(column, given, wording[column.name] or column.name, language)
    return tuple(found)


def _variables_of(column: Column, given: Sequence[str], asked: str, language: str) -> list[Variable]:
    labels = _labels(column, given, language)
    if labels:
        numbers = {label.code: label.value for label in labels}
        return [_variable(column, asked, Kind.CODE, [numbers[cell] for cell in given], labels)]
    if column.holds in {Holds.TEXT, Holds.AS_WRITTEN, Holds.FIXED}:
        return [_plain(column, given, asked)]
    return _field(column, given, asked, language)


def _plain(column: Column, given: Sequence[str], asked: str) -> Variable:
    """Cells that hold no missing codes: people's words, names and the moment of receipt."""
    if column.name == "received_at":
        return _variable(column, asked, Kind.MOMENT, [_moment(cell) for cell in given])
    return _variable(column, asked, Kind.TEXT, [visible(cell) for cell in given])


def _field(column: Column, given: Sequence[str], asked: str, language: str) -> list[Variable]:
    """Cells of a question with character cells: a number, a date, a time or a text, or a missing code."""
    codes = [int(cell) if cell in MISSING_CODES else None for cell in given]
    kind, read = _reading(column)
    if kind is Kind.NUMBER and not _may_be_negative(column):
        values = _read([cell for cell, code in zip(given, codes, strict=True) if code is None], read)
        if values is not None:
            rest = iter(values)
            mixed = [next(rest) if code is None else code for code in codes]
            return [_variable(column, asked, Kind.NUMBER, mixed, _missing_labels(language))]
    own = ["" if code is not None else cell for cell, code in zip(given, codes, strict=True)]
    values = _read(own, lambda cell: read(cell) if cell else None)
    if values is None or kind is Kind.TEXT:
        kind, values = Kind.TEXT, [visible(cell) for cell in own]
    why = (Label(value=0, code="0", text=text("statistics.given", language)), *_missing_labels(language))
    beside = Variable(
        name=f"{column.name}{BESIDE}",
        text=text("statistics.missing_of", language, column=column.name),
        kind=Kind.CODE,
        values=tuple(0 if code is None else code for code in codes),
        column=column.name,
        labels=why,
    )
    return [_variable(column, asked, kind, values), beside]


def _reading(column: Column) -> tuple[Kind, Callable[[str], Value]]:
    """The kind of a field's values, and how a cell is read; ValueError where it cannot be."""
    alphabet = None if column.question is None else column.question.alphabet
    if column.is_number:
        return Kind.NUMBER, _number
    if alphabet is Alphabet.DATE:
        return Kind.DATE, date.fromisoformat
    if alphabet is Alphabet.TIME:
        return Kind.TIME, time.fromisoformat
    return Kind.TEXT, str


def _read(given: Iterable[str], read: Callable[[str], Value]) -> list[Value] | None:
    """All cells read; None when one of them cannot be: then all stay text, and none is lost."""
    try:
        return [read(cell) for cell in given]
    except ValueError:
        return None


def _number(cell: str) -> int | float:
    return float(cell) if "." in cell else int(cell)


def _moment(cell: str) -> datetime | None:
    """The moment in UTC, without a zone, as statistics packages keep it."""
    return datetime.fromisoformat(cell).astimezone(UTC).replace(tzinfo=None) if cell else None


def _may_be_negative(column: Column) -> bool:
    least = None if column.question is None else column.question.minimum
    return least is not None and least.startswith("-")


def _labels(column: Column, given: Sequence[str], language: str) -> tuple[Label, ...]:
    """The labels of a coded column; none for others."""
    if column.holds is Holds.TICK:
        ticks = (("0", "merge.not-ticked"), ("1", "merge.ticked"))
        own = [Label(value=int(code), code=code, text=text(name, language)) for code, name in ticks]
    elif column.holds is Holds.STATUS:
        return _status_labels(language)
    elif column.name == "channel":
        return _channel_labels(given, language)
    elif column.name == "complete":
        return tuple(
            Label(value=number, code=str(number), text=text(f"statistics.{word}", language))
            for number, word in enumerate(("no", "yes"))
        )
    elif column.holds is Holds.CODE:
        own = _option_labels(column, given, language)
    else:
        return ()
    return (*own, *_missing_labels(language))


def _option_labels(column: Column, given: Sequence[str], language: str) -> list[Label]:
    """The options in their order, then what the data hold beside: options of earlier versions of the questionnaire."""
    question = column.question
    assert question is not None  # a column of codes belongs to a question
    known = {option.code: option.text.get(language) for option in question.options}
    if question.kind is QuestionKind.SIGNATURE:
        known = {"signed": text("statistics.signed", language)}
    former = sorted({cell for cell in given if cell not in known and cell not in MISSING_CODES})
    named = [(code, words, False) for code, words in known.items()] + [(code, code, True) for code in former]
    return [
        Label(value=number, code=code, text=words or code, is_former=is_former)
        for number, (code, words, is_former) in enumerate(named, start=1)
    ]


def _channel_labels(given: Sequence[str], language: str) -> tuple[Label, ...]:
    """The channels, then the combinations of them that merged records have."""
    names = {channel.value: text(f"report.channel-{channel.value}", language) for channel in Channel}
    joined = sorted({cell for cell in given if cell not in names})
    words = [
        *names.items(),
        *((cell, " + ".join(names.get(part, part) for part in cell.split("+"))) for cell in joined),
    ]
    return tuple(Label(value=number, code=code, text=said) for number, (code, said) in enumerate(words, start=1))


def _status_labels(language: str) -> tuple[Label, ...]:
    """Where a text comes from, as numbers from 1; why there is none, as the missing code."""
    own = [
        Label(value=number, code=word, text=text(f"statistics.status_{word}", language))
        for number, word in enumerate(cells.SOURCE_WORDS, start=1)
    ]
    why = {label.value: label.text for label in _missing_labels(language)}
    gone = [
        Label(value=int(missing), code=word, text=why[int(missing)], is_missing=True)
        for missing, word in cells.MISSING_WORDS.items()
    ]
    return (*own, *gone)


def _missing_labels(language: str) -> tuple[Label, ...]:
    return tuple(
        Label(value=int(code), code=code, text=text(f"merge.missing{code}", language), is_missing=True)
        for code in MISSING_CODES
    )


def _variable(
    column: Column, asked: str, kind: Kind, values: Sequence[Value], labels: tuple[Label, ...] = ()
) -> Variable:
    return Variable(name=column.name, text=asked, kind=kind, values=tuple(values), column=column.name, labels=labels)


def short_names(names: Iterable[str], most: int) -> Mapping[str, str]:
    """Names of at most `most` characters for packages that take no longer ones: each its own, equal in every export."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        short, number = name[:most], 1
        while short in taken:
            number += 1
            short = f"{name[: most - len(str(number)) - 1]}_{number}"
        taken.add(short)
        found[name] = short
    return found
