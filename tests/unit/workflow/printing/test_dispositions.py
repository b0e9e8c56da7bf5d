"""Dispositions: what follows from what came in, what people say, which outranks which, and who is never reminded."""

import itertools
import shutil
from contextlib import ExitStack

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanform.errors import UsageError
from scanform.i18n.texts import in_words
from scanform.model.place import STAFF, Disposition, Place
from scanform.model.problem import Problem
from scanform.model.questionnaire import QuestionKind
from scanform.model.response import PAGES_UNPROVEN, Answer, Channel, Response, Status
from scanform.store import issued, places
from scanform.store.acts.seals import broken_seals
from scanform.store.records import Issued
from scanform.workflow.printing import dispositions as field_work
from scanform.workflow.printing.dispositions import (
    RANK,
    Whom,
    chosen,
    recipients_of,
    set_disposition,
    standings,
    strongest,
    take_back,
)
from scanform.workflow.project.project import init_project, open_project
from scanform.workflow.settling.withdraw import withdraw

AT = "2026-01-15T09:30:00+00:00"
TOKENS = ("T1", "t2", "T3")


@pytest.fixture(scope="session")
def registered(tmp_path_factory):
    """A project with three places to which nothing was sent: a folder to copy."""
    folder = tmp_path_factory.mktemp("dispositions") / "project"
    with init_project(folder, template="visitor-feedback", language="en") as project, project.store.writing() as tx:
        found = [Place(place_id=f"D-{number}", token=token) for number, token in enumerate(TOKENS)]
        places.add_places(tx, found, source="l.csv", reviewer="kim", at=AT)
    return folder


@pytest.fixture
def project(registered, tmp_path):
    """A copy of it, opened."""
    with open_project(shutil.copytree(registered, tmp_path / "project")) as opened:
        yield opened


def print_for(project, token, number=1):
    with project.store.writing() as tx:
        form = Issued(
            instance=f"{number:07}", digest="2BNBJ", form_id=f"2BNBJ-{number:07}-A", token=token, printed_at=AT
        )
        assert issued.issue(tx, form)


def a_response(token, *, complete=True, value="yes", number=1, channel=Channel.MANUAL, problems=()):
    answer = Answer(question="open", kind=QuestionKind.SINGLE, value=value, confidence=1.0, status=Status.AUTO)
    return Response(
        id=f"r{number}", questionnaire="visitor", version="1", channel=channel, answers=(answer,), token=token,
        received_at=AT, complete=complete, problems=problems,
    )  # fmt: skip


def state(project, token):
    return next(one.disposition for one in standings(project) if one.place.token == token)


def test_what_comes_in_makes_the_disposition(project):
    """Nothing, printed, a part, all of it; a blank questionnaire and a held one are no complete answer; a withdrawn
    batch is as if it had not come.
    """
    assert state(project, "T1") is Disposition.NOT_SENT
    print_for(project, "T1")
    assert state(project, "T1") is Disposition.SENT
    save = project.store.save_responses
    for facts, expected in (
        ({"complete": False}, Disposition.PARTIAL),
        ({"value": ""}, Disposition.PARTIAL),
        ({"problems": (Problem(slug=PAGES_UNPROVEN),)}, Disposition.PARTIAL),
        ({}, Disposition.COMPLETE),
    ):
        batch = save([a_response("T1", **facts)], kind="keyed", label="b", at=AT)
        assert state(project, "T1") is expected
    withdraw(project, batch)
    assert state(project, "T1") is Disposition.SENT
    save([a_response("T2", number=2, channel=Channel.ONLINE)], kind="digital", label="o", at=AT)
    assert state(project, "t2") is Disposition.COMPLETE


def test_people_say_what_cannot_be_derived_with_a_reason_and_take_it_back(project):
    """Each is sealed; the latest counts; what follows from what came in cannot be set."""
    print_for(project, "T1")
    with pytest.raises(UsageError):
        set_disposition(project, "D-0", Disposition.REFUSED, reason=" ", reviewer="kim")
    for derived in set(Disposition) - set(STAFF):
        with pytest.raises(UsageError) as found:
            set_disposition(project, "D-0", derived, reason="x", reviewer="kim")
        assert derived.value in in_words(found.value.message, "en")
    set_disposition(project, "D-0", Disposition.UNDELIVERABLE, reason="moved", reviewer="kim")
    act = set_disposition(project, "T1", Disposition.REFUSED, reason="on the phone", reviewer="lee")
    assert state(project, "T1") is Disposition.REFUSED
    assert [one.act for one in standings(project)] == [act, None, None]
    take_back(project, "T1", reviewer="kim")
    assert state(project, "T1") is Disposition.UNDELIVERABLE
    take_back(project, "T1", reviewer="kim")
    assert state(project, "T1") is Disposition.SENT
    with pytest.raises(UsageError):
        take_back(project, "T1", reviewer="kim")
    with project.store.reading() as tx:
        assert broken_seals(tx) == []


BEATS = {
    (Disposition.INELIGIBLE, Disposition.COMPLETE): "not one of those to be asked, whatever came back",
    (Disposition.COMPLETE, Disposition.PARTIAL): "the better of two answers",
    (Disposition.PARTIAL, Disposition.REFUSED): "an answer is no refusal",
    (Disposition.REFUSED, Disposition.UNDELIVERABLE): "somebody was reached after all",
    (Disposition.UNDELIVERABLE, Disposition.OPENED): "no letter to where none arrives",
    (Disposition.OPENED, Disposition.SENT): "opened what was sent",
    (Disposition.SENT, Disposition.NOT_SENT): "sent",
}


def test_which_outranks_which_is_written_down():
    """Every pair, and the order is total: no third state changes which of two counts."""
    assert list(RANK) == [strong for strong, _ in BEATS] + [Disposition.NOT_SENT]
    for some in itertools.combinations(RANK, 3):
        for order in itertools.permutations(some):
            assert strongest(order) is some[0]


def test_nobody_left_to_write_to_is_said(project):
    """A run for nobody prints nothing."""
    with pytest.raises(UsageError):
        recipients_of(project, Whom.OUTSTANDING)
    assert [one.token for one in recipients_of(project, Whom.NEW)] == list(TOKENS)


events = st.lists(
    st.one_of(
        st.tuples(st.just("print"), st.sampled_from(TOKENS)),
        st.tuples(st.just("open"), st.sampled_from(TOKENS)),
        st.tuples(
            st.sampled_from(["partial", "complete", "blank"]), st.sampled_from([*TOKENS, "T2", "t1", "T9", None])
        ),
        st.tuples(st.just("withdraw"), st.integers(0, 5)),
        st.tuples(st.just("say"), st.sampled_from(TOKENS), st.sampled_from(STAFF)),
        st.tuples(st.just("take back"), st.sampled_from(TOKENS)),
    ),
    max_size=14,
)


class Oracle:
    """What is true of each place, told the slow way: lists of what happened, searched with if and else."""

    def __init__(self):
        self.printed, self.opened, self.came = set(), set(), {}
        self.said = {token: [] for token in TOKENS}

    def state(self, token):
        answers = {kind for kind, of in self.came.values() if of is not None and of.casefold() == token.casefold()}
        said = self.said[token][-1] if self.said[token] else None
        if said is Disposition.INELIGIBLE:
            return said
        if "complete" in answers:
            return Disposition.COMPLETE
        if answers:
            return Disposition.PARTIAL
        if said in {Disposition.REFUSED, Disposition.UNDELIVERABLE}:
            return said
        if token in self.opened:
            return Disposition.OPENED
        return Disposition.SENT if token in self.printed or said is Disposition.SENT else Disposition.NOT_SENT


def happen(project, oracle, number, event):
    """One event, in the project and in the oracle."""
    kind, subject, *more = event
    if kind == "print":
        print_for(project, subject, number)
        oracle.printed.add(subject)
    elif kind == "open":
        oracle.opened.add(subject)
    elif kind in {"partial", "complete", "blank"}:
        facts = {"complete": kind != "partial", "value": "" if kind == "blank" else "yes", "number": number}
        batch = project.store.save_responses([a_response(subject, **facts)], kind="keyed", label="b", at=AT)
        oracle.came[batch] = (kind, subject)
    elif kind == "withdraw" and oracle.came:
        batch = sorted(oracle.came)[subject % len(oracle.came)]
        del oracle.came[batch]
        withdraw(project, batch)
    elif kind == "say":
        set_disposition(project, subject, more[0], reason="why", reviewer="kim")
        oracle.said[subject].append(more[0])
    elif kind == "take back" and oracle.said[subject]:
        take_back(project, subject, reviewer="kim")
        oracle.said[subject].pop()


@pytest.mark.slow
@settings(max_examples=60)
@given(events)
def test_any_history_leads_to_the_state_that_its_facts_have(registered, tmp_path_factory, history):
    """Whatever the order: the state is that of the facts, and a reminder reaches exactly those who got a questionnaire
    and neither answered, refused, could not be reached nor are out of the survey.
    """
    oracle = Oracle()
    with ExitStack() as stack:
        folder = tmp_path_factory.mktemp("history") / "project"
        project = stack.enter_context(open_project(shutil.copytree(registered, folder)))
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setattr(field_work, "online_states", lambda _: dict.fromkeys(oracle.opened, (Disposition.OPENED, AT)))
        for number, event in enumerate(history, start=1):
            happen(project, oracle, number, event)
        found = standings(project)
        assert {one.place.token: one.disposition for one in found} == {token: oracle.state(token) for token in TOKENS}
        reminded = {one.place.token for one in chosen(found, Whom.OUTSTANDING)}
        for token in TOKENS:
            answered = any(of is not None and of.casefold() == token.casefold() for _, of in oracle.came.values())
            hindered = set(oracle.said[token][-1:]) & {
                Disposition.REFUSED, Disposition.UNDELIVERABLE, Disposition.INELIGIBLE,
            }  # fmt: skip
            got_one = token in oracle.printed | oracle.opened or Disposition.SENT in oracle.said[token][-1:]
            assert (token in reminded) is (got_one and not answered and not hindered)
        assert {one.place.token for one in chosen(found, Whom.NEW)} & reminded == set()
