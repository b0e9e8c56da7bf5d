"""A table with understood columns -> responses of the same type as from paper, whatever tool wrote it.

Nothing is guessed: unknown columns and values are reported with row and column, and such an answer waits for a person.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import tzinfo

from scanform import rules
from scanform.errors import InputError, words
from scanform.filters import Known, beside, is_asked
from scanform.formats.responses import csv_io, limesurvey_values, moments
from scanform.formats.responses.limesurvey_columns import Holds, Target
from scanform.formats.responses.limesurvey_formats import Formats, decide, name_of, repair
from scanform.formats.responses.limesurvey_reached import Reached, Seen, pages_are_sections
from scanform.formats.responses.limesurvey_values import Cell, ChoiceIndex
from scanform.formats.responses.pattern import TAKEN, Column, Kind, Role, Understood, system
from scanform.formats.responses.response_spool import ResponseSpool
from scanform.i18n.texts import text
from scanform.model.column_format import FormatChoices, FormatDecision, FormatKind, OpenFormat
from scanform.model.problem import Problem
from scanform.model.questionnaire import DataClass, Option, Question, QuestionKind, Questionnaire
from scanform.model.response import Answer, Channel, Missing, Response, Status
from scanform.model.source import Lacking, SourceFacts

SHOWN_CHARACTERS = 40  # of a value that is not understood: enough to find it, not the whole text
_NUMBER = re.compile(r"0*(\d+)(?:[.,]0*)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFormat:
    """How a file as a whole was read."""

    encoding: str
    delimiter: str
    full_answers: bool
    decomposed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DigitalImport:
    """The content of one export: its responses, its problems, and the headings of columns left aside on purpose.

    `facts` are what the survey tool says about each response, by `Response.id`; `lacking` are the columns missing from
    the export. `accounts` say what each column of the file is, `kind` which tool wrote it. `decisions` are how its
    `columns` were read; where `still_open` or `misfits` hold something, a column's reading is undecided, and there are
    no responses.
    """

    responses: Sequence[Response]
    problems: tuple[Problem, ...]
    ignored_columns: tuple[str, ...]
    facts: Mapping[str, SourceFacts] = field(default_factory=dict)
    lacking: Lacking = field(default_factory=Lacking)
    decisions: tuple[FormatDecision, ...] = ()
    still_open: tuple[OpenFormat, ...] = ()
    misfits: tuple[tuple[str, str, str, int], ...] = ()
    columns: tuple[str, ...] = ()
    accounts: tuple[Column, ...] = ()
    kind: Kind = Kind.LIMESURVEY
    file: FileFormat = field(default_factory=lambda: FileFormat(encoding="", delimiter="", full_answers=False))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Export:
    """An export with identified columns: the questionnaire, the labels of its options, the content of each column and
    how it is read.

    `paged` says that its pages are the sections of the questionnaire; `told` are the ways in which the file marks
    questions not shown.
    """

    questionnaire: Questionnaire
    table: csv_io.CsvTable
    columns: Mapping[Target, int]
    indexes: Mapping[str, ChoiceIndex]
    formats: Formats
    zone: tzinfo
    language: str
    understood: Understood
    paged: bool = False
    ticks_tell: bool = False

    @property
    def full_answers(self) -> bool:
        """Whether the text "N/A" is a question that was not shown."""
        return self.formats.full_answers and self.understood.marks_null

    @property
    def headings(self) -> Mapping[Target, str]:
        """The heading of each identified column."""
        return {target: self.table.header[place] for target, place in self.columns.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """The answer of a row to one question: canonical `value`, ticked options, or why there is nothing. `problems` are
    slugs, the main one first.

    `shown` is None where the file does not tell whether the question was shown. `not_offered` are options without a
    column.
    """

    value: str = ""
    present: bool = True
    shown: bool | None = None
    problems: tuple[str, ...] = ()
    not_offered: tuple[str, ...] = ()

    @property
    def ticked(self) -> frozenset[str]:
        """The codes of the ticked options of a choice question."""
        return frozenset(self.value.split())


def read_responses(
    understood: Understood,
    questionnaire: Questionnaire,
    name: str,
    *,
    prefix: str,
    zone: tzinfo,
    language: str,
    choices: FormatChoices,
) -> DigitalImport:
    """All responses of an understood file called `name`.

    `prefix` precedes the tool's id in `Response.id`, `zone` is the time zone of the server that wrote the dates,
    `choices` says how to read columns. Raises InputError for a file that is not a response export of this
    questionnaire.
    """
    export = _prepared(understood, questionnaire, name, choices=choices, zone=zone, language=language)
    table, formats = export.table, export.formats
    read = FileFormat(
        encoding=table.encoding,
        delimiter=table.delimiter,
        full_answers=formats.full_answers,
        decomposed=table.decomposed,
    )
    problems = [*table.problems, *understood.problems, *_unknown_columns(understood), *_missing_columns(export)]
    told = DigitalImport(
        responses=(),
        problems=tuple(problems),
        ignored_columns=tuple(one.heading for one in understood.columns if one.role not in {*TAKEN, Role.UNKNOWN}),
        lacking=_lacking(export),
        decisions=formats.decisions,
        still_open=formats.still_open,
        misfits=formats.misfits,
        columns=tuple(dict.fromkeys(name_of(target) for target in export.columns)),
        accounts=understood.columns,
        kind=understood.kind,
        file=read,
    )
    ids = _Ids(export)
    if formats.still_open or formats.misfits:
        return replace(told, facts=_all_facts(export, prefix))
    spool, counts = ResponseSpool(), Counter[str]()
    for number, cells in table.rows:
        response, found = _response(export, number, cells, row_id=ids.of(cells), prefix=prefix)
        problems.extend(found)
        if response is not None:
            if response.id in spool.facts:
                counts[response.id] += 1
            spool.add(response, _facts(export, cells))
    repeated = (
        Problem(slug="duplicate-response", params=(("response", name), ("count", str(count + 1))))
        for name, count in counts.items()
    )
    return replace(told, responses=spool, problems=(*problems, *repeated), facts=spool.facts)


def _prepared(
    understood: Understood,
    questionnaire: Questionnaire,
    name: str,
    *,
    choices: FormatChoices,
    zone: tzinfo,
    language: str,
) -> _Export:
    """The export with the readings of its columns decided."""
    table = understood.table
    _check_columns(understood, name)
    if understood.kind is Kind.LIMESURVEY:
        _check_converted(table, understood.targets, name)
    places = {target: place for place, target in enumerate(understood.targets) if target is not None}
    indexes = {
        question.code: limesurvey_values.choice_index(question)
        for question in questionnaire.questions()
        if question.options
    }
    table, texts = repair(table, questionnaire, places, choices, language)
    formats = decide(
        table, questionnaire, places, choices, zone=zone, language=language, indexes=indexes, before=texts,
        answers=understood.answers,
    )  # fmt: skip
    export = _Export(
        questionnaire=questionnaire,
        table=table,
        columns=places,
        indexes=indexes,
        formats=formats,
        zone=zone,
        language=language,
        understood=understood,
        ticks_tell=_ticks_tell(table, places),
    )
    return replace(export, paged=pages_are_sections(questionnaire, _last_pages(export)))


def _ticks_tell(table: csv_io.CsvTable, places: Mapping[Target, int]) -> bool:
    """Whether boxes say where they were not shown."""
    ticks = [place for target, place in places.items() if target.holds is Holds.TICK]
    return bool(ticks) and any(
        cells[place].strip().lower() in limesurvey_values.NOT_SHOWN for _, cells in table.rows for place in ticks
    )


def _last_pages(export: _Export) -> Iterable[str]:
    """The last page of each submitted response."""
    if system("lastpage") not in export.columns:
        return ()
    return {
        _system(export, cells, "lastpage") for _, cells in export.table.rows if _system(export, cells, "submitdate")
    }


@dataclass(slots=True)
class _Ids:
    """The number of each response: the tool's, or the moment it came in, counted where several came in at once."""

    export: _Export
    seen: Counter[str] = field(default_factory=Counter)

    def of(self, cells: Sequence[str]) -> str:
        """The number of the response in the next row; "" where there is none."""
        if not self.export.understood.by_time:
            raw = _system(self.export, cells, "id")
            return _source_id(raw) if self.export.understood.kind is Kind.LIMESURVEY else raw
        stamp = _system(self.export, cells, "submitdate")
        moment = _moment(self.export, "submitdate", stamp) if stamp else None
        if moment is None:
            return ""
        second = "".join(filter(str.isdigit, moment.clock.isoformat(timespec="seconds")))
        self.seen[second] += 1
        return second if self.seen[second] == 1 else f"{second}-{self.seen[second]}"


def _check_columns(understood: Understood, name: str) -> None:
    targets = {target for target in understood.targets if target is not None}
    if system("id") not in targets and not understood.by_time:
        raise _refused("export-no-id", name)
    if not any(target.holds not in {Holds.SYSTEM, Holds.TIMING} for target in targets):
        raise _refused("export-no-codes", name)
    counts = Counter(target for target in understood.targets if target is not None)
    for heading, target in zip(understood.table.header, understood.targets, strict=True):
        if target is not None and counts[target] > 1:
            raise _refused("export-column-twice", name, column=heading)


def _check_converted(table: csv_io.CsvTable, columns: Sequence[Target | None], name: str) -> None:
    """Refuse an export in which Y and N were written as 1 and 2: there every No would count as a tick."""
    for place, target in enumerate(columns):
        if (
            target is not None
            and target.holds is Holds.TICK
            and any(cells[place].strip() == "2" for _, cells in table.rows)
        ):
            raise _refused("export-converted", name, column=table.header[place])


def _unknown_columns(understood: Understood) -> Iterable[Problem]:
    for column in understood.columns:
        if column.role is Role.UNKNOWN:
            named = (("column", _clipped(column.heading)), ("number", str(column.number)))
            yield Problem(slug="unknown-column", params=named)


def _missing_columns(export: _Export) -> Iterable[Problem]:
    """The columns missing from the export; signatures exist only on paper."""
    stamped = bool({system("submitdate"), system("complete")} & set(export.columns))
    asked = (question for question in export.questionnaire.questions() if question.kind is not QuestionKind.SIGNATURE)
    lacking = [] if stamped else ["submitdate"]
    for question in asked:
        gone = (
            [option.code for option in question.options if not _has_tick(export, question, option)]
            if question.kind is QuestionKind.MULTIPLE
            else []
        )
        lacking += (
            [f"{question.code}[{option}]" for option in gone] if _has_columns(export, question) else [question.code]
        )
    if lacking:
        yield Problem(slug="missing-column", params=(("column", ", ".join(lacking)),))


def _has_columns(export: _Export, question: Question) -> bool:
    if question.kind is not QuestionKind.MULTIPLE:
        return _choice_target(question) in export.columns
    return any(_has_tick(export, question, option) for option in question.options)


def _has_tick(export: _Export, question: Question, option: Option) -> bool:
    return _tick(question, option.code) in export.columns or (
        option.writein and _other(question, option.code) in export.columns
    )


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


def _response(
    export: _Export, number: int, cells: Sequence[str], *, row_id: str, prefix: str
) -> tuple[Response | None, list[Problem]]:
    """The response in row `number`, and the cells in it that were not understood."""
    if not row_id:
        return None, [Problem(slug="row-without-id", params=(("row", str(number)),))]
    problems: list[Problem] = []
    found = {q.code: _found(export, q, number, cells, problems) for q in export.questionnaire.questions()}
    received, odd = _received(export, number, cells)
    submitted = _is_submitted(export, cells)
    reached = _reached(export, cells, found, broken_off=submitted is False)
    response = Response(
        id=f"{prefix}{row_id}",
        questionnaire=export.questionnaire.code,
        version=export.questionnaire.version,
        channel=Channel.ONLINE,
        answers=tuple(_all_answers(export, cells, found, reached)),
        token=_system(export, cells, "token") or None,
        received_at=received,
        complete=bool(submitted),
    )
    return response, problems + odd


def _is_submitted(export: _Export, cells: Sequence[str]) -> bool | None:
    """Whether a response was submitted; None where the file does not tell."""
    if system("complete") in export.columns:
        return _system(export, cells, "complete") == "1"
    return bool(_system(export, cells, "submitdate")) if system("submitdate") in export.columns else None


def _all_answers(
    export: _Export, cells: Sequence[str], found: Mapping[str, _Found], reached: Reached
) -> Iterable[Answer]:
    """The answers to all questions and the texts beside their options."""
    known: dict[str, Known] = {}
    for question in export.questionnaire.questions():
        one = found[question.code]
        asked = is_asked(question, known)
        answer = _answer(export, question, one, asked=asked, was_reached=reached.holds(question.code))
        known[question.code] = Known(
            value=one.value,
            missing=answer.missing,
            settled=one.present and not one.problems,
            asked=True if one.value and asked is None else asked,
        )
        yield answer
        yield from _texts(export, question, cells, one, answer, asked=asked)


def _reached(export: _Export, cells: Sequence[str], found: Mapping[str, _Found], *, broken_off: bool) -> Reached:
    """How far this person came."""
    if not broken_off:
        return Reached()
    seen = [
        Seen(
            question=question.code,
            answered=bool(
                found[question.code].value or found[question.code].problems or any(_written(export, question, cells))
            ),
            shown=found[question.code].shown,
        )
        for question in export.questionnaire.questions()
        if found[question.code].present
    ]
    return Reached.of(
        seen, export.questionnaire, lastpage=_source_id(_system(export, cells, "lastpage")) if export.paged else ""
    )


def _written(export: _Export, question: Question, cells: Sequence[str]) -> Iterable[str]:
    """The texts beside the options of a question."""
    for option in question.options:
        place = _text_place(export, question, option.code) if option.writein else None
        if place is not None:
            yield limesurvey_values.written(cells[place], full_answers=export.full_answers).value


def _source_id(raw: str) -> str:
    """The number of a response: spreadsheets write 3.0 or 3,00 for 3."""
    number = _NUMBER.fullmatch(raw)
    return number[1] if number else raw


def _all_facts(export: _Export, prefix: str) -> dict[str, SourceFacts]:
    ids = _Ids(export)
    rows = ((ids.of(cells), cells) for _, cells in export.table.rows)
    return {f"{prefix}{number}": _facts(export, cells) for number, cells in rows if number}


def _facts(export: _Export, cells: Sequence[str]) -> SourceFacts:
    """LimeSurvey's facts about a response beside its answers; times as its clock showed them, the date of anonymised
    responses as none.
    """

    def cell(name: str) -> str | None:
        return _system(export, cells, name) if system(name) in export.columns else None

    def time(name: str) -> str | None:
        value = cell(name)
        moment = None if not value else _moment(export, name, value)
        if not value or moment is not None:
            return moment.on_clock_in(export.zone).isoformat() if moment else value
        return None if len(moments.readings(value)) > 1 else ""  # as long as its reading is undecided, it says nothing

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
    """The columns missing from the export. If a question is missing, so is the text beside its option: whether it was
    asked is unknown.
    """
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
        columns += [
            f"{question.code}__{option}_text"
            for option in writeins
            if lacks or _text_place(export, question, option) is None
        ]
    return Lacking(columns=tuple(columns), options=tuple(options))


def _system(export: _Export, cells: Sequence[str], name: str) -> str:
    """The content of a system column, "" for nothing, however that is written."""
    place = export.columns.get(system(name))
    value = "" if place is None else cells[place].strip()
    return "" if value.lower() in limesurvey_values.NO_STAMP else value


def _received(export: _Export, number: int, cells: Sequence[str]) -> tuple[str, list[Problem]]:
    """When a response was submitted, or last touched, as ISO 8601 in UTC; "" if unknown or anonymised. And problems of
    the dates.
    """
    problems: list[Problem] = []
    for name in ("submitdate", "datestamp"):
        stamp = _system(export, cells, name)
        if not stamp:
            continue
        params = (("row", str(number)), ("column", name), ("value", _clipped(stamp)))
        if not moments.readings(stamp):
            problems.append(
                Problem(
                    slug="bad-time", where=text("digital.cell-value", export.language, **dict(params)), params=params
                )
            )
            continue
        moment = _moment(export, name, stamp)
        if moment is not None:
            if moments.is_twofold(moment, export.zone):
                problems.append(
                    Problem(
                        slug="time-twofold",
                        where=text("digital.cell-value", export.language, **dict(params)),
                        params=params,
                    )
                )
            return moment.in_utc(export.zone).isoformat(timespec="seconds"), problems
    return "", problems


def _moment(export: _Export, name: str, stamp: str) -> moments.Moment | None:
    """A date of LimeSurvey; None when there is none, or only that of anonymised responses."""
    moment = moments.read(stamp, export.formats.of(name, FormatKind.DATES))
    return None if moment is None or moments.is_anonymous(moment) else moment


def _found(export: _Export, question: Question, number: int, cells: Sequence[str], problems: list[Problem]) -> _Found:
    """The answer of the row to `question`; cells that are not understood are added to `problems`."""
    if question.kind is QuestionKind.MULTIPLE:
        return _found_ticks(export, question, number, cells, problems)
    target = _choice_target(question)
    place = export.columns.get(target)
    if place is None:
        return _Found(present=False)
    formats = export.formats
    if question.kind is QuestionKind.SINGLE:
        cell = limesurvey_values.choice(
            cells[place], export.indexes[question.code], formats.of(question.code, FormatKind.ANSWERS)
        )
    else:
        order, sign = formats.of(question.code, FormatKind.DATES), formats.of(question.code, FormatKind.NUMBERS)
        cell = limesurvey_values.field(cells[place], question, full_answers=export.full_answers, order=order, sign=sign)
    if cell.problem is not None:
        problems.append(_unknown(export, question, target, number=number, raw=cells[place], slug=cell.problem))
    left = _left_over(export, question, number, cells)
    problems.extend(left)
    slugs = _named(cell.problem, *(one.slug for one in left[:1] if cell.problem is None))
    return _Found(value=cell.value, shown=_is_shown(export, cells[place], cell), problems=slugs)


def _left_over(export: _Export, question: Question, number: int, cells: Sequence[str]) -> list[Problem]:
    """What stands in a row beside the options of a question and belongs to none."""
    rest = Target(holds=Holds.REST, question=question.code)
    raw = cells[export.columns[rest]] if rest in export.columns else ""
    return [_unknown(export, question, rest, number=number, raw=raw, slug="unknown-value")] if raw else []


def _is_shown(export: _Export, raw: str, cell: Cell) -> bool | None:
    """Whether a cell was on the screen: certainly if it is not empty; empty cells are decided by files that distinguish
    empty from NULL.
    """
    if not cell.shown or raw is csv_io.UNSET:
        return False
    return True if cell.value or cell.problem or export.table.tells_null else None


def _found_ticks(
    export: _Export, question: Question, number: int, cells: Sequence[str], problems: list[Problem]
) -> _Found:
    ticked: list[str] = []
    shown: list[bool | None] = []
    unknown = False
    for option in question.options:
        cell, target, place = _tick_cell(export, question, option.code, cells)
        if cell is None or target is None:
            continue
        seen = _is_shown(export, cells[place], cell)
        in_words = target.holds is Holds.TICK and export.ticks_tell and bool(cells[place].strip())
        shown.append(True if seen is None and in_words else seen)  # "No" beside "N/A"
        if cell.value:
            ticked.append(option.code)
        if cell.problem is not None:
            unknown = True
            problems.append(_unknown(export, question, target, number=number, raw=cells[place], slug="unknown-value"))
    left = _left_over(export, question, number, cells)
    problems.extend(left)
    unknown = unknown or bool(left)
    return _Found(
        value=" ".join(ticked),
        present=bool(shown),
        shown=True if True in shown else False if False in shown else None,
        problems=_named("unknown-value" if unknown else None, rules.check_choice(question, ticked).problem),
        not_offered=tuple(option.code for option in question.options if not _has_tick(export, question, option))
        if shown
        else (),
    )


def _named(*slugs: str | None) -> tuple[str, ...]:
    return tuple(slug for slug in slugs if slug is not None)


def _tick_cell(
    export: _Export, question: Question, option: str, cells: Sequence[str]
) -> tuple[Cell | None, Target | None, int]:
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
    """The problem with its row and column; the value is shown only if it is not personal data."""
    place = {"row": str(number), "column": _clipped(export.headings[target])}
    if question.data_class is not DataClass.ANSWER:
        return Problem(slug=slug, where=text("digital.cell", export.language, **place), params=tuple(place.items()))
    place["value"] = _clipped(raw)
    return Problem(slug=slug, where=text("digital.cell-value", export.language, **place), params=tuple(place.items()))


def _clipped(value: str) -> str:
    line = " ".join(value.split())
    return line if len(line) <= SHOWN_CHARACTERS else line[: SHOWN_CHARACTERS - 1] + "\N{HORIZONTAL ELLIPSIS}"


def _answer(export: _Export, question: Question, found: _Found, *, asked: bool | None, was_reached: bool) -> Answer:
    problems = (*found.problems, "filtered-but-answered") if found.value and asked is False else found.problems
    missing = None
    if not found.value and not problems:
        missing = _why_empty(question, found, asked=asked, was_reached=was_reached)
    return Answer(
        question=question.code,
        kind=question.kind,
        value=found.value,
        confidence=0.0 if problems else 1.0,
        status=Status.REVIEW if problems else Status.AUTO,
        missing=missing,
        reader=export.understood.kind.value,
        problems=problems,
        not_offered=found.not_offered,
    )


def _why_empty(question: Question, found: _Found, *, asked: bool | None, was_reached: bool) -> Missing:
    """Why a question has no answer; one left out without a filter of ours was not shown."""
    if not found.present:
        return Missing.NOT_IN_VERSION
    if asked is False:
        return Missing.FILTERED
    if not was_reached:
        return Missing.NOT_REACHED
    return Missing.FILTERED if found.shown is False and asked else Missing.NO_ANSWER


def _texts(
    export: _Export, question: Question, cells: Sequence[str], found: _Found, answer: Answer, *, asked: bool | None
) -> Iterable[Answer]:
    """The texts beside the options of `question`."""
    for option in question.options:
        if option.writein:
            place = _text_place(export, question, option.code)
            value = (
                "" if place is None else limesurvey_values.written(cells[place], full_answers=export.full_answers).value
            )
            astray = bool(value) and (option.code not in found.ticked or asked is False)
            missing = (
                Missing.NOT_IN_VERSION
                if place is None
                else beside(option.code, Known(value=found.value, missing=answer.missing))
            )
            yield _text_answer(
                export, question.code, option.code, value, astray=astray, missing=None if value else missing
            )


def _text_answer(
    export: _Export, question: str, option: str, value: str, *, astray: bool, missing: Missing | None
) -> Answer:
    """A text beside an option; `astray` is one whose option is not ticked, or whose question does not apply."""
    return Answer(
        question=question,
        kind=QuestionKind.HANDWRITING,
        option=option,
        value=value,
        confidence=0.0 if astray else 1.0,
        status=Status.REVIEW if astray else Status.AUTO,
        missing=missing,
        reader=export.understood.kind.value,
        problems=("text-without-mark",) if astray else (),
    )


def _refused(slug: str, name: str, **params: object) -> InputError:
    return InputError(words(f"digital.{slug}", file=name, **params), remedy=words(f"digital.{slug}-remedy"), slug=slug)
