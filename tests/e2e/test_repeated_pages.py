"""Pages that came in twice, with real scans: what differs is said, people decide which counts, and nothing of it is
lost by another run.
"""

import re

import pytest
from sqlalchemy import text as sql

from review_ui.app import create_app
from scanform.model.page import Fate
from scanform.store.acts.seals import broken_seals
from scanform.store.records import ManualRegistrationKind
from scanform.workflow.dataset.release import ReleaseDesk
from scanform.workflow.insight.status import project_status
from scanform.workflow.intake.read_batch import read_batch
from scanform.workflow.pages.repeated_pages import WaitingRepeats, act_on, doubles
from scanform.workflow.reading.executors import serial
from scanform.workflow.review.desk import Desk
from scanform.workflow.review.double_verification import VerificationDesk

BASE = "http://127.0.0.1:8765"


@pytest.fixture
def folder(tiny_survey, tmp_path):
    """Form 1 twice, the second time with one more cross by the same hand; form 2 twice, filled in differently: a
    photocopy; form 3 twice alike.
    """
    found = tmp_path / "in"
    found.mkdir()
    tiny_survey.jpeg(found / "a1.jpg", 1, 1, open="no", seed=11)
    tiny_survey.jpeg(found / "b1.jpg", 1, 1, open="no", quality=70, seed=11)
    tiny_survey.jpeg(found / "a2.jpg", 2, 1, open="no", seed=21)
    tiny_survey.jpeg(found / "b2.jpg", 2, 1, open="yes", floor="1", seed=99)
    return found


@pytest.fixture
def project(tiny_survey, folder, tmp_path):
    with tiny_survey.project(tmp_path / "p") as opened:
        read_batch(opened, [folder], serial())
        yield opened


def pair_of(project, form):
    return next(pair for pair in doubles(project, language="en") if pair.form == form)


def fates(project):
    with project.store.reading() as tx:
        rows = tx.execute(sql("SELECT f.path, p.fate FROM page p JOIN file f ON f.id = p.file_id"))
        return {path.rpartition("/")[2]: fate for path, fate in rows}


def value(project, form, column):
    """The value as read, None without such a response."""
    found = next((response for response in project.store.responses() if response.id == form), None)
    return None if found is None else next(answer.value for answer in found.answers if answer.column == column)


def act(project, pair, kind, uuid="u"):
    return act_on(project, pair.key, kind, reviewer="sue", uuid=uuid)


def test_what_the_program_takes_them_for(project, tiny_survey):
    first, second = tiny_survey.form_ids[:2]
    assert fates(project) == {"a1.jpg": "read", "b1.jpg": "re-scan", "a2.jpg": "read", "b2.jpg": "copy"}
    same, other = pair_of(project, first), pair_of(project, second)
    assert (same.same_sheet, other.same_sheet) == (True, False)
    assert (same.first.form, same.second.form) == (first, "")
    assert (other.first.form, other.second.form) == (second, f"{second}.2")
    assert same.differences == ()
    assert [(one.first, one.second) for one in other.differences if "open" in one.wording.lower()] == [("No", "Yes")]
    assert WaitingRepeats(project).count() == 0


def test_two_sheets_that_were_taken_for_one(project, tiny_survey):
    """The second becomes a form of its own, with every value; taking that back makes it a scan of the first again."""
    form = tiny_survey.form_ids[0]
    assert value(project, f"{form}.2", "open") is None
    assert act(project, pair_of(project, form), ManualRegistrationKind.OTHER_SHEET)
    assert fates(project)["b1.jpg"] == "copy"
    assert value(project, f"{form}.2", "open") == "no"
    again = pair_of(project, form)
    assert (again.same_sheet, again.seen_by) == (False, "sue")
    assert act(project, again, ManualRegistrationKind.SAME_SHEET, uuid="v")
    assert fates(project)["b1.jpg"] == "re-scan"
    assert value(project, f"{form}.2", "open") is None
    assert project_status(project).sums_agree


def test_one_sheet_that_was_taken_for_two(project, tiny_survey, folder):
    """The photocopy was none: its form goes, the difference waits for somebody, and the later scan can be made to
    count; another run changes nothing.
    """
    form = tiny_survey.form_ids[1]
    counter = WaitingRepeats(project)
    assert counter.count() == 0
    assert act(project, pair_of(project, form), ManualRegistrationKind.SAME_SHEET)
    assert value(project, f"{form}.2", "open") is None
    assert value(project, form, "open") == "no"
    pair = pair_of(project, form)
    assert (pair.same_sheet, bool(pair.differences)) == (True, True)
    assert act(project, pair, ManualRegistrationKind.PREFERRED, uuid="v")
    assert value(project, form, "open") == "yes"
    assert fates(project) == {"a1.jpg": "read", "b1.jpg": "re-scan", "a2.jpg": "re-scan", "b2.jpg": "read"}
    read_batch(project, [folder], serial(), retry=True)
    assert value(project, form, "open") == "yes"
    assert act(project, pair_of(project, form), ManualRegistrationKind.PREFERRED, uuid="w")  # and back
    assert value(project, form, "open") == "no"
    with project.store.reading() as tx:
        assert broken_seals(tx) == []
    assert project_status(project).sums_agree


@pytest.mark.slow
def test_a_difference_waits_until_somebody_has_looked(project, tiny_survey):
    """A sheet that says two things stands in the way of a release and on the overview."""
    form = tiny_survey.form_ids[1]
    act(project, pair_of(project, form), ManualRegistrationKind.SAME_SHEET)
    with project.store.writing() as tx:  # as if nobody had said so
        for table in ("placement", "seal"):
            tx.execute(sql(f"DROP TRIGGER {table}_no_delete"))
            tx.execute(sql(f"DELETE FROM {table}"))
    desk = Desk(project)
    names = {
        obstacle.name: obstacle.count for obstacle in ReleaseDesk(desk, VerificationDesk(desk)).readiness().obstacles
    }
    assert names["doubles"] == WaitingRepeats(project).count() == 1
    http = create_app(desk, reviewer="kim", language="en").test_client()
    assert "1</strong> pages came in twice and say two things" in http.get("/overview", base_url=BASE).get_data(
        as_text=True
    )
    act(project, pair_of(project, form), ManualRegistrationKind.SEEN, uuid="seen")
    assert WaitingRepeats(project).count() == 0


def test_an_act_about_another_state_is_refused(project, tiny_survey):
    """Two people decide about one pair: the second one is told; sending the first again changes nothing."""
    pair = pair_of(project, tiny_survey.form_ids[0])
    assert act(project, pair, ManualRegistrationKind.OTHER_SHEET)
    assert act(project, pair, ManualRegistrationKind.OTHER_SHEET)  # sent again
    assert not act(project, pair, ManualRegistrationKind.PREFERRED, uuid="v")
    assert not act(project, pair, ManualRegistrationKind.SAME_SHEET, uuid="w")
    assert not act_on(project, "nonsense", ManualRegistrationKind.SEEN, reviewer="sue", uuid="x")
    assert fates(project)["b1.jpg"] == Fate.COPY


@pytest.mark.slow
def test_the_screen(project, tiny_survey):
    """Both pictures, what differs, and buttons that work without scripts."""
    http = create_app(Desk(project), reviewer="kim", language="en").test_client()

    def page():
        return http.get("/doubles", base_url=BASE).get_data(as_text=True)

    assert page().count('class="page-line pair"') == 2
    pictures = re.findall(r'src="(/doubles/\d+\.jpg)"', page())
    assert len(pictures) == 4
    assert all(http.get(path, base_url=BASE).data[:2] == b"\xff\xd8" for path in pictures)
    assert http.get("/doubles/999.jpg", base_url=BASE).status_code == 404
    places = re.findall(r'src="(/doubles/\d+/\w+\.jpg)"', page())
    assert len(places) == 2 * sum(len(pair.differences) for pair in doubles(project)) > 0
    cut = [http.get(path, base_url=BASE).data for path in places]
    assert all(data[:2] == b"\xff\xd8" for data in cut)
    assert len({*cut}) == len(cut)
    assert http.get(re.sub(r"/\w+\.jpg", "/nothing.jpg", places[0]), base_url=BASE).status_code == 404
    token = re.search(r'name="csrf_token" value="([^"]+)"', page())[1]
    key = pair_of(project, tiny_survey.form_ids[0]).key
    facts = {"csrf_token": token, "key": key, "uuid": "k", "act": "other-sheet"}
    assert http.post("/doubles", data=facts, base_url=BASE).status_code == 303
    assert "kim has looked at it" in page()
    assert http.post("/doubles", data={**facts, "uuid": "l"}, base_url=BASE).status_code == 409
    assert http.post("/doubles", data={**facts, "act": "placed"}, base_url=BASE).status_code == 400
