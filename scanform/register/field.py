"""A smooth field of offsets through scattered, partly wrong measurements.

Robust local regression (Cleveland 1979, doi:10.1080/01621459.1979.10481038): local planes under a Gaussian kernel,
outliers downweighted by the bisquare of their residuals (not of leave-one-out residuals: at the rim of the page these
are large for good points too, and dropping them there bent fields by 2 mm). Kernels compete: round, wide across the
page and wide along it, each in two sizes. A feeder stretches whole lines alike; a kernel wide along the lines and
narrow across them then follows the waves with few boxes. The leave-one-out error decides.
"""

from dataclasses import dataclass

import numpy as np

from scanform.imaging.page_image import Floats
from scanform.imaging.page_map import OffsetGrid
from scanform.model.geometry import SizeMm


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldSettings:
    """How offsets measured at some points become a smooth field."""

    kernels_mm: tuple[tuple[float, float], ...] = (
        (30.0, 30.0),
        (15.0, 15.0),
        (150.0, 12.0),
        (150.0, 6.0),
        (12.0, 150.0),
        (6.0, 150.0),
    )
    """mm; widths (sigma) in x and y of the candidate kernels."""
    fine_kernels_mm: tuple[tuple[float, float], ...] = ((25.0, 25.0), (12.0, 12.0))
    """mm; the same for kernels fitted to the residuals of the first."""
    gain: float = 0.9
    """Maximum ratio of the error with a fine kernel to the error before for the fine kernel to be used."""
    step_mm: float = 6.0
    """mm; the grid. A wave of 90 mm and 1 mm is then followed to 0.02 mm."""
    rounds: int = 2
    """Rounds of reweighting."""
    better_part: float = 0.85
    """Fraction of the points, 0..1, those with the smaller errors, that decides between kernels."""
    floor_mm: float = 0.04
    """mm; smaller residuals never count as outliers (noise of a box: 0.02-0.05 mm)."""
    far_weight: float = 1e-4
    """Weight of distant points, 0..1, so that no position is without any."""
    far_mm: float = 90.0
    """mm; width (sigma) of the kernel for distant points."""
    slope_prior: float = 1e-3
    """Shrinks slopes to zero where there are few points."""


DEFAULT_FIELD = FieldSettings()


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field as a grid, and the root mean square (mm) of its leave-one-out residuals without the worst."""

    grid: OffsetGrid
    residual_mm: float


def fit_field(points_mm: Floats, offsets_mm: Floats, size: SizeMm, settings: FieldSettings = DEFAULT_FIELD) -> Field:
    """The field through offsets (N, 2) measured at points (N, 2), both in mm, on a grid that covers the page; N >= 4.

    Two stages: the best kernel, then a small round one for its residuals if that lowers the leave-one-out error.
    """
    columns, rows = (int(np.ceil(length / settings.step_mm)) + 1 for length in (size.w, size.h))
    nodes = (
        np.stack(np.meshgrid(np.arange(columns), np.arange(rows)), axis=-1).reshape(-1, 2).astype(np.float64)
        * settings.step_mm
    )
    kernel, weights, missed = _best(points_mm, offsets_mm, settings.kernels_mm, settings)
    both = np.vstack([nodes, points_mm])
    values = _local(
        both,
        points_mm,
        offsets_mm,
        _influence(both, points_mm, kernel, settings) * weights,
        kernel=kernel,
        prior=settings.slope_prior,
    )
    total, left = values[: len(nodes)], offsets_mm - values[len(nodes) :]
    kernel, weights, missed_again = _best(points_mm, left, settings.fine_kernels_mm, settings)
    if missed_again < settings.gain * missed:
        total = total + _local(
            nodes,
            points_mm,
            left,
            _influence(nodes, points_mm, kernel, settings) * weights,
            kernel=kernel,
            prior=settings.slope_prior,
        )
        missed = missed_again
    grid = OffsetGrid(
        step_mm=settings.step_mm, rows=rows, columns=columns, dx_mm=_plain(total[:, 0]), dy_mm=_plain(total[:, 1])
    )
    return Field(grid=grid, residual_mm=missed)


def _best(
    points: Floats, offsets: Floats, kernels: tuple[tuple[float, float], ...], settings: FieldSettings
) -> tuple[tuple[float, float], Floats, float]:
    """The kernel with the lowest leave-one-out error, the points' weights with it, and that error (mm)."""
    fits = [(kernel, *_robust(points, offsets, kernel, settings)) for kernel in kernels]
    return min(fits, key=lambda fit: fit[2])


def _plain(values: Floats) -> tuple[float, ...]:
    return tuple(np.round(values, 5).tolist())


def _robust(
    points: Floats, offsets: Floats, kernel: tuple[float, float], settings: FieldSettings
) -> tuple[Floats, float]:
    """Weights of the points (N,), and the leave-one-out error of the field (mm): rms of the better part."""
    influence = _influence(points, points, kernel, settings)
    weights = np.ones(len(points))
    for _ in range(settings.rounds):
        off = np.linalg.norm(
            _local(points, points, offsets, influence * weights, kernel=kernel, prior=settings.slope_prior) - offsets,
            axis=1,
        )
        limit = 6 * max(float(np.median(off)), settings.floor_mm)
        weights = np.clip(1 - (off / limit) ** 2, 1e-6, 1) ** 2
    np.fill_diagonal(influence, 0)
    missed = np.linalg.norm(
        _local(points, points, offsets, influence * weights, kernel=kernel, prior=settings.slope_prior) - offsets,
        axis=1,
    )
    better = np.sort(missed)[: max(4, round(settings.better_part * len(missed)))]
    return weights, float(np.sqrt(np.mean(better**2)))


def _influence(at: Floats, points: Floats, kernel: tuple[float, float], settings: FieldSettings) -> Floats:
    """The weight of each of `points` (N, 2) at each of `at` (M, 2): (M, N); distant ones get a little, so that no
    position is without any.
    """
    return (
        _kernel(at, points, kernel)
        + settings.far_weight * _kernel(at, points, (settings.far_mm, settings.far_mm))
        + 1e-9
    )


def _local(
    at: Floats, points: Floats, offsets: Floats, influence: Floats, *, kernel: tuple[float, float], prior: float
) -> Floats:
    """Local planes at `at` (M, 2) through offsets at `points` (N, 2), weighted by `influence` (M, N); (M, 2)."""
    x, y = points.T
    features = np.stack([np.ones(len(points)), x, y, x * x, x * y, y * y], axis=1)
    moments = influence @ features
    sums = np.stack([influence @ (features[:, :3] * offsets[:, axis, None]) for axis in (0, 1)], axis=2)
    return _planes(at, moments, sums, kernel, prior)


def _kernel(at: Floats, points: Floats, width: tuple[float, float]) -> Floats:
    """Gaussian weights (M, N)."""
    x, y = ((at[:, axis, None] - points[None, :, axis]) / width[axis] for axis in (0, 1))
    return np.asarray(np.exp(-0.5 * (x * x + y * y)))


def _planes(at: Floats, moments: Floats, sums: Floats, kernel: tuple[float, float], prior: float) -> Floats:
    """The value at `at` (M, 2) of planes with weighted moments 1, x, y, xx, xy, yy (M, 6) and sums of 1, x, y times
    the offsets (M, 3, 2).
    """
    a, b = at.T
    n, x, y, xx, xy, yy = moments.T
    normal = np.empty((len(at), 3, 3))
    normal[:, 0, 0] = n + 1e-12
    normal[:, 0, 1] = normal[:, 1, 0] = x - a * n
    normal[:, 0, 2] = normal[:, 2, 0] = y - b * n
    normal[:, 1, 1] = xx - 2 * a * x + a * a * n + prior * n * kernel[0] ** 2
    normal[:, 1, 2] = normal[:, 2, 1] = xy - a * y - b * x + a * b * n
    normal[:, 2, 2] = yy - 2 * b * y + b * b * n + prior * n * kernel[1] ** 2
    right = sums.copy()
    right[:, 1] -= a[:, None] * sums[:, 0]
    right[:, 2] -= b[:, None] * sums[:, 0]
    return np.asarray(np.linalg.solve(normal, right)[:, 0], dtype=np.float64)
