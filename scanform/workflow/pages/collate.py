"""A person collates the pages of one printed identity, names the addressee, and can undo either. Each act is one
transaction and append-only.

Decisions about values move with their page: a decision is about the content of a page, whosever page it is.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import PurePath
from uuid import uuid4

from scanform import pagecode
from scanform.model.page import Fate
from scanform.store import issued, ledger
from scanform.store.acts import collations
from scanform.store.acts.collations import Collation, CollationKind
from scanform.store.engine import Transaction
from scanform.store.records import SheetRecord
from scanform.workflow.project.moments import now, shown
from scanform.workflow.project.project import Project
from scanform.workflow.settling.assign_fates import PrintedIdentity, resolve_identity
from scanform.workflow.settling.carry_decisions import carry, decisions_on
from scanform.workflow.settling.collation import proposals
from scanform.workflow.settling.photocopies import counting
from scanform.workflow.settling.waiting_forms import CollationState, arranged, collation_of, subject_of

NOBODY = 0
"""Given instead of a copy: none of them is the addressee's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """A page that counts: its page number on the form, where it lies (batch, file, position from 1), how often it was
    scanned, and whether a person placed it there.
    """

    page_id: int
    number: int
    batch: int
    file: str
    position: str
    scans: int
    by_person: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Respondent:
    """The pages attributed to one person, and the form they make; `open` while that is not proven. `missing` are the
    pages it lacks.
    """

    copy: int
    form: str
    leaves: tuple[Leaf, ...]
    missing: tuple[int, ...]
    open: bool
    addressee: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathering:
    """All pages of one printed identity. `key` identifies this state: an act about another one is refused. `ways` are
    other ways to collate the pages, by name: page id -> copy. `place` is the file of the first page; `last` is the
    latest act that can be undone, with its author.
    """

    key: str
    form: str
    pages: int
    respondents: tuple[Respondent, ...]
    joining: CollationState
    place: str
    ways: Mapping[str, Mapping[int, int]]
    last: Collation | None

    @property
    def waits(self) -> bool:
        """Whether a decision is needed."""
        return self.joining.waits


def gatherings(project: Project) -> list[Gathering]:
    """All printed identities with several respondents, waiting ones first."""
    with project.store.reading() as tx:
        found = [_gathering(project, tx, digest, instance) for digest, instance in ledger.identities_with_copies(tx)]
    return sorted(
        (one for one in found if one is not None), key=lambda one: (not one.joining.unproven, not one.waits, one.form)
    )


def gathering(project: Project, form: str) -> Gathering | None:
    """The pages of the printed identity with this form id; None where there is, and always was, only one respondent."""
    parsed = pagecode.parse_form_id(form)
    if parsed is None:
        return None
    with project.store.reading() as tx:
        return _gathering(project, tx, *parsed) if parsed in ledger.identities_with_copies(tx) else None


def arrange(project: Project, form: str, key: str, where: Mapping[int, int], *, reviewer: str, uuid: str = "") -> str:
    """Assign each page that counts (page id) to a copy; returns the reason for a refusal ("changed", "twice",
    "incomplete"), "" when done.

    Numbers of copies that do not exist yet make new respondents.
    """

    def act(tx: Transaction, state: _State, uuid: str) -> str:
        leaves = [sheet for pages in state.copies.values() for sheet in pages]
        if {sheet.page_id for sheet in leaves} != where.keys():
            return "incomplete"
        taken = [(where[sheet.page_id], sheet.page) for sheet in leaves]
        if len(set(taken)) < len(taken):
            return "twice"
        numbers = _numbers(where, {sheet.copy or 1 for sheet in state.sheets})
        target = {(sheet.copy, sheet.page): numbers[where[sheet.page_id]] for sheet in leaves}
        after = {
            sheet.reading_id: target[sheet.copy, sheet.page]
            for sheet in state.sheets
            if (sheet.copy, sheet.page) in target
        }
        _act(project, tx, state.printed, state.sheets, after, said=after.keys(), reviewer=reviewer, uuid=uuid)
        return ""

    return _once(project, form, key, uuid, act)


def put_page(project: Project, tx: Transaction, page: SheetRecord, copy: int, *, reviewer: str) -> None:
    """Assign one page to a copy; a page already there moves to the place of this one."""
    assert page.identity is not None  # pages without an identity have no copy
    printed = PrintedIdentity(digest=page.identity.digest, instance=page.identity.instance)
    sheets = [
        sheet
        for sheet in ledger.sheets(tx, digest=printed.digest, instance=printed.instance)
        if sheet.outcome is Fate.READ
    ]
    after = {sheet.reading_id: page.copy or 1 for sheet in sheets if (sheet.copy, sheet.page) == (copy, page.page)}
    after |= {sheet.reading_id: copy for sheet in sheets if sheet.reading_id == page.reading_id}
    _act(project, tx, printed, sheets, after, said={page.reading_id}, reviewer=reviewer, uuid=str(uuid4()))


def name_addressee(project: Project, form: str, key: str, copy: int, *, reviewer: str, uuid: str = "") -> str:
    """Name the copy that is the addressee's (`NOBODY`: none of them); returns the reason for a refusal, ""
    when done.
    """

    def act(tx: Transaction, state: _State, uuid: str) -> str:
        if copy != NOBODY and copy not in state.copies:
            return "incomplete"
        page = _name(state.copies[copy][0]) if copy != NOBODY else ""
        said = Collation(
            uuid=uuid, kind=CollationKind.ADDRESSEE, subject=form, content={"page": page}, reviewer=reviewer, at=now()
        )
        collations.add_collation(tx, said)
        resolve_identity(project, tx, state.printed)
        return ""

    return _once(project, form, key, uuid, act)


def take_back(project: Project, form: str, key: str, *, reviewer: str, uuid: str = "") -> str:
    """Undo the latest act; returns the reason for a refusal ("changed", "nothing"), "" when done."""

    def act(tx: Transaction, state: _State, uuid: str) -> str:
        last = next(reversed(collations.collations(tx, form)), None)
        if last is None:
            return "nothing"
        before, after = _moves(last, "before"), _moves(last, "after")
        target = {sheet.reading_id: before[_name(sheet)] for sheet in state.sheets if _name(sheet) in before}
        if any(_name(sheet) in after and sheet.copy != after[_name(sheet)][0] for sheet in state.sheets):
            return "changed"
        _move(project, tx, state.printed, state.sheets, target, reviewer=reviewer, uuid=uuid, undoes=last)
        return ""

    return _once(project, form, key, uuid, act)


@dataclass(frozen=True, slots=True, kw_only=True)
class _State:
    """The state of a printed identity before an act: all its readings, and the pages that count, by copy."""

    printed: PrintedIdentity
    sheets: Sequence[SheetRecord]
    copies: Mapping[int, Sequence[SheetRecord]]


def _once(project: Project, form: str, key: str, uuid: str, act: Callable[[Transaction, _State, str], str]) -> str:
    """An act in one transaction: a repeated act does nothing, an act about another state is refused as "changed"."""
    uuid, printed = uuid or str(uuid4()), _printed(form)
    with project.store.writing() as tx:
        if collations.is_known(tx, uuid):
            return ""
        sheets, copies = _sheets(tx, printed)
        if not sheets or _key(tx, printed, sheets) != key:
            return "changed"
        return act(tx, _State(printed=printed, sheets=sheets, copies=copies), uuid)


def _act(
    project: Project,
    tx: Transaction,
    printed: PrintedIdentity,
    sheets: Sequence[SheetRecord],
    after: Mapping[int, int],
    *,
    said: Iterable[int],
    reviewer: str,
    uuid: str,
) -> None:
    """Store a person's act about pages (readings `said`), and move everything that depends on it."""
    target = {
        sheet.reading_id: (after[sheet.reading_id], sheet.unsure_copy and sheet.fate is Fate.RESCAN)
        for sheet in sheets
        if sheet.reading_id in after
    }
    content = {
        "pages": {_name(sheet): after[sheet.reading_id] for sheet in sheets if sheet.reading_id in set(said)},
        "before": {_name(sheet): [sheet.copy, sheet.unsure_copy] for sheet in sheets if sheet.reading_id in after},
        "after": {_name(sheet): list(target[sheet.reading_id]) for sheet in sheets if sheet.reading_id in after},
    }
    act = Collation(
        uuid=uuid,
        kind=CollationKind.ARRANGED,
        subject=subject_of(printed.digest, printed.instance),
        content=content,
        reviewer=reviewer,
        at=now(),
    )
    collations.add_collation(tx, act)
    _move(project, tx, printed, sheets, target, reviewer=reviewer, uuid=uuid)


def _move(
    project: Project,
    tx: Transaction,
    printed: PrintedIdentity,
    sheets: Sequence[SheetRecord],
    target: Mapping[int, tuple[int, bool]],
    *,
    reviewer: str,
    uuid: str,
    undoes: Collation | None = None,
) -> None:
    """Assign readings to their copies (with whether that is unsure), resolve the identity again, and carry the
    decisions along with their pages.
    """
    if undoes is not None:
        subject = subject_of(printed.digest, printed.instance)
        collations.add_collation(
            tx,
            Collation(
                uuid=uuid, kind=CollationKind.UNDONE, subject=subject, reviewer=reviewer, at=now(), undoes=undoes.uuid
            ),
        )
    here = {sheet.reading_id: sheet for sheet in sheets if sheet.active and sheet.fate in (Fate.READ, Fate.COPY)}
    moved = {
        reading: sheet for reading, sheet in here.items() if reading in target and target[reading][0] != sheet.copy
    }
    decided = [
        (reading, decision)
        for reading, sheet in moved.items()
        for decision in decisions_on(tx, form_name(printed, sheet.copy or 1), sheet.page)
    ]
    for reading, (copy, unsure) in target.items():
        ledger.set_form(tx, reading, form_number(tx, printed, copy, sheets), unsure=unsure)
    resolve_identity(project, tx, printed)
    for number, (reading, decision) in enumerate(decided):
        carry(
            tx, decision, form_name(printed, target[reading][0]), reviewer=reviewer, uuid=f"{uuid}:{number}", at=now()
        )


def form_name(printed: PrintedIdentity, copy: int) -> str:
    """The id of a copy of a printed form."""
    form_id = pagecode.form_id(printed.digest, printed.instance)
    return form_id if copy == 1 else f"{form_id}.{copy}"


def form_number(tx: Transaction, printed: PrintedIdentity, copy: int, sheets: Sequence[SheetRecord]) -> int:
    """The row of a copy of a printed form; created if new."""
    known = issued.issued_form(tx, printed.instance)
    pages = next(sheet.identity.pages for sheet in sheets if sheet.identity is not None)
    token = known.token if known and copy == 1 else None
    return ledger.add_form(
        tx,
        form_id=form_name(printed, copy),
        digest=printed.digest,
        instance=printed.instance,
        copy=copy,
        pages=pages,
        token=token,
    )


def _numbers(where: Mapping[int, int], known: set[int]) -> dict[int, int]:
    """The copies of the respondents named: known ones keep their number, others get the next ones."""
    free = max(known, default=0) + 1
    found = {}
    for number in sorted(set(where.values())):
        if number in known:
            found[number] = number
        else:
            found[number], free = free, free + 1
    return found


def _printed(form: str) -> PrintedIdentity:
    digest, instance = pagecode.parse_form_id(form) or ("", "")
    return PrintedIdentity(digest=digest, instance=instance)


def _sheets(tx: Transaction, printed: PrintedIdentity) -> tuple[list[SheetRecord], dict[int, list[SheetRecord]]]:
    sheets = [
        sheet
        for sheet in ledger.sheets(tx, digest=printed.digest, instance=printed.instance)
        if sheet.outcome is Fate.READ
    ]
    return sheets, counting(
        sheets, {sheet.page_id: sheet.fate for sheet in sheets if sheet.active and sheet.fate is not None}
    )


def _name(sheet: SheetRecord) -> str:
    return sheet.name


def _moves(act: Collation, name: str) -> dict[str, tuple[int, bool]]:
    said = act.content.get(name)
    return {page: (int(copy), bool(unsure)) for page, (copy, unsure) in said.items()} if isinstance(said, dict) else {}


def _key(tx: Transaction, printed: PrintedIdentity, sheets: Sequence[SheetRecord]) -> str:
    acts = [act.uuid for act in collations.collations(tx, subject_of(printed.digest, printed.instance))]
    state = [
        (sheet.page_id, sheet.reading_id, sheet.active, sheet.fate and sheet.fate.value, sheet.copy, sheet.page)
        for sheet in sheets
    ]
    return sha256(repr((acts, state)).encode()).hexdigest()[:32]


def _gathering(project: Project, tx: Transaction, digest: str, instance: str) -> Gathering | None:
    printed = PrintedIdentity(digest=digest, instance=instance)
    sheets, copies = _sheets(tx, printed)
    layout = project.layouts.get(digest)
    acts = collations.collations(tx, subject_of(digest, instance))
    if (
        layout is None
        or not copies
        or (len(copies) < 2 and not acts and not any(sheet.unsure_copy for pages in copies.values() for sheet in pages))
    ):
        return None
    joining = collation_of(tx, sheets, copies)
    scans: dict[tuple[int | None, int | None], int] = {}
    for sheet in sheets:
        if sheet.active and sheet.fate is not Fate.DUPLICATE:
            scans[sheet.copy, sheet.page] = scans.get((sheet.copy, sheet.page), 0) + 1
    placed = arranged(acts, sheets)
    numbers = [page.number for page in layout.pages]
    return Gathering(
        key=_key(tx, printed, sheets),
        form=pagecode.form_id(digest, instance),
        pages=len(numbers),
        respondents=tuple(
            Respondent(
                copy=copy,
                form=form_name(printed, copy),
                leaves=tuple(_leaf(sheet, scans, placed) for sheet in sorted(pages, key=lambda sheet: sheet.page or 0)),
                missing=tuple(number for number in numbers if number not in {sheet.page for sheet in pages}),
                open=copy in joining.unproven,
                addressee=joining.addressee == copy,
            )
            for copy, pages in sorted(copies.items())
        ),
        joining=joining,
        place=min(
            (sheet for pages in copies.values() for sheet in pages), key=lambda sheet: (sheet.file_id, sheet.position)
        ).path,
        ways=_ways(copies),
        last=next(reversed(acts), None),
    )


def _leaf(sheet: SheetRecord, scans: Mapping[tuple[int | None, int | None], int], placed: Mapping[int, int]) -> Leaf:
    return Leaf(
        page_id=sheet.page_id,
        number=sheet.page or 0,
        batch=sheet.batch_id,
        file=PurePath(shown(sheet.path)).name,
        position=sheet.ref.place,
        scans=scans[sheet.copy, sheet.page],
        by_person=placed.get(sheet.reading_id) == sheet.copy,
    )


def _ways(copies: Mapping[int, Sequence[SheetRecord]]) -> dict[str, dict[int, int]]:
    """Other ways to collate the pages. A respondent keeps the number of the copy that holds their first page."""
    pages = sorted(
        (sheet for found in copies.values() for sheet in found), key=lambda sheet: (sheet.file_id, sheet.position)
    )
    by_reading = {sheet.reading_id: sheet for sheet in pages}
    present = {sheet.page_id: sheet.copy or 1 for sheet in pages}
    found: dict[str, dict[int, int]] = {}
    for name, groups in proposals(pages).items():
        way: dict[int, int] = {}
        free = (number for number in range(1, 2 * len(pages) + 2) if number not in copies)
        used: set[int] = set()
        for group in groups:
            first = by_reading[min(group, key=lambda reading: by_reading[reading].page or 0)]
            copy = first.copy or 1
            copy = copy if copy not in used else next(free)
            used.add(copy)
            way |= {by_reading[reading].page_id: copy for reading in group}
        if way != present and way not in found.values():
            found[name] = way
    return found
