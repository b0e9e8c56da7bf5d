"""Whole forms of ours with markers and codes erased, as if printed elsewhere: simulated scans are placed by their
print, or refused.
"""

from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from pdf2image import convert_from_bytes

from scanform.formats.questionnaires.read_yaml import load_questionnaire
from scanform.imaging.page_image import BLANK_DPI, BlankPage
from scanform.layout.pdf.draw import draw_blank
from scanform.layout.pdf.fonts import measure
from scanform.layout.place import place
from scanform.model.layout import ZoneKind
from scanform.register.fit import fit_page
from scanform.register.prepare import prepare_page
from scanform.simulate.answers import random_truth
from scanform.simulate.hands import random_hand
from scanform.simulate.scanner import PROFILES, scan_filled

pytestmark = pytest.mark.slow

TEMPLATE = Path(__file__).parents[3] / "templates" / "begegnungsorte.yaml"
WRONG_MM = 0.7
"""Boxes read at a wrong place are off by more."""


@pytest.fixture(scope="module")
def foreign():
    """The questionnaire, its layout, and of each page the layout without markers, the picture without them, and the
    landmarks.
    """
    questionnaire = load_questionnaire(TEMPLATE)
    placement = place(questionnaire, language="de", variant="standard", measure=measure)
    pdf = BytesIO()
    draw_blank(placement, pdf)
    pages = []
    for page, picture in zip(
        placement.layout.pages, convert_from_bytes(pdf.getvalue(), dpi=BLANK_DPI, grayscale=True), strict=True
    ):
        gray = np.array(picture)
        for area in [fiducial.rect for fiducial in page.fiducials] + [code.rect for code in page.codes]:
            top, bottom, left, right = (
                round(value * BLANK_DPI / 25.4) for value in (area.y - 1, area.bottom + 1, area.x - 1, area.right + 1)
            )
            gray[top:bottom, left:right] = 255
        bare = replace(page, fiducials=(), codes=())
        check = prepare_page(bare, BlankPage(gray=gray, px_per_mm_x=BLANK_DPI / 25.4, px_per_mm_y=BLANK_DPI / 25.4))
        pages.append((bare, gray, check))
    return questionnaire, placement.layout, pages


def scans(foreign, profile, seed):
    """Layout, landmarks and scan of each page as a random person filled it."""
    questionnaire, layout, pages = foreign
    rng = np.random.default_rng(seed)
    hand = random_hand(rng)
    truth = random_truth(questionnaire, layout, rng, hand=hand)
    for (page, gray, check), ink in zip(pages, truth.pages, strict=True):
        yield page, check, scan_filled(gray, page, ink, hand=hand, profile=PROFILES[profile], rng=rng)


def off_mm(page, scan, page_map):
    rects = [zone.rect for zone in page.zones if zone.kind is ZoneKind.MARK] + [
        cell for zone in page.zones for cell in zone.cells
    ]
    points = np.array([(rect.centre.x, rect.centre.y) for rect in rects])
    return np.linalg.norm(page_map.to_mm(scan.page_map.to_px(points)) - points, axis=1)


@pytest.mark.parametrize(
    "profile",
    [
        "office copier",
        pytest.param("photo", marks=pytest.mark.slow),
        pytest.param("fax", marks=pytest.mark.slow),
        pytest.param("worst", marks=pytest.mark.slow),
    ],
)
def test_scans_without_markers_are_placed_or_refused(foreign, profile):
    """Every page of an office copier and of a phone is placed; of the worst scans some may be refused, none is
    placed wrong.
    """
    found = [(page, scan, fit_page(scan.image, (), page, check)) for page, check, scan in scans(foreign, profile, 1)]
    placed = [(page, scan, page_map) for page, scan, page_map in found if page_map is not None]
    assert all(off_mm(page, scan, page_map).max() < WRONG_MM for page, scan, page_map in placed)
    assert len(placed) >= (len(found) if profile in ("office copier", "photo") else 1)


def test_another_page_of_the_form_is_refused(foreign):
    """The print of page 1 does not prove page 2."""
    _, _, pages = foreign
    first = next(scans(foreign, "office copier", 2))
    for page, _, check in pages[1:]:
        assert fit_page(first[2].image, (), page, check) is None
