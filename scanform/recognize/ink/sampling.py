"""Square tiles of paper, all cut by one remap from the original pixels.

Over a tile of a few millimetres a `PageMap` is affine to within 0.01 mm, so three mapped points per tile replace the
mapping of every pixel; this keeps 100 boxes at a few milliseconds.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from scanform.imaging.page_image import Floats, Gray, Singles
from scanform.imaging.page_map import PageMap

FAR_OUTSIDE = -10_000.0
"""A pixel coordinate that is certainly off the page: reads as paper."""

_AT_ONCE = 64_000
"""Samples whose coordinates, as two single floats, take half a megabyte."""

_MOST = 16384
"""cv2.remap refuses maps with more than 32767 rows or columns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tiles:
    """Position of N square tiles of `side` samples in the picture, in pixels of the `Source`: centre, and width and
    height as vectors, (N, 2) each.
    """

    middle: Floats
    across: Floats
    down: Floats
    side: int

    def of(self, chosen: NDArray[np.int64], shift: Floats | None = None) -> "Tiles":
        """A selection of the tiles, optionally each moved by its own `shift` (x, y in samples)."""
        middle, across, down = self.middle[chosen], self.across[chosen], self.down[chosen]
        if shift is not None:
            middle = middle + (shift[:, :1] * across + shift[:, 1:] * down) / self.side
        return Tiles(middle=middle, across=across, down=down, side=self.side)

    def maps(self, part: slice = slice(None)) -> tuple[Singles, Singles]:
        """Pixel coordinates (x, y) of the samples; both (N, side, side)."""
        ticks = (np.arange(self.side) + 0.5) / self.side - 0.5
        x, y = (
            _affine(self.middle[part, axis], self.across[part, axis], self.down[part, axis], ticks) for axis in (0, 1)
        )
        return x, y


def tiles(page_map: PageMap, centres_mm: Floats, *, side: int, px_per_mm: float, scale: float) -> Tiles:
    """Square tiles around points of the paper (N, 2)."""
    centres = np.asarray(centres_mm, dtype=np.float64).reshape(-1, 2)
    star = side / px_per_mm / 2 * np.array([[0, 0], [1, 0], [-1, 0], [0, 1], [0, -1]])
    probes = (centres[None] + star[:, None]).reshape(-1, 2)
    middle, right, left, below, above = page_map.to_px(probes).reshape(5, len(centres), 2)
    shift = (scale - 1) / 2  # pixel centres: the middle of the first two pixels is the middle of the first halved one
    return Tiles(middle=middle * scale + shift, across=(right - left) * scale, down=(below - above) * scale, side=side)


def tile_maps(
    page_map: PageMap, centres_mm: Floats, *, side: int, px_per_mm: float, scale: float
) -> tuple[Singles, Singles]:
    """Pixel coordinates (x, y) of the samples of square tiles; both (N, side, side), in pixels of the `Source`."""
    return tiles(page_map, centres_mm, side=side, px_per_mm=px_per_mm, scale=scale).maps()


def cut(gray: Gray, where: Tiles) -> Gray:
    """The samples (N, side, side) of tiles, in batches whose coordinates stay in the processor cache."""
    out = np.empty((len(where.middle), where.side, where.side), np.uint8)
    step = max(1, _AT_ONCE // where.side**2)
    for first in range(0, len(out), step):
        part = slice(first, first + step)
        out[part] = resample(gray, *where.maps(part))
    return out


def resample(gray: Gray, x: Singles, y: Singles) -> Gray:
    """The samples of `gray` at the pixel coordinates of a map of any shape, by one bilinear remap; outside the page
    they are paper (255).
    """
    if x.size == 0:
        return np.zeros(x.shape, np.uint8)
    across = x[0].size if x[0].size <= _MOST else x.shape[-1]
    maps = x.reshape(-1, across), y.reshape(-1, across)
    out = np.empty(maps[0].shape, np.uint8)
    for top in range(0, len(out), _MOST):
        part = np.s_[top : top + _MOST]
        cv2.remap(
            gray,
            maps[0][part],
            maps[1][part],
            cv2.INTER_LINEAR,
            dst=out[part],
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=(255,),
        )
    return out.reshape(x.shape)


def _affine(origin: Floats, across: Floats, down: Floats, ticks: Floats) -> Singles:
    columns = across[:, None] * ticks
    rows = origin[:, None] + down[:, None] * ticks
    return rows.astype(np.float32)[:, :, None] + columns.astype(np.float32)[:, None, :]
