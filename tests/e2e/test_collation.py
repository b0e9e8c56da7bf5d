"""Whose pages are these? The screens with real scans, by plain forms and in a browser by mouse and keyboard."""

import re

import pytest

from review_ui.app import create_app
from review_ui.server import bind
from scanform.workflow.dataset.release import ReleaseDesk
from scanform.workflow.intake.read_batch import read_batch
from scanform.workflow.pages.collate import gathering
from scanform.workflow.pages.collation_queue import WaitingCollations
from scanform.workflow.reading.executors import serial
from scanform.workflow.review.desk import Desk
from scanform.workflow.review.double_verification import VerificationDesk

BASE = "http://127.0.0.1:8765"


@pytest.fixture
def project(tiny_survey, tmp_path):
    """Two people's photocopies, fronts first and then the stack turned over; and two forms whose backs have changed
    places.
    """
    stack = [
        tiny_survey.sheet(1, 1, open="no", seed=1),
        tiny_survey.sheet(1, 1, open="yes", floor="1", seed=2),
        tiny_survey.sheet(1, 2, quiet="no", days=["mo"], seed=2),
        tiny_survey.sheet(1, 2, quiet="yes", days=["tu"], seed=1),
    ]
    swapped = [
        tiny_survey.sheet(form, page, open="no", quiet="no", seed=form)
        for form, page in ((3, 1), (4, 2), (4, 1), (3, 2))
    ]
    with tiny_survey.project(tmp_path / "p") as opened:
        read_batch(
            opened,
            [tiny_survey.tiff(tmp_path / "stack.tif", *stack), tiny_survey.tiff(tmp_path / "swapped.tif", *swapped)],
            serial(),
        )
        yield opened


def token(page):
    return re.search(r'name="csrf_token" value="([^"]+)"', page)[1]


def key(page):
    return re.search(r'name="key" value="([^"]+)"', page)[1]


def as_shown(page):
    """What is sent when the arrangement on the screen is right."""
    choices = re.findall(r'<select id="page-\d+" name="(page-\d+)">(.*?)</select>', page, re.S)
    return {name: re.search(r'value="(\d+)" selected', options)[1] for name, options in choices}


@pytest.mark.slow
def test_what_waits_is_counted_and_listed(project, tiny_survey):
    """The overview's number is that of its list, and a release is refused."""
    desk = Desk(project)
    http = create_app(desk, reviewer="kim", language="en").test_client()
    assert WaitingCollations(project).count() == 2
    assert "2</strong> times people have to say whose pages these are" in http.get("/overview", base_url=BASE).get_data(
        as_text=True
    )
    page = http.get("/joining", base_url=BASE).get_data(as_text=True)
    assert page.count("Please look") == 2
    assert tiny_survey.form_ids[0] in page
    assert "two forms at a time have changed backs" in page
    names = {
        obstacle.name: obstacle.count for obstacle in ReleaseDesk(desk, VerificationDesk(desk)).readiness().obstacles
    }
    assert names["joining"] == 2


def test_a_proposal_is_taken_with_one_click(project, tiny_survey):
    """The backs of the stack turned over; then who is the addressee; the act is taken back, and one about another
    state is refused.
    """
    form = tiny_survey.form_ids[0]
    http = create_app(Desk(project), reviewer="kim", language="en").test_client()

    def page():
        return http.get(f"/joining/{form}", base_url=BASE).get_data(as_text=True)

    first = page()
    assert len(re.findall(r'<img src="/doubles/\d+\.jpg"', first)) == 4
    ways = re.findall(r'<li class="page-line"><form.*?</form>', first, re.S)
    turned = next((way for way in ways if "turned over" in way), "")
    where = dict(re.findall(r'name="(page-\d+)" value="(\d+)"', turned)) or as_shown(first)
    sent = {"csrf_token": token(first), "key": key(first), "uuid": "a", "act": "arrange", **where}
    assert http.post(f"/joining/{form}", data=sent, base_url=BASE).status_code == 303
    assert http.post(f"/joining/{form}", data={**sent, "uuid": "b"}, base_url=BASE).status_code == 409
    found = {
        response.id: {answer.question: answer.value for answer in response.answers}
        for response in project.store.responses()
    }
    assert {(one["open"], one["quiet"], one["days"]) for name, one in found.items() if name.startswith(form)} == {
        ("no", "yes", "tu"),
        ("yes", "no", "mo"),
    }
    second = page()
    assert "kim put the pages together." in second
    named = {"csrf_token": token(second), "key": key(second), "uuid": "c", "act": "addressee", "copy": "2"}
    assert http.post(f"/joining/{form}", data=named, base_url=BASE).status_code == 303
    assert {response.token for response in project.store.responses() if response.id.startswith(form)} == {None, "T1"}
    assert (
        http.post(f"/joining/{form}", data={**named, "act": "nonsense", "uuid": "d"}, base_url=BASE).status_code == 400
    )
    for uuid in "ef":
        now = page()
        assert (
            http.post(
                f"/joining/{form}",
                data={"csrf_token": token(now), "key": key(now), "uuid": uuid, "act": "undo"},
                base_url=BASE,
            ).status_code
            == 303
        )
    assert gathering(project, form).waits
    assert http.get("/joining/AAAAA-BBBBBBB-C", base_url=BASE).status_code == 404


@pytest.mark.slow
def test_what_is_said_about_sheets(project, tiny_survey):
    http = create_app(Desk(project), reviewer="kim", language="en").test_client()
    page = http.get("/joining", base_url=BASE).get_data(as_text=True)
    pictures = re.findall(r'<img src="(/doubles/\d+\.jpg)"', page)
    assert len(pictures) == 4
    assert all(http.get(path, base_url=BASE).data[:2] == b"\xff\xd8" for path in pictures)
    sent = {"csrf_token": token(page), "key": key(page), "uuid": "a", "act": "numbers"}
    assert http.post("/joining/sheets", data={**sent, "act": "nonsense"}, base_url=BASE).status_code == 409
    assert http.post("/joining/sheets", data=sent, base_url=BASE).status_code == 303
    assert {
        response.id: response.held
        for response in project.store.responses()
        if not response.id.startswith(tiny_survey.form_ids[0])
    } == dict.fromkeys(tiny_survey.form_ids[2:4], False)
    page = http.get("/joining", base_url=BASE).get_data(as_text=True)
    assert "kim said: the numbers are right." in page
    assert (
        http.post(
            "/joining/sheets", data={**sent, "uuid": "b", "key": key(page), "act": "undo"}, base_url=BASE
        ).status_code
        == 303
    )
    assert WaitingCollations(project).count() == 2


@pytest.mark.slow
def test_pages_are_moved_by_mouse_and_by_keyboard(project, tiny_survey, watched, servers):
    """Dragged into another row, chosen below the picture, shown by a proposal; what is stored is what stands there.
    Nothing breaks the security policy.
    """
    desk = Desk(project)
    station = bind(desk, reviewer="kim", port=0)
    thread = station.start()
    servers.callback(lambda: (station.close(), thread.join(5), desk.close()))
    form = tiny_survey.form_ids[0]
    page = watched(f"{station.url}joining/{form}?lang=en", station.url, viewport={"width": 1366, "height": 2000})
    before = gathering(project, form)
    backs = {one.copy: next(leaf.page_id for leaf in one.leaves if leaf.number == 2) for one in before.respondents}
    page.drag_and_drop(f'.leaf[data-page="{backs[1]}"] img', '.respondent[data-copy="2"] h2')
    assert page.locator(f'.respondent[data-copy="2"] .leaf[data-page="{backs[1]}"]').count() == 1
    page.locator(f"#page-{backs[2]}").focus()
    page.keyboard.press("ArrowUp")
    assert page.locator(f'.respondent[data-copy="1"] .leaf[data-page="{backs[2]}"]').count() == 1
    assert page.evaluate("document.activeElement.id") == f"page-{backs[2]}"
    assert page.locator(".leaf.moved").count() == 2
    page.get_by_role("button", name="It is right like this: save").click()
    page.get_by_text("kim put the pages together.").wait_for()
    after = gathering(project, form)
    assert {one.copy: next(leaf.page_id for leaf in one.leaves if leaf.number == 2) for one in after.respondents} == {
        1: backs[2],
        2: backs[1],
    }
