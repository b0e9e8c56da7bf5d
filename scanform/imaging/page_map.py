"""From millimetres on the paper to pixels of a scan: a homography plus a smooth field of offsets."""

from dataclasses import dataclass, replace
from enum import StrEnum

import cv2
import numpy as np

from scanform.imaging.page_image import Floats, Floats32
from scanform.model.geometry import RectMm, RectPx


class Tier(StrEnum):
    """How hard registration had to work; part of every field's evidence."""

    T0 = "T0"
    T1 = "T1"
    T2 = "T2"
    T3 = "T3"
    T4 = "T4"


@dataclass(frozen=True, slots=True, kw_only=True)
class OffsetGrid:
    """Offsets in mm, added to a point before the homography; bilinear between nodes.

    Node (row, column) lies at (column * step_mm, row * step_mm). `dx_mm` and `dy_mm` are row-major, rows x columns.
    """

    step_mm: float
    rows: int
    columns: int
    dx_mm: tuple[float, ...]
    dy_mm: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PageMap:
    """The position of each point of the paper in the decoded image. Plain numbers, so that it travels between
    processes.

    `homography` is row-major 3 x 3, mm to pixels. `residual_mm` is the root mean square residual of the fit at the
    fiducials, or at the boxes if those were checked.
    """

    homography: tuple[float, ...]
    residual_mm: float
    tier: Tier
    grid: OffsetGrid | None = None

    def to_px(self, points_mm: Floats) -> Floats:
        """Pixels of `points_mm`; both (N, 2), x before y."""
        points = np.asarray(points_mm, dtype=np.float64).reshape(-1, 2)
        if self.grid is not None:
            points = points + _offsets(self.grid, points)
        return _project(np.asarray(self.homography).reshape(3, 3), points)

    def to_px_xy(self, x_mm: Floats32, y_mm: Floats32) -> tuple[Floats32, Floats32]:
        """As `to_px` for sampling: x and y in mm, arrays of any shapes that broadcast together; float32 (exact to 0.001
        px).

        If x varies along one axis only and y along another, the products are computed on the small arrays.
        """
        x, y = np.asarray(x_mm, dtype=np.float32), np.asarray(y_mm, dtype=np.float32)
        if self.grid is not None:
            dx, dy = _offsets_xy(self.grid, x, y)
            x, y = x + dx, y + dy
        h = np.asarray(self.homography, dtype=np.float64)
        h = (h / h[8]).astype(np.float32)
        px = (h[0] * x + h[2]) + h[1] * y
        py = (h[3] * x + h[5]) + h[4] * y
        if h[6] or h[7]:
            w = np.float32(1) / ((h[6] * x + np.float32(1)) + h[7] * y)
            px *= w
            py *= w
        return px, py

    def offsets_mm(self, points_mm: Floats) -> Floats:
        """The offset that the field adds to `points_mm` before the homography; both (N, 2)."""
        points = np.asarray(points_mm, dtype=np.float64).reshape(-1, 2)
        return np.zeros_like(points) if self.grid is None else _offsets(self.grid, points)

    def to_mm(self, points_px: Floats) -> Floats:
        """Millimetres of `points_px`, both (N, 2); the inverse of `to_px` by fixed-point iteration (offsets are
        small and smooth).
        """
        base = _project(
            np.linalg.inv(np.asarray(self.homography).reshape(3, 3)),
            np.asarray(points_px, dtype=np.float64).reshape(-1, 2),
        )
        if self.grid is None:
            return base
        points = base
        for _ in range(8):
            points = base - _offsets(self.grid, points)
        return points

    def rows_scaled(self, factor: float) -> "PageMap":
        """The same map for the picture with `factor` times as many rows; pixel centres are whole numbers."""
        h = np.array([[1, 0, 0], [0, factor, (factor - 1) / 2], [0, 0, 1.0]]) @ np.asarray(self.homography).reshape(
            3, 3
        )
        return replace(self, homography=tuple((h / h[2, 2]).ravel().tolist()))

    def shifted(self, x_px: float, y_px: float) -> "PageMap":
        """The same map for a picture whose content is shifted right and down by this much."""
        if not x_px and not y_px:
            return self
        h = np.array([[1, 0, x_px], [0, 1, y_px], [0, 0, 1.0]]) @ np.asarray(self.homography).reshape(3, 3)
        return replace(self, homography=tuple((h / h[2, 2]).ravel().tolist()))

    def px_per_mm(self, rect: RectMm) -> float:
        """The mean scale of the map over `rect`."""
        corners = np.array([[p.x, p.y] for p in rect.corners])
        area = abs(cv2.contourArea(self.to_px(corners).astype(np.float32)))
        return float(np.sqrt(area / (rect.w * rect.h)))

    def box_px(self, rect: RectMm, *, width: int, height: int) -> RectPx:
        """The pixel bounding box of `rect`, clipped to an image of the given size."""
        corners = self.to_px(np.array([[p.x, p.y] for p in rect.corners]))
        low = np.floor(corners.min(axis=0)).astype(int)
        high = np.ceil(corners.max(axis=0)).astype(int)
        x, y = int(np.clip(low[0], 0, width)), int(np.clip(low[1], 0, height))
        right, bottom = int(np.clip(high[0], 0, width)), int(np.clip(high[1], 0, height))
        return RectPx(x=x, y=y, w=max(0, right - x), h=max(0, bottom - y))


def _project(homography: Floats, points: Floats) -> Floats:
    homogeneous = np.column_stack([points, np.ones(len(points))]) @ homography.T
    return np.asarray(homogeneous[:, :2] / homogeneous[:, 2:3], dtype=np.float64)


def _offsets_xy(grid: OffsetGrid, x: Floats32, y: Floats32) -> tuple[Floats32, Floats32]:
    """As `_offsets`, for arrays of x and of y that broadcast together, in float32."""
    column = np.clip(x / np.float32(grid.step_mm), 0, grid.columns - 1)
    row = np.clip(y / np.float32(grid.step_mm), 0, grid.rows - 1)
    left, top = np.minimum(column.astype(np.intp), grid.columns - 2), np.minimum(row.astype(np.intp), grid.rows - 2)
    u, v = column - left.astype(np.float32), row - top.astype(np.float32)
    node = top * grid.columns + left

    nodes = (np.asarray(grid.dx_mm) + 1j * np.asarray(grid.dy_mm)).astype(np.complex64)  # both offsets in one look-up
    upper_left, upper_right = np.take(nodes, node, mode="clip"), np.take(nodes, node + 1, mode="clip")
    lower_left, lower_right = (
        np.take(nodes, node + grid.columns, mode="clip"),
        np.take(nodes, node + grid.columns + 1, mode="clip"),
    )
    upper = upper_left + (upper_right - upper_left) * u
    between = upper + (lower_left + (lower_right - lower_left) * u - upper) * v
    return between.real, between.imag


def _offsets(grid: OffsetGrid, points: Floats) -> Floats:
    """Offsets in mm at `points` (N, 2); outside the grid the nearest edge counts."""
    field = np.stack([np.asarray(grid.dx_mm), np.asarray(grid.dy_mm)], axis=-1).reshape(grid.rows, grid.columns, 2)
    column = np.clip(points[:, 0] / grid.step_mm, 0, grid.columns - 1)
    row = np.clip(points[:, 1] / grid.step_mm, 0, grid.rows - 1)
    left, top = np.minimum(column.astype(int), grid.columns - 2), np.minimum(row.astype(int), grid.rows - 2)
    u, v = (column - left)[:, None], (row - top)[:, None]
    upper = field[top, left] * (1 - u) + field[top, left + 1] * u
    lower = field[top + 1, left] * (1 - u) + field[top + 1, left + 1] * u
    return np.asarray(upper * (1 - v) + lower * v, dtype=np.float64)
