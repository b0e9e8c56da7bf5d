"""The page as a map sees it, reduced: for what needs the whole page rather than patches (tiles, features)."""

from dataclasses import replace

import cv2
import numpy as np

from scanform.imaging.page_image import Gray
from scanform.imaging.page_map import PageMap
from scanform.imaging.sampling import sample_points
from scanform.model.geometry import SizeMm


def unwarped(gray: Gray, page_map: PageMap, size: SizeMm, *, px_per_mm: float, margin_px: int = 0) -> Gray:
    """The paper of `size` upright at `px_per_mm` with a margin around it; taken from a copy reduced by a whole factor, so that nothing aliases."""
    factor = max(1, int(np.sqrt(_px_per_mm2(page_map, size)) / px_per_mm))
    if factor > 1:
        height, width = (length // factor * factor for length in gray.shape)
        gray = cv2.resize(gray[:height, :width], None, fx=1 / factor, fy=1 / factor, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
        shrink = np.array([[1 / factor, 0, 0.5 / factor - 0.5], [0, 1 / factor, 0.5 / factor - 0.5], [0, 0, 1]])
        page_map = replace(page_map, homography=tuple(float(v) for v in (shrink @ np.reshape(page_map.homography, (3, 3))).ravel()))
    x, y = ((np.arange(-margin_px, round(length * px_per_mm) + margin_px) + 0.5) / px_per_mm for length in (size.w, size.h))
    return sample_points(gray, page_map, x[None, :], y[:, None])


def _px_per_mm2(page_map: PageMap, size: SizeMm) -> float:
    """Pixels of the scan per square millimetre, over the whole page."""
    corners = page_map.to_px(np.array([(0, 0), (size.w, 0), (size.w, size.h), (0, size.h)], dtype=np.float64))
    return abs(float(cv2.contourArea(corners.astype(np.float32)))) / (size.w * size.h)
