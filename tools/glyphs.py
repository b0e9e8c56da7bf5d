"""Pictures of single characters for training: strokes by rule, handwriting fonts and MNIST, warped, written with
pens, scanned, cut out as the reader does.
"""

from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from glyph_rules import strokes
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Floats = NDArray[np.float32]
SIDE = 112
"""Pictures are drawn on SIDE x SIDE pixels: some 15 px per mm of a character in a cell."""


def cropped(dark: Floats, least: float = 0.25) -> Floats | None:
    """The ink of a picture without the noise around it, cut out; None when there is none."""
    smooth = cv2.blur(dark, (3, 3))
    ink = (smooth > least * float(smooth.max())).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    area = stats[1:, cv2.CC_STAT_AREA]
    if len(area) == 0:
        return None
    own = np.isin(labels, 1 + np.flatnonzero(area >= max(3, 0.02 * area.max())))
    near = cv2.dilate(own.astype(np.uint8), np.ones((3, 3), np.uint8))
    rows, columns = np.flatnonzero(own.any(1)), np.flatnonzero(own.any(0))
    return (dark * near)[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def by_rule(character: str, rng: np.random.Generator) -> Floats:
    """Drawn with a pen of some width, on SIDE x SIDE."""
    high = rng.uniform(52, 80)
    lines = [line * high for line in strokes(character, rng)]
    every = np.concatenate(lines)
    middle = (every.min(0) + every.max(0)) / 2
    out = np.zeros((SIDE, SIDE), np.uint8)
    pen = max(1, round(rng.uniform(0.035, 0.13) * high))
    for line in lines:
        points = np.rint((line - middle + SIDE / 2) * 16).astype(np.int32)
        cv2.polylines(out, [points.reshape(-1, 1, 2)], False, (255,), pen, cv2.LINE_AA, 4)
    return out.astype(np.float32) / 255


@lru_cache(maxsize=512)
def font(path: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, size)


@lru_cache(maxsize=65536)
def has(path: str, character: str) -> bool:
    """Whether a font draws this character itself."""
    face = font(path, 72)
    return bytes(face.getmask(character)) != bytes(face.getmask("\uffff"))


def by_font(character: str, path: Path, rng: np.random.Generator) -> Floats | None:
    """Set in a handwriting font; strokes are made thicker or thinner."""
    face = font(str(path), 72)
    if not has(str(path), character):
        return None
    box = face.getbbox(character)
    w, h = box[2] - box[0], box[3] - box[1]
    if w < 3 or h < 3:
        return None
    picture = Image.new("L", (w + 40, h + 40), 0)
    ImageDraw.Draw(picture).text((20 - box[0], 20 - box[1]), character, 255, font=face)
    scale = rng.uniform(52, 80) / max(w, h)
    dark = np.asarray(picture, dtype=np.uint8)
    dark = cv2.resize(dark, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    grow = int(rng.integers(-1, 4))
    if grow > 0:
        dark = cv2.dilate(dark, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (grow + 1, grow + 1)))
    return _placed(dark)


def _placed(dark: NDArray[np.uint8]) -> Floats:
    out = np.zeros((SIDE, SIDE), np.float32)
    h, w = min(dark.shape[0], SIDE), min(dark.shape[1], SIDE)
    top, left = (SIDE - h) // 2, (SIDE - w) // 2
    out[top : top + h, left : left + w] = dark[:h, :w].astype(np.float32) / 255
    return out


def enlarged(picture: NDArray[np.uint8]) -> Floats:
    """A small picture of a character, enlarged."""
    return cv2.resize(picture, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC).astype(np.float32).clip(0, 255) / 255


def warped(dark: Floats, rng: np.random.Generator, *, strength: float = 1.0) -> Floats:
    """Slanted, turned, stretched, and bent softly (Simard et al. 2003)."""
    turn, shear = np.radians(rng.normal(0, 6 * strength)), rng.normal(0, 0.12 * strength)
    sx, sy = np.exp(rng.normal(0, 0.13 * strength, 2))
    rotate = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    matrix = rotate @ np.array([[1, shear], [0, 1]]) @ np.diag([sx, sy])
    centre = np.array([SIDE / 2, SIDE / 2])
    affine = np.concatenate([matrix, (centre - matrix @ centre)[:, None]], axis=1)
    soft = rng.uniform(10, 20)
    field = rng.normal(0, 1, (2, 14, 14)).astype(np.float32)
    bend = [
        cv2.GaussianBlur(cv2.resize(one, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC), (0, 0), soft / 4)
        for one in field
    ]
    amount = rng.uniform(0, 3.2 * strength)
    y, x = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32)
    inverse = cv2.invertAffineTransform(affine)
    mx = inverse[0, 0] * x + inverse[0, 1] * y + inverse[0, 2] + amount * bend[0]
    my = inverse[1, 0] * x + inverse[1, 1] * y + inverse[1, 2] + amount * bend[1]
    return np.asarray(cv2.remap(dark, mx.astype(np.float32), my.astype(np.float32), cv2.INTER_LINEAR), dtype=np.float32)


def scanned(dark: Floats, rng: np.random.Generator) -> Floats:
    """Coarser, softer, paler, noisy, broken, in black and white, with a gap where print was taken away: as it comes
    out of a scanner; most of them good.
    """
    good = rng.random() < 0.75
    if rng.random() < 0.08:
        holes = cv2.GaussianBlur(rng.normal(0, 1, dark.shape).astype(np.float32), (0, 0), rng.uniform(2, 5))
        dark = dark * (holes / max(float(holes.std()), 1e-6) > rng.uniform(-2.4, -1.6)).astype(np.float32)
    scale = rng.uniform(0.5, 1.0) if good else rng.uniform(0.3, 0.7)
    small = cv2.resize(dark, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), rng.uniform(0.3, 0.7 if good else 1.0)) * rng.uniform(
        0.6 if good else 0.35, 1.0
    )
    small = small + rng.normal(0, rng.uniform(0, 0.015 if good else 0.05), small.shape).astype(np.float32)
    if rng.random() < 0.15:
        small = (small > rng.uniform(0.25, 0.5) * small.max()).astype(np.float32)
    if rng.random() < 0.15:
        small = frame_rest(small, rng)
    return np.clip(small, 0, 1).astype(np.float32)


def frame_rest(dark: Floats, rng: np.random.Generator) -> Floats:
    """What is left where a character runs over the frame of its cell: the print is gone, with the strokes that lie
    along it; perhaps what is beyond it, too.
    """
    out = dark.copy()
    rows, columns = np.flatnonzero((dark > 0.2).any(1)), np.flatnonzero((dark > 0.2).any(0))
    if len(rows) == 0:
        return out
    upright = rng.random() < 0.65
    held = columns if upright else rows
    first, last = int(held[0]), int(held[-1])
    thick = max(1, round((last - first) * rng.uniform(0.04, 0.12)))
    deep = round((last - first) * rng.uniform(0.0, 0.16))
    at = first + deep if rng.random() < 0.5 else last - deep - thick
    view = out.T if upright else out
    view[max(at, 0) : max(at + thick, 0)] *= rng.uniform(0, 0.3)
    if rng.random() < 0.3:
        view[: max(at, 0)] *= float(at > (first + last) / 2)
        view[max(at + thick, 0) :] *= float(at <= (first + last) / 2)
    return out


def struck(dark: Floats, rng: np.random.Generator) -> Floats:
    """A character crossed out: lines through it, or a scribble over it."""
    out = (dark * 255).astype(np.uint8)
    pen = int(rng.integers(3, 9))
    low, high = SIDE * 0.15, SIDE * 0.85
    if rng.random() < 0.5:
        for _ in range(int(rng.integers(2, 5))):
            a, b = rng.uniform(low, high, 2), rng.uniform(low, high, 2)
            a[0], b[0] = rng.uniform(0.05, 0.2) * SIDE, rng.uniform(0.8, 0.95) * SIDE
            cv2.line(out, tuple(int(v) for v in a), tuple(int(v) for v in b), (255,), pen, cv2.LINE_AA)
    else:
        count = int(rng.integers(7, 18))
        x = np.linspace(low, high, count) + rng.normal(0, 4, count)
        y = np.where(np.arange(count) % 2, low, high) + rng.normal(0, 9, count)
        cv2.polylines(out, [np.stack([x, y], 1).astype(np.int32).reshape(-1, 1, 2)], False, (255,), pen, cv2.LINE_AA)
    return out.astype(np.float32) / 255


def by_strokes(lines: list[NDArray[np.float64]], rng: np.random.Generator) -> Floats:
    """Pen strokes of a real writer (x right, y up, any unit), drawn with a pen of some width."""
    every = np.concatenate(lines)
    low, high = every.min(0), every.max(0)
    scale, pen = 72 / max(*(high - low), 1e-6), max(1, round(rng.uniform(0.05, 0.1) * 72))
    out = np.zeros((SIDE, SIDE), np.uint8)
    for line in lines:
        points = (line - (low + high) / 2) * scale * np.array([1, -1]) + SIDE / 2
        cv2.polylines(
            out, [np.rint(points * 16).astype(np.int32).reshape(-1, 1, 2)], False, (255,), pen, cv2.LINE_AA, 4
        )
    return out.astype(np.float32) / 255


def made(dark: Floats | None, rng: np.random.Generator, *, strength: float = 1.0) -> Floats | None:
    """Warped, scanned and cut out: darkness of the character alone; None when nothing is left."""
    return None if dark is None else cropped(scanned(warped(dark, rng, strength=strength), rng))


def doubled(first: Floats, second: Floats, rng: np.random.Generator) -> Floats:
    """One character written over another to correct it."""
    move = np.array([[1, 0, rng.normal(0, 6)], [0, 1, rng.normal(0, 6)]])
    return np.maximum(first, cv2.warpAffine(second, move, (SIDE, SIDE)) * np.float32(rng.uniform(0.8, 1.2))).clip(0, 1)


def left_over(rng: np.random.Generator) -> tuple[Floats, Floats]:
    """What is no writing: the rest of a printed line at the edge of the cell, specks, a smudge; with its facts."""
    out = np.zeros((SIDE, SIDE), np.float32)
    kind = rng.choice(["line", "specks", "smudge"])
    if kind == "line":
        long, thick, upright = int(rng.integers(15, 100)), int(rng.integers(1, 5)), rng.random() < 0.5
        out[56 : 56 + thick, 6 : 6 + long] = rng.uniform(0.4, 1)
        out[:, 6 + int(long * rng.uniform(0.1, 0.9)) :][:, : int(rng.integers(1, 12))] *= rng.uniform(0, 1)
        cut = cropped(scanned(warped(out.T.copy() if upright else out, rng, strength=0.1), rng))
        side, along = float(rng.choice([0, 1]) + rng.normal(0, 0.05)), float(rng.uniform(0.1, 0.9))
        at = (side, along) if upright else (along, side)
        size = long / 100
    elif kind == "specks":
        for _ in range(int(rng.integers(1, 5))):
            cv2.circle(
                out,
                tuple(int(v) for v in rng.normal(56, 12, 2)),
                int(rng.integers(1, 6)),
                (float(rng.uniform(0.4, 1)),),
                -1,
                cv2.LINE_AA,
            )
        cut = cropped(scanned(out, rng))
        at, size = (float(rng.uniform(0, 1)), float(rng.uniform(0, 1))), float(rng.uniform(0.05, 0.35))
    else:
        cloud = cv2.GaussianBlur(rng.normal(0, 1, out.shape).astype(np.float32), (0, 0), rng.uniform(2, 10))
        hill = np.exp(-(((np.indices(out.shape).astype(np.float32) - 56) / rng.uniform(12, 30)) ** 2).sum(0))
        cut = cropped(scanned((np.abs(cloud) / np.abs(cloud).max() * hill).astype(np.float32), rng))
        at, size = (float(rng.uniform(0.2, 0.8)), float(rng.uniform(0.2, 0.8))), float(rng.uniform(0.15, 0.9))
    cut = np.ones((2, 2), np.float32) if cut is None else cut
    high, wide = cut.shape[0] / max(cut.shape), cut.shape[1] / max(cut.shape)
    return cut, np.array([size * high, size * wide, *at], np.float32)


def facts_of(character: str, cut: Floats, rng: np.random.Generator) -> Floats:
    """Where people write a character in its cell and how large: height and width in heights of the cell, middle in
    widths and heights of the cell.
    """
    aspect = cut.shape[1] / cut.shape[0]
    across, down = rng.normal(0.5, 0.11), rng.normal(0.5, 0.09)
    high = float(np.clip(rng.normal(0.66, 0.17), 0.2, 1.3))
    if character in ",.":
        high, down = float(rng.uniform(0.08, 0.45)) / max(1.0, aspect), float(np.clip(rng.normal(0.85, 0.14), 0.4, 1.3))
    elif character == "-":
        high, down = float(rng.uniform(0.2, 0.65)) / max(aspect, 0.5), rng.normal(0.5, 0.13)
    elif character == "+":
        high = float(rng.uniform(0.25, 0.75))
    return np.array([high, high * aspect, across, down], np.float32)
