"""What a printer does to a page: strokes grow or shrink, toner is grey, patchy, missing in spots and bands."""

from math import erfc, sqrt

import cv2
import numpy as np

from scanform.imaging.page_image import Gray
from scanform.simulate.draw import count, happens, value
from scanform.simulate.profiles import Profile

EDGE_MM = 0.03
"""Sigma of the edge of printed strokes (600 dpi laser: one dot is 0.042 mm)."""


def print_page(gray: Gray, profile: Profile, rng: np.random.Generator, *, px_per_mm: float) -> Gray:
    """The page as printed: `gray` (H, W) is the ideal page; returns a new picture of the same shape."""
    gain, black = value(profile.gain_mm, rng), value(profile.print_grey, rng)
    mottle, spots = value(profile.print_mottle, rng), count(profile.dropouts, rng)
    pale = happens(profile.pale_bands, rng)
    table = _tone(gain, black)
    printed = gray.copy()
    if (gain, black) != (0.0, 0.0):
        printed = cv2.LUT(cv2.GaussianBlur(gray, (0, 0), max(0.25, EDGE_MM * px_per_mm)), table).astype(np.uint8)
    if spots:
        _drop(printed, spots, rng, px_per_mm)
    if mottle > 0 or pale:
        return _fade(printed, mottle, pale, rng)
    return printed


def _tone(gain_mm: float, black: float) -> Gray:
    """Grey values after printing: a steep threshold on the blurred edge at a level that moves it by `gain_mm`; (256,)
    uint8.

    At distance d outside an edge a blur of sigma s leaves coverage 0.5 * erfc(d / s / sqrt 2); a threshold there grows
    the stroke by d.
    """
    level = 0.5 * erfc(gain_mm / EDGE_MM / sqrt(2))
    coverage = 1 - np.arange(256) / 255
    steep = np.clip((coverage - level) * 2.2 + 0.5, 0, 1)
    steep[0], steep[255] = 1.0, 0.0
    return np.rint(255 - steep * (255 - black)).astype(np.uint8)


def _drop(printed: Gray, spots: int, rng: np.random.Generator, px_per_mm: float) -> None:
    """White spots of 0.1-0.5 mm, in place; they show only where there is print."""
    h, w = printed.shape
    for _ in range(spots):
        centre = (int(rng.integers(0, w)), int(rng.integers(0, h)))
        axes = tuple(max(1, round(v)) for v in rng.uniform(0.05, 0.25, 2) * px_per_mm)
        cv2.ellipse(printed, centre, (axes[0], axes[1]), float(rng.uniform(0, 180)), 0, 360, (255,), -1)


def _fade(printed: Gray, mottle: float, pale: bool, rng: np.random.Generator) -> Gray:
    """Print lightened unevenly: coverage is multiplied by a patchy field and by pale vertical bands."""
    h, w = printed.shape
    field = 1 - mottle * np.abs(
        cv2.resize(
            rng.normal(0, 0.6, (h // 60, w // 60)).astype(np.float32), (w // 8, h // 8), interpolation=cv2.INTER_CUBIC
        )
    )
    if pale:
        x = np.arange(w // 8) / (w // 8)
        for _ in range(int(rng.integers(1, 3))):
            field *= (
                1
                - rng.uniform(0.3, 0.75) * np.exp(-(((x - rng.uniform(0, 1)) / rng.uniform(0.01, 0.05)) ** 2))[None, :]
            )
    strength = cv2.resize((np.clip(field, 0.1, 1) * 255).astype(np.uint8), (w, h), interpolation=cv2.INTER_LINEAR)
    return np.asarray(255 - cv2.multiply(255 - printed, strength, scale=1 / 255), dtype=np.uint8)
