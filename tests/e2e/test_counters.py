"""What is counted on the screens: the same everywhere, and what a person can reach."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bench.review_material import OFTEN, PERSONS, REMARK, SINCE, contradict, fill
from review_ui.app import create_app
from scanform.model.person import Person, Role
from scanform.model.questionnaire import QuestionKind
from scanform.model.response import Answer, Channel, Missing, Status
from scanform.model.review import DecisionKind
from scanform.store import leases
from scanform.workflow.dataset.release import ReleaseDesk
from scanform.workflow.insight.status import project_status
from scanform.workflow.project.project import open_project
from scanform.workflow.review.desk import Desk, Sight, Submission
from scanform.workflow.review.double_verification import VerificationDesk
from scanform.workflow.review.memory import Memory
from scanform.workflow.review.mosaic import Mosaic
from scanform.workflow.review.rights import AGAIN

SUPERVISOR = Person(name="sue", roles=frozenset({Role.SUPERVISOR}))


@pytest.fixture
def project(house):
    settings = (house / "survey.toml").read_text("utf-8")
    (house / "survey.toml").write_text(
        re.sub(r"known_answers = [0-9.]+", "known_answers = 0.0", settings), encoding="utf-8"
    )
    with open_project(house) as opened:
        yield opened


def waiting(project):
    """How much waits by every count of the whole project."""
    desk, now = Desk(project), project_status(project)
    obstacles = {one.name: one.count for one in ReleaseDesk(desk, VerificationDesk(desk)).readiness().obstacles}
    found = {desk.counts().open, now.fields_waiting + now.contradictions, obstacles.get("values", 0)}
    assert len(found) == 1, found
    return found.pop()


def test_all_counts_of_what_waits_are_the_same(project):
    """On the release, in `status` and at the desk: fields on paper, online values that a person has to look at, and
    contradictions.
    """
    contradict(project)
    fill(project, 3, OFTEN, SINCE, start=10)
    paper = project.store.responses()[0]
    doubted = Answer(
        question="remark",
        kind=QuestionKind.HANDWRITING,
        value="x",
        confidence=1.0,
        status=Status.REVIEW,
        problems=("not-in-list",),
    )
    online = replace(paper, id="online-7", channel=Channel.ONLINE, token="other", answers=(doubted,))
    project.store.save_responses([online], kind="digital", label="test", at=paper.received_at)
    assert waiting(project) == 4 + 6 + 1
    desk = Desk(project)
    item = desk.open_items()[0]
    desk.decide(
        [
            Submission(
                uuid="u",
                item=item.id,
                version=1,
                basis="",
                kind=DecisionKind.CONFIRM,
                from_value=item.value,
                to_value="",
            )
        ],
        reviewer="ben",
    )
    assert waiting(project) == 10


def test_values_on_missing_pages_are_not_taken_without_a_check(project):
    """Nobody has seen them: they count neither as taken nor as waiting, and what this edition does not ask for
    neither.
    """
    fill(project, 1, replace(OFTEN, problem=None, status=Status.AUTO))
    response = project.store.responses()[0]
    absent = tuple(
        Answer(
            question=code,
            kind=QuestionKind.COMB,
            value="",
            confidence=0.0,
            status=Status.AUTO,
            missing=missing,
            problems=problems,
        )
        for code, missing, problems in (
            ("since", Missing.PAGE_MISSING, ("page-missing",)),
            ("persons", Missing.NOT_IN_VERSION, ()),
        )
    )
    project.store.save_responses(
        [replace(response, answers=(*response.answers, *absent), complete=False, pages_missing=(2,))],
        kind="paper",
        label="t",
        at="",
    )
    assert dict(project_status(project).fields) == {Status.AUTO: 1}


def test_what_others_have_on_the_screen_is_counted_apart(project):
    """What is left for a person is what the screens give out; the rest is said beside it, and comes back when a
    lease has ended.
    """
    fill(project, 12, OFTEN, PERSONS)
    desk = Desk(project)
    lous = desk.claim(5, reviewer="Lou")
    own = desk.counts("P")
    assert (own.open, own.elsewhere, own.total) == (19, 5, 19)
    given = desk.claim(60, reviewer="P")
    assert len(given) == own.open
    assert not {card.id for card in lous} & {card.id for card in given}
    groups = Mosaic(desk).groups("P")
    assert sum(group.count for group in groups) == own.open
    assert desk.claim(60, reviewer="Late") == []
    late = desk.counts("Late")
    assert (late.open, late.elsewhere) == (0, 24)
    with project.store.writing() as tx:
        leases.release(tx, [card.id for card in lous])
    assert desk.counts("P").open == 24


def test_names_and_addresses_are_counted_apart_for_whom_they_are_not(project, monkeypatch):
    """Somebody who may not see them has done everything when nothing else is left; what others decided of them is
    not counted as done, either.
    """
    fill(project, 4, OFTEN, REMARK)
    desk = Desk(project)
    monkeypatch.setattr(Memory, "asks_for_person", lambda self, case, question: question == "remark")
    mail, other = (next(item for item in desk.open_items() if item.question == code) for code in ("remark", "often"))
    for item in (mail, other):
        act = Submission(
            uuid=item.id,
            item=item.id,
            version=1,
            basis="",
            kind=DecisionKind.CONFIRM,
            from_value=item.value,
            to_value="",
        )
        assert desk.decide([act], reviewer="Lou")[0].result == "saved"
    apart, whole = desk.counts("P", contact=False), desk.counts("P")
    assert (apart.open, apart.settled, apart.total, apart.contact) == (3, 1, 4, 3)
    assert (whole.open, whole.settled, whole.total, whole.contact) == (6, 2, 8, 0)


def test_second_looks_count_what_can_be_reached(project):
    """What somebody else has on the screen for a second reading is counted apart."""
    fill(project, 12, replace(OFTEN, problem=None, status=Status.AUTO))
    again = VerificationDesk(Desk(project))
    assert again.counts("P", third=False).open == 12
    assert len(again.claim(5, reviewer="Lou", third=False)) == 5
    own = again.counts("P", third=False)
    assert (own.open, own.elsewhere) == (7, 5)
    assert len(again.claim(60, reviewer="P", third=False)) == own.open


def test_a_second_look_that_has_lapsed_blocks_nobodys_view(project):
    """As long as somebody has a value on the screen to read it blindly they do not see it; when that has lapsed, or
    it waits again and is theirs, they do.
    """
    fill(project, 2, replace(REMARK, problem=None, status=Status.AUTO), OFTEN)
    desk = Desk(project)
    name = next(case.machine.id for case in desk.settled())
    item, waits = f"{name}/remark", f"{name}/often"
    with project.store.writing() as tx:
        leases.claim(tx, [f"{AGAIN}{item}", f"{AGAIN}{waits}"], "sue", 2)
    assert not desk.may_see(item, SUPERVISOR, Sight.VALUE)
    assert not desk.may_see(waits, SUPERVISOR, Sight.VALUE)
    assert waits in {card.id for card in desk.claim(60, reviewer="sue")}
    assert desk.may_see(waits, SUPERVISOR, Sight.VALUE)
    past = datetime.now(UTC) - timedelta(hours=1)
    with project.store.writing() as tx:
        leases.release(tx, [f"{AGAIN}{item}"])
        leases.claim(tx, [f"{AGAIN}{item}"], "sue", 1, now=past)
    assert desk.may_see(item, SUPERVISOR, Sight.VALUE)


def test_nothing_to_check_says_what_others_have(watched, project, servers):
    """A person with nothing on the screen reads where the rest is, and the count is of what they had."""
    from review_ui.server import bind

    fill(project, 3, OFTEN)
    desk = Desk(project)
    assert len(desk.claim(60, reviewer="Lou")) == 3
    station = bind(desk, reviewer="tester", port=0, language="en")
    thread = station.start()
    servers.callback(lambda: (station.close(), thread.join(), desk.close()))
    page = watched(f"{station.url}?lang=en", station.url)
    page.wait_for_selector("#panel[data-name='empty']")
    assert page.inner_text("#panel-title") == "There is nothing for you to check at the moment"
    assert "other people's screens: 3." in page.inner_text("#panel-text")
    assert page.inner_text("#progress-text") == "0 of 0 checked"
    assert page.inner_text("#postponed") == "3 with others"
    browser = create_app(desk, reviewer="tester", language="en").test_client()
    overview = browser.get("/overview", base_url="http://127.0.0.1:8765").text
    assert "<strong>0</strong> values wait for a look" in overview
    assert "3 more are on other people" in overview
