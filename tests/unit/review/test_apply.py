"""Decisions over readings: what counts, and what never gets lost."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanform.model.questionnaire import Condition, Option, Question, QuestionKind, Questionnaire, Section, Texts
from scanform.model.response import Answer, Channel, Missing, Response, Status
from scanform.model.review import PERSON_CONFIDENCE, Decision, DecisionKind
from scanform.review.apply import apply, in_force, item_id, refiltered, split_item_id, standings

ITEM = "F/open"
K = DecisionKind
SETTLING = [K.CONFIRM, K.CORRECT, K.NO_ANSWER, K.ILLEGIBLE, K.INADMISSIBLE, K.IMPLAUSIBLE]


def machine(value: str = "yes", *, missing: Missing | None = None) -> Response:
    answer = Answer(
        question="open",
        kind=QuestionKind.SINGLE,
        value=value,
        confidence=0.6,
        status=Status.REVIEW,
        problems=("two-marks",),
        missing=missing,
    )
    other = Answer(question="seats", kind=QuestionKind.COMB, value="12", confidence=0.99, status=Status.AUTO)
    return Response(id="F", questionnaire="tiny", version="1", channel=Channel.PAPER, answers=(answer, other))


def act(
    uuid: str,
    kind: DecisionKind,
    *,
    was: str = "yes",
    to: str = "",
    version: int = 1,
    undoes: str | None = None,
    item: str = ITEM,
) -> Decision:
    return Decision(
        uuid=uuid,
        item=item,
        version=version,
        reviewer="r",
        kind=kind,
        from_value=was,
        to_value=to,
        at="2026-01-01T00:00:00Z",
        undoes=undoes,
    )


def effective(decisions: list[Decision], *, response: Response | None = None, version: int = 1) -> Answer:
    answer = apply(response or machine(), decisions, {"open": version, "seats": 1}).answer("open")
    assert answer is not None
    return answer


def test_without_decisions_nothing_changes() -> None:
    """A response nobody looked at stays exactly what the machine read."""
    assert apply(machine(), [], {"open": 1}) == machine()


def test_confirm_settles_the_machine_value() -> None:
    """Confirming keeps the value, clears the problem and states a person's reliability."""
    answer = effective([act("a", K.CONFIRM)])
    assert (answer.value, answer.status, answer.problem, answer.confidence) == (
        "yes",
        Status.CONFIRMED,
        None,
        PERSON_CONFIDENCE,
    )


def test_correct_settles_the_person_s_value() -> None:
    """A correction stands against the machine's value."""
    answer = effective([act("a", K.CORRECT, to="no")])
    assert (answer.value, answer.status, answer.missing) == ("no", Status.CORRECTED, None)


@pytest.mark.parametrize(
    ("kind", "missing", "slug"),
    [
        (K.NO_ANSWER, Missing.NO_ANSWER, None),
        (K.ILLEGIBLE, Missing.ILLEGIBLE, "illegible"),
        (K.INADMISSIBLE, Missing.MULTIPLE_MARKS, "inadmissible"),
        (K.IMPLAUSIBLE, Missing.IMPLAUSIBLE, "implausible"),
    ],
)
def test_decisions_without_a_value_say_why(kind: DecisionKind, missing: Missing, slug: str | None) -> None:
    """No answer, illegible, inadmissible and implausible leave the value empty and set its missing code."""
    answer = effective([act("a", kind)])
    assert (answer.value, answer.missing, answer.problem, answer.status) == ("", missing, slug, Status.CORRECTED)


def test_latest_decision_stands() -> None:
    """Of two decisions the later one counts."""
    assert effective([act("a", K.CORRECT, to="no"), act("b", K.CORRECT, to="maybe")]).value == "maybe"


def test_undo_takes_back_one_decision_and_can_be_taken_back() -> None:
    """Undo reopens, undo of the undo decides again."""
    first, undo = act("a", K.CORRECT, to="no"), act("b", K.UNDO, undoes="a")
    assert effective([first, undo]).status is Status.REVIEW
    assert effective([first, undo, act("c", K.UNDO, undoes="b")]).value == "no"


def test_undo_uncovers_the_decision_before() -> None:
    """Taking back the second decision brings the first one back."""
    assert effective([act("a", K.CORRECT, to="no"), act("b", K.ILLEGIBLE), act("c", K.UNDO, undoes="b")]).value == "no"


def test_undo_of_another_item_does_nothing_here() -> None:
    """An undo that names this decision, but another item, is no undo of it."""
    assert effective([act("a", K.CORRECT, to="no"), act("b", K.UNDO, undoes="a", item="F/seats")]).value == "no"


def test_postpone_keeps_the_item_open_and_takes_nothing_back() -> None:
    """Putting off an open item leaves it open; putting off a settled one does not unsettle it."""
    assert effective([act("a", K.POSTPONE)]).status is Status.REVIEW
    assert standings([act("a", K.POSTPONE)])[ITEM].postponed == 1
    assert effective([act("a", K.CORRECT, to="no"), act("b", K.POSTPONE)]).value == "no"


@pytest.mark.parametrize("kind", [K.CONFIRM, K.CORRECT])
def test_a_decision_outranks_a_later_reading(kind: DecisionKind) -> None:
    """When the machine reads anew and differently, the person's value stands, as a correction."""
    answer = effective([act("a", kind, was="yes", to="yes")], response=machine("no"), version=2)
    assert (answer.value, answer.status) == ("yes", Status.CORRECTED)


def test_a_reread_that_agrees_is_a_confirmation() -> None:
    """When the machine comes round to the person's value, both agree."""
    assert effective([act("a", K.CORRECT, to="no")], response=machine("no"), version=2).status is Status.CONFIRMED


def test_confirm_of_something_else_than_the_machine_value_is_a_correction() -> None:
    """Who confirmed what stood on the screen gets what stood on the screen."""
    answer = effective([act("a", K.CONFIRM, was="no")])
    assert (answer.value, answer.status) == ("no", Status.CORRECTED)


def test_confirmed_blank_is_no_answer_unless_the_machine_knows_better() -> None:
    """A confirmed empty field is -1; a reason the machine gave (filtered) is kept."""
    assert effective([act("a", K.CONFIRM, was="")], response=machine("")).missing is Missing.NO_ANSWER
    filtered = machine("", missing=Missing.FILTERED)
    assert effective([act("a", K.CONFIRM, was="")], response=filtered).missing is Missing.FILTERED
    assert effective([act("a", K.NO_ANSWER, was="")], response=filtered).status is Status.CORRECTED


def test_item_ids_round_trip() -> None:
    """Response and column come out of an item id as they went in; nonsense is refused."""
    assert split_item_id(item_id("2BNBJ-0A1B2C3-A.2", "open__no_text")) == ("2BNBJ-0A1B2C3-A.2", "open__no_text")
    for nonsense in ("", "/", "a", "a/", "/b"):
        with pytest.raises(ValueError, match="not a review item"):
            split_item_id(nonsense)


@st.composite
def histories(draw: st.DrawFn) -> list[Decision]:
    kinds = draw(st.lists(st.sampled_from([*SETTLING, K.POSTPONE, K.UNDO]), max_size=12))
    history: list[Decision] = []
    for number, kind in enumerate(kinds):
        undoes = f"u{draw(st.integers(0, max(0, number - 1)))}" if kind is K.UNDO else None
        item = draw(st.sampled_from([ITEM, ITEM, "F/seats", "G/open"]))
        was, to, version = (
            draw(st.sampled_from(["yes", "no", ""])),
            draw(st.sampled_from(["yes", "no", "maybe"])),
            draw(st.integers(1, 3)),
        )
        history.append(act(f"u{number}", kind, was=was, to=to, version=version, undoes=undoes, item=item))
    return history


@given(histories(), st.integers(1, 3))
def test_sending_again_changes_nothing(history: list[Decision], version: int) -> None:
    """Repeated sending, in whole or in part, is harmless."""
    for again in (history + history, [d for d in history for _ in range(2)], history + history[: len(history) // 2]):
        assert effective(again, version=version) == effective(history, version=version)


@given(histories())
def test_only_the_latest_decision_in_force_counts(history: list[Decision]) -> None:
    """The effective value is that of the last settling decision in force, alone."""
    last = [d for d in in_force(history) if d.item == ITEM and d.kind in SETTLING][-1:]
    assert effective(history) == effective(last)


@given(histories(), st.sampled_from(["yes", "no", "other", ""]), st.integers(1, 5))
def test_no_reading_moves_a_person_s_value(history: list[Decision], reading: str, version: int) -> None:
    """Whatever the machine reads later, the person's value and missing code (but for a machine-given reason) stay."""
    settled = any(d.item == ITEM and d.kind in SETTLING for d in in_force(history))
    now, later = effective(history), effective(history, response=machine(reading), version=version)
    if settled:
        assert (now.value, now.missing) == (later.value, later.missing)
    else:
        assert later.value == reading


@given(histories())
def test_undoing_everything_leads_back_to_the_machine(history: list[Decision]) -> None:
    """When each decision in force is taken back, newest first, nothing of them remains."""
    counter = itertools.count()
    while standing := in_force(history):
        history = [*history, act(f"undo{next(counter)}", K.UNDO, item=standing[-1].item, undoes=standing[-1].uuid)]
    assert apply(machine(), history, {"open": 1}) == machine()


@given(histories())
def test_the_order_of_other_items_does_not_matter(history: list[Decision]) -> None:
    """Items never influence each other."""
    mine = [d for d in history if d.item == ITEM]
    assert effective(history) == effective(mine)


def asked(code, **more):
    return Question(code=code, kind=QuestionKind.SINGLE, text=WORD, **more)


WORD = Texts(entries=(("en", "?"),))
WRITEIN = (Option(code="yes", text=WORD), Option(code="no", text=WORD, writein=True))
CHAIN = Questionnaire(
    code="tiny",
    version="1",
    title=WORD,
    languages=("en",),
    sections=(
        Section(
            title=WORD,
            items=(
                asked("a", options=WRITEIN),
                asked("b", only_if=Condition(question="a", options=("yes",))),
                asked("c", only_if=Condition(question="b", options=("yes",))),
                asked("d"),
                asked("e", only_if=Condition(question="a", options=("yes",))),
            ),
        ),
    ),
)


def judged(a: str, **codes: Missing) -> dict[str, Missing | None]:
    """The codes of all questions after a person settled the first one."""
    answers = [
        Answer(
            question="a",
            kind=QuestionKind.SINGLE,
            value=a,
            confidence=1.0,
            status=Status.CORRECTED,
            missing=None if a else Missing.NO_ANSWER,
        )
    ]
    answers += [
        Answer(
            question="a",
            option="no",
            kind=QuestionKind.HANDWRITING,
            value="",
            confidence=1.0,
            status=Status.AUTO,
            missing=Missing.NO_ANSWER,
        )
    ]
    answers += [
        Answer(question=code, kind=QuestionKind.SINGLE, value="", confidence=1.0, status=Status.AUTO, missing=missing)
        for code, missing in codes.items()
    ]
    response = Response(id="F", questionnaire="tiny", version="1", channel=Channel.ONLINE, answers=tuple(answers))
    return {answer.column: answer.missing for answer in refiltered(response, CHAIN).answers}


def test_codes_follow_a_decided_filter() -> None:
    """Down the chain of filters, beside options, and back: an unanswered filter filters nothing; a missing page
    stays missing.
    """
    left = dict.fromkeys("bcde", Missing.NO_ANSWER)
    no = judged("no", **left)
    assert [no[code] for code in ("b", "c", "d", "e")] == [
        Missing.FILTERED,
        Missing.FILTERED,
        Missing.NO_ANSWER,
        Missing.FILTERED,
    ]
    assert (no["a__no_text"], judged("yes", **left)["a__no_text"], judged("", **left)["a__no_text"]) == (
        Missing.NO_ANSWER, Missing.FILTERED, Missing.NO_ANSWER,
    )  # fmt: skip
    filtered = dict.fromkeys("bce", Missing.FILTERED)
    assert judged("", **filtered) | {"a": None} == {
        "a": None,
        "a__no_text": Missing.NO_ANSWER,
        **dict.fromkeys("bce", Missing.NO_ANSWER),
    }
    gone = judged("no", b=Missing.PAGE_MISSING, c=Missing.PAGE_MISSING)
    assert gone["b"] is gone["c"] is Missing.PAGE_MISSING


def test_what_was_not_reached_stays_so_unless_it_does_not_apply() -> None:
    """A decision about a filter makes nothing left empty that nobody saw."""
    beyond = {"b": Missing.NO_ANSWER, "c": Missing.FILTERED, "d": Missing.NOT_REACHED, "e": Missing.NOT_REACHED}
    assert judged("no", **beyond)["e"] is Missing.FILTERED
    assert judged("yes", **beyond | {"e": Missing.FILTERED})["e"] is Missing.NOT_REACHED
    assert judged("yes", **beyond)["d"] is Missing.NOT_REACHED
