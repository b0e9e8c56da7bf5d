"""Second readings and adjudications of settled values, append-only. A second reading has no effect until somebody
decides.
"""

import secrets
from dataclasses import dataclass

from sqlalchemy import select

from scanform.model.review import Decision
from scanform.store.acts.append import append_act, in_order, look_of, values_of_look
from scanform.store.engine import Transaction, insert_new
from scanform.store.tables import SamplingSeedRow, VerificationRow

LOT = "second-look"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """A blind reading; `third` for an adjudication, made with both values in view."""

    act: Decision
    third: bool


def add_verification(tx: Transaction, look: Verification) -> bool:
    """Append a reading; False when its uuid is known (sent twice)."""
    return append_act(tx, VerificationRow, {**values_of_look(look.act), "third": look.third})


def verifications(tx: Transaction, item: str | None = None) -> list[Verification]:
    """All readings, or those of one item, in order of arrival."""
    conditions = () if item is None else (VerificationRow.item == item,)
    return [Verification(act=look_of(row), third=row.third) for row in in_order(tx, VerificationRow, *conditions)]


def sampling_seed(tx: Transaction) -> str:
    """The seed of all random draws for double verification: drawn once per project and kept, so that every draw can be
    repeated.
    """
    insert_new(tx, SamplingSeedRow, {"name": LOT, "lot": secrets.token_hex(16)}, SamplingSeedRow.name)
    return tx.execute(select(SamplingSeedRow.lot).where(SamplingSeedRow.name == LOT)).scalar_one()


def drawn_seed(tx: Transaction) -> str:
    """The seed, "" if none was drawn yet."""
    return tx.execute(select(SamplingSeedRow.lot).where(SamplingSeedRow.name == LOT)).scalar() or ""
