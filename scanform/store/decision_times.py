"""Decision times: the screen and the milliseconds since the value was visible. No names, no values, no items."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from sqlalchemy import insert, select

from scanform.store.engine import Transaction
from scanform.store.tables import DecisionTimeRow

LATEST = 10_000
"""Number of latest decisions evaluated."""

BREAK_MS = 60_000
"""Decision times are capped here: whoever takes longer was away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionTime:
    """Decisions on one screen: their number, and the median and sum of their times, in seconds; a screen of many values
    divides its time among them.
    """

    screen: str
    decisions: int
    median_s: float
    sum_s: float


def add_decision_time(tx: Transaction, *, screen: str, ms: int) -> None:
    """Record one decision."""
    tx.execute(insert(DecisionTimeRow).values(screen=screen, ms=min(max(ms, 0), BREAK_MS)))


def decision_times(tx: Transaction) -> list[DecisionTime]:
    """The latest decisions, by screen."""
    found: dict[str, list[int]] = {}
    for row in tx.execute(
        select(DecisionTimeRow.screen, DecisionTimeRow.ms).order_by(DecisionTimeRow.number.desc()).limit(LATEST)
    ):
        found.setdefault(row.screen, []).append(row.ms)
    return [
        DecisionTime(screen=screen, decisions=len(ms), median_s=median(ms) / 1000, sum_s=sum(ms) / 1000)
        for screen, ms in sorted(found.items())
    ]


def seconds_per_form(found: Sequence[DecisionTime], forms: int) -> float:
    """Total decision time divided by the number of forms decided, in seconds; 0 when nothing is known."""
    return sum(pace.sum_s for pace in found) / forms if forms else 0.0
