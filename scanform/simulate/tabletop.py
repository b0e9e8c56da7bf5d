"""The surroundings of a photographed page: the table top, other papers on it, the light of the room and shadows.

All of it is painted coarsely, in millimetres of the table around the page, and placed under the page by the camera
model.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from scanform.imaging.page_image import Floats, Gray
from scanform.model.geometry import SizeMm
from scanform.simulate.draw import value
from scanform.simulate.profiles import NONE, Range

TABLES = ("wood", "dark", "checked", "cloth", "bright", "floor")
"""Kinds of table tops: grained wood, dark wood or plastic, a checked cloth, plain cloth, a white table, tiles or
boards with joints.
"""

TABLE_PX_PER_MM = 2.5
"""Resolution of the painted table: it is out of focus and nothing on it is read."""

AROUND_MM = 260.0
"""Margin of table painted on each side of the page; a camera that sees more sees it mirrored."""

Field = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lighting:
    """`slope`: relative change of light over the page.
    `shadow`: how much darker the shadow of a hand or phone is (0..1); `soft_mm`: the width of its edge.
    `glare`: strength of a reflection (grey levels of 255); `glare_mm`: its size.
    """

    slope: Range = (-0.15, 0.15)
    shadow: Range = NONE
    soft_mm: Range = (2.0, 20.0)
    glare: Range = NONE
    glare_mm: Range = (20.0, 60.0)


def paint_table(kind: str, size: SizeMm, papers: int, rng: np.random.Generator) -> Gray:
    """A table top of `kind` with `papers` other sheets under and beside the page; (H, W) uint8 at `TABLE_PX_PER_MM`,
    its margin `AROUND_MM`.
    """
    w, h = (round((length + 2 * AROUND_MM) * TABLE_PX_PER_MM) for length in (size.w, size.h))
    table = np.clip(np.rint(_surface(kind, w, h, rng)), 0, 255).astype(np.uint8)
    for _ in range(papers):
        _lay_paper(table, size, rng)
    return table


def contact_shadow(table: Gray, size: SizeMm, rng: np.random.Generator) -> Gray:
    """The table with the soft shadow cast by the page."""
    shade = np.zeros(table.shape, dtype=np.uint8)
    shift = rng.uniform(-2.5, 2.5, 2) * TABLE_PX_PER_MM
    left, top = (round(AROUND_MM * TABLE_PX_PER_MM + step) for step in shift)
    right, bottom = round(left + size.w * TABLE_PX_PER_MM), round(top + size.h * TABLE_PX_PER_MM)
    cv2.rectangle(shade, (left, top), (right, bottom), (round(255 * float(rng.uniform(0.2, 0.5))),), -1)
    soft = cv2.GaussianBlur(shade, (0, 0), float(rng.uniform(1.0, 3.0)) * TABLE_PX_PER_MM)
    return np.asarray(cv2.multiply(table, 255 - soft, scale=1 / 255), dtype=np.uint8)


def paint_light(
    size: SizeMm, light: Lighting, rng: np.random.Generator, *, px_per_mm: float = 1.0
) -> tuple[Field, Field]:
    """Light on the table (factor) and reflections (grey levels to add), both (H, W) float32 at `px_per_mm` with the
    margin `AROUND_MM`.
    """
    w, h = (round((length + 2 * AROUND_MM) * px_per_mm) for length in (size.w, size.h))
    x, y = np.meshgrid(np.linspace(-1, 1, w, dtype=np.float32), np.linspace(-1, 1, h, dtype=np.float32))
    reach = (size.h + 2 * AROUND_MM) / size.h
    factor = 1 + reach * (value(light.slope, rng) * x + value(light.slope, rng) * y)
    factor = np.clip(factor, 0.3, 1.5) * _shadow((h, w), size, light, rng, px_per_mm)
    glare, wide = value(light.glare, rng), value(light.glare_mm, rng) * px_per_mm
    cx, cy = (AROUND_MM * px_per_mm + rng.uniform(0.1, 0.9, 2) * np.array([size.w, size.h]) * px_per_mm).tolist()
    rows, columns = np.arange(h, dtype=np.float32)[:, None] - cy, np.arange(w, dtype=np.float32)[None, :] - cx
    spot = glare * np.exp(-((rows / (wide * 0.6)) ** 2 + (columns / wide) ** 2))
    return np.asarray(factor, dtype=np.float32), np.asarray(spot, dtype=np.float32)


def _shadow(shape: tuple[int, int], size: SizeMm, light: Lighting, rng: np.random.Generator, px_per_mm: float) -> Field:
    """A factor with the shadow of a phone (a rectangle with round corners) or of a hand and arm (a bent band)
    reaching over the page.
    """
    h, w = shape
    strength, soft = value(light.shadow, rng), value(light.soft_mm, rng)
    mask = np.zeros((h, w), dtype=np.uint8)
    centre = np.array([w, h]) / 2 + rng.uniform(-0.4, 0.4, 2) * np.array([size.w, size.h]) * px_per_mm
    if rng.random() < 0.5:
        box = cv2.boxPoints(
            (
                tuple(centre.tolist()),
                (rng.uniform(70, 110) * px_per_mm, rng.uniform(140, 200) * px_per_mm),
                rng.uniform(0, 180),
            )
        )
        cv2.fillPoly(mask, [np.rint(box).astype(np.int32)], (255,))
    else:
        angle = rng.uniform(0, 2 * np.pi)
        path = np.array(
            [
                centre + np.array([np.cos(angle + bend), np.sin(angle + bend)]) * far * px_per_mm
                for far, bend in ((0, 0), (120, 0.2), (400, 0.35))
            ]
        )
        cv2.polylines(
            mask, [np.rint(path).astype(np.int32)], False, (255,), round(rng.uniform(55, 95) * px_per_mm), cv2.LINE_AA
        )
    soft_mask = cv2.GaussianBlur(mask, (0, 0), max(0.4, soft * px_per_mm / 2.5)).astype(np.float32) / 255
    return np.asarray(1 - strength * soft_mask, dtype=np.float32)


def _surface(kind: str, w: int, h: int, rng: np.random.Generator) -> Floats:
    if kind in ("wood", "dark"):
        base = rng.uniform(80, 175) if kind == "wood" else rng.uniform(14, 50)
        return base + _grain(w, h, rng) * base * rng.uniform(0.06, 0.2)
    if kind == "checked":
        return _checked(w, h, rng)
    if kind == "floor":
        return _joints(rng.uniform(90, 190) + _noise(w, h, 40, rng) * 12, rng)
    level = rng.uniform(205, 244) if kind == "bright" else rng.uniform(60, 190)
    return (
        level
        + _noise(w, h, 90, rng) * (3 if kind == "bright" else 9)
        + rng.normal(0, 1 if kind == "bright" else 7, (h, w))
    )


def _grain(w: int, h: int, rng: np.random.Generator) -> Floats:
    """Wood grain along x: long, slightly bent noise, and fine pores; mean 0, about one sigma."""
    long = cv2.resize(rng.normal(0, 1, (max(2, h // 9), 9)).astype(np.float32), (w, h), interpolation=cv2.INTER_CUBIC)
    fine = cv2.resize(
        rng.normal(0, 0.7, (h, max(2, w // 60))).astype(np.float32), (w, h), interpolation=cv2.INTER_LINEAR
    )
    return np.asarray(long + fine, dtype=np.float64)


def _noise(w: int, h: int, cell_px: int, rng: np.random.Generator) -> Floats:
    small = rng.normal(0, 1, (max(2, h // cell_px), max(2, w // cell_px))).astype(np.float32)
    return np.asarray(cv2.resize(small, (w, h), interpolation=cv2.INTER_CUBIC), dtype=np.float64)


def _checked(w: int, h: int, rng: np.random.Generator) -> Floats:
    """A checked table cloth: light and dark squares of 8-40 mm, rotated."""
    pitch, angle = rng.uniform(8, 40) * TABLE_PX_PER_MM, rng.uniform(0, np.pi / 2)
    x, y = np.meshgrid(np.arange(w), np.arange(h))
    u, v = x * np.cos(angle) + y * np.sin(angle), -x * np.sin(angle) + y * np.cos(angle)
    stripes = (np.floor(u / pitch) % 2) + (np.floor(v / pitch) % 2)
    light, dark = rng.uniform(180, 240), rng.uniform(30, 120)
    return np.asarray(light - (light - dark) * stripes / 2 + rng.normal(0, 4, (h, w)), dtype=np.float64)


def _joints(surface: Floats, rng: np.random.Generator) -> Floats:
    """Dark straight joints every 60-200 mm both ways or one way."""
    pitch = round(rng.uniform(60, 200) * TABLE_PX_PER_MM)
    start, wide = int(rng.integers(0, pitch)), round(rng.uniform(1, 4) * TABLE_PX_PER_MM)
    for offset in range(wide):
        surface[start + offset :: pitch] *= 0.55
        if rng.random() < 0.6:
            surface[:, start + offset :: pitch] *= 0.55
    return surface


def _lay_paper(table: Gray, size: SizeMm, rng: np.random.Generator) -> None:
    """Another sheet with printed lines, anywhere on the table and at any rotation, in place."""
    per_mm = TABLE_PX_PER_MM
    w, h = round(size.w * per_mm), round(size.h * per_mm)
    sheet = np.full((h, w), round(rng.uniform(205, 250)), dtype=np.uint8)
    if rng.random() < 0.8:
        for row in range(round(20 * per_mm), h - round(20 * per_mm), round(rng.uniform(4, 7) * per_mm)):
            start, end = round(20 * per_mm), round(rng.uniform(0.4, 0.9) * w)
            for left in range(start, end, round(9 * per_mm)):
                cv2.line(
                    sheet,
                    (left, row),
                    (left + round(rng.uniform(3, 8) * per_mm), row),
                    (round(rng.uniform(60, 140)),),
                    round(1.6 * per_mm),
                )
    angle = rng.uniform(0, 2 * np.pi) if rng.random() < 0.5 else rng.normal(0, 0.12)
    reach = rng.uniform(60, 190) * per_mm
    where = rng.uniform(0, 2 * np.pi)
    centre = np.array(table.shape[::-1]) / 2 + np.array([np.cos(where), np.sin(where)]) * reach * np.array([1.0, 1.2])
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    matrix = np.column_stack([turn, centre - turn @ (np.array([w, h]) / 2)])
    cv2.warpAffine(
        sheet,
        matrix,
        (table.shape[1], table.shape[0]),
        dst=table,
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_TRANSPARENT,
    )
