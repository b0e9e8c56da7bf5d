"""Check boxes in the closed loop: print, fill, scan, read, compare; doubt is never silent."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from scanform.imaging.page_image import BlankPage, PageImage
from scanform.imaging.page_map import PageMap, Tier
from scanform.model.geometry import A4
from scanform.model.layout import ZoneKind
from scanform.model.questionnaire import Filled
from scanform.model.reading import MarkValue
from scanform.recognize.ink.extraction import measure
from scanform.recognize.marks import features
from scanform.recognize.marks import read_marks as marks
from scanform.recognize.marks.read_marks import read_marks
from scanform.recognize.marks.strata import STRATA
from scanform.recognize.networks.npz_model import STRANGE_CAP, load, probabilities
from scanform.recognize.reader import prepare_page, read_fields
from scanform.simulate.truth import (
    FILLED_STYLES,
    HARD_STYLES,
    MARKED_STYLES,
    NEAR_MISS_STYLES,
    UNCLEAR_STYLES,
    MarkStyle,
)

PX = 300 / 25.4
CLEAR = 0.995


def marks_of(sheet):
    return [zone for zone in sheet.page.zones if zone.kind is ZoneKind.MARK]


def value_of(style):
    """What must be read; None: only a person can tell."""
    if style in UNCLEAR_STYLES:
        return None
    if style in (*FILLED_STYLES, MarkStyle.SCRIBBLED_OUT, MarkStyle.OVERFILL):
        return MarkValue.FILLED
    return MarkValue.MARKED if style in (*MARKED_STYLES, *HARD_STYLES) else MarkValue.EMPTY


def silent_errors(fields, styles):
    """Boxes that were read wrong without a word: sure, and no reason to look."""
    return [
        (name, styles.get(name), field.value, round(field.confidence, 4))
        for name, field in fields.items()
        if name.startswith("r")
        and field.value != value_of(styles.get(name, MarkStyle.NONE))
        and field.confidence >= CLEAR
        and field.problem is None
    ]


def everywhere(sheet, styles, *, step=2):
    """Each style in turn on every `step`-th box."""
    return {
        zone.id: styles[number // step % len(styles)]
        for number, zone in enumerate(marks_of(sheet))
        if number % step == 0
    }


def test_untouched_page_is_empty_everywhere(sheet):
    """On a scan without ink every box is empty, sure and without a problem; the fields stand in the order of the
    layout.
    """
    scan = sheet.scan(profile="office copier", seed=5)
    fields = read_fields(scan.image, scan.page_map, sheet.prepared)
    assert [field.zone for field in fields] == [zone.id for zone in sheet.page.zones]
    assert {field.value for field in fields} == {"empty", ""}
    boxes = [field for field in fields if field.zone.startswith("r")]
    assert np.mean([field.confidence > CLEAR and field.problem is None for field in boxes]) > 0.97


@pytest.mark.parametrize("pen", ["ballpoint blue", "pencil light", "gel"])
@pytest.mark.fast_cases(1)
def test_crosses_and_ticks_count(sheet, pen):
    """Crosses, ticks and slashes of any pen are marks, and most need no person."""
    styles = everywhere(sheet, (MarkStyle.CROSS, MarkStyle.TICK, MarkStyle.SLASH, MarkStyle.BACKSLASH))
    fields = sheet.read(sheet.scan(styles, pen=pen))
    assert silent_errors(fields, styles) == []
    right = [fields[name].value == MarkValue.MARKED for name in styles]
    sure = [fields[name].confidence > CLEAR for name in styles]
    assert np.mean(right) == 1
    assert np.mean(sure) > 0.8


@pytest.mark.parametrize("profile", ["good scanner", "office copier", "worn feeder", "150 dpi"])
@pytest.mark.fast_cases(2)
def test_no_style_is_read_wrong_in_silence(sheet, profile):
    """Every style, near misses included, is read right or sent to a person."""
    styles = everywhere(sheet, [style for style in MarkStyle if style is not MarkStyle.NONE])
    assert silent_errors(sheet.read(sheet.scan(styles, profile=profile, seed=3)), styles) == []


@pytest.mark.slow
def test_filled_boxes_are_told_from_crosses(sheet):
    """A filled box is FILLED, a cross is MARKED; where half of all marks are filled boxes, none is taken for
    something else in silence.
    """
    styles = everywhere(sheet, (MarkStyle.FILL, *[MarkStyle.CROSS] * 3))
    fields = sheet.read(sheet.scan(styles, seed=4))
    assert all(fields[name].value == value_of(style) for name, style in styles.items())
    styles = everywhere(sheet, (MarkStyle.FILL, MarkStyle.CROSS))
    assert silent_errors(sheet.read(sheet.scan(styles, seed=4)), styles) == []


def test_near_misses_carry_a_reason_when_in_doubt(sheet):
    """Strokes of neighbours, specks and resting pens are no marks; whoever is unsure says why."""
    styles = everywhere(sheet, NEAR_MISS_STYLES)
    fields = sheet.read(sheet.scan(styles, seed=6))
    for name in styles:
        assert fields[name].value == MarkValue.EMPTY or fields[name].problem in {"unclear-mark", "stray-ink"}
        assert fields[name].confidence >= 0.97 or fields[name].problem is not None


def test_what_only_a_person_can_tell_goes_to_a_person(sheet):
    """An empty box with a circle around it is never taken for empty or for marked."""
    styles = everywhere(sheet, (MarkStyle.CIRCLE_AROUND,), step=3)
    for seed in (7, 8):
        fields = sheet.read(sheet.scan(styles, profile="good scanner", seed=seed))
        assert [name for name in styles if fields[name].problem is None and fields[name].confidence >= CLEAR] == []


def test_streak_is_known_as_one(sheet):
    """A scanner's line through a column of boxes is no mark: the boxes it touches say `streak`, the others nothing."""
    styles = {"r2-o1": MarkStyle.CROSS, "r5-o4": MarkStyle.CROSS}
    scan = sheet.scan(styles)
    gray = scan.gray.copy()
    column = round(float(scan.page_map.to_px(np.array([[55.5, 150.0]]))[0, 0]))
    gray[:, column - 1 : column + 2] = np.minimum(gray[:, column - 1 : column + 2], 120)
    fields = {field.zone: field for field in read_fields(PageImage(gray=gray), scan.page_map, sheet.prepared)}
    touched = {name for name, field in fields.items() if field.problem == "streak"}
    assert touched >= {f"r{row}-o1" for row in range(14)}
    assert not any(name.endswith(("o3", "o4", "o5")) for name in touched)
    assert [name for name, field in fields.items() if field.value == "marked"] == ["r2-o1", "r5-o4"]


@pytest.mark.parametrize("shift", [(0.3, 0.0), (-0.25, 0.3), (0.0, -0.4)])
@pytest.mark.fast_cases(1)
def test_error_of_registration_is_taken_back_box_by_box(sheet, shift):
    """Boxes that lie 0.4 mm beside the expected place are found in their windows: same values, none silently wrong."""
    styles = everywhere(sheet, (MarkStyle.CROSS, MarkStyle.TICK, MarkStyle.FILL))
    scan = sheet.scan(styles)
    wrong = np.array(scan.page_map.homography).reshape(3, 3) @ np.array([[1, 0, shift[0]], [0, 1, shift[1]], [0, 0, 1]])
    off = PageMap(homography=tuple(wrong.ravel().tolist()), residual_mm=0.3, tier=Tier.T0, grid=scan.page_map.grid)
    fields = sheet.read(scan, off)
    assert silent_errors(fields, styles) == []
    assert np.mean([fields[name].value == value_of(style) for name, style in styles.items()]) > 0.97
    found = measure(scan.image, off, sheet.prepared).marks.shift_mm
    assert np.median(found, axis=0) == pytest.approx((-shift[0], -shift[1]), abs=0.06)


def test_boxes_far_from_their_place_go_to_a_person(sheet):
    """Where the map errs by 0.8 mm the print is still found, but a person has to say that it is the right box."""
    styles = everywhere(sheet, (MarkStyle.CROSS,))
    scan = sheet.scan(styles)
    wrong = np.array(scan.page_map.homography).reshape(3, 3) @ np.array([[1, 0, 0.8], [0, 1, 0], [0, 0, 1]])
    off = PageMap(homography=tuple(wrong.ravel().tolist()), residual_mm=0.3, tier=Tier.T1, grid=scan.page_map.grid)
    fields = sheet.read(scan, off)
    boxes = [field for name, field in fields.items() if name.startswith("r")]
    assert all(field.problem is not None for field in boxes)
    assert np.mean([field.problem == "box-moved" for field in boxes]) > 0.8


def test_print_inside_a_box_is_no_ink(sheet):
    """What the blank form has in a box is not taken for a mark: the comparison is with the print in place, not with
    white.
    """
    gray = sheet.gray.copy()
    zone = marks_of(sheet)[8]
    corners = [(round(p.x * PX), round(p.y * PX)) for p in zone.rect.grown(-1).corners]
    cv2.line(gray, corners[0], corners[2], (0,), 4)
    cv2.line(gray, corners[1], corners[3], (0,), 4)
    blank = BlankPage(gray=gray, px_per_mm_x=gray.shape[1] / A4.w, px_per_mm_y=gray.shape[0] / A4.h)
    aware = prepare_page(sheet.page, blank, filled=Filled.WITHDRAWN)
    page_map = PageMap(
        homography=(blank.px_per_mm_x, 0, -0.5, 0, blank.px_per_mm_y, -0.5, 0, 0, 1), residual_mm=0.0, tier=Tier.T0
    )
    values = [
        {f.zone: f.value for f in read_fields(PageImage(gray=gray), page_map, page)}[zone.id]
        for page in (aware, sheet.prepared)
    ]
    assert values == ["empty", "marked"]


def test_probabilities_add_up_and_strange_boxes_are_not_sure(sheet):
    """Class probabilities sum to one; a box unlike all training boxes never reaches the acceptance threshold."""
    scan = sheet.scan(everywhere(sheet, (MarkStyle.CROSS,)))
    rows = features.describe(measure(scan.image, scan.page_map, sheet.prepared), sheet.prepared.marks)
    network = load("marks", features.NAMES)
    usual = probabilities(network, rows)
    assert usual.sum(axis=1) == pytest.approx(1, abs=1e-5)
    rows[:, features.COLUMN["shift"]] = 50
    assert probabilities(network, rows).max() <= STRANGE_CAP + 1e-6


def test_a_page_without_boxes_is_fine(sheet):
    """Pages of nothing but writing zones, or of nothing at all, are read too."""
    scan = sheet.scan()
    for zones in (tuple(z for z in sheet.page.zones if z.kind is not ZoneKind.MARK), ()):
        page = type(sheet.page)(number=1, size=A4, blank="", fiducials=(), codes=(), zones=zones)
        prepared = prepare_page(
            page, BlankPage(gray=sheet.gray, px_per_mm_x=PX, px_per_mm_y=PX), filled=Filled.WITHDRAWN
        )
        assert len(read_fields(scan.image, scan.page_map, prepared)) == len(zones)


def test_a_page_that_lost_its_marks_is_not_unanswered(sheet):
    """Traces in several boxes and no mark anywhere: a person looks at every box; an untouched page is read as
    unanswered.
    """
    scan = sheet.scan({}, profile="good scanner", seed=3)
    untouched = read_fields(scan.image, scan.page_map, sheet.prepared)
    boxes = marks_of(sheet)
    assert not any(field.problem for field in untouched if field.zone in {zone.id for zone in boxes})
    for zone in boxes[::8]:
        x, y = scan.page_map.to_px(np.array([[zone.rect.centre.x, zone.rect.centre.y]]))[0].round().astype(int)
        scan.image.gray[y - 4 : y + 4, x - 4 : x + 4] -= np.uint8(18)
    traces = {field.zone: field for field in read_fields(scan.image, scan.page_map, sheet.prepared)}
    assert {traces[zone.id].problem for zone in boxes} == {"lost-ink"}


def test_where_filling_is_marking_its_own_thresholds_count(sheet, monkeypatch):
    """Each way of reading filled boxes goes by the thresholds that were learnt for it, and only by those."""
    network = load("marks", features.NAMES)
    assert network.clear_inked.shape == network.clear.shape == (len(STRATA),)
    styles = {zone.id: MarkStyle.CROSS for zone in marks_of(sheet)[::2]}
    scan = sheet.scan(styles, profile="good scanner", pen="ballpoint blue", seed=8)
    ink = measure(scan.image, scan.page_map, sheet.prepared)
    for name, strict in (("clear_inked", Filled.MARK), ("clear", Filled.WITHDRAWN)):
        refusing = replace(network, **{name: np.full(len(STRATA), 2, np.float32)})
        monkeypatch.setattr(marks, "load", lambda *_, refusing=refusing: refusing)
        for filled in (Filled.MARK, Filled.WITHDRAWN):
            doubted = [bool(one.problems) for one in read_marks(ink, sheet.prepared.marks, filled=filled)]
            assert all(doubted) if filled is strict else sum(doubted) < 5
