"""Many doubtful values at once: the crops of one question and one reading across all forms, confirmed with one key
where all of them fit.

A screen is drawn at random, so that nobody can predict it, and shows the least certain first. Reviewed one by one
instead: values the machine considers wrong, values without a proposal, contradictions, values shown once for a whole
form or page, and postponed values.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from scanform.model.review import ReviewItem
from scanform.review.apply import split_item_id
from scanform.workflow.review.cards import SAYS_NOTHING, Card, is_typed, proposed
from scanform.workflow.review.desk import Desk
from scanform.workflow.review.queue import Part

LEAST = 0.5
"""Values more likely wrong than right are unsuitable for a screen on which most should fit."""

FEWEST = 4
"""Smaller groups are quicker one by one."""

BLANK = "blank"


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Values that can be shown together: `said` is the reading they share, in words, "" where each has its own; `count`
    wait.
    """

    key: str
    heading: str
    wording: str
    said: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """One value on a screen; `order` is its place in its whole group, the least certain first."""

    card: Card
    order: int


class Mosaic:
    """The groups of a desk's open values. Stateless: a decided value is gone from the next screen."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def groups(self, reviewer: str = "", *, contact: bool = True, language: str = "de") -> list[Group]:
        """All groups worth a screen, in the order of the form; for a `reviewer`, without values on other people's
        screens.
        """
        found = []
        for key, items in _grouped(self._desk.open_items(reviewer, contact=contact)).items():
            if len(items) >= FEWEST:
                card = self._desk.cards(items[:1], language=language)[0]
                said = "" if card.text and card.proposal == "value" else card.value_text
                found.append(Group(key=key, heading=card.heading, wording=card.wording, said=said, count=len(items)))
        return found

    def tiles(
        self,
        key: str,
        limit: int,
        *,
        reviewer: str,
        shown: Iterable[str] = (),
        contact: bool = True,
        language: str = "de",
    ) -> list[Tile]:
        """At most `limit` open values of a group for `reviewer`, in an unpredictable order that stays the same while
        they wait.

        Values already `shown` on the screen are not handed out again; nobody else gets these values meanwhile.
        """
        items = _grouped(self._desk.open_items(reviewer, contact=contact)).get(key, [])
        drawn = sorted(items, key=_drawn)
        part = Part(items=drawn, fits=lambda item: group_of(item) == key, place=_drawn)
        given = self._desk.claim_items(limit, reviewer=reviewer, shown=shown, contact=contact, part=part)
        everything = {item.id: item for item in (*items, *given)}.values()
        order = {
            item.id: place for place, item in enumerate(sorted(everything, key=lambda item: (item.confidence, item.id)))
        }
        return [
            Tile(card=card, order=order[card.id])
            for card in self._desk.cards(given, reviewer=reviewer, language=language)
        ]


def _drawn(item: ReviewItem) -> bytes:
    """The place of a value on the screen, drawn at random."""
    return sha256(item.id.encode()).digest()


def group_of(item: ReviewItem) -> str | None:
    """The key of the group of an open value: question and reading, for written values the question; None for values
    shown alone.
    """
    proposal = proposed(item)
    if (
        proposal == "none"
        or item.evidence is None
        or item.postponed
        or item.confidence < LEAST
        or SAYS_NOTHING & set(item.reasons)
    ):
        return None
    column = split_item_id(item.id)[1]
    shared = BLANK if proposal == BLANK else "" if is_typed(item) else f"={item.value}"
    return f"{item.questionnaire}:{column}:{shared}"


def _grouped(items: Iterable[ReviewItem]) -> dict[str, list[ReviewItem]]:
    found: dict[str, list[ReviewItem]] = defaultdict(list)
    for item in items:
        key = group_of(item)
        if key is not None:
            found[key].append(item)
    return dict(found)
