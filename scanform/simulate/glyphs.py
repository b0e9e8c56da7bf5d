"""Digits and capitals as pen strokes, rule-based: European forms, several variants of each.

A glyph is written as strokes separated by "|"; a stroke is control points "x,y" in a box of 100 x 100 (y down), joined
by a smooth curve; "*" after a point makes it a corner.
"""

import numpy as np

from scanform.model.geometry import RectMm
from scanform.simulate.hands import Hand
from scanform.simulate.pens import Stroke, smooth_path, wobble

_GLYPHS: dict[str, tuple[str, ...]] = {
    "0": (
        "55,2 22,14 8,52 28,96 66,96 92,58 82,14 50,2",
        "50,0 15,28 12,72 48,100 84,74 88,26 54,0 44,5",
        "60,5 25,8 10,60 40,99 80,80 88,30 58,3",
    ),
    "1": (
        "12,40 58,0* 55,100",
        "5,52 62,2* 56,99",
        "20,32 55,0* 52,100",
        "25,28 60,0* 50,98",
        "15,35 52,0* 52,100* | 25,100 80,99",
        "52,0 50,100",
    ),
    "2": (
        "10,24 38,1 82,14 78,44 40,72 8,99* 94,94",
        "8,30 30,3 72,2 86,28 62,62 10,98* 40,90 92,98",
        "14,20 50,0 84,24 64,60 22,92 30,99 94,92",
    ),
    "3": (
        "14,10 50,0 82,20 68,42 40,48* 78,56 90,78 56,100 10,88",
        "12,5 84,4* 44,42* 82,52 88,82 50,100 8,90",
        "16,14 48,1 78,16 70,40 46,47 80,58 86,84 48,100 12,86",
    ),
    "4": (
        "42,0 10,62* 96,60 | 70,32 64,100",
        "36,2 14,56* 92,54 | 66,30 62,100",
        "72,100 74,0* 6,68* 96,66",
        "30,5 16,58 88,54 | 74,8 62,100",
    ),
    "5": (
        "84,2 28,3* 20,44* 58,38 90,64 68,98 12,92",
        "26,4 20,44* 60,38 88,66 64,98 10,90 | 26,4 86,2",
        "80,4 30,6* 24,46 62,42 86,70 60,98 14,94",
    ),
    "6": (
        "76,2 34,28 10,68 34,99 76,92 84,64 52,50 18,66",
        "68,0 30,34 12,72 40,100 80,84 72,54 34,54 14,74",
        "60,4 22,40 14,80 48,100 84,78 66,54 28,62",
    ),
    "7": (
        "8,10 14,4* 92,4* 44,100 | 28,50 78,46",
        "6,6 90,5* 40,99 | 24,52 76,48",
        "8,14 12,3* 90,6* 48,100 | 30,54 80,44",
        "6,6 92,4* 42,100",
    ),
    "8": (
        "82,16 50,0 20,20 48,44 84,70 58,99 22,92 18,70 50,46 82,22 70,4",
        "50,46 22,26 46,0 76,20 50,46 18,74 48,100 82,76 52,46",
        "76,12 44,0 24,22 74,66 66,96 28,96 22,70 76,26 70,6",
    ),
    "9": (
        "82,24 50,2 16,26 38,52 78,36 84,10* 80,62 44,100",
        "80,30 46,2 18,24 36,50 80,34* 76,100",
        "84,22 52,0 18,24 40,50 82,26 80,66 58,98 22,92",
    ),
    "A": ("8,100 50,0* 92,100 | 24,64 78,64",),
    "B": ("15,0 14,100 | 14,2 70,4 78,28 60,46 16,48* 80,56 88,82 60,99 14,100",),
    "C": ("88,16 50,0 12,36 18,84 56,100 90,86",),
    "D": ("15,0 14,100 | 12,2 66,8 92,48 66,92 12,100",),
    "E": ("16,0 14,100* 86,98 | 14,2 84,0 | 15,50 72,48",),
    "F": ("16,0 14,100 | 14,2 86,0 | 15,50 72,48",),
    "G": ("88,16 48,0 10,46 36,98 84,90 86,56* 56,56",),
    "H": ("14,0 12,100 | 86,0 86,100 | 13,50 86,50",),
    "I": ("50,0 50,100",),
    "J": ("66,0 66,78 40,100 12,82",),
    "K": ("16,0 14,100 | 84,2 18,54* 88,100",),
    "L": ("18,0 15,99* 86,98",),
    "M": ("8,100 16,0* 50,70* 84,0* 94,100",),
    "N": ("12,100 14,0* 84,100* 88,0",),
    "O": ("50,0 12,28 12,74 50,100 88,74 88,26 54,0",),
    "P": ("16,0 14,100 | 14,2 76,4 88,28 70,52 16,54",),
    "Q": ("50,0 12,28 12,74 50,100 88,74 88,26 54,0 | 60,74 96,104",),
    "R": ("16,0 14,100 | 14,2 76,4 86,26 68,50 18,52* 88,100",),
    "S": ("84,12 46,0 16,22 50,48 86,74 56,100 12,88",),
    "T": ("6,2 94,0 | 50,2 48,100",),
    "U": ("14,0 14,72 48,100 84,74 86,0* 88,100", "14,0 14,70 50,100 86,70 86,0"),
    "V": ("8,0 50,100* 92,0",),
    "W": ("4,0 28,100* 50,24* 72,100* 96,0",),
    "X": ("10,0 90,100 | 90,0 10,100",),
    "Y": ("10,0 50,50 | 90,0 34,100",),
    "Z": ("10,4 90,2* 10,98* 92,96", "10,4 90,2* 10,98* 92,96 | 28,50 74,48"),
    "Ä": ("8,100 50,12* 92,100 | 24,70 78,70 | 32,0 35,2 | 66,0 69,2",),
    "Ö": ("50,16 12,40 12,78 50,100 88,78 88,40 54,16 | 34,0 37,2 | 66,0 69,2",),
    "Ü": ("14,18 14,74 50,100 86,74 86,18 | 32,0 35,2 | 66,0 69,2",),
    "ß": ("16,110 20,24 46,0 72,16 50,44* 80,62 74,92 40,98",),
    ",": ("52,88 40,118",),
    ".": ("50,97 53,99",),
    "-": ("15,55 85,54",),
    "/": ("80,0 20,100",),
    ":": ("50,30 52,32 | 50,88 52,90",),
    "+": ("50,20 50,85 | 14,52 88,52",),
    "@": ("70,62 48,38 30,62 62,70 72,40* 92,70 90,30 40,8 8,52 40,98 88,90",),
    "_": ("5,104 95,104",),
}

_NARROW = {"1": 0.72, "I": 0.4, "J": 0.8, ",": 0.8, ".": 0.8, ":": 0.6}

WRITABLE = frozenset(_GLYPHS)
"""Characters that can be written into cells."""


def glyph_strokes(character: str, cell: RectMm, hand: Hand, rng: np.random.Generator) -> list[Stroke]:
    """`character` (a digit, capital or sign of WRITABLE) written into `cell`; raises KeyError for others."""
    variants = _GLYPHS[character]
    recipe = variants[hand.digits.get(character, 0) % len(variants)]
    if rng.random() < 0.06:
        recipe = variants[int(rng.integers(0, len(variants)))]
    h = cell.h * float(np.clip(0.66 * hand.size * (1 + rng.normal(0, 0.04 + 0.05 * hand.sloppiness)), 0.4, 0.98))
    w = cell.w * float(np.clip(0.58 * hand.size * _NARROW.get(character, 1.0) * (1 + rng.normal(0, 0.07)), 0.2, 0.95))
    off = rng.normal(0, 0.035 + 0.05 * hand.sloppiness, 2)
    where = RectMm(
        x=cell.centre.x + float(off[0]) * cell.w - w / 2, y=cell.centre.y + float(off[1]) * cell.h - h / 2, w=w, h=h
    )
    return [_place(part, where, hand, rng) for part in recipe.split("|")]


def _place(part: str, where: RectMm, hand: Hand, rng: np.random.Generator) -> Stroke:
    """One stroke of a glyph: control points perturbed, curved, slanted, scaled to `where`."""
    tokens = part.split()
    corners = frozenset(i for i, token in enumerate(tokens) if token.endswith("*"))
    points = np.array([[float(v) for v in token.rstrip("*").split(",")] for token in tokens]) / 100 - 0.5
    points = points + rng.normal(0, 0.016 + 0.03 * hand.sloppiness, points.shape)
    curve = smooth_path(points, corners) * [where.w, where.h]
    slant = np.radians(hand.slant_deg * 0.8 + rng.normal(0, 2 + 3 * hand.sloppiness))
    curve[:, 0] -= np.tan(slant) * curve[:, 1]
    count = len(curve)
    curve = (
        curve
        + [where.centre.x, where.centre.y]
        + 0.7 * hand.tremor_mm * np.column_stack([wobble(count, scale=6, rng=rng), wobble(count, scale=6, rng=rng)])
    )
    pressure = np.clip(hand.pressure * (1 - 0.3 * np.linspace(0, 1, count) ** 3), 0.05, 1)
    return Stroke(points_mm=curve, pressure=pressure)
