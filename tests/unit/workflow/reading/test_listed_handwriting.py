"""Handwritten names and a list of them, from the CSV file to the stored response: printed, written in by real
writers, scanned, read.
"""

from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from scanform.model.questionnaire import TextForm
from scanform.model.response import Status
from scanform.recognize.writing.handwriting import CHARACTERS, HANDWRITING
from scanform.recognize.writing.readers import LineImages
from scanform.scan.load import rasterize
from scanform.simulate.hands import random_hand
from scanform.simulate.profiles import PROFILES
from scanform.simulate.scanner import scan_filled
from scanform.simulate.scripts import ink_of_crop, load_crops
from scanform.simulate.truth import PageTruth, TextTruth
from scanform.workflow.intake.read_batch import read_batch
from scanform.workflow.printing.print_forms import PrintOrder, print_forms
from scanform.workflow.project.project import init_project, open_project
from scanform.workflow.reading.executors import serial

pytestmark = pytest.mark.slow

SURVEY = """code: streets
version: "1"
languages: de
title: Orte
sections:
  - title: Orte
    questions:
      - {question: first, type: text, text: "Wo?", values: streets.csv}
      - {question: second, type: text, text: "Wo noch?", values: streets.csv}
      - {question: elsewhere, type: text, text: "Und anderswo?", values: streets.csv}
      - {question: nowhere, type: text, text: "Und sonst?", values: streets.csv}
      - {question: remark, type: text, text: "Anmerkungen"}
      - {question: tel, type: phone, text: "Telefon"}
"""
ROOT = Path(__file__).parents[4]
CROPS = load_crops(ROOT / "samples" / "handwriting")
UNSEEN = sorted(name for name, crop in CROPS.items.items() if crop.writer in {23, 25})
"""Excerpts of writers from whom the network did not learn."""

FORMS = 4
TREES = ("Linden", "Eichen", "Münster", "Rhein", "König", "Schützen", "Garten")
MORE = tuple(f"{first}{second}" for first in TREES for second in ("straße", "weg", "platz", "ring"))


@pytest.fixture(scope="module")
def read(tmp_path_factory):
    """(question -> text as written, response) of each form; every third name is not in the list."""
    base, choose = tmp_path_factory.mktemp("streets"), np.random.default_rng(8)
    names = [UNSEEN[number] for number in choose.permutation(len(UNSEEN))]
    unlisted = [name for place, name in enumerate(names) if place % 3 == 2]
    listed = [name for name in names if name not in unlisted]
    texts = sorted({CROPS.items[name].text for name in listed} - {CROPS.items[name].text for name in unlisted}) + list(
        MORE
    )
    (base / "streets.csv").write_text("street\n" + "\n".join(texts) + "\n", encoding="utf-8")
    (base / "survey.yaml").write_text(SURVEY, encoding="utf-8")
    out = []
    with init_project(base / "project", questionnaire=base / "survey.yaml") as project:
        printed = print_forms(project, PrintOrder(recipients=(None,) * FORMS, seed=1), base / "forms.pdf")
    (base / "streets.csv").unlink()  # what the project keeps needs no file
    pages = list(rasterize(base / "forms.pdf", dpi=300))
    with open_project(base / "project") as project:
        for number in range(FORMS):
            rng, page = np.random.default_rng([5, number]), printed.layout.page(1)
            chosen = {
                "first": listed[2 * number % len(listed)], "second": listed[(2 * number + 1) % len(listed)],
                "elsewhere": unlisted[number % len(unlisted)], "remark": listed[(number + 3) % len(listed)],
                "tel": listed[(number + 5) % len(listed)],
            }  # fmt: skip
            written = {
                zone.id: TextTruth(text="", crop=chosen[zone.question])
                for zone in page.zones
                if zone.question in chosen
            }
            truth = PageTruth(number=1, texts=written)
            scan = scan_filled(
                pages[number],
                page,
                truth,
                hand=random_hand(rng),
                profile=PROFILES["good scanner"],
                rng=rng,
                crops=CROPS,
            )
            Image.fromarray(scan.gray).save(base / f"{number}.png", dpi=(scan.dpi, scan.dpi))
            read_batch(project, [base / f"{number}.png"], serial())
            response = project.store.response(printed.forms[number].form_id)
            out.append(({question: CROPS.items[name].text for question, name in chosen.items()}, response))
    return out


@pytest.mark.slow
def test_listed_names_are_accepted(read):
    """Most names of the list need nobody, and what was accepted is what was written."""
    answers = [
        (truth[question], response.answer(question)) for truth, response in read for question in ("first", "second")
    ]
    sure = [(text, answer) for text, answer in answers if answer.status is Status.AUTO]
    assert len(sure) >= len(answers) // 2
    assert all(answer.value == text and answer.reader == HANDWRITING.name for text, answer in sure)
    assert all(answer.problem for _, answer in answers if answer.status is not Status.AUTO)


def test_names_that_are_not_listed_go_to_a_person(read):
    """None is taken for one of the list; what was read freely is proposed."""
    for truth, response in read:
        answer = response.answer("elsewhere")
        assert answer.status is Status.REVIEW
        assert answer.problem in {"not-in-list", "handwriting"}
        assert answer.value or answer.candidates, truth


def test_remarks_are_proposals_and_blanks_are_blank(read):
    """Free text is never accepted, however sure; an empty line with a list is no answer, for which nobody is needed."""
    for _, response in read:
        assert (response.answer("remark").status, response.answer("remark").problem) == (Status.REVIEW, "handwriting")
        assert (response.answer("nowhere").status, response.answer("nowhere").value) == (Status.AUTO, "")


def test_a_phone_number_is_read_in_the_characters_of_one(read):
    """Even where somebody wrote a word: no letter is proposed, and a person looks."""
    for _, response in read:
        answer = response.answer("tel")
        assert answer.status is Status.REVIEW
        assert all(CHARACTERS[TextForm.PHONE] >= set(one.value) for one in answer.candidates)


@pytest.mark.parametrize("name", UNSEEN)
def test_a_list_is_no_cage(name):
    """A name is found in a list of others, but never accepted as one of them."""
    crop = CROPS.items[name]
    picture = np.rint(255 * (1 - np.clip(ink_of_crop(crop.gray), 0, 1))).astype(np.uint8)
    (inside, outside) = HANDWRITING.read(
        [LineImages(pictures=(picture,), values=(*MORE, crop.text)), LineImages(pictures=(picture,), values=MORE)]
    )
    assert inside.texts[0].value == crop.text
    assert all(one.probability < 0.9 for one in outside.texts if one.value in MORE)


@pytest.mark.parametrize("number", [4, 17, 83, 112, 190])
@pytest.mark.parametrize("street", ["Lindenweg", "Burgstraße"])
@pytest.mark.parametrize("expected", [True, False], ids=["printed", "listed"])
def test_the_house_next_door_is_not_accepted(street, number, expected):
    """A listed house in the same street with another number than the one that was read, printed on the form or not,
    is left to a person.
    """
    said, other = f"{street} {number}", f"{street} {number + 1}"
    picture = np.full((80, 700), 255, np.uint8)
    face = ImageFont.truetype(str(Path(str(resources.files("reportlab"))) / "fonts" / "Vera.ttf"), 48)
    sheet = Image.fromarray(picture)
    ImageDraw.Draw(sheet).text((20, 10), said, 0, font=face)
    lines = (np.asarray(sheet),)
    (near, right) = HANDWRITING.read(
        [
            LineImages(pictures=lines, values=values, expected=values[0] if expected else "")
            for values in ((other, *MORE), (said, other, *MORE))
        ]
    )
    assert all(one.probability <= 0.9 for one in near.texts if one.value == other)
    assert right.texts[0].value == said
