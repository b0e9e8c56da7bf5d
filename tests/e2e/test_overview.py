"""The first screen: numbers that are the ledger's, each with its list, kept fresh in real Chromium."""

import re
from collections import Counter

import pytest
from sqlalchemy import text

from bench.review_material import OFTEN, fill
from bench.waiting import until_page
from review_ui.app import create_app
from review_ui.screens.overview import LISTED
from review_ui.server import bind
from scanform.model.page import Fate
from scanform.model.problem import Problem
from scanform.model.review import DecisionKind
from scanform.page_result import PageResult
from scanform.store import ledger
from scanform.store.records import NewFile
from scanform.workflow.project.project import open_project
from scanform.workflow.review.desk import Desk, Submission
from scanform.workflow.settling.assign_fates import record_page
from scanform.workflow.settling.withdraw import withdraw

BASE = "http://127.0.0.1:8765"
AT = "2026-01-01T10:00:00Z"
FATES = (Fate.READ, Fate.READ, Fate.REVIEW, Fate.DAMAGED, Fate.BLANK, None)


@pytest.fixture
def project(house):
    with open_project(house) as opened:
        yield opened


def hand_in(project, label, fates, *, problem="unreadable-page"):
    """A batch with one file of as many pages as there are fates."""
    with project.store.writing() as tx:
        batch = ledger.add_batch(tx, kind="paper", label=label, at=AT)
        sha256 = f"{label.encode().hex():0>64}"[-64:]
        file = NewFile(
            path=f"{label}.pdf",
            location=f"/in/{label}.pdf",
            sha256=sha256,
            size=1,
            kind="pdf",
            pages=len(fates),
            archived="",
            problems=(),
        )
        ledger.add_file(tx, batch, file)
        for page in ledger.pages_of(tx, [ledger.known_key(file.location, sha256)]):
            fate = fates[page.ref.index]
            if fate is not None:
                problems = (Problem(slug=problem, where="page"),) if fate is Fate.DAMAGED else ()
                record_page(project, tx, page, PageResult(ref=page.ref, outcome=fate, problems=problems), at=AT)
    return batch


def links(page):
    """(batch, fate) -> number, as the page shows them."""
    found = re.findall(r'href="/overview/pages\?batch=(\d+)&amp;fate=([a-z-]+)&amp;lang=\w+"[^>]*>(\d+)</a>', page)
    return {(int(batch), fate): int(number) for batch, fate, number in found}


def test_numbers_are_those_of_the_ledger(project):
    """Counted by plain SQL; pages that wait are counted, too, and withdrawn batches stay visible."""
    first, second = hand_in(project, "Süd", FATES), hand_in(project, "Nord", (Fate.READ,) * 5)
    withdraw(project, second)
    client = create_app(Desk(project), reviewer="t").test_client()
    page = client.get("/overview?lang=de", base_url=BASE).get_data(as_text=True)
    with project.store.reading() as tx:
        rows = tx.execute(text("SELECT f.batch_id, p.fate FROM page p JOIN file f ON f.id = p.file_id")).all()
    counted = Counter((batch, fate or "waiting") for batch, fate in rows)
    assert links(page) == dict(counted)
    assert counted[first, "waiting"] == 1
    assert "zurückgezogen" in page
    assert "Süd" in page


def test_every_number_leads_to_a_list_of_that_length(project):
    """With file and page, what is wrong and what helps; names are shown as text, whatever they are."""
    for number in range(2):
        hand_in(project, f"{number} <b>Süd & Co</b>", FATES)
    client = create_app(Desk(project), reviewer="t").test_client()
    shown = links(client.get("/overview?lang=en", base_url=BASE).get_data(as_text=True))
    assert len({fate for _, fate in shown}) == 5
    assert len(shown) == 10
    for (batch, fate), number in shown.items():
        page = client.get(f"/overview/pages?batch={batch}&fate={fate}&lang=en", base_url=BASE).get_data(as_text=True)
        assert page.count('class="page-line"') == number
        assert page.count("&lt;b&gt;Süd &amp; Co&lt;/b&gt;.pdf") == number
        assert "<b>" not in page
        assert ("cannot be" in page or "could not" in page) == (fate == "damaged")


def test_long_lists_are_cut_and_go_on(project):
    """Each page once."""
    batch = hand_in(project, "viel", (Fate.BLANK,) * (LISTED + 30))
    client = create_app(Desk(project), reviewer="t").test_client()
    first = client.get(f"/overview/pages?batch={batch}&fate=blank", base_url=BASE).get_data(as_text=True)
    after = re.search(r"after=(\d+)", first)
    second = client.get(f"/overview/pages?batch={batch}&fate=blank&after={after[1]}", base_url=BASE).get_data(
        as_text=True
    )
    numbers = [re.findall(r"</strong> Seite (\d+)", page) for page in (first, second)]
    assert [len(part) for part in numbers] == [LISTED, 30]
    assert [int(number) for part in numbers for number in part] == list(range(1, LISTED + 31))
    assert "after=" not in second


@pytest.mark.parametrize("query", ["batch=99&fate=blank", "batch=1&fate=nonsense", "fate=blank", ""])
def test_unknown_lists_are_404(project, query):
    hand_in(project, "a", (Fate.BLANK,))
    assert (
        create_app(Desk(project), reviewer="t").test_client().get(f"/overview/pages?{query}", base_url=BASE).status_code
        == 404
    )


def test_nothing_new_is_said_in_a_word(project):
    """What the browser has already is not sent again; anything new is."""
    hand_in(project, "a", (Fate.BLANK,))
    client = create_app(Desk(project), reviewer="t").test_client()
    etag = client.get("/overview", base_url=BASE).headers["ETag"]
    again = client.get("/overview", base_url=BASE, headers={"If-None-Match": etag})
    assert (again.status_code, again.data) == (304, b"")
    hand_in(project, "b", (Fate.BLANK,))
    assert client.get("/overview", base_url=BASE, headers={"If-None-Match": etag}).status_code == 200


@pytest.mark.slow
@pytest.mark.parametrize("width", [320, 1366])
def test_the_screen_stays_fresh_and_keeps_the_focus(project, watched, servers, width):
    """A batch that comes in appears by itself; who stands on a link stays there; nothing but the table scrolls
    sideways.
    """
    hand_in(project, "Süd", FATES)
    fill(project, 3, OFTEN)
    desk = Desk(project)
    station = bind(desk, reviewer="t", port=0)
    thread = station.start()
    servers.callback(lambda: (station.close(), thread.join(), desk.close()))
    page = watched(f"{station.url}overview?lang=de", station.url, viewport={"width": width, "height": 700})
    assert page.inner_text(".fact strong") == "3"
    page.focus("a.urgent")
    href = page.evaluate("document.activeElement.getAttribute('href')")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    hand_in(project, "Neu", (Fate.READ,))
    until_page(page, "document.querySelector('table').innerText.includes('Neu')")
    assert page.evaluate("document.activeElement.getAttribute('href')") == href
    page.keyboard.press("Enter")
    page.wait_for_selector(".page-line")
    assert page.title().endswith("scanform")


@pytest.mark.parametrize(
    ("language", "words"),
    [("de", ("einzeln: 2,0 s", "1,5 s je angesehenem Bogen")), ("en", ("one by one: 2.0 s", "1.5 s for each form"))],
)
def test_the_station_knows_its_own_speed(project, language, words):
    """Medians by screen, and what a form costs; before anybody has decided anything, nothing is said."""
    fill(project, 4, OFTEN)
    desk = Desk(project)
    client = create_app(desk, reviewer="t").test_client()
    assert words[0] not in client.get(f"/overview?lang={language}", base_url=BASE).get_data(as_text=True)
    for number, item in enumerate(desk.open_items()):
        took = {"screen": "field", "ms": 2000} if number < 3 else {}
        kind = DecisionKind.CONFIRM
        desk.decide(
            [
                Submission(
                    uuid=f"u{number}",
                    item=item.id,
                    version=item.version,
                    basis="",
                    kind=kind,
                    from_value=item.value,
                    to_value="",
                    **took,
                )
            ],
            reviewer="t",
        )
    page = client.get(f"/overview?lang={language}", base_url=BASE).get_data(as_text=True)
    assert all(word in page for word in words)
