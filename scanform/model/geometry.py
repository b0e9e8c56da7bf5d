"""Geometry on paper (millimetres, origin top left, y down) and on page images (pixels)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PointMm:
    """A point on the paper, in mm from the top left corner."""

    x: float
    y: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeMm:
    """Width and height of a sheet in mm."""

    w: float
    h: float


A4 = SizeMm(w=210.0, h=297.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class RectMm:
    """An upright rectangle on the paper, in mm."""

    x: float
    y: float
    w: float
    h: float

    @property
    def right(self) -> float:
        """The x of the right edge."""
        return self.x + self.w

    @property
    def bottom(self) -> float:
        """The y of the lower edge."""
        return self.y + self.h

    @property
    def centre(self) -> PointMm:
        """The middle of the rectangle."""
        return PointMm(x=self.x + self.w / 2, y=self.y + self.h / 2)

    @property
    def corners(self) -> tuple[PointMm, PointMm, PointMm, PointMm]:
        """Top left, top right, bottom right, bottom left."""
        return (
            PointMm(x=self.x, y=self.y),
            PointMm(x=self.right, y=self.y),
            PointMm(x=self.right, y=self.bottom),
            PointMm(x=self.x, y=self.bottom),
        )

    def grown(self, by_mm: float) -> "RectMm":
        """The rectangle with `by_mm` added on each side (negative: inset)."""
        return RectMm(x=self.x - by_mm, y=self.y - by_mm, w=self.w + 2 * by_mm, h=self.h + 2 * by_mm)

    def overlaps(self, other: "RectMm") -> bool:
        """Whether the two rectangles share any area."""
        return self.x < other.right and other.x < self.right and self.y < other.bottom and other.y < self.bottom


@dataclass(frozen=True, slots=True, kw_only=True)
class RectPx:
    """An upright rectangle in pixels of the decoded page, before /Rotate and EXIF are applied."""

    x: int
    y: int
    w: int
    h: int


def bounding_box(rects: "tuple[RectMm, ...] | list[RectMm]") -> RectMm:
    """The smallest rectangle that holds all of `rects` (at least one)."""
    x, y = min(r.x for r in rects), min(r.y for r in rects)
    return RectMm(x=x, y=y, w=max(r.right for r in rects) - x, h=max(r.bottom for r in rects) - y)
