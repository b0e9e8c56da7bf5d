"""Negatives without a tag that says so: light print on dark paper, as from a wrong scanner setting or a program that
confuses the two.
"""

import cv2
import numpy as np

from scanform.imaging.page_image import Gray

DARK_MEAN = 110
"""Mean grey above which a page cannot be a negative: negatives of forms have 5 to 60."""
FIRST_PX = 150
"""Pixels sampled along the longer side for the pre-check whether the page is dark: 0.1 ms."""
SIDE_PX = 600
"""Longer side at which a page is judged: 2 pixels per mm of A4, where a printed line is still visible."""
LEAST_CONTRAST = 60
"""Minimum contrast of print to paper, grey levels; under a dark lid without a sheet there is only noise."""
PRINT_SHARE = (0.002, 0.35)
"""Fraction of the picture that may be print."""
SHEET_SHARE = 0.027
"""Side of a square, relative to the longer side, that fits into paper but into no print: 8 mm of A4, twice a filled
box.
"""
MOST_SHEET = 0.3
"""Maximum fraction of the light area covered by such squares: headings on a coloured ground are light areas of a
negative. A sheet on a dark desk has 0.9.
"""


def is_negative(gray: Gray) -> bool:
    """Whether a page (H, W) shows light print on dark paper.

    A sheet on a dark desk, and an underexposed picture, have a light area larger than any print; an empty dark picture
    has no print. A white border around the picture is ignored.
    """
    step = max(1, max(gray.shape) // FIRST_PX)
    if gray[::step, ::step].mean() > DARK_MEAN:
        return False
    scale = SIDE_PX / max(gray.shape)
    small = cv2.resize(gray, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else gray
    _, light = cv2.threshold(small, 0, 1, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    rows, columns = (np.flatnonzero(light.mean(axis) < 0.5) for axis in (1, 0))
    if not rows.size or not columns.size:
        return False
    inner = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    small, light = small[inner], light[inner]
    fraction = float(light.mean())
    if not PRINT_SHARE[0] <= fraction <= PRINT_SHARE[1]:
        return False
    if float(small[light > 0].mean()) - float(small[light == 0].mean()) < LEAST_CONTRAST:
        return False
    side = max(3, round(SHEET_SHARE * max(small.shape)))
    areas = cv2.morphologyEx(light, cv2.MORPH_OPEN, np.ones((side, side), np.uint8))
    return float(areas.mean()) <= MOST_SHEET * fraction
