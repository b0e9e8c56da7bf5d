"""Every act of a person is one transaction: killed anywhere within it, all of it is there or nothing; and what it
answers is what is stored.

Each act is done by a process of its own that dies before its n-th statement, and at each commit, for every n; and again
with another program that comes in between what the act has looked at and what it writes.
"""

import contextlib
import json
import os
import re
import shutil
import traceback
from dataclasses import dataclass, replace

import pytest
from sqlalchemy import event

from bench.review_material import OFTEN, PERSONS, contradict, fill, printed_survey
from scanform.errors import UsageError
from scanform.model.person import Person, Role
from scanform.model.place import Disposition
from scanform.model.release import Step
from scanform.model.response import Channel, Status
from scanform.model.review import DecisionKind
from scanform.store import issued
from scanform.store.acts.seals import broken_seals
from scanform.store.acts.verifications import verifications
from scanform.store.records import ManualRegistrationKind
from scanform.workflow.dataset.import_digital import import_digital
from scanform.workflow.dataset.merge_responses import decide_conflict, merge_responses, open_conflicts, undo_merge
from scanform.workflow.dataset.release import ReleaseDesk
from scanform.workflow.intake.read_batch import read_batch
from scanform.workflow.pages.missing_pages import accept, take_back
from scanform.workflow.pages.repeated_pages import act_on, doubles
from scanform.workflow.people.accounts import AccountDesk
from scanform.workflow.people.preferences import change_preferences
from scanform.workflow.printing.dispositions import set_disposition
from scanform.workflow.printing.dispositions import take_back as take_disposition_back
from scanform.workflow.printing.place_register import add_list
from scanform.workflow.printing.print_forms import PrintOrder, print_forms
from scanform.workflow.printing.recipients import Recipient
from scanform.workflow.project.project import open_project
from scanform.workflow.reading.executors import serial
from scanform.workflow.review.desk import Desk, Submission, effective_responses
from scanform.workflow.review.double_verification import VerificationDesk
from scanform.workflow.review.key_entry import find_form, key_answers, save
from scanform.workflow.settling.withdraw import restore, withdraw, withdraw_response

DIED = 9
SUPERVISOR = Person(name="sue", roles=frozenset({Role.SUPERVISOR}))
VOLATILE = frozenset(
    {
        "at",
        "created_at",
        "linked_at",
        "handed_in_at",
        "received_at",
        "withdrawn_at",
        "printed_at",
        "seal",
        "until",
        "invited",
        "invited_until",
        "uniquifier",
    }
)
"""Columns that differ from run to run: times, hashes over them, and what is drawn at random."""


@dataclass(frozen=True)
class Act:
    """Something that a person does, on a project that `before` has made ready; `act` returns what the person is
    told.
    """

    before: object
    act: object


# --- the acts ---------------------------------------------------------------------------------------------------------


def waiting(project):
    fill(project, 2, OFTEN, PERSONS)
    VerificationDesk(Desk(project))  # draws the lot once


def decided(project):
    """Anna has said of three values that they cannot be read."""
    fill(project, 3, OFTEN)
    desk = Desk(project)
    VerificationDesk(desk)  # draws the lot once
    sent = [submission(item, DecisionKind.ILLEGIBLE, uuid=f"anna-{at}") for at, item in enumerate(desk.open_items())]
    assert {one.result for one in desk.decide(sent, reviewer="anna")} == {"saved"}


def differing(project):
    """Ben reads the first of them, and reads something else."""
    decided(project)
    assert second(project) == ["saved"]


def settled(project):
    """Carla settles that."""
    differing(project)
    assert third(project) == ["saved"]


def submission(item, kind, to="", *, uuid="u", **more):
    return Submission(
        uuid=uuid, item=item.id, version=item.version, basis="", kind=kind, from_value=item.value, to_value=to, **more
    )


def first_item(project):
    desk = Desk(project)
    response = min(effective_responses(project), key=lambda found: found.id)
    return desk.item(f"{response.id}/often")


def decide(project):
    desk = Desk(project)
    sent = [submission(item, DecisionKind.CONFIRM, uuid=f"u{at}") for at, item in enumerate(desk.open_items())]
    return [one.result for one in desk.decide(sent, reviewer="ben")]


def undo(project):
    return Desk(project).undo("anna") is not None


def look(project, kind=DecisionKind.CORRECT, to="w", *, who="ben", third=False, uuid="look", **more):
    again = VerificationDesk(Desk(project))
    return [
        one.result
        for one in again.decide(
            [submission(first_item(project), kind, to, uuid=uuid, **more)], reviewer=who, third=third
        )
    ]


def second(project):
    return look(project)


def third(project):
    return look(project, who="carla", third=True, uuid="third")


def third_taken_back(project):
    return look(project, DecisionKind.UNDO, "", who="carla", third=True, uuid="back", undoes="third")


def ask_for_release(project):
    desk = Desk(project)
    release = ReleaseDesk(desk, VerificationDesk(desk))
    return release.act(Step.ASK, SUPERVISOR, uuid="ask", digest=release.readiness().digest, reason="in a hurry")


def incomplete(project):
    fill(project, 1, OFTEN)
    response = project.store.responses()[0]
    project.store.save_response(replace(response, complete=False, pages_missing=(2,)), batch_id=1)


def accepted(project):
    incomplete(project)
    assert accept_incomplete(project)


def accept_incomplete(project):
    return accept(project, project.store.responses()[0].id, reviewer="sue", reason="torn", uuid="torn")


def take_acceptance_back(project):
    return take_back(project, project.store.responses()[0].id, reviewer="sue", uuid="back")


def two_sources(project):
    contradict(project)
    undo_merge(project)


def settle_contradiction(project):
    item = min(open_conflicts(project), key=lambda found: found.id)
    return decide_conflict(project, item.id, item.candidates[0].value, reviewer="sue").to_value


def digital(project, folder=None):
    path = (folder or project.folder) / "export.csv"
    path.write_text(
        '"id","submitdate","often"\n"1","2026-01-01 10:00:00","w"\n"2","2026-01-02 10:00:00","m"\n', encoding="utf-8"
    )
    return list(import_digital(project, path).new)


def imported(project):
    digital(project, project.folder.parent)  # beside the project: copies of it know the file by the same name


def key(project):
    form = find_form(project, None)
    return save(project, key_answers(form, {"often": "w", "persons": "4"}, channel=Channel.MANUAL), reviewer="kim").id


def withdrawn(project):
    waiting(project)
    withdraw(project, 1)


def an_admin(project):
    desk = AccountDesk(project)
    assert desk.start(desk.start_token(), "ada", "hash")


def invited(project):
    an_admin(project)
    desk = AccountDesk(project)
    found = desk.invite(actor=desk.named("ada"), name="bob", email="bob@example.org", roles={Role.REVIEWER})
    (project.folder / "token").write_text(found[1], encoding="utf-8")


def invite(project):
    desk = AccountDesk(project)
    return desk.invite(actor=desk.named("ada"), name="bob", email="bob@example.org", roles={Role.REVIEWER}) is not None


def accept_invitation(project):
    return AccountDesk(project).accept((project.folder / "token").read_text(encoding="utf-8"), "hash") is not None


def change_roles(project):
    desk = AccountDesk(project)
    desk.set_roles(desk.named("bob"), {Role.STAFF}, actor=desk.named("ada"))
    return True


def disable(project):
    desk = AccountDesk(project)
    desk.set_active(desk.named("bob"), False, actor=desk.named("ada"))
    return True


def print_one(project):
    found = print_forms(
        project,
        PrintOrder(recipients=(Recipient(token="T", name="Haus", address=()),), seed=9),
        project.folder / "out.pdf",
    )
    return found.forms[0].form_id


def nothing(project):
    return None


def listed(project, *rows):
    path = project.folder.parent / "places.csv"
    path.write_text("\n".join(("place_id;token;name", *rows)) + "\n", encoding="utf-8")
    return path


def add_places(project):
    path = listed(project, "D-1;K7M2P9QX;Treff Nord", "D-2;Q7M2P9QZ;Treff Süd")
    return len(add_list(project, path, reviewer="sue").new)


def change_places(project):
    path = listed(project, "D-1;K7M2P9QX;Treff Mitte", "D-3;R7M2P9QY;Treff Ost")
    done = add_list(project, path, reviewer="sue")
    return [len(done.new), len(done.changed), len(done.absent)]


def say_refused(project):
    act = set_disposition(project, "D-1", Disposition.REFUSED, reason="on the phone", reviewer="sue", uuid="said")
    return act.disposition.value


def take_refusal_back(project):
    return take_disposition_back(project, "D-1", reviewer="sue").uuid


ACTS = {
    "decide many": Act(waiting, decide),
    "undo": Act(decided, undo),
    "second reading": Act(decided, second),
    "third look and its decision": Act(differing, third),
    "third look taken back": Act(settled, third_taken_back),
    "ask for a release": Act(waiting, ask_for_release),
    "accept an incomplete form": Act(incomplete, accept_incomplete),
    "take that back": Act(accepted, take_acceptance_back),
    "merge": Act(two_sources, lambda project: merge_responses(project).joined),
    "take a merge back": Act(contradict, undo_merge),
    "settle a contradiction": Act(contradict, settle_contradiction),
    "import digital responses": Act(nothing, digital),
    "withdraw an import": Act(imported, lambda project: withdraw(project, 1).id),
    "withdraw a response": Act(
        imported, lambda project: withdraw_response(project, "online-1", reason="asked for", reviewer="sue").response_id
    ),
    "key a form": Act(nothing, key),
    "print": Act(nothing, print_one),
    "add a list of places": Act(nothing, add_places),
    "change places": Act(add_places, change_places),
    "say how far a place got": Act(add_places, say_refused),
    "take that back about a place": Act(lambda project: [add_places(project), say_refused(project)], take_refusal_back),
    "withdraw a batch": Act(waiting, lambda project: withdraw(project, 1).id),
    "restore a batch": Act(withdrawn, lambda project: restore(project, 1).id),
    "preferences": Act(nothing, lambda project: change_preferences(project, "ben", {"tiles": 48}).tiles),
    "first account": Act(nothing, an_admin),
    "invite": Act(an_admin, invite),
    "accept an invitation": Act(invited, accept_invitation),
    "other roles": Act(invited, change_roles),
    "disable an account": Act(invited, disable),
}
FAST = "key a form"


# --- dying ------------------------------------------------------------------------------------------------------------


def in_a_process(folder, act, *, die_before=None, die_at_commit=False):
    """Do an act in a process of its own; returns what it answered as JSON, None when it died, and how many
    statements it made while it was writing.
    """
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        with contextlib.suppress(BaseException):
            os.close(read)
            answer = _act(folder, act, die_before, die_at_commit)
            os.write(write, json.dumps(answer).encode())
            os._exit(0)
        traceback.print_exc()
        os._exit(1)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        said = pipe.read()
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) in {0, DIED}
    return json.loads(said) if said else None


def _act(folder, act, die_before, die_at_commit):
    made = [0]

    def statement(connection, cursor, *_):
        if connection.get_execution_options().get("scanform_writing"):
            made[0] += 1
            if made[0] == die_before:
                os._exit(DIED)

    def commit(connection):
        if die_at_commit and connection.get_execution_options().get("scanform_writing"):
            os._exit(DIED)

    with open_project(folder) as project:
        event.listen(project.store._engine, "before_cursor_execute", statement)
        event.listen(project.store._engine, "commit", commit)
        return [act(project), made[0]]


def same_in_every_run(column, value, folder):
    """A value of a row; of what differs from run to run only whether there is one."""
    drawn = column in VOLATILE or (column == "uuid" and re.fullmatch(r"[0-9a-f-]{36}", value))
    return bool(value) if drawn else value.replace(str(folder), "") if isinstance(value, str) else value


def content(folder):
    """All rows of the store, without what differs from run to run; no seal is broken."""
    with open_project(folder) as project, project.store.reading() as tx:
        assert broken_seals(tx) == []
        names = [
            row[0] for row in tx.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        ]
        rows = {}
        for name in names:
            if name not in {"lease", "pace"}:
                found = tx.exec_driver_sql(f"SELECT * FROM {name}").mappings().all()
                rows[name] = sorted(
                    repr({key: same_in_every_run(key, value, folder) for key, value in row.items()}) for row in found
                )
        files = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
        return {
            **rows,
            "files": [name for name in files if "sqlite" not in name and not name.endswith((".part", ".csv"))],
        }


@pytest.fixture(scope="module")
def blank(tmp_path_factory):
    """A project with a printed form."""
    return printed_survey(tmp_path_factory.mktemp("acts"))


@pytest.fixture
def ready(blank, tmp_path, request):
    """Makes a project ready for an act, and copies of it."""
    folder = tmp_path / "ready"

    def make(before):
        shutil.copytree(blank, folder)
        with open_project(folder) as project:
            before(project)
        return folder

    return make


def again(folder, number):
    """A copy of a project."""
    copied = folder.with_name(f"copy-{number}")
    shutil.rmtree(copied, ignore_errors=True)
    shutil.copytree(folder, copied)
    return copied


@pytest.mark.parametrize("name", [FAST, *(pytest.param(name, marks=pytest.mark.slow) for name in ACTS if name != FAST)])
def test_killed_within_an_act_all_of_it_is_there_or_nothing(ready, name):
    """Before each statement and at each commit; done once more after that, the end is that of an undisturbed act."""
    killed_everywhere(ready(ACTS[name].before), ACTS[name].act)


def killed_everywhere(folder, act):
    """Does an act again and again on copies of a project, dying at another place each time."""
    before = content(folder)
    calm = again(folder, "calm")
    answer, statements = in_a_process(calm, act)
    after = content(calm)
    assert statements > 0
    assert after != before
    for number in range(1, statements + 1):
        copied = again(folder, "n")
        assert in_a_process(copied, act, die_before=number) is None
        assert content(copied) in (before, after), f"statement {number}"
    copied = again(folder, "n")
    assert in_a_process(copied, act, die_at_commit=True) is None
    assert content(copied) == before
    assert in_a_process(copied, act)[0] == answer
    assert content(copied) == after


def say_of_a_double(kind):
    """What somebody says of the only pair of pages that came in twice."""

    def act(project):
        (pair,) = doubles(project)
        return act_on(project, pair.key, kind, reviewer="sue", uuid="said")

    return act


@pytest.mark.slow
def test_killed_while_somebody_says_what_pages_are(tiny_survey, tmp_path):
    """Two pages with one printed number are said to be one sheet; then the batch is withdrawn: fates, forms,
    responses and the act go together.
    """
    tiny_survey.jpeg(tmp_path / "in" / "a.jpg", 1, 1, open="no", floor="1", seed=3)
    tiny_survey.jpeg(tmp_path / "in" / "b.jpg", 1, 1, open="yes", floor="2", uses="chess", seed=44)
    with tiny_survey.project(tmp_path / "ready") as project:
        read_batch(project, [tmp_path / "in"], serial())
    killed_everywhere(tmp_path / "ready", say_of_a_double(ManualRegistrationKind.SAME_SHEET))
    killed_everywhere(tmp_path / "ready", lambda project: withdraw(project, 1).id)


# --- another program in between ---------------------------------------------------------------------------------------


def between(project, act):
    """Another program acts once, just before this one begins to write: after everything that it looks at first."""
    writing, waits = project.store.writing, [True]

    @contextlib.contextmanager
    def interrupted():
        if waits.pop() if waits else False:
            with open_project(project.folder) as other:
                act(other)
        with writing() as tx:
            yield tx

    project.store.writing = interrupted


def test_a_third_look_that_comes_too_late_is_refused_with_all_that_belongs_to_it(ready):
    """Dora settles the value while Carla looks at it: Carla is told, and neither her look nor her decision is
    stored.
    """
    folder = ready(differing)
    with open_project(folder) as project:
        again = VerificationDesk(Desk(project))
        item = first_item(project)
        between(project, lambda other: look(other, to="m", who="dora", third=True, uuid="dora"))
        (outcome,) = again.decide(
            [submission(item, DecisionKind.CORRECT, "w", uuid="carla")], reviewer="carla", third=True
        )
        assert (outcome.result, bool(outcome.message)) == ("invalid", True)
        with project.store.reading() as tx:
            assert [found.act.uuid for found in verifications(tx)] == ["look", "dora"]
        assert [decision.reviewer for decision in project.store.decisions() if decision.uuid.endswith("-third")] == [
            "dora"
        ]


@pytest.mark.slow
def test_a_third_look_at_values_that_are_no_longer_those_is_refused(ready):
    """Somebody decides the value anew after Carla got her card: what she says was said about other values."""
    folder = ready(differing)
    with open_project(folder) as project:
        again = VerificationDesk(Desk(project))
        (card,) = again.claim(1, reviewer="carla", third=True)
        item = first_item(project)
        with open_project(folder) as other:
            change = replace(
                submission(item, DecisionKind.CORRECT, "s", uuid="emil"), basis="anna-0", version=item.version
            )
            assert [one.result for one in Desk(other).decide([change], reviewer="emil")] == ["saved"]
        sent = replace(submission(item, DecisionKind.CORRECT, "w", uuid="carla"), basis=card.basis)
        (outcome,) = again.decide([sent], reviewer="carla", third=True)
        assert (outcome.result, outcome.card is not None) == ("conflict", True)
        with project.store.reading() as tx:
            assert [found.act.uuid for found in verifications(tx)] == ["look"]
        (fresh,) = again.claim(1, reviewer="carla", third=True)
        (outcome,) = again.decide([replace(sent, basis=fresh.basis)], reviewer="carla", third=True)
        assert outcome.result == "saved"
        assert project.store.decisions()[-1].reviewer == "carla"


def test_a_release_is_about_what_there_is_when_it_is_written(ready):
    """A value is decided between the look at what stands in the way and the release: refused, nothing is released."""
    folder = ready(waiting)
    with open_project(folder) as project:
        desk = Desk(project)
        release = ReleaseDesk(desk, VerificationDesk(desk))
        digest = release.readiness().digest
        between(project, decide)
        assert release.act(Step.ASK, SUPERVISOR, uuid="ask", digest=digest, reason="in a hurry") == "changed"
        assert release.readiness().steps == ()


def test_a_release_knows_what_came_in_a_moment_ago(ready):
    """Values that another program has stored stand in the way at once, whatever this one remembers."""
    folder = ready(lambda project: fill(project, 1, replace(OFTEN, status=Status.AUTO, problem=None)))
    with open_project(folder) as project:
        desk = Desk(project)
        release = ReleaseDesk(desk, VerificationDesk(desk))
        assert "values" not in {obstacle.name for obstacle in release.readiness().obstacles}
        with open_project(folder) as other:
            fill(other, 1, OFTEN, start=5)
        digest = release.readiness().digest
        assert release.act(Step.ASK, SUPERVISOR, uuid="ask", digest=digest, reason="in a hurry") == ""
        assert release.readiness().steps[-1].figures["values"] == 1


def test_accepting_an_incomplete_form_that_has_become_whole_is_refused(ready):
    """The page comes in while somebody accepts that it is missing."""

    def page_comes(other):
        other.store.save_response(replace(other.store.responses()[0], complete=True, pages_missing=()), batch_id=1)

    folder = ready(incomplete)
    with open_project(folder) as project:
        between(project, page_comes)
        assert not accept_incomplete(project)
        assert not take_acceptance_back(project)


def test_accepting_again_says_the_same(ready):
    """Sent twice, because the first answer was lost, it is taken once and answered alike."""
    folder = ready(incomplete)
    with open_project(folder) as project:
        assert [accept_incomplete(project), accept_incomplete(project)] == [True, True]


def test_a_merge_joins_what_there_is_when_it_is_written(ready):
    """A batch is withdrawn in between: no link leads to a response that no longer counts."""
    folder = ready(two_sources)
    with open_project(folder) as project:
        between(
            project,
            lambda other: other.store.save_response(
                replace(other.store.responses()[-1], token="elsewhere"), batch_id=1
            ),
        )
        assert merge_responses(project).joined == 0
        assert project.store.links() == []


def test_a_contradiction_that_is_gone_is_not_settled(ready):
    """The merge is taken back in between: nothing is said to be settled."""
    folder = ready(contradict)
    with open_project(folder) as project:
        between(project, undo_merge)
        with pytest.raises(UsageError):
            settle_contradiction(project)
        assert project.store.decisions() == []


def test_an_import_counts_what_is_new_when_it_is_stored(ready):
    """The same export is imported by two programs: the responses are stored once, in one batch."""
    folder = ready(nothing)
    with open_project(folder) as project:
        between(project, digital)
        assert digital(project) == []
        assert [batch.kind for batch in project.store.batches()] == ["digital"]


def test_an_undo_takes_back_what_stands(ready):
    """Two windows of one person press undo: each takes back another decision, and says which."""
    folder = ready(decided)
    with open_project(folder) as project:
        between(project, undo)
        assert undo(project)
        assert len(Desk(project).open_items()) == 2


def test_forms_never_share_an_identity_that_another_program_took(ready):
    """The same identities are drawn by two programs: the second one draws others, and what its files say is what the
    store says.
    """
    folder = ready(nothing)
    with open_project(folder) as project:
        order = PrintOrder(recipients=(None, None), seed=9)
        between(project, lambda other: print_forms(other, order, folder / "other.pdf"))
        own = print_forms(project, order, folder / "own.pdf")
        with project.store.reading() as tx:
            known = [form.form_id for form in issued.all_issued(tx)]
    listed = [
        row["form_id"]
        for name in ("other", "own")
        for row in json.loads((folder / f"{name}.copies.json").read_text("utf-8"))
    ]
    assert set(listed) <= set(known)
    assert len(set(listed)) == 4
    assert [form.form_id for form in own.forms] == listed[2:]


def test_a_link_that_was_used_is_void_for_who_comes_second(ready):
    """Two browsers accept one invitation: one password stands, the other is told."""
    folder = ready(invited)
    with open_project(folder) as project:
        between(project, accept_invitation)
        assert not accept_invitation(project)
