"""Page breaks: as few pages as possible, then pages as evenly full as possible, sections preferably from the top of
a page.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from scanform.layout.blocks import Block, overlay

MOST_STRETCH_MM = 2.0
"""Maximum growth of a gap to fill a page."""
SECTION_BONUS = 25.0**2
"""Value of a break before a section, as the square of the mm of white space it may cost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A piece that a page break must not split, and its distance in mm to the piece above."""

    block: Block
    gap: float
    name: str
    starts_section: bool = False


def paginate(units: Sequence[Unit], *, room: float) -> list[Block]:
    """Units on pages of `room` mm, each no taller than that; gaps grow a little to fill all pages but the last."""
    breaks = _breaks(units, room)
    pages = [units[start:end] for start, end in pairwise(breaks)]
    return [_page(page, room=room, last=index == len(pages) - 1) for index, page in enumerate(pages)]


def _height(units: Sequence[Unit]) -> float:
    return sum(unit.block.height for unit in units) + sum(unit.gap for unit in units[1:])


def _breaks(units: Sequence[Unit], room: float) -> list[int]:
    """Indices of the first unit of each page, and the end: the cheapest way by (pages, white space), computed backwards
    (shortest path).
    """
    count = len(units)
    best: list[tuple[int, float, int]] = [(0, 0.0, count)] * (count + 1)
    for start in range(count - 1, -1, -1):
        options = [
            (best[end][0] + 1, best[end][1] + _cost(units, start, end, room), end) for end in _ends(units, start, room)
        ]
        best[start] = min(options)
    breaks = [0]
    while breaks[-1] < count:
        breaks.append(best[breaks[-1]][2])
    return breaks


def _ends(units: Sequence[Unit], start: int, room: float) -> list[int]:
    """The possible ends of a page that starts with unit `start`."""
    ends = []
    height = units[start].block.height
    for end in range(start + 1, len(units) + 1):
        ends.append(end)
        if end < len(units):
            height += units[end].gap + units[end].block.height
            if height > room + 1e-6:
                break
    return ends


def _cost(units: Sequence[Unit], start: int, end: int, room: float) -> float:
    """The white space at the end of a page in mm²; the last page may stay open."""
    if end == len(units):
        return 0.0
    white = room - _height(units[start:end])
    return white**2 - (SECTION_BONUS if units[end].starts_section else 0.0)


def _page(units: Sequence[Unit], *, room: float, last: bool) -> Block:
    white = room - _height(units)
    stretch = 0.0 if last or len(units) < 2 else max(0.0, min(MOST_STRETCH_MM, white / (len(units) - 1)))
    placed: list[Block] = []
    y = 0.0
    for unit in units:
        y += unit.gap + stretch if placed else 0.0
        placed.append(unit.block.at(0.0, y))
        y += unit.block.height
    return overlay(placed, height=room)
