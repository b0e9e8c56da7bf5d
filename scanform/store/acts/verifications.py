"""Second and third looks at values that were settled: rows that are only ever added. What a look says counts nowhere but here, until somebody decides."""

import secrets
from dataclasses import dataclass

from sqlalchemy import select

from scanform.model.review import Decision, DecisionKind
from scanform.store.acts.seals import add_seal
from scanform.store.engine import Transaction, insert_new
from scanform.store.tables import SamplingSeedRow, VerificationRow

LOT = "second-look"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What somebody read without knowing what others read; `third` when they settled a difference and saw both values."""

    act: Decision
    third: bool


def add_verification(tx: Transaction, look: Verification) -> bool:
    """Append a look; False when its uuid is known (a repeated sending)."""
    act = look.act
    row = {
        "uuid": act.uuid,
        "item": act.item,
        "version": act.version,
        "third": look.third,
        "reviewer": act.reviewer,
        "kind": act.kind.value,
        "value": act.to_value,
        "at": act.at,
        "undoes": act.undoes,
    }
    sequence = insert_new(tx, VerificationRow, row, VerificationRow.sequence)
    if sequence is not None:
        add_seal(tx, "look", sequence, row)
    return sequence is not None


def verifications(tx: Transaction, item: str | None = None) -> list[Verification]:
    """All looks, or those at one item, in the order in which they arrived."""
    query = select(VerificationRow).order_by(VerificationRow.sequence)
    return [
        Verification(
            act=Decision(
                uuid=row.uuid,
                item=row.item,
                version=row.version,
                reviewer=row.reviewer,
                kind=DecisionKind(row.kind),
                from_value="",
                to_value=row.value,
                at=row.at,
                undoes=row.undoes,
            ),
            third=row.third,
        )
        for row in tx.execute(query if item is None else query.where(VerificationRow.item == item))
    ]


def sampling_seed(tx: Transaction) -> str:
    """What decides by lot which values are looked at again; drawn once for a project and kept, so that every draw can be repeated."""
    insert_new(tx, SamplingSeedRow, {"name": LOT, "lot": secrets.token_hex(16)}, SamplingSeedRow.name)
    return tx.execute(select(SamplingSeedRow.lot).where(SamplingSeedRow.name == LOT)).scalar_one()


def drawn_seed(tx: Transaction) -> str:
    """The lot that was drawn, "" before that."""
    return tx.execute(select(SamplingSeedRow.lot).where(SamplingSeedRow.name == LOT)).scalar() or ""
