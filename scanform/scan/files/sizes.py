"""What is known about a picture before it is decoded: its size and its resolution."""

from scanform.scan.files.errors import ScanError
from scanform.scan.files.limits import Limits

PLAUSIBLE_DPI = (97.0, 2400.0)
"""Resolutions at which paper is scanned. Libraries write 72 and 96 if they know none, some 1 or 0: values outside are
ignored.
"""
ANISOTROPY = 1.02
"""Pixels whose sides differ by more are not square; they have no single resolution."""


def check_size(*, width: int, height: int, limits: Limits) -> None:
    """Raises ScanError if a picture of this size is too large, or too small to hold anything."""
    if width * height > limits.max_pixels or max(width, height) > limits.max_side_px:
        raise ScanError("too-large", size=f"{width} x {height}", limit=str(limits.max_pixels))
    if min(width, height) < limits.min_side_px:
        raise ScanError("unreadable-page", detail=f"{width} x {height} pixels")


def plausible_dpi(x: float, y: float) -> float | None:
    """One resolution for both directions, or None: not declared, not plausible, or different in x and y.

    A different y is either a low-resolution fax or a wrong tag; in both cases the page must be measured by its markers.
    """
    low, high = PLAUSIBLE_DPI
    if not (low <= x <= high and low <= y <= high):
        return None
    return (x + y) / 2 if max(x, y) / min(x, y) <= ANISOTROPY else None
