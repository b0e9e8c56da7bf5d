"""Samples of any depth and colour to grey pixels: 0 = ink, 255 = paper."""

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from scanform.imaging.page_image import Gray

BLACK_LEVELS = 64.0
"""A 16-bit or wider picture with a lower maximum holds too few grey levels for paper: the lid was open."""
USUAL_DEPTHS = (8, 10, 12, 14, 16)
"""Bit depths of scanner converters; their samples are stored in 16 bits."""
_WIDE_MODES = ("I", "F", "I;16", "I;16B", "I;16L", "I;16N")
_ALPHA_MODES = ("LA", "La", "PA", "RGBA", "RGBa")


def gray_of_picture(picture: Image.Image, *, unsigned: bool = True, white_is_zero: bool = False) -> Gray:
    """A decoded Pillow picture as grey (H, W): alpha on white paper, palettes resolved, wide samples scaled by their
    real range.

    `unsigned` says whether 32-bit integers are unsigned (Pillow keeps them signed), `white_is_zero` whether the file
    stores ink as the greater number: Pillow inverts samples of up to 8 bits, but not wider ones.
    """
    if picture.mode in _WIDE_MODES:
        return (
            scale_ink(_wide(picture, unsigned=unsigned))
            if white_is_zero
            else scale_wide(_wide(picture, unsigned=unsigned))
        )
    if picture.mode in _ALPHA_MODES or "transparency" in picture.info:
        if picture.mode == "La":
            picture = picture.convert("LA")
        paper = Image.new("RGBA", picture.size, (255, 255, 255, 255))
        return np.array(Image.alpha_composite(paper, picture.convert("RGBA")).convert("L"))
    if picture.mode in {"1", "L", "P", "RGB", "RGBX", "CMYK"}:
        return np.array(picture if picture.mode == "L" else picture.convert("L"))
    return np.array(picture.convert("RGB").convert("L"))


def scale_wide(samples: NDArray[np.generic]) -> Gray:
    """Samples of 16 or 32 bits, or floats, as grey, scaled by the range actually used.

    Scanners store 8 to 14 bits in 16; taking the upper byte gives a black page. Unsigned integers are scaled by their
    maximum (except for an entirely black page, below `BLACK_LEVELS`), floats and signed values by their minimum and
    maximum.
    """
    finite = np.nan_to_num(
        samples.astype(np.float32 if samples.dtype.itemsize <= 2 else np.float64), posinf=0.0, neginf=0.0
    )
    low, high = float(finite.min()), float(finite.max())
    if np.issubdtype(samples.dtype, np.integer) and low >= 0:
        low, high = 0.0, max(high, BLACK_LEVELS)
    elif low >= 0 and high <= 1:
        low, high = 0.0, 1.0
    if high <= low:
        return np.full(samples.shape, 255 if high > 0 else 0, dtype=np.uint8)
    return np.asarray(np.rint((finite - low) * (255.0 / (high - low))), dtype=np.uint8)


def scale_ink(samples: NDArray[np.generic]) -> Gray:
    """Wide samples with 0 = white, as grey.

    The maximum does not give the range here, because a page without ink has small samples only: for integers it is the
    smallest usual bit depth that holds the maximum. Floats are inverted within the range that `scale_wide` finds.
    """
    if not np.issubdtype(samples.dtype, np.integer) or samples.min() < 0:
        return np.asarray(cv2.bitwise_not(scale_wide(samples)), dtype=np.uint8)
    high = int(samples.max())
    top = next((1 << bits for bits in USUAL_DEPTHS if high < 1 << bits), 1 << 32) - 1
    return np.asarray(255 - np.rint(samples.astype(np.float32) * np.float32(255 / top)), dtype=np.uint8)


def unpack_bits(data: bytes, *, width: int, height: int, bits: int) -> Gray:
    """Samples of 1, 2 or 4 bits in rows padded to bytes, as (H, W) uint8 of 0 .. 2**bits - 1; `data` holds height
    full rows.
    """
    row_bytes = (width * bits + 7) // 8
    packed = np.frombuffer(data, dtype=np.uint8, count=row_bytes * height).reshape(height, row_bytes)
    if bits == 1:
        return np.unpackbits(packed, axis=1, count=width)
    shifts = np.arange(8 - bits, -1, -bits, dtype=np.uint8)
    samples = (packed[:, :, None] >> shifts) & np.uint8((1 << bits) - 1)
    return np.ascontiguousarray(samples.reshape(height, -1)[:, :width])


def apply_table(samples: Gray, table: Gray) -> Gray:
    """`table[samples]` for samples (H, W) and a table of at most 256 grey values; larger samples get its last one."""
    full = np.full(256, table[-1], dtype=np.uint8)
    full[: table.size] = table
    if table.size == 256 and np.array_equal(full, np.arange(256)):
        return samples
    return np.asarray(cv2.LUT(np.ascontiguousarray(samples), full), dtype=np.uint8)


def gray_of_rgb(rgb: Gray) -> Gray:
    """Luminance of (H, W, 3) samples (ITU-R BT.601)."""
    return np.asarray(cv2.cvtColor(np.ascontiguousarray(rgb), cv2.COLOR_RGB2GRAY), dtype=np.uint8)


def _wide(picture: Image.Image, *, unsigned: bool) -> NDArray[np.generic]:
    samples: NDArray[np.generic] = np.array(picture)
    if samples.dtype == np.int32 and unsigned and samples.min() < 0:
        return samples.view(np.uint32)
    return samples
