"""Contradictions between paper and online at the desk: shown after the doubtful fields, decided like them, over a
real store.
"""

import csv
import itertools
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from scanform.model.questionnaire import QuestionKind
from scanform.model.response import Answer, Channel, Missing, Response, Status
from scanform.model.review import DecisionKind as K
from scanform.workflow.dataset.export import export_dataset
from scanform.workflow.dataset.merge_responses import (
    decide_conflict,
    merge_responses,
    open_conflicts,
    records,
    undo_merge,
)
from scanform.workflow.insight.status import project_status
from scanform.workflow.project.project import Project
from scanform.workflow.review import memory
from scanform.workflow.review.cards import Card
from scanform.workflow.review.desk import Counts, Desk, Submission

AT = "2026-01-01T00:00:00Z"
PLACE = "merged-tiny-T1"
numbers = itertools.count()


def settled(question: str, kind: QuestionKind, value: str) -> Answer:
    return Answer(
        question=question,
        kind=kind,
        value=value,
        confidence=0.99,
        status=Status.AUTO,
        missing=None if value else Missing.NO_ANSWER,
    )


def response(name: str, channel: Channel, *, token: str = "T1", **values: str) -> Response:
    kinds = {
        "open": QuestionKind.SINGLE,
        "day": QuestionKind.COMB,
        "groups": QuestionKind.MULTIPLE,
        "remark": QuestionKind.HANDWRITING,
    }
    answers = tuple(settled(question, kind, values.get(question, "")) for question, kind in kinds.items())
    return Response(
        id=name, questionnaire="tiny", version="1", channel=channel, answers=answers, token=token, received_at=AT
    )


PAPER = response("P", Channel.PAPER, open="ja", day="2025-03-12", groups="kids old", remark="Alles gut")
ONLINE = response("online-1", Channel.ONLINE, open="nein", day="2025-03-13", groups="kids", remark="Alles gut")


@pytest.fixture
def merged(filled: Project) -> Project:
    """Two forms full of doubtful fields, and one place whose paper and online answers differ in three questions."""
    filled.store.save_responses([PAPER, ONLINE], kind="digital", label="both", at=AT)
    merge_responses(filled, at=AT)
    return filled


def sent(card: Card, kind: K, to: str = "", *, undoes: str | None = None) -> Submission:
    return Submission(
        uuid=f"c{next(numbers)}",
        item=card.id,
        version=card.version,
        basis=card.basis,
        kind=kind,
        from_value=card.value,
        to_value=to,
        undoes=undoes,
    )


def decide(desk: Desk, *submissions: Submission) -> list[str]:
    return [outcome.result for outcome in desk.decide(submissions, reviewer="r")]


def card_of(desk: Desk, column: str, language: str = "de") -> Card:
    card = desk.card(f"{PLACE}/{column}", language=language)
    assert card is not None
    return card


def merged_answer(project: Project, column: str) -> tuple[str, Missing | None, str]:
    record = next(record for record in records(project) if record.id == PLACE)
    answer = next(answer for answer in record.response.answers if answer.column == column)
    return answer.value, answer.missing, record.origins[column].rule


def test_contradictions_come_after_the_doubtful_fields(merged: Project) -> None:
    """They are part of the queue and of its numbers, in the order of the form, and the queue goes on behind each of
    them.
    """
    desk = Desk(merged)
    ids = [card.id for card in desk.queue(100)]
    assert len(ids) == 13
    assert ids[10:] == [f"{PLACE}/open", f"{PLACE}/day", f"{PLACE}/groups"]
    assert {item.id for item in open_conflicts(merged)} == set(ids[10:])
    assert desk.counts() == Counts(open=13, postponed=0, settled=0, total=13)
    assert decide(desk, sent(card_of(desk, "open"), K.CORRECT, "ja")) == ["saved"]
    assert [card.id for card in desk.queue(100, f"{PLACE}/open")] == ids[11:]
    assert [card.id for card in desk.queue(2, ids[9])] == ids[11:]
    assert project_status(merged).contradictions == 2


@pytest.mark.parametrize(
    ("language", "shown"), [("de", "Papier: Ja · Online: Nein, weil"), ("en", "Paper: Yes · Online: No, because")]
)
def test_a_card_says_who_says_what_and_proposes_nothing(merged: Project, language: str, shown: str) -> None:
    """Both values with their channels, each with one key, neither chosen beforehand."""
    card = card_of(Desk(merged), "open", language)
    assert card.value_text == shown
    assert (card.value, card.proposal, card.draft, card.objection, card.reason) == (
        "",
        "none",
        None,
        "",
        "contradiction",
    )
    assert card.reason_text
    assert card.reason_text != "contradiction"
    assert [(c.key, c.code, c.tag, len(c.said_by)) for c in card.choices] == [("1", "ja", "", 1), ("2", "nein", "", 1)]
    assert card.form == "P"
    assert not card.has_crop


def test_texts_and_sets_of_answers_offer_both_sides(merged: Project) -> None:
    """For typed values the sides are suggestions, for multiple choice whole sets; who ticked what stands at the
    options.
    """
    desk = Desk(merged)
    day, groups = card_of(desk, "day"), card_of(desk, "groups")
    assert (day.suggestions, day.draft, day.proposal) == (("12.03.2025", "13.03.2025"), None, "none")
    assert [(s.said_by, s.value, s.text) for s in groups.statements] == [
        ("Papier", "kids old", "Kinder, Ältere"),
        ("Online", "kids", "Kinder"),
    ]
    assert [choice.said_by for choice in groups.choices] == [("Papier", "Online"), ("Papier",), ()]


@pytest.mark.parametrize(
    ("column", "kind", "to", "stored"),
    [
        ("open", K.CORRECT, "nein", ("nein", None)),
        ("day", K.CORRECT, "1.4.2025", ("2025-04-01", None)),
        ("groups", K.CORRECT, "old kids", ("kids old", None)),
        ("groups", K.NO_ANSWER, "", ("", Missing.NO_ANSWER)),
        ("day", K.ILLEGIBLE, "", ("", Missing.ILLEGIBLE)),
    ],
)
def test_a_decision_holds_for_the_data_set(
    merged: Project, tmp_path: Path, column: str, kind: K, to: str, stored: tuple[str, Missing | None]
) -> None:
    """What a person decides is one of the values, or another valid one; the data set names the person's rule."""
    desk = Desk(merged)
    assert decide(desk, sent(card_of(desk, column), kind, to)) == ["saved"]
    assert merged_answer(merged, column) == (*stored, "decision/1")
    assert desk.counts() == Counts(open=12, postponed=0, settled=1, total=13)
    assert [card.id for card in Desk(merged).queue(100)] == [card.id for card in desk.queue(100)]
    assert export_dataset(merged, tmp_path / "out").open_conflicts == 2
    with (tmp_path / "out" / "provenance.csv").open(encoding="utf-8-sig", newline="") as file:
        rules = {row["column"]: row["rule"] for row in csv.DictReader(file)}
    assert rules[column] == "decision/1"


def test_wrong_values_and_empty_confirmations_are_refused(merged: Project) -> None:
    """Only what the question allows is stored, and nobody can confirm a contradiction as it stands."""
    desk = Desk(merged)
    assert decide(
        desk, sent(card_of(desk, "open"), K.CORRECT, "vielleicht"), sent(card_of(desk, "day"), K.CORRECT, "31.2.2025")
    ) == ["invalid", "invalid"]
    assert (
        decide(desk, *(sent(card_of(desk, column), K.CONFIRM) for column in ("open", "day", "groups")))
        == ["invalid"] * 3
    )
    assert desk.check(f"{PLACE}/day", "31.2.2025")
    assert merged.store.decisions() == []


def test_undo_opens_a_contradiction_again(merged: Project) -> None:
    """In the same visit and in a later one; sending twice counts once."""
    desk = Desk(merged)
    first = sent(card_of(desk, "open"), K.CORRECT, "ja")
    assert decide(desk, first, first) == ["saved", "saved"]
    assert decide(Desk(merged), first) == ["saved"]
    assert len(merged.store.decisions()) == 1
    assert decide(desk, sent(card_of(desk, "open"), K.UNDO, undoes=first.uuid)) == ["saved"]
    assert merged_answer(merged, "open")[1:] == (Missing.CONTRADICTION, "contradiction/1")
    assert decide(desk, sent(card_of(desk, "open"), K.CORRECT, "nein")) == ["saved"]
    again = Desk(merged).undo("r")
    assert again is not None
    assert (again.id, again.proposal, len(again.statements)) == (f"{PLACE}/open", "none", 2)
    assert merged_answer(merged, "open")[2] == "contradiction/1"


def test_put_off_contradictions_come_last(merged: Project) -> None:
    """Behind all that nobody has put off, fields or contradictions."""
    desk = Desk(merged)
    field = desk.queue(1)[0]
    assert decide(desk, sent(card_of(desk, "open"), K.POSTPONE), sent(field, K.POSTPONE)) == ["saved", "saved"]
    assert [card.id for card in desk.queue(100)][-4:] == [f"{PLACE}/day", f"{PLACE}/groups", field.id, f"{PLACE}/open"]
    assert desk.counts() == Counts(open=13, postponed=2, settled=0, total=13)
    assert merged_answer(merged, "open")[2] == "contradiction/1"


def test_other_people_s_decisions_are_not_overwritten_unseen(merged: Project) -> None:
    """Who decides second sees the first decision, whether it was made at a desk or on the command line."""
    desk = Desk(merged)
    card = card_of(desk, "open")
    decide_conflict(merged, card.id, "ja", reviewer="anna")
    (outcome,) = desk.decide([sent(card, K.CORRECT, "nein")], reviewer="r")
    assert outcome.result == "conflict"
    assert outcome.card is not None
    assert (outcome.card.value, outcome.card.value_text, outcome.card.statements) == ("ja", "Ja", ())
    assert decide(desk, sent(outcome.card, K.CORRECT, "nein")) == ["saved"]
    assert merged_answer(merged, "open")[0] == "nein"


def test_new_words_of_a_source_make_an_old_decision_void(merged: Project) -> None:
    """The decision was about other values: the contradiction is open again, an old view of it is a conflict, and
    undo leaves it alone.
    """
    desk = Desk(merged)
    old = card_of(desk, "day")
    assert decide(desk, sent(old, K.CORRECT, "2025-03-12")) == ["saved"]
    merged.store.save_response(
        replace(
            ONLINE, answers=tuple(replace(a, value="2024-01-01") if a.column == "day" else a for a in ONLINE.answers)
        ),
        batch_id=1,
    )
    (outcome,) = desk.decide([sent(old, K.CORRECT, "2025-03-13")], reviewer="r")
    assert outcome.result == "conflict"
    assert outcome.card is not None
    assert outcome.card.version != old.version
    assert outcome.card.suggestions == ("12.03.2025", "01.01.2024")
    assert desk.undo("r") is None
    assert decide(desk, sent(outcome.card, K.CORRECT, "2024-01-01")) == ["saved"]
    assert merged_answer(merged, "day")[0] == "2024-01-01"


def test_a_decided_field_can_make_and_end_a_contradiction(merged: Project) -> None:
    """A value that waits contradicts nobody; once it is decided the contradiction is there at once, and gone when
    the decision is taken back.
    """
    waiting = tuple(
        replace(a, status=Status.REVIEW, problems=("unclear-mark",)) if a.column == "open" else a for a in PAPER.answers
    )
    merged.store.save_response(replace(PAPER, answers=waiting), batch_id=1)
    desk = Desk(merged)
    assert desk.card(f"{PLACE}/open") is None
    field = desk.card("P/open")
    assert field is not None
    first = sent(field, K.CONFIRM)
    assert decide(desk, first) == ["saved"]
    assert f"{PLACE}/open" in {card.id for card in desk.queue(100)}
    assert decide(desk, sent(field, K.UNDO, undoes=first.uuid)) == ["saved"]
    assert desk.card(f"{PLACE}/open") is None
    assert decide(desk, sent(field, K.CORRECT, "nein")) == ["saved"]
    assert desk.card(f"{PLACE}/open") is None


def test_a_merge_taken_back_has_no_contradictions(merged: Project) -> None:
    """A decision about a record that is no more is not stored, and says so; one that was stored is acknowledged
    again.
    """
    desk = Desk(merged)
    stored = sent(card_of(desk, "day"), K.CORRECT, "2025-03-12")
    assert decide(desk, stored) == ["saved"]
    card = card_of(desk, "open")
    undo_merge(merged)
    (outcome,) = desk.decide([sent(card, K.CORRECT, "nein")], reviewer="r")
    assert outcome.result == "unknown"
    assert "nein" in outcome.message
    assert decide(desk, stored) == ["saved"]
    assert len(desk.queue(100)) == 10
    assert len(merged.store.decisions()) == 1


def test_contradictions_of_a_new_merge_appear_while_the_desk_is_open(
    filled: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What another program merges meanwhile comes into the queue."""
    desk = Desk(filled)
    assert len(desk.queue(100)) == 10
    filled.store.save_responses([PAPER, ONLINE], kind="digital", label="both", at=AT)
    merge_responses(filled, at=AT)
    monkeypatch.setattr(memory, "FRESH_S", 0.0)
    monkeypatch.setattr(memory, "LOAD_SHARE", 0.0)
    desk.queue(100)
    desk.close()
    assert len(desk.queue(100)) == 13
    desk.close()


CALLS_AT_ONCE = 60_000
"""Calls of functions for one decision: 18,500 are needed. To look at all contradictions anew takes 190,000, which a
person notices.
"""


@contextmanager
def counted_calls() -> Iterator[list[int]]:
    """How many functions are called in this thread: work, which a busy machine does not make more."""
    called = [0]

    def see(_: object, event: str, __: object) -> None:
        called[0] += event == "call"

    sys.setprofile(see)
    try:
        yield called
    finally:
        sys.setprofile(None)


@pytest.mark.slow
def test_the_queue_does_not_look_for_contradictions_each_time(merged: Project) -> None:
    """Three hundred places with contradictions: asking for the queue and deciding stay far below the work of looking
    at all of them anew.
    """
    pairs = [
        replace(one, id=f"{one.id}-{number}", token=f"N{number}") for number in range(300) for one in (PAPER, ONLINE)
    ]
    merged.store.save_responses(pairs, kind="digital", label="many", at=AT)
    merge_responses(merged, at=AT)
    desk = Desk(merged)
    cards = [card for card in desk.queue(1000) if card.statements]
    assert len(cards) == 903
    calls = []
    for card in cards[:20]:
        with counted_calls() as called:
            assert decide(desk, sent(card, K.NO_ANSWER)) == ["saved"]
            desk.queue(60)
            desk.counts()
        calls.append(called[0])
    assert sorted(calls)[10] < CALLS_AT_ONCE, calls
