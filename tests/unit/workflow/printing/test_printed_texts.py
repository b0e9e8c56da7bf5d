"""What a form bears in print of its recipient helps to read what was written on it: from the list of recipients to
the stored response.
"""

import json
import stat
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from scanform.model.questionnaire import RecipientField
from scanform.model.response import Status
from scanform.scan.load import rasterize
from scanform.simulate.hands import random_hand
from scanform.simulate.profiles import PROFILES
from scanform.simulate.scanner import scan_filled
from scanform.simulate.scripts import load_crops
from scanform.simulate.truth import PageTruth, TextTruth
from scanform.store.records import Issued, ManualRegistrationKind
from scanform.workflow.intake.read_batch import read_batch
from scanform.workflow.pages.repeated_pages import act_on, doubles
from scanform.workflow.printing.print_forms import PrintOrder, print_forms
from scanform.workflow.printing.printed_texts import texts_of
from scanform.workflow.printing.recipients import Recipient
from scanform.workflow.project.folders import RECIPIENTS
from scanform.workflow.project.project import init_project, open_project
from scanform.workflow.reading.executors import serial

pytestmark = pytest.mark.slow

SURVEY = """code: names
version: "1"
languages: de
title: Orte
sections:
  - title: Orte
    questions:
      - {question: name, type: text, text: "Wie heißt der Ort?", recipient: name}
      - {question: plz, type: digits, text: "Postleitzahl", cells: 5, recipient: postcode}
      - {question: remark, type: text, text: "Anmerkungen"}
"""
CROPS = load_crops(Path(__file__).parents[4] / "samples" / "handwriting")
UNSEEN = sorted(name for name, crop in CROPS.items.items() if crop.writer in {23, 25})
"""Excerpts of writers from whom the network did not learn."""

FORMS = 6
SAME, OTHER, NONE = "same", "other", "none"
KINDS = (SAME, SAME, SAME, OTHER, OTHER, NONE)
"""What each form bears in print: the name that is written on it, another one, none."""


def recipients(names):
    """Whoever gets each form; all names are on the list."""
    found = []
    for number, kind in enumerate(KINDS):
        shown = names[number if kind == SAME else (number + 1) % len(names)]
        one = Recipient(
            token=f"T{number}",
            name=CROPS.items[shown].text,
            address=(f"Am Markt {number + 1}", f"4413{number} Dortmund"),
        )
        found.append(None if kind == NONE else one)
    return tuple(found)


def scan_of(form, number, texts, folder, *, hand=5):
    """The file of a form on which the crops or digits `texts` stand, by question; `form` is (what was printed, its
    pages).
    """
    printed, pages = form
    page, rng = printed.layout.page(1), np.random.default_rng([hand, number])
    zones = {zone.question: zone for zone in page.zones}
    digits = {zones[code].id: TextTruth(text=text, cells=tuple(text)) for code, text in texts.items() if code == "plz"}
    written = {zones[code].id: TextTruth(text="", crop=name) for code, name in texts.items() if code != "plz"}
    truth = PageTruth(number=1, texts=digits | written)
    scan = scan_filled(
        pages[number], page, truth, hand=random_hand(rng), profile=PROFILES["good scanner"], rng=rng, crops=CROPS
    )
    path = folder / f"{number}-{hand}.png"
    Image.fromarray(scan.gray).save(path, dpi=(scan.dpi, scan.dpi))
    return path


@pytest.fixture(scope="module")
def survey(tmp_path_factory):
    """(folder of the project, (what was printed, its pages), names written on the forms)."""
    base, choose = tmp_path_factory.mktemp("names"), np.random.default_rng(3)
    names = [UNSEEN[number] for number in choose.permutation(len(UNSEEN))][:FORMS]
    (base / "survey.yaml").write_text(SURVEY, encoding="utf-8")
    with init_project(base / "project", questionnaire=base / "survey.yaml") as project:
        printed = print_forms(project, PrintOrder(recipients=recipients(names), seed=1), base / "forms.pdf")
    return base / "project", (printed, list(rasterize(base / "forms.pdf", dpi=300))), names


@pytest.fixture(scope="module")
def read(survey, tmp_path_factory):
    """(kind, name as written, response) of each form."""
    folder, form, names = survey
    base, out = tmp_path_factory.mktemp("scans"), []
    (
        folder / "layouts" / form[0].layout.digest / RECIPIENTS
    ).unlink()  # forms may have been printed before there was such a file
    with open_project(folder) as project:
        for number, kind in enumerate(KINDS):
            texts = {"name": names[number], "remark": names[number], "plz": f"4413{number}"}
            read_batch(project, [scan_of(form, number, texts, base)], serial())
            out.append((kind, CROPS.items[names[number]].text, project.store.response(form[0].forms[number].form_id)))
    return out


def test_the_printed_name_is_accepted_where_it_stands(read):
    """Most of those who write the name that is printed on their form need nobody."""
    answers = [(text, response.answer("name")) for kind, text, response in read if kind == SAME]
    sure = [(text, answer) for text, answer in answers if answer.status is Status.AUTO]
    assert len(sure) >= 2
    assert all(answer.value == text for text, answer in sure)


def test_another_name_than_the_printed_one_goes_to_a_person(read):
    """Whether it is that of another recipient or the form bears none: nobody is taken for somebody else, and the
    right one is proposed.
    """
    for kind, text, response in read:
        if kind != SAME:
            answer = response.answer("name")
            assert (answer.status, answer.problem) == (Status.REVIEW, "handwriting")
            assert answer.value != text or text in {one.value for one in answer.candidates}


def test_remarks_stay_proposals(read):
    """The name in another place is free text."""
    assert all(response.answer("remark").status is Status.REVIEW for _, _, response in read)


def test_a_printed_postcode_helps_and_forces_nothing(read):
    """Digits that are printed on the form are accepted as they stand there; nothing else is accepted as them."""
    answers = [(number, response.answer("plz")) for number, (_, _, response) in enumerate(read)]
    assert all(answer.value == f"4413{number}" for number, answer in answers if answer.status is Status.AUTO)
    assert sum(answer.status is Status.AUTO for number, answer in answers if KINDS[number] != NONE) >= 3


def test_on_a_second_sheet_with_the_same_code_nothing_is_expected(survey, tmp_path):
    """A photocopy that was filled in, too, bears the name of the first sheet: there it proves nothing."""
    folder, form, names = survey
    with open_project(folder) as project:
        for hand in (6, 7, 8):
            read_batch(project, [scan_of(form, 0, {"name": names[0]}, tmp_path, hand=hand)], serial())
        while pair := next(
            (pair for pair in doubles(project) if pair.waits), None
        ):  # other hands, but no mark that differs: people say what it is
            assert act_on(project, pair.key, ManualRegistrationKind.OTHER_SHEET, reviewer="kim", uuid=pair.key)
        form_id = form[0].forms[0].form_id
        found = [response for response in project.store.responses() if response.id.startswith(f"{form_id}.")]
    assert len(found) >= 2
    assert all((answer := response.answer("name")).problem == "handwriting" and answer.value for response in found)


def test_what_is_kept_beside_the_layout(survey, read):
    """Only what the questionnaire asks for, readable by its owner only."""
    folder, (printed, _), _ = survey
    assert read
    path = folder / "layouts" / printed.layout.digest / RECIPIENTS
    kept = json.loads(path.read_text(encoding="utf-8"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert set(kept["forms"]) == {form.instance for form in printed.forms if form.token}
    assert all(set(texts) == {"name", "postcode"} for texts in kept["forms"].values())
    assert kept["every"]["postcode"] == [f"4413{number}" for number in range(FORMS - 1)]


@pytest.mark.parametrize(
    ("address", "street", "postcode", "town"),
    [
        (("Am Mühlbach 12", "44137 Dortmund"), "Am Mühlbach 12", "44137", "Dortmund"),
        (
            ("z. Hd. Frau Öz", "Große  Heide 7 a", "D-44329 Dortmund", "Deutschland"),
            "Große Heide 7 a",
            "44329",
            "Dortmund",
        ),
        (("Gemeindehaus", "44388 Bad Öspel"), None, "44388", "Bad Öspel"),
        (("Am Markt 1", "Dortmund"), None, None, None),
        ((), None, None, None),
    ],
)
def test_only_what_is_surely_known_of_an_address_is_expected(address, street, postcode, town):
    """A postcode with its town, and the line with a number above it."""
    found = texts_of(
        Issued(
            instance="A", digest="B", form_id="C", token=None, printed_at="", name=" Treff  am See ", address=address
        )
    )
    assert (found.get(RecipientField.STREET), found.get(RecipientField.POSTCODE), found.get(RecipientField.TOWN)) == (
        street,
        postcode,
        town,
    )
    assert found[RecipientField.NAME] == "Treff am See"
    assert RecipientField.TOKEN not in found
