"""The origin of each value in the data set: response, channel, reader, person, rule, file, page and pixels."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Annotated

from scanform.dataset import cells
from scanform.dataset.table import Table
from scanform.model.constraint import COLUMN, FORM_ID, QUESTION_CODE, Constraint
from scanform.model.questionnaire import DataClass, QuestionKind, Questionnaire
from scanform.model.record import Conflict, Record, Source
from scanform.model.response import Answer, Channel, Evidence, Missing, Response, Status
from scanform.model.review import Decision

PROVENANCE = (
    "response_id",
    "column",
    "value",
    "rule",
    "source_response",
    "source_value",
    "channel",
    "status",
    "confidence",
    "reader",
    "reviewer",
    "decided_at",
    "source_file",
    "source_page",
    "x_px",
    "y_px",
    "w_px",
    "h_px",
    "as_written",
)
CONFLICTS = (
    "item",
    "response_id",
    "token",
    "column",
    "source_response",
    "channel",
    "value",
    "status",
    "state",
    "decided_value",
    "reviewer",
    "decided_at",
)
Pixels = Annotated[str, Constraint(pattern="[0-9]*")]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingRow:
    """A row of readings.csv, all cells as text, in the order of the columns."""

    questionnaire: Annotated[str, Constraint(pattern=QUESTION_CODE)]
    form_id: Annotated[str, Constraint(pattern=rf"{FORM_ID}(\.[2-9][0-9]*|\.1[0-9]+)?")]
    page: Annotated[str, Constraint(pattern="[0-9]*")]
    question: Annotated[str, Constraint(pattern=COLUMN)]
    kind: QuestionKind
    value: str
    confidence: Annotated[str, Constraint(pattern=r"(0(\.[0-9]+)?|1(\.0+)?)?")]
    status: Status
    reader: str
    source_file: str
    source_page: Annotated[str, Constraint(pattern="([1-9][0-9]*)?")]
    x_px: Pixels
    y_px: Pixels
    w_px: Pixels
    h_px: Pixels
    problem: Annotated[str, Constraint(pattern="([a-z0-9-]+( [a-z0-9-]+)*)?")]


READINGS = tuple(field.name for field in fields(ReadingRow))

TYPIST = ":"
"""Separates the reader of a keyed value (a person) from the name of that person."""

Deciders = Mapping[str, Decision]
"""The decision in force by review item, "<response id>/<column>"."""


def columns_of(questionnaire: Questionnaire, classes: Collection[DataClass]) -> frozenset[str]:
    """The answer columns of the questions of `classes`, including texts beside options."""
    questions = [q for q in questionnaire.questions() if q.data_class in classes]
    return frozenset(q.code for q in questions) | {
        f"{q.code}__{o.code}_text" for q in questions for o in q.options if o.writein
    }


def provenance_rows(table: Table, deciders: Deciders) -> Iterator[tuple[str, ...]]:
    """One row per value and source, in the order of the data set; a contradiction has a row for each of its sources."""
    wanted = tuple(dict.fromkeys(column.answer for column in table.columns if column.answer))
    for record in table.records:
        answers = {answer.column: answer for answer in record.response.answers}
        for column in wanted:
            origin, answer = record.origins.get(column), answers.get(column)
            if origin is not None and answer is not None:
                for source in origin.sources:
                    yield _provenance_row(record, answer, origin.rule, source, deciders)


def _provenance_row(record: Record, answer: Answer, rule: str, source: Source, deciders: Deciders) -> tuple[str, ...]:
    of_merge = deciders.get(f"{record.id}/{answer.column}") if rule.startswith("decision/") else None
    decision = of_merge or deciders.get(f"{source.response_id}/{answer.column}")
    if of_merge is None and source.answer.status not in {Status.CONFIRMED, Status.CORRECTED}:
        decision = None
    reader, _, typist = (
        source.answer.reader.partition(TYPIST) if source.channel in cells.KEYED else (source.answer.reader, "", "")
    )
    at = source.received_at if source.channel in cells.KEYED else ""
    return (
        record.response.id,
        answer.column,
        cells.value_cell(answer),
        rule,
        source.response_id,
        cells.value_cell(source.answer),
        source.channel.value,
        source.answer.status.value,
        probability(source.answer.confidence),
        reader,
        decision.reviewer if decision else typist,
        decision.at if decision else at,
        *_place(source.answer.evidence),
        source.answer.raw or answer.raw or "",
    )


def conflict_rows(records: Iterable[Record], wanted: Collection[str], deciders: Deciders) -> Iterator[tuple[str, ...]]:
    """One row per source of each contradiction, including decided ones."""
    for record in records:
        answers = {answer.column: answer for answer in record.response.answers}
        for conflict in record.conflicts:
            if conflict.column in wanted:
                for source in conflict.sources:
                    yield _conflict_row(record, conflict, answers[conflict.column], source, deciders)


def _conflict_row(
    record: Record, conflict: Conflict, answer: Answer, source: Source, deciders: Deciders
) -> tuple[str, ...]:
    item = f"{record.id}/{conflict.column}"
    decision = deciders.get(item) if conflict.decided else None
    return (
        item,
        record.response.id,
        record.response.token or "",
        conflict.column,
        source.response_id,
        source.channel.value,
        source.answer.value,
        source.answer.status.value,
        "decided" if conflict.decided else "open",
        cells.value_cell(answer) if conflict.decided else "",
        decision.reviewer if decision else "",
        decision.at if decision else "",
    )


def reading_rows(
    responses: Iterable[Response],
    questionnaires: Mapping[str, Questionnaire],
    *,
    classes: Collection[DataClass] = (DataClass.ANSWER, DataClass.SENSITIVE),
) -> Iterator[tuple[str, ...]]:
    """The rows of readings.csv: what was read on paper in the questions of `classes`, by form, in the order of the
    questionnaire.
    """
    for response in sorted(responses, key=lambda r: (r.questionnaire, r.id)):
        questionnaire = questionnaires.get(response.questionnaire)
        if questionnaire is None or response.channel is not Channel.PAPER:
            continue
        wanted = columns_of(questionnaire, classes)
        order = {question.code: place for place, question in enumerate(questionnaire.questions())}
        for answer in sorted(response.answers, key=lambda a: (order.get(a.question, len(order)), a.option is not None)):
            if answer.column in wanted:
                row = _reading_row(response, answer)
                yield tuple(str(getattr(row, name)) for name in READINGS)


def _reading_row(response: Response, answer: Answer) -> ReadingRow:
    path, page, x, y, w, h = _place(answer.evidence)
    unseen = answer.missing is Missing.PAGE_MISSING  # no confidence in a value nobody has seen
    return ReadingRow(
        questionnaire=response.questionnaire,
        form_id=response.id,
        page=str(answer.page or ""),
        question=answer.column,
        kind=QuestionKind.HANDWRITING if answer.option is not None else answer.kind,
        value=answer.value,
        confidence=probability(answer.confidence) if answer.evidence is not None else "",
        status=Status.REVIEW if unseen else answer.status,
        reader=answer.reader,
        source_file=path,
        source_page=page,
        x_px=x,
        y_px=y,
        w_px=w,
        h_px=h,
        problem=" ".join(answer.problems),
    )


def _place(evidence: Evidence | None) -> tuple[str, str, str, str, str, str]:
    """Source file, 1-based page, and the pixel box."""
    if evidence is None:
        return ("", "", "", "", "", "")
    box = evidence.box
    x, y = max(0, box.x), max(0, box.y)
    return (
        evidence.ref.path,
        str(evidence.ref.index + 1),
        str(x),
        str(y),
        str(max(0, box.w + min(0, box.x))),
        str(max(0, box.h + min(0, box.y))),
    )


def probability(confidence: float) -> str:
    """A probability with up to six decimals, truncated: only certainty is 1."""
    millionths = int(min(1.0, max(0.0, confidence)) * 1_000_000 + 1e-6)
    return f"{millionths / 1_000_000:.6f}".rstrip("0").rstrip(".")
