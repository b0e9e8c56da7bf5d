"""Exports crops of handwriting for training: confirmed in review, from forms whose writers consented, for the retention
period.

Only values settled by a person are exported, and only where the character of each cell is known; the rest is left out
and counted, with the reason. Forms have pseudonyms made with a key that stays in the project's folder.
"""

import hashlib
import hmac
import secrets
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from scanform.errors import UsageError, words
from scanform.i18n.texts import text
from scanform.imaging.page_image import Gray
from scanform.model.layout import Layout, Zone, ZoneKind
from scanform.model.page import PageRef
from scanform.model.questionnaire import DataClass, Question, QuestionKind
from scanform.model.response import Answer, Channel, Response, Status
from scanform.recognize.writing.cell_ink import CellRow
from scanform.recognize.writing.cells import character_probs, class_names, network_for
from scanform.recognize.writing.written_ink import WrittenInk
from scanform.review.cell_truth import characters, filled_up
from scanform.store import ledger
from scanform.whole_files import atomic_file
from scanform.workflow.learning.crops_folder import (
    FORMAT,
    CellCrop,
    LeftOut,
    LineCrops,
    Manifest,
    RowCrops,
    Source,
    start_folder,
    write_manifest,
    write_picture,
)
from scanform.workflow.project.folders import MODELS
from scanform.workflow.project.moments import limits_of
from scanform.workflow.project.progress import ShowProgress, no_progress
from scanform.workflow.project.project import Project
from scanform.workflow.reading.edition import FolderSource
from scanform.workflow.reading.read_page import written_on
from scanform.workflow.reading.stages import PageJob
from scanform.workflow.review.cases import Case, Editions, load_standings

KEY = "pseudonyms.key"
PSEUDONYM = 16
"""Hexadecimal digits of a form's pseudonym."""

IS_NOUGHT = 0.5
"""Minimum probability of a zero that only pads a group: it may be a dot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CropOrder:
    """What to export. `consent` is the question and option that must be ticked on a form, None when consent was given
    for all forms by other means.

    Everything is kept for `keep_days` from the day on which a person confirmed it.
    """

    consent: tuple[str, str] | None
    keep_days: int
    with_contact: bool = False
    without_sensitive: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CropsDone:
    """What was written: forms, fields in cells, cells, texts; `without_consent` are forms with settled writing but no
    consent.
    """

    forms: int
    rows: int
    cells: int
    lines: int
    without_consent: int
    left_out: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """A settled value, its zone on the page, and its source."""

    answer: Answer
    question: Question
    zone: Zone
    source: Source


@dataclass(slots=True, kw_only=True)
class _Run:
    """One export: its folder, the crops collected, the values left out."""

    project: Project
    folder: Path
    order: CropOrder
    key: bytes
    at: datetime
    editions: Editions
    left_out: Counter[str] = field(default_factory=Counter)
    without_consent: int = 0
    rows: list[RowCrops] = field(default_factory=list)
    lines: list[LineCrops] = field(default_factory=list)


def export_crops(
    project: Project, folder: Path, order: CropOrder, *, at: datetime, progress: ShowProgress = no_progress
) -> CropsDone:
    """Write the crops of all forms that count, at the time `at` (UTC), into `folder`; crops of an earlier export
    missing from this one are deleted.

    Raises UsageError when no questionnaire has the question of consent, InputError for a folder that holds something
    else.
    """
    _refuse_unknown_consent(project, order)
    key = project_key(project.folder)
    own = pseudonym(key, "project")
    start_folder(folder, own)
    run = _Run(project=project, folder=folder, order=order, key=key, at=at, editions=Editions(project))
    pages: dict[tuple[PageRef, str, int], list[_Wanted]] = {}
    for case in load_standings(project, run.editions).cases:
        for wanted, place in _wanted(run, case):
            pages.setdefault(place, []).append(wanted)
    with progress(text("train.cutting", project.language), len(pages)) as advance:
        for place, fields in sorted(pages.items(), key=lambda one: (one[0][0].sha256, one[0][0].index, one[0][0].part)):
            _cut(run, place, fields)
            advance(1)
    left_out = tuple(LeftOut(reason=reason, count=count) for reason, count in sorted(run.left_out.items()))
    write_manifest(
        folder,
        Manifest(
            format=FORMAT,
            project=own,
            made_at=at.isoformat(timespec="seconds"),
            consent="=".join(order.consent) if order.consent else "all",
            keep_days=order.keep_days,
            rows=tuple(run.rows),
            lines=tuple(run.lines),
            left_out=left_out,
        ),
    )
    return CropsDone(
        forms=len({row.source.form for row in run.rows} | {lines.source.form for lines in run.lines}),
        rows=len(run.rows),
        cells=sum(len(row.cells) for row in run.rows),
        lines=len(run.lines),
        without_consent=run.without_consent,
        left_out=dict(sorted(run.left_out.items())),
    )


def project_key(folder: Path) -> bytes:
    """The key of a project's pseudonyms: drawn once, readable by its owner only."""
    path = folder / MODELS / KEY
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        with atomic_file(path, private=True) as file:
            file.write(secrets.token_bytes(32))
        path.chmod(0o600)
    return path.read_bytes()


def pseudonym(key: bytes, name: str) -> str:
    """The pseudonym of a form in the export: without the key nobody can find the form."""
    return hmac.new(key, name.encode(), hashlib.sha256).hexdigest()[:PSEUDONYM]


def _refuse_unknown_consent(project: Project, order: CropOrder) -> None:
    if order.consent is None:
        return
    code, option = order.consent
    known = [
        *project.questionnaires.values(),
        *(project.questionnaire_of(layout) for layout in project.layouts.values()),
    ]
    asked = [found.question(code) for found in known]
    if not any(question is not None and question.option(option) is not None for question in asked):
        message = words("train.no_consent_question", question=code, option=option)
        raise UsageError(message, remedy=words("train.consent_remedy"))


# --- which values -------------------------------------------------------------------------------------------------


def _wanted(run: _Run, case: Case) -> Iterator[tuple[_Wanted, tuple[PageRef, str, int]]]:
    """The values of a form that may be exported, each with its page: content, layout and number."""
    layout, questionnaire = (
        run.editions.layout(case.machine.id),
        run.editions.questionnaire(case.machine.id, case.machine.questionnaire),
    )
    if case.contradictory or case.machine.channel is not Channel.PAPER or layout is None or questionnaire is None:
        return
    written = [(answer, case.decision(answer.column)) for answer in case.effective.answers if answer.kind in _WRITTEN]
    settled = [(answer, decision) for answer, decision in written if decision is not None]
    if settled and not agreed(case.effective, run.order.consent):
        run.without_consent += 1
        return
    for answer, decision in settled:
        question = questionnaire.question(answer.question)
        if question is None:
            continue
        zones = [(page.number, zone) for page in layout.pages for zone in page.zones if _is_of(zone, answer)]
        keep_until = (datetime.fromisoformat(decision.at) + timedelta(days=run.order.keep_days)).date().isoformat()
        reason = _reason(run, answer, question, keep_until) or ("zones" if len(zones) != 1 else None)
        if reason is not None or answer.evidence is None:
            run.left_out[reason or "page"] += 1
            continue
        source = Source(
            form=pseudonym(run.key, case.machine.id),
            questionnaire=questionnaire.code,
            question=answer.column,
            data_class=question.data_class,
            confirmed_at=decision.at,
            keep_until=keep_until,
        )
        yield (
            _Wanted(answer=answer, question=question, zone=zones[0][1], source=source),
            (answer.evidence.ref, layout.digest, zones[0][0]),
        )


_WRITTEN = frozenset({QuestionKind.COMB, QuestionKind.HANDWRITING})


def agreed(response: Response, consent: tuple[str, str] | None) -> bool:
    """Whether the consent box is ticked beyond doubt: a tick still waiting for review does not count."""
    if consent is None:
        return True
    answer = response.answer(consent[0])
    return (
        answer is not None
        and answer.status is not Status.REVIEW
        and not answer.problems
        and consent[1] in answer.value.split()
    )


def _is_of(zone: Zone, answer: Answer) -> bool:
    return (zone.question, zone.option) == (answer.question, answer.option) and zone.kind in {
        ZoneKind.COMB,
        ZoneKind.HANDWRITING,
    }


def _reason(run: _Run, answer: Answer, question: Question, keep_until: str) -> str | None:
    """Why a settled value is not exported, if it is not."""
    if question.data_class is DataClass.CONTACT and not run.order.with_contact:
        return "contact"
    if question.data_class is DataClass.SENSITIVE and run.order.without_sensitive:
        return "sensitive"
    if keep_until < run.at.date().isoformat():
        return "expired"
    return None if answer.value and answer.missing is None and not answer.problems else "no-value"


# --- what they show -----------------------------------------------------------------------------------------------


def _cut(run: _Run, place: tuple[PageRef, str, int], wanted: Sequence[_Wanted]) -> None:
    """Cut the ink of these values out of their page and record it."""
    ref, digest, number = place
    ink = _ink(run.project, run.project.layouts[digest], number, ref, frozenset(one.zone.id for one in wanted))
    if ink is None:
        run.left_out["page"] += len(wanted)
        return
    for one in sorted(wanted, key=lambda one: one.source.question):
        if one.zone.id in ink.rows:
            _keep_row(run, one, ink.rows[one.zone.id])
        else:
            _keep_lines(run, one, ink.lines[one.zone.id])


def _ink(project: Project, layout: Layout, number: int, ref: PageRef, zones: frozenset[str]) -> WrittenInk | None:
    with project.store.reading() as tx:
        page_map, _ = ledger.page_maps(tx, ref)
        region = ledger.region_of(tx, ref)
    if page_map is None:
        return None
    job = PageJob(
        ref=ref, file=project.original(ref).path, editions=FolderSource(folder=str(project.folder)),
        digests=tuple(sorted(project.layouts)), limits=limits_of(project), region=region,
    )  # fmt: skip
    return written_on(job, page_map, layout.digest, number, zones)


def _keep_row(run: _Run, one: _Wanted, row: CellRow) -> None:
    """Keep the cells of a row if the character of each of them is known."""
    shown = cell_characters(one.question, one.answer.value, row)
    if isinstance(shown, str):
        run.left_out[shown] += 1
        return
    assert one.question.alphabet is not None  # questions in cells have it
    known = class_names(network_for(one.question.alphabet))
    kept = []
    for place, (cell, truth) in enumerate(zip(row.cells, shown, strict=True)):
        if cell is None:
            continue
        if truth not in known:
            run.left_out["character"] += 1
            continue
        name = f"{one.source.form}-{one.source.question}-{place}.png"
        write_picture(run.folder, name, cell.gray)
        kept.append(
            CellCrop(file=name, place=place, height=cell.height, width=cell.width, x=cell.x, y=cell.y, truth=truth)
        )
    if kept:
        run.rows.append(RowCrops(source=one.source, alphabet=one.question.alphabet, cells=tuple(kept)))


def cell_characters(question: Question, value: str, row: CellRow) -> tuple[str, ...] | str:
    """The character of each cell of a row whose value a person settled, "" for one without ink; otherwise the reason
    why it is unknown.

    Rows are left out if some of their ink has an unknown owner, or if the number of cells with ink differs from the
    number of characters (something was crossed out, a unit follows the number): assigning characters to cells would be
    a guess.
    """
    if row.doubtful:
        return "doubtful"
    shown = characters(question, value, [cell is not None for cell in row.cells])
    if shown is None or question.alphabet is None or not any(shown):
        return "count"
    network = network_for(question.alphabet)
    noughts = [cell for place in filled_up(question, shown) if (cell := row.cells[place]) is not None]
    probs = character_probs(network, noughts)[:, class_names(network).index("0")]
    return "count" if (probs < IS_NOUGHT).any() else shown


def _keep_lines(run: _Run, one: _Wanted, pictures: Sequence[Gray]) -> None:
    """Keep the lines of a text."""
    if not pictures:
        run.left_out["count"] += 1
        return
    names = tuple(f"{one.source.form}-{one.source.question}-line{number}.png" for number in range(1, len(pictures) + 1))
    for name, picture in zip(names, pictures, strict=True):
        write_picture(run.folder, name, picture)
    run.lines.append(LineCrops(source=one.source, files=names, truth=one.answer.value))
