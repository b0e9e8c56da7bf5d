"""The desk over a real store: order of the queue, decisions, conflicts, undo."""

import itertools
import threading
from dataclasses import replace

import pytest

from scanform.model.reading import Candidate
from scanform.model.response import Missing, Status
from scanform.model.review import DecisionKind as K
from scanform.store import values
from scanform.workflow.project.project import Project
from scanform.workflow.review import memory
from scanform.workflow.review.desk import Counts, Desk, Submission, effective_responses

numbers = itertools.count()


def sent(
    item: str, kind: K, to: str = "", *, was: str = "ja", version: int = 1, basis: str = "", undoes: str | None = None
) -> Submission:
    return Submission(
        uuid=f"u{next(numbers)}",
        item=item,
        version=version,
        basis=basis,
        kind=kind,
        from_value=was,
        to_value=to,
        undoes=undoes,
    )


def decide(desk: Desk, *submissions: Submission, reviewer: str = "r") -> list[str]:
    return [outcome.result for outcome in desk.decide(submissions, reviewer=reviewer)]


def value(project: Project, response: str, question: str, option: str | None = None):
    found = next(r for r in effective_responses(project) if r.id == response).answer(question, option)
    assert found is not None
    return found


def test_queue_brings_each_question_together_least_certain_first(filled: Project) -> None:
    """Both forms' answers to one question follow each other, the less certain form first."""
    ids = [card.id for card in Desk(filled).queue(100)]
    assert ids == [f"{form}/{column}" for column in ("open", "day", "groups", "seats", "remark") for form in ("B", "A")]


def test_queue_goes_on_after_an_item_even_when_it_was_decided(filled: Project) -> None:
    """Pages of the queue neither repeat nor skip anything while decisions come in."""
    desk = Desk(filled)
    first = [card.id for card in desk.queue(3)]
    assert decide(desk, sent(first[2], K.CONFIRM, was="2025-03-12")) == ["saved"]
    rest = [card.id for card in desk.queue(100, first[2])]
    assert first + rest == [
        f"{form}/{column}" for column in ("open", "day", "groups", "seats", "remark") for form in ("B", "A")
    ]


def test_put_off_items_come_last_and_stay_open(filled: Project) -> None:
    """Space moves an item to the end, twice put off behind once put off."""
    desk = Desk(filled)
    decide(desk, sent("B/open", K.POSTPONE), sent("A/open", K.POSTPONE), sent("B/open", K.POSTPONE))
    cards = desk.queue(100)
    assert [card.id for card in cards][-2:] == ["A/open", "B/open"]
    assert desk.counts() == Counts(open=10, postponed=2, settled=0, total=10)


def test_a_card_says_everything_in_the_reviewer_s_language(filled: Project) -> None:
    """Wording, choices with keys and marks, the reading in words, the reason in words."""
    card = Desk(filled).card("B/open", language="en")
    assert card is not None
    assert (card.heading, card.wording, card.value_text, card.proposal) == ("The place", "Is it open?", "Yes", "value")
    assert [(c.key, c.code, c.text, c.tag) for c in card.choices] == [
        ("1", "ja", "Yes", "read"),
        ("2", "nein", "No, because", "possible"),
    ]
    assert "Is it open?" in card.alt
    assert "Yes" in card.alt
    assert card.reason_text in card.alt


def test_enter_never_confirms_a_blank_that_nobody_read(filled: Project) -> None:
    """Cells that could not be read propose nothing, so confirming them is impossible."""
    card = Desk(filled).card("B/seats")
    assert card is not None
    assert (card.value, card.proposal) == ("", "none")


def test_two_marks_propose_neither(filled: Project) -> None:
    """Both marked options are shown as marked, none is preselected, and the objection is offered."""
    machine = filled.store.response("B")
    assert machine is not None
    answers = tuple(replace(a, problems=("two-marks",)) if a.column == "open" else a for a in machine.answers)
    filled.store.save_response(replace(machine, answers=answers), batch_id=1)
    card = Desk(filled).card("B/open")
    assert card is not None
    assert ([choice.tag for choice in card.choices], card.proposal, card.objection) == (
        ["marked", "marked"],
        "none",
        "inadmissible",
    )
    assert card.value_text == "Ja, Nein, weil"


@pytest.mark.parametrize(
    ("column", "raw", "problem", "shown"),
    [
        ("seats", "9 9", "out-of-range", "9 9"),
        ("seats", "4?0", "illegible-cells", "4?0"),
        ("day", "31022024", "bad-date", "31.02.2024"),
    ],
)
def test_what_no_rule_admits_is_shown_as_written(
    filled: Project, column: str, raw: str, problem: str, shown: str
) -> None:
    """An inadmissible reading is no value, but it stands in the text field to be put right, and it can be called
    implausible.
    """
    machine = filled.store.response("B")
    assert machine is not None
    read = (Candidate(value=raw, probability=0.7),)
    answers = tuple(
        replace(a, value="", problems=(problem,) if problem else (), candidates=read) if a.column == column else a
        for a in machine.answers
    )
    filled.store.save_response(replace(machine, answers=answers), batch_id=1)
    desk = Desk(filled)
    card = desk.card(f"B/{column}")
    assert card is not None
    assert (card.value, card.draft, card.value_text, card.proposal, card.suggestions) == ("", shown, shown, "none", ())
    assert decide(desk, sent(card.id, K.IMPLAUSIBLE, version=card.version)) == ["saved"]
    assert value(filled, "B", column).missing is Missing.IMPLAUSIBLE


@pytest.mark.parametrize(
    ("column", "typed", "stored"),
    [
        ("day", "1.4.2024", "2024-04-01"),
        ("day", "2024-04-01", "2024-04-01"),
        ("seats", "012", "12"),
        ("groups", "old kids", "kids old"),
        ("remark", " zwei  Wörter ", "zwei Wörter"),
    ],
)
def test_typed_values_are_stored_in_canonical_form(filled: Project, column: str, typed: str, stored: str) -> None:
    """What a person types passes the same rules as everything else."""
    assert decide(Desk(filled), sent(f"B/{column}", K.CORRECT, typed)) == ["saved"]
    assert value(filled, "B", column).value == stored


@pytest.mark.parametrize(
    ("column", "typed"),
    [
        ("day", "31.2.2024"),
        ("day", "gestern"),
        ("seats", "501"),
        ("seats", "viele"),
        ("open", "vielleicht"),
        ("open", "ja nein"),
        ("groups", "kids none"),
    ],
)
@pytest.mark.parametrize("language", ["de", "en"])
def test_wrong_values_come_back_with_words_and_store_nothing(
    filled: Project, column: str, typed: str, language: str
) -> None:
    """An invalid value is refused with a message in the reviewer's language; the item stays open."""
    desk = Desk(filled)
    (outcome,) = desk.decide([sent(f"B/{column}", K.CORRECT, typed)], reviewer="r", language=language)
    assert outcome.result == "invalid"
    assert outcome.message
    assert outcome.card is not None
    assert filled.store.decisions() == []
    assert desk.check(f"B/{column}", typed, language=language) == outcome.message
    assert value(filled, "B", column).status is Status.REVIEW


def test_sending_again_counts_once(filled: Project) -> None:
    """The same uuid is acknowledged again and stored once."""
    desk, submission = Desk(filled), sent("B/open", K.CORRECT, "nein")
    assert decide(desk, submission, submission) == ["saved", "saved"]
    assert decide(Desk(filled), submission) == ["saved"]
    assert len(filled.store.decisions()) == 1


def test_a_newer_reading_makes_an_old_view_a_conflict(filled: Project) -> None:
    """Whoever decided on an outdated reading sees the new one and decides again; an equal value is fine."""
    desk = Desk(filled)
    machine = filled.store.response("B")
    assert machine is not None
    answers = tuple(replace(a, value="nein") if a.column == "open" else a for a in machine.answers)
    filled.store.save_response(replace(machine, answers=answers), batch_id=1)
    (outcome,) = desk.decide([sent("B/open", K.CONFIRM, "ja")], reviewer="r")
    assert outcome.result == "conflict"
    assert outcome.card is not None
    assert (outcome.card.version, outcome.card.value) == (2, "nein")
    assert "Nein, weil" in outcome.message
    assert decide(desk, sent("B/open", K.CORRECT, "nein")) == ["saved"]
    assert decide(desk, sent("B/open", K.CORRECT, "ja", version=2)) == ["conflict"]  # somebody has decided meanwhile


def test_two_reviewers_never_overwrite_each_other_unseen(filled: Project) -> None:
    """The second one to decide differently is shown the first decision, and may then decide against it."""
    desk = Desk(filled)
    first = sent("B/open", K.CORRECT, "nein")
    decide(desk, first, reviewer="one")
    (outcome,) = desk.decide([sent("B/open", K.CONFIRM, "ja")], reviewer="two")
    assert (outcome.result, outcome.card and outcome.card.basis) == ("conflict", first.uuid)
    assert decide(desk, sent("B/open", K.CORRECT, "ja", basis=first.uuid), reviewer="two") == ["saved"]
    assert value(filled, "B", "open").value == "ja"


def test_undo_reopens_and_redeciding_is_no_conflict(filled: Project) -> None:
    """Decide, undo, decide otherwise: in one sending or in three."""
    desk, first = Desk(filled), sent("B/open", K.CORRECT, "nein")
    assert decide(desk, first, sent("B/open", K.UNDO, undoes=first.uuid), sent("B/open", K.ILLEGIBLE)) == ["saved"] * 3
    assert value(filled, "B", "open").missing is Missing.ILLEGIBLE
    assert desk.counts() == Counts(open=9, postponed=0, settled=1, total=10)


def test_undo_on_the_desk_takes_back_the_reviewer_s_own_latest(filled: Project) -> None:
    """Undo goes back one decision at a time, through earlier visits too, and leaves other people's alone."""
    desk = Desk(filled)
    decide(desk, sent("A/open", K.CORRECT, "nein"), reviewer="one")
    decide(desk, sent("B/open", K.CORRECT, "nein"), sent("B/day", K.ILLEGIBLE), reviewer="two")
    later = Desk(filled)
    undone = [later.undo("two"), later.undo("two"), later.undo("two")]
    assert [card and card.id for card in undone] == ["B/day", "B/open", None]
    assert value(filled, "A", "open").value == "nein"
    assert value(filled, "B", "open").status is Status.REVIEW


def test_unknown_items_are_named_not_stored(filled: Project) -> None:
    """A decision about something that is gone comes back with what was entered."""
    desk = Desk(filled)
    outcomes = desk.decide(
        [sent(item, K.CORRECT, "nein") for item in ("C/open", "B/nothing", "", "/", "B/")], reviewer="r"
    )
    assert {outcome.result for outcome in outcomes} == {"unknown"}
    assert all("nein" in outcome.message for outcome in outcomes)
    assert desk.card("C/open") is None
    assert desk.crop("C/open") is None
    assert desk.check("C/open", "x") is None


def test_a_failing_store_leaves_nothing_half_done(filled: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """When writing breaks off in the middle, neither store nor desk keep the first half."""
    desk, add = Desk(filled), values.add_decision
    desk.queue(10)

    def breaking(tx, decision):
        if decision.item == "A/open":
            raise OSError("disk full")
        return add(tx, decision)

    monkeypatch.setattr(values, "add_decision", breaking)
    batch = [sent("B/open", K.CORRECT, "nein"), sent("A/open", K.CORRECT, "nein")]
    with pytest.raises(OSError, match="disk full"):
        desk.decide(batch, reviewer="r")
    monkeypatch.undo()
    assert filled.store.decisions() == []
    assert desk.counts().settled == 0
    assert decide(desk, *batch) == ["saved", "saved"]


def test_new_pages_appear_while_the_desk_is_open(filled: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """What another program reads meanwhile comes into the queue."""
    desk = Desk(filled)
    assert len(desk.queue(100)) == 10
    other = filled.store.response("A")
    assert other is not None
    filled.store.save_response(replace(other, id="C"), batch_id=1)
    monkeypatch.setattr(memory, "FRESH_S", 0.0)
    monkeypatch.setattr(memory, "LOAD_SHARE", 0.0)
    decide(desk, sent("A/open", K.CONFIRM))
    desk.queue(100)
    decide(desk, sent("B/open", K.CONFIRM))  # perhaps while the store is being read: it must not come back
    desk.close()
    assert {card.id.partition("/")[0] for card in desk.queue(100)} == {"A", "B", "C"}
    assert {"A/open", "B/open"}.isdisjoint(card.id for card in desk.queue(100))
    desk.close()


def test_many_threads_decide_at_once(filled: Project) -> None:
    """Eight windows deciding the same items: every item gets exactly one decision in force."""
    desk = Desk(filled)
    cards = desk.queue(100)
    results: list[str] = []

    def work(choice: K) -> None:
        for card in cards:
            results.extend(decide(desk, sent(card.id, choice)))

    threads = [threading.Thread(target=work, args=(kind,)) for kind in (K.ILLEGIBLE, K.NO_ANSWER) * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 80
    by_item = {card.id: {d.kind for d in filled.store.decisions() if d.item == card.id} for card in cards}
    assert all(len(kinds) == 1 for kinds in by_item.values())
    assert results.count("conflict") == 40


def test_a_corrected_filter_changes_what_applies(filled: Project) -> None:
    """When "open" becomes "no", the seats were rightly left out; undone, they wait again."""
    desk = Desk(filled)
    no = sent("B/open", K.CORRECT, "nein")
    decide(desk, no, sent("B/seats", K.NO_ANSWER))
    assert value(filled, "B", "seats").missing is Missing.FILTERED
    decide(desk, sent("B/open", K.UNDO, undoes=no.uuid))
    assert value(filled, "B", "seats").missing is Missing.NO_ANSWER


def test_an_accepted_answer_under_a_corrected_filter_is_looked_at(filled: Project) -> None:
    """An answer that nobody doubted opens when its question turns out not to apply."""
    machine = filled.store.response("B")
    assert machine is not None
    seats = tuple(
        replace(a, value="40", problems=(), status=Status.AUTO) if a.column == "seats" else a for a in machine.answers
    )
    filled.store.save_response(replace(machine, answers=seats), batch_id=1)
    desk = Desk(filled)
    assert "B/seats" not in {card.id for card in desk.queue(100)}
    decide(desk, sent("B/open", K.CORRECT, "nein"))
    card = next(card for card in desk.queue(100) if card.id == "B/seats")
    assert card.reason == "filtered-but-answered"
    assert decide(desk, sent("B/seats", K.CONFIRM, was="40", version=card.version)) == ["saved"]
    assert (value(filled, "B", "seats").value, value(filled, "B", "seats").status) == ("40", Status.CONFIRMED)
