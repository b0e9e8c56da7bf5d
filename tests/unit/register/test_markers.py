"""Markers are found in any turn and resolution, exactly, and false ones bend nothing."""

import cv2
import numpy as np
import pytest

from scanform.imaging.page_image import PageImage
from scanform.register.markers import Marker, find_all_markers, find_markers, is_mirrored, page_number
from scanform.register.pose import fit_pose


def corner_errors_mm(scan, markers, page):
    rects = {fiducial.id: fiducial.rect for fiducial in page.fiducials}
    wanted = np.concatenate([scan.truth([(p.x, p.y) for p in rects[marker.id].corners]) for marker in markers])
    seen = np.concatenate([marker.corners_px for marker in markers])
    return np.linalg.norm(seen - wanted, axis=1) / (scan.image.dpi / 25.4)


@pytest.mark.parametrize(
    ("damage", "limit_mm"),
    [
        ({}, 0.02),
        ({"turn": 93}, 0.02),
        ({"turn": 178, "scale": 0.94}, 0.02),
        ({"turn": 266}, 0.02),
        ({"dpi": 100}, 0.1),
        pytest.param({"dpi": 600}, 0.02, marks=pytest.mark.slow),
        ({"dpi": 200, "bilevel": True, "noise": 12}, 0.12),
        ({"dpi": 150, "jpeg": 30}, 0.06),
        ({"perspective": 0.06}, 0.03),
    ],
)
@pytest.mark.fast_cases(1)
def test_corner_markers_are_found_and_exact(kit, layout, printed, damage, limit_mm):
    """The four corner markers at least, their corners right to hundredths of a millimetre."""
    scan = kit.scan(printed, **damage)
    markers = find_markers(scan.image)
    assert {0, 2, 5, 7} <= {marker.id for marker in markers}
    assert page_number(markers) == 1
    assert np.median(corner_errors_mm(scan, markers, layout.page(1))) < limit_mm


def test_whole_page_shows_all_eight(kit, printed):
    """The search of the whole page finds each marker, ordered by id."""
    assert [marker.id for marker in find_all_markers(kit.scan(printed, dpi=200).image)] == list(range(8))


def test_cut_corners_are_made_up_for_by_edges(kit, layout, printed):
    """With two corners lost the edge markers are found."""
    lost = [layout.page(1).fiducials[index].rect for index in (0, 7)]
    ids = {marker.id for marker in find_markers(kit.scan(kit.wipe(printed, *lost), dpi=200).image)}
    assert ids >= {2, 5} | {1, 3, 4, 6}


def test_scribbled_marker_is_dropped(kit, layout, printed):
    """A marker under a scribble does not appear, or not wrongly; the pose stays exact."""
    page = layout.page(1)
    gray = printed.copy()
    area = page.fiducials[2].rect
    rng = np.random.default_rng(3)
    points = (
        np.stack([rng.uniform(area.x - 2, area.right + 2, 14), rng.uniform(area.y - 2, area.bottom + 2, 14)], axis=1)
        * kit.PPM
    ).astype(np.int32)
    cv2.polylines(gray, [points], False, 20, 12, cv2.LINE_AA)
    scan = kit.scan(gray)
    pose = fit_pose(find_markers(scan.image), page.fiducials, page.size)
    centres = kit.box_centres(page)
    assert np.abs(cv2.perspectiveTransform(centres[:, None], pose.homography)[:, 0] - scan.truth(centres)).max() < 0.6


def test_foreign_marker_on_the_page_bends_nothing(kit, layout, printed):
    """A marker of the right page at the wrong place is outvoted, one of another page ignored."""
    page = layout.page(1)
    gray = kit.wipe(printed, page.fiducials[2].rect)
    dictionary = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_4X4_250)
    kit.paste(gray, dictionary.generateImageMarker(2, 120), kit.rect(165, 35, 8, 8))
    kit.paste(gray, dictionary.generateImageMarker(77, 120), kit.rect(150, 255, 8, 8))
    scan = kit.scan(gray)
    markers = find_all_markers(scan.image)
    assert {2, 77} <= {marker.id for marker in markers}
    pose = fit_pose(markers, page.fiducials, page.size)
    assert 2 not in pose.used
    assert page_number(markers) == 1
    centres = kit.box_centres(page)
    assert np.abs(cv2.perspectiveTransform(centres[:, None], pose.homography)[:, 0] - scan.truth(centres)).max() < 0.6


def test_two_markers_that_contradict_give_no_pose(layout):
    """Two markers whose distance is impossible are no pose."""
    square = np.array([(0, 0), (80, 0), (80, 80), (0, 80)], dtype=float)
    near = [
        Marker(id=0, corners_px=tuple(map(tuple, square + 100))),
        Marker(id=7, corners_px=tuple(map(tuple, square + np.array([300, 250])))),
    ]
    assert fit_pose(near, layout.page(1).fiducials, layout.page(1).size) is None


def test_mirrored_page_is_known_as_such(kit, printed):
    """A flipped page shows no markers but is recognised; a right one is not called mirrored."""
    image = kit.scan(printed, dpi=150).image
    flipped = PageImage(gray=np.ascontiguousarray(image.gray[:, ::-1]))
    assert find_markers(flipped) == ()
    assert is_mirrored(flipped)
    assert not is_mirrored(image)


def test_front_shining_through_is_not_a_mirrored_page(kit, printed):
    """The faint mirror image of the front on a blank back is no mirrored page."""
    image = kit.scan(printed, dpi=150, noise=1).image
    through = (255 - (255 - image.gray[:, ::-1].astype(float)) * 0.12).astype(np.uint8)
    assert not is_mirrored(PageImage(gray=through))


@pytest.mark.parametrize("shape", [(1, 1), (5, 300), (40, 30), (200, 150)])
def test_tiny_and_empty_pages_have_no_markers(shape):
    """Nothing is found on pictures of any size that show nothing."""
    assert find_markers(PageImage(gray=np.full(shape, 230, np.uint8))) == ()


def test_page_number_needs_a_majority():
    """Two pages named equally often are none."""
    corners = ((0.0, 0.0),) * 4
    assert page_number([Marker(id=0, corners_px=corners), Marker(id=8, corners_px=corners)]) is None
    assert page_number([]) is None
    assert (
        page_number(
            [Marker(id=9, corners_px=corners), Marker(id=10, corners_px=corners), Marker(id=0, corners_px=corners)]
        )
        == 2
    )


def test_marker_at_the_very_edge_of_the_picture(kit, printed, layout):
    """A scan that ends at the marker's corner is no error."""
    scan = kit.scan(printed, dpi=150)
    for cut in range(8, 22):
        gray = np.ascontiguousarray(scan.image.gray[round(cut / 2 * 150 / 25.4) :, round(cut / 2 * 150 / 25.4) :])
        assert len(find_markers(PageImage(gray=gray))) >= 1


def test_shifted_sheet_is_found_beyond_the_snug_corners(kit, printed):
    """Markers further inside than on a sheet that lies in place are found by the wider search, as exactly."""
    scan = kit.scan(printed, dpi=200)
    margin = round(20 / 25.4 * 200)
    gray = np.pad(scan.image.gray, margin, constant_values=255)
    near, far = find_markers(scan.image), find_markers(PageImage(gray=gray, dpi=200))
    assert [marker.id for marker in far] == [marker.id for marker in near]
    np.testing.assert_allclose(
        [marker.corners_px for marker in far], np.add([marker.corners_px for marker in near], margin), atol=0.1
    )
