"""Reliability diagrams: of what was said to be right with some probability, how much was right (DeGroot and Fienberg
1983, doi:10.2307/2987588).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

import numpy as np
from numpy.typing import NDArray

from bench.statistics import upper_bound

SIDE, GAP, COLUMNS = 220, 60, 3
GROUPS = 10
"""As many groups of equal size, ordered by what was said."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Said:
    """Probabilities (N,) that were given to readings, and which of them were right (N,)."""

    chances: NDArray[np.float64]
    right: NDArray[np.bool_]

    def and_also(self, other: "Said") -> "Said":
        """All readings of both."""
        return Said(
            chances=np.concatenate([self.chances, other.chances]), right=np.concatenate([self.right, other.right])
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Readings of about one probability: how many, what was said on average, what was right, and the bounds of that
    (95 % each, Clopper and Pearson).
    """

    count: int
    said: float
    right: float
    low: float
    high: float


def groups(said: Said) -> list[Group]:
    """Equally many readings in each group, from the least to the most probable."""
    out = []
    for chosen in np.array_split(np.argsort(said.chances, kind="stable"), GROUPS):
        if len(chosen):
            count, right = len(chosen), int(np.asarray(said.right, bool)[chosen].sum())
            low, high = 1 - upper_bound(count - right, count), upper_bound(right, count)
            out.append(
                Group(count=count, said=float(said.chances[chosen].mean()), right=right / count, low=low, high=high)
            )
    return out


def drawn(kinds: Mapping[str, Said]) -> str:
    """One diagram for each kind, as SVG."""
    rows = -(-len(kinds) // COLUMNS)
    wide, high = COLUMNS * (SIDE + GAP) + GAP, rows * (SIDE + GAP + 20) + GAP
    places = [
        (GAP + number % COLUMNS * (SIDE + GAP), GAP + number // COLUMNS * (SIDE + GAP + 20))
        for number in range(len(kinds))
    ]
    parts = [_diagram(name, said, x, y) for (name, said), (x, y) in zip(kinds.items(), places, strict=True)]
    style = (
        "text { font: 12px sans-serif; fill: #222 } .grid { stroke: #ddd } .ideal { stroke: #888; stroke-dasharray: 4 "
        "3 } .bound { stroke: #0b5394 }"
    )
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" role="img"><title>Reliability of '
        f"probabilities</title>"
    )
    return f'{head}<style>{style}</style><rect width="{wide}" height="{high}" fill="#fff"/>{"".join(parts)}</svg>\n'


def _diagram(name: str, said: Said, x: int, y: int) -> str:
    found = groups(said)

    def at(across: float, up: float) -> str:
        return f"{x + across * SIDE:.1f},{y + (1 - up) * SIDE:.1f}"

    grid = "".join(
        f'<path class="grid" d="M{at(step, 0)} L{at(step, 1)} M{at(0, step)} L{at(1, step)}"/>'
        for step in (0, 0.25, 0.5, 0.75, 1)
    )
    bounds = "".join(f'<path class="bound" d="M{at(one.said, one.low)} L{at(one.said, one.high)}"/>' for one in found)
    dots = "".join(
        f'<circle cx="{x + one.said * SIDE:.1f}" cy="{y + (1 - one.right) * SIDE:.1f}" r="4" fill="#0b5394"/>'
        for one in found
    )
    labels = (
        f'<text x="{x}" y="{y - 10}" font-weight="bold">{escape(name)} ({len(said.chances)})</text>'
        f'<text x="{x}" y="{y + SIDE + 16}">0</text><text x="{x + SIDE - 8}" y="{y + SIDE + 16}">1</text>'
        f'<text x="{x + SIDE / 2 - 45:.0f}" y="{y + SIDE + 16}">said to be right</text>'
        f'<text x="{x - 8}" y="{y + SIDE / 2 + 20:.0f}" transform="rotate(-90 {x - 8} {y + SIDE / 2 + 20:.0f})">was '
        f"right</text>"
    )
    return f'<g>{grid}<path class="ideal" d="M{at(0, 0)} L{at(1, 1)}"/>{bounds}{dots}{labels}</g>'
