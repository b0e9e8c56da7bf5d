"""Hands: what a writer does consistently on a whole form."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from scanform.simulate.pens import PENS, Pen
from scanform.simulate.truth import MarkStyle

SCRIPTS = (
    "la-belle-aurore",
    "nothing-you-could-do",
    "over-the-rainbow",
    "reenie-beanie",
    "zeyada",
    "shadows-into-light",
    "caveat",
    "cedarville-cursive",
    "playwrite-de-sas",
)
"""Handwriting fonts in `scanform/simulate/fonts` (OFL 1.1)."""

# Frequency of each pen on returned forms: ball-points dominate; instructions ask for them (an assumption, no counts are
# published).
_PEN_WEIGHTS = {
    "ballpoint blue": 0.36,
    "ballpoint black": 0.22,
    "ballpoint dry": 0.06,
    "gel": 0.09,
    "fountain blue": 0.07,
    "felt tip": 0.04,
    "fineliner": 0.06,
    "pencil light": 0.04,
    "pencil hard": 0.03,
    "pencil soft": 0.03,
}

_HABITS: tuple[tuple[float, Mapping[MarkStyle, float]], ...] = (
    (
        0.70,
        {
            MarkStyle.CROSS: 0.80,
            MarkStyle.OFF_CENTRE_CROSS: 0.07,
            MarkStyle.HUGE_CROSS: 0.06,
            MarkStyle.LIGHT_CROSS: 0.05,
            MarkStyle.SLASH: 0.02,
        },
    ),
    (0.12, {MarkStyle.TICK: 0.80, MarkStyle.LONG_TICK: 0.14, MarkStyle.CROSS: 0.06}),
    (0.06, {MarkStyle.SLASH: 0.70, MarkStyle.BACKSLASH: 0.12, MarkStyle.CROSS: 0.18}),
    (0.04, {MarkStyle.SCRIBBLE: 0.75, MarkStyle.CROSS: 0.25}),
    (0.04, {MarkStyle.DOT: 0.65, MarkStyle.CIRCLE: 0.20, MarkStyle.CROSS: 0.15}),
    (0.04, {MarkStyle.HUGE_CROSS: 0.75, MarkStyle.CROSS: 0.25}),
)
"""(fraction of writers, how they mark): most cross as asked, some tick, slash, scribble or dot throughout."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hand:
    """A writer.

    `slant_deg`: slant of letters to the right.
    `size`: 1 = letters of 60 % of the line.
    `tremor_mm`: unsteadiness of a line.
    `aim_mm`: spread of the position of a mark.
    `overshoot`: how far a cross leaves its box, as a fraction of the box's side (negative: stays inside).
    `sloppiness`: irregularity of letters and baselines, 0..1.
    `pressure`: 0..1, 0.5 is normal.
    `habit`: probability of each mark style.
    `script`: the font of longer text.
    `writer`: the number of a writer of real crops, if there are any.
    `digits`: glyph variant by digit.
    `right_aligned`: numbers are written right-aligned in their cells.
    `capitals`: text is written in capitals.
    """

    pen: Pen
    slant_deg: float = 4.0
    size: float = 1.0
    tremor_mm: float = 0.05
    aim_mm: float = 0.25
    overshoot: float = 0.05
    sloppiness: float = 0.35
    pressure: float = 0.5
    habit: Mapping[MarkStyle, float] = field(default_factory=lambda: {MarkStyle.CROSS: 1.0})
    script: str = SCRIPTS[1]
    writer: int | None = None
    digits: Mapping[str, int] = field(default_factory=dict)
    right_aligned: bool = True


def random_hand(rng: np.random.Generator, *, pen: str | None = None) -> Hand:
    """A writer drawn by `rng`; the same generator state gives the same writer. `pen` fixes the pen by name."""
    fractions = np.array([fraction for fraction, _ in _HABITS])
    habit = _HABITS[int(rng.choice(len(_HABITS), p=fractions / fractions.sum()))][1]
    names = list(_PEN_WEIGHTS)
    chosen = pen or str(rng.choice(names, p=list(_PEN_WEIGHTS.values())))
    return Hand(
        pen=PENS[chosen],
        slant_deg=float(np.clip(rng.normal(6, 8), -12, 28)),
        size=float(np.clip(rng.normal(1.0, 0.12), 0.75, 1.3)),
        tremor_mm=float(rng.gamma(2.0, 0.018)),
        aim_mm=float(rng.uniform(0.1, 0.5)),
        overshoot=float(np.clip(rng.normal(0.02, 0.14), -0.22, 0.4)),
        sloppiness=float(rng.beta(2.0, 3.0)),
        pressure=float(np.clip(rng.normal(0.52, 0.13), 0.2, 0.9)),
        habit=habit,
        script=str(rng.choice(SCRIPTS)),
        digits={digit: int(rng.integers(0, 8)) for digit in "0123456789"},
        right_aligned=bool(rng.random() < 0.55),
    )
