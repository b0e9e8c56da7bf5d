"""Days and decimal numbers as the reader writes and types them; stored, they are the same in every language."""

import datetime
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.review_material import SINCE, contradict, fill
from scanform.model.questionnaire import Alphabet, Question, QuestionKind, Texts
from scanform.model.response import Status
from scanform.model.review import DecisionKind
from scanform.rules import key_answer
from scanform.workflow.project.project import open_project
from scanform.workflow.review.cards import as_typed
from scanform.workflow.review.desk import Desk, Submission
from scanform.workflow.review.double_verification import VerificationDesk
from scanform.workflow.review.value_history import page_facts, value_history

WORDS = {"de": "01.04.2024", "en": "1 Apr 2024"}
DAY = Question(
    code="day",
    kind=QuestionKind.COMB,
    text=Texts(entries=(("de", "Tag"), ("en", "Day"))),
    alphabet=Alphabet.DATE,
    cells=(2, 2, 4),
)
SIZE = replace(DAY, code="size", alphabet=Alphabet.DECIMAL, cells=(4, 2))


@pytest.fixture
def project(house):
    with open_project(house) as opened:
        yield opened


def act(card, kind, to, *, uuid):
    return Submission(
        uuid=uuid, item=card.id, version=card.version, basis=card.basis, kind=kind, from_value=card.value, to_value=to
    )


@settings(deadline=None)
@given(st.dates() | st.decimals(0, 9999, places=2).map(lambda number: f"{number:f}"), st.sampled_from(("de", "en")))
def test_what_stands_in_the_text_field_is_the_stored_value(value, language):
    """Whatever the day or the number: what is offered for typing is accepted, and comes to the same stored value."""
    question = DAY if isinstance(value, datetime.date) else SIZE
    stored = key_answer(question, None, str(value)).value
    assert key_answer(question, None, as_typed(question, stored, language)).value == stored


def test_only_what_comes_to_the_same_value_is_offered_for_typing():
    """A day that a rule refuses is refused in both forms; where a text is kept letter by letter, it stands as it is
    stored.
    """
    assert as_typed(replace(DAY, minimum="2024-01-01"), "1990-12-31", "de") == "31.12.1990"
    assert as_typed(replace(DAY, kind=QuestionKind.HANDWRITING), "2026-03-14", "de") == "2026-03-14"
    assert as_typed(SIZE, "12.5", "de") == "12,5"
    assert as_typed(None, "2026-03-14", "de") == "2026-03-14"


@pytest.mark.parametrize("language", ["de", "en"])
def test_a_day_on_a_card_in_the_history_and_on_its_page(project, language):
    """Read, put right, in force, and where it lies; the stored value stays what it is."""
    fill(project, 1, SINCE)
    desk = Desk(project)
    (card,) = desk.claim(1, reviewer="ben", language=language)
    typed = {"de": ("01.04.2024", "07.04.2024"), "en": ("01/04/2024", "07/04/2024")}[language]
    assert (card.value, card.value_text, card.typed, card.suggestions) == (
        "2024-04-01",
        WORDS[language],
        typed[0],
        (typed[1],),
    )
    assert WORDS[language] in card.alt
    assert desk.decide([act(card, DecisionKind.CORRECT, typed[1], uuid="a")], reviewer="ben")[0].result == "saved"
    assert project.store.decisions()[-1].to_value == "2024-04-07"
    later = WORDS[language].replace("1", "7", 1)
    found = value_history(desk, card.id, language=language)
    assert ([event.value for event in found.events], found.value) == ([WORDS[language], later], later)
    assert later in {place.value for place in page_facts(desk, card.response_id, 1, language=language).places}


@pytest.mark.parametrize("language", ["de", "en"])
def test_sources_and_readers_that_differ_say_days_in_words(project, language):
    """In a contradiction, and where two people read different days."""
    contradict(project)
    desk = Desk(project)
    card = next(
        desk.card(item.id, language=language) for item in desk.queue(20) if item.statements and item.column == "since"
    )
    assert [(one.text, one.value) for one in card.statements] == [
        (WORDS[language], "2024-04-01"),
        (WORDS[language].replace("1", "7", 1), "2024-04-07"),
    ]
    assert all(key_answer(DAY, None, one.typed).value == one.value for one in card.statements)


def test_a_third_person_sees_both_days_in_words(project):
    """Either can be taken by its key, or typed as it stands there."""
    fill(project, 8, replace(SINCE, problem=None, status=Status.AUTO))
    again = VerificationDesk(Desk(project))
    looks = again.claim(8, reviewer="lee", third=False)
    assert looks
    for number, card in enumerate(looks):
        assert (card.value, card.typed, card.value_text) != ("2024-04-01", "01.04.2024", "01.04.2024")
        assert (
            again.decide(
                [act(card, DecisionKind.CORRECT, "7.4.2024", uuid=f"second-{number}")], reviewer="lee", third=False
            )[0].result
            == "saved"
        )
    card = again.claim(1, reviewer="dora", third=True)[0]
    assert {(one.text, one.value, one.typed) for one in card.statements} == {
        ("01.04.2024", "2024-04-01", "01.04.2024"),
        ("07.04.2024", "2024-04-07", "07.04.2024"),
    }


def test_what_is_refused_stands_as_it_was_written(project):
    """Cells that are no day are shown as they were read."""
    fill(project, 1, replace(SINCE, value="", problem="bad-date", candidates=("31022024",)))
    (card,) = Desk(project).claim(1, reviewer="ben", language="en")
    assert (card.value, card.typed, card.draft, card.value_text) == ("", "", "31.02.2024", "31.02.2024")
