"""Pages that could not be placed, end to end: real project, real scans, real server, real Chromium; a person drags
the corners.
"""

import json
import re
import shutil
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest

from bench.waiting import until
from review_ui.server import bind
from scanform.model.layout import ZoneKind
from scanform.model.page import Fate
from scanform.scan.load import rasterize
from scanform.store import ledger
from scanform.store.acts import manual_registrations
from scanform.store.records import ManualRegistrationKind
from scanform.workflow.insight.status import project_status
from scanform.workflow.intake.read_batch import read_batch
from scanform.workflow.pages.sort_pages import SortDesk
from scanform.workflow.printing.print_forms import PrintOrder, print_forms
from scanform.workflow.project.project import init_project, open_project
from scanform.workflow.reading.executors import serial
from scanform.workflow.review.desk import Desk

DPI = 200
SCALE = DPI / 25.4
PAGE = 2
CORNERS = ((310.0, 150.0), (1380.0, 90.0), (1600.0, 1900.0), (150.0, 2050.0))
SIZE = (1700, 2150)
CHECKED = re.compile(r"/api/pages/\d+\?form=")


@dataclass(frozen=True)
class Printed:
    """A project with one printed form of the shipped questionnaire, and its second page as printed, with crosses by
    hand.
    """

    folder: Path
    form_id: str
    gray: np.ndarray
    crossed: dict[str, str]


@pytest.fixture(scope="session")
def printed(tmp_path_factory) -> Printed:
    base = tmp_path_factory.mktemp("sorted")
    with init_project(base / "project", template="begegnungsorte") as project:
        print_forms(project, PrintOrder(recipients=(None,), seed=5), base / "forms.pdf")
        settings = project.folder / "survey.toml"
        settings.write_text(
            settings.read_text("utf-8").replace("settle_seconds = 2.0", "settle_seconds = 0.0"), encoding="utf-8"
        )
        layout = next(iter(project.layouts.values()))
        gray = list(rasterize(base / "forms.pdf", dpi=DPI))[PAGE - 1].copy()
        crossed = {}
        for zone in layout.page(PAGE).zones:
            if zone.kind is ZoneKind.MARK and not zone.multiple and zone.group is None and zone.question not in crossed:
                crossed[zone.question] = str(zone.option)
                x, y, right, bottom = (
                    round(edge * SCALE) for edge in (zone.rect.x, zone.rect.y, zone.rect.right, zone.rect.bottom)
                )
                cv2.line(gray, (x + 4, y + 5), (right - 5, bottom - 4), 40, 4, cv2.LINE_AA)
                cv2.line(gray, (x + 5, bottom - 5), (right - 4, y + 4), 40, 4, cv2.LINE_AA)
        for mark in layout.page(PAGE).fiducials:
            x, y, right, bottom = (
                round(edge * SCALE) for edge in (mark.rect.x, mark.rect.y, mark.rect.right, mark.rect.bottom)
            )
            cv2.line(gray, (x - 8, y + 8), (right + 8, bottom - 8), 20, 40)
        form_id = json.loads((base / "forms.copies.json").read_text("utf-8"))[0]["form_id"]
        return Printed(folder=project.folder, form_id=form_id, gray=gray, crossed=crossed)


def photographed(printed: Printed, *, codes: bool, ruined: bool = False, table: int = 245) -> np.ndarray:
    """The page seen from the side, every marker scribbled over; without `codes` these are covered too, and only the
    print says which page it is; `ruined`: most of the print is gone.

    On a white `table` the edge of the sheet does not show; on a dark one it does.
    """
    gray = printed.gray.copy()
    rng = np.random.default_rng(1)
    with open_project(printed.folder) as project:
        page = next(iter(project.layouts.values())).page(PAGE)
    for area in page.codes:
        if not codes:
            x, y, right, bottom = (
                round(edge * SCALE) for edge in (area.rect.x, area.rect.y, area.rect.right, area.rect.bottom)
            )
            cv2.rectangle(gray, (x - 8, y - 8), (right + 8, bottom + 8), 60, -1)
    if ruined:
        gray[400:] = rng.integers(200, 255, gray[400:].shape)
    height, width = gray.shape
    source = np.array([(0, 0), (width, 0), (width, height), (0, height)], dtype=np.float32)
    seen = cv2.warpPerspective(
        gray,
        cv2.getPerspectiveTransform(source, np.array(CORNERS, dtype=np.float32)),
        SIZE,
        flags=cv2.INTER_AREA,
        borderValue=table,
    )
    blurred = cv2.GaussianBlur(seen, (0, 0), 1.0).astype(np.float32)
    return (blurred + rng.normal(0, 8, blurred.shape)).clip(0, 255).astype(np.uint8)


class Room:
    """A project in which one page waits, and its sort-out desk behind a real server."""

    def __init__(self, printed: Printed, folder: Path, picture: np.ndarray) -> None:
        shutil.copytree(printed.folder, folder / "project")
        (folder / "in").mkdir()
        assert cv2.imwrite(str(folder / "in" / "from the club.jpg"), picture)
        self.printed = printed
        self.project = open_project(folder / "project")
        read_batch(self.project, [folder / "in"], serial())
        self.sorter = SortDesk(self.project)
        self.station = bind(Desk(self.project), sorter=self.sorter, reviewer="kim", port=0)
        self.thread = self.station.start()

    def close(self) -> None:
        self.station.close()
        self.thread.join()
        self.sorter.close()
        self.project.close()

    def page(self):
        with self.project.store.reading() as tx:
            (number,) = [page.id for batch in ledger.batches(tx) for page in ledger.pages_of_batch(tx, batch.id)]
            return ledger.page_record(tx, number)

    def acts(self):
        with self.project.store.reading() as tx:
            return manual_registrations.manual_registrations(tx)

    def everything(self):
        """All that the project has stored, to be compared."""
        with self.project.store.reading() as tx:
            return (
                self.page(),
                ledger.fate_counts(tx),
                self.project.store.responses(),
                manual_registrations.manual_registrations(tx),
                self.project.store.all_versions(),
            )


@pytest.fixture
def room(printed, tmp_path, servers):
    def opened(**options: bool) -> Room:
        found = Room(printed, tmp_path, photographed(printed, **options))
        servers.callback(found.close)
        return found

    return opened


def open_page(watched, room: Room, *, language: str = "en", **options: object):
    """The only page that waits, opened from the list."""
    page = watched(f"{room.station.url}sort?lang={language}", room.station.url, **options)
    page.locator("#cards .open").click()
    page.wait_for_selector("#page[data-ready]")
    page.wait_for_selector("#stage[data-loaded]")
    return page


def place_of(page, corner: tuple[float, float]) -> tuple[float, float]:
    """Where a point of the scan stands on the screen."""
    box = page.locator("#picture").bounding_box()
    return box["x"] + corner[0] / SIZE[0] * box["width"], box["y"] + corner[1] / SIZE[1] * box["height"]


def drag(page, number: int, corner: tuple[float, float]) -> None:
    """Drags a handle by mouse."""
    handle = page.locator(f".handle[data-corner='{number}']")
    box = handle.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    target = place_of(page, corner)
    for fraction in (0.3, 0.7, 1.0):
        page.mouse.move(
            box["x"] + box["width"] / 2 + fraction * (target[0] - box["x"] - box["width"] / 2),
            box["y"] + box["height"] / 2 + fraction * (target[1] - box["y"] - box["height"] / 2),
        )
    assert page.locator("#magnifier").is_visible()
    page.mouse.up()


def choose_form(page, form: str, number: int) -> None:
    page.locator("#form-id").fill(form)
    page.wait_for_selector("#number:not([disabled])")
    page.locator("#number").select_option(str(number))
    page.wait_for_selector("#blank:not([hidden])")


def read(page) -> None:
    page.locator("#read").click()


def assert_read(room: Room) -> None:
    """The page is read at tier T4, its crosses are values, the sums agree, and who showed which corners is kept."""
    found = room.page()
    assert (found.fate, found.form_id) == (Fate.READ, room.printed.form_id)
    with room.project.store.reading() as tx:
        page_map, _ = ledger.page_maps(tx, found.ref)
    assert page_map is not None
    assert page_map.tier.value == "T4"
    (response,) = room.project.store.responses()
    assert {question: response.answer(question).value for question in room.printed.crossed} == room.printed.crossed
    assert "placed-by-hand" in {problem.slug for problem in response.problems}
    (act,) = room.acts()
    assert (act.kind, act.reviewer, act.identity.page, act.identity.instance) == (
        ManualRegistrationKind.PLACED,
        "kim",
        PAGE,
        found.identity.instance,
    )
    assert np.abs(np.array(act.corners_px) - np.array(CORNERS)).max() < 12
    status = project_status(room.project)
    assert Counter(status.pages) == {Fate.READ: 1}
    assert status.sums_agree


@pytest.mark.browser
@pytest.mark.slow
def test_corners_dragged_by_mouse_are_read(watched, room) -> None:
    """All markers scribbled over, codes covered, seen from the side: a person says whose it is, drags four corners
    wrong and right, and the crosses arrive.
    """
    found = room(codes=False)
    assert found.page().fate is Fate.REVIEW
    assert [problem.slug for problem in found.page().problems] == ["only-form-known"]
    page = open_page(watched, found)
    assert "from the print" in page.locator("#found").inner_text()
    for number, corner in enumerate(CORNERS):
        drag(page, number, (corner[0] + 90, corner[1] + 60))
        drag(page, number, corner)
    choose_form(page, found.printed.form_id.lower(), PAGE)
    page.locator("#read").dblclick()
    page.wait_for_selector("#done:not([hidden])")
    assert found.printed.form_id in page.locator("#done-text").inner_text()
    assert page.evaluate("document.activeElement.id") == "done"
    assert_read(found)
    before = found.everything()
    again = {
        "uuid": "another",
        "form": found.printed.form_id,
        "number": PAGE,
        "corners": [list(corner) for corner in CORNERS],
    }
    answer = page.evaluate(POST, [f"/api/pages/{before[0].id}/place", again])
    assert (answer["status"], answer["body"]["result"]) == (200, "read")
    assert found.everything() == before
    page.locator("#done-back").click()
    page.locator("#list-text:text('No page needs help')").wait_for()


POST = """async ([path, body]) => {
  const { csrf } = await (await fetch('/api/sort/session')).json();
  const response = await fetch(path, { method: 'POST', headers: { 'Content-Type': 'application/json', 'X-CSRFToken': csrf }, body: JSON.stringify(body) });
  return { status: response.status, body: response.status === 200 ? await response.json() : null };
}"""


@pytest.mark.browser
@pytest.mark.slow
def test_whoever_types_and_reads_at_once_is_not_asked_again(watched, room) -> None:
    """The check of the form number is slower than the hand: reading waits for it."""
    found = room(codes=False)
    page = open_page(watched, found)
    held = []
    # Playwright takes no bound method of a list
    page.route("**/api/pages/*?form*", lambda route: held.append(route))  # noqa: PLW0108
    choose_form(page, found.printed.form_id.lower(), PAGE)
    page.locator("#read").dblclick()
    assert page.locator("#read").get_attribute("aria-disabled") == "true"
    while held:
        held.pop().continue_()
    page.unroute("**/api/pages/*?form*")
    page.wait_for_selector("#done:not([hidden])")
    assert_read(found)


@pytest.mark.browser
@pytest.mark.slow
def test_corners_moved_by_keyboard_are_read(watched, room) -> None:
    """Without a mouse: the number is typed, corners are chosen with Tab and moved with the arrow keys, Enter on the
    button reads.
    """
    found = room(codes=False)
    page = open_page(watched, found, language="de")
    page.locator("#back").focus()
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.dataset.corner") == "0":
            break
    steps = {"Shift+ArrowRight": "Shift+ArrowLeft", "ArrowDown": "ArrowUp", "Alt+ArrowLeft": "Alt+ArrowRight"}
    for number in range(4):
        assert page.evaluate("document.activeElement.dataset.corner") == str(number)
        assert page.locator("#magnifier").is_visible()
        place = page.locator(f".handle[data-corner='{number}']").bounding_box()
        for away in steps:
            page.keyboard.press(away)
        assert page.locator(f".handle[data-corner='{number}']").bounding_box() != place
        for back in steps.values():
            page.keyboard.press(back)
        page.locator(
            f"#live:text('{('Ecke oben links', 'Ecke oben rechts', 'Ecke unten rechts', 'Ecke unten links')[number]}:')"
        ).wait_for(state="attached")
        page.keyboard.press("Tab")
    choose_form(page, found.printed.form_id, PAGE)
    page.locator("#read").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("#done:not([hidden])")
    assert_read(found)


@pytest.mark.browser
@pytest.mark.slow
def test_wrong_corners_are_refused_and_nothing_is_stored(watched, room) -> None:
    """Corners that the print does not prove: the screen says so and what to do; the project is as it was. Then the
    right ones are read.
    """
    found = room(codes=False)
    before = found.everything()
    page = open_page(watched, found)
    for number, corner in enumerate(((500.0, 420.0), (1200.0, 380.0), (1150.0, 1500.0), (560.0, 1400.0))):
        drag(page, number, corner)
    page.locator("#read").click()
    assert "which form" in page.locator("#form-error").inner_text()
    choose_form(page, found.printed.form_id, PAGE)
    read(page)
    page.wait_for_selector("#result:not([hidden])")
    assert "Nothing was stored" in page.locator("#result-text").inner_text()
    assert "scanform enter" in page.locator("#result-steps").inner_text()
    assert page.evaluate("document.activeElement.id") == "result"
    assert "Nothing was stored" in page.locator("#live").inner_text()
    assert found.everything() == before
    for number in (1, 0, 2, 3):
        drag(page, number, CORNERS[number])
    read(page)
    page.wait_for_selector("#done:not([hidden])")
    assert_read(found)


@pytest.mark.browser
@pytest.mark.slow
def test_a_page_without_print_is_not_read_and_can_be_left_alone(watched, room) -> None:
    """The code says which page it is, most of the print is gone: form and page stand fixed, reading is refused,
    leaving alone is recorded.
    """
    found = room(codes=True, ruined=True)
    assert found.page().fate is Fate.REVIEW
    page = open_page(watched, found)
    assert page.locator("#form-id").input_value() == found.printed.form_id
    assert not page.locator("#form-id").is_editable()
    assert page.locator("#number").input_value() == str(PAGE)
    read(page)
    page.wait_for_selector("#result:not([hidden])")
    assert found.acts() == []
    page.locator("#leave").click()
    page.locator("#done-text:text('stays as it is')").wait_for()
    assert [(act.kind, act.reviewer) for act in found.acts()] == [(ManualRegistrationKind.LEFT, "kim")]
    assert found.page().fate is Fate.REVIEW
    page.locator("#done-back").click()
    page.locator("#left-cards .tag:text('left alone by kim')").wait_for()


@pytest.mark.browser
@pytest.mark.slow
def test_typed_numbers_are_checked_and_the_picture_turns(watched, room) -> None:
    """Corners from the print; a wrong check character is told at the field; a right number is taken; they turn with
    the picture.
    """
    found = room(codes=False, table=90)
    page = open_page(watched, found)
    assert "from the print" in page.locator("#found").inner_text()
    wrong = found.printed.form_id[:-1] + ("0" if found.printed.form_id[-1] != "0" else "1")
    page.locator("#form-id").fill(wrong)
    page.locator("#form-error:not([hidden])").wait_for()
    assert "check character" in page.locator("#form-error").inner_text()
    assert page.locator("#form-id").get_attribute("aria-invalid") == "true"
    choose_form(page, found.printed.form_id, PAGE)
    page.locator("#found:text('from the print')").wait_for()
    page.locator("#turn-right").click()
    page.wait_for_selector("#stage[data-loaded$='-90']")
    page.locator("#turn-left").click()
    page.wait_for_selector("#stage[data-loaded$='-0']")
    read(page)
    page.wait_for_selector("#done:not([hidden])")
    assert_read(found)


@pytest.mark.slow
@pytest.mark.browser
def test_an_answer_about_a_page_that_was_left_says_nothing_of_the_next_one(watched, room) -> None:
    """Somebody types a number and goes back before it is checked: the page that is opened then is not blamed."""
    found = room(codes=False, table=90)
    page = open_page(watched, found)
    held = []
    # playwright marks what it calls, and a built-in method takes no mark
    page.route(CHECKED, lambda route: held.append(route))  # noqa: PLW0108
    with page.expect_request(CHECKED):
        page.locator("#form-id").fill(found.printed.form_id[:-1] + ("0" if found.printed.form_id[-1] != "0" else "1"))
    page.locator("#back").click()
    page.locator("#cards .open").click()
    page.locator("#page-title:text('from the club')").wait_for()
    with page.expect_response(CHECKED):
        held[0].fulfill(status=422, json={"message": "There is no such form.", "remedy": "Look again."})
    page.evaluate("fetch('/api/sort/session').then((answer) => answer.text())")
    assert page.locator("#form-error").is_hidden()


@pytest.mark.browser
@pytest.mark.parametrize(
    ("path", "answer", "heading", "there"),
    [
        ("", re.compile(r"/api/pages\?"), "list-title", "#cards .open"),
        ("#page=1", re.compile(r"/api/pages/\d+\?"), "page-title", "#page[data-ready]"),
    ],
    ids=["list", "page"],
)
@pytest.mark.slow
def test_what_comes_late_leaves_the_focus_where_somebody_has_put_it(
    watched, room, path, answer, heading, there
) -> None:
    """The list or a page comes while somebody is on the way with Tab: until then the focus is on the heading, and
    afterwards it stays.
    """
    station = room(codes=False, table=90).station.url
    page = watched(station, station)
    held = []
    # Playwright takes no bound method of a list
    page.route(answer, lambda route: held.append(route))  # noqa: PLW0108
    page.goto(f"{station}sort?lang=en{path}")
    until(lambda: page.wait_for_timeout(20) or held, "the request")
    assert page.evaluate("document.activeElement.id") == heading
    page.keyboard.press("Shift+Tab")
    assert page.evaluate("window.stays = document.activeElement, stays.tagName") != "H1"
    held[0].continue_()
    page.wait_for_selector(there)
    assert page.evaluate("document.activeElement === stays")


@pytest.mark.slow
@pytest.mark.browser
def test_a_corner_is_dragged_by_finger(watched, room) -> None:
    """On a touch screen the handle follows the finger, the page does not scroll away, and the magnifier shows what
    the finger covers.
    """
    found = room(codes=False)
    page = open_page(watched, found, has_touch=True, viewport={"width": 800, "height": 600})
    client = page.context.new_cdp_session(page)
    box = page.locator(".handle[data-corner='0']").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    before, scrolled = (
        place_of(page, CORNERS[0]),
        page.evaluate("[scrollY, document.getElementById('viewport').scrollTop]"),
    )
    assert (x, y) == pytest.approx(before, abs=3)  # its print says which page it is, and where
    for kind, points in (
        ("touchStart", [(x, y)]),
        ("touchMove", [(x + 20, y + 30)]),
        ("touchMove", [(x + 40, y + 60)]),
    ):
        client.send(
            "Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": px, "y": py} for px, py in points]}
        )
    page.locator("#magnifier").wait_for(state="visible")
    corner = (
        "() => { const { x, y } = document.querySelector(\".handle[data-corner='0']\").getBoundingClientRect(); return "
        "[x, y]; }"
    )
    page.wait_for_function(  # the browser hands on moves with its next frame
        f"([x, y]) => {{ const at = ({corner})(); return Math.abs(at[0] - x) <= 2 && Math.abs(at[1] - y) <= 2; }}",
        arg=[box["x"] + 40, box["y"] + 60],
    )
    client.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    assert page.evaluate("[scrollY, document.getElementById('viewport').scrollTop]") == scrolled


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("size", [(1366, 768), (683, 384), (320, 640)])
def test_the_screen_fits_and_everything_has_a_name(watched, room, size) -> None:
    """Also at 200 % zoom and in a small window nothing scrolls sideways but the picture; controls have names, ids
    are unique.
    """
    found = room(codes=False)
    page = watched(
        f"{found.station.url}sort?lang=de",
        found.station.url,
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark",
    )
    page.wait_for_selector("#cards .open")
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    page.locator("#cards .open").click()
    page.wait_for_selector("#stage[data-loaded]")
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    unnamed = page.evaluate(
        """() => [...document.querySelectorAll('button, a, input, select, fieldset, [role=group]')].filter((node) => node.checkVisibility()
        && !(node.getAttribute('aria-label') || node.labels?.[0]?.innerText.trim() || node.innerText?.trim())).map((node) => node.outerHTML)"""
    )
    assert unnamed == []
    assert page.evaluate(
        "(() => { const ids = [...document.querySelectorAll('[id]')].map((node) => node.id); return ids.length === new "
        "Set(ids).size; })()"
    )
    assert page.evaluate("[...document.querySelectorAll('[style]')].every((node) => node.closest('#stage'))")


@pytest.mark.slow
def test_only_the_own_browser_may_act(room) -> None:
    """Without the token nothing is placed; malformed requests are refused; looking changes nothing; unknown pages
    are not found.
    """
    found = room(codes=False)
    from review_ui.app import create_app

    http = create_app(Desk(found.project), sorter=found.sorter, reviewer="kim", language="en").test_client()
    base = "http://127.0.0.1:8765"
    before = found.everything()
    number = before[0].id
    body = {"uuid": "u", "form": found.printed.form_id, "number": PAGE, "corners": [list(corner) for corner in CORNERS]}
    assert http.post(f"/api/pages/{number}/place", json=body, base_url=base).status_code == 403
    token = {"X-CSRFToken": http.get("/api/sort/session", base_url=base).get_json()["csrf"]}
    for wrong in (
        {},
        {**body, "corners": body["corners"][:3]},
        {**body, "corners": [[1, 2]] * 3 + [["a", 2]]},
        {**body, "number": "2"},
        {**body, "number": True},
    ):
        assert http.post(f"/api/pages/{number}/place", json=wrong, base_url=base, headers=token).status_code == 400
    refused = http.post(
        f"/api/pages/{number}/place", json={**body, "form": "nonsense"}, base_url=base, headers=token
    ).get_json()
    assert refused["result"] == "refused"
    assert "form number" in refused["message"]
    gone = http.post("/api/pages/999/place", json=body, base_url=base, headers=token).get_json()
    assert gone["result"] == "refused"
    digest = next(iter(found.project.layouts))
    for path in ("/sort", "/api/pages", f"/blanks/{digest}/1"):
        assert http.get(path, base_url=base).status_code == 200
    for path in (
        "/api/pages/999",
        "/pages/999",
        f"/pages/{number}?turn=45",
        f"/blanks/{digest}/9",
        "/blanks/..%2f..%2fetc/1",
    ):
        assert http.get(path, base_url=base).status_code == 404
    assert found.everything() == before
