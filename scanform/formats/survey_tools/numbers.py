"""Numbers and days of other tools, and how many cells they take on paper."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from scanform.formats.survey_tools.marks import MOST, PaperFacts
from scanform.formats.survey_tools.remarks import Place, Remarks
from scanform.model.questionnaire import Alphabet, Question

ASSUMED_WHOLE, ASSUMED_FRACTION = 6, 2
"""Cells before and after the decimal sign where the tool names no bound: enough for counts of people and for euros."""

_NUMBER = re.compile(r"-?[0-9]+([.][0-9]+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """Sizes of the groups of cells; `assumed` if nothing in the survey says them."""

    sizes: tuple[int, ...]
    assumed: bool


def bound(value: str, *, day: bool = False) -> str | None:
    """A bound as our files write it: 18 for 18.0, a day in ISO form; None for anything else."""
    value = value.strip()
    if day:
        try:
            return date.fromisoformat(value).isoformat()
        except ValueError:
            return None
    if not _NUMBER.fullmatch(value):
        return None
    return value.rstrip("0").rstrip(".") if "." in value else value


def number_cells(high: str | None, facts: PaperFacts) -> Cells:
    """Cells of a whole number."""
    marked = facts.cells if facts.cell_type == "number" else ()
    return _cells(high, marked, rest=())


def decimal_cells(high: str | None, facts: PaperFacts) -> Cells:
    """Cells of a number with a decimal sign."""
    marked = facts.cells if facts.cell_type == "decimal" else ()
    return _cells(high, marked, rest=(ASSUMED_FRACTION,))


def _cells(high: str | None, marked: tuple[int, ...], *, rest: tuple[int, ...]) -> Cells:
    """The cells that are marked if the greatest number fits in; otherwise as many as it has digits."""
    needed = len(str(abs(int(Decimal(high))))) if high is not None else 0
    needed += high is not None and high.startswith("-")
    if marked and needed <= marked[0]:
        return Cells(sizes=marked, assumed=False)
    fraction = marked[1:] or rest
    whole = min(needed or ASSUMED_WHOLE, MOST - sum(fraction))
    return Cells(sizes=(whole, *fraction), assumed=not needed or (not marked and bool(rest)))


def within(
    question: Question,
    low: str | None,
    high: str | None,
    *,
    earlier: str | None,
    known: Mapping[str, Question],
    place: Place,
    remarks: Remarks,
) -> Question:
    """The question with its bounds and the earlier one it must not precede, as far as a questionnaire can have them:
    bounds in order and within the cells, an earlier question of the same type. `known` are the questions so far.
    """
    number = question.alphabet is not Alphabet.DATE
    low = (low or "0") if number else low
    if high is not None and number and len(high.split(".")[0].lstrip("-")) > question.cells[0]:
        remarks.lost(place, "bound", bound=high)
        high = None
    if low is not None and high is not None and (Decimal(low) > Decimal(high) if number else low > high):
        remarks.lost(place, "bound", bound=f"{low} - {high}")
        low, high = "0" if number else None, None
    other = known.get(earlier) if earlier is not None else None
    if earlier is not None and (other is None or other.alphabet is not question.alphabet or _is_text(other)):
        remarks.lost(place, "earlier", other=earlier)
        earlier = None
    return replace(question, minimum=low, maximum=high, not_before=earlier)


def _is_text(question: Question) -> bool:
    """Digits that are no number: a postcode."""
    return question.alphabet is Alphabet.DIGITS and question.minimum is None
