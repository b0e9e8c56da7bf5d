"""Drawing numbers from the ranges of a profile."""

import numpy as np

from scanform.simulate.profiles import Range


def value(span: Range, rng: np.random.Generator) -> float:
    """An even draw from `span`; always takes one number from `rng`, so that changing one range leaves the others' draws alone."""
    return float(span[0] + (span[1] - span[0]) * rng.random())


def count(span: Range, rng: np.random.Generator) -> int:
    """A whole number from `span`; fractions are chances ((0, 0.5) gives one in about a quarter of the pages)."""
    wanted = value(span, rng)
    whole = int(wanted)
    return whole + int(rng.random() < wanted - whole)


def happens(chance: float, rng: np.random.Generator) -> bool:
    """True with probability `chance`."""
    return bool(rng.random() < chance)
