"""Second readings and adjudications of settled values, append-only. A second reading counts nowhere else until somebody decides."""

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
    """Append a reading; False when its uuid is known (sent twice)."""
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
    """All readings, or those of one item, in order of arrival."""
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
    """The seed of all random draws for double verification: drawn once per project and kept, so that every draw can be repeated."""
    insert_new(tx, SamplingSeedRow, {"name": LOT, "lot": secrets.token_hex(16)}, SamplingSeedRow.name)
    return tx.execute(select(SamplingSeedRow.lot).where(SamplingSeedRow.name == LOT)).scalar_one()


def drawn_seed(tx: Transaction) -> str:
    """The seed, "" before one was drawn."""
    return tx.execute(select(SamplingSeedRow.lot).where(SamplingSeedRow.name == LOT)).scalar() or ""
