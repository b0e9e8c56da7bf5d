"""Poor pictures are said to be poor, good scans never; dark ones are lightened; a sheet on a table is found by its
outline.
"""

from dataclasses import replace

import numpy as np
import pytest

from scanform.imaging.page_image import PageImage
from scanform.model.geometry import A4, SizeMm
from scanform.register.markers import find_markers
from scanform.register.photo import find_sheet, lightened
from scanform.register.quality import Picture, measure_markers, measure_print, verdicts
from scanform.simulate.phone import PLAIN, photograph
from scanform.simulate.profiles import PROFILES
from scanform.simulate.scanner import scan_page

KINDS = {
    "too-blurred": replace(PLAIN, focus_mm=(0.55, 0.6), uneven=0.0),
    "too-dark": replace(PLAIN, exposure=(0.15, 0.18), noise=(2.0, 3.0)),
    "too-small": replace(PLAIN, long_px=(1600,), jpeg=(75, 80)),
}


@pytest.fixture(scope="module")
def printed(tiny_survey):
    """The first page of the small survey, as printed, of whole millimetres."""
    return tiny_survey.pages[0][: round(A4.h * 200 / 25.4), : round(A4.w * 200 / 25.4)]


def slugs(picture):
    return {problem.slug for problem in verdicts(picture)}


@pytest.mark.parametrize("slug", sorted(KINDS))
@pytest.mark.slow
def test_poor_photos_are_said_to_be_poor(printed, slug):
    """Each of three seeds of a poor kind is named by its cause, and by that alone."""
    for seed in range(3):
        image = photograph(printed, KINDS[slug], np.random.default_rng(seed)).image
        markers = find_markers(lightened(image))
        assert markers
        assert slugs(measure_markers(image, markers)) == {slug}


@pytest.mark.slow
def test_shaking_in_one_direction_is_blur(printed):
    """Lines along the movement stay sharp; the others tell."""
    image = photograph(printed, replace(PLAIN, motion_mm=(1.1, 1.2)), np.random.default_rng(4)).image
    assert slugs(measure_markers(image, find_markers(image))) == {"too-blurred"}


@pytest.mark.parametrize("profile", sorted(PROFILES))
@pytest.mark.fast_cases(3)
def test_scans_are_not_called_poor(printed, profile):
    """No kind of scanner, fax and worn toner included, raises a false alarm."""
    scan = scan_page(printed, PROFILES[profile], np.random.default_rng(11))
    assert slugs(measure_markers(scan.image, find_markers(scan.image))) == set()


@pytest.mark.slow
def test_blur_is_measured_in_mm(printed):
    """The measured sigma grows with the true one and stays within a third of it."""
    for radius in (0.3, 0.6):
        photo = photograph(
            printed, replace(PLAIN, focus_mm=(radius, radius), uneven=0.0, motion_mm=(0, 0)), np.random.default_rng(1)
        )
        measured = measure_markers(photo.image, find_markers(photo.image)).blur_mm
        assert measured == pytest.approx(photo.facts.blur_mm, rel=0.4)


@pytest.mark.slow
def test_without_markers_print_tells(printed, tiny_survey):
    """A page whose markers are gone is measured at its print: sharp is sharp, blurred is blurred."""
    found = []
    for profile in (PLAIN, KINDS["too-blurred"]):
        photo = photograph(printed, profile, np.random.default_rng(6))
        found.append(measure_print(photo.image, px_per_mm=photo.facts.px_per_mm))
    sharp, soft = found
    assert slugs(sharp) == set()
    assert "too-blurred" in slugs(soft)


def test_content_beyond_the_edge_is_cut_off(printed, tiny_survey):
    """The picture's edge through the boxes is told, a lost margin is not."""
    scan = scan_page(printed, PROFILES["clean"], np.random.default_rng(1))
    content = [zone.rect for zone in tiny_survey.layout.page(1).zones]
    corners = np.array([(p.x, p.y) for rect in content for p in rect.corners])
    left = corners[:, 0].min()
    for lost_mm, expected in ((left - 2, set()), (left + 3, {"cut-off"})):
        px = round(lost_mm * 300 / 25.4)
        shift = np.array([[1, 0, -px], [0, 1, 0], [0, 0, 1]]) @ np.reshape(scan.page_map.homography, (3, 3))
        page_map = replace(scan.page_map, homography=tuple(shift.ravel().tolist()))
        image = PageImage(gray=np.ascontiguousarray(scan.gray[:, px:]))
        assert slugs(measure_markers(image, find_markers(image), content_mm=corners, page_map=page_map)) == expected


def test_nothing_measured_says_nothing():
    """Where nothing could be measured nothing is claimed."""
    assert verdicts(Picture()) == ()


@pytest.mark.slow
def test_only_dark_pictures_are_lightened(printed):
    """Scans come back as the very same object, faxes too; a dark photo gets white paper."""
    for profile in ("office copier", "fax", "stained", "photo", "worst"):
        image = scan_page(printed, PROFILES[profile], np.random.default_rng(2)).image
        assert lightened(image) is image
    dark = photograph(printed, KINDS["too-dark"], np.random.default_rng(1)).image
    assert np.percentile(dark.gray, 90) < 60
    assert np.percentile(lightened(dark).gray, 90) > 190
    black = PageImage(gray=np.zeros((900, 600), np.uint8))
    assert lightened(black) is black


def test_markers_that_drown_in_the_dark_are_found_again(printed):
    """The adaptive threshold of the marker search wants contrast: lightening gives it back."""
    dark = photograph(
        printed,
        replace(PLAIN, exposure=(0.085, 0.085), noise=(1.0, 1.0), tables=("wood",), papers=(0, 0)),
        np.random.default_rng(1),
    ).image
    assert len(find_markers(dark)) < 3 < len(find_markers(lightened(dark)))


@pytest.mark.parametrize("table", ["wood", "dark", "floor"])
@pytest.mark.slow
def test_a_sheet_is_found_by_its_outline(printed, table):
    """Its corners are within 4 mm on tables darker than paper, and nothing is found where paper fills the picture."""
    photo = photograph(
        printed,
        replace(PLAIN, tables=(table,), papers=(0, 0), curl_mm=(0, 0), tilt_deg=(5, 20)),
        np.random.default_rng(7),
    )
    corners = find_sheet(photo.gray)
    assert corners is not None
    true = photo.page_map.to_px(np.array([(0, 0), (210, 0), (210, 297), (0, 297)], dtype=float))
    apart = np.linalg.norm(corners[:, None] - true[None], axis=2).min(axis=1)
    assert apart.max() < 4 * photo.facts.px_per_mm
    assert (
        find_sheet(
            scan_page(printed, PROFILES["office copier"], np.random.default_rng(1), size=SizeMm(w=210, h=297)).gray
        )
        is None
    )
