"""What happens to a sheet before scanning: tint, stains, folds, holes, dog-ears, show-through of the back page."""

import cv2
import numpy as np
from numpy.typing import NDArray

from scanform.imaging.page_image import Gray
from scanform.simulate.draw import count, happens, value
from scanform.simulate.profiles import Profile

Field = NDArray[np.float32]
"""A soft picture while it is painted: float32 grey levels."""

COARSE_PX_PER_MM = 3.0
"""Resolution at which stains, folds and shade are painted; they are soft."""


def handle_page(
    page: Gray, profile: Profile, rng: np.random.Generator, *, px_per_mm: float, back: Gray | None, backdrop: int
) -> Gray:
    """The sheet after handling; `page` (H, W) carries print and ink and is not changed.

    `back` is the other side of the sheet as printed (None: this side is used); `backdrop` is the grey visible through
    holes.
    """
    h, w = page.shape
    tint = _tint(profile, w / px_per_mm, h / px_per_mm, rng)
    strength = value(profile.show_through, rng)
    if strength > 0.002:
        page = cv2.multiply(
            page, _show_through(page if back is None else back, strength, (h, w), px_per_mm), scale=1 / 255
        ).astype(np.uint8)
    sheet = np.asarray(
        cv2.multiply(page, cv2.resize(tint, (w, h), interpolation=cv2.INTER_LINEAR), scale=1 / 255), dtype=np.uint8
    )
    if happens(profile.punched, rng):
        _punch(sheet, rng, px_per_mm, backdrop)
    if happens(profile.corner_cut, rng):
        _cut_corner(sheet, value(profile.corner_mm, rng), rng, px_per_mm, backdrop)
    return sheet


def _tint(profile: Profile, width_mm: float, height_mm: float, rng: np.random.Generator) -> Gray:
    """Reflectance of the empty sheet at COARSE_PX_PER_MM, uint8."""
    w, h = round(width_mm * COARSE_PX_PER_MM), round(height_mm * COARSE_PX_PER_MM)
    field = np.full((h, w), value(profile.paper_grey, rng), dtype=np.float32)
    shade = value(profile.shade, rng)
    if shade:
        field += cv2.resize(
            rng.normal(0, shade * 0.5, (4, 3)).astype(np.float32), (w, h), interpolation=cv2.INTER_CUBIC
        )
    for _ in range(count(profile.stains, rng)):
        _stain(field, rng)
    for _ in range(count(profile.folds, rng)):
        _fold_line(field, rng)
    return np.clip(np.rint(field), 0, 255).astype(np.uint8)


def _stain(field: Field, rng: np.random.Generator) -> None:
    """A coffee ring, a filled blotch or a splash, subtracted in place."""
    h, w = field.shape
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    cx, cy = rng.uniform(0, w), rng.uniform(0, h)
    kind = rng.random()
    radius = rng.uniform(36, 44) if kind < 0.5 else rng.uniform(3, 22)
    radius *= COARSE_PX_PER_MM
    angle = np.arctan2(y - cy, x - cx)
    edge = np.zeros_like(angle)
    for k in range(1, 6):
        edge += rng.normal(0, 0.025 / k) * np.cos(k * angle + rng.uniform(0, 6.28))
    distance = np.hypot(x - cx, y - cy) / radius - 1 - edge
    depth = rng.uniform(12, 60)
    ring = np.exp(-((distance / rng.uniform(0.015, 0.04)) ** 2)) * (
        0.6 + 0.4 * np.cos(angle * rng.integers(1, 3) + rng.uniform(0, 6.28))
    )
    inside = 1 / (1 + np.exp(np.clip(distance / 0.02, -30, 30)))
    field -= (depth * (0.85 * ring + (0.08 if kind < 0.5 else 0.35) * inside)).astype(field.dtype)


def _fold_line(field: Field, rng: np.random.Generator) -> None:
    """A fold: a fine dark line beside a bright one and a gradual shadow, at a half or third of the sheet or anywhere;
    in place.
    """
    h, w = field.shape
    across = rng.random() < 0.75
    length = h if across else w
    where = float(rng.choice([1 / 3, 1 / 2, 2 / 3, rng.uniform(0.1, 0.9)])) * length + rng.normal(0, 4)
    along = np.arange(w if across else h)
    position = where + rng.normal(0, 0.006) * along
    at = np.arange(length)
    distance = (at[:, None] - position[None, :]) / COARSE_PX_PER_MM
    dark, wide = rng.uniform(8, 45), rng.uniform(2, 8)
    line = dark * np.exp(-((distance / 0.22) ** 2)) - 0.35 * dark * np.exp(-(((distance - 0.6) / 0.4) ** 2))
    line += rng.uniform(2, 10) * np.exp(-np.abs(distance) / wide) * (distance > 0)
    wear = 0.7 + 0.3 * np.interp(along, np.linspace(0, along[-1], 24), rng.random(24))
    shadow = (line * wear[None, :]).astype(field.dtype)
    field -= shadow if across else shadow.T


def _show_through(back: Gray, strength: float, shape: tuple[int, int], px_per_mm: float) -> Gray:
    """The back of the sheet as seen from the front: mirrored, soft and faint; uint8 multiplier."""
    small = cv2.resize(back, (shape[1] // 3, shape[0] // 3), interpolation=cv2.INTER_AREA)
    soft = cv2.GaussianBlur(cv2.flip(small, 1), (0, 0), max(0.3, 0.16 * px_per_mm / 3))
    faint = np.rint(255 - strength * (255 - np.arange(256))).astype(np.uint8)
    return np.asarray(
        cv2.resize(cv2.LUT(soft, faint), (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR), dtype=np.uint8
    )


def _punch(sheet: Gray, rng: np.random.Generator, px_per_mm: float, backdrop: int) -> None:
    """Two filing holes at the left edge (ISO 838), in place."""
    h = sheet.shape[0]
    shift = rng.normal(0, 2.0)
    for offset in (-40, 40):
        centre = (round((12 + rng.normal(0, 0.3)) * px_per_mm), round(h / 2 + (offset + shift) * px_per_mm))
        cv2.circle(sheet, centre, round(3.0 * px_per_mm) + 1, (max(0, backdrop - 60),), -1, cv2.LINE_AA)
        cv2.circle(sheet, centre, round(2.85 * px_per_mm), (backdrop,), -1, cv2.LINE_AA)


def _cut_corner(sheet: Gray, size_mm: float, rng: np.random.Generator, px_per_mm: float, backdrop: int) -> None:
    """A dog-ear: one corner missing, with the shadow of its edge, in place."""
    h, w = sheet.shape
    a, b = (v * size_mm * px_per_mm for v in rng.uniform(0.7, 1.3, 2))
    corner = np.array([[0, 0], [a, 0], [0, b]])
    if rng.random() < 0.5:
        corner[:, 0] = w - 1 - corner[:, 0]
    if rng.random() < 0.4:
        corner[:, 1] = h - 1 - corner[:, 1]
    points = np.rint(corner).astype(np.int32).reshape(-1, 1, 2)
    cv2.fillPoly(sheet, [points], (backdrop,), cv2.LINE_AA)
    first, last = ((int(points[i, 0, 0]), int(points[i, 0, 1])) for i in (1, 2))
    cv2.line(sheet, first, last, (max(0, backdrop - 70),), max(1, round(0.2 * px_per_mm)), cv2.LINE_AA)
