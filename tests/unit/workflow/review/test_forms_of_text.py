"""Phone numbers and addresses on the screens: typed values keep the rules, readings that break them are put right."""

import pytest

from scanform.errors import InputError
from scanform.model.questionnaire import QuestionKind
from scanform.model.reading import Candidate
from scanform.model.response import Answer, Channel, Missing, Response, Status
from scanform.model.review import DecisionKind
from scanform.workflow.project.project import init_project
from scanform.workflow.review.desk import Desk, Submission, effective_responses
from scanform.workflow.review.key_entry import find_form, key_answers

QUESTIONNAIRE = """
code: tiny
version: "1"
languages: en
title: Small survey
sections:
  - title: Contact
    questions:
      - {question: tel, type: phone, text: Phone}
      - {question: mail, type: email, text: E-mail}
      - {question: remark, type: text, text: Remark}
"""


def waiting(question, value, problem, *read):
    candidates = tuple(Candidate(value=one, probability=0.4) for one in read)
    return Answer(
        question=question, kind=QuestionKind.HANDWRITING, value=value, confidence=0.4, status=Status.REVIEW,
        problems=(problem,) if problem else (), candidates=candidates, page=1,
    )  # fmt: skip


@pytest.fixture
def project(tmp_path):
    source = tmp_path / "tiny.yaml"
    source.write_text(QUESTIONNAIRE, encoding="utf-8")
    with init_project(tmp_path / "project", questionnaire=source) as made:
        answers = (
            waiting("tel", "", "bad-phone", "O231 55501"),
            waiting("mail", "a@web.de", "handwriting", "a@web.de", "a @ wob.de", "a web.de"),
            waiting("remark", "fine", "handwriting", "fine", "fire"),
        )
        response = Response(id="A", questionnaire="tiny", version="1", channel=Channel.PAPER, answers=answers)
        made.store.save_responses([response], kind="paper", label="test", at="2026-01-01T00:00:00Z")
        yield made


def test_cards_say_how_to_type(project):
    """Each line has its keyboard; what is no number stands in the field to be put right; only what can be right is
    suggested.
    """
    cards = {card.column: card for card in Desk(project).queue(10, language="en")}
    assert {column: card.keyboard for column, card in cards.items()} == {
        "tel": "tel",
        "mail": "email",
        "remark": "text",
    }
    assert (cards["tel"].draft, cards["tel"].proposal, cards["tel"].reason_text) == (
        "O231 55501",
        "none",
        "This is no complete phone number.",
    )
    assert (cards["mail"].draft, cards["mail"].suggestions) == (None, ("a@wob.de",))
    assert cards["remark"].suggestions == ("fire",)
    assert {column: card.objection for column, card in cards.items()} == {
        "tel": "implausible",
        "mail": "implausible",
        "remark": "",
    }


def submitted(item, kind, to=""):
    return Submission(uuid=f"{item}{kind}{to}", item=item, version=1, basis="", kind=kind, from_value="", to_value=to)


def test_typed_values_keep_the_rules(project):
    """A number is stored in canonical form, what is none is refused in words, and what stands there can be called
    implausible.
    """
    desk = Desk(project)
    (refused,) = desk.decide([submitted("A/tel", DecisionKind.CORRECT, "none")], reviewer="r", language="en")
    assert (refused.result, refused.message) == ("invalid", "This is no complete phone number.")
    done = desk.decide(
        [submitted("A/tel", DecisionKind.CORRECT, " 0231  55501"), submitted("A/mail", DecisionKind.IMPLAUSIBLE)],
        reviewer="r",
        language="en",
    )
    assert [outcome.result for outcome in done] == ["saved", "saved"]
    (response,) = effective_responses(project)
    assert response.answer("tel").value == "0231 55501"
    assert response.answer("mail").missing is Missing.IMPLAUSIBLE


def test_keyed_values_keep_the_rules(project):
    """Keying a form by hand knows the same forms."""
    form = find_form(project, "new")
    keyed = key_answers(form, {"tel": "+49 231  55501", "mail": "A@Web.de"}, channel=Channel.MANUAL)
    assert [answer.value for answer in keyed.answers] == ["+49 231 55501", "A@web.de", ""]
    with pytest.raises(InputError) as caught:
        key_answers(form, {"tel": "later", "mail": "a@web"}, channel=Channel.MANUAL, language="en")
    assert all(
        words in str(caught.value)
        for words in ("tel: This is no complete phone number.", "mail: This is no complete e-mail address.")
    )
