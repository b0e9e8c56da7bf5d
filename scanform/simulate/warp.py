"""The position of each point of the paper in the scan. The truth is a `PageMap`, the same type that registration finds,
so errors can be measured.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from scanform.imaging.page_image import Floats, Gray
from scanform.imaging.page_map import OffsetGrid, PageMap, Tier
from scanform.model.geometry import SizeMm
from scanform.simulate.draw import count, value
from scanform.simulate.profiles import Profile

Floats32 = NDArray[np.float32]
"""Coordinates of whole images, float32."""

GRID_STEP_MM = 5.0
"""Spacing of the nodes of the displacement field; the shortest wave is 90 mm."""

LATTICE_PX = 16
"""The inverse map is solved exactly on a lattice of this spacing and interpolated between: below 0.01 mm for all
profiles (tested).
"""


def draw_map(profile: Profile, size: SizeMm, dpi: int, rng: np.random.Generator) -> tuple[PageMap, tuple[int, int]]:
    """A random geometry of `profile`: the true map from mm on the paper to pixels of the scan, and (width, height) of
    the scan in px.

    Pixel coordinates follow cv2: the centre of the first pixel is 0.
    """
    per_mm = dpi / 25.4
    margin = value(profile.margin_mm, rng)
    width, height = size.w + 2 * margin, size.h + 2 * margin
    placed = _place(profile, size, margin, rng)
    turn = int(rng.choice(4, p=np.asarray(profile.turned) / sum(profile.turned)))
    if turn % 2:
        width, height = height, width
    to_px = np.array([[per_mm, 0, -0.5], [0, per_mm, -0.5], [0, 0, 1]])
    matrix = to_px @ _quarter_turns(turn, width, height) @ placed
    homography = tuple(float(v) for v in (matrix / matrix[2, 2]).ravel())
    page_map = PageMap(homography=homography, residual_mm=0.0, tier=Tier.T0, grid=_displacement(profile, size, rng))
    return page_map, (round(width * per_mm), round(height * per_mm))


def warp_page(
    sheet: Gray, page_map: PageMap, out_size: tuple[int, int], *, px_per_mm: float, backdrop: int, out_per_mm: float
) -> Gray:
    """Places `sheet` (H, W) at `px_per_mm` according to `page_map` in an image of `out_size` (width, height);
    `backdrop` fills the rest.
    """
    ratio = px_per_mm / out_per_mm
    if ratio > 1.15:
        sheet = cv2.GaussianBlur(sheet, (0, 0), 0.42 * ratio).astype(np.uint8)
    source_x, source_y = (plane * np.float32(px_per_mm) - np.float32(0.5) for plane in inverse_map(page_map, out_size))
    return np.asarray(
        cv2.remap(sheet, source_x, source_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=(backdrop,)),
        dtype=np.uint8,
    )


def inverse_map(page_map: PageMap, out_size: tuple[int, int]) -> tuple[Floats32, Floats32]:
    """The paper point of every pixel: x and y in mm, each (height, width) float32."""
    width, height = out_size
    columns, rows = width // LATTICE_PX + 3, height // LATTICE_PX + 3
    x = (np.arange(columns) - 1 + 0.5) * LATTICE_PX - 0.5
    y = (np.arange(rows) - 1 + 0.5) * LATTICE_PX - 0.5
    lattice = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    coarse = page_map.to_mm(lattice).reshape(rows, columns, 2).astype(np.float32)
    inside = np.s_[LATTICE_PX : LATTICE_PX + height, LATTICE_PX : LATTICE_PX + width]
    fine = [
        cv2.resize(coarse[:, :, k].copy(), (columns * LATTICE_PX, rows * LATTICE_PX), interpolation=cv2.INTER_LINEAR)[
            inside
        ]
        for k in (0, 1)
    ]
    return np.asarray(fine[0], dtype=np.float32), np.asarray(fine[1], dtype=np.float32)


def _place(profile: Profile, size: SizeMm, margin: float, rng: np.random.Generator) -> Floats:
    """Paper mm -> mm of the scanned area before quarter turns: scale, skew, perspective about the centre, then shift;
    (3, 3).
    """
    skew = np.radians(value(profile.skew_deg, rng))
    scale, aspect = value(profile.scale, rng), value(profile.aspect, rng)
    dx, dy = value(profile.shift_mm, rng), value(profile.shift_mm, rng)
    px, py = value(profile.keystone, rng), value(profile.keystone, rng)
    centre = np.array([[1, 0, -size.w / 2], [0, 1, -size.h / 2], [0, 0, 1]])
    shape = np.array([[scale, 0, 0], [0, scale * (1 + aspect), 0], [0, 0, 1]])
    rotate = np.array([[np.cos(skew), -np.sin(skew), 0], [np.sin(skew), np.cos(skew), 0], [0, 0, 1]])
    perspective = np.array([[1, 0, 0], [0, 1, 0], [2 * px / size.w, 2 * py / size.h, 1]])
    back = np.array([[1, 0, size.w / 2 + margin + dx], [0, 1, size.h / 2 + margin + dy], [0, 0, 1]])
    middle = perspective @ rotate @ shape @ centre
    return np.asarray(back @ (_framed(middle, size, margin) if margin else middle), dtype=np.float64)


def _framed(middle: Floats, size: SizeMm, margin: float) -> Floats:
    """`middle` shrunk, if necessary, so that all four corners of the sheet are inside the picture, as photographers
    frame it.
    """
    corners = np.array([[0, 0, 1], [size.w, 0, 1], [size.w, size.h, 1], [0, size.h, 1]]) @ middle.T
    reach = np.abs(corners[:, :2] / corners[:, 2:]).max(axis=0)
    shrink = min(1.0, *(np.array([size.w, size.h]) / 2 + margin * 0.8) / reach)
    return np.asarray(np.diag([shrink, shrink, 1.0]) @ middle, dtype=np.float64)


def _quarter_turns(turn: int, width: float, height: float) -> Floats:
    """Rotates clockwise by `turn` quarters into an area that is `width` x `height` mm afterwards; (3, 3)."""
    turns = (
        [[1, 0, 0], [0, 1, 0]],
        [[0, -1, width], [1, 0, 0]],
        [[-1, 0, width], [0, -1, height]],
        [[0, 1, 0], [-1, 0, height]],
    )
    return np.array([*turns[turn], [0, 0, 1]], dtype=np.float64)


def _displacement(profile: Profile, size: SizeMm, rng: np.random.Generator) -> OffsetGrid | None:
    """Feeder waves, folds and curl as offsets in mm; None if there are none."""
    rows, columns = int(size.h / GRID_STEP_MM) + 2, int(size.w / GRID_STEP_MM) + 2
    x, y = np.meshgrid(np.arange(columns) * GRID_STEP_MM, np.arange(rows) * GRID_STEP_MM)
    dx, dy = (
        a + b
        for a, b in zip(
            _feed(x, y, profile, rng), _curl(x / size.w, y / size.h, value(profile.curl_mm, rng), rng), strict=True
        )
    )
    jump = value(profile.fold_mm, rng)
    for _ in range(count(profile.folds, rng) if jump else 0):
        dy += jump * rng.choice([-1.0, 1.0]) * 0.5 * np.tanh((y - rng.uniform(0.15, 0.85) * size.h) / 8.0)
    if not (np.abs(dx).max() or np.abs(dy).max()):
        return None
    return OffsetGrid(
        step_mm=GRID_STEP_MM,
        rows=rows,
        columns=columns,
        dx_mm=tuple(dx.ravel().tolist()),
        dy_mm=tuple(dy.ravel().tolist()),
    )


def _feed(x: Floats, y: Floats, profile: Profile, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """The paper slips and accelerates under the line sensor: waves along the feed (y), a fifth of it sideways; offsets
    in mm.
    """
    amplitude = value(profile.stretch_mm, rng)
    waves = [value(profile.wave_mm, rng) for _ in range(2)]
    phases = rng.uniform(0, 2 * np.pi, 3)
    along = 0.7 * np.sin(2 * np.pi * y / waves[0] + phases[0]) + 0.3 * np.sin(2 * np.pi * y / waves[1] + phases[1])
    oblique = 0.15 * np.sin(2 * np.pi * (y + 0.4 * x) / waves[0] + phases[2])
    return amplitude * 0.2 * np.sin(2 * np.pi * y / waves[1] + phases[2]), amplitude * (along + oblique)


def _curl(across: Floats, down: Floats, curl_mm: float, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """A page that does not lie flat: a smooth bulge, seen from above, moves points away from its ridge; offsets in mm
    at relative positions 0..1.
    """
    ridge, width, along = rng.uniform(0.2, 0.8), rng.uniform(0.25, 0.5), rng.uniform(-0.4, 0.4)
    u = (across - ridge - along * (down - 0.5)) / width
    v = (down - ridge) / width
    return curl_mm * u * np.exp(-(u**2)), 0.5 * curl_mm * v * np.exp(-(v**2)) * (0.5 + across)
