"""Leases: two people never have the same value on the screen, nothing that was decided comes back, and what lapses
is not lost.
"""

import multiprocessing
import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.review_material import OFTEN, PERSONS, fill, printed_survey
from scanform.model.review import DecisionKind
from scanform.store.leases import LEASE, claim, holder_of, holders, release, renew
from scanform.store.store import Store
from scanform.workflow.project.project import open_project
from scanform.workflow.review.desk import Desk, Submission
from tests.programs import forked, next_of

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
WORKERS = 8


@pytest.fixture
def store(where):
    found = Store(where)
    yield found
    found.close()


def test_what_one_holds_nobody_else_gets_until_it_lapses(store):
    """Held items are passed over; the same person gets them again; after the time they are free, and a sign of life
    makes the time begin anew.
    """
    items = [f"A/{n}" for n in range(6)]
    with store.writing() as tx:
        assert claim(tx, items, "anna", 2, now=NOW) == items[:2]
        assert claim(tx, items, "ben", 3, now=NOW) == items[2:5]
        assert claim(tx, items, "anna", 6, now=NOW) == [*items[:2], items[5]]
        later = NOW + LEASE - timedelta(seconds=1)
        assert renew(tx, "anna", now=later) == 3
        lapsed = NOW + LEASE
        assert holders(tx, now=lapsed) == dict.fromkeys([*items[:2], items[5]], "anna")
        assert renew(tx, "ben", now=lapsed) == 0
        assert claim(tx, items, "carla", 6, now=lapsed) == items[2:5]
        release(tx, items, holder="ben")
        assert holder_of(tx, items[2], now=lapsed) == "carla"
        release(tx, items)
        assert holders(tx, now=lapsed) == {}


acts = st.lists(
    st.tuples(
        st.sampled_from(["claim", "renew", "release", "wait"]),
        st.sampled_from("abc"),
        st.sets(st.integers(0, 7)),
        st.integers(1, 700),
    ),
    max_size=25,
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=acts)
def test_leases_do_what_a_table_on_paper_would(store, acts):
    """Whatever people do in whatever order: a dictionary of who holds what until when says the same."""
    now, paper = NOW, {}
    with store.writing() as tx:
        release(tx, [str(n) for n in range(8)])
        for act, who, numbers, amount in acts:
            items = [str(n) for n in sorted(numbers)]
            paper = {item: (holder, until) for item, (holder, until) in paper.items() if until > now}
            if act == "claim":
                free = [item for item in items if paper.get(item, (who,))[0] == who][: amount % 9]
                assert claim(tx, items, who, amount % 9, now=now) == free
                paper |= dict.fromkeys(free, (who, now + LEASE))
            elif act == "renew":
                renew(tx, who, now=now)
                paper = {
                    item: (holder, now + LEASE if holder == who else until) for item, (holder, until) in paper.items()
                }
            elif act == "release":
                release(tx, items, holder=who)
                paper = {item: entry for item, entry in paper.items() if item not in items or entry[0] != who}
            else:
                now += timedelta(seconds=amount)
            assert holders(tx, now=now) == {item: holder for item, (holder, until) in paper.items() if until > now}


def work(folder, number, start, found):
    """One reviewer at a station of their own: takes a few values, decides them, until nothing is left; now and then
    goes back.
    """
    lot, name, seen = random.Random(number), f"r{number}", []
    with open_project(folder) as project:
        desk = Desk(project)
        start.wait()
        for turn in range(1000):
            cards = desk.claim(lot.randint(1, 5), reviewer=name)
            if not cards:
                break
            seen += [(card.id, name) for card in cards]
            decided = [(card, f"{name}-{turn}-{place}") for place, card in enumerate(cards)]
            found.put([(card.id, name, uuid) for card, uuid in decided])
            outcomes = desk.decide([submission(card, uuid) for card, uuid in decided], reviewer=name)
            assert {outcome.result for outcome in outcomes} == {"saved"}
            if lot.random() < 0.2:
                card, uuid = decided[-1]
                again = submission(card, f"{uuid}-back", DecisionKind.UNDO, undoes=uuid)
                assert desk.decide([again, submission(card, f"{uuid}-anew")], reviewer=name)[1].result == "saved"
        desk.close()
    found.put(None)


def submission(card, uuid, kind=DecisionKind.CONFIRM, **more):
    return Submission(
        uuid=uuid,
        item=card.id,
        version=card.version,
        basis=card.basis,
        kind=kind,
        from_value=card.value,
        to_value="",
        **more,
    )


@pytest.mark.slow
def test_eight_reviewers_never_get_the_same_value(where, tmp_path):
    """Eight programs on one database: every value is given to one person, once, and decided once; none is left over."""
    folder = printed_survey(tmp_path, database="" if isinstance(where, Path) else where)
    with open_project(folder) as project:
        fill(project, 60, OFTEN, PERSONS)
        waiting = {item.id for item in Desk(project).open_items()}
    context = multiprocessing.get_context("fork")
    start, found = context.Barrier(WORKERS), context.Queue()
    given_out, ended = [], 0
    with forked(work, [(folder, number, start, found) for number in range(WORKERS)]) as workers:
        while ended < WORKERS:
            entry = next_of(found, workers)
            ended += entry is None
            given_out += entry or []
        for worker in workers:
            worker.join()
            assert worker.exitcode == 0
    assert Counter(item for item, _, _ in given_out) == dict.fromkeys(waiting, 1)
    assert len({name for _, name, _ in given_out}) > 1
    with open_project(folder) as project:
        kept = [d for d in project.store.decisions() if d.kind is DecisionKind.CONFIRM and not d.uuid.endswith("-anew")]
        assert Counter(d.item for d in kept) == dict.fromkeys(waiting, 1)
        assert {d.uuid: d.reviewer for d in kept} == {uuid: name for _, name, uuid in given_out}
        assert Desk(project).counts().open == 0
