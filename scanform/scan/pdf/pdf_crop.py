"""Which pixels of a picture a viewer shows: those within the box of the page, found by the placement matrix of the
picture.
"""

from scanform.model.geometry import RectPx
from scanform.scan.files.errors import NotOneImageError
from scanform.scan.pdf.pdf_file import Box
from scanform.scan.pdf.pdf_walk import Matrix

_CROOKED_PX = 1.0
"""A picture whose edges deviate from those of the box by more cannot be cropped along its rows and columns."""


def shown_part(matrix: Matrix, box: Box, *, width: int, height: int) -> RectPx:
    """The pixels of a picture of `width` x `height`, placed by `matrix`, that lie within `box`; all of them if the box
    encloses the picture.

    Edges are rounded to whole pixels. Raises NotOneImageError if the box cuts a skewed picture, and if none of it is
    shown.
    """
    corners = [_pixel(matrix, x, y, width=width, height=height) for x in (box[0], box[2]) for y in (box[1], box[3])]
    (left, right), (top, bottom) = (
        _span([corner[axis] for corner in corners], size) for axis, size in ((0, width), (1, height))
    )
    if right <= left or bottom <= top:
        raise NotOneImageError
    return RectPx(x=left, y=top, w=right - left, h=bottom - top)


def _pixel(matrix: Matrix, x: float, y: float, *, width: int, height: int) -> tuple[float, float]:
    """The position in the picture of a point of the page; the picture's first row is the top of the unit square (ISO
    32000-1, 8.9.5).
    """
    a, b, c, d, e, f = matrix
    area = a * d - b * c
    if not area:
        raise NotOneImageError
    right, up = ((x - e) * d - (y - f) * c) / area, ((y - f) * a - (x - e) * b) / area
    return right * width, (1 - up) * height


def _span(values: list[float], size: int) -> tuple[int, int]:
    """The range of the box along one side of the picture; a skewed picture must not be cut."""
    inner = sorted(values)
    if inner[0] <= 0.5 and inner[1] <= 0.5 and inner[2] >= size - 0.5:
        return 0, size
    if inner[1] - inner[0] > _CROOKED_PX or inner[3] - inner[2] > _CROOKED_PX:
        raise NotOneImageError
    return max(0, round((inner[0] + inner[1]) / 2)), min(size, round((inner[2] + inner[3]) / 2))
