"""The true position of printed boxes: the four edges of each outline, measured against the blank page.

Each side of a box is sampled in a strip across it. Along the side the median is taken, so that a pen stroke crossing
the side is ignored; across, the profile is compared with that of the blank page (normalised correlation, Lewis 1995,
"Fast normalized cross-correlation"). A box counts as found when all four sides are seen and agree.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scanform.imaging.page_image import Floats, Gray
from scanform.imaging.page_map import PageMap
from scanform.imaging.sampling import sample_points

Profiles = NDArray[np.float32]
"""Grey profiles across box sides: (N, 4, L), sides in the order left, right, top, bottom."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxSettings:
    """How the printed outline of a box is found in a scan."""

    step_mm: float = 0.1
    """mm between samples across a side."""
    half_mm: float = 0.8
    """mm of profile kept on each side of the outline, with white on both sides."""
    along: int = 11
    """Samples between 15 and 85 % of a side."""
    match: float = 0.6
    """Minimum correlation, -1..1, of a side that is seen."""
    contrast: float = 0.04
    """Minimum fraction of the blank page's contrast, 0..1 (toner nearly out: .06); in mere noise four sides agree by
    chance 1 time in 10,000.
    """
    squeeze_mm: float = 0.4
    """mm by which a box may have grown or shrunk (feeder stretch: 0.35 mm)."""


DEFAULT_BOXES = BoxSettings()


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxOffsets:
    """Offsets of boxes from their mapped positions: mm, (N, 2); `found` (N,) if all four sides were seen."""

    offsets_mm: Floats
    found: NDArray[np.bool_]


def box_profiles(
    gray: Gray, page_map: PageMap, rects_mm: Floats, *, reach_mm: float, settings: BoxSettings = DEFAULT_BOXES
) -> Profiles:
    """Profiles across the four sides of boxes (N, 4: x, y, w, h in mm), `reach_mm` beyond the outline to both sides."""
    half = round(reach_mm / settings.step_mm)
    across = np.arange(-half, half + 1) * settings.step_mm
    along = np.linspace(0.15, 0.85, settings.along)
    x, y, w, h = (rects_mm[None, :, index, None, None] for index in range(4))
    a, c = along[:, None, None, None], across[None, None, None, :]
    far = np.array([0.0, 1.0])[None, None, :, None]
    upright = median(sample_points(gray, page_map, x + far * w + c, y + a * h))
    level = median(sample_points(gray, page_map, x + a * w, y + far * h + c))
    return np.concatenate([upright, level], axis=1).astype(np.float32)


def median(samples: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The median along the first axis, of odd length: the minimum and the maximum of just over half the samples are
    dropped and replaced by further samples.

    Whole rows are compared at once, which is several times faster than sorting many short rows.
    """
    waiting = list(samples)
    pool, waiting = waiting[: len(waiting) // 2 + 2], waiting[len(waiting) // 2 + 2 :]
    while len(pool) > 1:
        least, middle = pool[0], []
        for row in pool[1:]:
            middle.append(np.maximum(least, row))
            least = np.minimum(least, row)
        greatest, pool = middle[0], []
        for row in middle[1:]:
            pool.append(np.minimum(greatest, row))
            greatest = np.maximum(greatest, row)
        pool += [waiting.pop()] if waiting else []
    return np.asarray(pool[0], dtype=np.uint8)


def box_offsets(profiles: Profiles, templates: Profiles, settings: BoxSettings = DEFAULT_BOXES) -> BoxOffsets:
    """Offsets of boxes from their profiles (N, 4, L) and those of the blank page (N, 4, M), M <= L, both odd."""
    windows = np.lib.stride_tricks.sliding_window_view(profiles, templates.shape[2], axis=2)
    centred = windows - windows.mean(axis=3, keepdims=True)
    wanted = templates - templates.mean(axis=2, keepdims=True)
    spread, wanted_spread = np.sqrt((centred**2).mean(axis=3)), np.sqrt((wanted**2).mean(axis=2))
    products = np.einsum("nsij,nsj->nsi", centred, wanted) / templates.shape[2]
    scores = products / np.maximum(spread * wanted_spread[..., None], 1e-3)
    scores[spread < settings.contrast * wanted_spread[..., None]] = 0
    shifts, best = _peaks(scores)
    shifts_mm = shifts * settings.step_mm
    seen = (best >= settings.match).all(axis=1)
    squeezed = np.abs(shifts_mm[:, [1, 3]] - shifts_mm[:, [0, 2]]).max(axis=1, initial=0)
    offsets = np.stack([shifts_mm[:, :2].mean(axis=1), shifts_mm[:, 2:].mean(axis=1)], axis=1)
    return BoxOffsets(offsets_mm=offsets.astype(np.float64), found=seen & (squeezed <= settings.squeeze_mm))


def _peaks(scores: Profiles) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """Position of each row's maximum, relative to the middle and refined by a parabola, and its height; a maximum at an
    end does not count.
    """
    length = scores.shape[2]
    top = scores.argmax(axis=2)
    inner = np.clip(top, 1, length - 2)
    left, mid, right = (np.take_along_axis(scores, (inner + d)[..., None], axis=2)[..., 0] for d in (-1, 0, 1))
    bend = np.minimum(left - 2 * mid + right, -1e-6)
    place = inner + np.clip(0.5 * (left - right) / bend, -0.5, 0.5)
    height = np.where(top == inner, mid, 0).astype(np.float32)
    return (place - (length - 1) / 2).astype(np.float64), height


def subpixel_peak(left: float, middle: float, right: float) -> float:
    """Vertex of a parabola through three neighbours, relative to the middle one, at most half a step away."""
    return float(np.clip(0.5 * (left - right) / min(left - 2 * middle + right, -1e-6), -0.5, 0.5))
