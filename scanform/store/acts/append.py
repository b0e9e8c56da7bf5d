"""Common to acts of all kinds: an act is appended once and sealed, read in order of arrival, and may be undone by
another act.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Row, func, select

from scanform.model.review import Decision, DecisionKind
from scanform.store.acts.seals import add_seal
from scanform.store.engine import Transaction, insert_new
from scanform.store.tables import ActRow

Act = TypeVar("Act", bound=ActRow)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonedAct:
    """Somebody says something, with a reason, or takes it back, naming in `undoes` the uuid of the act undone."""

    uuid: str
    reviewer: str
    reason: str
    at: str
    undoes: str | None = None


def values_of_reasoned(act: ReasonedAct) -> dict[str, object]:
    """The columns that all acts with a reason have."""
    return {field.name: getattr(act, field.name) for field in fields(ReasonedAct)}


def reasoned(row: Row[Any]) -> dict[str, Any]:
    """What a row in force says of such an act."""
    return {field.name: getattr(row, field.name) for field in fields(ReasonedAct)}


def append_act(tx: Transaction, table: type[Act], values: Mapping[str, object]) -> bool:
    """Append an act (column -> value, without its number) and seal it.

    False when a unique constraint says that it is already stored, as for a repeated sending: then nothing is written.
    """
    sequence = insert_new(tx, table, values, table.sequence)
    if sequence is not None:
        add_seal(tx, table, sequence, values)
    return sequence is not None


def in_order(tx: Transaction, table: type[Act], *conditions: ColumnElement[bool]) -> Sequence[Row[Any]]:
    """The acts that meet all `conditions`, in order of arrival."""
    return tx.execute(select(table).where(*conditions).order_by(table.sequence)).all()


def in_force(rows: Sequence[Row[Any]]) -> list[Row[Any]]:
    """The acts in force, for acts that name the act they undo in `undoes`: neither undone nor mere undoing."""
    undone = {row.undoes for row in rows}
    return [row for row in rows if row.undoes is None and row.uuid not in undone]


def last_number(tx: Transaction, table: type[Act]) -> int:
    """The number of the latest act of a kind, 0 when there is none."""
    return tx.execute(select(func.max(table.sequence))).scalar() or 0


def values_of_look(act: Decision) -> dict[str, object]:
    """The columns of an act on a value: what somebody read, without what they saw before."""
    return {
        "uuid": act.uuid,
        "item": act.item,
        "version": act.version,
        "reviewer": act.reviewer,
        "kind": act.kind.value,
        "value": act.to_value,
        "at": act.at,
        "undoes": act.undoes,
    }


def look_of(row: Row[Any]) -> Decision:
    """The act in a row that has the columns of `values_of_look`."""
    return Decision(
        uuid=row.uuid,
        item=row.item,
        version=row.version,
        reviewer=row.reviewer,
        kind=DecisionKind(row.kind),
        from_value="",
        to_value=row.value,
        at=row.at,
        undoes=row.undoes,
    )
