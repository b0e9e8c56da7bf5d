"""One sheet seen twice, or two sheets: surely the one, surely the other, or a person says."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from scanform.imaging.page_image import PageImage
from scanform.model.geometry import RectPx
from scanform.model.page import Identity, PageRef
from scanform.model.reading import FieldReading, PageReading
from scanform.recognize.ink.extraction import measure
from scanform.recognize.ink.fingerprint import ink_print
from scanform.recognize.ink.same_sheet import SheetEvidence, same_sheet, sheet_evidence
from scanform.recognize.marks.read_marks import read_marks
from scanform.simulate.truth import MarkStyle
from scanform.workflow.settling.photocopies import OTHER_SHEET, SAME_SHEET

MARKS = {
    "r0-o1": MarkStyle.CROSS,
    "r3-o2": MarkStyle.CROSS,
    "r6-o0": MarkStyle.TICK,
    "r9-o5": MarkStyle.CROSS,
    "r12-o3": MarkStyle.CROSS,
}
TEXTS = {"comb0": "01022024", "text0": "Haus am Park"}


def look(sheet, scan, gray=None):
    """What is compared of a scan, read as pages are."""
    image = scan.image if gray is None else PageImage(gray=gray, dpi=scan.dpi)
    reads = read_marks(measure(image, scan.page_map, sheet.prepared), sheet.prepared.marks)
    box = RectPx(x=0, y=0, w=1, h=1)
    fields = [
        FieldReading(
            zone=zone.id, value=read.value, confidence=read.confidence, box=box, reader="marks", problems=read.problems
        )
        for zone, read in zip(sheet.prepared.marks.zones, reads, strict=True)
    ]
    reading = PageReading(
        ref=PageRef(sha256="", path="", index=0),
        identity=Identity(digest="AAAAA", instance="AAAAAAA", page=1, pages=1),
        fields=tuple(fields),
    )
    return sheet_evidence(ink_print(image, scan.page_map, sheet.prepared), reading)


def devices(sheet):
    """One sheet as other devices show it: thinned and hollow strokes in black and white, coarse, pale."""
    scan = sheet.scan(MARKS, TEXTS, seed=2, scan_seed=3, profile="office copier")
    hollow = cv2.adaptiveThreshold(scan.gray, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY, 7, 9)
    thin = np.where(scan.gray > 95, 255, 0).astype(np.uint8)
    pale = (255 - (255 - scan.gray.astype(np.float32)) * 0.35).astype(np.uint8)
    return {
        "hollow": look(sheet, scan, hollow),
        "thin": look(sheet, scan, thin),
        "pale": look(sheet, scan, pale),
        "fax": look(sheet, sheet.scan(MARKS, TEXTS, seed=2, scan_seed=4, profile="fax")),
        "photo": look(sheet, sheet.scan(MARKS, TEXTS, seed=2, scan_seed=5, profile="photo")),
        "worst": look(sheet, sheet.scan(MARKS, TEXTS, seed=2, scan_seed=6, profile="worst")),
    }


@pytest.mark.slow
def test_no_device_makes_a_second_respondent(sheet):
    """Whatever two devices have seen one sheet, they are never surely two sheets."""
    seen = {"good": look(sheet, sheet.scan(MARKS, TEXTS, seed=2)), **devices(sheet)}
    found = {(one, other): same_sheet(seen[one], seen[other]) for one in seen for other in seen if one < other}
    assert {pair: p for pair, p in found.items() if p <= OTHER_SHEET} == {}
    assert found["good", "pale"] >= SAME_SHEET or found["good", "hollow"] >= SAME_SHEET


def test_other_answers_are_two_sheets(sheet):
    """Marks that differ in both directions; and one sheet scanned twice by good scanners is surely one."""
    good = look(sheet, sheet.scan(MARKS, TEXTS, seed=2))
    again = look(sheet, sheet.scan(MARKS, TEXTS, seed=2, scan_seed=3))
    other = look(
        sheet,
        sheet.scan(
            {"r1-o1": MarkStyle.CROSS, "r4-o2": MarkStyle.TICK, "r8-o3": MarkStyle.CROSS},
            TEXTS,
            seed=8,
            profile="office copier",
        ),
    )
    assert same_sheet(good, again) >= SAME_SHEET
    assert same_sheet(good, other) <= OTHER_SHEET
    assert same_sheet(other, good) == same_sheet(good, other)


@pytest.mark.parametrize("lost", [1, 3, 5])
def test_marks_that_a_bad_scan_lost_prove_nothing(sheet, lost):
    """Boxes that a bad scan shows as surely empty: one sheet or two, a person says. On pages that were read well,
    many of them are two sheets.
    """
    good = look(sheet, sheet.scan(MARKS, TEXTS, seed=2))
    gone = sorted(zone for zone, marked in good.marks.items() if marked)[:lost]
    assert len(gone) == lost
    bad = SheetEvidence(
        ink=good.ink, marks={zone: marked and zone not in gone for zone, marked in good.marks.items()}, read_well=0.6
    )
    assert OTHER_SHEET < same_sheet(bad, good) < SAME_SHEET
    assert (same_sheet(replace(bad, read_well=1.0), replace(good, read_well=1.0)) <= OTHER_SHEET) == (lost >= 4)


def test_a_badly_read_page_does_not_prove_two_sheets(sheet):
    """Two marks that differ, one on each: believed where both pages were read well."""
    good = look(sheet, sheet.scan(MARKS, TEXTS, seed=2))
    one, other = (
        sorted(zone for zone, marked in good.marks.items() if marked)[0],
        sorted(zone for zone, marked in good.marks.items() if not marked)[0],
    )
    shifted = replace(good, marks={**good.marks, one: False, other: True})
    assert same_sheet(replace(good, read_well=1.0), replace(shifted, read_well=1.0)) <= OTHER_SHEET
    assert same_sheet(good, replace(shifted, read_well=0.3)) > OTHER_SHEET


def test_empty_pages_look_alike(sheet):
    blank, again = look(sheet, sheet.scan(seed=2)), look(sheet, sheet.scan(seed=3, profile="office copier"))
    assert same_sheet(blank, again) >= SAME_SHEET
    assert SAME_SHEET > same_sheet(blank, look(sheet, sheet.scan({}, TEXTS, seed=2))) > OTHER_SHEET
