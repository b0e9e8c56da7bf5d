"""Pictures the wrong way round, of which no tag says so: light print on dark paper, as from a wrong setting of a
scanner or a program that mixes up the two.
"""

import cv2
import numpy as np

from scanform.imaging.page_image import Gray

DARK_MEAN = 110
"""Mean grey above which a page cannot be a negative: negatives of forms have 5 to 60."""
FIRST_PX = 150
"""Pixels taken of the longer side for the first question, whether the page is dark: 0.1 ms."""
SIDE_PX = 600
"""Longer side at which a page is judged: 2 pixels per mm of A4, where a printed line still shows."""
LEAST_CONTRAST = 60
"""Grey levels between print and paper; under a dark lid without a sheet there is noise only."""
PRINT_SHARE = (0.002, 0.35)
"""Share of the picture that may be print."""
SHEET_SHARE = 0.027
"""Side of a square, as a share of the longer side, that fits into paper and into no print: 8 mm of A4, twice a
filled box.
"""
MOST_SHEET = 0.3
"""Share of what is light that may lie in such squares: headings on a ground of colour are light areas of a negative.
A sheet on a dark desk has 0.9.
"""


def is_negative(gray: Gray) -> bool:
    """Whether a page (H, W) shows light print on dark paper.

    A sheet on a dark desk, and a picture that is too dark, have a light area larger than any print; an empty dark
    picture has no print. A frame of white around the picture does not count.
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
    share = float(light.mean())
    if not PRINT_SHARE[0] <= share <= PRINT_SHARE[1]:
        return False
    if float(small[light > 0].mean()) - float(small[light == 0].mean()) < LEAST_CONTRAST:
        return False
    side = max(3, round(SHEET_SHARE * max(small.shape)))
    areas = cv2.morphologyEx(light, cv2.MORPH_OPEN, np.ones((side, side), np.uint8))
    return float(areas.mean()) <= MOST_SHEET * share
