"""Digits and capitals of real writers as pen strokes (UNIPEN, train_r01_v07): for evaluation only, no weights are
trained on them.
"""

import gzip
import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

import cv2
import numpy as np

from scanform.imaging.page_image import Floats
from scanform.recognize.writing.readers import Cell

DATA = Path(__file__).parents[3] / "shared" / "data" / "handwriting" / "unipen"
WRONG = Path(__file__).parent / "wrong_characters.json"
SIDE = 96
"""Characters are drawn on SIDE x SIDE pixels, 64 high, and halved."""


class Raw(TypedDict):
    """A character as the file has it: strokes of points, what it is, site, file of its writer."""

    s: list[list[tuple[float, float]]]
    t: str
    site: str
    file: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Written:
    """One character: what it is, the site that collected it, its file (as good as its writer), strokes (N, 2) in a
    square of 1, y downwards.
    """

    truth: str
    site: str
    writer: str
    lines: tuple[Floats, ...]


def load(name: str) -> tuple[Written, ...]:
    """All characters of `digits` or `uppercase` but those that are none (`wrong_characters.json`); raises OSError
    when the data are not there.
    """
    none = json.loads(WRONG.read_text("utf-8"))
    with gzip.open(DATA / f"{name}_train.json.gz") as file:
        return tuple(one for one in map(_written, json.load(file)) if one is not None and name_of(one) not in none)


def name_of(one: Written) -> str:
    """A name for a character, of its site, its writer and its strokes."""
    digest = hashlib.sha256(np.concatenate(one.lines).round(3).tobytes()).hexdigest()
    return f"{one.site}-{one.writer}-{one.truth}-{digest[:8]}"


def by_writer(characters: Sequence[Written]) -> dict[tuple[str, str], Mapping[str, list[Written]]]:
    """(site, writer) -> character -> the ways in which this writer wrote it."""
    found: dict[tuple[str, str], dict[str, list[Written]]] = defaultdict(lambda: defaultdict(list))
    for one in characters:
        found[one.site, one.writer][one.truth].append(one)
    return dict(found)


def _written(raw: Raw) -> Written | None:
    lines = [np.array(line, dtype=np.float64) for line in raw["s"] if line]
    if not lines:
        return None
    every = np.concatenate(lines)
    low, high = every.min(0), every.max(0)
    scale = 1 / max(*(high - low), 1e-6)
    moved = tuple((line - (low + high) / 2) * scale * [1, -1] + 0.5 for line in lines)
    return Written(truth=raw["t"], site=raw["site"], writer=raw["file"], lines=moved)


def as_cell(one: Written, rng: np.random.Generator) -> Cell:
    """The character alone as a reader gets it, drawn with a pen of some width, of some size in its cell."""
    layer = np.zeros((SIDE, SIDE), np.uint8)
    pen = round(float(rng.uniform(0.05, 0.1)) * 64) or 1
    for line in one.lines:
        points = np.rint(((line - 0.5) * 64 + SIDE / 2) * 16).astype(np.int32)
        if len(points) == 1:
            points = np.concatenate([points, points + 8])
        cv2.polylines(layer, [points.reshape(-1, 1, 2)], False, (255,), pen, cv2.LINE_AA, 4)
    small = cv2.GaussianBlur(cv2.resize(layer, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), (0, 0), 0.6)
    rows, columns = np.flatnonzero((small > 30).any(axis=1)), np.flatnonzero((small > 30).any(axis=0))
    cut = small[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    height = float(np.clip(rng.normal(0.68, 0.12), 0.35, 1.1)) / max(1.0, cut.shape[1] / cut.shape[0] / 0.9)
    return Cell(
        gray=255 - cut, height=height, width=height * cut.shape[1] / cut.shape[0], x=0.5, y=float(rng.normal(0.5, 0.06))
    )
