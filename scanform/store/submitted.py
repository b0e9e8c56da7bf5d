"""Where submitted content is: its batch, and the fates of its pages."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import func, select

from scanform.model.page import Fate
from scanform.store.engine import Transaction
from scanform.store.records import Batch
from scanform.store.tables import BatchRow, FileRow, PageRow

_CHUNK = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Whereabouts:
    """Number of pages of one file, by content and location, with this fate in this batch (None: they wait to
    be read).
    """

    sha256: str
    location: str
    archived: str
    batch_id: int
    fate: Fate | None
    pages: int


def batch_with(tx: Transaction, sha256: str) -> Batch | None:
    """The first batch that counts and has this content."""
    query = (
        select(BatchRow.id, BatchRow.kind, BatchRow.label, BatchRow.created_at, BatchRow.withdrawn_at)
        .join(FileRow, FileRow.batch_id == BatchRow.id)
        .where(FileRow.sha256 == sha256, BatchRow.withdrawn_at.is_(None))
        .order_by(BatchRow.id)
    )
    row = tx.execute(query.limit(1)).first()
    return Batch(**row._mapping) if row else None


def whereabouts(tx: Transaction, contents: Iterable[str]) -> list[Whereabouts]:
    """The fates of all pages with these contents (hex SHA-256 of their files), including withdrawn batches."""
    wanted = sorted(set(contents))
    found: list[Whereabouts] = []
    columns = (FileRow.sha256, FileRow.location, FileRow.archived, FileRow.batch_id, PageRow.fate)
    for start in range(0, len(wanted), _CHUNK):
        chunk = wanted[start : start + _CHUNK]
        query = (
            select(*columns, func.count().label("pages"))
            .join(PageRow, PageRow.file_id == FileRow.id)
            .where(FileRow.sha256.in_(chunk))
            .group_by(*columns)
        )
        found += [
            Whereabouts(**{**row._mapping, "fate": Fate(row.fate) if row.fate else None})
            for row in tx.execute(query.order_by(FileRow.batch_id))
        ]
    return found
