"""A page that repeats itself, a row of boxes off, half missing or another one: put right or refused, never read."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from scanform.imaging.page_image import PageImage
from scanform.model.geometry import A4, RectMm
from scanform.model.layout import PageLayout, Zone, ZoneKind
from scanform.register.boxes import BoxOffsets
from scanform.register.fit import fit_from_corners, fit_from_homography, fit_page
from scanform.register.prepare import prepare_page
from scanform.register.tiles import TileOffsets
from scanform.register.verify_registration import covered_boxes, is_in_place, page_shift

ROW_MM, COLUMN_MM = 6.0, 8.0
CORNERS_MM = np.array([(0, 0), (210, 0), (210, 297), (0, 297)], dtype=np.float64)


def dense_page(kit, shape="box"):
    """A sheet of 30 rows of 10 boxes or bubbles that repeat, numbers beside them, a line of text above and below;
    its picture at 16 px per mm.
    """
    gray = np.full((kit.px(297), kit.px(210)), 255, np.uint8)
    zones = []
    for row in range(30):
        cv2.putText(
            gray,
            f"{row + 1}",
            (kit.px(30), kit.px(53 + ROW_MM * row)),
            cv2.FONT_HERSHEY_SIMPLEX,
            1.4,
            0,
            4,
            cv2.LINE_AA,
        )
        for column in range(10):
            rect = kit.rect(40 + COLUMN_MM * column, 50 + ROW_MM * row, 4, 4)
            zones.append(
                Zone(id=f"r{row}c{column}", question=f"r{row}", option=str(column), kind=ZoneKind.MARK, rect=rect)
            )
            middle = (kit.px(rect.centre.x), kit.px(rect.centre.y))
            if shape == "box":
                cv2.rectangle(
                    gray,
                    (kit.px(rect.x) + 3, kit.px(rect.y) + 3),
                    (kit.px(rect.right) - 3, kit.px(rect.bottom) - 3),
                    0,
                    5,
                )
            else:
                cv2.circle(gray, middle, kit.px(2) - 3, 0, 5, cv2.LINE_AA)
            if shape == "letter":
                cv2.putText(
                    gray,
                    "ABCDEFGHIJ"[column],
                    (middle[0] - 18, middle[1] + 16),
                    cv2.FONT_HERSHEY_SIMPLEX,
                    1.3,
                    0,
                    3,
                    cv2.LINE_AA,
                )
    for y, words in (
        (30, "Answer sheet of the harbour festival"),
        (250, "Thank you for every single answer"),
        (262, "one sheet for each person"),
    ):
        cv2.putText(gray, words, (kit.px(35), kit.px(y)), cv2.FONT_HERSHEY_SIMPLEX, 2.6, 0, 6, cv2.LINE_AA)
    return PageLayout(number=1, size=A4, blank="page-1.png", fiducials=(), codes=(), zones=tuple(zones)), gray


def filled_in(kit, gray, page, fraction=0.1, seed=3):
    """The sheet with boxes blackened by a broad pen."""
    gray, rng = gray.copy(), np.random.default_rng(seed)
    for zone in page.zones:
        if rng.random() < fraction:
            cv2.circle(gray, (kit.px(zone.rect.centre.x), kit.px(zone.rect.centre.y)), kit.px(2.2), 40, -1, cv2.LINE_AA)
    return gray


@pytest.fixture(scope="module", params=["box", "bubble", "letter"])
def dense(kit, request):
    page, gray = dense_page(kit, request.param)
    return page, gray, prepare_page(page, kit.blank_page(gray))


def worst_mm(kit, scan, page_map, page):
    return float(scan.errors_mm(page_map, kit.box_centres(page)).max())


@pytest.mark.parametrize(
    "damage",
    [
        {"dpi": 200, "turn": 181},
        {"dpi": 100, "jpeg": 40, "turn": 1.5},
        {"dpi": 150, "perspective": 0.03, "margin": 0.2},
    ],
)
@pytest.mark.fast_cases(1)
def test_dense_grids_of_boxes_bubbles_and_letters_are_placed(kit, dense, damage):
    """Repeating rows are no trap: the map is right to a fraction of a millimetre."""
    page, gray, check = dense
    scan = kit.scan(filled_in(kit, gray, page), **damage)
    page_map = fit_page(scan.image, (), page, check)
    assert page_map is not None
    assert worst_mm(kit, scan, page_map, page) < 0.3


@pytest.mark.parametrize("by_mm", [(0, ROW_MM), (0, -2 * ROW_MM), (COLUMN_MM, 0), (-COLUMN_MM, ROW_MM)])
@pytest.mark.fast_cases(1)
def test_a_map_whole_rows_off_is_put_right(kit, dense, by_mm):
    """Boxes fit a row off too; the page as a whole does not, and shows how far."""
    page, gray, check = dense
    scan = kit.scan(filled_in(kit, gray, page), dpi=150)
    moved = np.array([[1, 0, by_mm[0]], [0, 1, by_mm[1]], [0, 0, 1]])
    right = cv2.getPerspectiveTransform(CORNERS_MM.astype(np.float32), scan.truth(CORNERS_MM).astype(np.float32))
    page_map = fit_from_homography(scan.image, right @ moved, page, check)
    assert page_map is not None
    assert worst_mm(kit, scan, page_map, page) < 0.3
    corners = [tuple(point) for point in scan.truth(CORNERS_MM + np.array(by_mm))]
    assert worst_mm(kit, scan, fit_from_corners(scan.image, corners, page, check), page) < 0.3


@pytest.mark.fast_cases(1)
def test_a_map_a_row_off_does_not_prove_itself(kit, dense):
    """Without being put right it would be refused: the page fits better elsewhere."""
    page, gray, check = dense
    scan = kit.scan(filled_in(kit, gray, page), dpi=150)
    right = fit_page(scan.image, (), page, check)
    step = np.reshape(right.homography, (3, 3)) @ np.array([[1, 0, 0], [0, 1, ROW_MM], [0, 0, 1]])
    off = replace(right, homography=tuple(step.ravel()), grid=None)
    assert page_shift(scan.image.gray, right, check, page.size).is_right()
    shifted = page_shift(scan.image.gray, off, check, page.size)
    assert not shifted.is_right()
    assert shifted.by_mm == pytest.approx((0, -ROW_MM), abs=0.6)


@pytest.mark.slow
def test_a_grid_without_anything_else_is_not_read_a_row_off(kit):
    """Nothing but equal boxes on the paper, and a map a row off: right or nothing."""
    gray = np.full((kit.px(297), kit.px(210)), 255, np.uint8)
    zones = []
    for row in range(25):
        for column in range(12):
            rect = kit.rect(30 + 10 * column, 40 + 9 * row, 5, 5)
            zones.append(
                Zone(id=f"r{row}c{column}", question=f"r{row}", option=str(column), kind=ZoneKind.MARK, rect=rect)
            )
            cv2.rectangle(gray, (kit.px(rect.x), kit.px(rect.y)), (kit.px(rect.right), kit.px(rect.bottom)), 0, 5)
    page = PageLayout(number=1, size=A4, blank="page-1.png", fiducials=(), codes=(), zones=tuple(zones))
    check = prepare_page(page, kit.blank_page(gray))
    scan = kit.scan(filled_in(kit, gray, page), dpi=150)
    for by_mm in ((0, 9), (10, 0), (0, 0)):
        corners = [tuple(point) for point in scan.truth(CORNERS_MM + np.array(by_mm))]
        page_map = fit_from_corners(scan.image, corners, page, check)
        assert page_map is None or worst_mm(kit, scan, page_map, page) < 0.3


@pytest.mark.fast_cases(1)
def test_a_page_upside_down_does_not_prove_itself(kit, dense):
    """Corners shown the wrong way round: rows of boxes fit, the page does not."""
    page, gray, check = dense
    scan = kit.scan(filled_in(kit, gray, page), dpi=150)
    corners = [tuple(point) for point in np.roll(scan.truth(CORNERS_MM), 2, axis=0)]
    assert fit_from_corners(scan.image, corners, page, check) is None
    right = fit_page(scan.image, (), page, check)
    turn = np.array([[-1, 0, 210], [0, -1, 297], [0, 0, 1.0]])
    upside_down = replace(right, homography=tuple((np.reshape(right.homography, (3, 3)) @ turn).ravel()), grid=None)
    shift = page_shift(scan.image.gray, upside_down, check, page.size)
    assert shift.turned > shift.here
    assert not shift.is_right()


@pytest.mark.slow
@pytest.mark.parametrize("missing", ["lower half", "right third"])
def test_part_of_a_page_is_refused(kit, dense, missing):
    """What is not on the picture must not be read as empty."""
    page, gray, check = dense
    image = kit.scan(filled_in(kit, gray, page), dpi=150).image
    cut = image.gray.copy()
    if missing == "lower half":
        cut[len(cut) * 9 // 20 :] = 235
    else:
        cut[:, 500:] = 235
    assert fit_page(PageImage(gray=cut), (), page, check) is None


@pytest.mark.fast_cases(1)
def test_another_form_is_refused(kit, dense):
    """Rows of boxes of the same size on another form: no map."""
    page, _, check = dense
    gray = kit.draw_page(replace(kit.make_page(1), fiducials=(), codes=()))
    assert fit_page(kit.scan(gray, dpi=150).image, (), page, check) is None


@pytest.mark.fast_cases(1)
def test_covered_boxes_say_nothing_about_the_place(kit, dense):
    """A blackened box hides its outline; a page with half of its boxes blackened is still placed."""
    page, gray, check = dense
    scan = kit.scan(filled_in(kit, gray, page, fraction=0.5), dpi=150)
    page_map = fit_page(scan.image, (), page, check)
    assert worst_mm(kit, scan, page_map, page) < 0.3
    covered = covered_boxes(scan.image.gray, page_map, check)
    assert 0.4 < covered.mean() < 0.6
    blank = kit.scan(gray, dpi=150)
    assert not covered_boxes(blank.image.gray, fit_page(blank.image, (), page, check), check).any()


def test_print_has_to_stand_around_every_box(kit, dense):
    """All evidence in one corner proves nothing for the others."""
    _, _, check = dense
    count, tiles = len(check.rects_mm), check.tiles_mm
    near = check.rects_mm[:, 1] < 150
    everything = TileOffsets(centres_mm=tiles, offsets_mm=np.zeros((len(tiles), 2)), found=np.ones(len(tiles), bool))
    upper = replace(everything, found=tiles[:, 1] < 150)
    boxes = BoxOffsets(offsets_mm=np.zeros((count, 2)), found=np.ones(count, bool))
    assert is_in_place(check, boxes, np.zeros(count, bool), everything)
    assert not is_in_place(check, replace(boxes, found=near), np.zeros(count, bool), upper)
    assert not is_in_place(
        check,
        replace(boxes, offsets_mm=np.where(near[:, None], 0.6, 0.0) * np.ones((count, 2))),
        np.zeros(count, bool),
        everything,
    )


def test_rect_of_the_page_is_kept(kit, dense):
    """The landmarks know the size of the page and the places where people write."""
    page, _, check = dense
    assert check.size == page.size
    assert RectMm(x=float(check.zones_mm[0, 0]), y=float(check.zones_mm[0, 1]), w=4.0, h=4.0) == page.zones[0].rect
