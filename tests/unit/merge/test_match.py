"""Responses are joined by token, and only where nothing speaks against it."""

from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanform.merge.match import grouped, match
from scanform.merge.resolve import resolve
from scanform.model.response import Channel, Response


def response(name, token=None, channel="paper", questionnaire="orte"):
    return Response(
        id=name, questionnaire=questionnaire, version="1", channel=Channel(channel), answers=(), token=token
    )


PAPER = "2BNBJ-0A1B2C3-A"
OTHER = "2BNBJ-0A1B2C4-8"


def test_one_form_and_one_online_response_are_joined():
    """The same token on paper and online is the same place."""
    matching = match(
        [response("online-1", "K7PX3", "online"), response(PAPER, " K7PX3 "), response("online-2", "AAAA", "online")]
    )
    (join,) = matching.joins
    assert join.members == (PAPER, "online-1")
    assert matching.problems == ()


@pytest.mark.parametrize(
    "members",
    [
        [response(PAPER, "T"), response(OTHER, "T")],
        [response(PAPER, "T"), response(PAPER + ".2", "T")],
        [response(PAPER, "T"), response(PAPER + ".2", "T"), response("online-1", "T", "online")],
        [response(PAPER + ".2", "T"), response("online-1", "T", "online")],
        [response("online-1", "T", "online"), response("online-2", "T", "online")],
        [response(PAPER, "T"), response("keyed-1", "T", "manual"), response("online-1", "T", "online")],
    ],
)
def test_a_token_used_twice_joins_nothing(members):
    """Several forms, photocopies or several online responses with one token stay apart and are reported, in any
    order.
    """
    found = {match(order) for order in permutations(members)}
    (matching,) = found
    assert matching.joins == ()
    (problem,) = matching.problems
    assert problem.slug == "token-used-twice"
    assert all(member.id in dict(problem.params)["responses"] for member in members)


def broken_off(name):
    return replace(response(name, "T", "online"), complete=False)


@pytest.mark.parametrize("beside", [[], [response(PAPER, "T")]])
@pytest.mark.parametrize("broken", [1, 2])
def test_the_only_complete_response_counts_beside_broken_off_ones(beside, broken):
    """By a rule of its own; paper with the token is joined with it, and who is left out is named."""
    members = [
        *beside,
        response("online-2", "T", "online"),
        *(broken_off(f"online-{number}") for number in (1, 3)[:broken]),
    ]
    (matching,) = {match(order) for order in permutations(members)}
    left_out = ("online-1", "online-3")[:broken]
    joined = [((PAPER, "online-2"), "token-exact/1")] if beside else []
    assert [(join.members, join.rule) for join in matching.joins] == [
        (("online-2", *left_out), "complete-counts/1"),
        *joined,
    ]
    (problem,) = matching.problems
    assert dict(problem.params) == {"token": "T", "response": "online-2", "others": ", ".join(left_out)}
    (group,) = grouped(members, [(join.members[0], other) for join in matching.joins for other in join.members[1:]])
    record = resolve(group)
    assert set(record.members) == {member.id for member in members}
    assert record.response.complete


@pytest.mark.parametrize(
    "members",
    [
        [broken_off("online-1"), broken_off("online-2")],
        [response(f"online-{n}", "T", "online") for n in (1, 2)] + [broken_off("online-3")],
    ],
)
def test_none_or_several_complete_responses_wait_for_a_person(members):
    """Nobody can tell which one counts: all stay apart and are reported."""
    matching = match(members)
    assert matching.joins == ()
    assert [problem.slug for problem in matching.problems] == ["token-used-twice"]


KEYED = "manual-" + PAPER


@pytest.mark.parametrize("token", [None, "T"])
def test_a_scanned_and_a_keyed_form_are_one_sheet(token):
    """The form id joins what was scanned and what was keyed from it, with or without token."""
    found = {
        match(order)
        for order in permutations(
            [response(PAPER, token), response(KEYED, token, "manual"), response("manual-1", None, "manual")]
        )
    }
    (matching,) = found
    assert [(join.members, join.rule) for join in matching.joins] == [((PAPER, KEYED), "same-form/1")]
    assert matching.problems == ()


@pytest.mark.parametrize("tokens", [("T", "T"), (None, "T"), ("T", None)])
def test_a_sheet_of_two_uses_its_token_once(tokens):
    """A scanned form, what was keyed from it and an online response with its token are one place."""
    members = [response(PAPER, tokens[0]), response(KEYED, tokens[1], "manual"), response("online-1", "T", "online")]
    (matching,) = {match(order) for order in permutations(members)}
    assert [(join.members, join.rule) for join in matching.joins] == [
        ((PAPER, KEYED), "same-form/1"),
        ((PAPER, "online-1"), "token-exact/1"),
    ]
    assert matching.problems == ()
    links = [(join.members[0], other) for join in matching.joins for other in join.members[1:]]
    assert [len(group) for group in grouped(members, links)] == [3]


def test_two_forms_with_one_token_stay_apart_each_with_what_was_keyed_from_it():
    """The token is reported, the sheets are joined all the same, and the two records have two names."""
    members = [
        response(PAPER, "T"),
        response(KEYED, "T", "manual"),
        response(OTHER, "T"),
        response("manual-" + OTHER, "T", "manual"),
    ]
    matching = match(members)
    assert [join.rule for join in matching.joins] == ["same-form/1", "same-form/1"]
    assert [problem.slug for problem in matching.problems] == ["token-used-twice"]
    records = [resolve(group) for group in grouped(members, [join.members for join in matching.joins])]
    assert sorted(record.id for record in records) == ["merged-" + PAPER, "merged-" + OTHER]


def test_a_keyed_form_that_was_photocopied_joins_nothing():
    """Nobody knows which of the copies was keyed: all stay apart and are reported."""
    matching = match([response(PAPER), response(PAPER + ".2"), response(KEYED, None, "manual")])
    assert matching.joins == ()
    (problem,) = matching.problems
    assert (problem.slug, dict(problem.params)) == (
        "keyed-form-copied",
        {"form": PAPER, "responses": f"{PAPER}, {PAPER}.2"},
    )


def test_a_keyed_form_of_another_survey_is_another_sheet():
    """Names that are alike by accident join nothing."""
    assert match([response(PAPER), response(KEYED, None, "manual", "andere")]).joins == ()


def test_capitals_count_in_given_tokens():
    """Tokens that somebody gave are compared as they stand: a pair that differs in capitals is reported, not joined."""
    matching = match([response(PAPER, "Haus-1"), response("online-1", "haus-1", "online")])
    assert matching.joins == ()
    assert [p.slug for p in matching.problems] == ["token-similar"]


def test_capitals_do_not_count_in_generated_tokens():
    """Tokens of this project's own making are compared in capitals."""
    matching = match([response(PAPER, "K7PX3"), response("online-1", "k7px3 ", "online")], generated={"K7PX3"})
    assert [join.members for join in matching.joins] == [(PAPER, "online-1")]


def test_tokens_that_were_never_given_out():
    """With the list of tokens at hand, a token that is not on it is reported; its response stays."""
    matching = match([response("online-1", "K7PX4", "online")], known={"K7PX3"})
    assert [(p.slug, p.params) for p in matching.problems] == [("unknown-token", (("token", "K7PX4"),))]


def test_surveys_are_kept_apart_and_empty_tokens_join_nothing():
    """Equal tokens of two questionnaires, and responses without token, have nothing to do with each other."""
    responses = [
        response(PAPER, "T"),
        response("online-1", "T", "online", "andere"),
        response("online-2", "", "online"),
        response("online-3", " ", "online"),
    ]
    assert match(responses).joins == ()
    assert match(responses).problems == ()


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9))), st.randoms())
def test_groups_do_not_depend_on_order(pairs, rnd):
    """Each response is in exactly one group, whatever the order of responses and links; foreign links do nothing."""
    responses = [response(f"r{n}") for n in range(8)]
    links = [(f"r{a}", f"r{b}") for a, b in pairs]
    groups = grouped(responses, links)
    assert sorted(r.id for g in groups for r in g) == [r.id for r in responses]
    rnd.shuffle(responses)
    rnd.shuffle(links)
    assert grouped(responses, [(b, a) for a, b in links]) == groups


def test_taking_links_away_takes_the_merge_back():
    """Without links each response stands for itself."""
    responses = [response("a"), response("b")]
    assert len(grouped(responses, [("a", "b")])) == 1
    assert len(grouped(responses, [])) == 2
