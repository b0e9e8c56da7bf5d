"""From a registered page to a reading of each of its zones: the public face of `recognize`."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np

from scanform.imaging.page_image import BlankPage, Gray, PageImage
from scanform.imaging.page_map import PageMap
from scanform.model.geometry import RectPx
from scanform.model.layout import PageLayout, Zone, ZoneKind
from scanform.model.questionnaire import Alphabet, Filled
from scanform.model.reading import Candidate, FieldReading
from scanform.recognize import areas, crops, ink, text
from scanform.recognize.areas import Parts
from scanform.recognize.darkness import PageInk, measure
from scanform.recognize.marks import READER, ClearSettings, read_marks
from scanform.recognize.model import load, probabilities
from scanform.recognize.sample import Singles
from scanform.recognize.sheets import PreparedPage, prepare

INK_READER = "ink/1"
SIGNED = "signed"

_CHARACTERS = {
    Alphabet.LETTERS: "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÜ",
    Alphabet.ALNUM: "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÜ0123456789",
}
_DIGITS = "0123456789"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written:
    """What the text reader made of one zone."""

    text: str
    confidence: float
    reader: str


def prepare_page(page: PageLayout, blank: BlankPage, *, filled: Filled) -> PreparedPage:
    """All that is known before a scan: expected print and where to sample. Keep it for every scan of this page."""
    return prepare(page, blank, filled=filled)


def read_fields(image: PageImage, page_map: PageMap, prepared: PreparedPage) -> tuple[FieldReading, ...]:
    """The readings of all zones of a page, in the order of the layout."""
    page = measure(image, page_map, prepared)
    return _readings(image, page_map, prepared, page, areas.find_parts(page, prepared.areas))


def read_page(image: PageImage, page_map: PageMap, prepared: PreparedPage) -> tuple[tuple[FieldReading, ...], bytes]:
    """`read_fields` and `ink.ink_print` from one measurement: a third cheaper than calling both."""
    page = measure(image, page_map, prepared)
    parts = areas.find_parts(page, prepared.areas)
    return _readings(image, page_map, prepared, page, parts), ink.print_of(page, prepared, parts)


def _readings(image: PageImage, page_map: PageMap, prepared: PreparedPage, page: PageInk, parts: Parts) -> tuple[FieldReading, ...]:
    boxes = _boxes_px(image, page_map, prepared.page.zones)
    found = {**_mark_fields(page, prepared, boxes), **_area_fields(image, page_map, prepared, (page, parts), boxes)}
    return tuple(found[zone.id] for zone in prepared.page.zones)


def _boxes_px(image: PageImage, page_map: PageMap, zones: Sequence[Zone]) -> dict[str, RectPx]:
    """The pixel box of each zone, clipped to the page, by one mapping."""
    corners = np.array([[[p.x, p.y] for p in zone.rect.corners] for zone in zones]).reshape(-1, 2)
    mapped = page_map.to_px(corners).reshape(-1, 4, 2) if len(zones) else corners.reshape(-1, 4, 2)
    limit = np.array([image.width, image.height])
    low, high = np.clip(np.floor(mapped.min(axis=1)), 0, limit), np.clip(np.ceil(mapped.max(axis=1)), 0, limit)
    edges = np.concatenate([low, high - low], axis=1).astype(int).tolist()
    return {zone.id: RectPx(x=x, y=y, w=w, h=h) for zone, (x, y, w, h) in zip(zones, edges, strict=True)}


def _mark_fields(page: PageInk, prepared: PreparedPage, boxes: dict[str, RectPx]) -> dict[str, FieldReading]:
    readings = read_marks(page, prepared.marks, ClearSettings())
    return {
        zone.id: FieldReading(
            zone=zone.id, value=one.value, confidence=one.confidence, box=boxes[zone.id], reader=READER, candidates=one.candidates, problem=one.problem
        )
        for zone, one in zip(prepared.marks.zones, readings, strict=True)
    }


def _area_fields(
    image: PageImage, page_map: PageMap, prepared: PreparedPage, found: tuple[PageInk, Parts], boxes: dict[str, RectPx]
) -> dict[str, FieldReading]:
    sheet, (page, parts) = prepared.areas, found
    if not sheet.spots:
        return {}
    network = load("areas")
    described = areas.describe(page, sheet, parts)
    inked = probabilities(network, described)[:, network.classes.index("inked")]
    written = _write_out(image, page_map, prepared, parts, [n for n, odds in enumerate(inked) if odds > ClearSettings().doubtful])
    return {
        spot.zone.id: _area_field(spot.zone, float(inked[number]), described[number], written.get(number), boxes[spot.zone.id])
        for number, spot in enumerate(sheet.spots)
    }


def _area_field(zone: Zone, inked: float, facts: Singles, written: _Written | None, box: RectPx) -> FieldReading:
    clear = ClearSettings().clear
    unsure = max(inked, 1 - inked) < clear
    if inked < 0.5:
        named = dict(zip(areas.NAMES, facts.tolist(), strict=True))
        reason = "stray-ink" if named["entering"] > 0 and named["own"] == 0 else "unsure-blank"
        other = (Candidate(value=written.text, probability=inked * written.confidence),) if written and written.text.strip() else ()
        return FieldReading(
            zone=zone.id, value="", confidence=1 - inked, box=box, reader=INK_READER,
            candidates=(Candidate(value="", probability=1 - inked), *other), problem=reason if unsure else None,
        )  # fmt: skip
    if zone.kind is ZoneKind.SIGNATURE:
        return FieldReading(
            zone=zone.id, value=SIGNED, confidence=inked, box=box, reader=INK_READER,
            candidates=(Candidate(value=SIGNED, probability=inked), Candidate(value="", probability=1 - inked)), problem="unsure-blank" if unsure else None,
        )  # fmt: skip
    read = written or _Written(text="", confidence=0.0, reader="tesseract")
    confidence = inked * read.confidence if read.text.strip() else 0.0
    return FieldReading(
        zone=zone.id, value=read.text, confidence=confidence, box=box, reader=read.reader,
        candidates=(*((Candidate(value=read.text, probability=confidence),) if read.text.strip() else ()), Candidate(value="", probability=1 - inked)),
        problem="illegible-cells" if zone.kind is ZoneKind.COMB and ("?" in read.text or not read.text.strip()) else "handwriting",
    )  # fmt: skip


def _write_out(image: PageImage, page_map: PageMap, prepared: PreparedPage, parts: Parts, numbers: Sequence[int]) -> dict[int, _Written]:
    """What Tesseract reads in the given zones: free handwriting, digits and capitals each by one call."""
    lines: list[tuple[int, list[Gray]]] = []
    cells: dict[str, list[tuple[int, list[Gray | None]]]] = {}
    for number in numbers:
        spot = prepared.areas.spots[number]
        if spot.zone.kind is ZoneKind.SIGNATURE:
            continue
        clean = crops.clean_zone(image.gray, page_map, prepared.areas, parts, number)
        if spot.zone.cells:
            alphabet = _CHARACTERS.get(spot.zone.alphabet or Alphabet.DIGITS, _DIGITS)
            cells.setdefault(alphabet, []).append((number, crops.cells(clean, spot, parts)))
        else:
            lines.append((number, crops.lines(clean, spot, parts)))
    out = _free_text(lines)
    for alphabet, rows in cells.items():
        read = text.read_cells([row for _, row in rows], alphabet=alphabet)
        for (number, row), one in zip(rows, read, strict=True):
            count = sum(cell is not None for cell in row)
            out[number] = _Written(text=one.text if count else "", confidence=_text_odds("cells", one.sure, count), reader=one.reader)
    return out


def _free_text(zones: Sequence[tuple[int, list[Gray]]]) -> dict[int, _Written]:
    read = list(text.read_lines([line for _, lines in zones for line in lines]))
    out: dict[int, _Written] = {}
    for number, lines in zones:
        mine, read = read[: len(lines)], read[len(lines) :]
        joined = "\n".join(one.text for one in mine if one.text)
        sure = float(np.mean([one.sure for one in mine])) if mine else 0.0
        out[number] = _Written(text=joined, confidence=_text_odds("lines", sure, len(joined)), reader=mine[0].reader if mine else "tesseract")
    return out


def _text_odds(kind: str, sure: float, length: int) -> float:
    """Probability that a text is right: a logistic of Tesseract's confidence and the length, fitted on written samples (models/text.json)."""
    bias, by_sure, by_length = _text_model()[kind]
    return float(1 / (1 + np.exp(-(bias + by_sure * sure + by_length * np.log1p(length)))))


@cache
def _text_model() -> dict[str, tuple[float, float, float]]:
    raw = json.loads(resources.files("scanform.recognize").joinpath("models", "text.json").read_text("utf-8"))
    return {kind: tuple(numbers) for kind, numbers in raw["logistic"].items()}
