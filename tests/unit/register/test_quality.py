"""Blank paper is told from anything that carries print or writing."""

import cv2
import numpy as np
import pytest

from scanform.imaging.page_image import PageImage
from scanform.register.quality import is_blank_paper


def paper(seed=1, dpi=150, level=235, noise=4.0, tint=0.0):
    rng = np.random.default_rng(seed)
    height, width = round(297 / 25.4 * dpi), round(210 / 25.4 * dpi)
    shade = np.linspace(0, tint, width)[None, :]
    return np.clip(level - shade + rng.normal(0, noise, (height, width)), 0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"noise": 12},
        {"level": 190, "tint": 40},
        {"dpi": 300},
        {"dpi": 100, "level": 255, "noise": 0},
        {"level": 255, "noise": 0},
    ],
    ids=["white", "noisy", "yellowed", "300 dpi", "perfect", "1-bit"],
)
def test_paper_is_blank(facts):
    """White, noisy, yellowed and 1-bit paper is blank."""
    assert is_blank_paper(PageImage(gray=paper(**facts)))


def test_holes_specks_shadows_and_streaks_are_not_ink():
    """Punch holes, dust, the shadow of the lid and a scanner streak leave the paper blank."""
    gray = paper()
    for y in (217 / 2 * 5.9, 377 / 2 * 5.9):
        cv2.circle(gray, (70, round(y)), 17, 25, -1, cv2.LINE_AA)
    gray[:, :8] = 60
    gray[:, 700:702] = 120
    rng = np.random.default_rng(2)
    for x, y in rng.integers(50, 1100, (40, 2)):
        gray[y, x : x + 2] = 90
    assert is_blank_paper(PageImage(gray=gray))


def test_front_shining_through_is_blank(kit, printed):
    """The faint mirror image of the front is still blank paper."""
    gray = kit.scan(printed, dpi=150, noise=3).image.gray[:, ::-1].astype(float)
    assert is_blank_paper(PageImage(gray=(250 - (250 - gray) * 0.1).astype(np.uint8)))


def test_unanswered_form_is_not_blank(kit, printed, layout):
    """A form without answers carries print."""
    assert not is_blank_paper(kit.scan(printed, dpi=150).image)
    assert not is_blank_paper(kit.scan(printed, dpi=200, bilevel=True).image)


def test_a_short_note_is_not_blank():
    """One written word on an empty sheet has to be seen by somebody."""
    gray = paper()
    cv2.putText(gray, "closed", (500, 800), cv2.FONT_HERSHEY_SCRIPT_SIMPLEX, 1.6, 70, 3, cv2.LINE_AA)
    assert not is_blank_paper(PageImage(gray=gray))


def test_pencil_is_not_blank():
    """A light pencil line of handwriting is not blank."""
    gray = paper(noise=3)
    cv2.putText(gray, "see other form", (300, 900), cv2.FONT_HERSHEY_SCRIPT_SIMPLEX, 2.0, 165, 3, cv2.LINE_AA)
    assert not is_blank_paper(PageImage(gray=gray))


@pytest.mark.parametrize(
    "draw",
    [lambda: paper(level=0, noise=0), lambda: paper(level=30), lambda: np.full((6, 5), 255, np.uint8)],
    ids=["black", "dark", "tiny"],
)
def test_black_and_tiny_pictures_are_not_blank_paper(draw):
    """What cannot be judged is not called blank."""
    assert not is_blank_paper(PageImage(gray=draw()))
