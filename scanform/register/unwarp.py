"""Reduced copies of a scan, for steps that need whole areas of the page rather than patches (tiles, features)."""

from dataclasses import replace

import cv2
import numpy as np

from scanform.imaging.page_image import Floats, Gray
from scanform.imaging.page_map import PageMap
from scanform.imaging.sampling import sample_points
from scanform.model.geometry import RectMm, SizeMm


def shrunk(gray: Gray, page_map: PageMap, around_mm: Floats, *, px_per_mm: float) -> tuple[Gray, PageMap]:
    """A copy reduced by a whole factor to `px_per_mm` or a little more, with its map, so that sampling at `px_per_mm`
    does not alias.

    `around_mm` (N, 2) are points of interest: the scale of the map is taken at their centre.
    """
    middle = around_mm.mean(axis=0)
    factor = int(page_map.px_per_mm(RectMm(x=float(middle[0]) - 5, y=float(middle[1]) - 5, w=10, h=10)) / px_per_mm)
    if factor <= 1:
        return gray, page_map
    height, width = (length // factor * factor for length in gray.shape)
    small = cv2.resize(gray[:height, :width], None, fx=1 / factor, fy=1 / factor, interpolation=cv2.INTER_AREA).astype(
        np.uint8, copy=False
    )
    shrink = np.array([[1 / factor, 0, 0.5 / factor - 0.5], [0, 1 / factor, 0.5 / factor - 0.5], [0, 0, 1]])
    homography = shrink @ np.reshape(page_map.homography, (3, 3))
    return small, replace(page_map, homography=tuple(float(value) for value in homography.ravel()))


def unwarped(gray: Gray, page_map: PageMap, size: SizeMm, *, px_per_mm: float) -> Gray:
    """The paper of `size` upright at `px_per_mm`; (H, W) uint8."""
    small, small_map = shrunk(gray, page_map, np.array([[size.w / 2, size.h / 2]]), px_per_mm=px_per_mm)
    x, y = ((np.arange(round(length * px_per_mm)) + 0.5) / px_per_mm for length in (size.w, size.h))
    return sample_points(small, small_map, x[None, :], y[:, None])
