"""Writing zones (blank or not, text, signature) and the fingerprint of the ink."""

import subprocess
import sys

import cv2
import numpy as np
import pytest

from scanform.imaging.page_image import PageImage
from scanform.recognize.ink.fingerprint import MAX_BYTES, ink_print, same_ink
from scanform.recognize.reader import read_fields
from scanform.recognize.writing.lines import TESSERACT
from scanform.recognize.writing.readers import Readers, best_readers
from scanform.recognize.writing.tesseract import read_line, read_lines
from scanform.recognize.writing.writing import ReadingContext
from scanform.simulate.truth import MarkStyle

TEXTS = {"comb0": "01022024", "text0": "Haus am Park", "sign": "x"}
STYLES = {"r0-o1": MarkStyle.CROSS, "r3-o2": MarkStyle.CROSS, "r6-o0": MarkStyle.TICK, "r9-o5": MarkStyle.CROSS}


@pytest.mark.fast_cases(1)
@pytest.mark.parametrize("pen", ["ballpoint blue", "pencil light", "fineliner"])
def test_writing_is_never_lost_as_blank(sheet, pen):
    """Zones with writing, faint pencil included, are never accepted as blank; the signature is seen."""
    fields = sheet.read(sheet.scan({}, TEXTS, pen=pen, profile="office copier"))
    for name in TEXTS:
        assert fields[name].value != "" or fields[name].problem is not None
    assert fields["sign"].value == "signed"
    assert fields["comb0"].problem in {None, "illegible-cells"}
    assert (
        fields["comb0"].problem is not None
        or fields["comb0"].value == TEXTS["comb0"]
        or fields["comb0"].confidence < 0.995
    )
    assert fields["text0"].problem == "handwriting"
    assert fields["text0"].confidence < 0.9


def test_blank_zones_are_blank(sheet):
    """Zones that nobody touched are empty with high confidence, printed lines and cells notwithstanding."""
    fields = sheet.read(sheet.scan({}, TEXTS, profile="office copier"))
    for name in ("comb1", "text1"):
        assert fields[name].value == ""
        assert fields[name].confidence > 0.99


def test_digits_have_one_character_per_cell(sheet):
    """The text of cells has a place for each cell: spaces for empty ones, ? for what was not understood."""
    value = sheet.read(sheet.scan({}, {"comb0": "  22024 "}))["comb0"].value
    assert len(value) == 8
    assert value[:2] == "  "
    assert value[7] == " "
    assert set(value) <= set("0123456789? ")


def printed_words(text, height=40):
    picture = np.full((height + 30, 24 * len(text) + 60), 255, np.uint8)
    cv2.putText(picture, text, (20, height + 5), cv2.FONT_HERSHEY_SIMPLEX, height / 30, (0,), 3, cv2.LINE_AA)
    return picture


def test_montage_reads_each_line_by_itself():
    """Printed lines come back in order, one result per line, by one call."""
    read = read_lines([printed_words("NACHBAR"), printed_words("1234567"), printed_words("GARTEN")])
    assert [one.text.replace(" ", "").upper() for one in read] == ["NACHBAR", "1234567", "GARTEN"]


def test_printed_id_is_read():
    """The printed text id of a page, as a fallback for its code."""
    assert read_line(printed_words("2BNBJ-0A1B2C3-A")).replace(" ", "").replace("O", "0") == "2BNBJ-0A1B2C3-A"
    assert read_line(np.full((40, 300), 255, np.uint8)) == ""


def test_without_the_program_writing_waits_for_a_person(sheet, monkeypatch):
    """When Tesseract is not installed, inked zones carry a problem; where it alone reads, they have no value.
    Nothing is taken for blank.
    """
    scan = sheet.scan({}, TEXTS)
    monkeypatch.setenv("PATH", "")
    fields = sheet.read(scan)
    assert (fields["text0"].reader, fields["text0"].problem) == ("words/1", "handwriting")
    alone = ReadingContext(readers=Readers(cells=best_readers().cells, lines=TESSERACT))
    fields = {field.zone: field for field in read_fields(scan.image, scan.page_map, sheet.prepared, alone)}
    assert (fields["text0"].value, fields["text0"].problem) == ("", "handwriting")
    assert fields["text0"].confidence < 0.5


def test_text_libraries_are_loaded_only_for_text():
    """A process that reads boxes only never imports pytesseract, pandas and onnxruntime."""
    loads = "import sys, scanform.recognize.reader, scanform.recognize.ink.fingerprint"
    code = f"{loads}; assert not {{'pytesseract', 'pandas', 'onnxruntime'}} & set(sys.modules), 'loaded'"
    subprocess.run([sys.executable, "-c", code], check=True)


def prints(sheet, *scans):
    return [ink_print(scan.image, scan.page_map, sheet.prepared) for scan in scans]


@pytest.mark.slow
def test_same_sheet_scanned_again_is_known(sheet):
    """Another scanner, another skew, a page upside-down: still the same ink."""
    first, again, crooked = prints(
        sheet,
        sheet.scan(STYLES, TEXTS, seed=2),
        sheet.scan(STYLES, TEXTS, seed=2, scan_seed=3, profile="office copier"),
        sheet.scan(STYLES, TEXTS, seed=2, scan_seed=4, profile="crooked"),
    )
    assert same_ink(first, again) > 0.9
    assert same_ink(first, crooked) > 0.9
    assert max(map(len, (first, again, crooked))) <= MAX_BYTES


def test_same_form_filled_by_somebody_else_is_not_the_same(sheet):
    """A photocopied form with the very same answers by another hand is another sheet."""
    one, other = prints(sheet, sheet.scan(STYLES, TEXTS, seed=2), sheet.scan(STYLES, TEXTS, seed=8))
    assert same_ink(one, other) < 0.3


@pytest.mark.slow
@pytest.mark.parametrize("added", [{"r11-o3": MarkStyle.CROSS}, {"r12-o0": MarkStyle.SLASH}])
def test_one_answer_added_later_is_not_swallowed(sheet, added):
    """The same sheet with one more mark must not pass for a re-scan."""
    before, after = prints(
        sheet, sheet.scan(STYLES, {}, seed=2), sheet.scan({**STYLES, **added}, {}, seed=2, scan_seed=5)
    )
    assert same_ink(before, after) < 0.5


@pytest.mark.slow
def test_unanswered_sheets_are_the_same(sheet):
    """Two scans without ink have the same (empty) ink; a symmetric question gives a symmetric answer."""
    blank, again, filled = prints(
        sheet, sheet.scan(seed=2), sheet.scan(seed=3, profile="office copier"), sheet.scan(STYLES)
    )
    assert same_ink(blank, again) > 0.9
    assert same_ink(blank, filled) < 0.1
    assert same_ink(filled, blank) == pytest.approx(same_ink(blank, filled))


def test_foreign_fingerprint_is_refused():
    """Bytes of another version are not compared in silence."""
    with pytest.raises(ValueError, match="fingerprint"):
        same_ink(b"\x09\x00\x00", b"\x09\x00\x00")


def test_page_image_of_another_size_is_read(sheet):
    """A 600 dpi scan is read like a 300 dpi one (it is halved first)."""
    scan = sheet.scan(STYLES)
    large = cv2.resize(scan.gray, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    doubled = np.diag([2.0, 2.0, 1.0]) @ np.array(scan.page_map.homography).reshape(3, 3)
    doubled[:2] += 0.5 * doubled[2]
    page_map = type(scan.page_map)(
        homography=tuple(doubled.ravel().tolist()), residual_mm=0.0, tier=scan.page_map.tier, grid=scan.page_map.grid
    )
    from scanform.recognize.reader import read_fields

    fields = {field.zone: field.value for field in read_fields(PageImage(gray=large), page_map, sheet.prepared)}
    assert {name for name, value in fields.items() if value == "marked"} == set(STYLES)
