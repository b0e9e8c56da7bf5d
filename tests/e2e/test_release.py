"""Releasing the data set: what stands in the way is counted, a signature is asked for, and a release holds for
exactly the values that were seen.
"""

import json
import re
import subprocess
import sys
from dataclasses import replace

import pytest

from bench.review_material import OFTEN, fill
from review_ui.app import create_app
from review_ui.screens.release import percent
from scanform.model.person import Person, Role
from scanform.model.release import Step
from scanform.model.response import Status
from scanform.model.review import DecisionKind
from scanform.store.acts.releases import releases
from scanform.store.acts.seals import broken_seals
from scanform.workflow.dataset.release import ReleaseDesk, released_at
from scanform.workflow.project.project import open_project
from scanform.workflow.review.desk import Desk, Submission
from scanform.workflow.review.double_verification import VerificationDesk

BASE = "http://127.0.0.1:8765"
ACCEPTED = replace(OFTEN, problem=None, status=Status.AUTO, candidates=())
SUPERVISOR = Person(name="sue", roles=frozenset({Role.SUPERVISOR}))
ADMIN = Person(name="ada", roles=frozenset({Role.ADMIN}))
REVIEWER = Person(name="ben", roles=frozenset({Role.REVIEWER}))


@pytest.fixture
def project(house):
    with open_project(house) as opened:
        yield opened


class Room:
    """The desk with its release; people read everything again correctly, but for so many values."""

    def __init__(self, project):
        self.project = project
        self.desk = Desk(project)
        self.again = VerificationDesk(self.desk)
        self.release = ReleaseDesk(self.desk, self.again)

    def read_again(self, wrong=0):
        decided = {decision.item for decision in self.project.store.decisions()}
        cards = self.again.claim(500, reviewer="carla", third=False)
        for number, card in enumerate(
            sorted(cards, key=lambda card: card.id in decided)
        ):  # what is wrong is the machine's
            made = look(card, "w" if number < wrong else "m")
            assert self.again.decide([made], reviewer="carla", third=False)[0].result == "saved"

    def obstacles(self):
        return {obstacle.name: obstacle.count for obstacle in self.release.readiness().obstacles}

    def act(self, step, person, reason="", uuid="u", digest=None):
        return self.release.act(
            step, person, uuid=uuid, digest=digest or self.release.readiness().digest, reason=reason
        )


def look(card, to):
    return Submission(
        uuid=f"look-{card.id}",
        item=card.id,
        version=card.version,
        basis="",
        kind=DecisionKind.CORRECT,
        from_value="",
        to_value=to,
    )


def confirm(desk, item):
    made = Submission(
        uuid=f"c-{item.id}",
        item=item.id,
        version=item.version,
        basis="",
        kind=DecisionKind.CONFIRM,
        from_value=item.value,
        to_value="",
    )
    assert desk.decide([made], reviewer="ben")[0].result == "saved"


def test_everything_in_the_way_is_counted_until_it_is_done(project):
    fill(project, 3, OFTEN)
    fill(project, 20, ACCEPTED, start=100)
    room = Room(project)
    assert room.obstacles() == {"values": 3, "sample": 20}
    for item in room.desk.open_items():
        confirm(room.desk, item)
    assert room.obstacles() == {"sample": 20}
    room.read_again(wrong=1)
    assert room.obstacles() == {"differing": 1, "bound": 1}
    (card,) = room.again.claim(5, reviewer="dora", third=True)
    room.again.decide([replace(look(card, "m"), uuid="third")], reviewer="dora", third=True)
    assert room.obstacles() == {}


def test_a_supervisor_releases_what_nothing_stands_in_the_way_of(project):
    fill(project, 20, ACCEPTED)
    room = Room(project)
    room.read_again()
    assert [room.act(Step.RELEASE, person) for person in (REVIEWER, ADMIN)] == ["right", "right"]
    assert room.act(Step.ASK, SUPERVISOR, "because") == "no-obstacle"
    assert room.act(Step.RELEASE, SUPERVISOR) == ""
    now = room.release.readiness()
    assert (now.released.by, now.released.digest, now.older) == ("sue", now.digest, None)
    assert (
        now.released.figures["values_accepted"],
        now.released.figures["read_again"],
        now.released.figures["wrong"],
    ) == (20, 20, 0)
    assert room.act(Step.RELEASE, SUPERVISOR, uuid="again") == "released"
    assert released_at(project) == now.released.at
    fill(project, 1, ACCEPTED, start=200)
    fresh = Room(project).release.readiness()
    assert (fresh.released, fresh.older.by) == (None, "sue")
    assert released_at(project) is None
    with project.store.reading() as tx:
        assert broken_seals(tx) == []


def test_above_the_target_it_takes_a_signature_and_a_reason(project):
    """R12: refused without both; the request is written down, signed or refused by somebody who may."""
    fill(project, 20, ACCEPTED)
    room = Room(project)
    room.read_again(wrong=1)
    assert room.act(Step.RELEASE, SUPERVISOR, "it is late") == "signature"
    assert room.act(Step.ASK, SUPERVISOR, "  ") == "reason"
    assert room.act(Step.ASK, SUPERVISOR, "it is late", uuid="ask") == ""
    assert room.act(Step.ASK, SUPERVISOR, "it is later", uuid="ask-2") == "asked"
    assert room.release.readiness().asked.uuid == "ask"
    assert room.act(Step.RELEASE, ADMIN, "", uuid="sign") == "reason"
    assert room.act(Step.REFUSE, SUPERVISOR, "no", uuid="no") == "right"
    assert room.act(Step.REFUSE, ADMIN, "look again", uuid="no") == ""
    assert room.act(Step.REFUSE, ADMIN, "look again", uuid="no-2") == "nothing-asked"
    assert room.act(Step.ASK, SUPERVISOR, "please", uuid="ask-3") == ""
    assert room.act(Step.RELEASE, ADMIN, "a pilot only", uuid="sign") == ""
    assert room.act(Step.RELEASE, ADMIN, "a pilot only", uuid="sign") == ""  # sent again
    with project.store.reading() as tx:
        steps = [(step.step, step.by, step.reason, step.about) for step in releases(tx)]
    assert steps == [
        (Step.ASK, "sue", "it is late", None),
        (Step.REFUSE, "ada", "look again", "ask"),
        (Step.ASK, "sue", "please", None),
        (Step.RELEASE, "ada", "a pilot only", "ask-3"),
    ]
    assert room.release.readiness().released.figures["bound"] == 1


def test_only_what_was_seen_is_released(project):
    """A decision between opening the page and pressing the button makes it another data set."""
    fill(project, 1, OFTEN)
    fill(project, 20, ACCEPTED, start=100)
    room = Room(project)
    seen = room.release.readiness().digest
    confirm(room.desk, room.desk.open_items()[0])
    assert room.act(Step.RELEASE, ADMIN, "now", digest=seen) == "changed"


def test_a_bound_is_never_rounded_down():
    """It must not look better than it is; what is exact stays exact."""
    assert [percent(fraction, "en") for fraction in (0.025, 0.02501, 0.0, 1.0)] == [
        "2.50%",
        "2.51%",
        "0.00%",
        "100.00%",
    ]
    assert percent(0.1 + 0.2, "de") == "30,00\N{NO-BREAK SPACE}%"


@pytest.mark.slow
def test_the_page_and_the_export_say_it(project, tmp_path):
    """By form and without scripts: refused without a reason with 422, released with one; the export says so until a
    value changes.
    """
    fill(project, 2, OFTEN)
    http = create_app(Desk(project), reviewer="kim", language="en").test_client()

    def page():
        return http.get("/release", base_url=BASE).get_data(as_text=True)

    def send(reason):
        found = {
            name: re.search(rf'name="{name}" value="([^"]+)"', page())[1] for name in ("csrf_token", "uuid", "digest")
        }
        return http.post("/release", data={**found, "step": "release", "reason": reason}, base_url=BASE)

    assert "wait for a look: 2" in page()
    assert "have not been released" in page()
    refused = send(" ")
    assert (refused.status_code, "Please say why" in refused.get_data(as_text=True)) == (422, True)
    assert exported(project, tmp_path)["released_at"] is None
    assert send("only <b>a</b> pilot").status_code == 303
    assert "only &lt;b&gt;a&lt;/b&gt; pilot" in page()
    assert "by kim" in page()
    assert exported(project, tmp_path)["released_at"].startswith("20")
    confirm(Desk(project), Desk(project).open_items()[0])
    assert "Values have changed since" in page()
    assert exported(project, tmp_path)["released_at"] is None
    assert http.post("/release", data={"step": "release"}, base_url=BASE).status_code == 403  # without the token
    assert http.get("/release?step=release", base_url=BASE).status_code == 200
    with project.store.reading() as tx:
        assert len(releases(tx)) == 1


def exported(project, tmp_path):
    command = [
        sys.executable,
        "-m",
        "scanform.cli",
        "--json",
        "--project",
        str(project.folder),
        "export",
        str(tmp_path / "out"),
    ]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
