"""Several responses become one record by named rules; two valid values that differ are never chosen between."""

from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanform.dataset.cells import tick_cell, value_cell
from scanform.merge.resolve import conflict_response, resolve
from scanform.model.questionnaire import QuestionKind
from scanform.model.response import Answer, Channel, Missing, Response, Status, why_missing


def answer(question, value="", *, kind="single", missing=None, status="auto", confidence=0.99, option=None):
    return Answer(
        question=question,
        kind=QuestionKind(kind),
        value=value,
        confidence=confidence,
        status=Status(status),
        missing=missing,
        option=option,
    )


def response(name, channel, *answers, **more):
    values = {"received_at": "2026-01-15T09:30:00+00:00", "token": "K7PX3"} | more
    return Response(id=name, questionnaire="orte", version="1", channel=Channel(channel), answers=answers, **values)


def pair(paper, online, **more):
    return (
        response("P", "paper", paper, **more),
        response("online-1", "online", online, received_at="2026-01-16T00:00:00+00:00"),
    )


def one(group):
    record = resolve(group)
    (found,) = record.response.answers
    return record, found, record.origins[found.column]


def test_equal_values_agree():
    """What both say is the value; both are named as sources."""
    record, found, origin = one(pair(answer("q", "yes", confidence=0.9), answer("q", "yes", confidence=1.0)))
    assert (found.value, found.confidence, origin.rule) == ("yes", 1.0, "agree/1")
    assert [s.response_id for s in origin.sources] == ["P", "online-1"]
    assert record.conflicts == ()


@pytest.mark.parametrize(
    "missing",
    [Missing.NO_ANSWER, Missing.PAGE_MISSING, Missing.ILLEGIBLE, Missing.MULTIPLE_MARKS, Missing.FILTERED, None],
)
def test_a_gap_is_filled_from_the_other_source(missing):
    """What one source lacks comes from the other, which is named."""
    _, found, origin = one(pair(answer("q", missing=missing), answer("q", "yes")))
    assert (found.value, origin.rule, [s.response_id for s in origin.sources]) == ("yes", "fill-gap/1", ["online-1"])


@pytest.mark.parametrize("value", ["no", "yes", ""])
def test_a_value_in_review_waits_whatever_the_other_source_says(value):
    """A doubtful reading, a blank too, is no gap: nothing is filled and nothing contradicts until a person has
    looked; both sources are named.
    """
    waiting = answer("q", value, status="review", confidence=0.4, missing=None if value else Missing.NO_ANSWER)
    record, found, origin = one(pair(waiting, answer("q", "yes")))
    assert (value_cell(found), origin.rule, record.conflicts) == ("-8", "waiting/1", ())
    assert [s.response_id for s in origin.sources] == ["P", "online-1"]
    record, found, origin = one(pair(answer("q", "yes"), replace(waiting, missing=Missing.NOT_REVIEWED)))
    assert (value_cell(found), origin.rule, [s.response_id for s in origin.sources]) == (
        "-8",
        "waiting/1",
        ["online-1", "P"],
    )


def test_a_missing_page_is_filled_even_while_the_form_waits():
    """What was never seen is a real gap."""
    _, found, origin = one(pair(answer("q", missing=Missing.PAGE_MISSING, status="review"), answer("q", "yes")))
    assert (found.value, origin.rule) == ("yes", "fill-gap/1")


def test_two_valid_values_contradict():
    """Nobody is believed: -9, both values kept as candidates, and a person is asked."""
    record, found, origin = one(pair(answer("q", "no"), answer("q", "yes")))
    assert (value_cell(found), found.problem, found.status, origin.rule) == (
        "-9",
        "contradiction",
        Status.REVIEW,
        "contradiction/1",
    )
    assert [c.value for c in found.candidates] == ["no", "yes"]
    assert [c.column for c in record.conflicts] == ["q"]
    waiting, versions = conflict_response(record)
    assert waiting.id == record.id == "merged-orte-K7PX3"
    assert set(versions) == {"q"}


def test_ticks_are_compared_as_a_set():
    """The order of ticked options says nothing; a different set contradicts."""
    same = pair(answer("q", "a b", kind="multiple"), answer("q", "b a", kind="multiple"))
    other = pair(answer("q", "a b", kind="multiple"), answer("q", "a", kind="multiple"))
    assert one(same)[2].rule == "agree/1"
    assert value_cell(one(other)[1]) == "-9"


def test_spaces_do_not_make_texts_different():
    """Texts that differ in spacing or in composed letters are the same; the first source's spelling stays."""
    _, found, origin = one(
        pair(answer("q", "Café  Süd", kind="handwriting"), answer("q", "Cafe\u0301 Süd\n", kind="handwriting"))
    )
    assert (found.value, origin.rule) == ("Café  Süd", "agree/1")


def test_the_most_telling_reason_stays():
    """A page that is missing may hold the answer, so it is never taken for left blank, nor is what was not reached;
    what waits for a person outranks all.
    """
    assert (
        one(pair(answer("q", missing=Missing.PAGE_MISSING), answer("q", missing=Missing.NO_ANSWER)))[1].missing
        is Missing.PAGE_MISSING
    )
    assert (
        one(pair(answer("q", missing=Missing.NO_ANSWER), answer("q", missing=Missing.NOT_REACHED)))[1].missing
        is Missing.NOT_REACHED
    )
    assert (
        one(pair(answer("q", missing=Missing.NOT_REACHED), answer("q", missing=Missing.PAGE_MISSING)))[1].missing
        is Missing.PAGE_MISSING
    )
    assert (
        one(pair(answer("q", missing=Missing.PAGE_MISSING), answer("q", missing=Missing.FILTERED)))[1].missing
        is Missing.FILTERED
    )
    assert (
        why_missing(one(pair(answer("q", "x", status="review"), answer("q", missing=Missing.NO_ANSWER)))[1])
        is Missing.NOT_REVIEWED
    )


def test_the_record_is_named_after_the_earliest_complete_response():
    """Id and channel come from the earliest complete response; the place and completeness from whoever knows."""
    paper = response("P", "paper", answer("q", "yes"), complete=False, place_id="17")
    online = response("online-1", "online", answer("q", "yes"), received_at="2026-02-01T00:00:00+00:00")
    record = resolve([paper, online])
    assert (record.response.id, record.response.channel, record.response.complete, record.response.place_id) == (
        "online-1",
        Channel.ONLINE,
        True,
        "17",
    )
    assert record.members == ("online-1", "P")


def decide(value):
    def settle(waiting, versions):
        assert set(versions) == {a.column for a in waiting.answers}
        return replace(
            waiting,
            answers=tuple(
                replace(a, value=value, missing=None, status=Status.CORRECTED, problems=()) for a in waiting.answers
            ),
        )

    return settle


def test_a_decision_settles_a_contradiction_and_nothing_else():
    """A person's decision outranks the contradiction; columns without contradiction are not shown to it."""
    group = (
        response("P", "paper", answer("q", "no"), answer("r", "a")),
        response("online-1", "online", answer("q", "yes"), answer("r", "a")),
    )
    record = resolve(group, settle=decide("yes"))
    assert [a.value for a in record.response.answers] == ["yes", "a"]
    assert (record.origins["q"].rule, record.origins["r"].rule) == ("decision/1", "agree/1")
    assert [c.decided for c in record.conflicts] == [True]
    assert conflict_response(record)[1] == {}


def test_new_values_make_a_new_version():
    """A decision about old values does not hide a new contradiction: its version differs."""
    first = resolve(pair(answer("q", "no"), answer("q", "yes"))).conflicts[0].version
    again = resolve(pair(answer("q", "no", confidence=0.7), answer("q", "yes"))).conflicts[0].version
    changed = resolve(pair(answer("q", "maybe"), answer("q", "yes"))).conflicts[0].version
    assert first == again != changed


ANSWERS = st.builds(
    answer,
    st.sampled_from(["q", "r"]),
    st.sampled_from(["", "a", "b", "a b"]),
    kind=st.sampled_from(["single", "multiple", "handwriting"]),
    missing=st.sampled_from([None, None, *Missing]),
    status=st.sampled_from(list(Status)),
)
RESPONSES = st.lists(
    st.tuples(
        st.sampled_from(["paper", "online", "phone"]),
        st.lists(ANSWERS, max_size=3, unique_by=lambda a: a.column),
        st.booleans(),
        st.sampled_from(["", "2026-01-01T00:00:00+00:00"]),
    ),
    min_size=1,
    max_size=3,
)


@given(RESPONSES)
def test_merging_does_not_depend_on_order(parts):
    """Whatever comes in first, the record is the same."""
    group = [
        response(f"r{n}", c, *a, complete=complete, received_at=at) for n, (c, a, complete, at) in enumerate(parts)
    ]
    first, *others = [resolve(order) for order in permutations(group)]
    assert all(other == first for other in others)


@given(RESPONSES)
def test_a_value_always_has_a_source(parts):
    """No value is made up: each value of a record stands in a source that is named."""
    group = [
        response(f"r{n}", c, *a, complete=complete, received_at=at) for n, (c, a, complete, at) in enumerate(parts)
    ]
    record = resolve(group)
    for found in record.response.answers:
        if why_missing(found) is None:
            assert found.value in [s.answer.value for s in record.origins[found.column].sources]


def ticks(value="", *, missing=None, lacking=()):
    found = answer("q", value, kind="multiple", missing=missing)
    return replace(found, not_offered=tuple(lacking))


def test_an_option_that_one_source_did_not_have_contradicts_nothing():
    """Sources are compared by what both offered; what only one offered comes from it, and what none did was not
    offered.
    """
    record, found, origin = one(pair(ticks("a c"), ticks("a", lacking=("c",))))
    assert (found.value, found.not_offered, origin.rule, record.conflicts) == ("a c", (), "agree/1", ())
    record, found, origin = one(pair(ticks("a", lacking=("c", "d")), ticks("a", lacking=("d",))))
    assert (found.value, found.not_offered, record.conflicts) == ("a", ("d",), ())
    record, _, origin = one(pair(ticks("b c"), ticks("a", lacking=("c",))))
    assert (origin.rule, len(record.conflicts)) == ("contradiction/1", 1)


def test_an_option_that_was_not_offered_is_filled_from_nobody():
    """An empty answer with and one without the option: it was offered on paper, and left empty there."""
    _, found, origin = one(pair(ticks(missing=Missing.NO_ANSWER), ticks("a", lacking=("c",))))
    assert (found.value, found.not_offered, origin.rule) == ("a", ("c",), "fill-gap/1")
    assert [tick_cell(found, option) for option in "abc"] == ["1", "0", "-5"]
    assert tick_cell(ticks("a c", lacking=("c",)), "c") == "1"  # a person says that it was ticked all the same
    _, found, _ = one(pair(ticks(missing=Missing.PAGE_MISSING), ticks(missing=Missing.NO_ANSWER, lacking=("c",))))
    assert [tick_cell(found, option) for option in "ac"] == ["-7", "-7"]


CODES = (
    Missing.NO_ANSWER,
    Missing.PAGE_MISSING,
    Missing.NOT_REACHED,
    Missing.FILTERED,
    Missing.NOT_IN_VERSION,
    Missing.ILLEGIBLE,
    Missing.IMPLAUSIBLE,
)


@pytest.mark.parametrize("unseen", [Missing.PAGE_MISSING, Missing.NOT_REACHED])
@pytest.mark.parametrize("other", CODES)
def test_what_was_never_seen_is_never_left_empty(unseen, other):
    """Whatever the other source lacks, and whichever comes first: -7 and -10 do not become -1."""
    for group in (
        pair(answer("q", missing=unseen), answer("q", missing=other)),
        pair(answer("q", missing=other), answer("q", missing=unseen)),
    ):
        assert value_cell(one(group)[1]) != "-1"
