"""Values that belong together, from the CSV file to the stored response: printed, written by hand, scanned, read."""

import hashlib
import random
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from scanform.assemble import AcceptSettings, FormPages, assemble
from scanform.model.page import PageRef
from scanform.model.response import Status
from scanform.scan.files.limits import Limits
from scanform.scan.load import rasterize
from scanform.simulate.answers import Behaviour, random_truth
from scanform.simulate.hands import random_hand
from scanform.simulate.scanner import PROFILES, scan_filled
from scanform.simulate.truth import PageTruth, TextTruth
from scanform.workflow.intake.read_batch import read_batch
from scanform.workflow.printing.print_forms import PrintOrder, print_forms
from scanform.workflow.project.project import init_project, open_project
from scanform.workflow.reading.edition import FolderSource
from scanform.workflow.reading.executors import serial
from scanform.workflow.reading.read_page import read_page
from scanform.workflow.reading.stages import PageJob

pytestmark = pytest.mark.slow

SURVEY = """code: houses
version: "1"
languages: en
title: Houses
sections:
  - title: The house
    questions:
      - {question: plz, type: digits, text: Postcode, cells: 5, values: {file: houses.csv, column: plz}}
      - question: house
        type: digits
        text: Number of the house
        cells: 3
        values: {file: houses.csv, column: house}
        goes_with: {question: plz, column: plz}
"""
HOUSES = {"44135": ("102", "358", "471"), "44269": ("690", "358", "284"), "44388": ("913", "526", "735")}
ALIKE = {"44225": ("117", "741"), "44263": ("177", "711")}
TAKEN_FOR = {"44319": ("111", "147", "119", "477", "717", "771", "777")}
"""Numbers that a reader may take those for: they belong to another postcode."""

ALL = HOUSES | ALIKE | TAKEN_FOR
FORMS = 6


@pytest.fixture(scope="module")
def houses(tmp_path_factory):
    """(project folder, what was printed, the printed pages)."""
    base = tmp_path_factory.mktemp("houses")
    (base / "houses.csv").write_text(
        "house;plz\n" + "".join(f"{house};{plz}\n" for plz, group in ALL.items() for house in group), encoding="utf-8"
    )
    (base / "survey.yaml").write_text(SURVEY, encoding="utf-8")
    with init_project(base / "project", questionnaire=base / "survey.yaml") as project:
        (base / "houses.csv").unlink()  # what the project keeps needs no file
        printed = print_forms(project, PrintOrder(recipients=(None,) * FORMS, seed=1), base / "forms.pdf")
    return base / "project", printed, list(rasterize(base / "forms.pdf", dpi=300))


def scanned(houses, number, texts, folder, *, profile="good scanner"):
    """The file of a form on which a hand wrote `texts`, by question."""
    _, printed, pages = houses
    page = printed.layout.page(1)
    rng = np.random.default_rng([41, number])
    zones = {zone.question: zone for zone in page.zones}
    written = {zones[question].id: TextTruth(text=text, cells=tuple(text)) for question, text in texts.items()}
    truth = PageTruth(number=1, texts=written)
    scan = scan_filled(pages[number], page, truth, hand=random_hand(rng), profile=PROFILES[profile], rng=rng)
    path = folder / f"{number}.png"
    Image.fromarray(scan.gray).save(path, dpi=(scan.dpi, scan.dpi))
    return path


def test_a_house_of_another_postcode_goes_to_a_person(houses, tmp_path):
    """What goes together is accepted or merely doubtful; what does not is never accepted, and a person is told why."""
    choose = random.Random(3)
    told = accepted = 0
    with open_project(houses[0]) as project:
        for number in range(FORMS):
            plz, other = choose.sample(sorted(HOUSES), 2)
            wrong = number % 2 == 1
            house = choose.choice(
                [one for one in HOUSES[other if wrong else plz] if not wrong or one not in HOUSES[plz]]
            )
            read_batch(project, [scanned(houses, number, {"plz": plz, "house": house}, tmp_path)], serial())
            response = project.store.response(houses[1].forms[number].form_id)
            answers = [response.answer("plz"), response.answer("house")]
            if wrong:
                assert all(answer.status is Status.REVIEW for answer in answers)
                told += [answer.problem for answer in answers] == ["not-together"] * 2
            else:
                assert all(answer.problem != "not-together" for answer in answers)
                sure = [answer.status is Status.AUTO for answer in answers]
                accepted += all(sure)
                assert not all(sure) or [answer.value for answer in answers] == [plz, house]
        assert len(project.store.responses()) == FORMS
    assert told >= 2
    assert accepted >= 2


def confidence(survey, layout, reading):
    """How sure the number of the house is."""
    form = FormPages(form_id="F", token=None, received_at="", pages={1: reading}, copy=False, expected_pages=1)
    return assemble(form, survey, layout, AcceptSettings()).answer("house").confidence


def test_a_known_postcode_helps_to_read_the_house(houses, tmp_path):
    """The same reading judged with the pairs and without: the right number beside its sure postcode is never less
    probable with them, and sometimes more.
    """
    folder, printed, _ = houses
    with open_project(folder) as project:
        survey = project.questionnaire_of(printed.layout)
    apart = replace(
        survey,
        sections=tuple(
            replace(part, items=tuple(replace(one, goes_with=None) for one in part.items)) for part in survey.sections
        ),
    )
    gained = 0
    for number in range(FORMS):
        plz = sorted(ALIKE)[number % 2]
        path = scanned(houses, number, {"plz": plz, "house": ALIKE[plz][number // 2 % 2]}, tmp_path, profile="fax")
        ref = PageRef(sha256=hashlib.sha256(path.read_bytes()).hexdigest(), path=str(path), index=0)
        job = PageJob(
            ref=ref,
            file=str(path),
            editions=FolderSource(folder=str(folder)),
            digests=(printed.layout.digest,),
            limits=Limits(),
        )
        reading = read_page(job).reading
        with_pairs, without = (confidence(one, printed.layout, reading) for one in (survey, apart))
        assert with_pairs >= without
        gained += with_pairs > without
    assert gained


def test_invented_answers_go_together(houses):
    """Simulated people live where their postcode is."""
    folder, printed, _ = houses
    with open_project(folder) as project:
        survey = project.questionnaire_of(printed.layout)
    truths = [
        random_truth(survey, printed.layout, np.random.default_rng(seed), behaviour=Behaviour(completeness=1.0))
        for seed in range(20)
    ]
    assert all(truth.expected["house"] in ALL[truth.expected["plz"]] for truth in truths)
