"""The review station end to end: real store, real pages, real server, real Chromium."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from bench.review_material import OFTEN, PERSONS, PX_PER_MM, REMARK, SINCE, WHY, Waiting, contradict, fill
from bench.waiting import PATIENCE_MS, until_page
from review_ui.app import create_app
from review_ui.server import bind
from scanform.model.geometry import RectMm, bounding_box
from scanform.model.response import Missing, Status
from scanform.model.review import DecisionKind
from scanform.store.leases import release
from scanform.web.hardening import HEADERS
from scanform.workflow.dataset.merge_responses import records
from scanform.workflow.project.project import Project, open_project
from scanform.workflow.review.desk import Desk, Submission, effective_responses
from tests.programs import started

if TYPE_CHECKING:
    from playwright.sync_api import Page

# --- a project with scanned forms ------------------------------------------------------------------------------------


@pytest.fixture
def folder(house: Path) -> Path:
    return Path(house)


@pytest.fixture
def project(folder: Path) -> Iterator[Project]:
    with open_project(folder) as opened:
        yield opened


# --- HTTP ------------------------------------------------------------------------------------------------------------


class Client:
    """A well-behaved browser: own host, own origin, CSRF token."""

    def __init__(self, project: Project) -> None:
        self.desk = Desk(project)
        self.http = create_app(self.desk, reviewer="tester", language="en").test_client()
        self.csrf = ""
        self.csrf = self.get("/api/session").get_json()["csrf"]

    def get(self, path: str, **headers: str):
        return self.http.get(path, base_url="http://127.0.0.1:8765", headers=headers, buffered=True)

    def post(self, path: str, body: object, **headers: str):
        return self.http.post(
            path, json=body, base_url="http://127.0.0.1:8765", headers={"X-CSRFToken": self.csrf, **headers}
        )

    def cards(self) -> list[dict]:
        return self.post("/api/claim", {"shown": [], "limit": 60}).get_json()["cards"]

    def decision(self, card: dict, kind: str = "confirm", to: str = "", **other: object) -> dict:
        base = {
            "uuid": f"id-{time.monotonic_ns()}",
            "item": card["id"],
            "version": card["version"],
            "basis": card["basis"],
            "kind": kind,
        }
        return {**base, "from": card["value"], "to": to, "undoes": None, **other}


@pytest.fixture
def client(project: Project) -> Client:
    fill(project, 2, OFTEN, SINCE)
    return Client(project)


def test_changes_need_the_csrf_token(client: Client, project: Project) -> None:
    """Without the token, or with a wrong one, nothing is decided."""
    body = {"decisions": [client.decision(client.cards()[0])]}
    for headers in ({"X-CSRFToken": ""}, {"X-CSRFToken": "wrong"}):
        for path in ("/api/decisions", "/api/undo", "/api/check"):
            assert client.post(path, body, **headers).status_code == 403
    assert project.store.decisions() == []
    assert client.post("/api/decisions", body).get_json()["outcomes"][0]["result"] == "saved"


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8765", "127.0.0.1.evil.example", "192.168.1.5:8765", ""]
)
def test_foreign_host_names_are_refused(client: Client, host: str) -> None:
    """A foreign name that points to this computer (DNS rebinding) reads nothing."""
    for path in ("/", "/api/session", "/static/screens/field.js"):
        assert client.get(path, Host=host).status_code == 400


@pytest.mark.parametrize("host", ["127.0.0.1:8765", "localhost:8765", "localhost", "[::1]:8765"])
def test_own_host_names_are_answered(client: Client, host: str) -> None:
    """All names of this computer itself work."""
    assert client.get("/api/session", Host=host).status_code == 200


def test_other_sites_cannot_ask(client: Client, project: Project) -> None:
    """What a foreign page asks for in the background is refused, pictures included; a link to the station works."""
    card = client.cards()[0]
    for site in ("cross-site", "same-site"):
        assert client.get(card["crop_url"], **{"Sec-Fetch-Site": site}).status_code == 403
        assert (
            client.post(
                "/api/decisions", {"decisions": [client.decision(card)]}, **{"Sec-Fetch-Site": site}
            ).status_code
            == 403
        )
    assert client.get("/", **{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}).status_code == 200
    assert project.store.decisions() == []


def test_get_never_changes_anything(client: Client, project: Project) -> None:
    """Every address can be visited without a trace; changing ones refuse GET."""
    before = project.store.responses(), project.store.all_versions()
    card = client.cards()[0]
    for path in ("/", "/?lang=de", "/api/session", f"/api/items/{card['id']}", card["crop_url"], card["context_url"]):
        assert client.get(path).status_code == 200
    for path in ("/api/decisions", "/api/undo", "/api/check"):
        assert client.get(path).status_code == 405
    assert (project.store.responses(), project.store.all_versions()) == before
    assert project.store.decisions() == []


def test_unknown_things_are_404(client: Client) -> None:
    """Items, crops and files that do not exist are not found, and say nothing more."""
    for path in (
        "/api/items/none/often",
        "/crops/none/often",
        "/crops/..%2f..%2fetc/passwd",
        "/static/../app.py",
        "/nothing",
    ):
        response = client.get(path)
        assert response.status_code == 404
        assert "Traceback" not in response.get_data(as_text=True)
    assert client.post("/api/check", {"item": "none/often", "text": "x"}).status_code == 404


def test_every_answer_carries_the_security_headers(client: Client) -> None:
    """Pages, data, pictures, scripts and errors alike."""
    answers = [
        client.get(path)
        for path in ("/", "/api/session", "/static/screens/field.js", "/nothing", client.cards()[0]["crop_url"])
    ]
    refused = [client.get("/", Host="evil"), client.post("/api/undo", {}, **{"X-CSRFToken": ""})]
    for response in answers + refused:
        assert {name: response.headers[name] for name in HEADERS} == HEADERS
    assert "unsafe" not in HEADERS["Content-Security-Policy"]
    cookie = client.http.get("/api/session", base_url="http://127.0.0.1:8765").headers.get(
        "Set-Cookie", "HttpOnly; SameSite=Strict"
    )
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        {"decisions": "x"},
        {"decisions": [1]},
        {"decisions": [{}]},
        {"decisions": [{"uuid": "a", "item": "b", "version": "1"}]},
    ],
)
def test_malformed_requests_are_400(client: Client, body: object) -> None:
    """What no station of ours sends is refused."""
    assert client.post("/api/decisions", body).status_code == 400


def test_an_unknown_kind_of_decision_is_400(client: Client) -> None:
    """Only the kinds of the model exist."""
    assert (
        client.post("/api/decisions", {"decisions": [client.decision(client.cards()[0], "delete")]}).status_code == 400
    )


def test_an_outdated_version_is_a_conflict_with_the_present_state(client: Client, project: Project) -> None:
    """A decision on an old reading is answered with the new one, and not stored."""
    card = client.cards()[0]
    body = {"decisions": [client.decision(card, "correct", "s", version=0)]}
    outcome = client.post("/api/decisions", body).get_json()["outcomes"][0]
    assert (outcome["result"], outcome["card"]["id"], outcome["card"]["version"]) == ("conflict", card["id"], 1)
    assert "less often" in outcome["message"] or "s" in outcome["message"]
    assert project.store.decisions() == []


def test_sending_twice_counts_once(client: Client, project: Project) -> None:
    """A repeated request is acknowledged and stores nothing."""
    body = {"decisions": [client.decision(client.cards()[0])]}
    answers = [client.post("/api/decisions", body).get_json() for _ in range(3)]
    assert [a["outcomes"][0]["result"] for a in answers] == ["saved"] * 3
    assert answers[-1]["counts"] == {"open": 3, "postponed": 0, "settled": 1, "total": 4}
    assert len(project.store.decisions()) == 1


def test_typed_dates_are_checked_and_stored_as_iso(client: Client, project: Project) -> None:
    """A wrong date comes back with words, a right one is stored in canonical form."""
    card = next(card for card in client.cards() if card["column"] == "since")
    assert client.post("/api/check", {"item": card["id"], "text": "31.2.2024"}).get_json()["ok"] is False
    assert client.post("/api/check", {"item": card["id"], "text": "1.5.2024"}).get_json() == {"ok": True, "message": ""}
    wrong = client.post("/api/decisions", {"decisions": [client.decision(card, "correct", "31.2.2024")]}).get_json()[
        "outcomes"
    ][0]
    assert wrong["result"] == "invalid"
    assert wrong["message"]
    client.post("/api/decisions", {"decisions": [client.decision(card, "correct", "1.5.2024")]})
    assert [(d.to_value, d.reviewer) for d in project.store.decisions()] == [("2024-05-01", "tester")]


def test_crops_are_upright_and_cover_the_whole_question(client: Client, project: Project) -> None:
    """The crop of a page scanned on its side shows the question as printed, boxes, labels and strokes; the page
    shows a frame.
    """
    layout = next(iter(project.layouts.values()))
    card = client.cards()[0]
    data = client.get(card["crop_url"]).get_data()
    assert data == client.desk.crop(card["id"])
    crop = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
    zones = bounding_box([zone.rect for zone in layout.pages[0].zones if zone.question == "often"])
    assert crop.shape[1] / card["crop_px_per_mm"] >= zones.w
    assert crop.shape[0] / card["crop_px_per_mm"] >= zones.h
    blank = cv2.imread(str(project.layouts_folder / layout.digest / layout.pages[0].blank), cv2.IMREAD_GRAYSCALE)
    small = cv2.resize(
        blank,
        None,
        fx=card["crop_px_per_mm"] / PX_PER_MM,
        fy=card["crop_px_per_mm"] / PX_PER_MM,
        interpolation=cv2.INTER_AREA,
    )
    match = cv2.matchTemplate(small, crop, cv2.TM_CCOEFF_NORMED)
    _, best, _, (x, y) = cv2.minMaxLoc(match)
    assert best > 0.8
    found = RectMm(
        x=x / card["crop_px_per_mm"], y=y / card["crop_px_per_mm"], w=crop.shape[1] / 10, h=crop.shape[0] / 10
    )
    assert found.x <= zones.x
    assert found.right >= zones.right
    whole = cv2.imdecode(np.frombuffer(client.get(card["context_url"]).get_data(), np.uint8), cv2.IMREAD_COLOR)
    assert whole.shape[0] > whole.shape[1]
    assert ((whole[..., 0].astype(int) - whole[..., 2]) > 80).any()  # the blue frame


def test_a_restarted_program_accepts_a_fresh_token_only(client: Client, project: Project) -> None:
    """The token of an earlier run is refused with 403, the sign for the page to fetch a new one."""
    old, client_after = client.csrf, Client(project)
    assert client_after.post("/api/undo", {}, **{"X-CSRFToken": old}).status_code == 403
    assert client_after.post("/api/undo", {}).status_code == 200


def test_undo_over_http_reopens_the_latest(client: Client) -> None:
    """Without anything in this visit, undo goes back to the visit before."""
    card = client.cards()[0]
    client.post("/api/decisions", {"decisions": [client.decision(card, "illegible")]})
    assert client.post("/api/undo", {}).get_json()["card"]["id"] == card["id"]
    assert client.post("/api/undo", {}).get_json()["card"] is None


# --- the browser -----------------------------------------------------------------------------------------------------


@dataclass
class Screen:
    """A page of the station in Chromium, and what went wrong in it."""

    page: "Page"
    url: str
    trouble: list[str]

    def visible(self) -> str:
        """Waits until the present field has been painted; returns its item."""
        self.until(PAINTED)
        self.page.wait_for_timeout(160)  # the guard against blind confirmation
        return str(self.page.locator("#item").get_attribute("data-item"))

    def prefetched(self, pictures: int) -> None:
        """Waits until that many pictures have been fetched and decoded: on a busy machine that takes its time."""
        self.until(f"decoded >= {pictures}")

    def until(self, script: str) -> None:
        """Waits until `script` is true in the page (its security policy forbids what Playwright has for this)."""
        until_page(self.page, script)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            self.page.wait_for_timeout(50)

    def saved(self) -> None:
        """Waits until the program has acknowledged everything."""
        self.page.wait_for_selector("#saved[data-pending='0']")


PAINTED = """() => {
  const item = document.getElementById('item');
  return !item.hidden && item.dataset.visible !== undefined && item.dataset.item === item.dataset.visible;
}"""

COUNT_DECODED = """
window.decoded = 0;
const decode = HTMLImageElement.prototype.decode;
HTMLImageElement.prototype.decode = function () { return decode.call(this).then(() => { decoded += 1; }); };
"""


@pytest.fixture
def open_screen(chromium, project: Project):
    """Opens a station over the project; afterwards no CSP violation, no script error and no foreign request has
    happened.
    """
    desk = Desk(project)
    station = bind(desk, reviewer="tester", port=0)
    thread = station.start()
    contexts, screens = [], []

    def opened(
        *, language: str = "de", latency_ms: int = 0, script: str = "", url: str = station.url, **options: object
    ) -> Screen:
        context = chromium.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})
        contexts.append(context)
        screen = watch(context.new_page(), url)
        screens.append(screen)
        screen.page.add_init_script(script)
        if latency_ms:
            slow = {"offline": False, "latency": latency_ms, "downloadThroughput": -1, "uploadThroughput": -1}
            context.new_cdp_session(screen.page).send("Network.emulateNetworkConditions", slow)
        screen.page.goto(f"{url}?lang={language}")
        return screen

    yield opened
    found = [line for screen in screens for line in screen.trouble]
    for context in contexts:
        context.close()
    station.close()
    thread.join()
    desk.close()
    assert found == []


def watch(page, url: str) -> Screen:
    trouble: list[str] = []
    page.set_default_timeout(PATIENCE_MS)
    page.add_init_script(COUNT_DECODED)
    page.add_init_script(
        "addEventListener('securitypolicyviolation', (event) => console.error('CSP ' + event.violatedDirective + ' ' + "
        "event.blockedURI))"
    )
    page.on(
        "console",
        lambda message: (
            trouble.append(message.text) if message.type == "error" and "ERR_CONNECTION" not in message.text else None
        ),
    )
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on(
        "request", lambda request: None if request.url.startswith(url) else trouble.append(f"foreign: {request.url}")
    )
    return Screen(page=page, url=url, trouble=trouble)


def stored(project: Project) -> list[tuple[str, str]]:
    return [(decision.kind.value, decision.to_value) for decision in project.store.decisions()]


SLOW_FRAMES = "window.requestAnimationFrame = (draw) => setTimeout(() => draw(performance.now()), 150);"
"""Frames as they come on a computer that is busy with something else: each one later than the next key."""


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("script", ["", SLOW_FRAMES], ids=["usual frames", "slow frames"])
def test_forty_enters_at_120_ms_are_forty_decisions(open_screen, project: Project, script: str) -> None:
    """With 150 ms to the server and a key every 120 ms no decision is lost and none is made twice, also where the
    computer is busy.
    """
    fill(project, 45, OFTEN)
    screen = open_screen(latency_ms=150, script=script)
    screen.visible()
    screen.prefetched(40)
    for _ in range(40):  # keys that came late are not made up for: two within 40 ms are one worn-out key
        screen.page.keyboard.press("Enter")
        screen.page.wait_for_timeout(120)
    screen.page.wait_for_selector("#progress-text:text('40 von 45')")
    screen.saved()
    decisions = project.store.decisions()
    assert len(decisions) == 40
    assert len({decision.item for decision in decisions}) == 40
    assert {decision.kind for decision in decisions} == {DecisionKind.CONFIRM}


@pytest.mark.browser
def test_enter_before_anything_was_seen_is_ignored(open_screen, project: Project) -> None:
    """Enters that fall on a field that has only just appeared confirm nothing, and the page says so."""
    fill(project, 3, OFTEN, WHY)
    screen = open_screen(script=HASTY)
    screen.visible()
    assert screen.page.evaluate("pressed") == 2
    assert "schnell" in screen.page.locator("#hurry").inner_text()
    assert stored(project) == []
    screen.press("Enter")
    screen.saved()
    assert len(stored(project)) == 1


@pytest.mark.slow
@pytest.mark.browser
def test_a_held_down_enter_confirms_once(open_screen, project: Project) -> None:
    """Automatic repetition of a key is not a decision."""
    fill(project, 5, OFTEN)
    screen = open_screen()
    screen.visible()
    for _ in range(6):
        screen.page.keyboard.down("Enter")
    screen.page.keyboard.up("Enter")
    screen.saved()
    assert len(stored(project)) == 1


@pytest.mark.slow
@pytest.mark.browser
def test_digits_and_letters_decide(open_screen, project: Project) -> None:
    """One key per decision: digits, 0, X, M, Space; the proposed value by its digit is a confirmation."""
    fill(project, 7, OFTEN)
    screen = open_screen()
    for key in ("1", "2", "0", "x", "m", " "):
        screen.visible()
        screen.press(key)
    screen.saved()
    assert stored(project) == [
        ("correct", "w"),
        ("confirm", "m"),
        ("no-answer", ""),
        ("illegible", ""),
        ("inadmissible", ""),
        ("postpone", ""),
    ]
    answers = [response.answer("often") for response in effective_responses(project)]
    assert [a and a.missing for a in answers[2:5]] == [Missing.NO_ANSWER, Missing.ILLEGIBLE, Missing.MULTIPLE_MARKS]
    assert "5 von 7" in screen.page.locator("#progress-text").inner_text()
    screen.press("Enter")
    assert "zurückgestellt" in screen.page.locator("#put-off").inner_text()


@pytest.mark.slow
@pytest.mark.browser
def test_two_marks_need_a_choice(open_screen, project: Project) -> None:
    """Enter settles nothing that the machine does not propose; the page says which keys do."""
    fill(project, 2, Waiting(column="often", value="m", problem="two-marks", candidates=("m", "s")))
    screen = open_screen()
    screen.visible()
    assert screen.page.locator("#choices [aria-pressed=true]").count() == 0
    assert screen.page.locator("#confirm").get_attribute("aria-disabled") == "true"
    screen.press("Enter")
    assert "Ziffer" in screen.page.locator("#error").inner_text()
    screen.press("3", "m")
    screen.saved()
    assert stored(project) == [("correct", "s"), ("inadmissible", "")]


@pytest.mark.slow
@pytest.mark.browser
def test_contradictions_take_one_key_and_nothing_is_chosen_beforehand(open_screen, project: Project) -> None:
    """Both values with their channels beside the paper: a digit, or Alt+1 and Alt+2, settles it with one of them;
    Enter alone settles nothing; Z takes back.
    """
    contradict(project)
    screen = open_screen()
    assert screen.visible().endswith("/often")
    assert screen.page.locator("#pane img").count() == 1
    assert screen.page.locator("#reading").inner_text() == "Papier: jeden Monat · Online: jede Woche"
    assert "widersprechen" in screen.page.locator("#reason").inner_text()
    assert screen.page.locator("#choices .said").all_inner_texts() == ["Online", "Papier"]
    assert screen.page.locator("[aria-pressed=true]").count() == 0
    screen.press("Enter")
    assert "welche Angabe" in screen.page.locator("#error").inner_text()
    screen.press("1", "z")
    assert screen.visible().endswith("/often")
    screen.press("Alt+1")
    assert screen.visible().endswith("/why")
    screen.press("Alt+1")
    assert screen.visible().endswith("/since")
    assert screen.page.locator("#text").input_value() == ""
    screen.press("Enter")
    assert "welche Angabe" in screen.page.locator("#error").inner_text()
    screen.press("Alt+2")
    assert screen.visible().endswith("/remark")
    screen.press("Escape", " ")
    screen.saved()
    assert [kind for kind, _ in stored(project)] == ["correct", "undo", "correct", "correct", "correct", "postpone"]
    (record,) = records(project)
    assert {answer.column: answer.value for answer in record.response.answers} == {
        "often": "m",
        "why": "cafe class",
        "since": "2024-04-07",
        "remark": "",
    }
    assert "3 von 4" in screen.page.locator("#progress-text").inner_text()


@pytest.mark.slow
@pytest.mark.browser
def test_a_third_answer_to_a_contradiction_is_asked_about(open_screen, project: Project) -> None:
    """What no source says, a choice, several, a text or none at all, is stored only when the same key is pressed
    once more; another key asks anew.
    """
    contradict(project)
    screen = open_screen(language="en")
    assert screen.visible().endswith("/often")
    screen.press("3")
    assert "less often" in screen.page.locator("#error").inner_text()
    screen.press("x")
    assert "Illegible" in screen.page.locator("#error").inner_text()
    assert stored(project) == []
    screen.press("3")
    screen.page.wait_for_timeout(160)
    screen.press("3")
    assert screen.visible().endswith("/why")
    screen.press("4", "Enter")
    assert "no reason" in screen.page.locator("#error").inner_text()
    screen.page.wait_for_timeout(160)
    screen.press("Enter")
    assert screen.visible().endswith("/since")
    screen.page.keyboard.type("1.5.2024")
    screen.press("Enter")
    assert "1.5.2024" in screen.page.locator("#ask").inner_text()
    screen.page.wait_for_timeout(160)
    screen.press("Enter")
    assert screen.visible().endswith("/remark")
    screen.press("Alt+0")
    screen.page.wait_for_timeout(160)
    screen.press("Alt+0")
    screen.saved()
    assert stored(project) == [("correct", "s"), ("correct", "none"), ("correct", "2024-05-01"), ("no-answer", "")]


@pytest.mark.slow
@pytest.mark.browser
def test_multiple_choice_toggles_and_enter_ends(open_screen, project: Project) -> None:
    """Digits switch, an exclusive answer clears the others, Enter stores codes in the order of the form."""
    fill(project, 2, WHY)
    screen = open_screen()
    screen.visible()
    screen.press("1", "3", "Enter")
    screen.visible()
    screen.press("4", "Enter")
    screen.saved()
    assert stored(project) == [("correct", "class else"), ("correct", "none")]


@pytest.mark.slow
@pytest.mark.browser
def test_z_takes_back_as_often_as_wanted(open_screen, project: Project) -> None:
    """Twelve decisions, twelve undos: seven in this visit, five after a reload of the page."""
    fill(project, 12, OFTEN)
    screen = open_screen()
    screen.visible()
    for _ in range(12):
        screen.press("1")
    screen.page.wait_for_selector("#panel-undo:not([hidden])")
    for _ in range(7):
        screen.press("z")
    screen.saved()
    screen.page.reload()
    screen.visible()
    for left in range(4, -1, -1):
        screen.press("z")
        screen.page.wait_for_selector(f"#progress-text:text('{left} von 12')")
    assert {response.answer("often").status for response in effective_responses(project)} == {Status.REVIEW}  # type: ignore[union-attr]
    assert len(stored(project)) == 24


@pytest.mark.slow
@pytest.mark.browser
def test_text_is_typed_checked_and_left_with_escape(open_screen, project: Project) -> None:
    """Letters go into the text; a wrong date is refused at the field; Escape makes letters keys again; Alt+1 takes a
    suggestion.
    """
    fill(project, 3, SINCE)
    screen = open_screen()
    screen.visible()
    assert screen.page.evaluate("document.activeElement.id") == "text"
    assert screen.page.evaluate("document.activeElement.inputMode") == "decimal"
    screen.page.keyboard.type("31.2.2024")
    screen.page.locator("#error:not([hidden])").wait_for()
    assert screen.page.locator("#text").get_attribute("aria-invalid") == "true"
    screen.press("Enter")
    assert stored(project) == []
    screen.page.locator("#text").fill("2.5.2024")
    screen.page.locator("#error[hidden]").wait_for(state="attached")
    screen.press("Enter")
    screen.visible()
    screen.press("Alt+1")
    assert screen.page.locator("#text").input_value() == "07.04.2024"
    screen.press("Enter")
    screen.visible()
    screen.press("Escape", "x")
    screen.saved()
    assert stored(project) == [("correct", "2024-05-02"), ("correct", "2024-04-07"), ("illegible", "")]


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize(
    ("language", "read", "typed", "other"),
    [("de", "01.04.2024", "01.04.2024", "07.04.2024"), ("en", "1 Apr 2024", "01/04/2024", "07/04/2024")],
)
def test_days_stand_as_the_reader_writes_them(
    open_screen, project: Project, language: str, read: str, typed: str, other: str
) -> None:
    """Beside the picture, in the text field and on the suggestions; untouched, typed again or taken back it is the
    stored day, and Enter says yes to it.
    """
    fill(project, 3, SINCE)
    screen = open_screen(language=language)
    field = screen.page.locator("#text")
    screen.visible()
    assert (screen.page.locator("#reading").inner_text(), field.input_value()) == (read, typed)
    assert screen.page.locator("#typing .choice-text").all_inner_texts() == [other]
    screen.press("Enter")
    screen.visible()
    screen.press("Alt+z")
    screen.visible()
    assert field.input_value() == typed
    screen.press("Enter")
    screen.visible()
    field.fill("x")
    field.fill(typed)
    screen.press("Enter")
    screen.visible()
    screen.press("Alt+1")
    assert field.input_value() == other
    screen.press("Enter")
    screen.saved()
    assert stored(project) == [
        ("confirm", "2024-04-01"),
        ("undo", ""),
        ("confirm", "2024-04-01"),
        ("confirm", "2024-04-01"),
        ("correct", "2024-04-07"),
    ]


@pytest.mark.slow
@pytest.mark.browser
def test_a_day_typed_as_a_source_says_it_is_no_third_answer(open_screen, project: Project) -> None:
    """The sides of a contradiction stand in the reader's words, and typing what one of them says settles it without
    a question.
    """
    contradict(project)
    screen = open_screen()
    while not screen.visible().endswith("/since"):
        screen.press("Alt+1")
    assert screen.page.locator("#reading").inner_text() == "Papier: 01.04.2024 · Online: 07.04.2024"
    screen.page.locator("#text").fill("07.04.2024")
    screen.press("Enter")
    assert screen.visible().endswith("/remark")
    screen.saved()
    assert stored(project)[-1] == ("correct", "2024-04-07")


@pytest.mark.slow
@pytest.mark.browser
def test_a_refused_text_is_kept_as_it_stands(open_screen, project: Project) -> None:
    """The refusal names Alt+Enter, which keeps the text with its missing code, also by its button; undo gives the
    text back; a text that is fine is a value.
    """
    fill(project, 3, SINCE)
    screen = open_screen(language="en")
    screen.visible()
    assert screen.page.locator("#as-written").is_hidden()
    screen.page.keyboard.type("31.2.2024")
    screen.page.locator("#error:not([hidden])").wait_for()
    assert screen.page.locator("#error").inner_text().endswith("Does it stand there like that? Then Alt+Enter.")
    screen.press("Alt+Enter")
    second = screen.visible()
    screen.press("Alt+z")
    assert screen.visible() != second
    assert screen.page.locator("#text").input_value() == "31.2.2024"
    screen.press("Alt+Enter")
    screen.visible()
    screen.page.locator("#text").fill("2.5.2024")
    screen.press("Alt+Enter")
    screen.visible()
    screen.page.locator("#text").fill("in spring")
    screen.page.locator("#as-written").click()
    screen.page.locator("#panel[data-name='done']").wait_for()
    screen.saved()
    assert stored(project) == [
        ("implausible", "31.2.2024"),
        ("undo", ""),
        ("implausible", "31.2.2024"),
        ("correct", "2024-05-02"),
        ("implausible", "in spring"),
    ]
    assert {response.answer("since").raw for response in effective_responses(project)} == {
        "31.2.2024",
        "in spring",
        None,
    }


def caps(screen: Screen) -> list[str]:
    """The keys that can be seen on the buttons of the present field and on the help button."""
    found = screen.page.locator(".tools kbd, .crop-buttons kbd, .others kbd").evaluate_all(
        "nodes => nodes.filter((node) => node.checkVisibility({visibilityProperty: true})).map((node) => "
        "node.textContent)"
    )
    return list(found)


PLAIN_CAPS = ["?", "C", "−", "+", "F", "I", "0", "X", "M", "Leertaste", "Z"]
ALT_CAPS = [
    "Alt+?",
    "Alt+C",
    "Alt+−",
    "Alt++",
    "Alt+F",
    "Alt+I",
    "Alt+0",
    "Alt+X",
    "Alt+M",
    "Esc",
    "Leertaste",
    "Alt+Z",
]


@pytest.mark.slow
@pytest.mark.browser
def test_the_caps_on_the_buttons_are_the_keys_that_hold(open_screen, project: Project) -> None:
    """In the text field the buttons show Alt+key, outside it the plain key; none moves when the focus goes; the line
    below tells both.
    """
    fill(project, 1, OFTEN, SINCE)
    screen = open_screen()
    screen.visible()
    assert caps(screen) == PLAIN_CAPS
    screen.press("1")
    assert screen.visible().endswith("/since")
    assert caps(screen) == ALT_CAPS
    assert screen.page.evaluate(CONTRAST) == []
    assert all(
        words in screen.page.locator("#text-help").inner_text() for words in ("Alt+0", "Alt+X", "Esc", "Leertaste")
    )
    before = screen.page.evaluate(PLACES)
    screen.press("Escape")
    assert caps(screen) == PLAIN_CAPS
    assert screen.page.evaluate(PLACES) == before
    screen.page.locator("#text").focus()
    assert caps(screen) == ALT_CAPS
    screen.page.set_viewport_size({"width": 320, "height": 640})
    assert screen.page.evaluate(OUTSIDE, 320) == []


@pytest.mark.slow
@pytest.mark.browser
def test_keys_with_alt_work_in_the_text_field(open_screen, project: Project) -> None:
    """Alt+0, X, M decide, Alt+Z takes back, Alt+C, + and − look, Alt+? helps; the text stays as it is and keeps the
    focus.
    """
    fill(project, 4, SINCE)
    screen = open_screen()
    first = screen.visible()
    zoom = screen.page.locator("#pane").get_attribute("data-zoom")
    screen.press("Alt+c")
    screen.page.locator("#pane img[alt^='Ganze Seite']").wait_for()
    screen.press("Alt+c")
    screen.page.locator("#pane img[alt^='Ausschnitt']").wait_for()
    screen.press("Alt+-")
    assert float(screen.page.locator("#pane").get_attribute("data-zoom")) < float(zoom)
    screen.press("Alt++")
    screen.press("Alt+?")
    assert screen.page.locator("#help").is_visible()
    screen.press("Escape")
    assert screen.page.evaluate("document.activeElement.id") == "text"
    assert screen.page.locator("#text").input_value() == "01.04.2024"
    screen.press("Alt+0")
    screen.visible()
    screen.press("Alt+z")
    assert screen.visible() == first
    for key in ("Alt+0", "Alt+x", "Alt+m"):
        screen.press(key)
        screen.visible()
    assert screen.page.locator("#text").input_value() == "01.04.2024"
    screen.saved()
    assert [kind for kind, _ in stored(project)] == ["no-answer", "undo", "no-answer", "illegible", "implausible"]


@pytest.mark.slow
@pytest.mark.browser
def test_characters_written_with_altgr_are_text(open_screen, project: Project) -> None:
    """Where AltGr is reported as Ctrl and Alt, and for characters typed by number on the keypad, no key is taken
    away.
    """
    fill(project, 2, REMARK)
    screen = open_screen()
    item = screen.visible()
    for facts in (
        "key: '}', code: 'Digit0', ctrlKey: true",
        "key: '²', code: 'Digit2', ctrlKey: true",
        "key: '0', code: 'Numpad0'",
    ):
        script = f"new KeyboardEvent('keydown', {{altKey: true, bubbles: true, cancelable: true, {facts}}})"
        assert screen.page.evaluate(f"document.getElementById('text').dispatchEvent({script})")
    assert screen.visible() == item


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("key", ["0", "x", "z", "m", "c", "?"])
def test_a_key_typed_as_text_is_stored_only_when_meant(open_screen, project: Project, key: str) -> None:
    """A key alone in the text is asked about at the field and in the live region; a second Enter stores it, typing
    on ends the question.
    """
    fill(project, 2, REMARK)
    screen = open_screen(language="en")
    screen.visible()
    screen.press(key, "Enter")
    ask = screen.page.locator("#ask")
    instead = (
        "" if key == "m" else f" If you meant the key: Alt+{key.upper()}."
    )  # no M where nothing can be implausible
    assert ask.inner_text() == f"Really store “{key}” as the answer? Enter once more.{instead}"
    assert screen.page.locator("#live").inner_text() == ask.inner_text()
    assert "ask" in screen.page.locator("#text").get_attribute("aria-describedby").split()
    assert screen.page.evaluate("document.activeElement.id") == "text"
    assert screen.page.evaluate(CONTRAST) == []
    screen.press("y")
    assert ask.is_hidden()
    screen.press("Backspace", "Enter")
    assert ask.is_visible()
    screen.page.wait_for_timeout(160)
    assert stored(project) == []
    screen.press("Enter")
    screen.visible()
    assert ask.is_hidden()
    screen.saved()
    assert stored(project) == [("correct", key)]


@pytest.mark.slow
@pytest.mark.browser
def test_a_second_enter_that_comes_too_fast_answers_no_question(open_screen, project: Project) -> None:
    """Enter pressed twice in a row stores nothing that was only just asked about, and the page says so."""
    fill(project, 1, REMARK)
    screen = open_screen()
    screen.visible()
    screen.page.keyboard.press("x")
    screen.page.evaluate(TWICE)
    assert screen.page.locator("#ask").inner_text().startswith("„x“ wirklich als Antwort speichern? Noch einmal Enter.")
    assert "schnell" in screen.page.locator("#hurry").inner_text()
    screen.press("Alt+x")
    screen.saved()
    assert stored(project) == [("illegible", "")]


@pytest.mark.slow
@pytest.mark.browser
def test_a_digit_is_asked_about_only_where_more_was_read(open_screen, project: Project) -> None:
    """0 instead of 12 is asked about, 0 instead of 3 is not, neither are other numbers or the proposal itself."""
    fill(project, 3, PERSONS)
    fill_more = [
        replace(r, answers=(replace(r.answers[0], value="3"),)) if n else r
        for n, r in enumerate(project.store.responses())
    ]
    project.store.save_responses(fill_more, kind="paper", label="test", at="2026-01-02T00:00:00Z")
    screen = open_screen()
    for _ in range(3):
        screen.visible()
        long = screen.page.locator("#text").input_value() == "12"
        screen.press("0", "Enter")
        if long:
            assert screen.page.locator("#ask").inner_text().startswith("„0“ wirklich")
            screen.press("1", "Backspace", "Backspace", "7", "Enter")
    screen.saved()
    assert sorted(stored(project)) == [("correct", "0"), ("correct", "0"), ("correct", "7")]


@pytest.mark.slow
@pytest.mark.browser
def test_a_wrong_value_that_slipped_through_comes_back(open_screen, project: Project) -> None:
    """Enter does not wait for the check; what the program refuses comes back with the words and the text that was
    typed.
    """
    fill(project, 2, SINCE)
    screen = open_screen(latency_ms=300)
    screen.visible()
    screen.page.keyboard.type("99.99.2024")
    screen.page.keyboard.press("Enter")
    screen.page.wait_for_timeout(1200)
    screen.page.keyboard.press("Enter")
    screen.page.locator("#notice:not([hidden])").wait_for()
    assert screen.page.locator("#text").input_value() == "99.99.2024"
    screen.saved()
    assert len(stored(project)) == 1


@pytest.mark.browser
def test_a_conflict_is_shown_never_dropped(open_screen, project: Project) -> None:
    """When somebody else decided meanwhile, the reviewer sees it and decides again."""
    fill(project, 3, OFTEN)
    screen = open_screen()
    item = screen.visible()
    other = Submission(
        uuid="other", item=item, version=1, basis="", kind=DecisionKind.ILLEGIBLE, from_value="m", to_value=""
    )
    with open_project(project.folder) as second:
        Desk(second).decide([other], reviewer="somebody")
    screen.press("1")
    screen.visible()
    screen.press("2")
    screen.page.locator("#notice:not([hidden])").wait_for()
    assert screen.visible() == item
    screen.press("1")
    screen.saved()
    assert next(r for r in effective_responses(project) if item.startswith(r.id)).answer("often").value == "w"  # type: ignore[union-attr]


@pytest.mark.slow
@pytest.mark.browser
def test_zoom_is_kept_and_context_shows_the_page(open_screen, project: Project) -> None:
    """The crop is shown at twice its size at least where it fits; zoom stays for the next field; C shows the page
    around it.
    """
    fill(project, 3, OFTEN)
    screen = open_screen(viewport={"width": 1600, "height": 900})
    screen.visible()
    zoom = float(screen.page.locator("#pane").get_attribute("data-zoom"))
    assert zoom >= 2
    screen.press("-", "-")
    smaller = screen.page.locator("#pane").get_attribute("data-zoom")
    assert float(smaller) < zoom
    screen.press("1")
    screen.visible()
    assert screen.page.locator("#pane").get_attribute("data-zoom") == smaller
    alt = screen.page.locator("#pane img").get_attribute("alt")
    assert all(words in alt for words in ("Wie oft kommen Sie?", "jeden Monat"))
    screen.press("c")
    screen.page.locator("#pane img[alt^='Ganze Seite']").wait_for()
    screen.press("c")
    screen.page.locator("#pane img[alt^='Ausschnitt']").wait_for()


@pytest.mark.browser
def test_everything_works_by_keyboard_and_focus_is_never_lost(open_screen, project: Project) -> None:
    """Through choices, texts, help, undo and the end, the focus is always on something that exists."""
    fill(project, 6, OFTEN, WHY, SINCE, REMARK)
    screen = open_screen()
    for step in range(24):
        screen.visible()
        assert screen.page.evaluate("document.activeElement !== document.body")
        if step == 3:
            screen.press("Escape", "?")
            assert screen.page.evaluate("document.getElementById('help').contains(document.activeElement)")
            screen.press("Escape")
            assert screen.page.evaluate("document.activeElement.closest('#item') !== null")
        screen.page.keyboard.press("Enter")
    screen.page.locator("#panel:not([hidden])").wait_for()
    screen.saved()
    assert screen.page.evaluate("document.activeElement.id") == "panel"
    screen.page.locator("#panel-title:text-is('Nichts mehr zu prüfen – fertig')").wait_for()
    assert len(stored(project)) == 24
    screen.press("z")
    screen.visible()


@pytest.mark.slow
@pytest.mark.browser
def test_the_language_is_said_and_used(open_screen, project: Project) -> None:
    """English words under lang=en, German under lang=de."""
    fill(project, 1, OFTEN)
    english, german = open_screen(language="en"), open_screen(language="de")
    english.visible()
    german.visible()
    assert english.page.locator("html").get_attribute("lang") == "en"
    assert english.page.locator("#wording").inner_text() == "How often do you come?"
    assert "0 of 1 checked" in english.page.locator("#progress-text").inner_text()
    assert german.page.locator("#wording").inner_text() == "Wie oft kommen Sie?"


@pytest.mark.slow
@pytest.mark.browser
def test_names_roles_and_landmarks(open_screen, project: Project) -> None:
    """Every control has a name, every picture a text, there is one main landmark and one polite live region."""
    fill(project, 2, OFTEN, SINCE)
    screen = open_screen()
    for _ in range(2):
        screen.visible()
        unnamed = screen.page.evaluate(
            """() => [...document.querySelectorAll('button, a, input, textarea, img, progress, [role=group]')]
            .filter((node) => node.checkVisibility() && !(node.getAttribute('aria-label') || node.innerText?.trim() || node.alt
              || node.labels?.[0]?.innerText.trim())).map((node) => node.outerHTML)"""
        )
        assert unnamed == []
        ids = screen.page.evaluate("[...document.querySelectorAll('[id]')].map((node) => node.id)")
        assert len(ids) == len(set(ids))
        referred = screen.page.evaluate(
            "[...document.querySelectorAll('[aria-labelledby], [aria-describedby], label[for]')].flatMap((node) => "
            "`${node.getAttribute('aria-labelledby') ?? ''} ${node.getAttribute('aria-describedby') ?? ''} "
            "${node.htmlFor ?? ''}`.split(' ').filter(Boolean))"
        )
        assert set(referred) <= set(ids)
        screen.press("1" if screen.page.locator("#text").count() == 0 else "Enter")
        screen.press("Enter")
    assert screen.page.locator("main").count() == 1
    assert screen.page.locator("[aria-live=polite]").count() == 1


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_enough_contrast(open_screen, project: Project, scheme: str) -> None:
    """Every text on the screen reaches 4.5 : 1 against what it stands on (WCAG 2.2, 1.4.3), in both colour schemes."""
    fill(project, 2, OFTEN, SINCE)
    screen = open_screen(color_scheme=scheme)
    for _ in range(2):
        screen.visible()
        assert screen.page.evaluate(CONTRAST) == []
        screen.press("x" if screen.page.locator("#text").count() == 0 else "Enter")


HASTY = """addEventListener('DOMContentLoaded', () => {
  window.pressed = 0;
  new MutationObserver(() => {
    if (document.getElementById('item').hidden || pressed === 2) return;
    pressed += 1;
    document.body.dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', bubbles: true}));
  }).observe(document.getElementById('item'), {attributes: true, attributeFilter: ['hidden', 'data-item', 'data-visible']});
})"""
"""Presses Enter when a field is drawn and again in the moment it is visible."""

OUTSIDE = """(width) => [...document.querySelectorAll('button, p, h2')]
  .filter((node) => node.checkVisibility() && !node.closest('#pane, .skip, .visually-hidden'))
  .filter((node) => node.getBoundingClientRect().right > width + 1).map((node) => node.textContent)"""

PLACES = """[...document.querySelectorAll('button')].filter((node) => node.checkVisibility())
  .map((node) => { const { left, top, width, height } = node.getBoundingClientRect(); return [node.id, left, top, width, height]; })"""

TWICE = """async () => {
  const enter = () => document.getElementById('text').dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', bubbles: true}));
  enter();
  await new Promise((resolve) => setTimeout(resolve, 60));
  enter();
}"""
"""Presses Enter twice as fast as a hand can."""

SMALL = """[...document.querySelectorAll('button')]
  .filter((node) => node.checkVisibility() && (node.offsetWidth < 24 || node.offsetHeight < 24)).map((node) => node.id)"""

LISTEN = """() => {
  window.said = [];
  const live = document.getElementById('live');
  new MutationObserver(() => said.push(live.textContent)).observe(live, {childList: true, characterData: true, subtree: true});
}"""

STOPWATCH = """() => {
  window.times = [];
  window.atOnce = [];
  const item = document.getElementById('item');
  let before;
  addEventListener('keydown', () => { window.began = performance.now(); before = item.dataset.item; }, true);
  addEventListener('keydown', () => {
    const image = document.querySelector('#pane img');
    atOnce.push(item.dataset.item !== before && Boolean(image?.complete && image.naturalWidth));
  });
  new MutationObserver(() => times.push(performance.now() - window.began))
    .observe(item, {attributes: true, attributeFilter: ['data-visible']});
}"""

CONTRAST = """() => {
  const channel = (value) => (value /= 255) <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  const parse = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const ground = (node) => {
    for (; node; node = node.parentElement) {
      const colour = parse(getComputedStyle(node).backgroundColor);
      if (colour.length === 3 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const bad = [];
  for (const node of document.querySelectorAll('body *')) {
    const own = [...node.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim());
    if (!own || !node.checkVisibility() || node.closest('.visually-hidden, .skip, :disabled, noscript')) continue;
    const [one, two] = [light(parse(getComputedStyle(node).color)), light(ground(node))].sort((a, b) => b - a);
    const ratio = (one + 0.05) / (two + 0.05);
    if (ratio < 4.5) bad.push(`${ratio.toFixed(2)} ${node.textContent.trim()}`);
  }
  return bad;
}"""


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("width", [320, 640])
def test_small_windows_and_large_type_lose_nothing(open_screen, project: Project, width: int) -> None:
    """At 320 px (and 640 px: 1280 at 200 %) nothing is cut off and nothing but the crop scrolls sideways."""
    fill(project, 2, OFTEN, WHY)
    screen = open_screen(viewport={"width": width, "height": 640})
    for _ in range(2):
        screen.visible()
        assert screen.page.evaluate("document.documentElement.scrollWidth") <= width
        outside = screen.page.evaluate(OUTSIDE, width)
        assert outside == []
        small = screen.page.evaluate(SMALL)
        assert small == []
        screen.press("1")


@pytest.mark.slow
@pytest.mark.browser
def test_one_announcement_per_field(open_screen, project: Project) -> None:
    """A screen reader hears each field once."""
    fill(project, 5, OFTEN)
    screen = open_screen()
    screen.visible()
    screen.page.evaluate(LISTEN)
    for _ in range(4):
        screen.press("1")
        screen.visible()
    screen.saved()
    said = screen.page.evaluate("said")
    assert len(said) == 4
    assert all("Wie oft kommen Sie?" in line for line in said)


@pytest.mark.slow
@pytest.mark.browser
def test_an_empty_queue_says_so_and_notices_new_pages(open_screen, project: Project) -> None:
    """Nothing to check is a state of its own; new work appears without a reload."""
    screen = open_screen()
    screen.page.locator("#panel-title:text-is('Nichts mehr zu prüfen')").wait_for()
    fill(project, 1, OFTEN)
    screen.visible()


@pytest.mark.browser
@pytest.mark.slow
def test_a_killed_server_loses_nothing(chromium, folder: Path) -> None:
    """Decisions made while the server is dead are shown as unsaved and are stored once when it is back."""
    with open_project(folder) as project:
        fill(project, 30, OFTEN)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}/"
    with chromium.new_context() as context, ExitStack() as servers:
        server = servers.enter_context(serving(folder, port))
        screen = watch(context.new_page(), url)
        screen.page.goto(url)
        screen.visible()
        screen.prefetched(30)
        for _ in range(5):
            screen.press("1")
        os.kill(server.pid, signal.SIGKILL)
        server.wait()
        for _ in range(5):
            screen.press("1")
        screen.page.locator("#saved:text-matches('Nicht gespeichert: [1-9]')").wait_for()
        servers.enter_context(serving(folder, port))
        screen.page.wait_for_selector("#saved[data-pending='0']")
        for _ in range(5):
            screen.visible()
            screen.press("1")
        screen.saved()
        with open_project(folder) as project:
            decisions = project.store.decisions()
        assert len(decisions) == 15
        assert len({decision.item for decision in decisions}) == 15
        assert [line for line in screen.trouble if "403" not in line] == []  # the token of the killed server, once


SERVE = """
import sys
from pathlib import Path
from review_ui.server import serve
from scanform.workflow.project.project import open_project
from scanform.workflow.review.desk import Desk
with open_project(Path(sys.argv[1])) as project:
    serve(Desk(project), reviewer="tester", port=int(sys.argv[2]), ready=lambda url: print(url, flush=True))
"""


@contextmanager
def serving(folder: Path, port: int) -> Iterator[subprocess.Popen]:
    with started([sys.executable, "-c", SERVE, folder, port], stderr=None) as server:
        assert server.stdout.readline().startswith("http://127.0.0.1")
        yield server


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize("latency_ms", [0, 80])
def test_the_next_field_is_there_at_once(open_screen, project: Project, latency_ms: int, record_property) -> None:
    """The next field stands in the page, with its picture, before the key's own event is over, whatever the way to
    the server.
    """
    fill(project, 55, OFTEN)
    screen = open_screen(latency_ms=latency_ms)
    screen.visible()
    screen.prefetched(40)
    screen.page.evaluate(STOPWATCH)
    for _ in range(40):
        screen.page.keyboard.press("1")
        screen.page.wait_for_timeout(200)
    screen.until("times.length === 40")
    times = sorted(screen.page.evaluate("times"))
    record_property("p50_ms", times[len(times) // 2])
    record_property("p95_ms", times[int(len(times) * 0.95)])
    print(
        json.dumps(
            {"latency_ms": latency_ms, "p50_ms": times[len(times) // 2], "p95_ms": times[int(len(times) * 0.95)]}
        )
    )
    assert screen.page.evaluate("atOnce") == [True] * 40


# --- several people --------------------------------------------------------------------------------------------------


def colleague(client: Client, name: str) -> Client:
    """Somebody else at the same desk."""
    other = object.__new__(Client)
    other.desk, other.csrf = client.desk, ""
    other.http = create_app(client.desk, reviewer=name, language="en").test_client()
    other.csrf = other.get("/api/session").get_json()["csrf"]
    return other


def test_two_people_get_different_values(client: Client) -> None:
    """What is on one screen is given to nobody else, on either screen; what is put off or decided is free again."""
    ben = colleague(client, "ben")
    mine = client.post("/api/claim", {"shown": [], "limit": 2}).get_json()["cards"]
    others = ben.cards()
    assert len(mine) == len(others) == 2
    assert {card["id"] for card in mine}.isdisjoint(card["id"] for card in others)
    assert client.post("/api/claim", {"shown": [card["id"] for card in mine], "limit": 9}).get_json()["cards"] == []
    assert [card["id"] for card in client.cards()] == [card["id"] for card in mine]
    client.post("/api/decisions", {"decisions": [client.decision(mine[0], "postpone")]})
    assert mine[0]["id"] in {card["id"] for card in ben.cards()}


def test_a_late_decision_is_shown_to_its_author(client: Client, project: Project) -> None:
    """Whose time ran out still decides; when somebody else was faster and says something else, the late one learns
    it and nothing is overwritten.
    """
    ben = colleague(client, "ben")
    mine = next(card for card in client.cards() if card["column"] == "often")
    with project.store.writing() as tx:
        release(tx, [mine["id"]])
    theirs = next(card for card in ben.cards() if card["id"] == mine["id"])
    assert (
        ben.post("/api/decisions", {"decisions": [ben.decision(theirs, "correct", "w")]}).get_json()["outcomes"][0][
            "result"
        ]
        == "saved"
    )
    late = client.post("/api/decisions", {"decisions": [client.decision(mine, "correct", "s")]}).get_json()["outcomes"][
        0
    ]
    assert late["result"] == "conflict"
    assert "less often" in late["message"] or "s" in late["message"]
    assert late["card"]["value"] == "w"
    assert [decision.reviewer for decision in project.store.decisions()] == ["ben"]


@pytest.mark.fast_cases(2)
@pytest.mark.parametrize("shown", [None, "x", [1], {"a": 1}])
def test_a_claim_that_is_none_is_refused(client: Client, shown: object) -> None:
    assert client.post("/api/claim", {"shown": shown, "limit": 5}).status_code == 400
    assert client.post("/api/mosaic/claim", {"shown": shown, "limit": 5, "group": "x"}).status_code == 400
