"""Drawing random numbers from the ranges of a profile."""

import numpy as np

from scanform.model.geometry import SizeMm
from scanform.simulate.profiles import Range


def sheet_px_per_mm(shape: tuple[int, ...], size: SizeMm) -> float:
    """The resolution of a picture (H, W) of a whole sheet: rasterizers work at whole dpi and round the sheet up to
    whole pixels.
    """
    return round((shape[1] / size.w + shape[0] / size.h) / 2 * 25.4) / 25.4


def value(span: Range, rng: np.random.Generator) -> float:
    """A uniform draw from `span`; always takes one number from `rng`, so that changing one range does not affect the
    draws of the others.
    """
    return float(span[0] + (span[1] - span[0]) * rng.random())


def count(span: Range, rng: np.random.Generator) -> int:
    """A whole number from `span`; fractions are probabilities ((0, 0.5) gives one on about a quarter of the pages)."""
    wanted = value(span, rng)
    whole = int(wanted)
    return whole + int(rng.random() < wanted - whole)


def happens(chance: float, rng: np.random.Generator) -> bool:
    """True with probability `chance`."""
    return bool(rng.random() < chance)
