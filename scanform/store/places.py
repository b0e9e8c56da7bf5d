"""The recipient register: its places, and what changed about each. Works inside the caller's transaction."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import insert, select, update

from scanform.model.place import Place
from scanform.store.engine import Transaction, alike
from scanform.store.tables import PlaceChangeRow, PlaceRow

FIELDS = ("place_id", "name", "address", "carrier", "district", "further")
"""What a list may change of a place; its token stays."""

CONTACT = ("name", "address", "further")
"""The contact data of a place."""

ERASED = "erased"
"""What happened to a place whose contact data was erased."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceChange:
    """A place was "added", "changed" or "erased"; `changes` are (field, before, after). `source` is the file, or "printed"."""

    place_id: str
    kind: str
    changes: tuple[tuple[str, object, object], ...]
    source: str
    reviewer: str
    at: str


def registered_alike(tx: Transaction, token: str) -> list[str]:
    """The tokens of places that are this one, or that `alike` does not tell from it."""
    query = select(PlaceRow.token).where((PlaceRow.token == token) | alike(PlaceRow.token, token))
    return [str(token) for token in tx.execute(query).scalars()]


def places(tx: Transaction) -> list[Place]:
    """The register, in the order in which places were added."""
    return [
        Place(
            place_id=row.place_id,
            token=row.token,
            name=row.name,
            address=tuple(row.address),
            carrier=row.carrier,
            district=row.district,
            further=tuple((heading, said) for heading, said in row.further),
        )
        for row in tx.execute(select(PlaceRow).order_by(PlaceRow.number))
    ]


def add_places(tx: Transaction, found: Iterable[Place], *, source: str, reviewer: str, at: str) -> None:
    """Add new places and say so in the history of each."""
    for place in found:
        tx.execute(insert(PlaceRow).values(_facts(place) | {"token": place.token}))
        _tell(tx, place.place_id, "added", {}, source=source, reviewer=reviewer, at=at)


def change_place(tx: Transaction, before: Place, after: Place, *, source: str, reviewer: str, at: str) -> None:
    """Replace what is known of a place, and keep what it was; nothing happens where both are the same."""
    changes = differences(before, after)
    if changes:
        tx.execute(update(PlaceRow).where(PlaceRow.place_id == before.place_id).values(_facts(after)))
        if after.place_id != before.place_id:
            of_place = PlaceChangeRow.place_id == before.place_id
            tx.execute(update(PlaceChangeRow).where(of_place).values(place_id=after.place_id))
        _tell(tx, after.place_id, "changed", changes, source=source, reviewer=reviewer, at=at)


def differences(before: Place, after: Place) -> dict[str, list[object]]:
    """The fields that differ, each with what it was and what it became."""
    was, becomes = _facts(before), _facts(after)
    return {name: [was[name], becomes[name]] for name in FIELDS if was[name] != becomes[name]}


def erase(tx: Transaction, place: Place, fields: Sequence[str], *, reviewer: str, at: str, forms: bool) -> bool:
    """Forget these fields of a place, here and in its history, and say so there, without what they were; False where
    nothing was left of them, neither here nor on `forms`, and the place is known as erased.
    """
    empty = _facts(Place(place_id=place.place_id, token=place.token))
    of_place = PlaceChangeRow.place_id == place.place_id
    told = list(tx.execute(select(PlaceChangeRow.number, PlaceChangeRow.changes, PlaceChangeRow.kind).where(of_place)))
    holding = [row for row in told if set(fields) & set(row.changes)]
    facts = _facts(place)
    known = any(row.kind == ERASED for row in told)
    if known and not holding and not forms and all(facts[name] == empty[name] for name in fields):
        return False
    for row in holding:
        kept = {name: change for name, change in row.changes.items() if name not in fields}
        tx.execute(update(PlaceChangeRow).where(PlaceChangeRow.number == row.number).values(changes=kept))
    tx.execute(
        update(PlaceRow).where(PlaceRow.place_id == place.place_id).values({name: empty[name] for name in fields})
    )
    _tell(tx, place.place_id, ERASED, {}, source="", reviewer=reviewer, at=at)
    return True


def erased_ids(tx: Transaction) -> set[str]:
    """The ids of the places whose contact data was erased."""
    return set(tx.execute(select(PlaceChangeRow.place_id).where(PlaceChangeRow.kind == ERASED)).scalars())


def history(tx: Transaction, place_id: str) -> list[PlaceChange]:
    """What happened to a place, oldest first."""
    query = select(PlaceChangeRow).where(PlaceChangeRow.place_id == place_id).order_by(PlaceChangeRow.number)
    return [
        PlaceChange(
            place_id=row.place_id,
            kind=row.kind,
            changes=tuple((name, before, after) for name, (before, after) in row.changes.items()),
            source=row.source,
            reviewer=row.reviewer,
            at=row.at,
        )
        for row in tx.execute(query)
    ]


def _facts(place: Place) -> dict[str, object]:
    return {
        "place_id": place.place_id,
        "name": place.name,
        "address": list(place.address),
        "carrier": place.carrier,
        "district": place.district,
        "further": [list(one) for one in place.further],
    }


def _tell(
    tx: Transaction, place_id: str, kind: str, changes: Mapping[str, object], *, source: str, reviewer: str, at: str
) -> None:
    row = {"place_id": place_id, "kind": kind, "changes": dict(changes), "source": source}
    tx.execute(insert(PlaceChangeRow).values(row | {"reviewer": reviewer, "at": at}))
