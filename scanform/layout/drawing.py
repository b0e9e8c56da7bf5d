"""Drawing instructions of a page, as plain data: produced by `place`, consumed by `draw`. All lengths in mm, origin top
left, y down.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from scanform.model.geometry import RectMm, SizeMm
from scanform.model.layout import Layout

Measure = Callable[[str, str, float], float]
"""Width in mm of a text in a font ("regular", "bold") at a size in pt."""

REGULAR = "regular"
BOLD = "bold"


@dataclass(frozen=True, slots=True, kw_only=True)
class TextRun:
    """One line of text; `x` is its left end, `y` its baseline, `gray` 0 = black."""

    text: str
    x: float
    y: float
    font: str
    size_pt: float
    width: float
    gray: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A straight line between two points; `dash` is the length of strokes and gaps, 0 for a full line."""

    x1: float
    y1: float
    x2: float
    y2: float
    width: float
    gray: float = 0.0
    dash: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A rectangle; the outer edge of its line is `rect`. `fill` is a grey value or None, `line` 0 for no outline."""

    rect: RectMm
    line: float
    gray: float = 0.0
    fill: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stroke:
    """An open curve through points, like a pen stroke; for pictures in the instructions."""

    points: tuple[tuple[float, float], ...]
    width: float
    gray: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Modules:
    """A matrix code: rows of "0" and "1", each "1" a black square of `module` mm."""

    x: float
    y: float
    module: float
    rows: tuple[str, ...]


Instruction = TextRun | Line | Box | Stroke | Modules


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A place that differs from copy to copy: kind "qr", "form-id" or "recipient"; left empty on the blank form."""

    kind: str
    rect: RectMm


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnPage:
    """One page: what every copy shows (fiducials included), and the slots that differ."""

    number: int
    size: SizeMm
    static: tuple[Instruction, ...]
    slots: tuple[Slot, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """A questionnaire on paper: the answer zones (`layout`) and the drawing (`pages`)."""

    layout: Layout
    pages: tuple[DrawnPage, ...]
    title: str
    publisher: str
    body_pt: float


def moved(item: Instruction, dx: float, dy: float) -> Instruction:
    """The instruction shifted by (dx, dy) mm."""
    if isinstance(item, Line):
        return replace(item, x1=item.x1 + dx, y1=item.y1 + dy, x2=item.x2 + dx, y2=item.y2 + dy)
    if isinstance(item, Box):
        return replace(item, rect=moved_rect(item.rect, dx, dy))
    if isinstance(item, Stroke):
        return replace(item, points=tuple((x + dx, y + dy) for x, y in item.points))
    return replace(item, x=item.x + dx, y=item.y + dy)


def moved_rect(rect: RectMm, dx: float, dy: float) -> RectMm:
    """The rectangle shifted by (dx, dy) mm."""
    return RectMm(x=rect.x + dx, y=rect.y + dy, w=rect.w, h=rect.h)


def rounded(rect: RectMm) -> RectMm:
    """The rectangle rounded to the micrometre, as in layout.json."""
    return RectMm(x=round(rect.x, 3), y=round(rect.y, 3), w=round(rect.w, 3), h=round(rect.h, 3))
