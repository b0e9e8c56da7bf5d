"""The evidence of a doubtful value as an image, cut from the original scan on request."""

import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Protocol

from scanform.imaging import crops
from scanform.imaging.page_map import PageMap
from scanform.model.geometry import RectMm, RectPx, SizeMm, bounding_box
from scanform.model.layout import Layout, PageLayout, Zone, ZoneKind
from scanform.model.page import PageRef
from scanform.model.review import ReviewItem
from scanform.scan.files.limits import Limits
from scanform.scan.load import LoadedPage, load_page
from scanform.store import ledger
from scanform.workflow.project.project import Project

CROP_PX_PER_MM = 10.0
"""Resolution of a crop: at twice its size on paper, the usual screen shows 7.6 px/mm."""

PAGE_PX_PER_MM = 5.0
"""Resolution of a whole page: 1,050 x 1,485 px for A4."""

MARGIN_MM = 4.0
"""Margin of paper around the zones: strokes run over their box."""

TIGHT_MM = 1.0
"""Paper above and below the zones of a text where many crops are shown at once: half a line of the wording above is of
no use.
"""

NEIGHBOUR_MM = 0.6
"""Where many crops are shown at once, they end this far before the next zones: the edge of another row of cells looks
like writing.
"""

WORDING_MM = 9.0
"""Paper shown above check boxes, where the wording is printed."""

HEADS_MM = 11.0
"""Paper above the first row of a matrix, where its column heads are printed."""

LABEL_MM = 62.0
"""Paper shown to the right of check boxes whose label width is unknown."""

PAPER_EDGE_MM = 8.0
"""Nothing is printed closer to the edge than the registration marks."""

KEPT_PAGES = 6
KEPT_CROPS = 400
"""Decoded pages (about 9 MB each) and finished crops (10 to 60 kB) cached."""


class OnPaper(Protocol):
    """What a crop shows: a question, or the text beside one of its options."""

    @property
    def question(self) -> str:
        """The question's code."""
        ...

    @property
    def option(self) -> str | None:
        """The option's code, None for the question itself."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A question wherever it was asked, with or without a waiting value."""

    question: str
    option: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """What to cut out of a page: `shown` of the registered paper below its `heads`, or `box` in pixels where the page
    was not registered.

    `size` of the paper, None without a layout; `context`: the whole page with a frame around the zones.
    """

    ref: PageRef
    box: RectPx | None = None
    shown: RectMm | None = None
    heads: RectMm | None = None
    size: SizeMm | None = None
    context: bool = False


class CropCutter:
    """Cuts crops from the archived originals of a project and caches the latest pages and crops."""

    def __init__(self, project: Project, layout_of: Callable[[str], Layout | None]) -> None:
        self._project = project
        self._layout_of = layout_of
        self._decoding = threading.Lock()  # one page at a time: decoding is not thread-safe
        self._page = lru_cache(KEPT_PAGES)(self._load)
        self._cut = lru_cache(KEPT_CROPS)(self._make)

    def crop(self, item: ReviewItem, *, context: bool, tight: bool = False) -> bytes | None:
        """JPEG of the zones of the item's question (`tight`: without wording and heads), or of the whole page with a
        frame around them; None without a page.
        """
        if item.evidence is None:
            return None
        page = page_of(item, self._layout_of(item.response_id))
        cut = Cut(ref=item.evidence.ref, box=item.evidence.box, context=context)
        if page is None:
            return self._cut(cut)
        heads = None if tight else heads_rect(item, page)
        return self._cut(replace(cut, shown=shown_rect(item, page, wording=not tight), heads=heads, size=page.size))

    def page(self, ref: PageRef, size: SizeMm) -> bytes | None:
        """JPEG of a whole page, upright if it was registered; None when it cannot be decoded."""
        loaded, page_map = self._page(ref)
        if loaded.image is None:
            return None
        if page_map is None:
            return crops.encode_jpeg(crops.turned(loaded.image.gray, loaded.turn))
        return crops.encode_jpeg(
            crops.upright(loaded.image.gray, page_map, RectMm(x=0, y=0, w=size.w, h=size.h), px_per_mm=PAGE_PX_PER_MM)
        )

    def question(self, ref: PageRef, page: PageLayout, question: str) -> bytes | None:
        """JPEG of one question on a registered page, with its wording; None where nothing of it can be shown."""
        place = Place(question=question)
        shown = shown_rect(place, page)
        return self._cut(Cut(ref=ref, shown=shown, heads=heads_rect(place, page), size=page.size)) if shown else None

    def _load(self, ref: PageRef) -> tuple[LoadedPage, PageMap | None]:
        with self._project.store.reading() as tx:
            page_map, turn = ledger.page_maps(tx, ref)
        with self._decoding:
            loaded = load_page(self._project.original(ref), Limits())
        return LoadedPage(image=loaded.image, turn=turn or loaded.turn, problems=loaded.problems), page_map

    def _make(self, cut: Cut) -> bytes | None:
        loaded, page_map = self._page(cut.ref)
        if loaded.image is None:
            return None
        if page_map is None or cut.shown is None or cut.size is None:
            return _by_pixels(loaded, cut.box, context=cut.context) if cut.box else None
        if not cut.context:
            parts = [
                crops.upright(loaded.image.gray, page_map, rect, px_per_mm=CROP_PX_PER_MM)
                for rect in (cut.heads, cut.shown)
                if rect is not None
            ]
            return crops.encode_jpeg(crops.stacked(parts))
        whole = crops.upright(
            loaded.image.gray, page_map, RectMm(x=0, y=0, w=cut.size.w, h=cut.size.h), px_per_mm=PAGE_PX_PER_MM
        )
        return crops.encode_jpeg(crops.framed(whole, cut.shown, px_per_mm=PAGE_PX_PER_MM))


def page_of(item: ReviewItem, layout: Layout | None) -> PageLayout | None:
    """The layout page with the item's zones."""
    if layout is None:
        return None
    return next((page for page in layout.pages if page.number == item.page and _zones(item, page)), None)


def shown_rect(item: OnPaper, page: PageLayout, *, wording: bool = True) -> RectMm | None:
    """The extent of a crop: boxes with the `wording` above and the labels beside them, the row of a matrix, the zone of
    a text with its box.
    """
    zones = _zones(item, page)
    if not zones:
        return None
    inner = bounding_box([zone.rect for zone in zones])
    marks = tuple(zone for zone in zones if zone.kind is ZoneKind.MARK)
    left, top, right, bottom = (
        inner.x - MARGIN_MM,
        inner.y - MARGIN_MM / 2,
        inner.right + MARGIN_MM,
        inner.bottom + MARGIN_MM,
    )
    if marks and marks[0].group is not None:
        left, right, bottom = PAPER_EDGE_MM, inner.right + 2 * MARGIN_MM, inner.bottom + MARGIN_MM / 2
    elif marks and item.option is None:
        boxes = bounding_box([zone.rect for zone in marks])
        right = max(min(boxes.right + _label_mm(marks), _neighbour_mm(item.question, boxes, page)), right)
        top = inner.y - (WORDING_MM if wording else MARGIN_MM / 2)
    elif not wording:
        top = inner.y - TIGHT_MM
    if not wording:
        top, bottom = _between_neighbours(zones, inner, top, bottom, page)
    return _on_page(left, top, right, bottom, page)


def _between_neighbours(
    zones: tuple[Zone, ...], inner: RectMm, top: float, bottom: float, page: PageLayout
) -> tuple[float, float]:
    """Where zones of other questions above and below begin, if nearer than `top` and `bottom`; never within the zones
    themselves.
    """
    others = [zone.rect for zone in page.zones if zone not in zones]
    above = max((rect.bottom for rect in others if rect.bottom <= inner.y), default=top)
    below = min((rect.y for rect in others if rect.y >= inner.bottom), default=bottom)
    return min(max(top, above + NEIGHBOUR_MM), inner.y), max(min(bottom, below - NEIGHBOUR_MM), inner.bottom)


def heads_rect(item: OnPaper, page: PageLayout) -> RectMm | None:
    """The column heads of a matrix row; None for everything else."""
    zones, row = _zones(item, page), shown_rect(item, page)
    group = zones[0].group if zones else None
    if group is None or row is None:
        return None
    first = min(zone.rect.y for zone in page.zones if zone.group == group)
    return _on_page(row.x, first - HEADS_MM, row.right, min(first - 1.0, row.y), page)


def _on_page(left: float, top: float, right: float, bottom: float, page: PageLayout) -> RectMm:
    left, top = max(left, 0.0), max(top, 0.0)
    right, bottom = min(right, page.size.w - PAPER_EDGE_MM / 2), min(bottom, page.size.h)
    return RectMm(x=left, y=top, w=right - left, h=bottom - top)


def _neighbour_mm(question: str, inner: RectMm, page: PageLayout) -> float:
    """Where another question or a registration mark begins to the right of the boxes; the paper's edge otherwise."""
    others = [
        zone.rect
        for zone in page.zones
        if zone.question != question and zone.rect.y < inner.bottom and inner.y < zone.rect.bottom
    ]
    others += [mark.rect for mark in page.fiducials]
    return min((rect.x - MARGIN_MM / 2 for rect in others if rect.x > inner.right), default=page.size.w)


def _zones(item: OnPaper, page: PageLayout) -> tuple[Zone, ...]:
    """The zones to show on a page: all zones of the question, or the text beside an option with the option's box."""
    of_question = tuple(zone for zone in page.zones if zone.question == item.question)
    return of_question if item.option is None else tuple(zone for zone in of_question if zone.option == item.option)


def _label_mm(zones: tuple[Zone, ...]) -> float:
    """How far labels reach beyond the rightmost box: one more column of boxes."""
    columns = sorted({round(zone.rect.x) for zone in zones})
    steps = [right - left for left, right in itertools.pairwise(columns)]
    return float(min(steps)) if steps else LABEL_MM


def _by_pixels(loaded: LoadedPage, box: RectPx, *, context: bool) -> bytes | None:
    """The crop of a page without registration: the pixel box with a margin, rotated according to the file."""
    if loaded.image is None:
        return None
    gray = loaded.image.gray
    px_per_mm = (loaded.image.dpi or 300.0) / 25.4
    if context:
        whole = crops.turned(crops.scaled(gray, PAGE_PX_PER_MM / px_per_mm), loaded.turn)
        return crops.encode_jpeg(whole)
    margin = round(MARGIN_MM * px_per_mm)
    part = gray[max(0, box.y - margin) : box.y + box.h + margin, max(0, box.x - margin) : box.x + box.w + margin]
    if part.size == 0:
        return None
    return crops.encode_jpeg(crops.turned(crops.scaled(part, CROP_PX_PER_MM / px_per_mm), loaded.turn))
