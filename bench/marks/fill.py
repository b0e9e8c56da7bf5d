"""The mark generator of the benchmark: what people do to the boxes of a page. Frozen before anything was tuned on it.

Every page has a writer with a pen and habits (`simulate.hands`). At least a tenth of all marks are hard ones: light,
tiny or straddling. Two in a hundred empty boxes carry something that is no mark. What only a person can interpret has
no value, so that any value taken without a person counts as a silent error.
"""

from dataclasses import dataclass, field

import numpy as np

from scanform.model.layout import PageLayout, Zone
from scanform.model.reading import MarkValue
from scanform.simulate.hands import Hand
from scanform.simulate.marks import line_through
from scanform.simulate.pens import Stroke
from scanform.simulate.truth import FILLED_STYLES, NEAR_MISS_STYLES, MarkStyle, MarkTruth, PageTruth

BUSY = (0.02, 0.12, 0.22, 0.35)
"""Share of boxes that are marked on a page: from a page nearly left out to one where everything applies."""

HARD = (MarkStyle.LIGHT_CROSS, MarkStyle.TINY, MarkStyle.STRADDLING)
HARD_SHARE = 0.12
NEAR_MISS_SHARE = 0.02
FILLED_SHARE = 0.02
CIRCLED_SHARE = 0.0005


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Filled:
    """What is drawn on a page. `truth` holds what is drawn in each box, `lines` what runs across boxes; `values` is
    what must be read, None where only a person can say.
    """

    truth: PageTruth
    values: dict[str, MarkValue | None]
    lines: list[Stroke] = field(default_factory=list)


def fill_boxes(page: PageLayout, hand: Hand, rng: np.random.Generator, *, unusual: bool = False) -> Filled:
    """Marks for all boxes of a page; `unusual` adds lines through several boxes, circles around boxes and
    scribbled-out crosses.
    """
    busy = float(rng.choice(BUSY))
    styles = {zone.id: _style(busy, hand, rng) for zone in page.zones}
    lines: list[Stroke] = []
    struck: set[str] = set()
    if unusual:
        for zone in page.zones:
            if styles[zone.id] is MarkStyle.NONE and rng.random() < 0.02:
                styles[zone.id] = MarkStyle.CIRCLE_AROUND if rng.random() < 0.5 else MarkStyle.SCRIBBLED_OUT
        for run in _runs(page, rng):
            lines += line_through(run[0].rect, run[-1].rect, hand, rng)
            struck |= {zone.id for zone in run}
    marks = {
        name: MarkTruth(value=_value(style) or MarkValue.MARKED, style=style, ambiguous=_value(style) is None)
        for name, style in styles.items()
    }
    values = {name: None if name in struck else _value(style) for name, style in styles.items()}
    return Filled(truth=PageTruth(number=page.number, marks=marks), values=values, lines=lines)


def _style(busy: float, hand: Hand, rng: np.random.Generator) -> MarkStyle:
    if rng.random() >= busy:
        chance = rng.random()
        if chance < NEAR_MISS_SHARE:
            return NEAR_MISS_STYLES[int(rng.integers(len(NEAR_MISS_STYLES)))]
        return MarkStyle.CIRCLE_AROUND if chance < NEAR_MISS_SHARE + CIRCLED_SHARE else MarkStyle.NONE
    if rng.random() < FILLED_SHARE:
        return FILLED_STYLES[int(rng.integers(len(FILLED_STYLES)))]
    if rng.random() < HARD_SHARE:
        return HARD[int(rng.integers(len(HARD)))]
    return list(hand.habit)[
        int(rng.choice(len(hand.habit), p=np.array(list(hand.habit.values())) / sum(hand.habit.values())))
    ]


def _value(style: MarkStyle) -> MarkValue | None:
    if style is MarkStyle.NONE or style in NEAR_MISS_STYLES:
        return MarkValue.EMPTY
    if style in (*FILLED_STYLES, MarkStyle.SCRIBBLED_OUT):
        return MarkValue.FILLED
    return None if style is MarkStyle.CIRCLE_AROUND else MarkValue.MARKED


def _runs(page: PageLayout, rng: np.random.Generator) -> list[list[Zone]]:
    """A few runs of two to five boxes that stand side by side in a row or above each other in a column."""
    runs = []
    for _ in range(max(1, len(page.zones) // 60)):
        first = page.zones[int(rng.integers(len(page.zones)))]
        level = bool(rng.random() < 0.5)
        beside = [zone for zone in page.zones if _lined_up(first, zone, level=level)]
        beside.sort(key=lambda zone: (zone.rect.x, zone.rect.y))
        run = beside[: int(rng.integers(2, 6))]
        if len(run) >= 2:
            runs.append(run)
    return runs


def _lined_up(first: Zone, other: Zone, *, level: bool) -> bool:
    dx, dy = other.rect.x - first.rect.x, other.rect.y - first.rect.y
    return bool((abs(dy) < 0.5 and -0.5 < dx < 50) if level else (abs(dx) < 0.5 and -0.5 < dy < 50))
