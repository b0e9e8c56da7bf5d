"""The history of a value, and the page on which it stands: complete, in order, only for those who may see it, and
the way back to the field.
"""

import re
from dataclasses import replace
from urllib.parse import quote

import pytest

from bench.review_material import OFTEN, PERSONS, REMARK, contradict, fill
from bench.review_states import eventful
from review_ui.app import create_app
from scanform.model.response import Status
from scanform.model.review import DecisionKind
from scanform.store import leases
from scanform.workflow.project.project import open_project
from scanform.workflow.review.desk import Desk, Submission
from scanform.workflow.review.value_history import page_facts, value_history

BASE = "http://127.0.0.1:8765"


@pytest.fixture
def project(house):
    with open_project(house) as opened:
        yield opened


@pytest.fixture
def http(project):
    return create_app(Desk(project), reviewer="kim", language="en").test_client()


def words(http, path):
    """What a page says, without markup."""
    answer = http.get(path, base_url=BASE)
    assert answer.status_code == 200
    return " ".join(re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True)).split())


def decide(desk, item, kind, to="", **more):
    facts = {
        "uuid": f"{kind}-{to}",
        "item": item.id,
        "version": item.version,
        "basis": "",
        "kind": kind,
        "from_value": item.value,
        "to_value": to,
    } | more
    assert desk.decide([Submission(**facts)], reviewer="ben")[0].result == "saved"


def test_everything_that_happened_in_order(project):
    """Reading, confirmation taken back, putting off, two decisions, and the second reading; what was taken back is
    marked.
    """
    eventful(project)
    item = project.store.decisions()[0].item
    found = value_history(Desk(project), item, language="en")
    told = [(event.kind, event.value, event.who, event.undone) for event in found.events]
    assert told == [
        ("read", "every month", "", False),
        ("confirm", "every month", "ben", True),
        ("undo", "", "ben", False),
        ("postpone", "", "ben", False),
        ("correct", "every week", "carla", False),
        ("illegible", "illegible", "dora", False),
        ("second", "every month", "emil", False),
    ]
    assert (found.value, found.status) == ("illegible", "set by a person")
    assert "not certain whether the box is ticked" in found.events[0].note


def test_a_newer_reading_is_told_from_the_one_that_was_decided(project):
    fill(project, 1, OFTEN)
    desk = Desk(project)
    item = desk.open_items()[0]
    decide(desk, item, DecisionKind.CONFIRM)
    response = project.store.responses()[0]
    anew = tuple(replace(answer, value="s") for answer in response.answers)
    project.store.save_responses([replace(response, answers=anew)], kind="paper", label="anew", at=response.received_at)
    found = value_history(Desk(project), item.id, language="en")
    assert [(event.kind, event.value) for event in found.events] == [("read", "less often"), ("confirm", "every month")]
    assert "read it anew since" in found.events[1].note


def test_contradicting_sources_name_each_other(project, http):
    contradict(project)
    desk = Desk(project)
    item = next(item for item in desk.queue(20) if item.statements and item.column == "often")
    page = words(http, f"/history/{quote(item.id)}")
    assert "A source says: every week Online" in page
    assert "What other sources of this place say" in page
    paper = next(response.id for response in project.store.responses() if response.id != "online-1")
    assert "Online : every week" in words(http, f"/history/{paper}/often").replace("Online:", "Online :")


def test_a_page_has_all_its_values_where_they_lie(project):
    """Each value of the form once, inside the page, over the zones of its question."""
    fill(project, 1, OFTEN, PERSONS, replace(REMARK, status=Status.AUTO, problem=None))
    desk = Desk(project)
    form = project.store.responses()[0].id
    found = page_facts(desk, form, 1, language="en")
    assert [(place.column, place.value, place.status) for place in found.places] == [
        ("often", "every month", Status.REVIEW),
        ("persons", "12", Status.REVIEW),
        ("remark", "Mehr Licht", Status.AUTO),
    ]
    zones = desk.layout(form).pages[0].zones
    for place in found.places:
        assert 0 < place.rect.x < place.rect.right < found.width
        for zone in zones:
            inside = (
                place.rect.x <= zone.rect.x
                and zone.rect.right <= place.rect.right
                and place.rect.y <= zone.rect.y
                and zone.rect.bottom <= place.rect.bottom
            )
            assert inside is (zone.question == place.column)
    assert page_facts(desk, form, 2) is None
    assert page_facts(desk, "nobody", 1) is None


def test_the_pages_are_served(project, http):
    fill(project, 1, OFTEN)
    form = project.store.responses()[0].id
    assert "How often do you come?" in words(http, f"/page/{form}/1?size=3")
    picture = http.get(f"/page/{form}/1.jpg", base_url=BASE)
    assert (picture.mimetype, picture.data[:2], picture.headers["Cache-Control"]) == (
        "image/jpeg",
        b"\xff\xd8",
        "no-store",
    )
    for path in (f"/page/{form}/9", f"/page/{form}/9.jpg", "/page/x/1", "/history/none", "/history/x/y"):
        assert http.get(path, base_url=BASE).status_code == 404


def test_what_people_typed_is_no_markup(project, http):
    fill(project, 1, REMARK)
    desk = Desk(project)
    item = desk.open_items()[0]
    decide(desk, item, DecisionKind.CORRECT, "<script>alert(1)</script>")
    page = http.get(f"/history/{item.id}", base_url=BASE).get_data(as_text=True)
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_a_link_leads_to_exactly_that_field(project):
    """The value asked for comes first; one that somebody else has is not given."""
    fill(project, 4, OFTEN, PERSONS)
    desk = Desk(project)
    wanted = desk.queue(8)[5].id
    assert next(card.id for card in desk.claim(3, reviewer="kim", first=wanted)) == wanted
    assert wanted not in [card.id for card in desk.claim(8, reviewer="lee", first=wanted)]


@pytest.mark.slow
@pytest.mark.browser
def test_from_the_page_to_the_field_by_keyboard(project, watched, servers):
    """From a list of pages to the page, to the value that waits, and back to its history; a value in other hands is
    said to be so.
    """
    from review_ui.server import bind

    fill(project, 3, OFTEN, PERSONS)
    desk = Desk(project)
    wanted = desk.queue(6)[4]
    station = bind(desk, reviewer="kim", port=0, language="en")
    thread = station.start()
    servers.callback(lambda: (station.close(), thread.join()))
    page = watched(f"{station.url}page/{wanted.form}/1", station.url)
    page.locator(f"a[href*='{wanted.column}']", has_text="Review").press("Enter")
    page.wait_for_selector("#item[data-visible]")
    assert page.get_attribute("#item", "data-item") == wanted.id
    page.locator("#to-history").press("Enter")
    page.wait_for_selector(".events li")
    assert "How many people?" in page.inner_text("h1")
    with project.store.writing() as tx:
        leases.release(tx, [wanted.id])
        leases.claim(tx, [wanted.id], "lee", 1)
    page.goto(f"{station.url}?item={wanted.id}")
    page.wait_for_selector("#notice:not([hidden])")
    assert "not free" in page.inner_text("#notice")
    assert page.get_attribute("#item", "data-item") != wanted.id
