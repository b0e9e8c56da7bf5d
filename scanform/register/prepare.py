"""What registration needs from a blank page, prepared once per page of an edition and kept by the caller."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from scanform.imaging.page_image import BlankPage, Floats, Gray
from scanform.imaging.page_map import PageMap, Tier
from scanform.model.geometry import SizeMm
from scanform.model.layout import PageLayout, ZoneKind
from scanform.register.boxes import DEFAULT_BOXES, Profiles, box_profiles
from scanform.register.unwarp import unwarped

TILE_PX_PER_MM = 4.0
"""Resolution of the reduced blank page, for tiles and for marker-free registration."""

TILE_MM = 18.0
"""Side of a tile and spacing of tiles."""

TILE_TEXTURE = 12.0
"""Minimum standard deviation of a tile in grey levels: it needs some texture."""

TILE_ALONE_MM = (1.5, 4.0)
"""No place of the blank page at a distance in this range may look like the tile: a piece of ruled lines fits anywhere
along them and proves nothing.
"""

TILE_LEAD = 0.08
"""Minimum lead in correlation of a tile at its own place over those places, the same as when searching a scan."""

GAP_MM = 14.0
"""A tile whose centre is further than this from the centre of every box lies in a gap between the boxes."""

MIN_CONTRAST = 25.0
"""Grey levels (standard deviation of a profile); outlines on the blank page fainter than that are not landmarks."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BoxCheck:
    """The landmarks of one page; compared and hashed by identity, so that results derived from it can be cached.

    `rects_mm` (N, 4): x, y, w, h of the recognisable outlines, `profiles` (N, 4, L) the profiles of their sides.
    `sample` indexes about thirty of them spread over the page. `small` is the blank page at `TILE_PX_PER_MM`,
    `tiles_mm` (M, 2) the centres of its textured tiles, `gaps` (M,) those beside a writing area and far from all boxes.
    `size` is that of the page, `zones_mm` (K, 4) are all places where somebody may write.
    """

    rects_mm: Floats
    profiles: Profiles
    sample: tuple[int, ...]
    small: Gray
    tiles_mm: Floats
    gaps: NDArray[np.bool_]
    size: SizeMm
    zones_mm: Floats


def prepare_page(page: PageLayout, blank: BlankPage, *, sample: int = 30) -> BoxCheck:
    """The landmarks of a page: outlines of check boxes and character cells on the blank page."""
    rects = [zone.rect for zone in page.zones if zone.kind is ZoneKind.MARK] + [
        cell for zone in page.zones for cell in zone.cells
    ]
    rects_mm = np.array([(rect.x, rect.y, rect.w, rect.h) for rect in rects], dtype=np.float64).reshape(-1, 4)
    blank_map = _blank_map(blank)
    profiles = box_profiles(blank.gray, blank_map, rects_mm, reach_mm=DEFAULT_BOXES.half_mm)
    seen = (profiles.std(axis=2) >= MIN_CONTRAST).all(axis=1)
    rects_mm, profiles = rects_mm[seen], profiles[seen]
    small = unwarped(blank.gray, blank_map, page.size, px_per_mm=TILE_PX_PER_MM)
    tiles_mm = _tiles(small)
    gaps = _gaps(tiles_mm, rects_mm, page)
    zones_mm = np.array(
        [(zone.rect.x, zone.rect.y, zone.rect.w, zone.rect.h) for zone in page.zones], dtype=np.float64
    ).reshape(-1, 4)
    return BoxCheck(
        rects_mm=rects_mm,
        profiles=profiles,
        sample=_spread(rects_mm, sample),
        small=small,
        tiles_mm=tiles_mm,
        gaps=gaps,
        size=page.size,
        zones_mm=zones_mm,
    )


def _gaps(tiles_mm: Floats, rects_mm: Floats, page: PageLayout) -> NDArray[np.bool_]:
    """Which tiles lie on or beside a writing area and far from all boxes."""
    apart = np.linalg.norm(tiles_mm[:, None] - (rects_mm[:, :2] + rects_mm[:, 2:] / 2)[None], axis=2).min(
        axis=1, initial=np.inf
    )
    areas = [
        zone.rect.grown(TILE_MM / 2) for zone in page.zones if zone.kind in (ZoneKind.HANDWRITING, ZoneKind.SIGNATURE)
    ]
    beside = [any(area.x <= x <= area.right and area.y <= y <= area.bottom for area in areas) for x, y in tiles_mm]
    return np.asarray((apart > GAP_MM) & np.array(beside, dtype=bool))


def _tiles(small: Gray) -> Floats:
    """Centres in mm of the textured tiles whose content does not occur a second time a few mm away."""
    side = round(TILE_MM * TILE_PX_PER_MM)
    half = side // 2
    places = [
        (x, y)
        for y in range(half, small.shape[0] - half + 1, side)
        for x in range(half, small.shape[1] - half + 1, side)
    ]
    reach = round(TILE_ALONE_MM[1] * TILE_PX_PER_MM)
    wide = np.pad(small, reach, constant_values=255)
    shown = [(x, y) for x, y in places if small[y - half : y + half, x - half : x + half].std() >= TILE_TEXTURE]
    alone = [
        (x, y)
        for x, y in shown
        if _is_alone(wide[y - half : y + half + 2 * reach, x - half : x + half + 2 * reach], half, reach)
    ]
    return np.array(alone, dtype=np.float64).reshape(-1, 2) / TILE_PX_PER_MM


def _is_alone(window: Gray, half: int, reach: int) -> bool:
    """Whether the centre of a window of the blank page is unlike everything else in it."""
    scores = cv2.matchTemplate(window, window[reach : reach + 2 * half, reach : reach + 2 * half], cv2.TM_CCOEFF_NORMED)
    near = round(TILE_ALONE_MM[0] * TILE_PX_PER_MM)
    scores[reach - near : reach + near + 1, reach - near : reach + near + 1] = -1
    return bool(scores.max() <= 1 - TILE_LEAD)


def _blank_map(blank: BlankPage) -> PageMap:
    """mm to pixels of the blank page; pixel centres are whole numbers."""
    return PageMap(
        homography=(blank.px_per_mm_x, 0, -0.5, 0, blank.px_per_mm_y, -0.5, 0, 0, 1), residual_mm=0, tier=Tier.T0
    )


def _spread(rects_mm: Floats, count: int) -> tuple[int, ...]:
    """Indices of up to `count` boxes, each as far as possible from those chosen before."""
    if len(rects_mm) <= count:
        return tuple(range(len(rects_mm)))
    centres = rects_mm[:, :2] + rects_mm[:, 2:] / 2
    chosen = [int(np.argmin(centres.sum(axis=1)))]
    distance = np.linalg.norm(centres - centres[chosen[0]], axis=1)
    while len(chosen) < count:
        chosen.append(int(distance.argmax()))
        distance = np.minimum(distance, np.linalg.norm(centres - centres[chosen[-1]], axis=1))
    return tuple(sorted(chosen))
