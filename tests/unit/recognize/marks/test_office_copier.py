"""The promise on a stack: whole forms filled by many hands, scanned by an office copier; nothing that needs no
person is wrong.
"""

from collections import Counter
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from pdf2image import convert_from_bytes

from scanform.assemble import AcceptSettings, FormPages, assemble
from scanform.formats.questionnaires.read_yaml import load_questionnaire
from scanform.imaging.page_image import BLANK_DPI, BlankPage
from scanform.layout.pdf.draw import draw_blank
from scanform.layout.pdf.fonts import measure
from scanform.layout.place import place
from scanform.model.page import Identity, PageRef
from scanform.model.questionnaire import QuestionKind
from scanform.model.reading import PageReading
from scanform.model.response import Status
from scanform.recognize.reader import prepare_page, read_fields
from scanform.simulate.answers import random_truth
from scanform.simulate.hands import random_hand
from scanform.simulate.scanner import PROFILES, scan_filled

FORMS = 10
TEMPLATE = Path(__file__).parents[4] / "templates" / "begegnungsorte.yaml"


@pytest.fixture(scope="module")
def edition():
    """The questionnaire, its layout, and per page the picture and what is prepared of it."""
    questionnaire = load_questionnaire(TEMPLATE)
    placement = place(questionnaire, language="de", variant="standard", measure=measure)
    pdf = BytesIO()
    draw_blank(placement, pdf)
    pictures = [np.asarray(picture) for picture in convert_from_bytes(pdf.getvalue(), dpi=300, grayscale=True)]
    pages = []
    for page, gray in zip(placement.layout.pages, pictures, strict=True):
        blank = BlankPage(gray=gray, px_per_mm_x=BLANK_DPI / 25.4, px_per_mm_y=BLANK_DPI / 25.4)
        pages.append((page, gray, prepare_page(page, blank, filled=questionnaire.filled)))
    return questionnaire, placement.layout, pages


def read_form(edition, number, profile="office copier"):
    """(response, truth) of one form."""
    questionnaire, layout, pages = edition
    rng = np.random.default_rng([4711, number])
    hand = random_hand(rng)
    truth, read = random_truth(questionnaire, layout, rng, hand=hand), {}
    for page, gray, prepared in pages:
        scan = scan_filled(gray, page, truth.page(page.number), hand=hand, profile=PROFILES[profile], rng=rng)
        identity = Identity(digest=layout.digest, instance="0000000", page=page.number, pages=len(pages))
        fields = read_fields(scan.image, scan.page_map, prepared)
        read[page.number] = PageReading(
            ref=PageRef(sha256="0" * 64, path=f"{number}.jpg", index=page.number - 1), identity=identity, fields=fields
        )
    form = FormPages(form_id=str(number), token=None, received_at="", pages=read, copy=False, expected_pages=len(pages))
    return assemble(form, questionnaire, layout, AcceptSettings()), truth


@pytest.mark.slow
def test_no_silent_error_on_an_office_copier(edition):
    """At least 40 pages: no accepted value is wrong, nothing unclear is accepted, and most choices need nobody."""
    wrong, unclear, statuses, pages = [], [], Counter(), 0
    for number in range(FORMS):
        response, truth = read_form(edition, number)
        pages += len(truth.pages)
        assert {a.column for a in response.answers} == set(truth.expected)
        for answer in response.answers:
            if answer.kind in {QuestionKind.SINGLE, QuestionKind.MULTIPLE}:
                statuses[answer.status] += 1
            if answer.status is Status.AUTO and answer.value != truth.expected[answer.column]:
                wrong.append((number, answer.column, answer.value, truth.expected[answer.column], answer.confidence))
            if answer.status is Status.AUTO and answer.column in truth.unclear:
                unclear.append((number, answer.column, answer.value))
    assert pages >= 40
    assert wrong == []
    assert unclear == []
    assert statuses[Status.AUTO] > 0.8 * sum(statuses.values())
