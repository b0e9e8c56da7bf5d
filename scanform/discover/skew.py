"""Skew of a printed page: the angle at which its lines of text stand out most in the row sums.

Projection profiles (Postl 1986, "Detection of linear oblique structures and skew scan in digitized documents").
"""

from dataclasses import dataclass

import cv2
import numpy as np

from scanform.imaging.page_image import Gray


@dataclass(frozen=True, slots=True, kw_only=True)
class SkewSettings:
    """How the skew of a page is measured."""

    reach_deg: float = 4.0
    """Degrees; maximum skew tried to each side."""
    px_per_mm: float = 4.0
    """Working resolution, pixels per mm."""
    least_deg: float = 0.04
    """Degrees; below, a page counts as straight (0.12 mm over the width of A4)."""
    rim_mm: float = 6.0
    """mm; margin at the edges that is left out."""


DEFAULT_SKEW = SkewSettings()


def skew_deg(gray: Gray, px_per_mm: float, settings: SkewSettings = DEFAULT_SKEW) -> float:
    """The skew of the print in degrees, positive if it rises to the left (clockwise); 0 if the page is straight or
    empty.
    """
    factor = min(1.0, settings.px_per_mm / px_per_mm)
    small = cv2.resize(gray, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    rim = round(settings.rim_mm * px_per_mm * factor)
    ink = 255 - small[rim:-rim, rim:-rim].astype(np.float32)
    if min(ink.shape) < 50:
        return 0.0
    ink = cv2.GaussianBlur(
        np.clip(ink - np.median(ink) - 20, 0, None), (0, 0), 1.0
    )  # or rows aligned with pixels would look sharpest
    best = 0.0
    for step, reach in ((0.5, settings.reach_deg), (0.1, 0.5), (0.02, 0.1)):
        angles = best + np.arange(-reach, reach + step / 2, step)
        best = float(angles[int(np.argmax([_sharpness(ink, float(angle)) for angle in angles]))])
    return (
        0.0
        if abs(best) < settings.least_deg or _sharpness(ink, best) <= _sharpness(ink, 0.0) * 1.01
        else round(best, 3)
    )


def _sharpness(ink: "np.ndarray[tuple[int, ...], np.dtype[np.float32]]", angle_deg: float) -> float:
    """How much neighbouring rows differ when the page is deskewed by the angle (sheared)."""
    height, width = ink.shape
    slope = np.tan(np.radians(angle_deg))
    shear = np.array([[1, 0, 0], [-slope, 1, slope * width / 2]], dtype=np.float64)
    sums = cv2.warpAffine(ink, shear, (width, height), flags=cv2.INTER_LINEAR).sum(axis=1)
    return float((np.diff(sums) ** 2).sum())
