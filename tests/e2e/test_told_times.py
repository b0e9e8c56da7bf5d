"""Moments on every kind of screen: in the reader's language and on the reader's clock, with the exact moment behind
them.
"""

import io
import json
import re
from datetime import datetime
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner

from bench.review_material import OFTEN, fill
from bench.review_states import eventful
from review_ui.app import create_app
from scanform.cli.program import main
from scanform.model.account import Stage
from scanform.model.page import Fate
from scanform.model.person import Person, Role
from scanform.model.problem import Problem
from scanform.model.release import Step
from scanform.page_result import PageResult
from scanform.store import ledger
from scanform.store.acts.waived_pages import waived_pages
from scanform.store.records import NewFile
from scanform.workflow.dataset.release import ReleaseDesk
from scanform.workflow.intake.upload_desk import UploadDesk
from scanform.workflow.pages.missing_pages import waive_pages
from scanform.workflow.pages.sort_pages import SortDesk
from scanform.workflow.people.accounts import AccountDesk
from scanform.workflow.project.project import open_project
from scanform.workflow.review.desk import Desk
from scanform.workflow.review.double_verification import VerificationDesk
from scanform.workflow.settling.assign_fates import record_page

BASE = "http://127.0.0.1:8765"
ZONE = "America/New_York"
WINTER, SUMMER = "2026-01-01T03:30:00+00:00", "2026-07-01T10:00:00+00:00"
TOLD = {
    "de": {WINTER: "31.12.2025, 22:30", SUMMER: "01.07.2026, 06:00"},
    "en": {WINTER: "31 Dec 2025, 22:30", SUMMER: "1 Jul 2026, 06:00"},
}
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sept", "Oct", "Nov", "Dec"]


@pytest.fixture
def project(house):
    """A project whose people live in New York, whatever the machine thinks."""
    settings = house / "survey.toml"
    settings.write_text(
        settings.read_text("utf-8").replace('time_zone = ""', f'time_zone = "{ZONE}"'), encoding="utf-8"
    )
    with open_project(house) as opened:
        assert opened.config.time_zone == ZONE
        yield opened


def told(at, language, *, seconds=False):
    """The moment as the tests expect it, made without Babel."""
    there = datetime.fromisoformat(at).astimezone(ZoneInfo(ZONE))
    day = f"{there:%d.%m.%Y}" if language == "de" else f"{there.day} {MONTHS[there.month - 1]} {there.year}"
    return f"{day}, {there:%H:%M:%S}" if seconds else f"{day}, {there:%H:%M}"


def page(client, path, language):
    answer = client.get(
        f"{path}{'&' if '?' in path else '?'}lang={language}", base_url=BASE, headers={"Accept": "text/html"}
    )
    assert answer.status_code == 200
    shown = answer.get_data(as_text=True)
    assert not re.search(
        r"\d{4}-\d\d-\d\d", re.sub(r'<time datetime="[^"]+">|href="[^"]*"|value="[^"]*"', "", shown)
    ), "a stored moment is shown"
    return shown


def batch(project, at):
    """A batch of one page that nobody can have."""
    with project.store.writing() as tx:
        number = ledger.add_batch(tx, kind="paper", label=f"from {at[5:7]}", at=at)
        sha256 = f"{number:064x}"
        file = NewFile(
            path=f"{number}.pdf",
            location=f"/in/{number}.pdf",
            sha256=sha256,
            size=1,
            kind="pdf",
            pages=1,
            archived="",
            problems=(),
        )
        ledger.add_file(tx, number, file)
        (found,) = ledger.pages_of(tx, [ledger.known_key(file.location, sha256)])
        problems = (Problem(slug="unreadable-page", where="page"),)
        record_page(project, tx, found, PageResult(ref=found.ref, outcome=Fate.DAMAGED, problems=problems), at=at)
    return number, found.id


@pytest.mark.parametrize("language", ["de", "en"])
def test_batches_and_what_was_accepted(project, language):
    """The first screen and the command line name winter and summer on the reader's clock; programs get the stored
    moment.
    """
    (winter, lost), _ = batch(project, WINTER), batch(project, SUMMER)
    assert waive_pages(project, [lost], reviewer="sue", reason="wet")
    client = create_app(Desk(project), reviewer="sue", language="en").test_client()
    overview = page(client, "/overview", language)
    for at, words in TOLD[language].items():
        assert f'<time datetime="{at}">{words}</time>' in overview
    with project.store.reading() as tx:
        (at,) = [act.at for act in waived_pages(tx).values()]
    for path in (f"/overview/pages?batch={winter}&fate=damaged", "/missing"):
        assert f"sue, {told(at, language)}" in page(client, path, language)
    run = CliRunner().invoke(main, ["--language", language, "--project", str(project.folder), "status"])
    for words in TOLD[language].values():
        assert re.search(rf"  {re.escape(words)} +from ", run.output)
    data = json.loads(CliRunner().invoke(main, ["--json", "--project", str(project.folder), "status"]).output)
    assert [one["created_at"] for one in data["batches"]][-2:] == [WINTER, SUMMER]


@pytest.mark.parametrize("language", ["de", "en"])
def test_acts_in_the_history_have_seconds(project, language):
    """Each event of a value with the second at which it happened."""
    eventful(project)
    decision = project.store.decisions()[0]
    client = create_app(Desk(project), reviewer="kim", language="en").test_client()
    history = page(client, f"/history/{quote(decision.item)}", language)
    assert f'ben · <time datetime="{decision.at}">{told(decision.at, language, seconds=True)}</time>' in history


@pytest.mark.parametrize("language", ["de", "en"])
def test_the_release_says_when(project, tmp_path, language):
    """On its screen, and where the data set is exported; `--json` has the stored moment."""
    fill(project, 2, OFTEN)
    desk = Desk(project)
    releases = ReleaseDesk(desk, VerificationDesk(desk))
    assert not releases.act(
        Step.RELEASE,
        Person(name="kim", roles=frozenset(Role)),
        uuid="u",
        digest=releases.readiness().digest,
        reason="a pilot",
    )
    at = releases.readiness().released.at
    client = create_app(desk, reviewer="kim", language="en").test_client()
    assert told(at, language) in page(client, "/release", language)
    run = ["--project", str(project.folder), "export", str(tmp_path / "out")]
    assert told(at, language) in CliRunner().invoke(main, ["--language", language, *run]).output
    assert json.loads(CliRunner().invoke(main, ["--json", *run]).output)["released_at"] == at


@pytest.mark.parametrize("language", ["de", "en"])
def test_accounts_and_their_log(project, language):
    """Logins, invitations and the log of the station."""
    accounts = AccountDesk(project)
    ada = accounts.start(accounts.start_token(), "Ada", "hash")
    invited, _ = accounts.invite(actor=ada, name="Ben", email="", roles=frozenset({Role.REVIEWER}))
    app = create_app(
        Desk(project), accounts=accounts, sorter=SortDesk(project), uploads=UploadDesk(project), language="en"
    )
    client = app.test_client()
    client.set_cookie(
        "scanform-review-login", accounts.open_session(ada, stage=Stage.FULL, agent="test"), domain="127.0.0.1"
    )
    (session,) = accounts.sessions(ada)
    for path in ("/account", f"/users/{ada.id}"):
        assert told(session.created_at, language) in page(client, path, language)
    until = accounts.account(invited.id).invited_until
    assert told(until, language).partition(",")[0] in page(client, "/users", language)
    log = page(client, "/users/log", language)
    assert all(
        f'<time datetime="{event.at}">{told(event.at, language, seconds=True)}</time>' in log
        for event in accounts.events(50)
    )


@pytest.mark.parametrize("language", ["de", "en"])
def test_what_was_handed_in_says_when(project, language):
    """The list of what was handed in."""
    uploads = UploadDesk(project)
    assert (
        uploads.receive(io.BytesIO(b"%PDF-1.5 x"), name="a.pdf", by="anna", group="g", declared=10).result == "stored"
    )
    uploads.close_group("anna", "g")
    client = create_app(Desk(project), reviewer="anna", uploads=uploads).test_client()
    (job,) = uploads.jobs(language=language)
    assert f'<time datetime="{job.at}">{told(job.at, language)}</time>' in page(client, "/upload", language)
