"""A page map is exact or it is not given: accuracy against known warps, refusal of wrong registrations."""

import cv2
import numpy as np
import pytest

from scanform.imaging.page_image import PageImage
from scanform.imaging.page_map import Tier
from scanform.register.fit import fit_page
from scanform.register.markers import find_markers
from scanform.register.prepare import prepare_page


def wave(amplitude_mm, length_mm, phase=0.0):
    """Feeder stretch: lines shift along the page."""
    return lambda points: np.stack(
        [np.zeros(len(points)), amplitude_mm * np.sin(2 * np.pi * points[:, 1] / length_mm + phase)], axis=1
    )


def curl(points):
    """A curled page: 5 mm along, 3 mm across."""
    return np.stack([3 * np.sin(np.pi * points[:, 0] / 210), 5 * np.sin(np.pi * points[:, 1] / 297)], axis=1)


def fitted(scan, page, check):
    return fit_page(scan.image, find_markers(scan.image), page, check)


def p95(scan, page_map, kit, page):
    return float(np.percentile(scan.errors_mm(page_map, kit.box_centres(page)), 95))


FLAT = {
    "clean": ({}, 0.02),
    "turned": ({"turn": 93.5}, 0.02),
    "upside down, 94 %": ({"turn": 176, "scale": 0.94}, 0.02),
    "turned back, 94 %": ({"turn": 266, "scale": 0.94}, 0.02),
    "103 %": ({"scale": 1.03, "turn": 1}, 0.02),
    "150 dpi": ({"dpi": 150}, 0.03),
    "100 dpi": ({"dpi": 100}, 0.05),
    "600 dpi": ({"dpi": 600}, 0.02),
    "1-bit 200 dpi": ({"dpi": 200, "bilevel": True, "noise": 15}, 0.06),
    "JPEG q30 150 dpi": ({"dpi": 150, "jpeg": 30}, 0.05),
    "perspective": ({"perspective": 0.06}, 0.03),
}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow) if "600" in name else name for name in FLAT]
)
@pytest.mark.fast_cases(1)
def test_flat_pages_need_only_the_homography(kit, layout, printed, check, name):
    """Flat scans are confirmed at once and lie right to hundredths of a millimetre."""
    damage, limit_mm = FLAT[name]
    scan = kit.scan(printed, **damage)
    page_map = fitted(scan, layout.page(1), check)
    assert page_map.tier is Tier.T0
    assert page_map.residual_mm < 0.06
    assert p95(scan, page_map, kit, layout.page(1)) < limit_mm


@pytest.mark.parametrize(
    "bend",
    [wave(1, 300), wave(1, 150, 1), wave(0.5, 90, 0.5), wave(1, 90, 2)],
    ids=["1/300", "1/150", "0.5/90", "1/90"],
)
@pytest.mark.fast_cases(1)
def test_feeder_stretch_is_followed(kit, layout, printed, check, bend):
    """Waves of up to a millimetre end within 0.3 mm at 95 % of the boxes; the homography alone errs by one to two."""
    scan = kit.scan(printed, dpi=200, bend=bend)
    page_map = fitted(scan, layout.page(1), check)
    assert page_map.tier is not Tier.T0
    assert page_map.grid is not None
    assert p95(scan, page_map, kit, layout.page(1)) < 0.3


@pytest.mark.slow
def test_curled_photo_is_followed(kit, layout, printed, check):
    """A photographed page that is curled by millimetres is refined with tiles."""
    scan = kit.scan(printed, bend=curl, perspective=0.05)
    page_map = fitted(scan, layout.page(1), check)
    assert page_map.tier is Tier.T2
    assert p95(scan, page_map, kit, layout.page(1)) < 0.3


@pytest.mark.parametrize(
    "lost", [(0,), (0, 7), (0, 1, 2, 3), (0, 2, 3, 4, 5, 7)], ids=["one", "two", "upper left", "all but two"]
)
@pytest.mark.fast_cases(2)
def test_lost_markers_do_not_matter(kit, layout, printed, check, lost):
    """Two markers are enough, as the boxes prove the rest."""
    page = layout.page(1)
    scan = kit.scan(kit.wipe(printed, *[page.fiducials[index].rect for index in lost]), dpi=200, turn=2)
    page_map = fitted(scan, page, check)
    assert p95(scan, page_map, kit, page) < 0.1


@pytest.mark.fast_cases(1)
@pytest.mark.parametrize("with_codes", [True, False])
def test_pages_without_markers_are_found_by_codes_or_features(kit, layout, printed, check, with_codes):
    """No marker at all: the codes, else the print itself, give the place."""
    page = layout.page(1)
    hidden = [fiducial.rect for fiducial in page.fiducials] + ([] if with_codes else [area.rect for area in page.codes])
    scan = kit.scan(kit.wipe(printed, *hidden), dpi=150, turn=181)
    page_map = fitted(scan, page, check)
    assert page_map.tier is Tier.T3
    assert p95(scan, page_map, kit, page) < 0.1


@pytest.mark.slow
def test_marks_and_streaks_do_not_disturb(kit, layout, printed, check):
    """Crosses in many boxes, filled boxes, streaks over columns of boxes: the stretched page is still followed."""
    page = layout.page(1)
    gray = printed.copy()
    rng = np.random.default_rng(5)
    for index, zone in enumerate(page.zones[:-1]):
        x, y, side = kit.px(zone.rect.x), kit.px(zone.rect.y), kit.px(5)
        a, b, c, d = rng.integers(-20, 20, 4).tolist()
        if index % 3 == 0:
            cv2.line(gray, (x + a, y + b), (x + side + c, y + side + d), 40, 9, cv2.LINE_AA)
            cv2.line(gray, (x + side + b, y + a), (x + d, y + side + c), 40, 9, cv2.LINE_AA)
        elif index % 10 == 1:
            gray[y + 8 : y + side - 8, x + 8 : x + side - 8] = 30
    gray[:, kit.px(29) : kit.px(29.4)] = 90
    gray[:, kit.px(133.1) : kit.px(133.3)] = 60
    scan = kit.scan(gray, bend=wave(0.6, 200))
    assert p95(scan, fitted(scan, page, check), kit, page) < 0.15


@pytest.mark.parametrize("by_mm", [(0, 9), (4, 4), (0, 3), (47, 0)])
@pytest.mark.fast_cases(2)
def test_wrong_registration_is_not_believed(kit, layout, printed, check, by_mm):
    """Two markers pasted elsewhere (even by exactly one row of boxes): the page ends right or unread, never wrong."""
    page = layout.page(1)
    gray = kit.wipe(printed, *[fiducial.rect for fiducial in page.fiducials])
    for fiducial in (page.fiducials[0], page.fiducials[6]):
        area = fiducial.rect
        part = printed[kit.px(area.y) : kit.px(area.bottom), kit.px(area.x) : kit.px(area.right)]
        kit.paste(gray, part, kit.rect(area.x + by_mm[0], area.y + by_mm[1], area.w, area.h))
    scan = kit.scan(gray, dpi=150)
    assert len(find_markers(scan.image)) == 2
    page_map = fitted(scan, page, check)
    assert page_map is None or scan.errors_mm(page_map, kit.box_centres(page)).max() < 0.3


@pytest.mark.slow
def test_print_of_another_page_is_refused(kit, layout, check):
    """The markers of page 1 around print of another edition: no map."""
    page = layout.page(1)
    gray = np.full((kit.px(297), kit.px(210)), 255, np.uint8)
    original = kit.draw_page(page)
    for fiducial in page.fiducials:
        area = fiducial.rect
        rows, columns = slice(kit.px(area.y), kit.px(area.bottom)), slice(kit.px(area.x), kit.px(area.right))
        gray[rows, columns] = original[rows, columns]
    for row in range(60):
        cv2.putText(
            gray,
            "another letter altogether " * 2,
            (kit.px(25), kit.px(40 + 4 * row)),
            cv2.FONT_HERSHEY_SIMPLEX,
            1.4,
            0,
            4,
        )
    assert fitted(kit.scan(gray, dpi=150), page, check) is None


def test_half_a_page_is_refused(kit, layout, printed, check):
    """A sheet whose lower half is missing cannot be proved and goes to a person."""
    image = kit.scan(printed, dpi=150).image
    half = image.gray.copy()
    half[len(half) // 2 :] = 235
    cut = PageImage(gray=half)
    assert fit_page(cut, find_markers(cut), layout.page(1), check) is None


def test_blank_and_foreign_paper_have_no_map(kit, layout, check):
    """No markers and nothing of the form on the paper: no map."""
    rng = np.random.default_rng(1)
    for gray in (np.full((1754, 1240), 240, np.uint8), rng.integers(0, 256, (1754, 1240)).astype(np.uint8)):
        assert fit_page(PageImage(gray=gray), (), layout.page(1), check) is None


def test_without_a_blank_page_only_good_markers_count(kit, layout, printed):
    """Without boxes to check, a flat page is taken by its markers and a bent one is refused."""
    flat = kit.scan(printed, dpi=150)
    page_map = fitted(flat, layout.page(1), None)
    assert p95(flat, page_map, kit, layout.page(1)) < 0.05
    assert fit_page(flat.image, find_markers(flat.image)[:2], layout.page(1), None) is None


@pytest.mark.slow
def test_pages_with_few_boxes_are_proved_by_tiles(kit, layout, printed, blank):
    """A page of text with three boxes is registered and, with other print, refused."""
    page = layout.page(1)
    few = type(page)(
        number=1, size=page.size, blank=page.blank, fiducials=page.fiducials, codes=page.codes, zones=page.zones[:3]
    )
    check = prepare_page(few, blank)
    assert len(check.rects_mm) == 3
    scan = kit.scan(printed, dpi=150)
    assert p95(scan, fitted(scan, few, check), kit, page) < 0.1
    mixed = scan.image.gray.copy()
    mixed[200:1500, 150:1100] = np.random.default_rng(2).integers(0, 256, (1300, 950))
    image = PageImage(gray=mixed)
    assert fit_page(image, find_markers(image), few, check) is None
