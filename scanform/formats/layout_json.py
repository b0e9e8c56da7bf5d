"""layout.json, format "scanform-layout/1" <-> `Layout` (docs/schemas/layout.schema.json)."""

import json
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from scanform.errors import InputError, Words, words
from scanform.model.constraint import DIGEST, OPTION_CODE, QUESTION_CODE
from scanform.model.geometry import RectMm, SizeMm
from scanform.model.layout import CodeArea, Fiducial, Layout, PageLayout, Zone, ZoneKind, layout_to_dict
from scanform.model.questionnaire import Alphabet, Filled

_Finite = Annotated[float, Field(allow_inf_nan=False)]
_Length = Annotated[float, Field(ge=0, allow_inf_nan=False)]
_Rect = tuple[_Finite, _Finite, _Length, _Length]
_Code = Annotated[str, Field(pattern=f"^{QUESTION_CODE}$")]
_Name = Annotated[str, Field(min_length=1)]
_OptionCode = Annotated[str, Field(pattern=f"^{OPTION_CODE}$")]


_BLANK = "path of the 300 dpi grey picture without names and codes, relative to layout.json"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Fiducial(_Strict):
    kind: Literal["aruco-4x4-250"]
    id: Annotated[int, Field(ge=0, le=249)]
    rect_mm: _Rect


class _CodeArea(_Strict):
    kind: Literal["qr", "text"]
    rect_mm: _Rect


class _Zone(_Strict):
    id: _Name
    question: _Code
    kind: ZoneKind
    rect_mm: _Rect
    group: _Code | None = None
    option: _OptionCode | None = None
    multiple: bool | None = None
    cells_mm: Annotated[tuple[_Rect, ...], Field(min_length=1)] | None = None
    alphabet: Alphabet | None = None
    lines: Annotated[int, Field(ge=1)] | None = None


class _Page(_Strict):
    number: Annotated[int, Field(ge=1)]
    size_mm: tuple[Annotated[float, Field(gt=0)], Annotated[float, Field(gt=0)]]
    blank: Annotated[str, Field(description=_BLANK)]
    fiducials: tuple[_Fiducial, ...]
    codes: tuple[_CodeArea, ...]
    zones: tuple[_Zone, ...]


class _Layout(_Strict):
    format: Literal["scanform-layout/1"]
    questionnaire: _Code
    version: _Name
    language: Annotated[str, Field(pattern=r"^[a-z]{2}$")]
    variant: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]
    digest: Annotated[str, Field(pattern=f"^{DIGEST}$")]
    filled: Filled
    pages: Annotated[tuple[_Page, ...], Field(min_length=1, max_length=31)]


_KINDS = {"missing": "missing", "extra_forbidden": "extra", "json_invalid": "no-json"}
"""pydantic's error types, and our texts for them: its own are English only."""


def _wrong(kind: str) -> Words:
    return words(f"layoutjson.{_KINDS.get(kind, 'wrong-value')}")


FILE = _Layout
"""The type of the whole file, the source of docs/schemas/layout.schema.json."""


def dump_layout(layout: Layout) -> str:
    """The text of layout.json: UTF-8, indented, the same bytes for the same layout."""
    return json.dumps(layout_to_dict(layout), ensure_ascii=False, indent=1) + "\n"


def load_layout(text: str) -> Layout:
    """The layout in the text of a layout.json; raises InputError that names the first invalid place, in `language`."""
    try:
        found = _Layout.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "layout.json"
        raise InputError(
            words("layoutjson.invalid", place=place, detail=_wrong(first["type"])), remedy=words("layoutjson.remedy")
        ) from error
    return Layout(
        questionnaire=found.questionnaire,
        version=found.version,
        language=found.language,
        variant=found.variant,
        digest=found.digest,
        filled=found.filled,
        pages=tuple(_page(page) for page in found.pages),
    )


def _page(page: _Page) -> PageLayout:
    return PageLayout(
        number=page.number,
        size=SizeMm(w=page.size_mm[0], h=page.size_mm[1]),
        blank=page.blank,
        fiducials=tuple(Fiducial(kind=mark.kind, id=mark.id, rect=_rect(mark.rect_mm)) for mark in page.fiducials),
        codes=tuple(CodeArea(kind=code.kind, rect=_rect(code.rect_mm)) for code in page.codes),
        zones=tuple(_zone(zone) for zone in page.zones),
    )


def _zone(zone: _Zone) -> Zone:
    return Zone(
        id=zone.id,
        question=zone.question,
        kind=zone.kind,
        rect=_rect(zone.rect_mm),
        option=zone.option,
        group=zone.group,
        multiple=zone.multiple,
        cells=tuple(_rect(cell) for cell in zone.cells_mm or ()),
        alphabet=zone.alphabet,
        lines=zone.lines,
    )


def _rect(rect: tuple[float, float, float, float]) -> RectMm:
    x, y, w, h = rect
    return RectMm(x=x, y=y, w=w, h=h)
