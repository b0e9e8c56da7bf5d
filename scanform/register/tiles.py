"""The true position of pieces of the printed page: tiles of the blank page, found by normalised correlation.

Slower and coarser than boxes, but they need no boxes and reach further: for bent pages and for pages without markers.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from scanform.imaging.page_image import Floats, Gray
from scanform.imaging.page_map import PageMap
from scanform.imaging.sampling import sample_points
from scanform.register.boxes import subpixel_peak
from scanform.register.prepare import TILE_MM, TILE_PX_PER_MM
from scanform.register.unwarp import shrunk


@dataclass(frozen=True, slots=True, kw_only=True)
class TileSettings:
    """How pieces of the page are found in a scan."""

    size_mm: float = TILE_MM
    """mm; large enough to be unique, small enough to be nearly rigid."""
    match: float = 0.45
    """Minimum correlation, -1..1; correct tiles had .5 and more on the worst scans."""
    lead: float = 0.08
    """Minimum lead in correlation over the best place elsewhere, because rows of boxes repeat."""
    apart_mm: float = 1.5
    """mm; minimum distance of such a place."""


DEFAULT_TILES = TileSettings()


@dataclass(frozen=True, slots=True, kw_only=True)
class TileOffsets:
    """Centres of tiles (N, 2) and their offsets from the mapped positions (N, 2), both mm; `found` (N,) if that is
    certain.
    """

    centres_mm: Floats
    offsets_mm: Floats
    found: NDArray[np.bool_]


def tile_offsets(
    gray: Gray,
    page_map: PageMap,
    small: Gray,
    centres_mm: Floats,
    *,
    search_mm: float,
    settings: TileSettings = DEFAULT_TILES,
) -> TileOffsets:
    """Offsets of tiles of a blank page (`small`, at `TILE_PX_PER_MM`) around `centres_mm` (N, 2), searched within
    `search_mm`.
    """
    reach = round(search_mm * TILE_PX_PER_MM)
    half = round(settings.size_mm * TILE_PX_PER_MM / 2)
    ticks = (np.arange(-half - reach, half + reach) + 0.5) / TILE_PX_PER_MM
    reduced, reduced_map = shrunk(gray, page_map, centres_mm, px_per_mm=TILE_PX_PER_MM)
    windows = sample_points(
        reduced,
        reduced_map,
        centres_mm[:, 0, None, None] + ticks[None, None, :],
        centres_mm[:, 1, None, None] + ticks[None, :, None],
    )
    places = np.rint(centres_mm * TILE_PX_PER_MM).astype(int)
    found = [
        _match(window, small[y - half : y + half, x - half : x + half], settings)
        for window, (x, y) in zip(windows, places, strict=True)
    ]
    table = np.array(found, dtype=np.float64).reshape(-1, 3)
    return TileOffsets(centres_mm=centres_mm, offsets_mm=table[:, :2], found=table[:, 2] > 0)


def _match(window: Gray, tile: Gray, settings: TileSettings) -> tuple[float, float, bool]:
    """Offset in mm of a tile within its window, and whether it was found unambiguously."""
    scores = cv2.matchTemplate(window, tile, cv2.TM_CCOEFF_NORMED)
    _, best, _, (x, y) = cv2.minMaxLoc(scores)
    middle = scores.shape[0] // 2
    inside = 0 < x < scores.shape[1] - 1 and 0 < y < scores.shape[0] - 1
    if not inside or best < settings.match:
        return 0.0, 0.0, False
    apart = round(settings.apart_mm * TILE_PX_PER_MM)
    rest = scores.copy()
    rest[max(0, y - apart) : y + apart + 1, max(0, x - apart) : x + apart + 1] = -1
    fine_x = x + subpixel_peak(*(float(v) for v in scores[y, x - 1 : x + 2]))
    fine_y = y + subpixel_peak(*(float(v) for v in scores[y - 1 : y + 2, x]))
    return (
        (fine_x - middle) / TILE_PX_PER_MM,
        (fine_y - middle) / TILE_PX_PER_MM,
        bool(best - rest.max() >= settings.lead),
    )
