"""The layout editor end to end: a blank form, zones as proposed, real server, real Chromium."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from review_ui.editor import create_editor
from review_ui.server import bind_app
from scanform import pagecode
from scanform.formats.layout_json import dump_layout, load_layout
from scanform.model.geometry import A4, RectMm
from scanform.model.layout import Layout, PageLayout, Zone, ZoneKind
from scanform.model.questionnaire import Alphabet, Filled
from scanform.workflow.foreign_forms.edit_layout import open_layout

PX_PER_MM = 300 / 25.4


def box(name: str, question: str, option: str, x: float, y: float, *, multiple: bool = False) -> Zone:
    return Zone(
        id=name,
        question=question,
        option=option,
        multiple=multiple,
        kind=ZoneKind.MARK,
        rect=RectMm(x=x, y=y, w=5.0, h=5.0),
    )


def a_layout() -> Layout:
    cells = tuple(RectMm(x=30.0 + 7 * number, y=60.0, w=6.0, h=8.0) for number in range(4))
    first = (
        box("a1", "q1", "1", 30.0, 30.0),
        box("a2", "q1", "2", 80.0, 30.2),
        box("a3", "q1", "3", 130.0, 29.9),
        Zone(
            id="c",
            question="q2",
            kind=ZoneKind.COMB,
            rect=RectMm(x=30.0, y=60.0, w=27.0, h=8.0),
            cells=cells,
            alphabet=Alphabet.DIGITS,
        ),
        Zone(id="h", question="q3", kind=ZoneKind.HANDWRITING, rect=RectMm(x=30.0, y=90.0, w=120.0, h=18.0), lines=2),
    )
    second = (box("b1", "q4", "1", 30.0, 40.0, multiple=True), box("b2", "q4", "2", 60.0, 40.0, multiple=True))
    pages = tuple(
        PageLayout(number=number, size=A4, blank=f"page-{number}.png", fiducials=(), codes=(), zones=zones)
        for number, zones in ((1, first), (2, second))
    )
    layout = Layout(
        questionnaire="club",
        version="1",
        language="en",
        variant="standard",
        digest="00000",
        filled=Filled.WITHDRAWN,
        pages=pages,
    )
    return replace(layout, digest=pagecode.layout_digest(layout))


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, list[Path]]:
    """A layout file and the pictures of its two empty pages."""
    layout, blanks = a_layout(), []
    for page in layout.pages:
        gray = np.full((round(A4.h * PX_PER_MM), round(A4.w * PX_PER_MM)), 255, np.uint8)
        for rect in [zone.rect for zone in page.zones if not zone.cells] + [
            cell for zone in page.zones for cell in zone.cells
        ]:
            corners = [
                (round(x * PX_PER_MM), round(y * PX_PER_MM)) for x, y in ((rect.x, rect.y), (rect.right, rect.bottom))
            ]
            cv2.rectangle(gray, corners[0], corners[1], 0, 3)
        blanks.append(tmp_path / f"blank-{page.number}.png")
        assert cv2.imwrite(str(blanks[-1]), gray)
    (tmp_path / "L.json").write_text(dump_layout(layout), encoding="utf-8")
    return tmp_path / "L.json", blanks


@pytest.fixture
def station(files, servers):
    app = create_editor(open_layout(files[0], files[1]), language="en")
    bound = bind_app(app, port=0)
    thread = bound.start()
    servers.callback(thread.join, 30)
    servers.callback(bound.close)
    return bound


@pytest.fixture
def editor(watched, station):
    def opened(**options: object):
        page = watched(station.url + options.pop("query", "?lang=en"), station.url, **options)
        page.wait_for_selector("body[data-ready]")
        return page

    return opened


def zone_of(page, name: str):
    return page.locator(f"#zones [data-zone='{name}']")


def drag(page, start: tuple[float, float], end: tuple[float, float]) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
    page.mouse.move(*end)
    page.mouse.up()


def middle(page, name: str) -> tuple[float, float]:
    found = zone_of(page, name).bounding_box()
    return found["x"] + found["width"] / 2, found["y"] + found["height"] / 2


def px_per_mm(page) -> float:
    return page.locator("#stage").bounding_box()["width"] / A4.w


def save(page) -> None:
    page.keyboard.press("Control+s")
    page.locator("#state[data-state='saved']").wait_for()


def stored(path: Path) -> dict[str, Zone]:
    layout = load_layout(path.read_text("utf-8"))
    assert layout.digest == pagecode.layout_digest(layout)
    return {zone.id: zone for page in layout.pages for zone in page.zones}


@pytest.mark.slow
@pytest.mark.browser
def test_zones_are_moved_resized_and_named_and_a_reload_shows_the_same(editor, files) -> None:
    """By mouse and by keyboard; the file holds what the screen shows, with the digest that follows from it."""
    page = editor()
    scale = px_per_mm(page)
    x, y = middle(page, "a2")
    drag(page, (x, y), (x + 10 * scale, y + 6 * scale))
    page.locator("#question").fill("often")
    zone_of(page, "a1").focus()
    for key, times in (("ArrowRight", 3), ("Shift+ArrowDown", 2), ("ArrowUp", 1), ("Control+ArrowRight", 4)):
        for _ in range(times):
            page.keyboard.press(key)
    zone_of(page, "c").click()
    page.locator(".grip.e").wait_for()
    grip = page.locator(".grip.e").bounding_box()
    drag(page, (grip["x"] + 6, grip["y"] + 6), (grip["x"] + 6 + 27 * scale, grip["y"] + 6))
    assert page.locator("#state").inner_text() == "Unsaved changes"
    save(page)
    found = stored(files[0])
    assert found["a2"].question == "often"
    assert (found["a2"].rect.x, found["a2"].rect.y) == pytest.approx((90.0, 36.2), abs=0.31)
    assert found["a1"].rect == RectMm(x=30.3, y=31.9, w=5.4, h=5.0)
    assert found["c"].rect.w == pytest.approx(54.0, abs=0.31)
    assert len(found["c"].cells) == 4
    assert found["c"].cells[1].x - found["c"].cells[0].x == pytest.approx(14.0, abs=0.1)
    assert found["h"] == a_layout().pages[0].zones[4]
    before = page.evaluate(SEEN)
    page.reload()
    page.wait_for_selector("body[data-ready]")
    assert page.evaluate(SEEN) == before


SEEN = (
    "[...document.querySelectorAll('#zones .zone')].map((node) => [node.dataset.zone, node.getAttribute('aria-label'), "
    "node.getAttribute('style')])"
)


@pytest.mark.slow
@pytest.mark.browser
def test_new_copied_and_deleted_zones_and_everything_taken_back(editor, files) -> None:
    """Drawn with the mouse, put in the middle by keyboard, duplicated, deleted; Ctrl+Z goes all the way back, Ctrl+Y
    forward again.
    """
    page = editor()
    scale, sheet = px_per_mm(page), page.locator("#stage").bounding_box()
    page.locator("#new").click()
    drag(page, (sheet["x"] + 150 * scale, sheet["y"] + 45 * scale), (sheet["x"] + 155 * scale, sheet["y"] + 50 * scale))
    assert page.locator("#kind").input_value() == "mark"
    page.locator("#new").focus()
    page.keyboard.press("Enter")
    assert page.locator("#zones .zone").count() == 7
    page.keyboard.press("Control+d")
    zone_of(page, "a3").focus()
    page.keyboard.press("Delete")
    assert page.locator("#live").inner_text() == "1 zone deleted"
    assert page.evaluate("document.activeElement.dataset.zone") is not None
    after = page.evaluate(SEEN)
    for _ in range(4):
        page.keyboard.press("Control+z")
    assert page.locator("#state").inner_text() == "Saved"
    page.keyboard.press("Control+z")
    assert "nothing to undo" in page.locator("#live").inner_text()
    for _ in range(4):
        page.keyboard.press("Control+y")
    assert page.evaluate(SEEN) == after
    save(page)
    found = stored(files[0])
    assert len(found) == 9
    assert "a3" not in found
    drawn = next(zone for zone in found.values() if zone.rect.x == pytest.approx(150.0, abs=0.3))
    assert (drawn.kind, drawn.option, drawn.rect.w) == (ZoneKind.MARK, "1", pytest.approx(5.0, abs=0.31))


@pytest.mark.slow
@pytest.mark.browser
def test_several_zones_are_chosen_numbered_and_changed_together(editor, files) -> None:
    """A rectangle around the boxes selects them; code, several answers and numbers go to all; kinds change with what
    they need.
    """
    page = editor()
    scale, sheet = px_per_mm(page), page.locator("#stage").bounding_box()
    drag(page, (sheet["x"] + 20 * scale, sheet["y"] + 22 * scale), (sheet["x"] + 150 * scale, sheet["y"] + 40 * scale))
    assert page.locator("#selected").inner_text() == "3 zones"
    page.locator("#question").fill("days")
    page.locator("#multiple").check()
    zone_of(page, "a2").click(modifiers=["Shift"])
    assert page.locator("#selected").inner_text() == "2 zones"
    assert page.locator("#question").input_value() == "days"
    page.locator("#number-options").click()
    page.locator("#remarks[data-checked='yes'][data-grave='1']").wait_for()
    assert "days" in page.locator("#remarks button").inner_text()
    page.keyboard.press("Control+s")
    page.locator("#notice:not([hidden])").wait_for()
    assert page.locator("#notice").inner_text() == "Not saved: 1 error"
    assert stored(files[0])["a1"].question == "q1"
    page.locator("#remarks button").click()
    page.locator("#option").fill("x")
    zone_of(page, "h").click()
    page.locator("#kind").select_option("comb")
    page.locator("#cells").fill("8")
    page.locator("#alphabet").select_option("date")
    page.locator("#remarks[data-checked='yes'][data-grave='0']").wait_for()
    save(page)
    found = stored(files[0])
    assert {found[name].question for name in ("a1", "a2", "a3")} == {"days"}
    assert all(found[name].multiple for name in ("a1", "a2", "a3"))
    assert sorted(str(found[name].option) for name in ("a1", "a2", "a3")) == ["1", "2", "x"]
    assert (found["h"].kind, len(found["h"].cells), found["h"].alphabet, found["h"].lines) == (
        ZoneKind.COMB,
        8,
        Alphabet.DATE,
        None,
    )


@pytest.mark.slow
@pytest.mark.browser
def test_wrong_codes_and_overlaps_are_said_in_words(editor, files) -> None:
    """A code that cannot be, with a proposal; zones on each other; in German too; what is wrong is announced and
    leads to its zone.
    """
    page = editor(query="?lang=de")
    zone_of(page, "a1").click()
    page.locator("#question").fill("Straße 1")
    page.locator("#remarks[data-checked='yes'][data-grave='1']").wait_for()
    assert "strasse1" in page.locator("#remarks").inner_text()
    assert "Straße 1" in page.locator("#live").inner_text()
    assert page.locator("#question").get_attribute("aria-invalid") == "true"
    page.locator("#question").fill("q1")
    page.locator("#remarks[data-checked='yes'][data-grave='0']").wait_for()
    x, y = middle(page, "a2")
    target = middle(page, "a3")
    drag(page, (x, y), (target[0] + 8, target[1] + 8))
    page.locator("#remarks button").wait_for()
    assert "überdecken sich" in page.locator("#remarks").inner_text()
    save(page)
    assert stored(files[0])["a2"].rect.x > 125


@pytest.mark.slow
@pytest.mark.browser
def test_a_file_changed_meanwhile_is_not_overwritten(editor, files) -> None:
    """When another program wrote the file, saving says so and leaves it alone."""
    page = editor()
    other = dump_layout(replace(a_layout(), version="2"))
    files[0].write_text(other, encoding="utf-8")
    zone_of(page, "a1").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Control+s")
    page.locator("#notice:not([hidden])").wait_for()
    assert "another program" in page.locator("#notice").inner_text()
    assert files[0].read_text("utf-8") == other


@pytest.mark.slow
@pytest.mark.browser
def test_tab_goes_through_the_zones_in_reading_order(editor) -> None:
    """Boxes of a row that stand a little higher or lower still come from left to right; each has a name; the list
    leads to a page.
    """
    page = editor()
    zone_of(page, "a1").focus()
    order = []
    for _ in range(5):
        order.append(page.evaluate("document.activeElement.dataset.zone"))
        page.keyboard.press("Tab")
    assert order == ["a1", "a2", "a3", "c", "h"]
    assert zone_of(page, "c").get_attribute("aria-label") == "Character cells q2, page 1"
    page.locator("[data-entry='b2']").click()
    assert page.locator("#sheet").input_value() == "2"
    assert page.locator("#selected").inner_text() == "Zone q4 2"
    assert zone_of(page, "b2").is_visible()


@pytest.mark.fast_cases(1)
@pytest.mark.browser
@pytest.mark.parametrize("size", [(1366, 768), (683, 384), (320, 640)])
def test_the_editor_fits_and_everything_has_a_name(editor, size) -> None:
    """Also at 200 % zoom and in a small window; controls have names, ids are unique, styles stand on the stage only."""
    page = editor(viewport={"width": size[0], "height": size[1]}, color_scheme="dark")
    zone_of(page, "c").focus()
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    unnamed = page.evaluate(
        """() => [...document.querySelectorAll('button, a, input, select, [role=group]')].filter((node) => node.checkVisibility()
        && !(node.getAttribute('aria-label') || node.labels?.[0]?.textContent.trim() || node.innerText?.trim())).map((node) => node.outerHTML)"""
    )
    assert unnamed == []
    assert page.evaluate(
        "(() => { const ids = [...document.querySelectorAll('[id]')].map((node) => node.id); return ids.length === new "
        "Set(ids).size; })()"
    )
    assert page.evaluate("[...document.querySelectorAll('[style]')].every((node) => node.closest('#stage'))")


def test_only_the_own_browser_may_change_the_file(files) -> None:
    """Without the token nothing is written; what is no layout is refused; looking changes nothing."""
    http = create_editor(open_layout(files[0], files[1]), language="en").test_client()
    base = "http://127.0.0.1:8766"
    before = hashlib.sha256(files[0].read_bytes()).hexdigest()
    state = http.get("/api/layout", base_url=base).get_json()
    assert state["layout"] == json.loads(files[0].read_text("utf-8"))
    good = {"pages": [page["zones"] for page in state["layout"]["pages"]], "basis": state["basis"]}
    assert http.post("/api/save", json=good, base_url=base).status_code == 403
    assert http.get("/", base_url=base, headers={"Host": "evil.example"}).status_code == 400
    token = {"X-CSRFToken": http.get("/api/session", base_url=base).get_json()["csrf"]}
    for wrong in (
        {"basis": "x"},
        {"pages": [], "basis": "x"},
        {"pages": "x", "basis": "x"},
        {"pages": good["pages"]},
        {"pages": good["pages"], "basis": 1},
    ):
        assert http.post("/api/save", json=wrong, base_url=base, headers=token).status_code == 400
    for pages in ([[1], []], [5, []], [[{"id": "x"}], []], [[], []]):
        answer = http.post(
            "/api/save", json={"pages": pages, "basis": state["basis"]}, base_url=base, headers=token
        ).get_json()
        assert answer["result"] == "wrong"
        assert any(remark["grave"] for remark in answer["remarks"])
    assert http.get("/pictures/3", base_url=base).status_code == 404
    assert hashlib.sha256(files[0].read_bytes()).hexdigest() == before
