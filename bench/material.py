"""Forms, their printed pages and their scans, made anew by each benchmark from the template and the simulator."""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np

from scanform import pagecode
from scanform.formats.questionnaires.read_yaml import load_questionnaire
from scanform.imaging.page_image import BLANK_DPI, BlankPage, Gray
from scanform.layout.pdf.draw import Copy, draw_blank, draw_forms, measure
from scanform.layout.place import place
from scanform.model.geometry import SizeMm
from scanform.model.layout import Layout
from scanform.model.page import Identity
from scanform.model.questionnaire import Questionnaire
from scanform.scan.load import rasterize
from scanform.simulate.answers import random_truth
from scanform.simulate.hands import random_hand
from scanform.simulate.profiles import PROFILES
from scanform.simulate.scanner import ScannedPage, scan_filled

TEMPLATES = Path(__file__).parents[1] / "templates"

PRINT_DPI, PRINT_PX_PER_MM = 508, 15
"""Printed pages are drawn with 20 px per mm and reduced to 15 (381 dpi): whole numbers, so that the simulator's
truth is exact.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One printed form: `printed` pages with codes, `blanks` as registration wants them."""

    questionnaire: Questionnaire
    layout: Layout
    printed: tuple[Gray, ...]
    blanks: tuple[BlankPage, ...]


def make_form(template: str = "begegnungsorte", *, folder: Path = TEMPLATES, instance: str = "0000042") -> Form:
    """The first language of a template, printed once."""
    questionnaire = load_questionnaire(folder / f"{template}.yaml")
    placement = place(questionnaire, language=questionnaire.languages[0], variant="standard", measure=measure)
    layout = placement.layout
    payloads = tuple(
        pagecode.encode(Identity(digest=layout.digest, instance=instance, page=page.number, pages=len(layout.pages)))
        for page in layout.pages
    )
    copy = Copy(form_id=pagecode.form_id(layout.digest, instance), payloads=payloads, token=None, name=None, address=())
    forms, blanks = BytesIO(), BytesIO()
    draw_forms(placement, [copy], forms)
    draw_blank(placement, blanks)
    return Form(
        questionnaire=questionnaire,
        layout=layout,
        printed=tuple(
            exact(gray, page.size) for gray, page in zip(_pages(forms, PRINT_DPI), layout.pages, strict=True)
        ),
        blanks=tuple(
            BlankPage(gray=gray, px_per_mm_x=BLANK_DPI / 25.4, px_per_mm_y=BLANK_DPI / 25.4)
            for gray in _pages(blanks, BLANK_DPI)
        ),
    )


def _pages(pdf: BytesIO, dpi: int) -> Iterator[Gray]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "form.pdf"
        path.write_bytes(pdf.getvalue())
        yield from rasterize(path, dpi=dpi)


def exact(gray: Gray, size: SizeMm) -> Gray:
    """A page drawn with PRINT_DPI, reduced to exactly PRINT_PX_PER_MM."""
    sheet = gray[: round(size.h * PRINT_DPI / 25.4), : round(size.w * PRINT_DPI / 25.4)]
    target = (round(size.w * PRINT_PX_PER_MM), round(size.h * PRINT_PX_PER_MM))
    return cv2.resize(sheet, target, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)


def scan_form(
    form: Form, profile: str, *, seed: int, numbers: tuple[int, ...] | None = None
) -> list[tuple[int, ScannedPage]]:
    """Pages (1-based number, scan) of the form as filled in by a random person and scanned with a profile of the
    simulator.
    """
    rng = np.random.default_rng(seed)
    hand = random_hand(rng)
    truth = random_truth(form.questionnaire, form.layout, rng, hand=hand)
    scans = []
    for page, gray, ink in zip(form.layout.pages, form.printed, truth.pages, strict=True):
        if numbers is None or page.number in numbers:
            scans.append((page.number, scan_filled(gray, page, ink, hand=hand, profile=PROFILES[profile], rng=rng)))
    return scans
