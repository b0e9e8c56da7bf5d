"""The data set: one row per record, the columns of the file contract in the order of the questionnaire.

Rows are tuples of text, never typed cells: types would turn postcodes into numbers and missing codes into NaN.
`frames.frame` makes a data frame of text of them.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Annotated

from scanform.dataset import cells
from scanform.model.constraint import COLUMN, MOMENT, OPTION_CODE, QUESTION_CODE, Constraint
from scanform.model.questionnaire import Alphabet, DataClass, Question, QuestionKind, Questionnaire
from scanform.model.record import Record
from scanform.model.response import Channel, Missing


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedCells:
    """The first cells of every row of responses.csv, in the order of the columns."""

    response_id: Annotated[str, Constraint(shortest=1)]
    token: str
    channel: Channel
    place_id: str
    received_at: Annotated[str, Constraint(pattern=f"({MOMENT})?")]
    complete: Annotated[str, Constraint(choices=("0", "1"))]


FIXED = tuple(field.name for field in fields(FixedCells))

MISSING_CODES = tuple(str(int(missing)) for missing in Missing)
"""The missing codes as cell text, -1 first."""


class Holds(StrEnum):
    """The kind of cells in a column."""

    FIXED = "fixed"
    CODE = "code"
    TICK = "tick"
    FIELD = "field"
    TEXT = "text"
    STATUS = "status"
    AS_WRITTEN = "as-written"


_NAMED_LIKE_ANSWERS = (f"^{COLUMN}$", Constraint())

COLUMNS: Mapping[Holds, tuple[str, Constraint]] = {
    Holds.TICK: (f"^{QUESTION_CODE}__{OPTION_CODE}$", Constraint(choices=("0", "1", *MISSING_CODES))),
    Holds.STATUS: ("__status$", Constraint()),
    Holds.AS_WRITTEN: ("__as_written$", Constraint()),
    Holds.CODE: _NAMED_LIKE_ANSWERS,
    Holds.FIELD: _NAMED_LIKE_ANSWERS,
    Holds.TEXT: _NAMED_LIKE_ANSWERS,
}
"""The names of question columns (a regular expression), and the admissible content of their cells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column. `answer` is the column of the `Answer` behind it; `option` the option of a tick or of a text beside
    it.
    """

    name: str
    holds: Holds
    question: Question | None = None
    option: str | None = None
    answer: str = ""

    @property
    def is_number(self) -> bool:
        """Whether all cells are numbers or missing codes, without leading zeros to lose."""
        if self.holds is Holds.TICK:
            return True
        question = self.question
        if self.holds is not Holds.FIELD or question is None:
            return False
        bounded = question.minimum is not None or question.maximum is not None or question.unit is not None
        return question.alphabet is Alphabet.DECIMAL or (question.alphabet is Alphabet.DIGITS and bounded)

    @property
    def is_row_of_cells(self) -> bool:
        """Whether the cells hold what stands in character cells, or a missing code."""
        return self.holds is Holds.FIELD and self.question is not None and self.question.alphabet is not None

    @property
    def is_free_text(self) -> bool:
        """Whether the cells contain people's own words, so that they need the formula guard."""
        if self.holds in {Holds.TEXT, Holds.AS_WRITTEN} or self.name in {"token", "place_id"}:
            return True
        return (
            self.holds is Holds.FIELD
            and self.question is not None
            and self.question.alphabet in {None, Alphabet.LETTERS, Alphabet.ALNUM}
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Columns and rows of text cells; `records` are the records behind the rows."""

    questionnaire: Questionnaire
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    records: tuple[Record, ...]


def table(
    records: Iterable[Record],
    questionnaire: Questionnaire,
    *,
    classes: Collection[DataClass] = (DataClass.ANSWER, DataClass.SENSITIVE),
) -> Table:
    """The data set of one questionnaire with the questions of `classes`, in order of receipt."""
    ordered = sorted(
        (r for r in records if r.response.questionnaire == questionnaire.code),
        key=lambda r: (r.response.received_at, r.response.id),
    )
    kept = frozenset(answer.column for record in ordered for answer in record.response.answers if answer.raw)
    columns = (
        *(Column(name=name, holds=Holds.FIXED) for name in FIXED),
        *question_columns(questionnaire, classes, kept),
    )
    return Table(
        questionnaire=questionnaire,
        columns=columns,
        rows=tuple(_row(record, columns) for record in ordered),
        records=tuple(ordered),
    )


def question_columns(
    questionnaire: Questionnaire, classes: Collection[DataClass], kept: Collection[str] = ()
) -> tuple[Column, ...]:
    """The columns of all questions of `classes`; a question with `kept` inadmissible entries is followed by a column
    for them.
    """
    return tuple(
        column
        for question in questionnaire.questions()
        if question.data_class in classes
        for columns in (tuple(_columns(question)),)
        for column in (*columns, *_as_written(question, columns, kept))
    )


def _as_written(question: Question, columns: Sequence[Column], kept: Collection[str]) -> Iterable[Column]:
    for answer in dict.fromkeys(column.answer for column in columns if column.answer in kept):
        yield Column(name=f"{answer}__as_written", holds=Holds.AS_WRITTEN, question=question, answer=answer)


def _columns(question: Question) -> Iterable[Column]:
    code = question.code
    if question.kind is QuestionKind.MULTIPLE:
        for option in question.options:
            yield Column(
                name=f"{code}__{option.code}", holds=Holds.TICK, question=question, option=option.code, answer=code
            )
    elif question.kind is QuestionKind.HANDWRITING:
        yield from _text_columns(question, code, None)
    else:
        yield Column(
            name=code,
            holds=Holds.CODE if question.kind is not QuestionKind.COMB else Holds.FIELD,
            question=question,
            answer=code,
        )
    for option in question.options:
        if option.writein:
            yield from _text_columns(question, f"{code}__{option.code}_text", option.code)


def _text_columns(question: Question, name: str, option: str | None) -> Iterable[Column]:
    yield Column(name=name, holds=Holds.TEXT, question=question, option=option, answer=name)
    yield Column(name=f"{name}__status", holds=Holds.STATUS, question=question, option=option, answer=name)


def _row(record: Record, columns: Sequence[Column]) -> tuple[str, ...]:
    response = record.response
    answers = {answer.column: answer for answer in response.answers}
    fixed = FixedCells(
        response_id=response.id,
        token=response.token or "",
        channel=response.channel,
        place_id=response.place_id or "",
        received_at=response.received_at,
        complete=str(int(response.complete)),
    )

    def cell(column: Column) -> str:
        answer = answers.get(column.answer)
        if column.holds is Holds.FIXED:
            return str(getattr(fixed, column.name))
        if column.holds is Holds.TICK:
            return cells.tick_cell(answer, column.option or "")
        if column.holds is Holds.AS_WRITTEN:
            return (answer.raw or "") if answer is not None else ""
        if column.holds is Holds.TEXT:
            return cells.text_cell(answer)
        if column.holds is Holds.STATUS:
            return cells.status_cell(answer, record.channel_of(column.answer))
        return cells.value_cell(answer)

    return tuple(cell(column) for column in columns)
