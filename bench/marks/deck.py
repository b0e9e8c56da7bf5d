"""The sheets of the mark benchmark: test decks with a box at every place of a grid, and the pages of the shipped
questionnaire.

A deck carries the furniture of a real printed page (markers, page codes, text id), so it is identified and registered
like any other. Ballot scanners are tested with such decks: "a bubble at every grid point".
"""

from dataclasses import dataclass, replace
from functools import cache
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np

from scanform import pagecode
from scanform.formats.questionnaires.read_yaml import load_questionnaire
from scanform.imaging.page_image import BLANK_DPI, BlankPage, Gray
from scanform.layout.pdf.draw import Copy, draw_blank, draw_forms, measure
from scanform.layout.place import Placement, place
from scanform.model.geometry import RectMm
from scanform.model.layout import Layout, PageLayout, Zone, ZoneKind
from scanform.model.page import Identity
from scanform.recognize import reader
from scanform.recognize.ink.sampling_plan import PreparedPage
from scanform.register.prepare import BoxCheck, prepare_page
from scanform.scan.load import rasterize

TEMPLATES = Path(__file__).parents[2] / "templates"
PX = BLANK_DPI / 25.4
BOX_MM, LINE_MM = 5.0, 0.35
PITCHES = ((8.6, 8.2), (12.0, 9.0))
"""Distance of boxes across and down, mm: as close as the rules of the paper allow (3 mm apart), and with room for a
label.
"""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sheet:
    """One kind of page: its layout, how it is printed (H, W at 300 dpi), and what the reader knows of it."""

    name: str
    layout: Layout
    page: PageLayout
    printed: Gray
    check: BoxCheck
    prepared: PreparedPage


@cache
def sheets() -> tuple[Sheet, ...]:
    """Two decks of about 600 and 400 boxes, then the pages of the questionnaire; drawn once per process."""
    questionnaire = load_questionnaire(TEMPLATES / "begegnungsorte.yaml")
    placement = place(questionnaire, language=questionnaire.languages[0], variant="standard", measure=measure)
    printed, blanks = _drawn(placement)
    layout = placement.layout
    decks = [_deck(layout, printed[0], blanks[0], pitch, number) for number, pitch in enumerate(PITCHES, start=1)]
    pages = [
        _sheet(f"page {page.number}", layout, page, gray, blank)
        for page, gray, blank in zip(layout.pages, printed, blanks, strict=True)
        if any(zone.kind is ZoneKind.MARK for zone in page.zones)
    ]
    return (*decks, *pages)


def _drawn(placement: Placement) -> tuple[list[Gray], list[Gray]]:
    layout, instance = placement.layout, "0000042"
    payloads = tuple(
        pagecode.encode(Identity(digest=layout.digest, instance=instance, page=page.number, pages=len(layout.pages)))
        for page in layout.pages
    )
    forms, blanks = BytesIO(), BytesIO()
    draw_forms(
        placement,
        [Copy(form_id=pagecode.form_id(layout.digest, instance), payloads=payloads, token=None, name=None, address=())],
        forms,
    )
    draw_blank(placement, blanks)
    return _pages(forms), _pages(blanks)


def _pages(pdf: BytesIO) -> list[Gray]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "form.pdf"
        path.write_bytes(pdf.getvalue())
        return list(rasterize(path, dpi=BLANK_DPI))


def _sheet(name: str, layout: Layout, page: PageLayout, printed: Gray, blank_gray: Gray) -> Sheet:
    blank = BlankPage(gray=blank_gray, px_per_mm_x=PX, px_per_mm_y=PX)
    boxes = replace(page, zones=tuple(zone for zone in page.zones if zone.kind is ZoneKind.MARK))
    return Sheet(
        name=name,
        layout=layout,
        page=boxes,
        printed=printed,
        check=prepare_page(page, blank),
        prepared=reader.prepare_page(boxes, blank, filled=layout.filled),
    )


def _deck(layout: Layout, printed: Gray, blank: Gray, pitch: tuple[float, float], number: int) -> Sheet:
    first = layout.pages[0]
    furniture = [mark.rect.grown(2.0) for mark in first.fiducials] + [code.rect.grown(2.5) for code in first.codes]
    zones = tuple(_grid(first, furniture, pitch))
    deck = replace(first, zones=zones)
    pictures = []
    for source in (printed, blank):
        gray = np.full_like(source, 255)
        for rect in furniture:
            rows, columns = (
                np.s_[round(rect.y * PX) : round(rect.bottom * PX)],
                np.s_[round(rect.x * PX) : round(rect.right * PX)],
            )
            gray[rows, columns] = source[rows, columns]
        for index, zone in enumerate(zones):
            _draw_box(gray, zone.rect, str(index % 100) if pitch[0] > 10 else "abcdefghik"[index % 10])
        pictures.append(gray)
    return _sheet(f"deck {number}", replace(layout, pages=(deck, *layout.pages[1:])), deck, *pictures)


def _grid(page: PageLayout, furniture: list[RectMm], pitch: tuple[float, float]) -> list[Zone]:
    """Boxes wherever a whole box and its surroundings fit."""
    zones = []
    for row in range(int((page.size.h - 24) / pitch[1])):
        for column in range(int((page.size.w - 20) / pitch[0])):
            rect = RectMm(x=10 + column * pitch[0], y=12 + row * pitch[1], w=BOX_MM, h=BOX_MM)
            room = rect.grown(1.0)
            if not any(
                room.x < f.right and f.x < room.right and room.y < f.bottom and f.y < room.bottom for f in furniture
            ):
                zones.append(
                    Zone(
                        id=f"r{row}c{column}",
                        question=f"r{row}c{column}",
                        option="1",
                        kind=ZoneKind.MARK,
                        rect=rect,
                        multiple=True,
                    )
                )
    return zones


def _draw_box(gray: Gray, rect: RectMm, label: str) -> None:
    inner = rect.grown(-LINE_MM / 2)
    ends = [(round((p.x * PX - 0.5) * 16), round((p.y * PX - 0.5) * 16)) for p in (inner.corners[0], inner.corners[2])]
    cv2.rectangle(gray, ends[0], ends[1], (0,), round(LINE_MM * PX), cv2.LINE_AA, 4)
    cv2.putText(
        gray,
        label,
        (round((rect.right + 0.7) * PX), round((rect.bottom - 1.2) * PX)),
        cv2.FONT_HERSHEY_SIMPLEX,
        0.8,
        (0,),
        2,
        cv2.LINE_AA,
    )
