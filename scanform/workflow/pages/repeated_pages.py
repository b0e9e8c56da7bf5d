"""Repeated pages: re-scans of one sheet, or different sheets with one printed identity. The program proposes which, and
people can overrule it.

The first scan of a sheet counts, whatever a later one says. Where the two differ, the pair waits here until somebody
has checked it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from scanform import pagecode
from scanform.i18n.texts import text
from scanform.model.layout import PageLayout, Zone, ZoneKind
from scanform.model.page import Fate
from scanform.model.questionnaire import Questionnaire
from scanform.model.reading import FieldReading, MarkValue, PageReading
from scanform.store import issued, ledger
from scanform.store.acts import manual_registrations
from scanform.store.engine import Transaction
from scanform.store.records import ManualRegistration, ManualRegistrationKind, SheetRecord
from scanform.workflow.project.moments import now, shown
from scanform.workflow.project.project import Project
from scanform.workflow.review.desk import Desk
from scanform.workflow.settling.assign_fates import PrintedIdentity, resolve_identity
from scanform.workflow.settling.photocopies import neighbour_copy

ACTS = (
    ManualRegistrationKind.SEEN,
    ManualRegistrationKind.PREFERRED,
    ManualRegistrationKind.OTHER_SHEET,
    ManualRegistrationKind.SAME_SHEET,
)
"""Possible decisions about a pair."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """One of the two: where it lies (batch, file, position from 1), and the form it counts for ("" when another scan
    counts).
    """

    page_id: int
    batch: int
    file: str
    position: str
    form: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """The two scans' answers to one question, in words."""

    question: str
    wording: str
    first: str
    second: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatedPage:
    """A page of a form that came in twice. `same_sheet`: it is treated as one sheet scanned twice, of which `first`
    counts; otherwise as two sheets.

    With `unsure` the two may also be different sheets. `seen_by` is who checked it last and said so, "" for nobody.
    `key` identifies the present state of the pair; an act about another state is refused.
    """

    key: str
    form: str
    number: int
    pages: int
    same_sheet: bool
    first: Scan
    second: Scan
    differences: tuple[Difference, ...]
    seen_by: str
    unsure: bool = False

    @property
    def acts(self) -> tuple[ManualRegistrationKind, ...]:
        """The possible decisions about it."""
        if self.same_sheet:
            return (ManualRegistrationKind.SEEN, ManualRegistrationKind.PREFERRED, ManualRegistrationKind.OTHER_SHEET)
        return (ManualRegistrationKind.SEEN, ManualRegistrationKind.SAME_SHEET)

    @property
    def waits(self) -> bool:
        """Whether somebody has to check it: the scans of one sheet differ or may be two sheets, and nobody
        has checked.
        """
        return self.same_sheet and (bool(self.differences) or self.unsure) and not self.seen_by


def doubles(project: Project, *, language: str = "de") -> list[RepeatedPage]:
    """All pairs, those to be checked first."""
    found: list[RepeatedPage] = []
    with project.store.reading() as tx:
        for digest, instance in ledger.identities_with_repeats(tx):
            found += _of_identity(project, tx, digest, instance, language)
    return sorted(
        found, key=lambda pair: (not pair.waits, bool(pair.seen_by), not pair.differences, pair.form, pair.number)
    )


def waiting_doubles(project: Project) -> int:
    """Number of pairs to be checked."""
    return sum(pair.waits for pair in doubles(project))


class WaitingRepeats:
    """Counts the pairs that wait, and recounts only when pages, batches or acts have changed: it is called every few
    seconds.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._known: tuple[object, int] = (None, 0)

    def count(self) -> int:
        """Number of pairs to be checked."""
        with self._project.store.reading() as tx:
            state = (ledger.state_of_pages(tx), manual_registrations.last_manual_registration(tx))
        if self._known[0] != state:
            self._known = (state, waiting_doubles(self._project))
        return self._known[1]


def act_on(project: Project, key: str, kind: ManualRegistrationKind, *, reviewer: str, uuid: str) -> bool:
    """Apply somebody's decision about a pair; False when the pair has changed since. Sending again changes nothing."""
    with project.store.writing() as tx:
        digest, instance = next(iter(_identities(key)), ("", ""))
        pair = next(
            (pair for pair in _of_identity(project, tx, digest, instance, project.language) if pair.key == key), None
        )
        if pair is None or kind not in pair.acts:
            return any(act.uuid == uuid for act in manual_registrations.manual_registrations(tx))
        sheets = ledger.sheets(tx, digest=digest, instance=instance)
        second = next(sheet for sheet in sheets if sheet.page_id == pair.second.page_id)
        first = next(sheet for sheet in sheets if sheet.page_id == pair.first.page_id)
        act = ManualRegistration(
            uuid=uuid,
            sha256=second.sha256,
            index=second.index,
            part=second.part,
            kind=kind,
            identity=second.identity,
            reviewer=reviewer,
            at=now(),
        )
        if not manual_registrations.add_manual_registration(tx, act):
            return True
        if kind is ManualRegistrationKind.OTHER_SHEET:
            _to_copy(tx, second, _copy_of_its_own(second, sheets))
        elif kind is ManualRegistrationKind.SAME_SHEET:
            _to_copy(tx, second, first.copy or 1)
        resolve_identity(project, tx, PrintedIdentity(digest=digest, instance=instance))
        return True


def picture(desk: Desk, page_id: int, question: str = "") -> bytes | None:
    """JPEG of a page that was read, upright, or of one question on it; None when there is none."""
    with desk.project.store.reading() as tx:
        record = ledger.find_page(tx, page_id)
    if record is None or record.identity is None or record.outcome is not Fate.READ or not record.archived:
        return None
    layout = desk.project.layouts.get(record.identity.digest)
    page = next((page for page in layout.pages if page.number == record.identity.page), None) if layout else None
    if page is None:
        return None
    return desk.question(record.ref, page, question) if question else desk.page(record.ref, page.size)


def _copy_of_its_own(sheet: SheetRecord, sheets: Sequence[SheetRecord]) -> int:
    """The photocopy of the adjacent page, if it lacks this page; otherwise a new one."""
    placed = [
        other
        for other in sheets
        if other.copy is not None and other.outcome is Fate.READ and other.fate is not Fate.RESCAN
    ]
    beside = neighbour_copy(sheet, [other for other in placed if other.reading_id != sheet.reading_id])
    if (
        beside is not None
        and beside != sheet.copy
        and all(other.page != sheet.page for other in placed if other.copy == beside)
    ):
        return beside
    return max(other.copy or 1 for other in sheets) + 1


def _to_copy(tx: Transaction, sheet: SheetRecord, copy: int) -> None:
    """Move a page to another copy of its form."""
    identity = sheet.identity
    assert identity is not None  # pages without an identity make no pairs
    form_id = pagecode.form_id(identity.digest, identity.instance)
    printed = issued.issued_form(tx, identity.instance)
    number = ledger.add_form(
        tx,
        form_id=form_id if copy == 1 else f"{form_id}.{copy}",
        digest=identity.digest,
        instance=identity.instance,
        copy=copy,
        pages=identity.pages,
        token=printed.token if printed and copy == 1 else None,
    )
    ledger.set_form(tx, sheet.reading_id, number)


def _key(first: SheetRecord, second: SheetRecord, digest: str, instance: str) -> str:
    return ":".join(str(part) for part in (digest, instance, first.page_id, first.copy, second.page_id, second.copy))


def _identities(key: str) -> list[tuple[str, str]]:
    parts = key.split(":")
    return [(parts[0], parts[1])] if len(parts) == 6 else []


def _of_identity(project: Project, tx: Transaction, digest: str, instance: str, language: str) -> list[RepeatedPage]:
    layout = project.layouts.get(digest)
    sheets = [
        sheet
        for sheet in ledger.sheets(tx, digest=digest, instance=instance)
        if sheet.active and sheet.outcome is Fate.READ
    ]
    if layout is None or not sheets:
        return []
    readings = ledger.contents(tx, [sheet.reading_id for sheet in sheets])
    seen = _seen(tx, sheets)
    questionnaire = project.questionnaire_of(layout)
    found = []
    for page in layout.pages:
        here = [
            sheet for sheet in sheets if sheet.page == page.number and sheet.fate in {Fate.READ, Fate.COPY, Fate.RESCAN}
        ]
        counting = {sheet.copy: sheet for sheet in here if sheet.fate is not Fate.RESCAN}
        for second in here:
            first = counting.get(second.copy) if second.fate is Fate.RESCAN else counting.get(1)
            if first is None or first is second:
                continue
            found.append(
                RepeatedPage(
                    key=_key(first, second, digest, instance),
                    form=pagecode.form_id(digest, instance),
                    number=page.number,
                    pages=len(layout.pages),
                    same_sheet=second.fate is Fate.RESCAN,
                    first=_scan(first, digest, instance),
                    second=_scan(second, digest, instance),
                    differences=tuple(
                        _differences(
                            readings.get(first.reading_id),
                            readings.get(second.reading_id),
                            page,
                            questionnaire,
                            language,
                        )
                    ),
                    seen_by=seen.get((second.sha256, second.index, second.part), ""),
                    unsure=second.fate is Fate.RESCAN and second.unsure_copy,
                )
            )
    return found


def _seen(tx: Transaction, sheets: Sequence[SheetRecord]) -> Mapping[tuple[str, int, int], str]:
    """Who last confirmed a page as it is, or decided about it."""
    kinds = set(ACTS)
    return {
        (act.sha256, act.index, act.part): act.reviewer
        for act in manual_registrations.acts_on(tx, sorted({sheet.sha256 for sheet in sheets}))
        if act.kind in kinds
    }


def _scan(sheet: SheetRecord, digest: str, instance: str) -> Scan:
    copy = sheet.copy or 1
    form = pagecode.form_id(digest, instance) + ("" if copy == 1 else f".{copy}")
    return Scan(
        page_id=sheet.page_id,
        batch=sheet.batch_id,
        file=PurePath(shown(sheet.path)).name,
        position=sheet.ref.place,
        form="" if sheet.fate is Fate.RESCAN else form,
    )


def _differences(
    one: PageReading | None, other: PageReading | None, page: PageLayout, questionnaire: Questionnaire, language: str
) -> list[Difference]:
    if one is None or other is None:
        return []
    found = []
    for code in dict.fromkeys(zone.question for zone in page.zones):
        zones = [zone for zone in page.zones if zone.question == code]
        said = [_said(reading, zones, questionnaire, language) for reading in (one, other)]
        if said[0] != said[1]:
            question = questionnaire.question(code)
            wording = question.text.get(language) if question else code
            blank = text("review.blank", language)
            found.append(Difference(question=code, wording=wording, first=said[0] or blank, second=said[1] or blank))
    return found


def _said(reading: PageReading, zones: Sequence[Zone], questionnaire: Questionnaire, language: str) -> str:
    fields: Mapping[str, FieldReading] = {field.zone: field for field in reading.fields}
    parts = []
    for zone in zones:
        field = fields.get(zone.id)
        if field is None:
            continue
        if zone.kind is ZoneKind.MARK:
            if field.value == MarkValue.MARKED.value:
                parts.append(_option(zone, questionnaire, language))
        elif field.value.strip():
            parts.append(" ".join(field.value.split()))
    return ", ".join(parts)


def _option(zone: Zone, questionnaire: Questionnaire, language: str) -> str:
    question = questionnaire.question(zone.question)
    option = question.option(zone.option) if question and zone.option else None
    return option.text.get(language) if option else zone.option or "×"


def said(name: str) -> ManualRegistrationKind | None:
    """The decision sent by a screen about a pair; None for anything else."""
    return next((kind for kind in ACTS if kind.value == name), None)
