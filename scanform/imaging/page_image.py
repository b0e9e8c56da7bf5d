"""A decoded page in memory. Arrays are created in `scan`, used in `register` and `recognize`, then dropped."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Gray = NDArray[np.uint8]
"""A grey image: (H, W) uint8, 0 = ink, 255 = paper."""

Floats = NDArray[np.float64]
"""Coordinates and measurements: float64, shape stated where used."""

Floats32 = NDArray[np.float32]
"""Coordinates for sampling, where speed counts more than the seventh digit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageImage:
    """One page as decoded, before /Rotate and EXIF; `dpi` is what the file declares, None if it declares nothing."""

    gray: Gray
    dpi: float | None = None

    @property
    def height(self) -> int:
        """Rows of the image."""
        return int(self.gray.shape[0])

    @property
    def width(self) -> int:
        """Columns of the image."""
        return int(self.gray.shape[1])


BLANK_DPI = 300
"""Resolution of the blank images, the same as that of the scans they are compared with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BlankPage:
    """The image of an unanswered page (300 dpi grey, without names and codes) and its resolution in px per mm."""

    gray: Gray
    px_per_mm_x: float
    px_per_mm_y: float


Singles = NDArray[np.float32]
"""Measurements per pixel: float32, shape stated where used."""
