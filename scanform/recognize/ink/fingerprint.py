"""The fingerprint of the ink on a page: is this the same sheet scanned again, or a photocopied form filled by somebody
else?

Ink is summed in squares of paper (0.75 mm in boxes, 1.5 mm in writing zones; coarser on very full pages), quantised to
16 levels for zones that hold ink, and packed: a filled page takes about 1 kB.
"""

import json
import struct
import zlib
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources

import cv2
import numpy as np
from numpy.typing import NDArray

from scanform.imaging.page_image import PageImage, Singles
from scanform.imaging.page_map import PageMap
from scanform.recognize.ink.extraction import PageInk, measure
from scanform.recognize.ink.sampling_plan import AREA_PX_PER_MM, PX_PER_MM, PreparedPage
from scanform.recognize.ink.writing_areas import Parts, find_parts

Steps = NDArray[np.uint8]

MAX_BYTES = 4096
CLOSEST = 5.0
"""-log of the distance between two scans of one sheet at their most similar (likeness 0.993)."""

_HEAD = struct.Struct("<BH")
_ITEM = struct.Struct("<HBB")
_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class SameInkSettings:
    """How the ink of two scans is compared."""

    box_mm: float = 0.75
    """mm; side of the squares of a check box."""
    area_mm: float = 1.5
    """mm; side of the squares of a writing zone."""
    least: float = 1.2
    """Filled squares; a zone with less ink counts as empty."""
    faintest: float = 0.25
    """Darkness, 0..1; lower limit of the page's usual darkness, the scale on which its ink is measured."""
    doubtful: float = 3.0
    """Filled squares; less ink on one side only may be dust and is ignored, up to twice this counts in part."""


def ink_print(image: PageImage, page_map: PageMap, prepared: PreparedPage) -> bytes:
    """The fingerprint of the handwritten ink on a page; at most `MAX_BYTES` unless more than 600 zones hold ink."""
    return ink_fingerprint(measure(image, page_map, prepared), prepared)


def ink_fingerprint(
    page: PageInk, prepared: PreparedPage, parts: Parts | None = None, settings: SameInkSettings | None = None
) -> bytes:
    """The fingerprint of measured ink; `parts` if they have been found already."""
    parts = parts or find_parts(page, prepared.areas)
    settings = settings or SameInkSettings()
    packed = b""
    for coarser in (1.0, 1.5, 2.0, 3.0, 5.0, 9.0):  # 9: one square a box; a page of 31 x 20 boxes fits
        packed = _pack(
            _regions(
                page,
                prepared,
                parts,
                replace(settings, box_mm=settings.box_mm * coarser, area_mm=settings.area_mm * coarser),
            )
        )
        if len(packed) <= MAX_BYTES:
            break
    return packed


def same_ink(a: bytes, b: bytes, settings: SameInkSettings | None = None) -> float:
    """The probability that two fingerprints of the same printed page come from the same sheet."""
    bias, *weights = _weights()
    score = bias + float(np.dot(weights, likeness(a, b, settings or SameInkSettings())))
    return float(1 / (1 + np.exp(-score)))


@cache
def _weights() -> tuple[float, ...]:
    """The logistic regression on `likeness`, fitted on pairs of simulated scans (models/ink.json, made by
    tools/fit_ink.py).
    """
    raw = json.loads(resources.files("scanform.recognize").joinpath("models", "ink.json").read_text("utf-8"))
    return tuple(float(number) for number in raw["logistic"])


def likeness(a: bytes, b: bytes, settings: SameInkSettings) -> tuple[float, float, float]:
    """The features of the logistic regression: the lowest likeness (0..1) among zones with ink on both sides, the
    distance of their mean likeness from 1 (as -log), and ink on one side only, 0..1 (one clear stroke is enough for 1).
    """
    first, second = _unpack(a), _unpack(b)
    pairs, lonely = [], 0.0
    for number in first.keys() | second.keys():
        one, two = first.get(number), second.get(number)
        if one is not None and two is not None and one.shape == two.shape:
            pairs.append((_alike(one, two), float(np.sqrt(one.sum() + two.sum()))))
        else:
            amount = max(float(x.sum()) / 15 for x in (one, two) if x is not None)
            lonely += min(1.0, max(0.0, amount - settings.doubtful) / settings.doubtful)
    if not pairs:
        return (1.0, CLOSEST, 0.0) if lonely == 0 else (0.0, 0.0, min(lonely, 1.0))
    scores, weights = np.array(pairs).T
    return (
        float(scores.min()),
        min(CLOSEST, -float(np.log(1.0001 - np.average(scores, weights=weights)))),
        min(lonely, 1.0),
    )


def inked_zones(packed: bytes) -> frozenset[int]:
    """The numbers of the zones that hold ink in a fingerprint: a quick check before `same_ink`."""
    return frozenset(_unpack(packed))


def _alike(one: Steps, two: Steps) -> float:
    """Correlation of two slightly blurred ink maps. No shifts are tried: windows are aligned with their print, and
    crosses look alike.
    """
    return _cosine(_softened(one), _softened(two))


def _softened(steps: Steps) -> Singles:
    return np.asarray(
        cv2.GaussianBlur(steps.astype(np.float32), (3, 3), 0.7, borderType=cv2.BORDER_CONSTANT), dtype=np.float32
    )


def _cosine(a: Singles, b: Singles) -> float:
    return float((a * b).sum() / max(float(np.sqrt((a * a).sum() * (b * b).sum())), 1e-6))


def _regions(page: PageInk, prepared: PreparedPage, parts: Parts, settings: SameInkSettings) -> dict[int, Steps]:
    """Zones that hold ink -> their squares in 16 levels; boxes first, then writing zones, in one numbering."""
    marks = page.marks
    windows = np.where(prepared.marks.inside_mm[marks.windows] > -1.0, marks.smooth * marks.ink, 0)
    inks = [
        (int(number), window, settings.box_mm * PX_PER_MM)
        for number, window in zip(marks.windows, windows, strict=True)
    ]
    mine = np.zeros(len(parts.spot) + 1, bool)
    mine[1:] = (parts.in_core > 0.4 * parts.size) & (parts.reach_mm >= 0.8)
    area = np.where(mine[parts.labels], page.areas.smooth, 0)
    for number, spot in enumerate(prepared.areas.spots, start=len(prepared.marks.zones)):
        inks.append(
            (number, area[spot.y : spot.y + spot.h, spot.x : spot.x + spot.w], settings.area_mm * AREA_PX_PER_MM)
        )
    tops = [float(ink.max()) if ink.size else 0.0 for _, ink, _ in inks]
    usual = max(float(np.median([top for top in tops if top > 0] or [0.0])), settings.faintest)
    found = {
        number: _steps(ink, square, usual) for (number, ink, square), top in zip(inks, tops, strict=True) if top > 0
    }
    return {number: steps for number, steps in found.items() if steps.sum() / 15 >= settings.least}


def _steps(ink: Singles, square: float, usual: float) -> Steps:
    """Ink per square in 16 levels; full is half a square of ink at the usual darkness of this page."""
    height, width = max(1, round(ink.shape[0] / square)), max(1, round(ink.shape[1] / square))
    squares = cv2.resize(
        np.minimum(ink / (0.7 * usual), 1).astype(np.float32), (width, height), interpolation=cv2.INTER_AREA
    )
    return np.asarray(np.rint(np.minimum(squares * 2, 1) * 15), dtype=np.uint8)


def _pack(regions: dict[int, Steps]) -> bytes:
    items = [_ITEM.pack(number, *steps.shape) + _halved(steps) for number, steps in sorted(regions.items())]
    return _HEAD.pack(_VERSION, len(regions)) + zlib.compress(b"".join(items), 9)


def _unpack(packed: bytes) -> dict[int, Steps]:
    version, count = _HEAD.unpack_from(packed)
    if version != _VERSION:
        raise ValueError(f"a fingerprint of version {version}")
    body, at, out = zlib.decompress(packed[_HEAD.size :]), 0, {}
    for _ in range(count):
        number, height, width = _ITEM.unpack_from(body, at)
        at += _ITEM.size
        size = -(-height * width // 2)
        pairs = np.frombuffer(body, np.uint8, size, at)
        out[number] = np.stack([pairs >> 4, pairs & 15], axis=1).ravel()[: height * width].reshape(height, width)
        at += size
    return out


def _halved(steps: Steps) -> bytes:
    """Packs two levels of 0..15 into a byte."""
    flat = np.append(steps.ravel(), np.zeros(steps.size % 2, np.uint8))
    return bytes(flat[::2] << 4 | flat[1::2])
