"""The blank page behind filled scans: marks vanish, print stays, and what cannot be told is named."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from scanform.discover.estimate_blank import estimate_blank
from scanform.imaging.page_map import PageMap, Tier
from scanform.model.geometry import RectMm, SizeMm
from scanform.model.layout import PageLayout, Zone, ZoneKind

PX = 300 / 25.4
SLIP = SizeMm(w=135.0, h=100.0)
PLAIN = PageMap(homography=(PX, 0.0, -0.5, 0.0, PX, -0.5, 0.0, 0.0, 1.0), residual_mm=0.0, tier=Tier.T0)


def px(value):
    return round(value * PX)


def bubbles(letters="ABCD", rows=6):
    """Rows of bubbles with a letter inside each, and a line of text; returns the page and its print."""
    gray, zones = np.full((px(SLIP.h), px(SLIP.w)), 255, np.uint8), []
    cv2.putText(gray, "How was it?", (px(30), px(30)), cv2.FONT_HERSHEY_SIMPLEX, 1.6, 0, 4, cv2.LINE_AA)
    for row in range(rows):
        for column, letter in enumerate(letters):
            rect = RectMm(x=30.0 + 12 * column, y=40.0 + 9 * row, w=5.0, h=5.0)
            zones.append(Zone(id=f"r{row}{letter}", question=f"r{row}", option=letter, kind=ZoneKind.MARK, rect=rect))
            middle = (px(rect.centre.x), px(rect.centre.y))
            cv2.circle(gray, middle, px(2.5) - 2, 0, 3, cv2.LINE_AA)
            cv2.putText(gray, letter, (middle[0] - 9, middle[1] + 9), cv2.FONT_HERSHEY_SIMPLEX, 0.85, 0, 2, cv2.LINE_AA)
    return PageLayout(number=1, size=SLIP, blank="page-1.png", fiducials=(), codes=(), zones=tuple(zones)), gray


def scanned(gray, marked, rng, *, paper=225):
    """A scan with the zones in `marked` blackened, noise, paper that is not white, and print that is not black."""
    out = gray.copy()
    for zone in marked:
        cv2.circle(out, (px(zone.rect.centre.x), px(zone.rect.centre.y)), px(2.2), 30, -1, cv2.LINE_AA)
    flat = 40 + out.astype(np.float32) / 255 * (paper - 40) + rng.normal(0, 3, out.shape)
    return np.clip(flat, 0, 255).astype(np.uint8)


def inside_difference(estimate, gray, zone):
    """Share of a zone that differs by more than half of the range from the true blank, a pixel of tolerance."""
    rows, columns = slice(px(zone.rect.y), px(zone.rect.bottom)), slice(px(zone.rect.x), px(zone.rect.right))
    kernel = np.ones((3, 3), np.uint8)
    found, true = estimate.gray[rows, columns], gray[rows, columns]
    more = (cv2.dilate(found, kernel) < 110) & (true > 140)
    less = (cv2.dilate(true, kernel) < 110) & (found > 140)
    return float(np.mean(more | less))


@pytest.mark.parametrize("scans", [1, 2, 5])
def test_marks_vanish_and_letters_stay(scans):
    """One answer per row on each scan: the blank is found again, letters included."""
    page, gray = bubbles()
    rng = np.random.default_rng(scans)
    pages = [
        (
            scanned(
                gray, [zone for zone in page.zones if zone.option == "ABCD"[(int(zone.question[1]) + number) % 4]], rng
            ),
            PLAIN,
        )
        for number in range(scans)
    ]
    estimate = estimate_blank(pages, page)
    assert estimate.weak == ()
    assert max(inside_difference(estimate, gray, zone) for zone in page.zones) < 0.02
    assert estimate.px_per_mm_x == pytest.approx(PX)


def test_what_everybody_marked_is_no_print():
    """A bubble that is black on all of five scans is told from print by those like it."""
    page, gray = bubbles()
    rng = np.random.default_rng(1)
    pages = [(scanned(gray, [page.zones[5], page.zones[8 + number]], rng), PLAIN) for number in range(5)]
    estimate = estimate_blank(pages, page)
    assert inside_difference(estimate, gray, page.zones[5]) < 0.02


def test_letters_that_stand_only_once_leave_doubt():
    """One scan, each letter once: a marked bubble cannot be explained, so it is named; those without ink need no
    look.
    """
    page, gray = bubbles(letters="ABCDEFGH", rows=1)
    bare = replace(page, zones=page.zones[:4])
    assert set(estimate_blank([(scanned(gray, page.zones[2:3], np.random.default_rng(1)), PLAIN)], bare).weak) == {
        zone.id for zone in bare.zones
    }
    for zone in page.zones:
        cv2.circle(gray, (px(zone.rect.centre.x), px(zone.rect.centre.y)), px(2.0), 255, -1)
    assert estimate_blank([(scanned(gray, [], np.random.default_rng(1)), PLAIN)], bare).weak == ()


def test_black_boxes_that_agree_are_no_look():
    """Most boxes of an option blackened on the only scan: their black is not taken for print."""
    page, gray = bubbles(letters="AB", rows=4)
    marked = [zone for zone in page.zones if zone.option == "A"][:3]
    estimate = estimate_blank([(scanned(gray, marked, np.random.default_rng(1)), PLAIN)], page)
    assert {zone.id for zone in marked} <= set(estimate.weak)


@pytest.mark.slow
def test_named_looks_group_boxes():
    """The letters are told by `looks` where the options of a form do not name them."""
    page, gray = bubbles()
    looks = {zone.id: zone.option for zone in page.zones}
    unnamed = replace(page, zones=tuple(replace(zone, option=str(number)) for number, zone in enumerate(page.zones)))
    pages = [(scanned(gray, [zone for zone in page.zones if zone.option == "C"][:2], np.random.default_rng(2)), PLAIN)]
    assert estimate_blank(pages, unnamed, looks=looks).weak == ()
    assert len(estimate_blank(pages, unnamed).weak) > 10
    assert max(inside_difference(estimate_blank(pages, unnamed, looks=looks), gray, zone) for zone in page.zones) < 0.02
