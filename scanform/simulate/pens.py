"""Writing instruments and how their strokes look on paper in a grey scan.

A stroke is a polyline in mm with a pressure per point. It is drawn at four times the resolution of the page, then
averaged down, so edges are antialiased. Ink multiplies: print under a stroke stays visible, crossings are darker.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from scanform.imaging.page_image import Floats, Gray

Coverage = NDArray[np.float64]
"""Ink coverage of each pixel: float64, 0..1."""

SUPERSAMPLE = 4
"""Sub-pixels per page pixel and axis; 4 gives 1200 dpi on a 300 dpi page, finer than any pen's edge."""

STEP_MM = 0.12
"""Length of the straight pieces a stroke is drawn in; a quarter of the finest line."""

_SHIFT = 4  # cv2 draws with 1/16 sub-pixel coordinates
_GRAIN_SIDE = 512  # px of the paper grain tile


@dataclass(frozen=True, slots=True, kw_only=True)
class Pen:
    """A pen. Grey values are those in a grey scan (0 black, 255 paper).

    `width_mm`: line width at normal pressure; `width_spread`: its relative change with pressure.
    `grey`: grey value of dense ink.
    `opacity`: 0..1; `opacity_spread`: its change with pressure.
    `gaps_per_m`: gaps per metre of line (a dry ball-point), each of about `gap_mm`.
    `grain`: how much the paper's tooth shows (pencil), 0..1.
    `edge_mm`: sigma of the soft edge (bleeding ink).
    """

    name: str
    width_mm: float
    width_spread: float
    grey: int
    opacity: float
    opacity_spread: float
    gaps_per_m: float = 0.0
    gap_mm: float = 0.5
    grain: float = 0.0
    edge_mm: float = 0.02


# Widths: ISO 12757-1 (ball-point tips 0.7-1.0 mm write 0.3-0.55 mm), ISO 27668-1 (gel 0.3-0.5 mm), felt-tips 1-2 mm,
# pencil 0.3-0.6 mm.
# Grey values: luma of typical ink colours (blue ball-point RGB 40,60,150 -> about 65) mixed with paper.
PENS: dict[str, Pen] = {
    pen.name: pen
    for pen in (
        Pen(
            name="ballpoint blue",
            width_mm=0.42,
            width_spread=0.25,
            grey=62,
            opacity=0.86,
            opacity_spread=0.30,
            gaps_per_m=6.0,
            grain=0.18,
        ),
        Pen(
            name="ballpoint black",
            width_mm=0.40,
            width_spread=0.25,
            grey=32,
            opacity=0.86,
            opacity_spread=0.30,
            gaps_per_m=6.0,
            grain=0.18,
        ),
        Pen(
            name="ballpoint dry",
            width_mm=0.36,
            width_spread=0.30,
            grey=70,
            opacity=0.70,
            opacity_spread=0.45,
            gaps_per_m=45.0,
            gap_mm=0.9,
            grain=0.35,
        ),
        Pen(name="gel", width_mm=0.46, width_spread=0.12, grey=22, opacity=0.97, opacity_spread=0.06, edge_mm=0.03),
        Pen(
            name="fountain blue",
            width_mm=0.58,
            width_spread=0.45,
            grey=75,
            opacity=0.90,
            opacity_spread=0.25,
            edge_mm=0.04,
        ),
        Pen(
            name="felt tip", width_mm=1.15, width_spread=0.15, grey=28, opacity=0.96, opacity_spread=0.08, edge_mm=0.06
        ),
        Pen(
            name="fineliner", width_mm=0.38, width_spread=0.10, grey=30, opacity=0.94, opacity_spread=0.10, edge_mm=0.03
        ),
        Pen(
            name="pencil light",
            width_mm=0.48,
            width_spread=0.30,
            grey=105,
            opacity=0.50,
            opacity_spread=0.35,
            grain=0.60,
        ),
        Pen(
            name="pencil hard",
            width_mm=0.34,
            width_spread=0.20,
            grey=110,
            opacity=0.62,
            opacity_spread=0.30,
            grain=0.45,
        ),
        Pen(
            name="pencil soft", width_mm=0.62, width_spread=0.35, grey=70, opacity=0.74, opacity_spread=0.35, grain=0.50
        ),
    )
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stroke:
    """One movement of the pen: `points_mm` (N, 2) and `pressure` (N,), 0..1, 0.5 is normal."""

    points_mm: Floats
    pressure: Floats


def stroke(points_mm: Sequence[tuple[float, float]] | Floats, pressure: float = 0.5) -> Stroke:
    """A stroke of even pressure through `points_mm`."""
    points = np.asarray(points_mm, dtype=np.float64).reshape(-1, 2)
    return Stroke(points_mm=points, pressure=np.full(len(points), float(pressure)))


def smooth_path(control_mm: Floats, corners: frozenset[int] = frozenset()) -> Floats:
    """A Catmull-Rom curve through `control_mm` (N, 2), broken at the indices in `corners`; returns (M, 2).

    Catmull and Rom 1974, doi:10.1016/B978-0-12-079050-0.50020-5.
    """
    points = np.asarray(control_mm, dtype=np.float64)
    cuts = [0, *sorted(i for i in corners if 0 < i < len(points) - 1), len(points) - 1]
    pieces = [_catmull_rom(points[a : b + 1]) for a, b in pairwise(cuts)]
    return np.concatenate([pieces[0], *(piece[1:] for piece in pieces[1:])])


def draw_strokes(
    layer: Gray, strokes: Sequence[Stroke], pen: Pen, *, px_per_mm: float, rng: np.random.Generator
) -> None:
    """Multiply the ink of `strokes` into `layer` (H, W) uint8, 255 = no ink, in place."""
    for item in strokes:
        _draw_stroke(layer, item, pen, px_per_mm, rng)


def stamp(
    layer: Gray, alpha: Coverage, pen: Pen, *, left_px: int, top_px: int, rng: np.random.Generator, px_per_mm: float
) -> None:
    """Multiplies an ink picture into `layer` in place: `alpha` (h, w) float 0..1 is the coverage by `pen`; parts
    beyond the edge are clipped.
    """
    y0, x0 = max(top_px, 0), max(left_px, 0)
    y1, x1 = min(top_px + alpha.shape[0], layer.shape[0]), min(left_px + alpha.shape[1], layer.shape[1])
    if y1 <= y0 or x1 <= x0:
        return
    part = alpha[y0 - top_px : y1 - top_px, x0 - left_px : x1 - left_px]
    if pen.grain:
        part = part * _grain(part.shape, pen.grain, px_per_mm, rng)
    through = 1.0 - np.clip(part, 0, 1) * (1 - pen.grey / 255)
    layer[y0:y1, x0:x1] = np.maximum(layer[y0:y1, x0:x1] * through, pen.grey * 0.7).astype(np.uint8)


def wobble(length: int, *, scale: int, rng: np.random.Generator) -> Floats:
    """Smooth noise (length,), standard deviation about 1, changing over about `scale` samples."""
    knots = rng.standard_normal(length // max(scale, 1) + 4)
    at = np.linspace(0, len(knots) - 1, max(length, 1))
    rough = np.interp(at, np.arange(len(knots)), knots)
    kernel = np.ones(max(scale // 2, 1)) / max(scale // 2, 1)
    return np.asarray(
        np.convolve(np.pad(rough, len(kernel), mode="edge"), kernel, mode="same")[
            len(kernel) : len(kernel) + len(rough)
        ],
        dtype=np.float64,
    )


def _catmull_rom(points: Floats, per_piece: int = 10) -> Floats:
    if len(points) < 3:
        return points
    padded = np.vstack([2 * points[0] - points[1], points, 2 * points[-1] - points[-2]])
    t = np.linspace(0, 1, per_piece, endpoint=False)[:, None]
    a, b, c, d = (padded[i : len(padded) - 3 + i][:, None, :] for i in range(4))
    curve = 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
    return np.vstack([curve.reshape(-1, 2), points[-1:]])


def _resample(item: Stroke) -> tuple[Floats, Floats]:
    """Points and pressures of a stroke at equal steps along its length."""
    lengths = (
        np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(item.points_mm, axis=0).T))])
        if len(item.points_mm) > 1
        else np.zeros(1)
    )
    count = max(2, int(lengths[-1] / STEP_MM) + 1)
    at = np.linspace(0, lengths[-1], count)
    points = np.column_stack([np.interp(at, lengths, item.points_mm[:, k]) for k in (0, 1)])
    return points, np.interp(at, lengths, item.pressure)


def _draw_stroke(layer: Gray, item: Stroke, pen: Pen, px_per_mm: float, rng: np.random.Generator) -> None:
    points, pressure = _resample(item)
    pressure = np.clip(pressure + 0.12 * wobble(len(points), scale=14, rng=rng), 0.05, 1.0)
    width_px = pen.width_mm * (1 + pen.width_spread * (2 * pressure - 1)) * px_per_mm
    density = np.clip(pen.opacity + pen.opacity_spread * (pressure - 0.5), 0.05, 1.0) * _gaps(len(points), pen, rng)
    margin = int(np.ceil(width_px.max())) + 3
    low = np.floor(points.min(axis=0) * px_per_mm).astype(int) - margin
    high = np.ceil(points.max(axis=0) * px_per_mm).astype(int) + margin
    columns, rows = (int(v) for v in high - low)
    canvas = np.zeros((rows * SUPERSAMPLE, columns * SUPERSAMPLE), dtype=np.uint8)
    fine = np.rint(((points * px_per_mm - low) * SUPERSAMPLE - 0.5) * (1 << _SHIFT)).astype(int)
    thick = np.maximum(1, np.rint(width_px * SUPERSAMPLE)).astype(int)
    shade = np.rint(density * 255).astype(int)
    for i in range(len(points) - 1):
        start, end = (int(fine[i, 0]), int(fine[i, 1])), (int(fine[i + 1, 0]), int(fine[i + 1, 1]))
        cv2.line(canvas, start, end, (int(shade[i]),), int(thick[i]), cv2.LINE_8, _SHIFT)
    coarse = cv2.resize(canvas, (columns, rows), interpolation=cv2.INTER_AREA)
    alpha = cv2.GaussianBlur(coarse, (0, 0), max(0.3, pen.edge_mm * px_per_mm)).astype(np.float64) / 255
    stamp(layer, alpha, pen, left_px=int(low[0]), top_px=int(low[1]), rng=rng, px_per_mm=px_per_mm)


def _gaps(count: int, pen: Pen, rng: np.random.Generator) -> Floats:
    """1 where ink flows, near 0 where it skips, (count,)."""
    flow = np.ones(count)
    for _ in range(int(rng.poisson(pen.gaps_per_m * count * STEP_MM / 1000))):
        start = int(rng.integers(0, count))
        flow[start : start + max(1, int(rng.uniform(0.4, 1.6) * pen.gap_mm / STEP_MM))] = rng.uniform(0.0, 0.45)
    return flow


def _grain(shape: tuple[int, ...], amount: float, px_per_mm: float, rng: np.random.Generator) -> Floats:
    """Coverage factor of the paper's tooth, 1 on the hills and 1 - amount in the valleys."""
    tile = _grain_tile(round(px_per_mm, 3))
    dy, dx = int(rng.integers(0, _GRAIN_SIDE)), int(rng.integers(0, _GRAIN_SIDE))
    rows = (np.arange(shape[0]) + dy) % _GRAIN_SIDE
    columns = (np.arange(shape[1]) + dx) % _GRAIN_SIDE
    return np.asarray(1 - amount * tile[np.ix_(rows, columns)], dtype=np.float64)


_TILES: dict[float, Floats] = {}


def _grain_tile(px_per_mm: float) -> Floats:
    """The paper's tooth: noise of about 0.09 mm, 0..1, periodic, the same in every process."""
    if px_per_mm not in _TILES:
        noise = np.random.default_rng(20250707).standard_normal((_GRAIN_SIDE, _GRAIN_SIDE)).astype(np.float32)
        wrapped = np.pad(noise, 16, mode="wrap")
        soft = cv2.GaussianBlur(wrapped, (0, 0), max(0.4, 0.045 * px_per_mm))[16:-16, 16:-16]
        _TILES[px_per_mm] = np.clip(0.5 + 0.35 * soft / soft.std(), 0, 1).astype(np.float64)
    return _TILES[px_per_mm]
