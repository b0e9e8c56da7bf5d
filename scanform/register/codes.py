"""Reading QR codes: the only module that uses the zxing-cpp reader."""

from dataclasses import dataclass

import cv2
import numpy as np
import zxingcpp

from scanform import pagecode
from scanform.imaging.page_image import Floats, Gray

SEARCH_PX_PER_MM = 8.0
"""Resolution of a whole-page search: a module of 0.5 mm is then 4 px; more costs time and finds no more codes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """A decoded QR symbol: its text and its top left, top right, bottom right and bottom left corner in pixels (4,
    2).
    """

    text: str
    corners_px: tuple[tuple[float, float], ...]


def read_codes(gray: Gray) -> list[Code]:
    """All QR codes in a picture, in any quarter turn."""
    formats = zxingcpp.BarcodeFormats(
        [zxingcpp.BarcodeFormat.QRCode]
    )  # kept in the module, it would be reported as a leak when the program ends
    results = zxingcpp.read_barcodes(gray, formats=formats, try_downscale=False, try_invert=False)
    return [Code(text=result.text, corners_px=_corners(result.position)) for result in results]


def search_codes(gray: Gray, px_per_mm: float) -> list[Code]:
    """All QR codes of a whole page: on a reduced copy, and on the original pixels too if that shows none of ours (a
    form may bear a link, and paper anything).
    """
    factor = int(px_per_mm / SEARCH_PX_PER_MM)
    if factor > 1:
        small = cv2.resize(gray, None, fx=1 / factor, fy=1 / factor, interpolation=cv2.INTER_AREA).astype(
            np.uint8, copy=False
        )
        found = read_codes(small)
        scaled = [_scaled(code, factor) for code in found]
        if any(pagecode.decode(code.text) for code in found):
            return scaled
        return scaled + [code for code in read_codes(gray) if pagecode.decode(code.text) or not found]
    return read_codes(gray)


def corners_array(code: Code) -> Floats:
    """The corners of a code as (4, 2)."""
    return np.array(code.corners_px, dtype=np.float64)


def _corners(position: zxingcpp.Position) -> tuple[tuple[float, float], ...]:
    return tuple(
        (float(p.x), float(p.y))
        for p in (position.top_left, position.top_right, position.bottom_right, position.bottom_left)
    )


def _scaled(code: Code, factor: int) -> Code:
    return Code(
        text=code.text,
        corners_px=tuple(((x + 0.5) * factor - 0.5, (y + 0.5) * factor - 0.5) for x, y in code.corners_px),
    )
