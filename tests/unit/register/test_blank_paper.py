"""Blank paper is proven, never the default: what is pale, dark, noisy, uneven or coarse is doubt, and doubt has a
name.
"""

import cv2
import numpy as np
import pytest

from scanform.imaging.page_image import PageImage
from scanform.model.geometry import RectMm
from scanform.register.blank_paper import Doubt, is_one_white
from scanform.register.quality import doubt_of_blank
from scanform.simulate.fill import signature_strokes
from scanform.simulate.hands import random_hand
from scanform.simulate.pens import draw_strokes, stroke
from scanform.simulate.profiles import PROFILES
from scanform.simulate.scanner import scan_page

SIZE = (3508, 2480)
PX = SIZE[1] / 210


def scanned(ink=None, *, back=None, profile="good scanner", seed=1):
    return scan_page(
        np.full(SIZE, 255, np.uint8), PROFILES[profile], np.random.default_rng([seed, 41]), ink=ink, back=back
    ).gray


def doubt(gray):
    return doubt_of_blank(PageImage(gray=np.ascontiguousarray(gray, dtype=np.uint8)))


def paper(level=238.0, noise=3.0, size=(1754, 1240)):
    return np.clip(np.random.default_rng(3).normal(level, noise, size), 0, 255).astype(np.uint8)


def faded(gray, fraction):
    """The picture with so much of its contrast, on paper of 240."""
    return (240 - (255.0 - gray) * fraction).astype(np.float32)


@pytest.mark.fast_cases(1)
@pytest.mark.parametrize("fraction", [0.03, 0.05, 0.1])
def test_a_pale_form_is_doubt(printed, fraction):
    """A form of which the scanner left 3 to 10 % of the contrast."""
    form = cv2.resize(np.asarray(printed, np.uint8), (1240, 1754), interpolation=cv2.INTER_AREA)
    noisy = faded(form, fraction) + np.random.default_rng(5).normal(0, 2.5, (1754, 1240))
    assert doubt(noisy.clip(0, 255)) in {Doubt.FAINT, Doubt.CONTENT}


@pytest.mark.fast_cases(1)
@pytest.mark.parametrize(("pen", "left"), [("pencil light", 1.0), ("pencil light", 0.4), ("ballpoint blue", 0.15)])
def test_a_pale_note_is_doubt(pen, left):
    """A few words, in pencil or nearly gone, on an empty sheet."""
    rng = np.random.default_rng(8)
    ink, hand = np.full(SIZE, 255, np.uint8), random_hand(rng, pen=pen)
    draw_strokes(ink, signature_strokes(RectMm(x=60, y=120, w=45, h=9), hand, rng), hand.pen, px_per_mm=PX, rng=rng)
    ink = (255 - (255.0 - ink) * left).astype(np.uint8)
    assert doubt(scanned(ink, seed=2)) in {Doubt.FAINT, Doubt.CONTENT}


@pytest.mark.slow
@pytest.mark.parametrize("fraction", [0.05, 0.07, 0.1])
def test_a_pale_line_of_words_is_doubt(fraction):
    """One long line of words is no streak of the glass, though its rows are dark over much of the sheet."""
    words = np.zeros(SIZE, np.uint8)
    cv2.putText(
        words,
        "bitte Herrn Kurz anrufen wegen Raum 3",
        (300, 1500),
        cv2.FONT_HERSHEY_SCRIPT_SIMPLEX,
        3.2,
        255,
        4,
        cv2.LINE_AA,
    )
    noise = np.random.default_rng(5).normal(0, 1.5, SIZE)
    assert doubt(np.clip(245 * (1 - fraction * words / 255) + noise, 0, 255).astype(np.uint8)) is Doubt.FAINT


def test_a_thin_line_and_a_pale_stamp_are_doubt():
    """Little ink that hangs together is more than much dust."""
    ink = np.full(SIZE, 255, np.uint8)
    draw_strokes(
        ink,
        [stroke([(50, 100), (120, 104)])],
        random_hand(np.random.default_rng(1), pen="pencil hard").pen,
        px_per_mm=PX,
        rng=np.random.default_rng(1),
    )
    assert doubt(scanned(ink)) is not None
    ink = np.full(SIZE, 255, np.uint8)
    cv2.circle(ink, (1500, 900), 170, 238, 10, cv2.LINE_AA)
    cv2.putText(ink, "EINGANG", (1380, 900), 0, 1.5, 238, 5, cv2.LINE_AA)
    assert doubt(scanned(ink)) is not None


@pytest.mark.parametrize(
    ("draw", "why"),
    [
        (lambda: paper(level=110), Doubt.DARK),
        (lambda: paper(level=180, noise=40), Doubt.NOISY),
        (lambda: np.random.default_rng(1).integers(0, 256, (1754, 1240)), Doubt.DARK),
        (lambda: np.full((1754, 1240), 200), Doubt.FLAT),
        (lambda: paper() - np.linspace(0, 90, 1240)[None, :], Doubt.UNEVEN),
        (lambda: cv2.resize(paper(), (165, 234), interpolation=cv2.INTER_AREA), Doubt.COARSE),
    ],
    ids=["dark", "noise", "white noise", "one grey", "smooth photo", "20 dpi"],
)
def test_what_is_no_paper_says_why(draw, why):
    gray = draw()
    assert doubt(gray) in {why, Doubt.DARK, Doubt.NOISY, Doubt.UNEVEN, Doubt.CONTENT} - (
        {Doubt.CONTENT} if why is Doubt.FLAT else set()
    )
    assert why is Doubt.UNEVEN or doubt(gray) is why


@pytest.mark.parametrize("mm", [26, 30, 39, 41, 48])
def test_a_strip_is_no_sheet(mm):
    """What is cut out of a picture may be narrower than the two edges of a sheet together: nothing proves it blank."""
    strip = paper()[:, : round(mm * 1754 / 297)]
    assert doubt(strip) is Doubt.UNEVEN
    assert doubt(np.ascontiguousarray(strip.T)) is Doubt.UNEVEN


def test_noise_of_fine_pixels_is_doubt():
    """At 300 dpi the average of many pixels looks calm; a pale pencil would have drowned in them all the same."""
    assert doubt(paper(level=225, noise=25, size=SIZE)) is Doubt.NOISY
    assert doubt(paper(level=225, noise=10, size=SIZE)) is None


@pytest.mark.slow
def test_an_out_of_focus_hand_and_a_blurred_form_are_doubt(printed):
    """Soft shapes are shapes."""
    gray = np.full((1754, 1240), 225, np.float32)
    cv2.ellipse(gray, (600, 900), (200, 450), 20, 0, 360, 160, -1)
    assert (
        doubt((cv2.GaussianBlur(gray, (0, 0), 60) + np.random.default_rng(1).normal(0, 3, gray.shape)).clip(0, 255))
        is not None
    )
    form = (
        cv2.resize(np.asarray(printed, np.uint8), (1240, 1754), interpolation=cv2.INTER_AREA).astype(np.float32) * 0.9
    )
    assert (
        doubt((cv2.GaussianBlur(form, (0, 0), 12) + np.random.default_rng(1).normal(0, 2, gray.shape)).clip(0, 255))
        is not None
    )


def test_text_at_the_very_edge_is_doubt():
    """What the edge cuts is not the shadow of the lid."""
    gray = paper()
    for row in range(6):
        cv2.putText(gray, "Seite", (-20, 500 + 70 * row), 0, 2, 60, 4)
    assert doubt(gray) is not None


@pytest.mark.fast_cases(1)
@pytest.mark.parametrize("profile", ["good scanner", "office copier", "150 dpi"])
@pytest.mark.parametrize("seed", [11, 12, 13])
def test_blank_backs_of_office_scans_are_proven(printed, profile, seed):
    """Slight show-through of a form of ours, dust, holes, streaks, coloured paper."""
    back = cv2.resize(np.asarray(printed, np.uint8), SIZE[::-1], interpolation=cv2.INTER_AREA)
    assert doubt(scanned(back=back, profile=profile, seed=seed)) is None


def test_white_only_is_told_from_paper():
    """Every pixel white: what black and white scanning makes of paper, and a decoder of data that it lost; the file
    around it decides.
    """
    assert is_one_white(PageImage(gray=np.full((1754, 1240), 255, np.uint8)))
    assert not is_one_white(PageImage(gray=paper()))
    assert not is_one_white(PageImage(gray=np.full((1754, 1240), 200, np.uint8)))
