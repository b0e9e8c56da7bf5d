"""The positions of everything on the paper: the content of layout.json, format "scanform-layout/1"."""

from dataclasses import dataclass
from enum import StrEnum

from scanform.model.geometry import RectMm, SizeMm
from scanform.model.questionnaire import Alphabet, Filled

LAYOUT_FORMAT = "scanform-layout/1"


class ZoneKind(StrEnum):
    """The kind of answer expected in a zone."""

    MARK = "mark"
    COMB = "comb"
    HANDWRITING = "handwriting"
    SIGNATURE = "signature"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fiducial:
    """A registration mark: ArUco DICT_4X4_250, id = 8 * (page - 1) + position (0-7 = TL TM TR ML MR BL BM BR)."""

    kind: str
    id: int
    rect: RectMm


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeArea:
    """Where the page identity is printed: kind "qr" (symbol without quiet zone) or "text"."""

    kind: str
    rect: RectMm


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """A place for an answer.

    A mark zone is the outline of one check box; `multiple` tells whether its question allows several. Text beside an
    option has the question and option of that box and kind handwriting. `cells` are the outlines of single character
    cells, `lines` the number of writing lines. `group` is the code of the matrix a row belongs to.
    """

    id: str
    question: str
    kind: ZoneKind
    rect: RectMm
    option: str | None = None
    group: str | None = None
    multiple: bool | None = None
    cells: tuple[RectMm, ...] = ()
    alphabet: Alphabet | None = None
    lines: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PageLayout:
    """One page (1-based `number`); `blank` is the path of its blank image relative to layout.json."""

    number: int
    size: SizeMm
    blank: str
    fiducials: tuple[Fiducial, ...]
    codes: tuple[CodeArea, ...]
    zones: tuple[Zone, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """A printed edition of a questionnaire; `digest` is the part of the page code that names it."""

    questionnaire: str
    version: str
    language: str
    variant: str
    digest: str
    filled: Filled
    pages: tuple[PageLayout, ...]

    @property
    def imported(self) -> bool:
        """Whether the form was not printed here: nothing on its pages identifies it."""
        return not any(page.fiducials or page.codes for page in self.pages)

    def page(self, number: int) -> PageLayout:
        """The page with this 1-based number; raises KeyError when there is none."""
        for page in self.pages:
            if page.number == number:
                return page
        raise KeyError(number)


def layout_to_dict(layout: Layout) -> dict[str, object]:
    """The content of layout.json; absent values are left out, rectangles are [x, y, w, h] in mm to the micrometre."""
    return {
        "format": LAYOUT_FORMAT,
        "questionnaire": layout.questionnaire,
        "version": layout.version,
        "language": layout.language,
        "variant": layout.variant,
        "digest": layout.digest,
        "filled": layout.filled.value,
        "pages": [_page_to_dict(page) for page in layout.pages],
    }


def _page_to_dict(page: PageLayout) -> dict[str, object]:
    return {
        "number": page.number,
        "size_mm": [_mm(page.size.w), _mm(page.size.h)],
        "blank": page.blank,
        "fiducials": [{"kind": mark.kind, "id": mark.id, "rect_mm": _rect(mark.rect)} for mark in page.fiducials],
        "codes": [{"kind": code.kind, "rect_mm": _rect(code.rect)} for code in page.codes],
        "zones": [_zone_to_dict(zone) for zone in page.zones],
    }


def _zone_to_dict(zone: Zone) -> dict[str, object]:
    fields: dict[str, object | None] = {
        "id": zone.id,
        "question": zone.question,
        "group": zone.group,
        "option": zone.option,
        "multiple": zone.multiple,
        "kind": zone.kind.value,
        "rect_mm": _rect(zone.rect),
        "cells_mm": [_rect(cell) for cell in zone.cells] or None,
        "alphabet": zone.alphabet.value if zone.alphabet else None,
        "lines": zone.lines,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _rect(rect: RectMm) -> list[float]:
    return [_mm(rect.x), _mm(rect.y), _mm(rect.w), _mm(rect.h)]


def _mm(value: float) -> float:
    return round(float(value), 3)
