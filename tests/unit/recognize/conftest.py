"""A small printed page made with OpenCV, so that reading is tested without the layout step."""

from dataclasses import dataclass

import cv2
import numpy as np
import pytest

from scanform.imaging.page_image import BlankPage
from scanform.imaging.page_map import PageMap, Tier
from scanform.model.geometry import A4, RectMm
from scanform.model.layout import PageLayout, Zone, ZoneKind
from scanform.model.questionnaire import Alphabet, Filled
from scanform.model.reading import MarkValue
from scanform.recognize.ink.sampling_plan import PreparedPage
from scanform.recognize.reader import prepare_page, read_fields
from scanform.simulate.fill import draw_ink
from scanform.simulate.hands import random_hand
from scanform.simulate.scanner import PROFILES, scan_page
from scanform.simulate.truth import FILLED_STYLES, MARKED_STYLES, MarkTruth, PageTruth, TextTruth

PX = 300 / 25.4


def _rectangle(gray, rect, *, line_mm=0.35, grey=0):
    corner = [(round(p.x * PX * 16 - 8), round(p.y * PX * 16 - 8)) for p in (rect.corners[0], rect.corners[2])]
    cv2.rectangle(gray, corner[0], corner[1], (grey,), round(line_mm * PX), cv2.LINE_AA, 4)


def _label(gray, text, x, y):
    cv2.putText(gray, text, (round(x * PX), round(y * PX)), cv2.FONT_HERSHEY_SIMPLEX, 1.3, (0,), 3, cv2.LINE_AA)


def make_page(columns=6, rows=14, seed=1):
    """84 boxes in single choice rows, two combs, two writing zones, a signature; returns (PageLayout, gray at 300
    dpi).
    """
    gray = np.full((round(A4.h * PX), round(A4.w * PX)), 255, np.uint8)
    zones, rng = [], np.random.default_rng(seed)
    for row in range(rows):
        for column in range(columns):
            rect = RectMm(x=25 + 28 * column, y=25 + 9 * row, w=5, h=5)
            zones.append(
                Zone(
                    id=f"r{row}-o{column}",
                    question=f"r{row}",
                    option=f"o{column}",
                    kind=ZoneKind.MARK,
                    rect=rect,
                    multiple=row % 3 == 0,
                )
            )
            _rectangle(gray, rect)
            _label(gray, "".join(rng.choice(list("abdeghiklmnoprstu"), 8)), rect.right + 2, rect.bottom - 0.8)
    for index, (count, alphabet) in enumerate(((8, Alphabet.DIGITS), (5, Alphabet.DIGITS))):
        cells = tuple(RectMm(x=25 + 8 * i, y=158 + 14 * index, w=6, h=8) for i in range(count))
        whole = RectMm(x=25, y=158 + 14 * index, w=8 * count - 2, h=8)
        zones.append(
            Zone(
                id=f"comb{index}",
                question=f"comb{index}",
                kind=ZoneKind.COMB,
                rect=whole,
                cells=cells,
                alphabet=alphabet,
            )
        )
        for cell in cells:
            _rectangle(gray, cell, line_mm=0.25)
    for index, lines in enumerate((1, 3)):
        rect = RectMm(x=25, y=188 + 14 * index, w=150, h=9 * lines)
        zones.append(
            Zone(id=f"text{index}", question=f"text{index}", kind=ZoneKind.HANDWRITING, rect=rect, lines=lines)
        )
        for line in range(lines):
            y = round((rect.y + 9 * (line + 1)) * PX)
            cv2.line(gray, (round(rect.x * PX), y), (round(rect.right * PX), y), (120,), 2)
    rect = RectMm(x=25, y=240, w=80, h=18)
    zones.append(Zone(id="sign", question="sign", kind=ZoneKind.SIGNATURE, rect=rect))
    _rectangle(gray, rect, line_mm=0.2, grey=90)
    page = PageLayout(number=1, size=A4, blank="page-1.png", fiducials=(), codes=(), zones=tuple(zones))
    return page, gray


def blank_of(gray):
    return BlankPage(gray=gray, px_per_mm_x=gray.shape[1] / A4.w, px_per_mm_y=gray.shape[0] / A4.h)


def plain_map(gray, *, shift_mm=(0.0, 0.0)):
    """The map of an undamaged picture of the page; `shift_mm` is an error of registration."""
    x, y = gray.shape[1] / A4.w, gray.shape[0] / A4.h
    return PageMap(
        homography=(x, 0.0, shift_mm[0] * x - 0.5, 0.0, y, shift_mm[1] * y - 0.5, 0.0, 0.0, 1.0),
        residual_mm=0.0,
        tier=Tier.T0,
    )


@dataclass(frozen=True)
class Sheet:
    """The small page, printed, prepared, and ways to fill and scan it."""

    page: PageLayout
    gray: np.ndarray
    prepared: PreparedPage

    def scan(self, styles=None, texts=None, *, profile="good scanner", seed=1, pen="ballpoint blue", scan_seed=None):
        """A scan of the page with marks {zone id: style} and texts {zone id: text}."""
        hand = random_hand(np.random.default_rng(seed), pen=pen)
        rng = np.random.default_rng([seed, 7])
        marks = {name: MarkTruth(value=value_of(style), style=style) for name, style in (styles or {}).items()}
        written = {
            name: TextTruth(text=text, cells=tuple("" if c == " " else c for c in text))
            for name, text in (texts or {}).items()
        }
        ink = draw_ink(self.gray.shape, self.page, PageTruth(number=1, marks=marks, texts=written), hand=hand, rng=rng)
        return scan_page(
            self.gray, PROFILES[profile], np.random.default_rng([seed if scan_seed is None else scan_seed, 9]), ink=ink
        )

    def read(self, scan, page_map=None):
        """The readings of a scan by zone id."""
        return {field.zone: field for field in read_fields(scan.image, page_map or scan.page_map, self.prepared)}


def value_of(style):
    """What a person sees in a box of this style."""
    if style in FILLED_STYLES:
        return MarkValue.FILLED
    return MarkValue.MARKED if style in MARKED_STYLES else MarkValue.EMPTY


@pytest.fixture(scope="session")
def sheet():
    """The small page, prepared once."""
    page, gray = make_page()
    return Sheet(page=page, gray=gray, prepared=prepare_page(page, blank_of(gray), filled=Filled.WITHDRAWN))
