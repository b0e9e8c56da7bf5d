"""Acts of people about pages of one printed identity and about the sheets of a file, append-only, and the files that
wait for one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import groupby

from sqlalchemy import ColumnElement, delete, insert, select

from scanform.store.acts.append import append_act, in_force, in_order, last_number
from scanform.store.engine import Transaction
from scanform.store.tables import BatchRow, CollationRow, FileRow, PageRow, SheetDoubtRow


class CollationKind(StrEnum):
    """ARRANGED: these pages belong to these copies. ADDRESSEE: this copy is the addressee's. SHEETS: the sheets of a
    file are right, or the numbers printed on them are. UNDONE undoes one of them.
    """

    ARRANGED = "arranged"
    ADDRESSEE = "addressee"
    SHEETS = "sheets"
    UNDONE = "undone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Collation:
    """One act. `subject` is the form id of the printed identity, or "file:" and the hash of the file. `content`: the
    new state and the previous one.
    """

    uuid: str
    kind: CollationKind
    subject: str
    reviewer: str
    at: str
    content: Mapping[str, object] = field(default_factory=dict)
    undoes: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetDoubt:
    """A file in which printed numbers contradict the order of the sheets: the pattern, and the printed identities
    (digest, instance) concerned.
    """

    file_id: int
    pattern: str
    identities: frozenset[tuple[str, str]]


def add_collation(tx: Transaction, act: Collation) -> bool:
    """Append an act; False when its uuid is known (sent twice)."""
    row = {
        "uuid": act.uuid,
        "kind": act.kind.value,
        "subject": act.subject,
        "content": dict(act.content),
        "reviewer": act.reviewer,
        "undoes": act.undoes,
        "at": act.at,
    }
    return append_act(tx, CollationRow, row)


def collations(tx: Transaction, subject: str) -> list[Collation]:
    """The acts in force about a subject, oldest first."""
    return _standing(tx, CollationRow.subject == subject)


def of_kind(tx: Transaction, kind: CollationKind) -> list[Collation]:
    """All acts of a kind in force, oldest first."""
    wanted = CollationRow.kind.in_([kind.value, CollationKind.UNDONE.value])
    return [act for act in _standing(tx, wanted) if act.kind is kind]


def _standing(tx: Transaction, condition: ColumnElement[bool]) -> list[Collation]:
    return [
        Collation(
            uuid=row.uuid,
            kind=CollationKind(row.kind),
            subject=row.subject,
            content=row.content,
            reviewer=row.reviewer,
            at=row.at,
        )
        for row in in_force(in_order(tx, CollationRow, condition))
    ]


def is_known(tx: Transaction, uuid: str) -> bool:
    """Whether an act with this uuid was stored."""
    return tx.execute(select(CollationRow.sequence).where(CollationRow.uuid == uuid)).first() is not None


def last_collation(tx: Transaction) -> int:
    """The number of the latest act, 0 when there is none."""
    return last_number(tx, CollationRow)


def set_sheet_doubt(tx: Transaction, file_id: int, doubt: SheetDoubt | None) -> frozenset[tuple[str, str]]:
    """Record the doubt about the sheets of a file (None: none); returns the identities for which that changed
    something.
    """
    before = {found.identities for found in sheet_doubts(tx) if found.file_id == file_id}
    old: frozenset[tuple[str, str]] = next(iter(before), frozenset())
    tx.execute(delete(SheetDoubtRow).where(SheetDoubtRow.file_id == file_id))
    if doubt is not None:
        rows = [
            {"file_id": file_id, "pattern": doubt.pattern, "digest": digest, "instance": instance}
            for digest, instance in sorted(doubt.identities)
        ]
        tx.execute(insert(SheetDoubtRow), rows)
    return old | (doubt.identities if doubt else frozenset())


def sheet_doubts(tx: Transaction, *, active: bool = False) -> list[SheetDoubt]:
    """All files whose sheets wait for a decision; `active`: without those of withdrawn batches."""
    query = select(SheetDoubtRow).order_by(SheetDoubtRow.file_id)
    if active:
        counts = (
            select(FileRow.id).join(BatchRow, BatchRow.id == FileRow.batch_id).where(BatchRow.withdrawn_at.is_(None))
        )
        query = query.where(SheetDoubtRow.file_id.in_(counts))
    found: dict[int, tuple[str, set[tuple[str, str]]]] = {}
    for row in tx.execute(query):
        found.setdefault(row.file_id, (row.pattern, set()))[1].add((row.digest, row.instance))
    return [
        SheetDoubt(file_id=file, pattern=pattern, identities=frozenset(identities))
        for file, (pattern, identities) in found.items()
    ]


def doubt_of(tx: Transaction, digest: str, instance: str) -> str:
    """The pattern of the doubt about the sheets of a printed identity, in files that count; "" for none."""
    query = (
        select(SheetDoubtRow.pattern)
        .join(FileRow, FileRow.id == SheetDoubtRow.file_id)
        .join(BatchRow, BatchRow.id == FileRow.batch_id)
        .where(SheetDoubtRow.digest == digest, SheetDoubtRow.instance == instance, BatchRow.withdrawn_at.is_(None))
    )
    return tx.execute(query.order_by(SheetDoubtRow.id).limit(1)).scalar() or ""


def lines(tx: Transaction, files: Iterable[int]) -> dict[int, list[int]]:
    """The positions, from 0, of the non-blank pages of these files; sheets in one image follow one another."""
    query = (
        select(PageRow.file_id, PageRow.fate)
        .where(PageRow.file_id.in_(sorted(set(files))))
        .order_by(PageRow.file_id, PageRow.page_index, PageRow.part)
    )
    found: dict[int, list[int]] = {}
    for file, pages in groupby(tx.execute(query), key=lambda row: row.file_id):
        found[file] = [position for position, page in enumerate(pages) if page.fate != "blank"]
    return found
