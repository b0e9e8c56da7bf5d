"""How far a place got where people said so: refused, undeliverable and the like, with a reason. Append-only."""

from dataclasses import dataclass

from scanform.model.place import Disposition
from scanform.store.acts.append import ReasonedAct, append_act, in_force, in_order, reasoned, values_of_reasoned
from scanform.store.engine import Transaction
from scanform.store.tables import DispositionRow


@dataclass(frozen=True, slots=True, kw_only=True)
class DispositionAct(ReasonedAct):
    """Somebody says how far the place with this token got, or takes that back, naming in `undoes` the uuid of the act
    undone.
    """

    token: str
    disposition: Disposition


def add_disposition(tx: Transaction, act: DispositionAct) -> bool:
    """Append an act; False when its uuid is known (sent twice)."""
    row = {"token": act.token, "disposition": act.disposition.value}
    return append_act(tx, DispositionRow, row | values_of_reasoned(act))


def dispositions(tx: Transaction) -> dict[str, DispositionAct]:
    """The latest act in force on each token."""
    return {
        row.token: DispositionAct(token=row.token, disposition=Disposition(row.disposition), **reasoned(row))
        for row in in_force(in_order(tx, DispositionRow))
    }
