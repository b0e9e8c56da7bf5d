"""A smooth field of offsets through scattered, partly wrong measurements.

Robust local regression (Cleveland 1979, doi:10.1080/01621459.1979.10481038): local straight planes under a Gaussian
kernel, outliers weighted down by the bisquare of their leave-one-out residuals. Three kernels compete: round, wide
across the page and wide along it. A feeder stretches whole lines alike, so a kernel that is wide along the lines and
narrow across them then follows the waves with few boxes; the leave-one-out error decides.
"""

from dataclasses import dataclass

import numpy as np

from scanform.imaging.page_image import Floats
from scanform.imaging.page_map import OffsetGrid
from scanform.model.geometry import SizeMm


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldSettings:
    """`kernels_mm`: widths (sigma) in x and y. `step_mm` of the grid: a wave of 90 mm and 1 mm is then followed to 0.02 mm.

    `rounds` of reweighting. `floor_mm`: residuals below it never count as outliers (noise of a box: 0.02-0.05 mm).
    `slope_prior`: pulls slopes to zero where there are few points.
    """

    kernels_mm: tuple[tuple[float, float], ...] = ((25.0, 25.0), (150.0, 12.0), (12.0, 150.0))
    step_mm: float = 6.0
    rounds: int = 3
    floor_mm: float = 0.04
    far_weight: float = 1e-4
    far_mm: float = 90.0
    slope_prior: float = 1e-3


DEFAULT_FIELD = FieldSettings()


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field as a grid and the root mean square (mm) of its leave-one-out residuals, outliers left out."""

    grid: OffsetGrid
    residual_mm: float


def fit_field(points_mm: Floats, offsets_mm: Floats, size: SizeMm, settings: FieldSettings = DEFAULT_FIELD) -> Field:
    """The field through offsets (N, 2) measured at points (N, 2), both in mm, on a grid that covers the page; N >= 4."""
    fits = [(*_robust(points_mm, offsets_mm, kernel, settings), kernel) for kernel in settings.kernels_mm]
    weights, residual, kernel = min(fits, key=lambda fit: fit[1])
    columns, rows = (int(np.ceil(length / settings.step_mm)) + 1 for length in (size.w, size.h))
    nodes = np.stack(np.meshgrid(np.arange(columns), np.arange(rows)), axis=-1).reshape(-1, 2) * settings.step_mm
    values = _local(nodes, points_mm, offsets_mm, weights, kernel, settings)
    grid = OffsetGrid(step_mm=settings.step_mm, rows=rows, columns=columns, dx_mm=_plain(values[:, 0]), dy_mm=_plain(values[:, 1]))
    return Field(grid=grid, residual_mm=residual)


def _plain(values: Floats) -> tuple[float, ...]:
    return tuple(float(value) for value in np.round(values, 5))


def _robust(points: Floats, offsets: Floats, kernel: tuple[float, float], settings: FieldSettings) -> tuple[Floats, float]:
    """Weights of the points (N,) and the weighted residual (mm) of leaving each out."""
    weights = np.ones(len(points))
    off = np.zeros(len(points))
    for _ in range(settings.rounds):
        off = np.linalg.norm(_local(points, points, offsets, weights, kernel, settings, leave_out=True) - offsets, axis=1)
        limit = 6 * max(float(np.median(off)), settings.floor_mm)
        weights = np.clip(1 - (off / limit) ** 2, 1e-6, 1) ** 2
    return weights, float(np.sqrt((weights * off**2).sum() / weights.sum()))


def _local(
    at: Floats, points: Floats, offsets: Floats, weights: Floats, kernel: tuple[float, float], settings: FieldSettings, *, leave_out: bool = False
) -> Floats:
    """Local planes at `at` (M, 2) through offsets at `points` (N, 2); (M, 2)."""
    apart = points[None] - at[:, None]
    near = (apart / np.asarray(kernel)) ** 2
    far = (apart / settings.far_mm) ** 2
    share = (np.exp(-0.5 * near.sum(axis=2)) + settings.far_weight * np.exp(-0.5 * far.sum(axis=2)) + 1e-9) * weights
    if leave_out:
        np.fill_diagonal(share, 0)
    design = np.concatenate([np.ones((*share.shape, 1)), apart / np.asarray(kernel)], axis=2)
    weighted = (design * share[..., None]).transpose(0, 2, 1)
    normal = weighted @ design
    total = normal[:, :1, :1]
    normal = normal + total * settings.slope_prior * np.diag([0.0, 1.0, 1.0]) + 1e-12 * np.eye(3)
    return np.asarray(np.linalg.solve(normal, weighted @ offsets)[:, 0, :], dtype=np.float64)
