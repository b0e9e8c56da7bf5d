"""Pictures for people: a part of a page, upright, as JPEG. Readers never see these; they sample patches themselves."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from scanform.imaging.page_image import Gray
from scanform.imaging.page_map import PageMap
from scanform.imaging.sampling import sample_rect
from scanform.model.geometry import RectMm

JPEG_QUALITY = 82
"""Of 100; a grey crop of a text line at 254 dpi has about 10 kB."""

FRAME_BGR = (164, 84, 0)
FRAME_MM = 0.9
"""Colour and width of the frame around the place in question; blue stands out from ink and red stamps."""

_FINE = 1.5
"""Minimum ratio of scan to crop resolution for sampling the crop twice as fine and averaging it, or thin strokes would
break up.
"""


def upright(gray: Gray, page_map: PageMap, rect: RectMm, *, px_per_mm: float) -> Gray:
    """The content of `rect` upright on the form, whatever the scan's rotation and skew; (H, W) uint8 at `px_per_mm`."""
    if page_map.px_per_mm(rect) < _FINE * px_per_mm:
        return sample_rect(gray, page_map, rect, px_per_mm=px_per_mm)
    fine = sample_rect(gray, page_map, rect, px_per_mm=2 * px_per_mm)
    size = (max(1, fine.shape[1] // 2), max(1, fine.shape[0] // 2))
    return np.asarray(cv2.resize(fine, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def stacked(parts: Sequence[Gray]) -> Gray:
    """Crops of the same width stacked vertically, as if the paper between them were folded away."""
    return np.asarray(np.vstack([part[:, : min(other.shape[1] for other in parts)] for part in parts]), dtype=np.uint8)


def scaled(gray: Gray, factor: float) -> Gray:
    """`gray` with both sides scaled by `factor`."""
    size = (max(1, round(gray.shape[1] * factor)), max(1, round(gray.shape[0] * factor)))
    return np.asarray(
        cv2.resize(gray, size, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC), dtype=np.uint8
    )


def turned(gray: Gray, clockwise_deg: int) -> Gray:
    """`gray` rotated by a multiple of 90 degrees."""
    return np.ascontiguousarray(np.rot90(gray, -(clockwise_deg // 90) % 4))


def framed(gray: Gray, rect: RectMm, *, px_per_mm: float) -> NDArray[np.uint8]:
    """A page of (H, W) at `px_per_mm` with a frame around `rect`; returns (H, W, 3) in OpenCV's order of channels."""
    colour = np.asarray(cv2.cvtColor(gray, cv2.COLOR_GRAY2BGR), dtype=np.uint8)
    corner, opposite = (
        (round(rect.x * px_per_mm), round(rect.y * px_per_mm)),
        (round(rect.right * px_per_mm), round(rect.bottom * px_per_mm)),
    )
    cv2.rectangle(colour, corner, opposite, FRAME_BGR, max(2, round(FRAME_MM * px_per_mm)))
    return colour


def encode_jpeg(image: NDArray[np.uint8]) -> bytes:
    """`image`, (H, W) or (H, W, 3) in OpenCV's order of channels, as JPEG."""
    done, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    if not done:
        raise ValueError(f"cannot encode an image of shape {image.shape}")
    return data.tobytes()
