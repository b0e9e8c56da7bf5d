"""The figures of the report, counted from the rows of the data set. Pure numbers: nothing here knows HTML.

Free text and dates are only counted, sensitive questions too; contact questions do not appear at all.
"""

import math
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scanform.model.page import Fate
from scanform.model.problem import Problem
from scanform.model.questionnaire import Alphabet, DataClass, Matrix, Note, Question, QuestionKind, Questionnaire
from scanform.model.response import Channel
from scanform.reporting.response_rates import Group

Row = Mapping[str, str]
"""A row of the data set: cell by column."""

MAX_BINS = 8  # more bars than this are not read, fewer hide the shape
FROM_BINS = 5  # values; below that a histogram shows single answers


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """An option with the number of records that chose it."""

    label: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceFigure:
    """How often each option was chosen. `base` records gave an answer, `missing` are (code, records) of the others."""

    code: str
    title: str
    bars: tuple[Bar, ...]
    base: int
    missing: tuple[tuple[str, int], ...]
    multiple: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixFigure:
    """Several choice figures that share their options."""

    code: str
    title: str
    options: tuple[str, ...]
    rows: tuple[ChoiceFigure, ...]
    multiple: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """Values from `low` to `high` (both inclusive) and their number."""

    low: float
    high: float
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberFigure:
    """The distribution of a number: quartiles by the inclusive method, and bins when there are enough values."""

    code: str
    title: str
    unit: str
    count: int
    missing: tuple[tuple[str, int], ...]
    lowest: float = math.nan
    lower_quartile: float = math.nan
    median: float = math.nan
    upper_quartile: float = math.nan
    highest: float = math.nan
    bins: tuple[Bin, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CountFigure:
    """The number of records with a value, when the values themselves are not shown."""

    code: str
    title: str
    count: int
    total: int
    sensitive: bool = False


Figure = ChoiceFigure | MatrixFigure | NumberFigure | CountFigure


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionFigures:
    """The figures of one section of the questionnaire."""

    title: str
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConflictCount:
    """Contradictions about one question: number waiting, number decided by a person."""

    title: str
    waiting: int
    decided: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """One questionnaire: `records` rows after merging (`complete` of them complete), made of `responses` responses."""

    title: str
    publisher: str
    records: int
    complete: int
    responses: int
    sections: tuple[SectionFigures, ...]
    conflicts: tuple[ConflictCount, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Returns:
    """Responses of one channel."""

    channel: Channel
    count: int
    complete: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Values of one kind of field on paper: accepted as read, confirmed or corrected by a person, waiting, on
    missing pages.
    """

    kind: QuestionKind
    automatic: int
    confirmed: int
    corrected: int
    waiting: int
    absent: int = 0

    @property
    def total(self) -> int:
        """All values that could be read."""
        return self.automatic + self.confirmed + self.corrected + self.waiting


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldFigures:
    """How far the places of the register got; groups as they may be shown (`response_rates.shown_together`).

    `curve` are (ISO day, places that had answered by its end); `outstanding` counts those who got a questionnaire and
    have not answered, `no_place` responses that belong to no place.
    """

    total: Group
    districts: tuple[Group, ...]
    carriers: tuple[Group, ...]
    days: NumberFigure
    curve: tuple[tuple[str, int], ...]
    outstanding: int
    no_place: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportData:
    """The content of the report.

    `as_of` is the ISO date of the latest data. `pages` counts the submitted pages; a fate None stands for those waiting
    to be read. `waiting` are (reason in words, values). `field` is None for a project without a register.
    """

    project: str
    as_of: str
    returns: tuple[Returns, ...]
    pages: int
    fates: tuple[tuple[Fate | None, int], ...]
    readings: tuple[Reading, ...]
    waiting: tuple[tuple[str, int], ...]
    surveys: tuple[Survey, ...]
    problems: tuple[Problem, ...] = ()
    field: FieldFigures | None = None


def sections(questionnaire: Questionnaire, rows: Sequence[Row], language: str) -> tuple[SectionFigures, ...]:
    """The figures of each section that has any."""
    found = []
    for section in questionnaire.sections:
        figures: list[Figure] = []
        for item in section.items:
            if isinstance(item, Matrix):
                figures.extend(_matrix(item, rows, language))
            elif not isinstance(item, Note) and item.data_class is not DataClass.CONTACT:
                figures.append(_figure(item, rows, language))
        if figures:
            found.append(SectionFigures(title=section.title.get(language), figures=tuple(figures)))
    return tuple(found)


def _matrix(matrix: Matrix, rows: Sequence[Row], language: str) -> tuple[Figure, ...]:
    asked = [question for question in matrix.rows if question.data_class is DataClass.ANSWER]
    others = tuple(_figure(q, rows, language) for q in matrix.rows if q.data_class is DataClass.SENSITIVE)
    if not asked:
        return others
    figures = tuple(_choice(question, rows, language) for question in asked)
    options = tuple(option.text.get(language) for option in matrix.options)
    return (
        MatrixFigure(
            code=matrix.code, title=matrix.text.get(language), options=options, rows=figures, multiple=matrix.multiple
        ),
        *others,
    )


def _figure(question: Question, rows: Sequence[Row], language: str) -> Figure:
    if question.data_class is DataClass.SENSITIVE:
        return _count(question, rows, language, sensitive=True)
    if question.kind in {QuestionKind.SINGLE, QuestionKind.MULTIPLE}:
        return _choice(question, rows, language)
    return _number(question, rows, language) if is_number(question) else _count(question, rows, language)


def is_number(question: Question) -> bool:
    """Whether a question asks for a quantity (a postcode does not: it has no bounds and no unit)."""
    bounded = question.minimum is not None or question.maximum is not None or question.unit is not None
    return question.kind is QuestionKind.COMB and (
        question.alphabet is Alphabet.DECIMAL or (question.alphabet is Alphabet.DIGITS and bounded)
    )


def _choice(question: Question, rows: Sequence[Row], language: str) -> ChoiceFigure:
    multiple = question.kind is QuestionKind.MULTIPLE
    counts: Counter[str] = Counter()
    missing: Counter[str] = Counter()
    base = 0
    for row in rows:
        cells = (
            {o.code: row.get(f"{question.code}__{o.code}", "") for o in question.options}
            if multiple
            else {row.get(question.code, ""): "1"}
        )
        code = _of_all(list(cells.values())) if multiple else next(iter(cells))
        if _is_missing(code):
            missing[code] += 1
            continue
        base += 1
        counts.update(option for option, cell in cells.items() if cell == "1")
    bars = tuple(Bar(label=option.text.get(language), count=counts[option.code]) for option in question.options)
    return ChoiceFigure(
        code=question.code,
        title=question.text.get(language),
        bars=bars,
        base=base,
        missing=_sorted(missing),
        multiple=multiple,
    )


def _is_missing(cell: str) -> bool:
    """Whether a cell holds a missing code (-1 to -99)."""
    return len(cell) in {2, 3} and cell[0] == "-" and cell[1:].isdigit() and cell[1] != "0"


def _of_all(cells: Sequence[str]) -> str:
    """The combined content of all boxes of a question; an option not offered (-5) says nothing about the others."""
    return next((cell for cell in cells if cell != "-5"), "-5" if cells else "")


def _sorted(missing: Counter[str]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(missing.items()))


def _number(question: Question, rows: Sequence[Row], language: str) -> NumberFigure:
    values: list[float] = []
    missing: Counter[str] = Counter()
    for row in rows:
        cell = row.get(question.code, "")
        if _is_missing(cell) or not cell:
            missing[cell or "-5"] += 1
            continue
        try:
            values.append(float(cell))
        except ValueError:
            missing["-3"] += 1
    unit = "" if question.unit is None else question.unit.get(language)
    return number_figure(
        values, code=question.code, title=question.text.get(language), unit=unit, missing=_sorted(missing)
    )


def number_figure(
    values: Sequence[float], *, code: str, title: str, unit: str, missing: tuple[tuple[str, int], ...]
) -> NumberFigure:
    """The figure of these values (perhaps none)."""
    if not values:
        return NumberFigure(code=code, title=title, unit=unit, count=0, missing=missing)
    lower, median, upper = (
        statistics.quantiles(values, n=4, method="inclusive") if len(values) > 1 else (values[0],) * 3
    )
    return NumberFigure(
        code=code,
        title=title,
        unit=unit,
        count=len(values),
        missing=missing,
        lowest=min(values),
        lower_quartile=lower,
        median=median,
        upper_quartile=upper,
        highest=max(values),
        bins=bins(values),
    )


NARROWEST = 1e-6
"""Smallest width of a bin: nobody writes more decimals, and numbers stay exact."""


def bins(values: Sequence[float]) -> tuple[Bin, ...]:
    """At most `MAX_BINS` equally wide bins with round limits; none for too few or all equal values."""
    low, high = min(values), max(values)
    if len(values) < FROM_BINS or low == high:
        return ()
    whole = all(value.is_integer() for value in values)
    width = _round_width((high - low + whole) / MAX_BINS, whole=whole)
    start, number = _first_and_number(low, high, width)
    while number > MAX_BINS + 2:  # round limits may begin below the lowest value and end above the highest
        width = _round_width(width * 1.01, whole=whole)
        start, number = _first_and_number(low, high, width)
    counts = Counter(
        min(number - 1, max(0, int((value - start) // width))) for value in values
    )  # rounding may fall just outside
    last = 1.0 if whole else 0.0  # whole numbers: 0-9, 10-19; others: 0-10, 10-20 with the upper limit excluded
    return tuple(
        Bin(low=start + n * width, high=start + (n + 1) * width - last, count=counts[n]) for n in range(number)
    )


def _first_and_number(low: float, high: float, width: float) -> tuple[float, int]:
    """The start of the first bin, and the number of bins."""
    start = math.floor(low / width) * width
    return start, math.floor((high - start) / width) + 1


def _round_width(width: float, *, whole: bool) -> float:
    """The next larger of 1, 2, 2.5, 5 times a power of ten (whole numbers: at least 1, and no 2.5)."""
    width = max(width, 1.0 if whole else NARROWEST)
    power = 10.0 ** math.floor(math.log10(width))
    steps = (1, 2, 5, 10, 20) if whole else (1, 2, 2.5, 5, 10, 20)
    wide = next(step * power for step in steps if step * power >= width * (1 - 1e-9))
    return wide if not whole or wide.is_integer() else float(math.ceil(wide))


def _count(question: Question, rows: Sequence[Row], language: str, *, sensitive: bool = False) -> CountFigure:
    given = sum(_is_given(question, row) for row in rows)
    return CountFigure(
        code=question.code, title=question.text.get(language), count=given, total=len(rows), sensitive=sensitive
    )


def _is_given(question: Question, row: Row) -> bool:
    if question.kind is QuestionKind.MULTIPLE:
        return any(row.get(f"{question.code}__{option.code}") == "1" for option in question.options)
    cell = row.get(question.code, "")
    return bool(cell) and (question.kind is QuestionKind.HANDWRITING or not _is_missing(cell))
