"""The report: numbers from store and merged data, written as one HTML page."""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from scanform.dataset.table import table
from scanform.errors import StoreError, words
from scanform.i18n.texts import day_of
from scanform.model.page import Fate
from scanform.model.questionnaire import QuestionKind, Questionnaire
from scanform.model.record import Record
from scanform.model.response import Channel, Missing, Response, Status
from scanform.reporting.figures import ConflictCount, FieldFigures, Reading, ReportData, Returns, Survey, sections
from scanform.reporting.html import report
from scanform.reporting.response_rates import shown_together
from scanform.store import ledger
from scanform.whole_files import write_text
from scanform.workflow.dataset.merge_responses import matches, records
from scanform.workflow.insight.returns import field_work
from scanform.workflow.project.project import Project
from scanform.workflow.project.time_zone import readers_zone
from scanform.workflow.review.cards import reasons_text
from scanform.workflow.review.desk import effective_responses

UNSURE = "unsure"


def make_report(project: Project, out: Path, *, language: str | None = None) -> Path:
    """Write the report to `out`; raises StoreError when that is not possible."""
    language = language or project.language
    page = report(gather(project, language), language=language)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        write_text(out, page)
    except OSError as error:
        message = words("merge.cannot-write", file=str(out), reason=error)
        raise StoreError(message, remedy=words("merge.cannot-write-remedy"), slug="cannot-write") from error
    return out


def gather(project: Project, language: str) -> ReportData:
    """The present content of the report."""
    responses = effective_responses(project)
    merged = records(project, responses)
    with project.store.reading() as tx:
        counts = ledger.fate_counts(tx)
        pages = sum(max(1, file.pages) for file in ledger.files(tx)) + ledger.further_sheets(tx)
    return ReportData(
        project=project.config.name,
        as_of=_as_of(project, responses),
        returns=_returns(responses),
        pages=pages,
        fates=tuple((fate, counts.get(fate, 0)) for fate in (*Fate, None)),
        readings=_readings(response for response in responses if response.channel is Channel.PAPER),
        waiting=_waiting(responses, merged, language),
        surveys=tuple(
            _survey(questionnaire, responses, merged, language)
            for _, questionnaire in sorted(project.questionnaires.items())
        ),
        problems=matches(project, responses).problems,
        field=_field(project),
    )


def _field(project: Project) -> FieldFigures | None:
    """How far the places of the register got, with small groups shown together; None without a register."""
    found = field_work(project)
    if not found.standings:
        return None
    return FieldFigures(
        total=found.total,
        districts=shown_together(found.districts),
        carriers=shown_together(found.carriers),
        days=found.days,
        curve=tuple((point.day, point.places) for point in found.curve),
        outstanding=len(found.outstanding),
        no_place=found.no_place,
    )


def _as_of(project: Project, responses: Sequence[Response]) -> str:
    """The day of the latest response, decision or batch: the report of unchanged data does not change."""
    moments = [response.received_at for response in responses] + [decision.at for decision in project.store.decisions()]
    latest = max([*moments, *(batch.created_at for batch in project.store.batches())], default="")
    return day_of(latest, readers_zone(project.config))


def _returns(responses: Sequence[Response]) -> tuple[Returns, ...]:
    found = Counter(response.channel for response in responses)
    complete = Counter(response.channel for response in responses if response.complete)
    return tuple(
        Returns(channel=channel, count=found[channel], complete=complete[channel])
        for channel in Channel
        if found[channel]
    )


def _readings(responses: Iterable[Response]) -> tuple[Reading, ...]:
    """The origin (machine or person) of the values read on paper, by kind of field; texts beside options are text."""
    counts: Counter[tuple[QuestionKind, Status | None]] = Counter()
    for response in responses:
        for answer in response.answers:
            kind = answer.kind if answer.option is None else QuestionKind.HANDWRITING
            absent = answer.missing in {Missing.PAGE_MISSING, Missing.NOT_IN_VERSION}
            counts[(kind, None if absent else answer.status)] += 1
    return tuple(
        Reading(
            kind=kind,
            automatic=counts[(kind, Status.AUTO)],
            confirmed=counts[(kind, Status.CONFIRMED)],
            corrected=counts[(kind, Status.CORRECTED)],
            waiting=counts[(kind, Status.REVIEW)],
            absent=counts[(kind, None)],
        )
        for kind in QuestionKind
        if any(found is kind for found, _ in counts)
    )


def _waiting(responses: Sequence[Response], merged: Sequence[Record], language: str) -> tuple[tuple[str, int], ...]:
    """(reasons in words, values) of everything that waits for a person, most frequent first; a value counts once, with
    all its reasons.
    """
    waiting = [
        answer.problems or (UNSURE,)
        for response in responses
        for answer in response.answers
        if answer.status is Status.REVIEW
    ]
    waiting += [("contradiction",) for record in merged for conflict in record.conflicts if not conflict.decided]
    by_words = Counter(reasons_text(slugs, language) for slugs in waiting)
    return tuple(
        sorted(((words, count) for words, count in by_words.items() if count), key=lambda found: (-found[1], found[0]))
    )


def _survey(
    questionnaire: Questionnaire, responses: Sequence[Response], merged: Sequence[Record], language: str
) -> Survey:
    data = table(merged, questionnaire)
    names = [column.name for column in data.columns]
    rows = [dict(zip(names, row, strict=True)) for row in data.rows]
    return Survey(
        title=questionnaire.title.get(language),
        publisher="" if questionnaire.publisher is None else questionnaire.publisher.get(language),
        records=len(rows),
        complete=sum(record.response.complete for record in data.records),
        responses=sum(response.questionnaire == questionnaire.code for response in responses),
        sections=sections(questionnaire, rows, language),
        conflicts=_conflicts(questionnaire, data.records, language),
    )


def _conflicts(questionnaire: Questionnaire, merged: Sequence[Record], language: str) -> tuple[ConflictCount, ...]:
    """Contradictions by question in the order of the form; texts beside options count with their question."""
    counts: Counter[tuple[str, bool]] = Counter()
    for record in merged:
        for conflict in record.conflicts:
            counts[(conflict.sources[0].answer.question, conflict.decided)] += 1
    found = ((q, counts[(q.code, False)], counts[(q.code, True)]) for q in questionnaire.questions())
    return tuple(
        ConflictCount(title=q.text.get(language), waiting=waiting, decided=decided)
        for q, waiting, decided in found
        if waiting or decided
    )
