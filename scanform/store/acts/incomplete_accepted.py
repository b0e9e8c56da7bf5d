"""Forms that count although pages are missing, append-only."""

from dataclasses import dataclass

from scanform.store.acts.append import ReasonedAct, append_act, in_force, in_order, reasoned, values_of_reasoned
from scanform.store.engine import Transaction
from scanform.store.tables import IncompleteAcceptedRow


@dataclass(frozen=True, slots=True, kw_only=True)
class IncompleteAccepted(ReasonedAct):
    """Somebody accepts a form without these pages (counted from 1), or undoes that, naming in `undoes` the uuid of the
    act undone.
    """

    form_id: str
    pages: tuple[int, ...]


def add_incomplete_accepted(tx: Transaction, acceptance: IncompleteAccepted) -> bool:
    """Append an act; False when its uuid is known (sent twice)."""
    row = {"form_id": acceptance.form_id, "pages": list(acceptance.pages)}
    return append_act(tx, IncompleteAcceptedRow, row | values_of_reasoned(acceptance))


def incomplete_accepted(tx: Transaction) -> dict[str, IncompleteAccepted]:
    """The latest acceptance in force of each form, by form id."""
    return {
        row.form_id: IncompleteAccepted(form_id=row.form_id, pages=tuple(row.pages), **reasoned(row))
        for row in in_force(in_order(tx, IncompleteAcceptedRow))
    }
