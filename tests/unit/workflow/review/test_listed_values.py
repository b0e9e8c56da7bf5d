"""Questions with a list: suggestions come from it, the only value left is filled in, and what the form bears in
print is offered.
"""

import json
import re
import shutil
from dataclasses import replace

import pytest

from scanform.model.geometry import RectPx
from scanform.model.page import PageRef
from scanform.model.questionnaire import QuestionKind
from scanform.model.reading import Candidate
from scanform.model.response import Answer, Channel, Evidence, Response, Status
from scanform.store.acts.seeded_items import add_seeded_item, seeded_item_of
from scanform.workflow.printing.print_forms import PrintOrder, print_forms
from scanform.workflow.printing.recipients import Recipient
from scanform.workflow.project.project import init_project, open_project
from scanform.workflow.review.desk import Desk
from scanform.workflow.review.double_verification import VerificationDesk
from scanform.workflow.review.key_entry import find_form, key_form

STREETS = {
    "44137": ["Ostwall", "Westwall", "Kuhstraße"],
    "44135": ["Ostenhellweg"],
    "44139": ["Hohe Straße", "Kuhstraße"],
}

QUESTIONNAIRE = """
code: tiny
version: "1"
languages: [de, en]
title: {de: Kleine Umfrage, en: Small survey}
sections:
  - title: {de: Der Ort, en: The place}
    questions:
      - {question: name, type: text, recipient: name, class: contact, text: {de: Name, en: Name}}
      - {question: plz, type: digits, cells: 5, values: ["44135", "44137", "44139"], text: {de: Postleitzahl, en: Postcode}}
      - question: street
        type: text
        text: {de: Straße, en: Street}
        values: [Ostwall, Westwall, Kuhstraße, Ostenhellweg, Hohe Straße]
        goes_with:
          question: plz
          pairs: GOES
""".replace("GOES", json.dumps(STREETS, ensure_ascii=False))


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    """A project with a form that was printed for somebody, and one that was printed for nobody."""
    base = tmp_path_factory.mktemp("listed")
    (base / "tiny.yaml").write_text(QUESTIONNAIRE, encoding="utf-8")
    with init_project(base / "project", questionnaire=base / "tiny.yaml") as project:
        print_forms(
            project,
            PrintOrder(recipients=(Recipient(token="T-100", name="Café Nord", address=()), None), seed=1),
            base / "x.pdf",
        )
    shutil.copy(base / "x.copies.json", base / "project")
    return base / "project"


@pytest.fixture
def project(printed, tmp_path):
    with open_project(shutil.copytree(printed, tmp_path / "project")) as opened:
        yield opened


def forms(project):
    return [
        (entry["form_id"], entry.get("token"))
        for entry in json.loads((project.folder / "x.copies.json").read_text("utf-8"))
    ]


def read(code, value="", *candidates, status=Status.REVIEW, problem="handwriting"):
    kind = QuestionKind.COMB if code == "plz" else QuestionKind.HANDWRITING
    problems = (problem,) if status is Status.REVIEW else ()
    found = tuple(Candidate(value=one, probability=0.3) for one in candidates)
    return Answer(
        question=code,
        kind=kind,
        value=value,
        confidence=0.6,
        status=status,
        problems=problems,
        candidates=found,
        page=1,
    )


def store(project, *answers, name="A", token=None):
    response = Response(id=name, questionnaire="tiny", version="1", channel=Channel.PAPER, answers=answers, token=token)
    project.store.save_responses([response], kind="paper", label="test", at="2026-01-01T00:00:00Z")


def card(project, item, **more):
    return next(card for card in Desk(project).claim(20, reviewer="p", **more) if card.id == item)


def test_suggestions_come_from_the_list(project):
    """What was read and what resembles it, in the spelling of the list; what the list does not have is never
    suggested.
    """
    store(project, read("street", "Ostwal", "Ostwali", "OSTWALL", "Westwald"))
    found = card(project, "A/street").suggestions
    assert found[0] == "Ostwall"
    assert "Westwall" in found
    assert set(found) <= {street for streets in STREETS.values() for street in streets}


def test_suggestions_that_go_with_what_is_known_come_first(project):
    store(project, read("plz", "44135", status=Status.AUTO), read("street", "Ostenwall", "Ostwall"), name="A")
    store(project, read("street", "Ostenwall"), name="B")
    assert card(project, "A/street").suggestions[:2] == ("Ostwall", "Ostenhellweg")
    assert card(project, "B/street").suggestions[0] == "Ostwall"


@pytest.mark.parametrize(
    ("answers", "item", "filled"),
    [
        ((read("plz", "44135", status=Status.AUTO), read("street")), "A/street", "Ostenhellweg"),
        ((read("plz", "44137", status=Status.AUTO), read("street")), "A/street", ""),
        ((read("plz"), read("street", "Ostwall", status=Status.AUTO)), "A/plz", "44137"),
        ((read("plz"), read("street", "Kuhstraße", status=Status.AUTO)), "A/plz", ""),
        (
            (read("plz", "", "4413?", problem="illegible-cells"), read("street", "Kuhstraße", status=Status.AUTO)),
            "A/plz",
            "",
        ),
        (
            (read("plz", "", "44?37", problem="illegible-cells"), read("street", "Kuhstraße", status=Status.AUTO)),
            "A/plz",
            "44137",
        ),
        ((read("plz", "", "44?37", problem="illegible-cells"), read("street")), "A/plz", "44137"),
        ((read("plz", "", "99?37", problem="illegible-cells"), read("street")), "A/plz", ""),
        ((read("plz", "44137"), read("street", "Ostenhellweg", status=Status.AUTO)), "A/plz", ""),
        ((read("plz", "44135"), read("street")), "A/street", ""),
        ((read("plz", "", problem="unsure-blank"), read("street", "Ostwall", status=Status.AUTO)), "A/plz", ""),
    ],
)
def test_the_only_value_left_is_filled_in(project, answers, item, filled):
    """From what is settled beside it and from the characters that were read; nothing is filled over a proposal, or
    from a value that waits.
    """
    store(project, *answers)
    assert card(project, item).filled == filled


def test_a_known_answer_tells_nothing_by_what_is_filled_in(project):
    """A settled value that somebody is shown with a wrong proposal does not lead to the value beside it: that would
    give the truth away.
    """
    seen = Evidence(ref=PageRef(sha256="0" * 64, path="scan.pdf", index=0), box=RectPx(x=0, y=0, w=9, h=9))
    store(project, replace(read("plz", "44135", status=Status.AUTO), evidence=seen, confidence=1.0), read("street"))
    assert card(project, "A/street").filled == "Ostenhellweg"
    true = Desk(project).item("A/plz")
    with project.store.writing() as tx:
        row = seeded_item_of(
            replace(true, value="44137"), reviewer="p", before="A/street", truth="44135", at="2026-01-01T00:00:00Z"
        )
        assert add_seeded_item(tx, row)
    assert card(project, "A/street", shown=("A/plz",)).filled == ""


def test_a_blind_reading_has_neither(project):
    """Nothing leads somebody who reads blindly to what stands."""
    store(project, read("plz", "44135", status=Status.AUTO), read("street", "Ostenhellweg", status=Status.AUTO))
    again = VerificationDesk(Desk(project))
    assert {(card.filled, card.printed, card.suggestions) for card in again.claim(9, reviewer="lee", third=False)} <= {
        ("", "", ())
    }


def test_what_the_form_bears_in_print_is_offered_first(project):
    """For the addressee's form alone: not for a form without a recipient, a photocopy, or one whose token was
    withheld.
    """
    (own, token), (other, _) = forms(project)
    store(project, read("name", "Café Nrod", "Cafe Nrod"), name=own, token=token)
    store(project, read("name", "Café Nrod"), name=other)
    found = card(project, f"{own}/name")
    assert (found.suggestions[0], found.printed) == ("Café Nord", "Café Nord")
    assert card(project, f"{other}/name").printed == ""
    store(project, read("name", "Café Nrod"), name=own, token=None)
    assert card(project, f"{own}/name").printed == ""
    store(project, read("name", "Café Nrod"), name=own, token=token)
    store(project, read("name", "Café Süd"), name=f"{own}.2")
    assert [card(project, f"{name}/name").printed for name in (own, f"{own}.2")] == ["", ""]


def test_the_list_of_a_question_is_told_by_edition(project):
    """The station asks for it once; questions without a list, and editions that nobody knows, have none."""
    desk = Desk(project)
    digest = forms(project)[0][0].partition("-")[0]
    assert desk.listed(digest, "plz") == desk.listed("tiny", "plz") == ("44135", "44137", "44139")
    assert [desk.listed(*wrong) for wrong in (("tiny", "name"), ("tiny", "x"), ("other", "plz"), ("..", "plz"))] == [
        None
    ] * 4
    assert re.fullmatch(r"\w+", digest)


def test_keying_asks_about_what_the_list_does_not_have(project):
    """It names what resembles it there; the sign, or the same once more, keeps it as the value; another one is asked
    about anew.
    """

    def talk(*typed):
        lines, shown = iter(typed), []
        response = key_form(
            find_form(project, None),
            channel=Channel.MANUAL,
            prompt=lambda _: next(lines),
            echo=shown.append,
            language="en",
        )
        assert next(lines, None) is None
        return response.answer("street").value, [line for line in shown if line.startswith("  !")]

    assert talk("", "44137", "ostwall") == ("Ostwall", [])
    value, said = talk("", "44137", "Ostwal", "=")
    assert (value, len(said)) == ("Ostwal", 1)
    assert "Alike in the list: Ostwall" in said[0]
    assert talk("", "44137", "Ostwal", "Ostwal")[0] == "Ostwal"
    assert talk("", "44137", "Ostwal", "Nowhere", "Westwall") == (
        "Westwall",
        [said[0], talk("", "44137", "Nowhere", "=")[1][0]],
    )
