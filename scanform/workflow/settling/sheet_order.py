"""Checks whether the printed numbers of a file fit its sheets. In a duplex scan pages 1 and 2, 3 and 4, ... are front
and back of one sheet. Pure.

Numbers that disagree on more than one sheet come from printing (the two sides shifted by one), from combining fronts
and backs wrongly, or from one missing sheet that shifts all others; only people can tell whose answers are whose. A
file is exempt where its pages are not sheets (page numbers of both sides odd, or both even), and where a simplex stack
explains everything: each form's pages are consecutive, in one direction.

Numbers can also change from sheet to sheet inside sets whose pages are in perfect order (sheets of several forms
stapled together): the pattern "sets".

Ordinary stacks (`tests/unit/workflow/settling/test_sheet_order.py`) are left alone. Shuffled single pages look like
wrong sheets by chance: 2 forms of two pages in 15 of 100 orders, 3 in 9, 4 in 2.5, 6 in 0.05, more never (2,000 orders
each); of four pages 2 forms in 2 of 100.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

LEAST_SHEETS = 2
"""Minimum number of sheets that contradict their numbers."""

LEAST_SETS = 3
"""Minimum number of sets in perfect order before numbers that change inside them are not chance: of loose sheets of two
forms 8 of 100 orders look like that, of three 4, of four 1 (all orders counted).
"""

NO_SHEETS = 0.05
"""A file is no duplex scan if more than this fraction of the pairs cannot be sheets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """What was read of a page of a file: its position in the file (from 0), layout, instance, page number, and the
    number of pages of the form.
    """

    index: int
    digest: str
    instance: str
    number: int
    pages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradiction:
    """The pattern by which numbers contradict the sheets ("next", "previous", "turned", "swapped", "other"), and the
    sheets concerned, front first.

    In "sets" the pairs are the first page of a set and each further page with another number.
    """

    pattern: str
    sheets: tuple[tuple[Side, Side], ...]


def contradiction(sides: Mapping[int, Side], *, pages: int, blanks: int = 0) -> Contradiction | None:
    """The contradiction in a file of this many `pages`, this many of them `blanks`; `sides` are the pages that were
    read, by position.
    """
    pairs = [(sides[at], sides[at + 1]) for at in sorted(sides) if at % 2 == 0 and at + 1 in sides]
    pairs = [pair for pair in pairs if pair[0].digest == pair[1].digest and pair[0].pages % 2 == 0]
    return _backs(sides, pairs, pages=pages, blanks=blanks) or _sets(sides)


def _backs(
    sides: Mapping[int, Side], pairs: Sequence[tuple[Side, Side]], *, pages: int, blanks: int
) -> Contradiction | None:
    """Backs with other numbers than their fronts."""
    if len(pairs) < LEAST_SHEETS:
        return None
    for first in (
        1,
        0,
    ):  # the first page has an odd number or, in a stack fed in reverse, an even one
        sheets = [_front_first(pair) for pair in pairs if pair[0].number % 2 == first and pair[1].number % 2 != first]
        wrong = [sheet for sheet in sheets if sheet[0].instance != sheet[1].instance]
        if (
            len(pairs) - len(sheets) <= NO_SHEETS * len(pairs)
            and len(wrong) >= LEAST_SHEETS
            and not _is_stack_of_single_pages(sides, wrong, pages=pages, blanks=blanks)
        ):
            return Contradiction(pattern=_pattern(sheets, wrong), sheets=tuple(wrong))
    return None


def _sets(sides: Mapping[int, Side]) -> Contradiction | None:
    """Consecutive sets of pages in perfect order inside which the number changes: sheets of several forms
    were mixed.
    """
    for digest in sorted({side.digest for side in sides.values()}):
        ours = [sides[at] for at in sorted(sides) if sides[at].digest == digest]
        size = ours[0].pages
        sets = [ours[at : at + size] for at in range(0, len(ours), size)]
        if size <= LEAST_SHEETS or len(sets) < LEAST_SETS:
            continue
        in_order = any(
            all([side.number for side in found] == numbers for found in sets)
            for numbers in (list(range(1, size + 1)), list(range(size, 0, -1)))
        )
        mixed = [_front_page_first(found) for found in sets if len({side.instance for side in found}) > 1]
        if in_order and len(mixed) >= LEAST_SHEETS:
            pairs = tuple(
                (found[0], side) for found in mixed for side in found[1:] if side.instance != found[0].instance
            )
            return Contradiction(pattern="sets", sheets=pairs)
    return None


def _front_page_first(found: Sequence[Side]) -> list[Side]:
    return sorted(found, key=lambda side: side.number)


def _front_first(pair: tuple[Side, Side]) -> tuple[Side, Side]:
    return pair if pair[0].number % 2 else (pair[1], pair[0])


def _is_stack_of_single_pages(
    sides: Mapping[int, Side], wrong: Sequence[tuple[Side, Side]], *, pages: int, blanks: int
) -> bool:
    """Whether each form's pages are consecutive and all run in one direction, so that only the starting point of the
    file makes them look like wrong sheets.

    One page may be missing, unless the file otherwise looks like a duplex scan: nothing but these forms, and an even
    number of pages.
    """
    ours = [sides[at] for at in sorted(sides) if sides[at].digest == wrong[0][0].digest]
    odd = pages % 2 == 1 or len(ours) + blanks < pages
    lone = [sum(len(run) < run[0].pages for run in _runs(ours, step)) for step in (1, -1)]
    return min(lone) <= (1 if odd else 0)


def _runs(stretch: Sequence[Side], step: int) -> list[list[Side]]:
    """Stretches of one form in which page numbers rise (or fall) by one from page to page."""
    runs: list[list[Side]] = []
    for side in stretch:
        last = runs[-1][-1] if runs else None
        if (
            last is not None
            and side.instance == last.instance
            and side.number - last.number == step
            and side.index == last.index + 1
        ):
            runs[-1].append(side)
        else:
            runs.append([side])
    return runs


def _pattern(sheets: Sequence[tuple[Side, Side]], wrong: Sequence[tuple[Side, Side]]) -> str:
    """How the numbers of the backs relate to those of the fronts."""
    fronts = [front.instance for front, _ in sheets]
    places = {id(sheet): at for at, sheet in enumerate(sheets)}
    shown = {"next": 0, "previous": 0, "turned": 0, "swapped": 0}
    for sheet in wrong:
        at, back = places[id(sheet)], sheet[1].instance
        following = next((name for name in fronts[at + 1 :] if name != fronts[at]), None)
        before = next((name for name in reversed(fronts[:at]) if name != fronts[at]), None)
        shown["next"] += back == following or (following is None and back not in fronts)
        shown["previous"] += back == before or (before is None and back not in fronts)
        shown["turned"] += back == fronts[len(fronts) - 1 - at]
        shown["swapped"] += any(other[0].instance == back and other[1].instance == sheet[0].instance for other in wrong)
    if shown["swapped"] == len(wrong):
        return "turned" if shown["turned"] == len(wrong) > LEAST_SHEETS else "swapped"
    best = max(("next", "previous", "turned"), key=lambda name: shown[name])
    return best if shown[best] >= len(wrong) - 1 and shown[best] > 1 else "other"
