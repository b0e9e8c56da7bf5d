"""Bit matrices of the printed codes: QR symbols (written by zxing-cpp) and ArUco markers (from OpenCV's dictionary)."""

from functools import cache

import cv2
import numpy as np
import zxingcpp

QR_MODULES = 25
"""Modules along the edge of QR version 2 (ISO/IEC 18004)."""
QR_CAPACITY = 29
"""Capacity of version 2, level Q, in alphanumeric characters."""
ARUCO_MODULES = 6
"""4 x 4 bits and a black border of one module."""


def qr_rows(payload: str) -> tuple[str, ...]:
    """The QR symbol of `payload`, version 2, level Q: 25 rows of "0" and "1" (1 = black), without quiet zone."""
    if len(payload) > QR_CAPACITY:
        raise ValueError(f"{payload!r} does not fit into QR version 2, level Q")
    barcode = zxingcpp.create_barcode(payload, zxingcpp.BarcodeFormat.QRCode, ec_level="Q", version=2)
    picture = np.array(barcode.to_image(scale=1, add_quiet_zones=False))
    if picture.shape != (QR_MODULES, QR_MODULES):
        raise ValueError(f"the symbol of {payload!r} is not version 2")
    return _rows(picture)


@cache
def link_rows(link: str) -> tuple[str, ...]:
    """The QR symbol of a link, level M, in the smallest version that holds it, without quiet zone; for people's
    phones, not for this program. Raises ValueError for a link that no version holds.
    """
    barcode = zxingcpp.create_barcode(link, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    return _rows(np.array(barcode.to_image(scale=1, add_quiet_zones=False)))


@cache
def aruco_rows(marker_id: int) -> tuple[str, ...]:
    """Marker `marker_id` (0-249) of DICT_4X4_250: 6 rows of "0" and "1" (1 = black), border included."""
    dictionary = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_4X4_250)
    return _rows(cv2.aruco.generateImageMarker(dictionary, marker_id, ARUCO_MODULES))


def _rows(picture: np.ndarray) -> tuple[str, ...]:
    return tuple("".join("1" if value < 128 else "0" for value in row) for row in picture)
