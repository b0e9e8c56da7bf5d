"""Imports digital responses: the export of a survey tool becomes revisions of responses in the store. Repeating an import
changes nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from os import PathLike
from pathlib import Path

from scanform.errors import UsageError, words
from scanform.formats.responses.importers import DigitalImport, FileFormat, Wanted, read_export, recognised
from scanform.formats.responses.pattern import Column, Kind
from scanform.formats.responses.response_spool import ResponseSpool
from scanform.model.column_format import Basis, FormatChoices, FormatDecision, FormatKind
from scanform.model.problem import Problem
from scanform.model.questionnaire import Questionnaire
from scanform.model.source import SourceFacts
from scanform.store import ledger, revisions
from scanform.store.engine import Transaction
from scanform.store.records import Listing, Revision, SourceSurvey
from scanform.workflow.dataset.column_formats import ZONE, contradictions, refuse_unclear
from scanform.workflow.dataset.source_survey import choose_survey, known_facts
from scanform.workflow.project.project import Project
from scanform.workflow.project.time_zone import zone, zone_name
from scanform.workflow.settling.revisions import in_time, present, settle, vanished

MOSTLY = 0.5  # fraction of known columns above which a file may belong to a questionnaire
NOT_TAKEN = frozenset({"bad-row", "nul-in-row", "row-without-id"})
"""Problems of rows that become no response; others are refused because of their content (`duplicate-response`,
`another-response`).
"""

_PIECE = 500  # responses compared and stored at a time

NAMED = 10  # ids that a message names; further ones are counted


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportSummary:
    """The outcome of one import: ids of new and changed responses, number of unchanged ones, and problems.

    `columns` say what each column of the file is, `decisions` how they were read, `file` how the file was. `survey` is the name of the source
    survey, `batch` the number of the batch, None when nothing was new. `refused` are responses whose rows were not
    taken because they are another person's or contradict each other, `not_taken` counts all rows not taken, `older`
    those of which a newer state is known, `vanished` those known but missing from the export, `withdrawn` those that a
    person withdrew and that stay withdrawn.
    """

    questionnaire: str
    new: tuple[str, ...]
    changed: tuple[str, ...]
    unchanged: int
    problems: tuple[Problem, ...]
    ignored_columns: tuple[str, ...]
    batch: int | None
    survey: str = ""
    decisions: tuple[FormatDecision, ...] = ()
    columns: tuple[Column, ...] = ()
    file: FileFormat | None = None
    refused: tuple[str, ...] = ()
    not_taken: int = 0
    older: tuple[str, ...] = ()
    vanished: tuple[str, ...] = ()
    withdrawn: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Taken:
    """The rows of an export sorted by outcome; all of them are kept if any tells `more`.

    `is_older` is set where some rows are surely older than what is known, and none is newer.
    """

    more: bool
    new: tuple[str, ...]
    changed: tuple[str, ...]
    refused: tuple[Problem, ...]
    older: tuple[str, ...]
    is_older: bool


def import_digital(
    project: Project,
    path: Path,
    *,
    questionnaire: str | None = None,
    survey: str | None = None,
    said: Mapping[tuple[str, FormatKind], str] | None = None,
    wanted: Wanted | None = None,
    at: str | None = None,
) -> ImportSummary:
    """Import the export in `path`; `survey` names the source survey, `said` the chosen column readings (see
    `column_formats.parsed`), `wanted` the tool and further files.

    Raises InputError for a file that is not an export, UsageError when its questionnaire, its survey or a format is not
    clear; nothing is written then.
    """
    order = _order(project, path, questionnaire, survey=survey, said=said or {}, wanted=wanted or Wanted())
    with project.store.writing() as tx:  # names and novelty are determined in the transaction that stores the rows
        return _import(project, tx, order, at)


def try_import(
    project: Project,
    path: Path,
    *,
    questionnaire: str | None = None,
    survey: str | None = None,
    said: Mapping[tuple[str, FormatKind], str] | None = None,
    wanted: Wanted | None = None,
) -> ImportSummary:
    """The outcome `import_digital` would have; nothing is stored."""
    order = _order(project, path, questionnaire, survey=survey, said=said or {}, wanted=wanted or Wanted())
    try:
        with project.store.writing() as tx:
            raise _TriedError(_import(project, tx, order, None))
    except _TriedError as tried:
        return tried.summary


def wanted(*, tool: str | None, labels: str | PathLike[str] | None, mapping: str | PathLike[str] | None) -> Wanted:
    """What a person says about a file; raises UsageError for an unknown tool."""
    if tool is not None and tool not in set(Kind):
        raise UsageError(
            words("digital.unknown-tool", tool=tool),
            remedy=words("digital.unknown-tool-remedy", tools=", ".join(Kind)),
        )
    return Wanted(
        kind=Kind.MAPPING if mapping is not None else Kind(tool) if tool else None,
        labels=Path(labels) if labels is not None else None,
        mapping=Path(mapping) if mapping is not None else None,
    )


class _TriedError(Exception):
    """Rolls back a dry run and carries its outcome."""

    def __init__(self, summary: ImportSummary) -> None:
        super().__init__()
        self.summary = summary


@dataclass(frozen=True, slots=True, kw_only=True)
class _Order:
    """What to import: the file, its questionnaire and survey, and a person's column readings."""

    path: Path
    questionnaire: Questionnaire
    survey: str | None
    said: Mapping[tuple[str, FormatKind], str]
    wanted: Wanted


def _order(
    project: Project,
    path: Path,
    questionnaire: str | None,
    *,
    survey: str | None,
    said: Mapping[tuple[str, FormatKind], str],
    wanted: Wanted,
) -> _Order:
    chosen = _questionnaire(project, path, questionnaire, wanted)
    return _Order(path=path, questionnaire=chosen, survey=survey, said=said, wanted=wanted)


def _import(project: Project, tx: Transaction, order: _Order, at: str | None) -> ImportSummary:
    source, found, notes = _read(project, tx, order)
    before = vanished(tx, source.id)
    taken = _sorted_rows(tx, source, found, order.questionnaire)
    gone = _gone(tx, source, found, older=taken.is_older)
    batch = None
    if taken.more or (not taken.is_older and set(gone) != set(before)):
        batch = ledger.add_batch(
            tx, kind="digital", label=str(order.path), at=at or datetime.now(UTC).isoformat(timespec="seconds")
        )
        ids = tuple(_ids(found))
        revisions.add_listing(tx, Listing(batch_id=batch, survey_id=source.id, older=taken.is_older, ids=ids))
        revisions.add_formats(tx, batch, source.id, {decision.key: decision.reading for decision in found.decisions})
        _store(project, tx, source, found, batch)
    out = {name for name, act in revisions.withdrawals(tx).items() if act.withdrawn}
    withdrawn = tuple(name for name in (f"{source.prefix}{number}" for number in _ids(found)) if name in out)
    summary = _summary(source, found, taken, gone=gone, withdrawn=withdrawn, batch=batch)
    return replace(summary, problems=(*notes, *summary.problems))


def _read(project: Project, tx: Transaction, order: _Order) -> tuple[SourceSurvey, DigitalImport, list[Problem]]:
    """The survey of the export, its content, and where it contradicts the way earlier exports of the survey were read.

    Token, seed and unambiguous times identify the survey; the survey then tells how the other times are read.
    """
    language, config, path, said = project.language, project.config, order.path, order.said

    def read(kept: Mapping[tuple[str, FormatKind], str]) -> DigitalImport:
        name = zone_name(config, kept.get(ZONE))
        found = read_export(
            path,
            order.questionnaire,
            prefix="",
            language=language,
            zone=zone(name),
            choices=FormatChoices(said=said, kept=kept),
            wanted=order.wanted,
        )
        decided = FormatDecision(
            column=ZONE[0],
            kind=ZONE[1],
            reading=name,
            basis=Basis.SAID if config.time_zone else Basis.KEPT if ZONE in kept else Basis.FILE,
        )
        return replace(found, decisions=(*found.decisions, decided))

    first = read({})
    source = choose_survey(tx, questionnaire=order.questionnaire.code, path=path, export=first.facts, name=order.survey)
    kept = revisions.formats(tx, source.id)
    again = first.still_open or zone_name(config, kept.get(ZONE)) != zone_name(config, None)
    found = read(kept) if kept and again else first
    refuse_unclear(found, said, path)
    if first.still_open and kept:  # times that were ambiguous before are compared, too
        choose_survey(tx, questionnaire=order.questionnaire.code, path=path, export=found.facts, name=source.name)
    found = replace(found, decisions=tuple(_tool_kept(one, kept) for one in found.decisions))
    return source, found, contradictions(found.decisions, kept, language)


def _tool_kept(decision: FormatDecision, kept: Mapping[tuple[str, FormatKind], str]) -> FormatDecision:
    """The tool of the file is confirmed once: from then on it is as in the last export."""
    known = decision.kind is FormatKind.TOOL and decision.basis is Basis.PROVEN
    return replace(decision, basis=Basis.KEPT) if known and kept.get(decision.key) == decision.reading else decision


def _sorted_rows(tx: Transaction, source: SourceSurvey, found: DigitalImport, chosen: Questionnaire) -> _Taken:
    """The outcome of each row: another person's is refused, all others become revisions."""
    more = False
    new, changed, older, newer, refused = list[str](), list[str](), list[str](), list[str](), list[Problem]()
    for revision, before in _rows(tx, source, found, refused):
        name, row = revision.response.id, revision.facts
        if any(one.facts.is_newer(row) for one in before):
            older.append(name)
        elif any(row.is_newer(one.facts) for one in before):
            newer.append(name)
        if not before:
            new.append(name)
        elif present([*before, revision], chosen) != present(before, chosen):
            changed.append(name)
        more = more or name in (*new[-1:], *changed[-1:]) or _tells_more(row, before)
    return _Taken(
        more=more,
        new=tuple(new),
        changed=tuple(changed),
        refused=tuple(refused),
        older=tuple(older),
        is_older=bool(older) and not newer,
    )


def _rows(
    tx: Transaction, source: SourceSurvey, found: DigitalImport, refused: list[Problem]
) -> Iterator[tuple[Revision, list[Revision]]]:
    """The revision of each row with those before it, a piece of the file at a time; another person's row is refused."""
    known = revisions.known_sources(tx, source.id)
    ids, facts = {one.id: one.response_id for one in known}, known_facts(known)
    responses = iter(found.responses)
    while piece := list(islice(responses, _PIECE)):
        names = {response.id: ids.get(response.id, f"{source.prefix}{response.id}") for response in piece}
        counting = revisions.revisions(tx, names.values())
        for response in piece:
            row, name = found.facts[response.id], names[response.id]
            if response.id in facts and row.is_of_another(facts[response.id]):
                refused.append(_refused(name, row.differences(facts[response.id])[0], row, facts[response.id]))
                continue
            revision = Revision(
                batch_id=0,
                survey_id=source.id,
                source_id=response.id,
                response=replace(response, id=name),
                facts=row,
                lacking=found.lacking,
            )
            before = counting.get(name, [])
            yield replace(revision, same_as=_same_as(revision, before)), before


def _store(project: Project, tx: Transaction, source: SourceSurvey, found: DigitalImport, batch: int) -> None:
    """Keep all rows as revisions, piece by piece, including unchanged ones: they count when the import that first had
    them is withdrawn.
    """
    rows = _rows(tx, source, found, [])
    while piece := [revision for revision, _ in islice(rows, _PIECE)]:
        for revision in piece:
            revisions.add_revision(tx, replace(revision, batch_id=batch))
        settle(project, tx, (revision.response.id for revision in piece))


def _ids(found: DigitalImport) -> list[str]:
    """The ids of the responses taken from a file, in its order."""
    kept = found.responses
    return list(kept.ids) if isinstance(kept, ResponseSpool) else [response.id for response in kept]


def _same_as(revision: Revision, before: Sequence[Revision]) -> int | None:
    """The first revision with the same content."""
    same = (
        one.same_as or one.id for one in before if one.response == revision.response and one.lacking == revision.lacking
    )
    return next(same, None)


def _tells_more(row: SourceFacts, before: Sequence[Revision]) -> bool:
    """Whether a row with known answers adds other facts: a later last action, a first token."""
    known = SourceFacts()
    for one in in_time(before):
        known = one.facts.laid_over(known)
    return not any(one.facts.is_newer(row) for one in before) and row.laid_over(known) != known


def _refused(name: str, fact: str, row: SourceFacts, known: SourceFacts) -> Problem:
    values_shown = (("here", str(getattr(row, fact))), ("known", str(getattr(known, fact))))
    return Problem(slug="another-response", params=(("response", name), ("fact", fact), *values_shown))


def _gone(tx: Transaction, source: SourceSurvey, found: DigitalImport, *, older: bool) -> tuple[str, ...]:
    """Responses that count and are missing from the export; an older export says nothing about that."""
    held = set(_ids(found))
    return (
        ()
        if older
        else tuple(
            sorted(name for number, name in revisions.counted_sources(tx, source.id).items() if number not in held)
        )
    )


def _summary(
    source: SourceSurvey,
    found: DigitalImport,
    taken: _Taken,
    *,
    gone: tuple[str, ...],
    withdrawn: tuple[str, ...],
    batch: int | None,
) -> ImportSummary:
    others = tuple(dict(problem.params)["response"] for problem in taken.refused)
    repeated = _repeated(found)
    ruined = sum(problem.slug in NOT_TAKEN for problem in found.problems)
    said = [
        _named_list(slug, names)
        for slug, names in (("older-rows", taken.older), ("responses-vanished", gone), ("stays-withdrawn", withdrawn))
        if names
    ]
    return ImportSummary(
        questionnaire=source.questionnaire,
        survey=source.name,
        new=taken.new,
        changed=taken.changed,
        unchanged=len(found.responses) - len(taken.new) - len(taken.changed) - len(others),
        problems=(*found.problems, *taken.refused, *said),
        ignored_columns=found.ignored_columns,
        decisions=found.decisions,
        columns=found.accounts,
        file=found.file,
        batch=batch,
        refused=(*others, *(f"{source.prefix}{number}" for number in repeated)),
        not_taken=len(others) + sum(repeated.values()) + ruined,
        older=taken.older,
        vanished=gone,
        withdrawn=withdrawn,
    )


def _repeated(found: DigitalImport) -> dict[str, int]:
    """The rows of ids that occur in the file with different contents, by id: as it is unclear which is right, none is
    taken.
    """
    taken = set(_ids(found))
    said = (dict(problem.params) for problem in found.problems if problem.slug == "duplicate-response")
    return {one["response"]: int(one["count"]) for one in said if one["response"] not in taken}


def _named_list(slug: str, names: Sequence[str]) -> Problem:
    """A problem of several responses: their number, and the first of their ids."""
    return Problem(slug=slug, params=(("count", str(len(names))), ("responses", shortened(names))))


def shortened(names: Sequence[str]) -> str:
    """Ids in a line, limited to those a message can name."""
    return ", ".join(names[:NAMED]) + (
        f", \N{HORIZONTAL ELLIPSIS} (+{len(names) - NAMED})" if len(names) > NAMED else ""
    )


def _questionnaire(project: Project, path: Path, code: str | None, wanted: Wanted) -> Questionnaire:
    """The questionnaire named, the only one, or the one with clearly the most matching columns."""
    codes = ", ".join(sorted(project.questionnaires))
    if code is not None:
        if code not in project.questionnaires:
            raise UsageError(
                words("digital.unknown-questionnaire", code=code),
                remedy=words("digital.unknown-questionnaire-remedy", codes=codes),
            )
        return project.questionnaires[code]
    if len(project.questionnaires) == 1:
        return next(iter(project.questionnaires.values()))
    ranked = sorted(
        ((recognised(path, found, wanted), name) for name, found in project.questionnaires.items()), reverse=True
    )
    if not ranked or ranked[0][0] < MOSTLY or (len(ranked) > 1 and ranked[0][0] == ranked[1][0]):
        raise UsageError(
            words("digital.which-questionnaire", file=path.name, codes=codes),
            remedy=words("digital.which-questionnaire-remedy"),
        )
    return project.questionnaires[ranked[0][1]]
