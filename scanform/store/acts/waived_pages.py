"""Waived pages: no value can be had of them, and people accepted that with a reason. Append-only.

An act names a page by its content and its fate at the time: if the page becomes readable later, it is read and the act
no longer applies.
"""

from dataclasses import dataclass

from scanform.model.page import Fate
from scanform.store.acts.append import ReasonedAct, append_act, in_force, in_order, reasoned, values_of_reasoned
from scanform.store.engine import Transaction
from scanform.store.records import PageRecord
from scanform.store.tables import WaivedPageRow

Place = tuple[str, int, int]
"""A page by its content: hash, 0-based index, part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaivedPage(ReasonedAct):
    """Somebody waives a page with this fate, or undoes that, naming in `undoes` the uuid of the act undone."""

    place: Place
    fate: Fate


def add_waived(tx: Transaction, act: WaivedPage) -> bool:
    """Append an act; False when its uuid is known (sent twice)."""
    sha256, index, part = act.place
    row = {"sha256": sha256, "page_index": index, "part": part, "fate": act.fate.value}
    return append_act(tx, WaivedPageRow, row | values_of_reasoned(act))


def waived_pages(tx: Transaction) -> dict[tuple[Place, Fate], WaivedPage]:
    """The latest act in force on each page, by its content and its fate at the time."""
    found = {}
    for row in in_force(in_order(tx, WaivedPageRow)):
        place = (row.sha256, row.page_index, row.part)
        act = WaivedPage(place=place, fate=Fate(row.fate), **reasoned(row))
        found[place, act.fate] = act
    return found


def place_of(page: PageRecord) -> Place:
    """The content of a page."""
    return (page.ref.sha256, page.ref.index, page.ref.part)


def waived(page: PageRecord, acts: dict[tuple[Place, Fate], WaivedPage]) -> WaivedPage | None:
    """The act that applies to a page in its present state, None when it is not waived."""
    return acts.get((place_of(page), page.fate)) if page.fate is not None else None
