"""What a straightforward script does with a scanned form: draw the PDF, straighten by Hough lines, warp the whole page,
one Tesseract call per field.

Only here to have a figure to compare with; it finds no identity, checks nothing and is not part of scanform.
"""

from pathlib import Path

import cv2
import numpy as np
import pytesseract
from pdf2image import convert_from_path

from scanform.model.layout import PageLayout, ZoneKind

DPI = 300


def read_naively(pdf: Path, page: PageLayout, *, fields: int) -> tuple[dict[str, bool], list[str]]:
    """(box ticked?, texts of the first `fields` areas for writing) of a one-page PDF."""
    colour = np.asarray(convert_from_path(str(pdf), dpi=DPI)[0])
    gray = deskew(cv2.cvtColor(colour, cv2.COLOR_RGB2GRAY))
    binary = cv2.adaptiveThreshold(gray, 255, cv2.ADAPTIVE_THRESH_GAUSSIAN_C, cv2.THRESH_BINARY, 51, 15)
    scale = np.array([gray.shape[1] / page.size.w, gray.shape[0] / page.size.h])
    ticks = {
        zone.id: bool(crop(binary, zone.rect, scale).mean() < 180) for zone in page.zones if zone.kind is ZoneKind.MARK
    }
    areas = [zone.rect for zone in page.zones if zone.kind is not ZoneKind.MARK][:fields]
    return ticks, [pytesseract.image_to_string(crop(gray, area, scale), lang="deu", config="--psm 7") for area in areas]


def deskew(gray: np.ndarray) -> np.ndarray:
    """The page turned by the median angle of its straight lines, by a warp of all pixels."""
    edges = cv2.Canny(gray, 50, 150)
    lines = cv2.HoughLinesP(edges, 1, np.pi / 1800, 200, minLineLength=gray.shape[1] // 8, maxLineGap=10)
    angles = (
        [] if lines is None else [np.degrees(np.arctan2(y2 - y1, x2 - x1)) for x1, y1, x2, y2 in lines.reshape(-1, 4)]
    )
    flat = [angle for angle in angles if abs(angle) < 10]
    turn = cv2.getRotationMatrix2D((gray.shape[1] / 2, gray.shape[0] / 2), float(np.median(flat)) if flat else 0.0, 1.0)
    return cv2.warpAffine(gray, turn, (gray.shape[1], gray.shape[0]), flags=cv2.INTER_CUBIC, borderValue=(255,))


def crop(gray: np.ndarray, rect, scale: np.ndarray) -> np.ndarray:
    left, top = (np.array([rect.x, rect.y]) * scale).astype(int)
    right, bottom = (np.array([rect.right, rect.bottom]) * scale).astype(int)
    return gray[top:bottom, left:right]
