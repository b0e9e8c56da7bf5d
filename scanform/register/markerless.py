"""Registration without markers: from the page codes, else from features of the blank page.

Features: ORB (Rublee et al. 2011, doi:10.1109/ICCV.2011.6126544), which is cheap, or SIFT (Lowe 2004,
doi:10.1023/B:VISI.0000029664.99615.94), which finds pages of any scale and blur; matched by a ratio test and MAGSAC.
"""

from dataclasses import dataclass
from enum import StrEnum
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


class Detector(StrEnum):
    """Kinds of features. On 58 real scans ORB led to a proved map on 51 in 70 ms each, SIFT on all in 190-310 ms."""

    ORB = "orb"
    SIFT = "sift"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureSettings:
    """How a page is found by features of its print."""

    features: int = 3000
    """Maximum number of features in a picture."""
    ratio: float = 0.8
    """Maximum ratio of the distance of the best match to that of the second, 0..1 (Lowe)."""
    within_mm: float = 1.5
    """mm; tolerance within which matches agree."""
    least: int = 12
    """Minimum number of agreeing matches; the print has to prove the map afterwards."""
    few: int = 600
    """Number of strongest features of a blank page, compared first to rank many pages."""


DEFAULT_FEATURES = FeatureSettings()


def pose_from_codes(gray: Gray, page: PageLayout) -> Floats | None:
    """A similarity mm -> px (3, 3) from the two page codes, anywhere in the picture; None unless both are there."""
    rects = [area.rect for area in page.codes if area.kind == "qr"]
    found = [
        corners_array(code)
        for code in search_codes(gray, max(gray.shape) / page.size.h)
        if _is_ours(code.text, page.number)
    ]
    if len(rects) != 2 or len(found) != 2:
        return None
    mm = np.array([(p.x, p.y) for rect in rects for p in rect.corners])
    fits = [fit_similarity(mm, np.vstack(order)) for order in (found, found[::-1])]
    off = [
        np.linalg.norm(cv2.perspectiveTransform(mm[:, None], fit)[:, 0] - np.vstack(order))
        for fit, order in zip(fits, (found, found[::-1]), strict=True)
    ]
    best = fits[int(np.argmin(off))]
    return best if is_plausible(best, page.size) else None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Features:
    """Distinctive points of a picture, strongest first: `points` (N, 2) in mm of the paper or in px of the scan,
    `described` (N, 32) bytes by ORB or (N, 128) float32 of length 1 by SIFT; `within` is the tolerance for agreeing
    matches, in mm or px.
    """

    detector: Detector
    points: Floats
    described: NDArray[np.uint8] | NDArray[np.float32]
    within: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FeaturePose:
    """A homography mm -> px (3, 3) and the number of features that agree with it."""

    homography: Floats
    agreeing: int


def scan_features(
    gray: Gray, detector: Detector = Detector.ORB, settings: FeatureSettings = DEFAULT_FEATURES
) -> Features:
    """The features of a scan, scaled as if its longer side were that of A4."""
    factor = max(1.0, max(gray.shape) / A4.h / TILE_PX_PER_MM)
    reduced = (
        cv2.resize(gray, None, fx=1 / factor, fy=1 / factor, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
        if factor > 1
        else gray
    )
    points, described = _described(reduced, detector, settings)
    return Features(
        detector=detector,
        points=(points + 0.5) * factor - 0.5,
        described=described,
        within=settings.within_mm * TILE_PX_PER_MM * factor,
    )


@lru_cache(maxsize=128)
def blank_features(
    check: BoxCheck, detector: Detector = Detector.ORB, settings: FeatureSettings = DEFAULT_FEATURES
) -> Features:
    """The features of a blank page, in mm; cached, because every scan is compared with them."""
    points, described = _described(check.small, detector, settings)
    return Features(
        detector=detector, points=(points + 0.5) / TILE_PX_PER_MM, described=described, within=settings.within_mm
    )


def _described(
    gray: Gray, detector: Detector, settings: FeatureSettings
) -> tuple[Floats, NDArray[np.uint8] | NDArray[np.float32]]:
    """Points (N, 2) in px and their descriptors; SIFT as square roots of the normalised histogram (Arandjelovic and
    Zisserman 2012, "RootSIFT").
    """
    finder = (
        cv2.ORB.create(nfeatures=settings.features)
        if detector is Detector.ORB
        else cv2.SIFT.create(nfeatures=settings.features)
    )
    points, described = finder.detectAndCompute(gray, None)
    if described is None or len(points) == 0:
        return np.zeros((0, 2)), np.zeros((0, 32), np.uint8) if detector is Detector.ORB else np.zeros(
            (0, 128), np.float32
        )
    order = np.argsort([-point.response for point in points], kind="stable")
    places = np.array([point.pt for point in points], dtype=np.float64)[order]
    if detector is Detector.ORB:
        return places, np.asarray(described[order], dtype=np.uint8)
    fractions = described[order] / np.maximum(described[order].sum(axis=1, keepdims=True), 1e-6)
    return places, np.sqrt(fractions).astype(np.float32)


def matches(
    scan: Features, blank: Features, settings: FeatureSettings = DEFAULT_FEATURES, *, few: bool = False
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Indices of unambiguously matching features of the blank page and of the scan; of the `few` strongest of the blank
    page only.
    """
    described = blank.described[: settings.few] if few else blank.described
    if min(len(scan.points), len(described)) < 2:
        return np.zeros(0, np.intp), np.zeros(0, np.intp)
    if scan.detector is Detector.ORB:
        distance, index = cv2.batchDistance(described, scan.described, cv2.CV_32S, normType=cv2.NORM_HAMMING, K=2)
        good = distance[:, 0] < settings.ratio * distance[:, 1]
        return np.flatnonzero(good), index[good, 0].astype(np.intp)
    # the stubs do not know None as "no third matrix"
    alike = np.asarray(cv2.gemm(described, scan.described, 1, None, 0, flags=cv2.GEMM_2_T))  # type: ignore[call-overload]
    rows = np.arange(len(alike))
    best = alike.argmax(axis=1)
    top = alike[rows, best]
    alike[rows, best] = -1
    good = 1 - top < settings.ratio**2 * (1 - alike.max(axis=1))  # of unit vectors: squared distance = 2 - 2 x product
    return np.flatnonzero(good), best[good]


def pose_from_features(
    scan: Features, blank: Features, page: PageLayout, settings: FeatureSettings = DEFAULT_FEATURES
) -> FeaturePose | None:
    """The pose of the page from the features that a scan shares with a blank page (MAGSAC, Barath et al. 2019); None if
    too few agree.
    """
    of_blank, of_scan = matches(scan, blank, settings)
    if len(of_blank) < settings.least:
        return None
    homography, inliers = cv2.findHomography(blank.points[of_blank], scan.points[of_scan], cv2.USAC_MAGSAC, scan.within)
    if homography is None or inliers.sum() < settings.least:
        return None
    found = np.asarray(homography, dtype=np.float64)
    return FeaturePose(homography=found, agreeing=int(inliers.sum())) if is_plausible(found, page.size) else None


def _is_ours(text: str, number: int) -> bool:
    identity = pagecode.decode(text)
    return identity is not None and identity.page == number
