"""What is open, and in which order it is shown."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from scanform.model.questionnaire import QuestionKind
from scanform.model.response import Answer, Channel, Response, Status
from scanform.model.review import ReviewItem
from scanform.review.apply import Standing
from scanform.review.triage import UNSURE, items, ordered

COLUMNS = {"tiny": ["open", "open__no_text", "seats"]}


def answer(
    question: str, status: Status, *, confidence: float = 0.5, option: str | None = None, problem: str | None = None
) -> Answer:
    kind = QuestionKind.SINGLE if option is None else QuestionKind.HANDWRITING
    return Answer(
        question=question,
        kind=kind,
        value="",
        confidence=confidence,
        status=status,
        option=option,
        problems=(problem,) if problem else (),
    )


def response(name: str, *answers: Answer) -> Response:
    return Response(id=name, questionnaire="tiny", version="1", channel=Channel.PAPER, answers=answers)


def test_only_values_in_review_are_open() -> None:
    """Automatic, confirmed and corrected values wait for nobody."""
    statuses = response(
        "F",
        answer("a", Status.AUTO),
        answer("b", Status.REVIEW),
        answer("c", Status.CONFIRMED),
        answer("d", Status.CORRECTED),
    )
    assert [item.question for item in items(statuses, {})] == ["b"]


def test_items_carry_version_reason_and_how_often_they_were_put_off() -> None:
    """An item says what was read, why a person should look, and its version."""
    found = items(
        response(
            "F", answer("open", Status.REVIEW, option="no", problem="handwriting"), answer("seats", Status.REVIEW)
        ),
        {"open__no_text": 3},
        {"F/seats": Standing(postponed=2)},
    )
    assert [(i.id, i.version, i.reason, i.postponed) for i in found] == [
        ("F/open__no_text", 3, "handwriting", 0),
        ("F/seats", 1, UNSURE, 2),
    ]


def test_questions_come_together_least_certain_first_put_off_last() -> None:
    """Form order between questions, confidence within one, postponed items at the end."""
    found = [
        item
        for name, sure in (("A", 0.8), ("B", 0.2))
        for question in ("seats", "open")
        for item in _items(name, question, sure)
    ]
    found[0] = replace(found[0], postponed=1)
    assert [item.id for item in ordered(found, COLUMNS)] == ["B/open", "A/open", "B/seats", "A/seats"]


def _items(name: str, question: str, confidence: float) -> tuple[ReviewItem, ...]:
    return items(response(name, answer(question, Status.REVIEW, confidence=confidence)), {})


DRAWN = st.tuples(
    st.sampled_from("ABCDEFGH"), st.sampled_from(["open", "seats", "other"]), st.floats(0, 1), st.integers(0, 2)
)


@given(st.lists(DRAWN, unique_by=lambda entry: entry[:2]))
def test_order_is_complete_and_does_not_depend_on_the_input_s_order(drawn: list[tuple[str, str, float, int]]) -> None:
    """Every item is shown once, in the same place however the store lists them, and each question in one piece per
    round.
    """
    found = [
        replace(item, postponed=put_off)
        for name, question, sure, put_off in drawn
        for item in _items(name, question, sure)
    ]
    result = ordered(found, COLUMNS)
    assert result == ordered(reversed(found), COLUMNS)
    assert sorted(i.id for i in result) == sorted(i.id for i in found)
    runs = [(i.postponed, i.question) for i in result]
    assert len([pair for n, pair in enumerate(runs) if n == 0 or runs[n - 1] != pair]) == len(set(runs))
