"""Forms that count although pages are missing, append-only."""

from dataclasses import dataclass

from scanform.store.acts.append import append_act, in_force, in_order
from scanform.store.engine import Transaction
from scanform.store.tables import IncompleteAcceptedRow


@dataclass(frozen=True, slots=True, kw_only=True)
class IncompleteAccepted:
    """Somebody accepts a form without these pages (counted from 1), or undoes that, naming in `undoes` the uuid of the
    act undone.
    """

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
    return append_act(tx, IncompleteAcceptedRow, row)


def incomplete_accepted(tx: Transaction) -> dict[str, IncompleteAccepted]:
    """The latest acceptance in force of each form, by form id."""
    return {
        row.form_id: IncompleteAccepted(
            uuid=row.uuid,
            form_id=row.form_id,
            pages=tuple(row.pages),
            reviewer=row.reviewer,
            reason=row.reason,
            at=row.at,
        )
        for row in in_force(in_order(tx, IncompleteAcceptedRow))
    }
