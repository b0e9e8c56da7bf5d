"""Which of two nearly identical forms? A scan can tell only where their print differs.

The blank pages are aligned once. Print that only one of them has, well away from the other's print and from writing
areas, is checked in the scan.
"""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from scanform.imaging.page_image import Floats, Gray, PageImage
from scanform.imaging.page_map import PageMap, Tier
from scanform.model.geometry import SizeMm
from scanform.model.layout import PageLayout
from scanform.register.fit import fit_from_homography
from scanform.register.markerless import blank_features, pose_from_features
from scanform.register.prepare import TILE_PX_PER_MM, BoxCheck
from scanform.register.unwarp import unwarped

Singles = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class AmbiguitySettings:
    """How two pages that both fit a scan are told apart."""

    apart_mm: float = 0.25
    """mm; minimum distance of a distinguishing point from the other page's print."""
    dark: float = 0.35
    """Minimum darkness of print there, 0..1."""
    least_mm2: float = 2.5
    """mm2; minimum area of such print."""
    written_mm: float = 1.5
    """mm; margin around writing zones that is left out."""
    clear: float = 0.4
    """Minimum clarity of the verdict: 1 = the scan follows one page exactly, 0 = neither."""


DEFAULT_AMBIGUITY = AmbiguitySettings()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Difference:
    """Print that only one of two pages has, in the frame of the first at `TILE_PX_PER_MM`: masks (H, W); `between`
    maps mm of the first to mm of the second.
    """

    first: NDArray[np.bool_]
    second: NDArray[np.bool_]
    between: Floats


@lru_cache(maxsize=4096)
def difference(first: BoxCheck, second: BoxCheck, settings: AmbiguitySettings = DEFAULT_AMBIGUITY) -> Difference | None:
    """The difference of two blank pages; None if they are not alike at all. Cached for each pair."""
    page = PageLayout(number=1, size=first.size, blank="", fiducials=(), codes=(), zones=())
    pose = pose_from_features(blank_features(second), blank_features(first), page)
    if pose is None:
        return None
    picture = PageImage(gray=second.small)
    scale = np.array([[TILE_PX_PER_MM, 0, -0.5], [0, TILE_PX_PER_MM, -0.5], [0, 0, 1]])
    start = scale @ pose.homography
    if fit_from_homography(picture, start, page, first) is None:
        return None
    flat = unwarped(second.small, _map(start), first.size, px_per_mm=TILE_PX_PER_MM)
    one, two = _dark(first.small), _dark(flat)
    one, two = one[: two.shape[0], : two.shape[1]], two[: one.shape[0], : one.shape[1]]
    free = _free(one.shape, first, second, pose.homography, settings)
    size = 2 * round(settings.apart_mm * TILE_PX_PER_MM) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    only_one = (one > settings.dark) & (cv2.dilate(two, kernel) < settings.dark / 2) & free
    only_two = (two > settings.dark) & (cv2.dilate(one, kernel) < settings.dark / 2) & free
    return Difference(first=only_one, second=only_two, between=pose.homography)


def verdict(
    gray: Gray, page_map: PageMap, size: SizeMm, found: Difference, settings: AmbiguitySettings = DEFAULT_AMBIGUITY
) -> float:
    """Which of two pages a scan shows, unwarped by the map of the first: 1 the first, -1 the second, 0 undecided."""
    count = int(found.first.sum()) + int(found.second.sum())
    if count < settings.least_mm2 * TILE_PX_PER_MM**2:
        return 0.0
    flat = _dark(unwarped(gray, page_map, size, px_per_mm=TILE_PX_PER_MM))
    flat = flat[: found.first.shape[0], : found.first.shape[1]]
    print_ = float(np.percentile(flat[flat > 0.2], 50)) if (flat > 0.2).any() else 1.0
    fraction = np.clip(flat / print_, 0, 1) * 2 - 1
    return (float(fraction[found.first].sum()) - float(fraction[found.second].sum())) / count


def _map(homography: Floats) -> PageMap:
    return PageMap(
        homography=tuple(float(value) for value in np.ravel(homography / homography[2, 2])),
        residual_mm=0.0,
        tier=Tier.T3,
    )


def _dark(gray: Gray) -> Singles:
    """Darkness (H, W), 0 = the paper around, 1 = black."""
    closed = cv2.morphologyEx(gray, cv2.MORPH_CLOSE, np.ones((61, 61), np.uint8))
    return np.asarray(1 - gray / np.maximum(closed.astype(np.float32), 40), dtype=np.float32)


def _free(
    shape: tuple[int, ...], first: BoxCheck, second: BoxCheck, between: Floats, settings: AmbiguitySettings
) -> NDArray[np.bool_]:
    """The area of both pages without writing zones."""
    free = np.ones(shape, np.uint8)
    around = settings.written_mm * np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)])
    for check, homography in ((first, np.eye(3)), (second, np.linalg.inv(between))):
        for x, y, w, h in check.zones_mm:
            corners = np.array([(x, y), (x + w, y), (x + w, y + h), (x, y + h)]) + around
            placed = cv2.perspectiveTransform(corners[:, None], homography)[:, 0] * TILE_PX_PER_MM
            cv2.fillConvexPoly(free, np.rint(placed).astype(np.int32), 0)
    return free.astype(bool)
