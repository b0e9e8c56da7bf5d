"""Is there anything on this paper? Blank backs of single-sided forms are a fate of their own, damage and answers are not."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from scanform.imaging.page_image import Gray, PageImage


@dataclass(frozen=True, slots=True, kw_only=True)
class BlankSettings:
    """Looked at `px_per_mm` of the longer side over 297 mm. Ink is darker than `contrast` of the paper around it (a back side
    shining through: up to .15) and than `noise_sigmas` of the picture's noise.

    Pieces below `speck_mm2` are dust. `hole_mm`: punch holes are round, 4-8 mm wide and within `hole_edge_mm` of an edge.
    `edge_mm`: shadows of the lid touch this border. `streak_mm` and `streak_share`: a thinner and longer piece is a scanner
    streak or a fold. Paper with more than `ink_mm2` of ink is not blank: the initials of a name measure 8. `dark`: grey
    value below which a page is black, not paper.
    """

    px_per_mm: float = 3.0
    contrast: float = 0.2
    noise_sigmas: float = 6.0
    speck_mm2: float = 0.6
    hole_mm: tuple[float, float] = (3.5, 8.5)
    hole_edge_mm: float = 25.0
    edge_mm: float = 3.0
    streak_mm: float = 1.5
    streak_share: float = 0.5
    ink_mm2: float = 6.0
    dark: float = 70.0
    page_long_mm: float = 297.0


DEFAULT_BLANK = BlankSettings()


def is_blank_paper(image: PageImage, settings: BlankSettings = DEFAULT_BLANK) -> bool:
    """Whether the page is paper without print or writing; a black page is not, nor is an unanswered form."""
    scale = max(image.gray.shape) / settings.page_long_mm
    factor = max(1, round(scale / settings.px_per_mm))
    height, width = (length // factor * factor for length in image.gray.shape)
    if min(height, width) // factor < 8:
        return False
    small = cv2.resize(image.gray[:height, :width], None, fx=1 / factor, fy=1 / factor, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    if np.median(small) < settings.dark:
        return False
    return _ink_mm2(_ink(small, settings), scale / factor, settings) <= settings.ink_mm2


def _ink(small: Gray, settings: BlankSettings) -> NDArray[np.uint8]:
    """Pixels (H, W) that stand out dark from the paper around them, 1 = ink."""
    closed = cv2.morphologyEx(cv2.medianBlur(small, 5), cv2.MORPH_CLOSE, np.ones((25, 25), np.uint8))
    paper = cv2.GaussianBlur(closed, (0, 0), 12).astype(np.float32)
    drop = paper - small
    noise = 1.4826 * float(np.median(np.abs(drop - np.median(drop))))
    limit = np.maximum(settings.contrast * paper, float(np.median(drop)) + settings.noise_sigmas * noise)
    return np.asarray(drop > limit, dtype=np.uint8)


def _ink_mm2(ink: NDArray[np.uint8], scale: float, settings: BlankSettings) -> float:
    """The area of all pieces of ink that are neither dust, hole, edge shadow nor streak."""
    joined = cv2.dilate(ink, np.ones((3, 3), np.uint8))
    _, labels, boxes, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    areas = np.bincount(labels.ravel(), weights=ink.ravel(), minlength=len(boxes)) / scale**2
    height, width = (length / scale for length in ink.shape)
    total = 0.0
    for (x, y, w, h, _), area in zip(boxes[1:] / scale, areas[1:], strict=True):
        gaps = (x, y, width - x - w, height - y - h)
        if area < settings.speck_mm2 or _is_shadow(gaps, settings) or _is_hole(w, h, area, gaps, settings) or _is_streak(w, h, width, height, settings):
            continue
        total += area
    return total


def _is_shadow(gaps: tuple[float, ...], settings: BlankSettings) -> bool:
    return min(gaps) < settings.edge_mm


def _is_hole(w: float, h: float, area: float, gaps: tuple[float, ...], settings: BlankSettings) -> bool:
    low, high = settings.hole_mm
    round_and_full = low <= min(w, h) and max(w, h) <= high and max(w, h) < 1.4 * min(w, h) and area > 0.5 * w * h
    return round_and_full and min(gaps) < settings.hole_edge_mm


def _is_streak(w: float, h: float, width: float, height: float, settings: BlankSettings) -> bool:
    return (w <= settings.streak_mm and h >= settings.streak_share * height) or (h <= settings.streak_mm and w >= settings.streak_share * width)
