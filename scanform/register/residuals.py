"""Distance of each printed box from its mapped position: evidence for people, not for decisions."""

import numpy as np

from scanform.imaging.page_image import PageImage
from scanform.imaging.page_map import PageMap
from scanform.model.geometry import RectMm
from scanform.register.boxes import DEFAULT_BOXES, box_offsets, box_profiles
from scanform.register.prepare import BoxCheck

SEARCH_MM = 1.0
"""Search radius for a box around its mapped position."""


def box_residuals(image: PageImage, page_map: PageMap, check: BoxCheck) -> dict[tuple[float, float], float | None]:
    """Distance in mm of every landmark box from its mapped position, by its top left corner (x, y in mm); None if its
    outline was not found.
    """
    if not len(check.rects_mm):
        return {}
    profiles = box_profiles(image.gray, page_map, check.rects_mm, reach_mm=DEFAULT_BOXES.half_mm + SEARCH_MM)
    seen = box_offsets(profiles, check.profiles)
    off = np.hypot(seen.offsets_mm[:, 0], seen.offsets_mm[:, 1]).tolist()
    return {
        corner(RectMm(x=x, y=y, w=w, h=h)): far if found else None
        for (x, y, w, h), far, found in zip(check.rects_mm.tolist(), off, seen.found, strict=True)
    }


def corner(rect: RectMm) -> tuple[float, float]:
    """The key of a box in `box_residuals`."""
    return round(rect.x, 3), round(rect.y, 3)
