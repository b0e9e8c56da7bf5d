"""How far a place got where people said so: refused, undeliverable and the like, with a reason. Append-only."""

from dataclasses import dataclass

from scanform.model.place import Disposition
from scanform.store.acts.append import append_act, in_force, in_order
from scanform.store.engine import Transaction
from scanform.store.tables import DispositionRow


@dataclass(frozen=True, slots=True, kw_only=True)
class DispositionAct:
    """Somebody says how far the place with this token got, or takes that back, naming in `undoes` the uuid of the act
    undone.
    """

    uuid: str
    token: str
    disposition: Disposition
    reviewer: str
    reason: str
    at: str
    undoes: str | None = None


def add_disposition(tx: Transaction, act: DispositionAct) -> bool:
    """Append an act; False when its uuid is known (sent twice)."""
    row = {
        "uuid": act.uuid,
        "token": act.token,
        "disposition": act.disposition.value,
        "reviewer": act.reviewer,
        "reason": act.reason,
        "undoes": act.undoes,
        "at": act.at,
    }
    return append_act(tx, DispositionRow, row)


def dispositions(tx: Transaction) -> dict[str, DispositionAct]:
    """The latest act in force on each token."""
    return {
        row.token: DispositionAct(
            uuid=row.uuid,
            token=row.token,
            disposition=Disposition(row.disposition),
            reviewer=row.reviewer,
            reason=row.reason,
            at=row.at,
        )
        for row in in_force(in_order(tx, DispositionRow))
    }
