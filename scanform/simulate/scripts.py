"""Cursive handwriting: real crops if there are any, handwriting fonts otherwise; both become coverage maps that a pen
fills with ink.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from scanform.imaging.page_image import Floats, Gray
from scanform.simulate.hands import Hand
from scanform.simulate.pens import wobble

THICKEST = 0.18
"""Maximum stroke width of writing in capital heights: with a thick pen people write with its edge to stay legible."""

FONTS = Path(__file__).parent / "fonts"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Crop:
    """A picture of real handwriting: `gray` (h, w) uint8, its text and its writer."""

    name: str
    text: str
    writer: int
    gray: Gray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Crops:
    """A collection of real handwriting by name."""

    items: Mapping[str, Crop]

    def texts(self, writer: int | None = None) -> tuple[Crop, ...]:
        """All crops, or those of one writer."""
        return tuple(crop for crop in self.items.values() if writer is None or crop.writer == writer)

    @property
    def writers(self) -> tuple[int, ...]:
        """The writers, ascending."""
        return tuple(sorted({crop.writer for crop in self.items.values()}))


def load_crops(source: Path) -> Crops:
    """Crops of a folder or zip file with PNG files and a truth.json (file -> {"text", "writer"}); raises OSError,
    KeyError, ValueError.
    """
    pictures = (
        _read_zip(source)
        if source.suffix == ".zip"
        else {file.name: file.read_bytes() for file in sorted(source.iterdir())}
    )
    truth = json.loads(pictures["truth.json"])
    crops = {}
    for name in sorted(truth):
        gray = np.asarray(Image.open(BytesIO(pictures[name])).convert("L"))
        crops[name] = Crop(name=name, text=truth[name]["text"], writer=int(truth[name]["writer"]), gray=gray)
    return Crops(items=crops)


def _read_zip(source: Path) -> dict[str, bytes]:
    with ZipFile(source) as archive:
        return {Path(name).name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}


def ink_of_crop(gray: Gray) -> Floats:
    """The coverage (h, w) 0..1 of a crop, cropped to its ink; form lines cut off at the picture's edge are dropped."""
    paper = float(np.percentile(gray, 90))
    ink = float(np.percentile(gray[gray < paper - 25], 35)) if (gray < paper - 25).any() else 0.0
    alpha = np.clip((paper - 12 - gray.astype(np.float64)) / max(paper - 12 - ink, 20), 0, 1)
    _, labels, stats, _ = cv2.connectedComponentsWithStats((alpha > 0.12).astype(np.uint8))
    h, w = gray.shape
    for i, (x, y, cw, ch, _area) in enumerate(stats.tolist()):
        at_edge = x <= 1 or y <= 1 or x + cw >= w - 1 or y + ch >= h - 1
        if i and at_edge and (min(cw, ch) <= 5 or cw * ch < 30):
            alpha[labels == i] = 0
    rows, columns = np.flatnonzero((alpha > 0.12).any(axis=1)), np.flatnonzero((alpha > 0.12).any(axis=0))
    return alpha[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] if len(rows) else alpha[:1, :1]


def sharpen_to(alpha: Floats, height: int, width: int) -> Floats:
    """`alpha` enlarged to (height, width) with crisp pen edges."""
    big = cv2.resize(
        alpha,
        (max(1, width), max(1, height)),
        interpolation=cv2.INTER_CUBIC if height > alpha.shape[0] else cv2.INTER_AREA,
    )
    factor = max(1.0, height / alpha.shape[0])
    return np.asarray(
        np.clip((big - 0.30) * min(factor, 2.2) + 0.42, 0, 1) * np.clip(big * 2.2, 0, 1), dtype=np.float64
    )


def ink_of_text(text: str, hand: Hand, rng: np.random.Generator, *, cap_mm: float, px_per_mm: float) -> Floats:
    """One line of `text` in the hand's script: coverage (h, w) 0..1 at the page's resolution, capitals about
    `cap_mm` high.
    """
    words = [_word(word, hand, rng, cap_mm * px_per_mm, px_per_mm) for word in text.split(" ") if word]
    if not words:
        return np.zeros((1, 1))
    gap = cap_mm * px_per_mm * (0.42 + 0.1 * hand.sloppiness)
    drift = hand.sloppiness * 0.05 * cap_mm * px_per_mm * wobble(len(words), scale=2, rng=rng)
    return _join(words, gap, drift, rng)


def _join(words: Sequence[tuple[Floats, int]], gap: float, drift: Floats, rng: np.random.Generator) -> Floats:
    """Words (coverage, baseline row) set on one baseline."""
    above = max(base for _, base in words) + 6
    below = max(ink.shape[0] - base for ink, base in words) + 6
    width = int(sum(ink.shape[1] + gap * 1.3 for ink, _ in words)) + 4
    line = np.zeros((above + below, width))
    x = 0.0
    for (ink, base), shift in zip(words, drift, strict=True):
        top = int(np.clip(above - base + shift, 0, line.shape[0] - ink.shape[0]))
        left = int(x)
        part = line[top : top + ink.shape[0], left : left + ink.shape[1]]
        np.maximum(part, ink[:, : part.shape[1]], out=part)
        x += ink.shape[1] + gap * rng.uniform(0.75, 1.25)
    columns = np.flatnonzero(line.max(axis=0) > 0.1)
    rows = np.flatnonzero(line.max(axis=1) > 0.1)
    return line[rows[0] : rows[-1] + 1, : columns[-1] + 1] if len(columns) else line


@cache
def _font(script: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(FONTS / f"{script}.woff2"), size)


@cache
def _cap_em(script: str) -> float:
    """The height of a capital in em."""
    _, top, _, bottom = _font(script, 400).getbbox("H")
    return float(bottom - top) / 400


def _word(word: str, hand: Hand, rng: np.random.Generator, cap_px: float, px_per_mm: float) -> tuple[Floats, int]:
    """A word as coverage and its baseline row: drawn at double resolution, warped, set to the pen's width, averaged
    down.
    """
    font = _font(
        hand.script,
        max(8, round(2 * cap_px / _cap_em(hand.script) * (1 + rng.normal(0, 0.02 + 0.03 * hand.sloppiness)))),
    )
    left, top, right, bottom = font.getbbox(word)
    pad = round(cap_px * 0.8) + 4
    picture = Image.new("L", (int(right - left) + 2 * pad, int(bottom - top) + 2 * pad), 0)
    ImageDraw.Draw(picture).text((pad - left, pad - top), word, font=font, fill=255)
    base = font.getmetrics()[0] - top + pad
    warped = _warp(np.asarray(picture), hand, rng, cap_px, base)
    inked = _pen_width(warped, 2 * min(0.9 * hand.pen.width_mm * px_per_mm, THICKEST * cap_px))
    h, w = inked.shape
    small = cv2.resize(inked, (max(1, w // 2), max(1, h // 2)), interpolation=cv2.INTER_AREA)
    columns = np.flatnonzero(small.max(axis=0) > 0.1)
    fresh = np.clip(0.88 + 0.09 * wobble(small.shape[1], scale=max(4, int(cap_px * 0.6)), rng=rng), 0.4, 1)
    small = small * fresh[None, :]
    return (small[:, columns[0] : columns[-1] + 1] if len(columns) else small), int(base // 2)


def _warp(picture: Gray, hand: Hand, rng: np.random.Generator, cap_px: float, base: float) -> Gray:
    """A slight elastic distortion, slant and rotation, so that no two letters are the same."""
    h, w = picture.shape
    step = max(6, int(cap_px * 0.9))
    strength = cap_px * (0.035 + 0.08 * hand.sloppiness)
    fields = [
        cv2.resize(
            rng.normal(0, strength, (h // step + 3, w // step + 3)).astype(np.float32),
            (w, h),
            interpolation=cv2.INTER_CUBIC,
        )
        for _ in "xy"
    ]
    grid_y, grid_x = np.mgrid[0:h, 0:w].astype(np.float32)
    slant = np.tan(np.radians((hand.slant_deg - 6) * 0.4))
    turn = np.radians(rng.normal(0, 0.6 + 1.0 * hand.sloppiness))
    map_x = grid_x + fields[0] + np.float32(slant) * (grid_y - np.float32(base))
    map_y = grid_y + fields[1] - np.float32(np.tan(turn)) * (grid_x - w / 2)
    return np.asarray(
        cv2.remap(picture, map_x.astype(np.float32), map_y.astype(np.float32), cv2.INTER_LINEAR), dtype=np.uint8
    )


def _pen_width(picture: Gray, wanted_px: float) -> Floats:
    """The word with its strokes thickened or thinned towards `wanted_px`; (h, w) 0..1."""
    mask = (picture > 127).astype(np.uint8)
    inside = cv2.distanceTransform(mask, cv2.DIST_L2, 3)
    outside = cv2.distanceTransform(1 - mask, cv2.DIST_L2, 3)
    ridge = inside[(inside > 0) & (inside >= cv2.dilate(inside, np.ones((3, 3), np.uint8)))]
    now = 2 * float(np.median(ridge)) if len(ridge) else wanted_px
    grow = float(np.clip((wanted_px - now) / 2, -0.3 * now, 1.2 * now))
    return np.asarray(np.clip(inside - outside + grow + 0.5, 0, 1), dtype=np.float64)
