"""Forms that count although pages are missing: rows that are only ever added."""

from dataclasses import dataclass

from sqlalchemy import select

from scanform.store.acts.seals import add_seal
from scanform.store.engine import Transaction, insert_new
from scanform.store.tables import IncompleteAcceptedRow


@dataclass(frozen=True, slots=True, kw_only=True)
class IncompleteAccepted:
    """Somebody says that a form counts without these pages (counted from 1), or takes that back, naming in `undoes` the uuid of what they take back."""

    uuid: str
    form_id: str
    pages: tuple[int, ...]
    reviewer: str
    reason: str
    at: str
    undoes: str | None = None


def add_incomplete_accepted(tx: Transaction, acceptance: IncompleteAccepted) -> bool:
    """Append an act; False when its uuid is known (sent twice)."""
    row = {
        "uuid": acceptance.uuid,
        "form_id": acceptance.form_id,
        "pages": list(acceptance.pages),
        "reviewer": acceptance.reviewer,
        "reason": acceptance.reason,
        "undoes": acceptance.undoes,
        "at": acceptance.at,
    }
    sequence = insert_new(tx, IncompleteAcceptedRow, row, IncompleteAcceptedRow.sequence)
    if sequence is not None:
        add_seal(tx, "acceptance", sequence, row)
    return sequence is not None


def incomplete_accepted(tx: Transaction) -> dict[str, IncompleteAccepted]:
    """The latest acceptance in force of each form, by its id."""
    found: dict[str, IncompleteAccepted] = {}
    undone: set[str | None] = set()
    rows = tx.execute(select(IncompleteAcceptedRow).order_by(IncompleteAcceptedRow.sequence)).all()
    for row in rows:
        undone.add(row.undoes)
    for row in rows:
        if row.undoes is None and row.uuid not in undone:
            found[row.form_id] = IncompleteAccepted(
                uuid=row.uuid, form_id=row.form_id, pages=tuple(row.pages), reviewer=row.reviewer, reason=row.reason, at=row.at
            )
    return found
