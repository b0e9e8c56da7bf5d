"""Registration without markers: from the page codes, else from features of the blank page.

Features: ORB (Rublee et al. 2011, doi:10.1109/ICCV.2011.6126544) with a ratio test and MAGSAC (Barath et al. 2019).
"""

from dataclasses import dataclass

import cv2
import numpy as np

from scanform import pagecode
from scanform.imaging.page_image import Floats, Gray
from scanform.model.layout import PageLayout
from scanform.register.codes import corners_array, search_codes
from scanform.register.pose import fit_similarity, is_plausible
from scanform.register.prepare import TILE_PX_PER_MM


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


def pose_from_features(gray: Gray, page: PageLayout, small: Gray, settings: FeatureSettings = DEFAULT_FEATURES) -> Floats | None:
    """A homography mm -> px (3, 3) from features that the scan shares with the blank page (`small`, at `TILE_PX_PER_MM`)."""
    factor = max(1.0, max(gray.shape) / page.size.h / TILE_PX_PER_MM)
    reduced = cv2.resize(gray, None, fx=1 / factor, fy=1 / factor, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False) if factor > 1 else gray
    orb = cv2.ORB.create(nfeatures=settings.features)
    points_blank, described_blank = orb.detectAndCompute(small, None)
    points_scan, described_scan = orb.detectAndCompute(reduced, None)
    if described_blank is None or described_scan is None:
        return None
    pairs = cv2.BFMatcher(cv2.NORM_HAMMING).knnMatch(described_blank, described_scan, k=2)
    good = [pair[0] for pair in pairs if len(pair) == 2 and pair[0].distance < settings.ratio * pair[1].distance]
    if len(good) < settings.least:
        return None
    mm = (np.array([points_blank[match.queryIdx].pt for match in good]) + 0.5) / TILE_PX_PER_MM
    px = (np.array([points_scan[match.trainIdx].pt for match in good]) + 0.5) * factor - 0.5
    homography, inliers = cv2.findHomography(mm, px, cv2.USAC_MAGSAC, settings.within_mm * TILE_PX_PER_MM * factor)
    if homography is None or inliers.sum() < settings.least:
        return None
    found = np.asarray(homography, dtype=np.float64)
    return found if is_plausible(found, page.size) else None


def _is_ours(text: str, number: int) -> bool:
    identity = pagecode.decode(text)
    return identity is not None and identity.page == number
