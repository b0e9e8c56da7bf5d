"""The text in the inked zones of a page: cleaned of print, passed to the readers of cells and of lines."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from scanform.imaging.page_image import Gray
from scanform.imaging.page_map import PageMap
from scanform.model.layout import ZoneKind
from scanform.model.questionnaire import Alphabet, TextForm
from scanform.model.reading import Candidate
from scanform.recognize.ink.sampling_plan import AreaSheet
from scanform.recognize.ink.writing_areas import Parts
from scanform.recognize.writing import crops
from scanform.recognize.writing.cell_ink import CellRow, cell_row
from scanform.recognize.writing.readers import CellImages, LineImages, Printed, Readers


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneText:
    """The reading of one zone: values with their probabilities, most probable first (none if nothing was read), and the
    reader; `clear`: nothing about it needs review as such.
    """

    texts: tuple[Candidate, ...]
    reader: str
    clear: bool = False

    @property
    def text(self) -> str:
        """The most probable value, "" if nothing was read."""
        return self.texts[0].value if self.texts else ""

    @property
    def confidence(self) -> float:
        """Its probability."""
        return self.texts[0].probability if self.texts else 0.0


NOTHING = ZoneText(texts=(), reader="")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingContext:
    """The readers, what the page itself bears in print (question -> text), and which questions ask for a phone number
    or an e-mail address.
    """

    readers: Readers
    printed: Mapping[str, Printed] = field(default_factory=dict)
    forms: Mapping[str, TextForm] = field(default_factory=dict)


def write_out(
    gray: Gray, page_map: PageMap, sheet: AreaSheet, parts: Parts, numbers: Sequence[int], *, by: ReadingContext
) -> dict[int, ZoneText]:
    """The readings of the spots `numbers` of a page: all cells at once, all lines in one call."""
    lines: dict[int, LineImages] = {}
    rows: dict[int, CellRow] = {}
    for number in numbers:
        spot = sheet.spots[number]
        if spot.zone.kind is ZoneKind.SIGNATURE:
            continue
        if spot.zone.cells:
            rows[number] = cell_row(gray, page_map, sheet, parts, number)
        else:
            printed = by.printed.get(spot.zone.question) if spot.zone.option is None else None
            values, expected = (printed.among, printed.own) if printed else (spot.values, "")
            pictures = crops.lines(crops.clean_zone(gray, page_map, sheet, parts, number), spot, parts)
            form = by.forms.get(spot.zone.question) if spot.zone.option is None else None
            lines[number] = LineImages(pictures=pictures, values=values, expected=expected, form=form)
    return _free_text(lines, by.readers) | _cell_text(
        rows, {number: sheet.spots[number].zone.alphabet or Alphabet.ALNUM for number in rows}, by.readers
    )


def _cell_text(rows: dict[int, CellRow], alphabets: dict[int, Alphabet], readers: Readers) -> dict[int, ZoneText]:
    found = (
        readers.cells.read([CellImages(cells=row.cells, alphabet=alphabets[number]) for number, row in rows.items()])
        if rows
        else ()
    )
    out = {}
    for (number, row), one in zip(rows.items(), found, strict=True):
        empty = all(cell is None for cell in row.cells)
        out[number] = ZoneText(
            texts=() if empty else one.texts, reader=one.reader, clear=not (one.unread or row.doubtful or empty)
        )
    return out


def _free_text(zones: dict[int, LineImages], readers: Readers) -> dict[int, ZoneText]:
    """Only listed answers can be clear: remarks are always proposals for a person."""
    found = readers.lines.read(list(zones.values())) if zones else ()
    return {
        number: ZoneText(texts=one.texts, reader=one.reader, clear=bool(zones[number].values) and not one.unread)
        for number, one in zip(zones, found, strict=True)
    }
