"""From a registered page to a reading of each of its zones: the public API of `recognize`."""

from collections.abc import Mapping

import numpy as np

from scanform.imaging.page_image import BlankPage, PageImage, Singles
from scanform.imaging.page_map import PageMap
from scanform.model.geometry import RectPx
from scanform.model.layout import PageLayout, Zone, ZoneKind
from scanform.model.questionnaire import Filled
from scanform.model.reading import Candidate, FieldReading, MarkValue
from scanform.recognize.ink import fingerprint, writing_areas
from scanform.recognize.ink.extraction import PageInk, measure
from scanform.recognize.ink.label_margin import found_in_margins
from scanform.recognize.ink.outside import outside_zones, without_outside
from scanform.recognize.ink.sampling_plan import PreparedPage, prepare
from scanform.recognize.ink.writing_areas import Parts
from scanform.recognize.marks.read_marks import READER, ClearSettings, read_marks
from scanform.recognize.networks.npz_model import load, probabilities
from scanform.recognize.writing import cells, writing
from scanform.recognize.writing.readers import best_readers
from scanform.recognize.writing.writing import NOTHING, ReadingContext, ZoneText

INK_READER = "ink/1"
SIGNED = "signed"

BLANK_CLEAR = 0.99
"""Below this confidence in ink or no ink a writing zone carries a reason for review."""


def prepare_page(
    page: PageLayout, blank: BlankPage, *, filled: Filled, lists: Mapping[str, tuple[str, ...]] | None = None
) -> PreparedPage:
    """Everything known before a scan: expected print, sampling positions, and the texts that a question lists. Keep it
    for all scans of this page.
    """
    return prepare(page, blank, filled=filled, lists=lists)


def read_fields(
    image: PageImage, page_map: PageMap, prepared: PreparedPage, by: ReadingContext | None = None
) -> tuple[FieldReading, ...]:
    """The readings of all zones of a page, in the order of the layout. `by` says who reads writing (the best installed
    readers) and what this form bears in print.
    """
    page = measure(image, page_map, prepared)
    return _readings(
        image,
        page_map,
        prepared,
        (page, writing_areas.find_parts(page, prepared.areas)),
        by or ReadingContext(readers=best_readers()),
    )


def read_page(
    image: PageImage, page_map: PageMap, prepared: PreparedPage, by: ReadingContext | None = None
) -> tuple[tuple[FieldReading, ...], bytes]:
    """`read_fields` and `ink.ink_print` from one measurement: a third cheaper than calling both."""
    page = measure(image, page_map, prepared)
    parts = writing_areas.find_parts(page, prepared.areas)
    return _readings(
        image, page_map, prepared, (page, parts), by or ReadingContext(readers=best_readers())
    ), fingerprint.ink_fingerprint(page, prepared, parts)


def _readings(
    image: PageImage, page_map: PageMap, prepared: PreparedPage, seen: tuple[PageInk, Parts], by: ReadingContext
) -> tuple[FieldReading, ...]:
    boxes = _boxes_px(image, page_map, prepared)
    found = _mark_fields(image, page_map, seen[0], prepared, boxes) | _area_fields(
        image, page_map, prepared, seen, boxes, by=by
    )
    zones = prepared.page.zones
    return without_outside(
        tuple(found[zone.id] for zone in zones), outside_zones(image, page_map, zones, prepared.corners_mm), zones
    )


def _boxes_px(image: PageImage, page_map: PageMap, prepared: PreparedPage) -> dict[str, RectPx]:
    """The pixel box of each zone, clipped to the page, by one mapping."""
    zones, corners = prepared.page.zones, prepared.corners_mm
    mapped = page_map.to_px(corners.reshape(-1, 2)).reshape(corners.shape) if len(zones) else corners
    limit = np.array([image.width, image.height])
    low, high = np.clip(np.floor(mapped.min(axis=1)), 0, limit), np.clip(np.ceil(mapped.max(axis=1)), 0, limit)
    edges = np.concatenate([low, high - low], axis=1).astype(int).tolist()
    return {zone.id: RectPx(x=x, y=y, w=w, h=h) for zone, (x, y, w, h) in zip(zones, edges, strict=True)}


def _mark_fields(
    image: PageImage, page_map: PageMap, page: PageInk, prepared: PreparedPage, boxes: dict[str, RectPx]
) -> dict[str, FieldReading]:
    readings = read_marks(page, prepared.marks, filled=prepared.filled)
    fields = {
        zone.id: FieldReading(
            zone=zone.id,
            value=one.value,
            confidence=one.confidence,
            box=boxes[zone.id],
            reader=READER,
            candidates=one.candidates,
            problems=one.problems,
        )
        for zone, one in zip(prepared.marks.zones, readings, strict=True)
    }
    answered = {zone.question for zone in prepared.marks.zones if fields[zone.id].value != MarkValue.EMPTY}
    strips = prepared.strips
    chosen = [n for n, name in enumerate(strips.zones) if strips.questions[n] not in answered]
    paper = dict(zip((zone.id for zone in prepared.marks.zones), page.marks.paper.tolist(), strict=True))
    for name, problem in found_in_margins(image.gray, page_map, strips, chosen, paper=paper, toner=page.toner).items():
        fields[name] = fields[name].doubted(problem)
    return fields


def _area_fields(
    image: PageImage,
    page_map: PageMap,
    prepared: PreparedPage,
    found: tuple[PageInk, Parts],
    boxes: dict[str, RectPx],
    *,
    by: ReadingContext,
) -> dict[str, FieldReading]:
    sheet, (page, parts) = prepared.areas, found
    if not sheet.spots:
        return {}
    network = load("areas", writing_areas.NAMES)
    described = writing_areas.describe(page, sheet, parts)
    inked = probabilities(network, described)[:, network.classes.index("inked")]
    worth_reading = [number for number, probs in enumerate(inked) if probs > ClearSettings().doubtful]
    written = writing.write_out(image.gray, page_map, sheet, parts, worth_reading, by=by)
    return {
        spot.zone.id: _area_field(
            spot.zone, float(inked[number]), described[number], written.get(number), boxes[spot.zone.id]
        )
        for number, spot in enumerate(sheet.spots)
    }


def _area_field(zone: Zone, inked: float, facts: Singles, written: ZoneText | None, box: RectPx) -> FieldReading:
    unsure = max(inked, 1 - inked) < BLANK_CLEAR
    if inked < 0.5:
        named = dict(zip(writing_areas.NAMES, facts.tolist(), strict=True))
        reason = "stray-ink" if named["entering"] > 0 and named["own"] == 0 else "unsure-blank"
        other = (
            (Candidate(value=written.text, probability=inked * written.confidence),)
            if written and written.text.strip()
            else ()
        )
        return FieldReading(
            zone=zone.id, value="", confidence=1 - inked, box=box, reader=INK_READER,
            candidates=(Candidate(value="", probability=1 - inked), *other), problems=(reason,) if unsure else (),
        )  # fmt: skip
    if zone.kind is ZoneKind.SIGNATURE:
        return FieldReading(
            zone=zone.id,
            value=SIGNED,
            confidence=inked,
            box=box,
            reader=INK_READER,
            candidates=(Candidate(value=SIGNED, probability=inked), Candidate(value="", probability=1 - inked)),
            problems=("unsure-blank",) if unsure else (),
        )
    read = written or NOTHING
    others = tuple(
        Candidate(value=one.value, probability=inked * one.probability) for one in read.texts if one.value.strip()
    )
    unread = not read.text.strip() or not read.clear or (zone.kind is ZoneKind.COMB and cells.UNREAD in read.text)
    return FieldReading(
        zone=zone.id,
        value=read.text,
        confidence=others[0].probability if others else 0.0,
        box=box,
        reader=read.reader,
        candidates=tuple(
            sorted((*others, Candidate(value="", probability=1 - inked)), key=lambda one: -one.probability)
        ),
        problems=() if not unread else ("illegible-cells",) if zone.kind is ZoneKind.COMB else ("handwriting",),
    )
