"""Pages without markers and codes: known by their print, or not at all."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from scanform.imaging.page_image import PageImage
from scanform.imaging.page_map import Tier
from scanform.register.fit import fit_from_corners, fit_page
from scanform.register.identify_by_print import Known, identify_by_content
from scanform.register.prepare import prepare_page

CORNERS_MM = np.array([(0, 0), (210, 0), (210, 297), (0, 297)], dtype=np.float64)


def bare(page):
    """The page without anything of ours on it."""
    return replace(page, fiducials=(), codes=())


@pytest.fixture(scope="module")
def known(kit, layout):
    """Both pages as foreign ones."""
    pages = [bare(page) for page in layout.pages]
    return [
        Known(
            key=(layout.digest, page.number), page=page, check=prepare_page(page, kit.blank_page(kit.draw_page(page)))
        )
        for page in pages
    ]


@pytest.mark.fast_cases(1)
@pytest.mark.parametrize("turn", [0, 91, 183])
@pytest.mark.parametrize("number", [1, 2])
def test_a_page_is_known_by_its_print(kit, known, number, turn):
    """In any rotation, the right page and the right place."""
    page = known[number - 1].page
    scan = kit.scan(kit.draw_page(page), dpi=150, turn=turn)
    sighting = identify_by_content(scan.image, known)
    assert sighting.key == known[number - 1].key
    assert np.percentile(scan.errors_mm(sighting.page_map, kit.box_centres(page)), 95) < 0.1


def test_two_forms_alike_are_not_chosen_between(kit, known):
    """The same print known under two keys: a person decides."""
    twin = replace(known[0], key=("other", 1))
    sighting = identify_by_content(kit.scan(kit.draw_page(known[0].page), dpi=150).image, [*known, twin])
    assert sighting.key is None
    assert [problem.slug for problem in sighting.problems] == ["ambiguous-form"]


def test_foreign_paper_is_no_known_page(known):
    """Noise and empty paper have no key and no problem."""
    rng = np.random.default_rng(1)
    for gray in (np.full((1754, 1240), 240, np.uint8), rng.integers(0, 256, (1754, 1240)).astype(np.uint8)):
        sighting = identify_by_content(PageImage(gray=gray), known)
        assert (sighting.key, sighting.problems) == (None, ())


@pytest.mark.slow
def test_pages_without_markers_are_fitted(kit, known):
    """Nothing of ours on the page: features of the print give the place."""
    page = known[0].page
    scan = kit.scan(kit.draw_page(page), dpi=200, turn=176)
    page_map = fit_page(scan.image, (), page, known[0].check)
    assert page_map.tier is Tier.T3
    assert np.percentile(scan.errors_mm(page_map, kit.box_centres(page)), 95) < 0.1


@pytest.mark.parametrize("missed_mm", [0, 5])
def test_corners_shown_by_a_person_are_enough(kit, known, missed_mm):
    """Corners that miss by millimetres lead to the right place."""
    page = known[0].page
    scan = kit.scan(kit.draw_page(page), dpi=150, turn=92, perspective=0.04)
    moved = CORNERS_MM + missed_mm * np.array([(1, 0.5), (-0.7, 0.7), (0.5, -1), (1, 0)])
    page_map = fit_from_corners(scan.image, [tuple(point) for point in scan.truth(moved)], page, known[0].check)
    assert page_map.tier is Tier.T4
    assert np.percentile(scan.errors_mm(page_map, kit.box_centres(page)), 95) < 0.1


def test_wrong_corners_are_refused(kit, known):
    """Corners turned by a quarter, mirrored, or a row of boxes off: right or nothing."""
    page = known[0].page
    scan = kit.scan(kit.draw_page(page), dpi=150)
    right = scan.truth(CORNERS_MM)
    for corners in (np.roll(right, 1, axis=0), right[::-1], np.zeros((4, 2))):
        assert fit_from_corners(scan.image, [tuple(point) for point in corners], page, known[0].check) is None
    page_map = fit_from_corners(
        scan.image, [tuple(point) for point in scan.truth(CORNERS_MM + np.array([0, 9]))], page, known[0].check
    )
    assert page_map is None or scan.errors_mm(page_map, kit.box_centres(page)).max() < 0.3


def edition(kit, page, words):
    """The page with words that name its edition, as printed."""
    gray = kit.draw_page(page)
    cv2.putText(gray, words, (kit.px(95), kit.px(28)), cv2.FONT_HERSHEY_SIMPLEX, 2.2, 0, 6, cv2.LINE_AA)
    return gray


@pytest.mark.slow
def test_editions_that_differ_in_a_word_are_told_apart_or_asked(kit, known):
    """The word decides; where it is pasted over, a person does."""
    page = known[0].page
    printed = [edition(kit, page, words) for words in ("Edition of May", "Edition of July")]
    both = [
        Known(key=(name, 1), page=page, check=prepare_page(page, kit.blank_page(gray)))
        for name, gray in zip("ab", printed, strict=True)
    ]
    for name, gray in zip("ab", printed, strict=True):
        assert identify_by_content(kit.scan(gray, dpi=150, turn=1).image, both).key == (name, 1)
    hidden = kit.wipe(printed[0], kit.rect(94, 22, 80, 9))
    sighting = identify_by_content(kit.scan(hidden, dpi=150).image, both)
    assert (sighting.key, [problem.slug for problem in sighting.problems]) == (None, ["ambiguous-form"])
