"""What stands in the inked zones of a page: cleaned of print, put into montages, read by Tesseract, with the probability that it is right."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np

from scanform.imaging.page_image import Gray
from scanform.imaging.page_map import PageMap
from scanform.model.layout import ZoneKind
from scanform.model.questionnaire import Alphabet
from scanform.recognize import crops, text
from scanform.recognize.areas import Parts
from scanform.recognize.sheets import AreaSheet

CELLS, LINES = "cells", "lines"

_CHARACTERS = {
    Alphabet.LETTERS: "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÜ",
    Alphabet.ALNUM: "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÜ0123456789",
}
_DIGITS = "0123456789"


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What the text reader made of one zone: `kind` of writing, Tesseract's own confidence `sure`, characters or inked cells `length`."""

    text: str
    kind: str
    sure: float
    length: int
    reader: str

    @property
    def confidence(self) -> float:
        """Probability that the text is right: a logistic of Tesseract's confidence and the length, fitted on written samples (models/text.json)."""
        bias, by_sure, by_length = _weights()[self.kind]
        score = bias + by_sure * self.sure + by_length * float(np.log1p(self.length))
        return float(1 / (1 + np.exp(-score)))


NOTHING = Written(text="", kind=LINES, sure=0.0, length=0, reader="tesseract")


def write_out(gray: Gray, page_map: PageMap, sheet: AreaSheet, parts: Parts, numbers: Sequence[int]) -> dict[int, Written]:
    """What Tesseract reads in the spots `numbers` of a page: free handwriting, digits and capitals each by one call."""
    lines: dict[int, list[Gray]] = {}
    cells: dict[str, dict[int, list[Gray | None]]] = {}
    for number in numbers:
        spot = sheet.spots[number]
        if spot.zone.kind is ZoneKind.SIGNATURE:
            continue
        clean = crops.clean_zone(gray, page_map, sheet, parts, number)
        if spot.zone.cells:
            alphabet = _CHARACTERS.get(spot.zone.alphabet or Alphabet.DIGITS, _DIGITS)
            cells.setdefault(alphabet, {})[number] = crops.cells(clean, spot, parts)
        else:
            lines[number] = crops.lines(clean, spot, parts)
    out = _free_text(lines)
    for alphabet, rows in cells.items():
        out |= _cell_text(rows, alphabet)
    return out


def _cell_text(rows: dict[int, list[Gray | None]], alphabet: str) -> dict[int, Written]:
    out = {}
    for (number, row), one in zip(rows.items(), text.read_cells(list(rows.values()), alphabet=alphabet), strict=True):
        inked = sum(cell is not None for cell in row)
        out[number] = Written(text=one.text if inked else "", kind=CELLS, sure=one.sure, length=inked, reader=one.reader)
    return out


def _free_text(zones: dict[int, list[Gray]]) -> dict[int, Written]:
    read = list(text.read_lines([line for lines in zones.values() for line in lines]))
    out: dict[int, Written] = {}
    for number, lines in zones.items():
        mine, read = read[: len(lines)], read[len(lines) :]
        joined = "\n".join(one.text for one in mine if one.text)
        sure = float(np.mean([one.sure for one in mine])) if mine else 0.0
        out[number] = Written(text=joined, kind=LINES, sure=sure, length=len(joined), reader=mine[0].reader if mine else NOTHING.reader)
    return out


@cache
def _weights() -> dict[str, tuple[float, float, float]]:
    raw = json.loads(resources.files("scanform.recognize").joinpath("models", "text.json").read_text("utf-8"))
    return {kind: (float(bias), float(by_sure), float(by_length)) for kind, (bias, by_sure, by_length) in raw["logistic"].items()}
