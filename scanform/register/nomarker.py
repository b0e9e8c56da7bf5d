"""Registration without markers: from the page codes, else from features of the blank page.

Features: ORB (Rublee et al. 2011, doi:10.1109/ICCV.2011.6126544) with a ratio test and MAGSAC (Barath et al. 2019).
"""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from scanform import pagecode
from scanform.imaging.page_image import Floats, Gray
from scanform.model.geometry import A4
from scanform.model.layout import PageLayout
from scanform.register.codes import corners_array, search_codes
from scanform.register.pose import fit_similarity, is_plausible
from scanform.register.prepare import TILE_PX_PER_MM, BoxCheck


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureSettings:
    """`ratio` of the best to the second match (Lowe). `least` matches that agree within `within_mm`; unrelated pages had at most 9."""

    features: int = 3000
    ratio: float = 0.8
    within_mm: float = 1.5
    least: int = 20


DEFAULT_FEATURES = FeatureSettings()


def pose_from_codes(gray: Gray, page: PageLayout) -> Floats | None:
    """A similarity mm -> px (3, 3) from the two page codes, found anywhere in the picture; None when they are not both there."""
    rects = [area.rect for area in page.codes if area.kind == "qr"]
    found = [corners_array(code) for code in search_codes(gray, max(gray.shape) / page.size.h) if _is_ours(code.text, page.number)]
    if len(rects) != 2 or len(found) != 2:
        return None
    mm = np.array([(p.x, p.y) for rect in rects for p in rect.corners])
    fits = [fit_similarity(mm, np.vstack(order)) for order in (found, found[::-1])]
    off = [np.linalg.norm(cv2.perspectiveTransform(mm[:, None], fit)[:, 0] - np.vstack(order)) for fit, order in zip(fits, (found, found[::-1]), strict=True)]
    best = fits[int(np.argmin(off))]
    return best if is_plausible(best, page.size) else None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Features:
    """Distinct points of a picture: `points` (N, 2) in mm of the paper or in px of the scan, `described` (N, 32) by ORB; `within` one unit of `within_mm`."""

    points: Floats
    described: NDArray[np.uint8]
    within: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FeaturePose:
    """A homography mm -> px (3, 3) and the number of features that agree with it."""

    homography: Floats
    agreeing: int


def scan_features(gray: Gray, settings: FeatureSettings = DEFAULT_FEATURES) -> Features:
    """The features of a scan, looked at as if its longer side were that of A4."""
    factor = max(1.0, max(gray.shape) / A4.h / TILE_PX_PER_MM)
    reduced = cv2.resize(gray, None, fx=1 / factor, fy=1 / factor, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False) if factor > 1 else gray
    points, described = _described(reduced, settings)
    return Features(points=(points + 0.5) * factor - 0.5, described=described, within=settings.within_mm * TILE_PX_PER_MM * factor)


@lru_cache(maxsize=64)
def blank_features(check: BoxCheck, settings: FeatureSettings = DEFAULT_FEATURES) -> Features:
    """The features of a blank page, in mm; kept, because every scan is compared with them."""
    points, described = _described(check.small, settings)
    return Features(points=(points + 0.5) / TILE_PX_PER_MM, described=described, within=settings.within_mm)


def _described(gray: Gray, settings: FeatureSettings) -> tuple[Floats, NDArray[np.uint8]]:
    points, described = cv2.ORB.create(nfeatures=settings.features).detectAndCompute(gray, None)
    if described is None:
        return np.zeros((0, 2)), np.zeros((0, 32), np.uint8)
    return np.array([point.pt for point in points], dtype=np.float64), np.asarray(described, dtype=np.uint8)


def pose_from_features(scan: Features, blank: Features, page: PageLayout, settings: FeatureSettings = DEFAULT_FEATURES) -> FeaturePose | None:
    """Where the features that a scan shares with a blank page put the page; None when too few agree."""
    if min(len(scan.points), len(blank.points)) < settings.least:
        return None
    pairs = cv2.BFMatcher(cv2.NORM_HAMMING).knnMatch(blank.described, scan.described, k=2)
    good = [pair[0] for pair in pairs if len(pair) == 2 and pair[0].distance < settings.ratio * pair[1].distance]
    if len(good) < settings.least:
        return None
    mm, px = blank.points[[match.queryIdx for match in good]], scan.points[[match.trainIdx for match in good]]
    homography, inliers = cv2.findHomography(mm, px, cv2.USAC_MAGSAC, scan.within)
    if homography is None or inliers.sum() < settings.least:
        return None
    found = np.asarray(homography, dtype=np.float64)
    return FeaturePose(homography=found, agreeing=int(inliers.sum())) if is_plausible(found, page.size) else None


def _is_ours(text: str, number: int) -> bool:
    identity = pagecode.decode(text)
    return identity is not None and identity.page == number
