"""The screen "Who has answered?": what it counts, who sees names there, what staff say and take back on it."""

import csv
import io
import re
from collections import Counter
from urllib.parse import urlencode

import pytest

from bench.review_states import returned
from scanform.i18n.texts import text
from scanform.model import person as people
from scanform.model.person import Right, Role
from scanform.model.place import OUTSTANDING, Disposition
from scanform.workflow.insight.returns import field_work
from scanform.workflow.printing.dispositions import standings
from scanform.workflow.printing.place_register import register
from tests.e2e.test_accounts import Station

NAME, STREET = "Begegnungstreff Innenstadt-Nordwest 5", "Lange Straße 12 a"


@pytest.fixture
def field(project):
    """A station with accounts over a register of seven places."""
    returned(project)
    return Station(project)


def state(project, place_id):
    return next(one for one in standings(project) if one.place.place_id == place_id)


def test_names_and_addresses_are_for_those_who_may_see_contact_data(field, monkeypatch):
    """Counts, ids and districts for whoever sees the overview; the rest, the list and the form only with that right."""
    found = field.browser(field.person("Stella", Role.STAFF)).get("/returns")
    assert NAME in found.text
    assert STREET in found.text
    monkeypatch.setitem(people.RIGHTS, Role.STAFF, people.RIGHTS[Role.STAFF] - {Right.CONTACT})
    browser = field.browser(field.person("Curt", Role.STAFF))
    page = browser.get("/returns")
    assert page.status_code == 200
    assert "D-5" in page.text
    assert "Innenstadt-Nord" in page.text
    for contact in ("Begegnungstreff", STREET, "44137", "K7M2P9QX", 'method="post" action="/returns', "/returns.csv"):
        assert contact not in page.text
    assert browser.get("/returns.csv").status_code == 403
    before = standings(field.project)
    posted = browser.post("/returns", place="D-5", disposition="refused", reason="x")
    assert posted.status_code == 403
    assert standings(field.project) == before
    for role in (Role.REVIEWER, Role.ADMIN):
        assert field.browser(field.person(f"No {role}", role)).get("/returns").status_code == 403


def test_staff_say_how_far_a_place_got_and_take_it_back(field):
    """Signed with their name; without a reason, a place or a choice nothing is kept; twice sent is one act."""
    browser = field.browser(field.person("Stella", Role.STAFF))
    for wrong in (
        {"place": "D-5", "disposition": "refused", "reason": " "},
        {"place": "D-99", "disposition": "refused", "reason": "x"},
        {"place": "D-5", "disposition": "complete", "reason": "x"},
        {"place": "D-5", "reason": "x"},
    ):
        refused = browser.post("/returns", **wrong)
        assert (refused.status_code, 'role="alert"' in refused.text) == (422, True)
    assert state(field.project, "D-5").act is None
    for _ in range(2):
        said = browser.post("/returns", place="k7m2p9qx5", disposition="ineligible", reason=" closed ", uuid="one")
        assert said.status_code == 303
    act = state(field.project, "D-5").act
    assert (act.reviewer, act.reason, act.disposition) == ("Stella", "closed", Disposition.INELIGIBLE)
    assert field_work(field.project).total.outcomes.base == 6
    assert browser.post("/returns/take-back", place="D-5").status_code == 303
    assert browser.post("/returns/take-back", place="D-5").status_code == 409
    assert state(field.project, "D-5").disposition is Disposition.SENT


def test_filters_choose_what_is_counted_listed_and_saved(field):
    """District, carrier and channel; the counts, the curve, the saved list; rates only where all channels count."""
    browser = field.browser(field.person("Stella", Role.STAFF))

    def shown(query):
        page = browser.get(f"/returns?lang=en&{query}").text
        facts = re.findall(r"<strong>(\d+)</strong> ([^<]+)</span></li>", page)
        curve = page.partition('<table class="rows" role="table" id="curve">')[2].partition("</table>")[0]
        return (
            page,
            {name: int(count) for count, name in facts},
            re.findall(r'class="number" data[^>]*>(\d+)', curve),
        )

    everybody = standings(field.project)
    for kind in ("district", "carrier"):
        for name in {getattr(one.place, kind) for one in everybody}:
            found = [one for one in everybody if getattr(one.place, kind) == name]
            page, facts, curve = shown(urlencode({kind: f"={name}"}))
            assert facts == Counter(text(f"disposition.{one.disposition.value}", "en") for one in found), name
            came = sum(one.answered and one.disposition is not Disposition.INELIGIBLE for one in found)
            assert ([*map(int, curve)] or [0])[-1] == came
            outstanding = {one.place.place_id for one in found if one.disposition in OUTSTANDING}
            assert set(re.findall(r'data-place="([^"]+)"', page)) == outstanding
            saved = browser.get("/returns.csv?" + urlencode({kind: f"={name}"})).data.decode("utf-8-sig")
            assert {row["place_id"] for row in csv.DictReader(io.StringIO(saved))} == outstanding
    channels = Counter(one.channel for one in everybody if one.answered)
    assert channels
    for channel, count in channels.items():
        page, facts, _ = shown(f"channel={channel.value}")
        assert sum(facts.values()) == count
        assert "RR2" not in page
        assert "data-place" not in page
    assert shown("channel=nonsense&district=x")[1] == shown("")[1]
    assert 'id="none"' in shown("district=%3Dnowhere")[0]
    assert "<svg" not in shown("district=%3Dnowhere")[0]


def test_the_curve_tells_what_its_table_tells(field):
    """In both languages: title, description, and the last number of the table."""
    browser = field.browser(field.person("Stella", Role.STAFF))
    answered = sum(one.answered for one in standings(field.project))
    for language, title in (("de", "Antworten im Zeitverlauf"), ("en", "Answers over time")):
        page = browser.get(f"/returns?lang={language}").text
        picture = page[page.index("<svg") : page.index("</svg>")]
        assert f">{title}</title>" in picture
        assert re.search(rf"(auf|to) {answered} (von|of) 7", picture)
        assert "style=" not in picture


def test_the_saved_list_holds_those_who_are_outstanding(field):
    """With token, name and address, for letters: nobody who answered, refused or cannot be reached."""
    browser = field.browser(field.person("Stella", Role.STAFF))
    found = browser.get("/returns.csv?lang=de")
    assert "noch-offen.csv" in found.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(found.data.decode("utf-8-sig"))))
    assert [row["place_id"] for row in rows] == ["D-5", "D-6", "D-7"]
    assert rows[0]["name"] == NAME


@pytest.mark.slow
@pytest.mark.browser
def test_the_screen_in_a_browser(watched, station, project):
    """From the overview to the screen; a refusal is noted by keyboard alone, leaves the outstanding ones, and the
    counts follow.
    """
    returned(project)
    page = watched(f"{station}overview?lang=en", station)
    page.get_by_role("link", name="Who has answered?").press("Enter")
    page.wait_for_selector("main form")
    assert page.get_by_role("heading", name="Outstanding: 3").is_visible()
    district = page.get_by_role("row", name="Innenstadt-Nord")
    assert district.get_by_role("cell").all_inner_texts() == ["4", "2", "0", "0", "50.0%", "50.0%"]
    page.get_by_label("Place id or token").fill(register(project)[5].token)
    page.get_by_label("What is the case").select_option("refused")
    page.get_by_label("Reason", exact=True).fill("on the phone")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Outstanding: 2").wait_for()
    assert page.locator("li[data-place]").evaluate_all("(rows) => rows.map((row) => row.dataset.place)") == [
        "D-5",
        "D-7",
    ]
    page.get_by_role("button", name="Take back: D-6").press("Enter")
    page.get_by_role("heading", name="Outstanding: 3").wait_for()
