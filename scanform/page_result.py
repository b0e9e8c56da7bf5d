"""The result of reading a page: made in a worker, stored by the store, shown by `explain`."""

from dataclasses import dataclass, replace

from scanform.imaging.page_map import PageMap
from scanform.model.page import Corners, Fate, Identity, PageRef
from scanform.model.problem import Problem
from scanform.model.reading import PageReading


@dataclass(frozen=True, slots=True, kw_only=True)
class PageResult:
    """What a worker found on one page: small, picklable, without arrays.

    `outcome` is the fate of the page by itself (read, review, unknown-form, blank, damaged or error); whether it is a
    re-scan, a copy or a duplicate depends on the other pages. `turn` is in clockwise degrees for a viewer. `seen_page`
    is the page number shown by the markers when there is no identity. `region` are the corners of the sheet in an image
    that shows several. Where such an image is read as a whole, `sheets` holds the result of each, and nothing else
    counts; where one of them was already identified (`PageJob.given`), the result is of that one, and `sheets` are the
    others.
    """

    ref: PageRef
    outcome: Fate
    identity: Identity | None = None
    page_map: PageMap | None = None
    ink: bytes = b""
    reading: PageReading | None = None
    problems: tuple[Problem, ...] = ()
    seen_page: int | None = None
    turn: int = 0
    milliseconds: float = 0.0
    region: Corners = ()
    sheets: "tuple[PageResult, ...]" = ()

    def shifted(self, left: int, top: int) -> "PageResult":
        """The result for an image in which everything lies this many pixels further right and down; regions stay."""
        reading = self.reading
        if reading is not None:
            fields = tuple(
                replace(field, box=replace(field.box, x=field.box.x + left, y=field.box.y + top))
                for field in reading.fields
            )
            reading = replace(reading, fields=fields)
        return replace(self, reading=reading, page_map=self.page_map.shifted(left, top) if self.page_map else None)
