"""The ink of writing zones as the readers get it: rows of cells and images of lines, for training on what people
confirmed.
"""

from collections.abc import Collection
from dataclasses import dataclass

from scanform.imaging.page_image import Gray, PageImage
from scanform.imaging.page_map import PageMap
from scanform.model.layout import ZoneKind
from scanform.recognize.ink import writing_areas
from scanform.recognize.ink.extraction import measure
from scanform.recognize.ink.sampling_plan import PreparedPage
from scanform.recognize.writing import crops
from scanform.recognize.writing.cell_ink import CellRow, cell_row


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenInk:
    """By zone id: the cells of each row, and the pictures of the lines of each handwriting zone (only lines that
    hold ink).
    """

    rows: dict[str, CellRow]
    lines: dict[str, list[Gray]]


def written_ink(image: PageImage, page_map: PageMap, prepared: PreparedPage, zones: Collection[str]) -> WrittenInk:
    """The ink of the zones with these ids, cropped in the same way as for reading; signatures are left out."""
    page, sheet = measure(image, page_map, prepared), prepared.areas
    parts = writing_areas.find_parts(page, sheet)
    chosen = [
        number
        for number, spot in enumerate(sheet.spots)
        if spot.zone.id in zones and spot.zone.kind is not ZoneKind.SIGNATURE
    ]
    rows = {
        sheet.spots[n].zone.id: cell_row(image.gray, page_map, sheet, parts, n)
        for n in chosen
        if sheet.spots[n].zone.cells
    }
    lines = {
        spot.zone.id: crops.lines(crops.clean_zone(image.gray, page_map, sheet, parts, n), spot, parts)
        for n in chosen
        for spot in [sheet.spots[n]]
        if not spot.zone.cells
    }
    return WrittenInk(rows=rows, lines=lines)
