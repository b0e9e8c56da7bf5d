"""Seeded items and the answers to them: append-only, and no part of the data set."""

from collections.abc import Sequence
from dataclasses import dataclass

from scanform.model.reading import Candidate
from scanform.model.review import Decision, ReviewItem
from scanform.store.acts.append import append_act, in_order, look_of, values_of_look
from scanform.store.engine import Transaction
from scanform.store.tables import SeededAnswerRow, SeededItemRow


@dataclass(frozen=True, slots=True, kw_only=True)
class SeededItem:
    """A settled value that `reviewer` is shown once more, before the open value `before`: `truth` is the value in
    force, the rest is what the screen says.
    """

    item: str
    version: int
    reviewer: str
    before: str
    truth: str
    shown: str
    reasons: tuple[str, ...]
    confidence: float
    candidates: tuple[Candidate, ...]
    at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SeededAnswer:
    """Somebody's response to a seeded item on which screen; `after` is the number of the latest decision at
    that time.
    """

    act: Decision
    screen: str
    after: int


def seeded_item_of(item: ReviewItem, *, reviewer: str, before: str, truth: str, at: str) -> SeededItem:
    """The row of a seeded item."""
    return SeededItem(
        item=item.id,
        version=item.version,
        reviewer=reviewer,
        before=before,
        truth=truth,
        shown=item.value,
        reasons=item.reasons,
        confidence=item.confidence,
        candidates=item.candidates,
        at=at,
    )


def add_seeded_item(tx: Transaction, known: SeededItem) -> bool:
    """Append an item; False when the reviewer has already had this value, or a seeded item before that open value."""
    row = {
        "item": known.item,
        "version": known.version,
        "reviewer": known.reviewer,
        "before": known.before,
        "truth": known.truth,
        "shown": known.shown,
        "reason": " ".join(known.reasons),
        "confidence": known.confidence,
        "candidates": [[candidate.value, candidate.probability] for candidate in known.candidates],
        "at": known.at,
    }
    return append_act(tx, SeededItemRow, row)


def seeded_items_of(tx: Transaction, reviewer: str | None = None) -> list[SeededItem]:
    """All seeded items of a reviewer, or of everybody, in order of creation."""
    conditions = () if reviewer is None else (SeededItemRow.reviewer == reviewer,)
    return [
        SeededItem(
            item=row.item,
            version=row.version,
            reviewer=row.reviewer,
            before=row.before,
            truth=row.truth,
            shown=row.shown,
            reasons=tuple(row.reason.split()),
            confidence=row.confidence,
            candidates=_candidates(row.candidates),
            at=row.at,
        )
        for row in in_order(tx, SeededItemRow, *conditions)
    ]


def add_answer(tx: Transaction, answer: SeededAnswer) -> bool:
    """Append an answer; False when its uuid is known (sent twice)."""
    return append_act(
        tx, SeededAnswerRow, {**values_of_look(answer.act), "screen": answer.screen, "after": answer.after}
    )


def answers(tx: Transaction, reviewer: str | None = None) -> list[SeededAnswer]:
    """The responses of a reviewer, or of everybody, to seeded items, in order of arrival."""
    conditions = () if reviewer is None else (SeededAnswerRow.reviewer == reviewer,)
    return [
        SeededAnswer(act=look_of(row), screen=row.screen, after=row.after)
        for row in in_order(tx, SeededAnswerRow, *conditions)
    ]


def _candidates(stored: Sequence[Sequence[object]]) -> tuple[Candidate, ...]:
    return tuple(Candidate(value=str(value), probability=float(str(probability))) for value, probability in stored)
