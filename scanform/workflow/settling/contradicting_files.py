"""Files whose printed numbers contradict their sheet order: held until a person decides, in one transaction that can be
undone.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePath
from uuid import uuid4

from scanform import pagecode
from scanform.model.page import Fate, FoundBy, Identity
from scanform.model.problem import Problem
from scanform.model.review import Decision
from scanform.store import ledger
from scanform.store.acts import collations
from scanform.store.acts.collations import Collation, CollationKind, SheetDoubt
from scanform.store.engine import Transaction
from scanform.store.records import PageRecord
from scanform.workflow.project.moments import now, shown
from scanform.workflow.project.project import Project
from scanform.workflow.settling.assign_fates import PrintedIdentity, resolve_identity, resolve_reading
from scanform.workflow.settling.carry_decisions import carry, decisions_on
from scanform.workflow.settling.sheet_order import Contradiction, Side, contradiction

SHEETS, NUMBERS = "sheets", "numbers"
"""The possible decisions: backs belong to the fronts of their sheets, or the printed numbers are right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetSide:
    """One side of a sheet: page id, position in the file from 1, printed form and page number."""

    page_id: int
    position: int
    form: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldFile:
    """A held file: `pattern` names how the numbers contradict, `sheets` are those concerned, front first. `said` is the
    act that settled it, or None.
    """

    key: str
    batch: int
    file: str
    path: str
    pattern: str
    sheets: tuple[tuple[SheetSide, SheetSide], ...]
    said: Collation | None = None

    @property
    def forms(self) -> tuple[str, ...]:
        """The printed forms concerned."""
        return tuple(sorted({side.form for sheet in self.sheets for side in sheet}))


def check_sheets(project: Project, tx: Transaction, file_id: int) -> None:
    """Check whether the numbers of a file fit its sheets once all its pages are read; hold or release the forms
    concerned.
    """
    found, known = _judged(project, tx, file_id)
    if found == known:
        return
    for digest, instance in sorted(collations.set_sheet_doubt(tx, file_id, found)):
        resolve_identity(project, tx, PrintedIdentity(digest=digest, instance=instance))


def are_checked(project: Project, tx: Transaction, file_id: int) -> bool:
    """Whether what is stored about the sheets of a file agrees with its numbers."""
    found, known = _judged(project, tx, file_id)
    return found == known


def _judged(project: Project, tx: Transaction, file_id: int) -> tuple[SheetDoubt | None, SheetDoubt | None]:
    """What the numbers of a file say about its sheets, and what is stored about them; the same while pages
    still wait.
    """
    pages = ledger.pages_of_files(tx, [file_id])
    known = next((known for known in collations.sheet_doubts(tx) if known.file_id == file_id), None)
    if not pages or any(page.fate is None and page.reading_id is None for page in pages):
        return known, known
    settled = bool(collations.collations(tx, _subject(pages[0])))
    found = None if settled else _contradiction(project, pages)
    identities = (
        frozenset((side.digest, side.instance) for sheet in found.sheets for side in sheet) if found else frozenset()
    )
    return SheetDoubt(file_id=file_id, pattern=found.pattern, identities=identities) if found else None, known


def _contradiction(project: Project, pages: Iterable[PageRecord]) -> Contradiction | None:
    pages = list(pages)
    if any(page.ref.part for page in pages):
        return None  # where images show several sheets, consecutive pages are no front and back
    sides = {
        page.ref.index: _side(page.ref.index, page.identity)
        for page in pages
        if page.identity is not None and _is_printed(project, page)
    }
    return contradiction(sides, pages=len(pages), blanks=sum(page.fate is Fate.BLANK for page in pages))


def _is_printed(project: Project, page: PageRecord) -> bool:
    layout = (
        project.layouts.get(page.identity.digest) if page.identity is not None and page.outcome is Fate.READ else None
    )
    return layout is not None and not layout.imported


def _side(index: int, identity: Identity) -> Side:
    return Side(
        index=index, digest=identity.digest, instance=identity.instance, number=identity.page, pages=identity.pages
    )


def held_files(project: Project) -> list[HeldFile]:
    """The files that wait for a decision about their sheets, and those already decided."""
    with project.store.reading() as tx:
        waiting = {doubt.file_id: doubt.pattern for doubt in collations.sheet_doubts(tx, active=True)}
        pages: dict[int, list[PageRecord]] = {}
        for page in ledger.pages_of_files(tx, waiting):
            pages.setdefault(page.file_id, []).append(page)
        found = [_held(project, tx, pages[file], pattern) for file, pattern in waiting.items()]
        return found + [_settled(tx, act) for act in collations.of_kind(tx, CollationKind.SHEETS)]


def _held(project: Project, tx: Transaction, pages: list[PageRecord], pattern: str) -> HeldFile:
    found = _contradiction(project, pages)
    ids = {page.ref.index: page.id for page in pages}
    first = pages[0]
    return HeldFile(
        key=_key(tx, pages),
        batch=first.batch_id,
        file=PurePath(shown(first.ref.path)).name,
        path=first.ref.path,
        pattern=pattern,
        sheets=tuple((_shown(ids, front), _shown(ids, back)) for front, back in found.sheets) if found else (),
    )


def _settled(tx: Transaction, act: Collation) -> HeldFile:
    pages = ledger.pages_of_content(tx, act.subject.removeprefix("file:"))
    name = PurePath(shown(pages[0].ref.path)).name if pages else act.subject
    pattern = str(act.content.get("pattern", "other"))
    batch = pages[0].batch_id if pages else 0
    return HeldFile(
        key=_key(tx, pages),
        batch=batch,
        file=name,
        path=pages[0].ref.path if pages else "",
        pattern=pattern,
        sheets=(),
        said=act,
    )


def _shown(ids: Mapping[int, int], side: Side) -> SheetSide:
    return SheetSide(
        page_id=ids[side.index],
        position=side.index + 1,
        form=pagecode.form_id(side.digest, side.instance),
        number=side.number,
    )


def _subject(page: PageRecord) -> str:
    return f"file:{page.ref.sha256}"


def _key(tx: Transaction, pages: list[PageRecord]) -> str:
    """Identifies the state of a file; an act about another state is refused."""
    from hashlib import sha256

    acts = [act.uuid for act in collations.collations(tx, _subject(pages[0]))] if pages else []
    state = [
        (page.id, page.reading_id, page.identity.instance if page.identity else "", page.fate and page.fate.value)
        for page in pages
    ]
    return (pages[0].ref.sha256 if pages else "") + ":" + sha256(repr((acts, state)).encode()).hexdigest()[:16]


def say(project: Project, key: str, choice: str, *, reviewer: str, uuid: str = "") -> str:
    """Decide what is right about a file, `SHEETS` or `NUMBERS`; returns the reason for a refusal ("changed"), "" when
    done.
    """
    uuid, content = uuid or str(uuid4()), key.partition(":")[0]
    with project.store.writing() as tx:
        if collations.is_known(tx, uuid):
            return ""
        pages = ledger.pages_of_content(tx, content)
        found = _contradiction(project, pages) if pages else None
        if (
            found is None
            or _key(tx, pages) != key
            or choice not in (SHEETS, NUMBERS)
            or collations.collations(tx, f"file:{content}")
        ):
            return "changed"
        moves = (
            {back.index: (back.instance, front.instance) for front, back in found.sheets} if choice == SHEETS else {}
        )
        said = {
            "choice": choice,
            "pattern": found.pattern,
            "pages": {str(index): list(move) for index, move in moves.items()},
        }
        act = Collation(
            uuid=uuid, kind=CollationKind.SHEETS, subject=f"file:{content}", content=said, reviewer=reviewer, at=now()
        )
        collations.add_collation(tx, act)
        _rename(project, tx, pages, {index: after for index, (_, after) in moves.items()}, reviewer=reviewer, uuid=uuid)
        return ""


def take_back(project: Project, key: str, *, reviewer: str, uuid: str = "") -> str:
    """Undo the decision about a file; returns the reason for a refusal ("changed", "nothing"), "" when done."""
    uuid, content = uuid or str(uuid4()), key.partition(":")[0]
    with project.store.writing() as tx:
        if collations.is_known(tx, uuid):
            return ""
        pages = ledger.pages_of_content(tx, content)
        if not pages or _key(tx, pages) != key:
            return "changed"
        last = next(reversed(collations.collations(tx, f"file:{content}")), None)
        if last is None:
            return "nothing"
        moves = last.content.get("pages")
        names = {int(index): str(before) for index, (before, _) in moves.items()} if isinstance(moves, dict) else {}
        collations.add_collation(
            tx,
            Collation(
                uuid=uuid,
                kind=CollationKind.UNDONE,
                subject=last.subject,
                reviewer=reviewer,
                at=now(),
                undoes=last.uuid,
            ),
        )
        _rename(project, tx, pages, names, reviewer=reviewer, uuid=uuid)
        return ""


def _rename(
    project: Project, tx: Transaction, pages: list[PageRecord], names: Mapping[int, str], *, reviewer: str, uuid: str
) -> None:
    """Give pages of a file (by position) the instance of another form, resolve all forms concerned, and carry the
    decisions along with their pages.
    """
    moved = [
        page for page in pages if page.ref.index in names and page.identity is not None and page.reading_id is not None
    ]
    readings = {page.reading_id: page for page in moved}  # the same content may have been submitted twice
    decided: list[tuple[int, Decision]] = [
        (n, d)
        for n, page in readings.items()
        if n and page.identity
        for d in decisions_on(tx, page.form_id or "", page.identity.page)
    ]
    touched = {(page.identity.digest, page.identity.instance) for page in pages if page.identity is not None}
    for number, page in readings.items():
        if number is not None and page.identity is not None:
            ledger.set_form(tx, number, None)
            ledger.set_identity(
                tx,
                number,
                replace(page.identity, instance=names[page.ref.index], found_by=FoundBy.PERSON),
                page.problems,
            )
            touched.add((page.identity.digest, names[page.ref.index]))
    for number in readings:
        if number is not None:
            resolve_reading(project, tx, number)
    for file in sorted({page.file_id for page in pages}):
        check_sheets(project, tx, file)
    for digest, instance in sorted(touched):
        resolve_identity(project, tx, PrintedIdentity(digest=digest, instance=instance))
    for at, (number, decision) in enumerate(decided):
        form = next(
            (
                page.form_id
                for page in ledger.pages_of_files(tx, {page.file_id for page in pages})
                if page.reading_id == number
            ),
            None,
        )
        if form is not None:
            carry(tx, decision, form, reviewer=reviewer, uuid=f"{uuid}:{at}", at=now())


def sheet_remarks(project: Project, pages: Iterable[PageRecord]) -> list[tuple[str, Problem]]:
    """The sheet problems of the files of these pages, by file."""
    paths = {page.file_id: page.ref.path for page in pages}
    with project.store.reading() as tx:
        doubts = collations.sheet_doubts(tx, active=True)
    return [
        (paths[doubt.file_id], Problem(slug=f"sheets-{doubt.pattern}")) for doubt in doubts if doubt.file_id in paths
    ]
