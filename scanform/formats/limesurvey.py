"""The CSV response export of LimeSurvey for a questionnaire of ours -> responses of the same type that paper gives.

What an export looks like was read from LimeSurvey's own export code: UTF-8 with BOM, cells quoted, `,` or `;`, an empty last
row; headings by code, by code and text, or by Expression Manager code; answers as codes or in full. Nothing is guessed: columns
and values that fit nothing are reported with row and column, and such an answer waits for a person.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from pathlib import Path

from scanform import rules
from scanform.errors import InputError
from scanform.formats import csv_io, limesurvey_values
from scanform.formats.limesurvey_columns import Holds, Target, targets
from scanform.formats.limesurvey_values import Cell
from scanform.i18n.texts import text
from scanform.model.problem import Problem
from scanform.model.questionnaire import DataClass, Option, Question, QuestionKind, Questionnaire
from scanform.model.response import Answer, Channel, Missing, Response, Status
from scanform.model.source import Lacking, SourceFacts

READER = "limesurvey"
SHOWN_CHARACTERS = 40  # of a value that is not understood: enough to find it, not the whole text
_NUMBER = re.compile(r"0*(\d+)(?:[.,]0*)?")
ANONYMOUS_YEAR = 1980  # LimeSurvey writes 1980-01-01 as the date of anonymised responses


@dataclass(frozen=True, slots=True, kw_only=True)
class DigitalImport:
    """What one export holds: its responses, what was wrong with it, and the headings of columns that were left aside on purpose.

    `facts` are what the survey tool says about each response, by `Response.id`; `lacking` is what the export has no columns for.
    """

    responses: tuple[Response, ...]
    problems: tuple[Problem, ...]
    ignored_columns: tuple[str, ...]
    facts: Mapping[str, SourceFacts] = field(default_factory=dict)
    lacking: Lacking = field(default_factory=Lacking)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Export:
    """An export whose columns are understood: the questionnaire, the labels of its options, and what stands in each column."""

    questionnaire: Questionnaire
    headings: Mapping[Target, str]
    columns: Mapping[Target, int]
    labels: Mapping[str, Mapping[str, str | None]]
    full_answers: bool
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What a row says about one question: canonical `value`, ticked options, or why there is nothing. `problems` are slugs, the main one first."""

    value: str = ""
    present: bool = True
    shown: bool = True
    problems: tuple[str, ...] = ()

    @property
    def ticked(self) -> frozenset[str]:
        """The codes of the ticked options of a choice question."""
        return frozenset(self.value.split())


def read_export(path: Path, questionnaire: Questionnaire, *, prefix: str = "online-", zone: tzinfo = UTC, language: str = "de") -> DigitalImport:
    """All responses in `path`.

    `prefix` stands before LimeSurvey's id in `Response.id`, `zone` is the time zone of the server that wrote the dates.
    Raises InputError for a file that is not a response export of this questionnaire.
    """
    table = csv_io.read_table(path, language=language)
    columns = targets(table.header, questionnaire)
    _check_columns(table.header, columns, path.name, language)
    export = _export(table, columns, questionnaire, language)
    _check_converted(table, columns, path.name, language)
    problems = [*table.problems, *_unknown_columns(table.header, columns), *_missing_columns(export)]
    responses: list[Response] = []
    facts: dict[str, SourceFacts] = {}
    for number, cells in table.rows:
        response, found = _response(export, number, cells, prefix=prefix, zone=zone)
        problems.extend(found)
        if response is not None:
            responses.append(response)
            facts[response.id] = _facts(export, cells)
    unique, repeated = _without_repeats(responses)
    ignored = tuple(h for h, t in zip(table.header, columns, strict=True) if t is not None and _is_dropped(t))
    return DigitalImport(responses=unique, problems=(*problems, *repeated), ignored_columns=ignored, facts=facts, lacking=_lacking(export))


def recognised(path: Path, questionnaire: Questionnaire, *, language: str = "de") -> float:
    """The share of the columns in `path` that belong to `questionnaire`, 0..1: which survey of a project is it an export of?"""
    columns = [t for t in targets(csv_io.read_table(path, language=language).header, questionnaire) if t is None or t.holds not in {Holds.SYSTEM, Holds.TIMING}]
    return sum(t is not None for t in columns) / len(columns) if columns else 0.0


def _is_dropped(target: Target) -> bool:
    used = {"id", "submitdate", "datestamp", "token"}
    return target.holds is Holds.TIMING or (target.holds is Holds.SYSTEM and target.question not in used)


def _check_columns(header: Sequence[str], columns: Sequence[Target | None], name: str, language: str) -> None:
    systems = {t.question for t in columns if t is not None and t.holds is Holds.SYSTEM}
    if "id" not in systems:
        raise _refused("export-no-id", name, language)
    if not any(t is not None and t.holds not in {Holds.SYSTEM, Holds.TIMING} for t in columns):
        raise _refused("export-no-codes", name, language)
    counts = Counter(t for t in columns if t is not None)
    for heading, target in zip(header, columns, strict=True):
        if target is not None and counts[target] > 1:
            raise _refused("export-column-twice", name, language, column=heading)


def _export(table: csv_io.CsvTable, columns: Sequence[Target | None], questionnaire: Questionnaire, language: str) -> _Export:
    places = {target: place for place, target in enumerate(columns) if target is not None}
    labels = {question.code: limesurvey_values.labels(question) for question in questionnaire.questions()}
    codes = {question.code: {option.code for option in question.options} for question in questionnaire.questions()}
    full = False
    for target, place in places.items():
        values = {cells[place].strip() for _, cells in table.rows}
        if target.holds is Holds.TICK:
            full = full or any(value.casefold() in {"yes", "no", "ja", "nein", "n/a"} for value in values)
        elif target.holds is Holds.CHOICE:
            known = labels[target.question]
            full = full or any(v not in codes[target.question] and known.get(limesurvey_values.plain(v)) for v in values if len(v) > 1 and v != "-oth-")
    headings = {target: table.header[place] for target, place in places.items()}
    return _Export(questionnaire=questionnaire, headings=headings, columns=places, labels=labels, full_answers=full, language=language)


def _check_converted(table: csv_io.CsvTable, columns: Sequence[Target | None], name: str, language: str) -> None:
    """Refuse an export in which Y and N were written as 1 and 2: there every No would count as a tick."""
    for place, target in enumerate(columns):
        if target is not None and target.holds is Holds.TICK and any(cells[place].strip() == "2" for _, cells in table.rows):
            raise _refused("export-converted", name, language, column=table.header[place])


def _unknown_columns(header: Sequence[str], columns: Sequence[Target | None]) -> Iterable[Problem]:
    for place, (heading, target) in enumerate(zip(header, columns, strict=True), start=1):
        if target is None:
            yield Problem(slug="unknown-column", params=(("column", _clipped(heading)), ("number", str(place))))


def _missing_columns(export: _Export) -> Iterable[Problem]:
    """What the export has no columns for; signatures are only ever on paper."""
    stamped = Target(holds=Holds.SYSTEM, question="submitdate") in export.columns
    asked = (question for question in export.questionnaire.questions() if question.kind is not QuestionKind.SIGNATURE)
    lacking = ([] if stamped else ["submitdate"]) + [question.code for question in asked if not _has_columns(export, question)]
    if lacking:
        yield Problem(slug="missing-column", params=(("column", ", ".join(lacking)),))


def _has_columns(export: _Export, question: Question) -> bool:
    if question.kind is not QuestionKind.MULTIPLE:
        return _choice_target(question) in export.columns
    return all(_has_tick(export, question, option) for option in question.options)


def _has_tick(export: _Export, question: Question, option: Option) -> bool:
    return _tick(question, option.code) in export.columns or (option.writein and _other(question, option.code) in export.columns)


def _text_place(export: _Export, question: Question, option: str) -> int | None:
    return export.columns.get(_writein(question, option), export.columns.get(_other(question, option)))


def _choice_target(question: Question) -> Target:
    return Target(holds=Holds.CHOICE if question.kind is QuestionKind.SINGLE else Holds.FIELD, question=question.code)


def _tick(question: Question, option: str) -> Target:
    return Target(holds=Holds.TICK, question=question.code, option=option)


def _other(question: Question, option: str) -> Target:
    return Target(holds=Holds.OTHER, question=question.code, option=option)


def _writein(question: Question, option: str) -> Target:
    return Target(holds=Holds.WRITEIN, question=question.code, option=option)


def _response(export: _Export, number: int, cells: Sequence[str], *, prefix: str, zone: tzinfo) -> tuple[Response | None, list[Problem]]:
    """The response in row `number`, and what was not understood in it."""
    row_id = _source_id(_system(export, cells, "id"))
    if not row_id:
        return None, [Problem(slug="row-without-id", params=(("row", str(number)),))]
    problems: list[Problem] = []
    found = {q.code: _found(export, q, number, cells, problems) for q in export.questionnaire.questions()}
    answers: list[Answer] = []
    for question in export.questionnaire.questions():
        shown = _is_shown(question, found, export.questionnaire)
        answers.append(_answer(question, found[question.code], shown=shown))
        answers.extend(_texts(export, question, cells, found[question.code], shown=shown))
    submitted, stamped = _system(export, cells, "submitdate"), _system(export, cells, "datestamp")
    response = Response(
        id=f"{prefix}{row_id}",
        questionnaire=export.questionnaire.code,
        version=export.questionnaire.version,
        channel=Channel.ONLINE,
        answers=tuple(answers),
        token=_system(export, cells, "token") or None,
        received_at=_utc(submitted, zone) or _utc(stamped, zone),
        complete=bool(submitted) and submitted.lower() not in limesurvey_values.NOT_SHOWN,
    )
    return response, problems


def _source_id(raw: str) -> str:
    """The number of a response: spreadsheets write 3.0 or 3,00 for 3."""
    number = _NUMBER.fullmatch(raw)
    return number[1] if number else raw


def _facts(export: _Export, cells: Sequence[str]) -> SourceFacts:
    """What LimeSurvey says about a response beside its answers; times as its clock showed them, the date of anonymised responses as none."""

    def cell(name: str) -> str | None:
        if Target(holds=Holds.SYSTEM, question=name) not in export.columns:
            return None
        value = _system(export, cells, name)
        return "" if value.lower() in limesurvey_values.NOT_SHOWN else value

    def time(name: str) -> str | None:
        value = cell(name)
        moment = None if not value else _moment(value)
        return value if not value else moment.isoformat() if moment else ""

    lastpage, seed = cell("lastpage"), cell("seed")
    return SourceFacts(
        token=cell("token"),
        startdate=time("startdate"),
        seed=seed if seed is None or seed.isdigit() else "",
        datestamp=time("datestamp"),
        submitdate=time("submitdate"),
        lastpage=None if lastpage is None else _source_id(lastpage),
    )


def _lacking(export: _Export) -> Lacking:
    """What the export has no columns for. A text beside the option of a question that is not there is not there either: whether it was asked is not known."""
    columns: list[str] = []
    options: list[tuple[str, str]] = []
    for question in export.questionnaire.questions():
        gone = [option.code for option in question.options if not _has_tick(export, question, option)]
        lacks = _choice_target(question) not in export.columns
        if question.kind is QuestionKind.MULTIPLE:
            lacks = len(gone) == len(question.options)
            options += [] if lacks else [(question.code, option) for option in gone]
        columns += [question.code] if lacks else []
        writeins = [option.code for option in question.options if option.writein]
        columns += [f"{question.code}__{option}_text" for option in writeins if lacks or _text_place(export, question, option) is None]
    return Lacking(columns=tuple(columns), options=tuple(options))


def _system(export: _Export, cells: Sequence[str], name: str) -> str:
    place = export.columns.get(Target(holds=Holds.SYSTEM, question=name))
    return "" if place is None else cells[place].strip()


def _utc(stamp: str, zone: tzinfo) -> str:
    """A date of LimeSurvey as ISO 8601 in UTC; "" when there is none, or only that of anonymised responses."""
    moment = _moment(stamp)
    return "" if moment is None else moment.replace(tzinfo=zone).astimezone(UTC).isoformat()


def _moment(stamp: str) -> datetime | None:
    """What the clock of the server showed; None when there is no date, or only that of anonymised responses."""
    for pattern in ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M"):
        try:
            moment = datetime.strptime(stamp, pattern)  # noqa: DTZ007 (the zone is added where it counts)
        except ValueError:
            continue
        return moment if moment.year > ANONYMOUS_YEAR else None
    return None


def _found(export: _Export, question: Question, number: int, cells: Sequence[str], problems: list[Problem]) -> _Found:
    """What the row says about `question`; what is not understood is added to `problems`."""
    if question.kind is QuestionKind.MULTIPLE:
        return _found_ticks(export, question, number, cells, problems)
    target = _choice_target(question)
    place = export.columns.get(target)
    if place is None:
        return _Found(present=False)
    if question.kind is QuestionKind.SINGLE:
        cell = limesurvey_values.choice(cells[place], export.labels[question.code])
    else:
        cell = limesurvey_values.field(cells[place], question, full_answers=export.full_answers)
    if cell.problem is not None:
        problems.append(_unknown(export, question, target, number=number, raw=cells[place], slug=cell.problem))
    return _Found(value=cell.value, shown=cell.shown, problems=_named(cell.problem))


def _found_ticks(export: _Export, question: Question, number: int, cells: Sequence[str], problems: list[Problem]) -> _Found:
    ticked: list[str] = []
    seen: list[Cell] = []
    unknown = False
    for option in question.options:
        cell, target, place = _tick_cell(export, question, option.code, cells)
        if cell is None or target is None:
            continue
        seen.append(cell)
        if cell.value:
            ticked.append(option.code)
        if cell.problem is not None:
            unknown = True
            problems.append(_unknown(export, question, target, number=number, raw=cells[place], slug="unknown-value"))
    complete = _has_columns(export, question)
    return _Found(
        value=" ".join(ticked),
        present=bool(seen) and complete,
        shown=not seen or any(cell.shown for cell in seen),
        problems=_named("unknown-value" if unknown else None, rules.check_choice(question, ticked).problem),
    )


def _named(*slugs: str | None) -> tuple[str, ...]:
    return tuple(slug for slug in slugs if slug is not None)


def _tick_cell(export: _Export, question: Question, option: str, cells: Sequence[str]) -> tuple[Cell | None, Target | None, int]:
    """The cell of one box; "other" has no box in LimeSurvey: its text is the tick."""
    target = _tick(question, option)
    if target in export.columns:
        place = export.columns[target]
        return limesurvey_values.tick(cells[place]), target, place
    target = _other(question, option)
    if target not in export.columns:
        return None, None, -1
    place = export.columns[target]
    text_cell = limesurvey_values.written(cells[place], full_answers=export.full_answers)
    return Cell(value="1" if text_cell.value else "", shown=text_cell.shown), target, place


def _unknown(export: _Export, question: Question, target: Target, *, number: int, raw: str, slug: str) -> Problem:
    """The problem with its row and column; the value is only shown where it is no personal data."""
    place = {"row": str(number), "column": _clipped(export.headings[target])}
    if question.data_class is not DataClass.ANSWER:
        return Problem(slug=slug, where=text("digital.cell", export.language, **place), params=tuple(place.items()))
    place["value"] = _clipped(raw)
    return Problem(slug=slug, where=text("digital.cell-value", export.language, **place), params=tuple(place.items()))


def _clipped(value: str) -> str:
    line = " ".join(value.split())
    return line if len(line) <= SHOWN_CHARACTERS else line[: SHOWN_CHARACTERS - 1] + "\N{HORIZONTAL ELLIPSIS}"


def _is_shown(question: Question, found: Mapping[str, _Found], questionnaire: Questionnaire) -> bool:
    """Whether the filters of the questionnaire ask `question` of this person; an unclear filter question hides nothing."""
    condition, passed = question.only_if, {question.code}
    while condition is not None:
        parent = found.get(condition.question)
        if parent is None or not parent.present or parent.problems:
            return True
        if not parent.ticked & set(condition.options):
            return False
        asked = questionnaire.question(condition.question)
        if asked is None or asked.code in passed:
            return True
        passed.add(asked.code)
        condition = asked.only_if
    return True


def _answer(question: Question, found: _Found, *, shown: bool) -> Answer:
    problems = (*found.problems, "filtered-but-answered") if found.value and not shown else found.problems
    missing = None
    if not found.value and not problems:
        missing = _why_empty(found, shown=shown)
    return Answer(
        question=question.code,
        kind=question.kind,
        value=found.value,
        confidence=0.0 if problems else 1.0,
        status=Status.REVIEW if problems else Status.AUTO,
        missing=missing,
        reader=READER,
        problems=problems,
    )


def _why_empty(found: _Found, *, shown: bool) -> Missing:
    if not found.present:
        return Missing.NOT_IN_VERSION
    return Missing.NO_ANSWER if shown and found.shown else Missing.FILTERED


def _texts(export: _Export, question: Question, cells: Sequence[str], found: _Found, *, shown: bool) -> Iterable[Answer]:
    """The texts beside the options of `question`: filtered unless the option is ticked."""
    for option in question.options:
        if option.writein:
            yield _text_answer(export, question, option.code, cells, found, shown=shown)


def _text_answer(export: _Export, question: Question, option: str, cells: Sequence[str], found: _Found, *, shown: bool) -> Answer:
    place = _text_place(export, question, option)
    value = "" if place is None else limesurvey_values.written(cells[place], full_answers=export.full_answers).value
    asked = shown and option in found.ticked
    problems = ("text-without-mark",) if value and not asked else ()
    missing = None
    if not value:
        missing = _why_empty(_Found(present=place is not None), shown=asked)
    return Answer(
        question=question.code,
        kind=QuestionKind.HANDWRITING,
        option=option,
        value=value,
        confidence=0.0 if problems else 1.0,
        status=Status.REVIEW if problems else Status.AUTO,
        missing=missing,
        reader=READER,
        problems=problems,
    )


def _without_repeats(responses: Sequence[Response]) -> tuple[tuple[Response, ...], tuple[Problem, ...]]:
    """Rows with one id count once when they are equal; when they differ none of them is taken."""
    by_id: dict[str, set[Response]] = {}
    for response in responses:
        by_id.setdefault(response.id, set()).add(response)
    counts = Counter(response.id for response in responses)
    problems = tuple(Problem(slug="duplicate-response", params=(("response", name), ("count", str(n)))) for name, n in counts.items() if n > 1)
    return tuple(next(iter(same)) for same in by_id.values() if len(same) == 1), problems


def _refused(slug: str, name: str, language: str, **params: str) -> InputError:
    return InputError(text(f"digital.{slug}", language, file=name, **params), remedy=text(f"digital.{slug}-remedy", language), slug=slug)
