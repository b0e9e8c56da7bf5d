"""Phone pictures: the true map is true, the file is what a phone writes, and each kind shows what it is named after."""

from dataclasses import replace
from io import BytesIO

import cv2
import numpy as np
import pytest
from PIL import Image

from scanform.imaging.sampling import sample_patches
from scanform.simulate.phone import BLURRED, CURLED, CUT_OFF, DARK, PHONE_PROFILES, PLAIN, SMALL, photograph

PX_PER_MM = 15
"""381 dpi: a whole number, as printers and the simulator count."""
DOTS = np.array([(x, y) for x in range(20, 200, 34) for y in range(20, 290, 32)], dtype=float)


@pytest.fixture(scope="module")
def dotted():
    """A page with round dots of 3 mm at known places."""
    gray = np.full((297 * PX_PER_MM, 210 * PX_PER_MM), 255, np.uint8)
    for x, y in DOTS:
        cv2.circle(
            gray,
            (round((x * PX_PER_MM - 0.5) * 16), round((y * PX_PER_MM - 0.5) * 16)),
            round(1.5 * PX_PER_MM * 16),
            0,
            -1,
            cv2.LINE_AA,
            4,
        )
    return gray


def dot_errors_mm(photo):
    """How far (mm) the middle of each dot is from where the true map puts it."""
    patches = sample_patches(photo.gray, photo.page_map, DOTS, size_mm=6, px_per_mm=10).astype(float)
    dark = np.clip(np.percentile(patches, 90, axis=(1, 2))[:, None, None] * 0.6 - patches, 0, None)
    ticks = (np.arange(patches.shape[1]) + 0.5) / 10 - 3
    total = np.maximum(dark.sum(axis=(1, 2)), 1e-3)
    off = np.hypot((dark.sum(axis=1) * ticks).sum(axis=1) / total, (dark.sum(axis=2) * ticks).sum(axis=1) / total)
    return np.where(total > 1, off, np.inf)


@pytest.mark.fast_cases(1)
@pytest.mark.parametrize("kind", ["plain", "tilted", "curled", "folded", "messenger"])
def test_the_true_map_is_true(dotted, kind):
    """Each dot is where the map says, whatever tilt, curl and folds do."""
    photo = photograph(dotted, PHONE_PROFILES[kind], np.random.default_rng(3))
    assert dot_errors_mm(photo).max() < 0.12


def test_a_flat_map_would_err(dotted):
    """A curled page is not where a homography alone puts it: the test above can fail."""
    photo = photograph(
        dotted, replace(CURLED, curl_mm=(12, 14), tilt_deg=(15, 18), fills=(0.7, 0.75)), np.random.default_rng(3)
    )
    flat = replace(photo, page_map=replace(photo.page_map, grid=None))
    assert dot_errors_mm(photo).max() < 0.15 < dot_errors_mm(flat).max()


def test_the_file_is_a_phones(dotted):
    """12 million pixels, colour, and an EXIF orientation by which viewers turn the page upright."""
    photo = photograph(
        dotted, replace(PLAIN, turned=(0, 1, 0, 0), tagged=1.0, roll_deg=(0, 0)), np.random.default_rng(1)
    )
    with Image.open(BytesIO(photo.jpeg)) as picture:
        assert (picture.size, picture.mode, picture.getexif()[0x0112]) == ((4032, 3024), "RGB", 8)
    down = photo.page_map.to_px(np.array([[100.0, 100.0], [100.0, 200.0]]))
    assert (
        down[1, 0] < down[0, 0] - 500
    )  # the foot of the page is on the left: turning it 270 degrees clockwise makes it upright


@pytest.mark.slow
def test_kinds_show_what_they_are_named_after(dotted):
    """Blurred, dark, small and cut off pictures have those facts."""
    facts = {
        profile.name: photograph(dotted, profile, np.random.default_rng(2)).facts
        for profile in (PLAIN, BLURRED, DARK, SMALL, CUT_OFF)
    }
    assert facts["plain"].blur_mm < 0.05 < facts["blurred"].blur_mm
    assert facts["dark"].exposure < 0.5 < facts["plain"].exposure
    assert facts["small"].px_per_mm < 7 < facts["plain"].px_per_mm
    assert facts["cut off"].shown < 1.0 == facts["plain"].shown


@pytest.mark.slow
def test_the_same_seed_gives_the_same_picture(dotted):
    """Pictures are repeatable."""
    first, second = (photograph(dotted, PLAIN, np.random.default_rng(5)) for _ in range(2))
    assert first.jpeg == second.jpeg
    assert first.page_map == second.page_map
