"""The scanner's truth is true: what is known on paper lands where the page map says, and seeds repeat."""

import time
from dataclasses import replace

import cv2
import numpy as np
import pytest

from scanform.imaging.page_image import Floats, Gray
from scanform.model.geometry import A4
from scanform.model.reading import MarkValue
from scanform.simulate.fill import draw_ink
from scanform.simulate.hands import Hand
from scanform.simulate.pens import PENS
from scanform.simulate.profiles import PROFILES, Profile
from scanform.simulate.scanner import scan_filled, scan_page
from scanform.simulate.truth import MarkStyle, MarkTruth, PageTruth
from scanform.simulate.visibility import faded_marks
from scanform.simulate.warp import draw_map, inverse_map

PX_PER_MM = 300 / 25.4
TOLERANCE_MM = 0.05


def dotted_page() -> tuple[Gray, Floats]:
    """A page with solid dots of 1.6 mm every 30 mm, antialiased, and their centres in mm."""
    page = np.full((3508, 2480), 255, np.uint8)
    places = [(x, y) for y in range(25, 290, 30) for x in range(20, 200, 30)]
    for x, y in places:
        centre = (round((x * PX_PER_MM - 0.5) * 16), round((y * PX_PER_MM - 0.5) * 16))
        cv2.circle(page, centre, round(0.8 * PX_PER_MM * 16), (0,), -1, cv2.LINE_AA, 4)
    return page, np.array(places, dtype=np.float64)


def dot_centres(gray: Gray, near: Floats, reach_px: int) -> Floats:
    """The centre of darkness around each predicted point; NaN where the dot is not whole or disturbed."""
    found = []
    for x, y in near:
        x0, y0 = round(x) - reach_px, round(y) - reach_px
        patch = gray[max(y0, 0) : y0 + 2 * reach_px + 1, max(x0, 0) : x0 + 2 * reach_px + 1]
        if x0 < 0 or y0 < 0 or patch.shape != (2 * reach_px + 1, 2 * reach_px + 1):
            found.append((np.nan, np.nan))
            continue
        dark = np.clip(float(np.median(patch)) - 60 - patch.astype(float), 0, None)
        total = dark.sum()
        rows, columns = np.mgrid[0 : patch.shape[0], 0 : patch.shape[1]]
        found.append(
            (x0 + (dark * columns).sum() / total, y0 + (dark * rows).sum() / total) if total > 0 else (np.nan, np.nan)
        )
    return np.array(found)


def quiet(profile: Profile) -> Profile:
    """The profile without stains and dirt, so that a dot's centre can be measured; geometry and output are
    untouched.
    """
    none = (0.0, 0.0)
    return replace(
        profile,
        specks=none,
        streaks=none,
        dropouts=none,
        stains=none,
        punched=0.0,
        corner_cut=0.0,
        show_through=none,
        print_mottle=none,
        pale_bands=0.0,
        noise=(0.5, 0.5),
    )


@pytest.mark.fast_cases(5)
@pytest.mark.parametrize("name", sorted(PROFILES))
def test_known_points_land_where_the_map_says(name: str) -> None:
    """Every dot of the page is found within 0.05 mm of the predicted pixel, in every profile."""
    page, places = dotted_page()
    scan = scan_page(page, quiet(PROFILES[name]), np.random.default_rng(11))
    predicted = scan.page_map.to_px(places)
    per_mm = scan.dpi / 25.4
    found = dot_centres(scan.gray, predicted, max(8, round(1.6 * per_mm)))
    error = np.hypot(*(found - predicted).T)[~np.isnan(found[:, 0])] / per_mm
    assert len(error) > 40
    assert np.percentile(error, 95) < TOLERANCE_MM
    assert error.max() < 2 * TOLERANCE_MM


@pytest.mark.parametrize("name", ["photo", "worst", "worn feeder", "crooked"])
def test_the_interpolated_inverse_is_exact_enough(name: str) -> None:
    """Between the points of its lattice the inverse map errs by less than 0.02 mm."""
    rng = np.random.default_rng(5)
    page_map, (width, height) = draw_map(PROFILES[name], A4, 200, rng)
    x_mm, y_mm = inverse_map(page_map, (width, height))
    columns, rows = rng.integers(0, width, 400), rng.integers(0, height, 400)
    exact = page_map.to_mm(np.column_stack([columns, rows]).astype(float))
    inside = (exact > 0).all(axis=1) & (exact < [A4.w, A4.h]).all(axis=1)
    error = np.hypot(x_mm[rows, columns] - exact[:, 0], y_mm[rows, columns] - exact[:, 1])[inside]
    assert error.max() < 0.02


@pytest.mark.parametrize("name", ["clean", "fax", "worst"])
def test_a_seed_gives_the_same_bytes(name: str) -> None:
    """Scanning twice with one seed gives identical pictures, JPEG bytes and maps; another seed gives another scan."""
    page, _ = dotted_page()
    first, second, other = (scan_page(page, PROFILES[name], np.random.default_rng(seed)) for seed in (3, 3, 4))
    assert np.array_equal(first.gray, second.gray)
    assert first.jpeg == second.jpeg
    assert first.page_map == second.page_map
    if name != "clean":
        assert first.page_map != other.page_map


def test_the_input_page_is_never_changed() -> None:
    """Printing, handling and scanning work on copies."""
    page, _ = dotted_page()
    before = page.copy()
    scan_page(page, PROFILES["worst"], np.random.default_rng(1), ink=page, back=page)
    assert np.array_equal(page, before)


def test_ink_is_spared_by_a_printer_that_runs_out_of_toner() -> None:
    """Given as a layer, the pen stays dark where print gets pale."""
    blank, ink = np.full((3508, 2480), 255, np.uint8), np.full((3508, 2480), 255, np.uint8)
    blank[1000:1100, 400:2000] = 0
    ink[2000:2100, 400:2000] = 40
    profile = replace(PROFILES["low toner"], skew_deg=(0, 0), scale=(1, 1), shift_mm=(0, 0), dpi=(300,))
    scan = scan_page(blank, profile, np.random.default_rng(2), ink=ink)
    printed, written = (scan.gray[int(r) - 20 : int(r) + 20, 600:1800].mean() for r in (1050, 2050))
    assert printed > 80 > written


def test_one_bit_profiles_hold_only_black_and_white() -> None:
    """A fax has two levels."""
    page, _ = dotted_page()
    scan = scan_page(page, PROFILES["fax"], np.random.default_rng(1))
    assert scan.mono
    assert set(np.unique(scan.gray)) <= {0, 255}


def test_the_office_copier_takes_less_than_a_second() -> None:
    """A page at 300 dpi is simulated in under a second of processor time."""
    page, _ = dotted_page()
    profile = replace(PROFILES["office copier"], dpi=(300,))
    scan_page(page, profile, np.random.default_rng(0))
    start = time.process_time()
    scan_page(page, profile, np.random.default_rng(1))
    assert time.process_time() - start < 1.5


@pytest.mark.parametrize(
    ("profile", "pen", "seen"),
    [("office copier", "ballpoint blue", True), ("fax", "ballpoint black", True), ("fax", "pencil light", False)],
)
def test_marks_that_the_scan_wiped_out_are_named(form, profile: str, pen: str, seen: bool) -> None:  # type: ignore[no-untyped-def]
    """A light pencil does not survive a hard threshold; a ball-point does."""
    marks = {
        name: MarkTruth(value=MarkValue.MARKED, style=MarkStyle.LIGHT_CROSS) for name in ("one.a", "many.b", "sub.c")
    }
    truth = PageTruth(number=1, marks=marks)
    rng = np.random.default_rng(1)
    ink = draw_ink((3508, 2480), form.page, truth, hand=Hand(pen=PENS[pen]), rng=rng)
    scan = scan_page(form.gray, replace(PROFILES[profile], threshold=(115, 120)), rng, ink=ink)
    faded = faded_marks(scan, form.page, truth, ink)
    assert not faded if seen else faded == set(marks)


@pytest.mark.parametrize("name", ["office copier", "worn feeder", "photo", "worst"])
def test_marks_are_found_through_the_map(form, name: str) -> None:  # type: ignore[no-untyped-def]
    """The whole way of a page: what the truth calls marked is dark at the place the map names, what it calls empty
    is not.
    """
    marked = ("one.b", "many.a", "many.c", "sub.c")
    marks = {zone: MarkTruth(value=MarkValue.FILLED, style=MarkStyle.FILL) for zone in marked}
    scan = scan_filled(
        form.gray,
        form.page,
        PageTruth(number=1, marks=marks),
        hand=Hand(pen=PENS["gel"]),
        profile=quiet(PROFILES[name]),
        rng=np.random.default_rng(8),
    )
    dark = {}
    for zone in form.page.zones:
        if zone.option and zone.multiple is not None:
            centre = scan.page_map.to_px(np.array([[zone.rect.centre.x, zone.rect.centre.y]]))[0]
            x, y = (round(float(v)) for v in centre)
            dark[zone.id] = float(scan.gray[y - 2 : y + 3, x - 2 : x + 3].mean())
    assert max(dark[zone] for zone in marked) < min(level for zone, level in dark.items() if zone not in marked) - 40
