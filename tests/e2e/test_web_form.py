"""The web form in a browser: every page and state accessible, by keyboard alone, on any screen; and what the script
adds.
"""

import re
import shutil
from dataclasses import dataclass

import pytest

from bench.waiting import PATIENCE_MS, until, until_page
from bench.web_form_material import ANSWERS, TOKENS, configure
from scanform.webform.server import bind
from scanform.workflow.answering.desk import AnsweringDesk
from scanform.workflow.project.project import open_project
from tests.e2e.test_accessibility import LOOKS, MOVING, OUTSIDE, RUN, VENDOR

pytestmark = pytest.mark.browser

EXPECTED = " 4"
"""Errors, conflicts and ended sessions are statuses that the browser's console names."""

SMALL = """() => [...document.querySelectorAll('button, input, textarea, .choice label')]
  .filter((node) => node.checkVisibility() && !node.closest('.skip') && !node.matches('.visually-hidden, [type="hidden"]'))
  .filter((node) => { const {width, height} = node.getBoundingClientRect(); return width < 24 || height < 24; })
  .map((node) => `${node.tagName} ${node.id} ${node.textContent}`)"""


@dataclass
class Form:
    """A served web form and how to open it."""

    url: str
    desk: AnsweringDesk
    watched: object

    def page(self, path="", **options):
        return self.watched(self.url + path, self.url, expected=EXPECTED, **options)

    def begun(self, token=TOKENS[0], **options):
        page = self.page(f"t/{token}", **options)
        turn(page, "button.primary")
        return page

    def draft(self, token=TOKENS[0]):
        return self.desk.standing(self.desk.access(token)).draft


@pytest.fixture
def form(printed_places, tmp_path, watched, servers):
    folder = shutil.copytree(printed_places, tmp_path / "project")
    configure(folder, {"open_link": "on", "contact": "Fragen? 0231 1", "colour": "#7a1f2b"})
    project = servers.enter_context(open_project(folder))
    desk = AnsweringDesk(project)
    server = bind(desk, port=0)
    thread = server.start()
    servers.callback(lambda: (server.close(), thread.join()))
    return Form(server.url, desk, watched)


def turn(page, button):
    """Click a button that leads to another page; back when that page is there as a whole."""
    with page.expect_navigation(wait_until="load", timeout=PATIENCE_MS):
        page.click(button)


def onward(page):
    turn(page, ".ways button.primary")


def arrives(page, path):
    """Waits until a page of that path is there."""
    page.wait_for_url(lambda url: url.partition("?")[0].endswith(path))


def fill_first(page, place="Café Übergang"):
    page.fill("#f-place", place)
    page.check("input[value=club]")


def complaints(page):
    page.evaluate((VENDOR / "axe.min.js").read_text("utf-8"))
    return page.evaluate(RUN)


# --- every state -----------------------------------------------------------------------------------------------------


def start(form, options):
    yield form.page(**options)


def unknown(form, options):
    yield form.page("t/nichts", **options)


def path_of_pages(form, options):
    """Welcome, a page with errors, the pages, the summary, the receipt, the used code."""
    page = form.page(f"t/{TOKENS[0]}", **options)
    yield page
    turn(page, "button.primary")
    yield page
    page.check("#f-staff")
    page.fill("#f-hours", "viele")
    page.check("#f-kind-other")
    onward(page)
    yield page
    fill_first(page)
    page.fill("#f-hours", "12")
    onward(page)
    yield page
    onward(page)
    yield page
    onward(page)
    yield page
    onward(page)
    yield page
    page.goto(f"{form.url}t/{TOKENS[0]}")
    yield page


def conflict(form, options):
    one, two = form.begun(**options), form.begun(**options)
    fill_first(one, "eins")
    onward(one)
    fill_first(two, "zwei")
    onward(two)
    until_page(two, "() => Boolean(document.querySelector('.other'))")
    yield two


def later(form, options):
    page = form.page("o", **options)
    turn(page, "button.primary")
    yield page
    turn(page, "button[value=later]")
    yield page


def ended(form, options):
    page = form.begun(**options)
    page.context.clear_cookies()
    onward(page)
    yield page


def missing(form, options):
    yield form.page("nirgends", **options)


STATES = (start, unknown, path_of_pages, conflict, later, ended, missing)


@pytest.mark.slow
@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_axe_finds_nothing_on_any_page_in_any_state(form, state):
    """Light, dark and forced colours; targets are large enough, nothing moves."""
    for page in state(form, {"reduced_motion": "reduce"}):
        for look in LOOKS:
            page.emulate_media(color_scheme=look["color_scheme"], forced_colors=look.get("forced_colors", "none"))
            assert complaints(page) == [], (page.url, look)
        assert page.evaluate(SMALL) == []
        assert page.evaluate(MOVING) == []


@pytest.mark.slow
@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_nothing_is_cut_off_on_a_small_screen_or_at_400_per_cent(form, state):
    """320 pixels wide, which is 400 % on a screen of 1280: no page scrolls sideways, nothing lies outside."""
    for page in state(form, {"viewport": {"width": 320, "height": 256}}):
        assert page.evaluate("() => document.documentElement.scrollWidth") <= 320
        assert page.evaluate(OUTSIDE, [320, ".nothing"]) == []


def test_a_first_page_is_accessible(form):
    """The page with most kinds of questions, with errors, in one look; the other states are tested slowly."""
    page = form.begun()
    onward(page)
    assert complaints(page) == []
    assert page.evaluate("() => document.activeElement.className") == "errors"
    assert page.title().startswith("Fehler:")


# --- by keyboard, by ear ---------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_everything_goes_by_keyboard(form):
    """From the code to the receipt without a pointer: Tab, arrows, Space, Enter; Enter in a field continues."""
    page = form.page()
    page.focus("#code")
    page.keyboard.type(TOKENS[0])
    page.keyboard.press("Enter")
    page.focus("button.primary")
    page.keyboard.press("Enter")
    page.focus("#f-place")
    page.keyboard.type("Café")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")  # the second answer to the next question
    page.focus("#f-kind")
    page.keyboard.press("Space")
    page.focus("#f-place")
    page.keyboard.press("Enter")
    arrives(page, "/page/2")
    for path in ("/page/3", "/check", "/sent"):
        page.focus(".ways button.primary")
        page.keyboard.press("Enter")
        arrives(page, path)
    values = {a.column: a.value for a in form.desk.project.store.response("web-1").answers if a.value}
    assert values == {"place": "Café", "staff": "no", "kind": "club"}


@pytest.mark.slow
def test_fields_have_names_and_descriptions(form):
    """What a screen reader says: role, name, description, error, required; rows of a matrix with their names."""
    page = form.begun()
    onward(page)
    snapshot = page.locator("main").aria_snapshot()
    assert 'textbox "Wie heißt der Ort? (Pflichtangabe)"' in snapshot
    assert 'group "Was für ein Ort ist es? (Pflichtangabe)"' in snapshot
    assert 'textbox "Bitte angeben: anderes"' in snapshot
    assert "alert" in snapshot
    tree = page.evaluate("() => document.getElementById('f-place').getAttribute('aria-describedby')")
    assert page.inner_text(f"#{tree.split()[-1]}").endswith("bitte geben Sie etwas an")
    fill_first(page)
    onward(page)
    onward(page)
    snapshot = page.locator("main").aria_snapshot()
    assert 'radiogroup "Es ist warm."' in snapshot
    assert 'radio "gar nicht"' in snapshot
    assert 'group "vormittags"' in snapshot


@pytest.mark.slow
def test_links_of_the_summary_lead_to_the_field(form):
    """A link of the error summary puts the focus into the field, or on its first option."""
    page = form.begun()
    onward(page)
    page.click(".errors a >> nth=1")
    assert page.evaluate("() => document.activeElement.id") == "f-kind"
    page.click(".errors a >> nth=0")
    assert page.evaluate("() => document.activeElement.id") == "f-place"


# --- what the script adds --------------------------------------------------------------------------------------------


def test_a_question_appears_at_once_and_choices_exclude_each_other(form):
    """The script shows what an answer makes appear, unticks what does not go together, ticks what is written beside."""
    page = form.begun()
    assert not page.is_visible("#f-hours")
    page.check("#f-staff")
    assert page.is_visible("#f-hours")
    page.check("#f-staff-no")
    assert not page.is_visible("#f-hours")
    page.check("#f-offers")
    page.check("#f-offers-none")
    assert not page.is_checked("#f-offers")
    page.fill("#f-offers__more_text", "Töpfern")
    assert page.is_checked("#f-offers-more")
    assert not page.is_checked("#f-offers-none")
    page.click("button.clear:visible")
    assert not page.is_checked("#f-staff-no")


def second_page(form, **options):
    page = form.begun(**options)
    fill_first(page)
    onward(page)
    return page


def listed(page):
    return page.locator("#f-quarter-offered:not([hidden]) [role=option]").all_inner_texts()


@pytest.mark.slow
def test_values_of_a_list_are_offered_by_keyboard(form):
    """What begins like the text first, without case or accents; arrows and Enter take one, which is saved; Escape
    closes; nothing is filled in unasked, and what the list does not have stays as it is typed.
    """
    page = second_page(form)
    field = page.locator("#f-quarter")
    assert page.locator("input[list]").count() == 0
    field.press_sequentially("ho")
    assert (field.get_attribute("aria-expanded"), listed(page)) == ("true", ["Hörde"])
    assert field.input_value() == "ho"
    field.fill("")
    field.press("ArrowDown")
    assert listed(page) == ["City", "Hafen", "Nordmarkt", "Hörde"]
    field.press("ArrowDown")
    field.press("Enter")
    assert (field.input_value(), listed(page)) == ("Hafen", [])
    until(lambda: form.draft().typed.get("quarter") == "Hafen", "the saving")
    field.fill("")
    field.press_sequentially("nord")
    field.press("Escape")
    assert (listed(page), page.evaluate("document.activeElement.id")) == ([], "f-quarter")
    field.press_sequentially("stadt")
    field.press("Enter")
    arrives(page, "/page/3")
    assert form.draft().typed["quarter"] == "nordstadt"


@pytest.mark.slow
def test_an_open_list_is_accessible(form):
    """axe, the names in the accessibility tree, how many are told, targets, on a narrow screen and in forced colours;
    a pointer takes a value.
    """
    page = second_page(form, viewport={"width": 320, "height": 568}, reduced_motion="reduce")
    field = page.locator("#f-quarter")
    field.press("ArrowDown")
    for look in LOOKS:
        page.emulate_media(color_scheme=look["color_scheme"], forced_colors=look.get("forced_colors", "none"))
        assert complaints(page) == [], look
    snapshot = page.locator(".question:has(#f-quarter)").aria_snapshot()
    assert 'combobox "Stadtteil" [expanded]' in snapshot
    assert 'listbox "Stadtteil"' in snapshot
    assert 'option "City"' in snapshot
    assert "Passende Einträge in der Liste: 4" in snapshot
    marked = page.locator(f"#{field.get_attribute('aria-activedescendant')}")
    assert (marked.inner_text(), marked.get_attribute("aria-selected")) == ("City", "true")
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 320
    assert page.evaluate(OUTSIDE, [320, ".nothing"]) == []
    assert all(box.bounding_box()["height"] >= 24 for box in page.locator("[role=option]").all())
    page.locator("[role=option]", has_text="Hafen").click()
    assert (field.input_value(), listed(page)) == ("Hafen", [])


@pytest.mark.slow
def test_what_is_typed_is_saved_by_itself(form):
    """A while after the last key, and when the page is left, without any button."""
    page = form.begun()
    page.fill("#f-place", "Von selbst")
    until(lambda: form.draft().typed.get("place") == "Von selbst")
    until_page(page, "() => document.getElementById('saving').textContent", of="Gespeichert")
    page.fill("#f-place", "Im Gehen")
    page.goto("about:blank")
    until(lambda: form.draft().typed.get("place") == "Im Gehen")


@pytest.mark.slow
def test_what_is_typed_before_the_script_is_there_is_saved_too(form):
    """On a slow line people type before the script has come: it saves that when it comes."""
    held = []
    page = form.page(f"t/{TOKENS[0]}")
    page.route("**/static/form.js", lambda route: held.append(route))  # noqa: PLW0108 - Playwright cannot look into a method of a list
    page.click("button.primary")
    page.fill("#f-place", "Vorher")
    until(lambda: page.wait_for_timeout(1) or held)
    held[0].continue_()
    until(lambda: page.wait_for_timeout(1) or form.draft().typed.get("place") == "Vorher")


@pytest.mark.slow
def test_the_back_button_shows_what_is_kept(form):
    """Back and forward in the browser, and a change there, lose nothing and raise no false alarm."""
    page = form.begun()
    fill_first(page, "eins")
    onward(page)
    arrives(page, "/page/2")
    page.go_back()
    until_page(page, "() => document.getElementById('f-place')?.value", of="eins")
    page.fill("#f-place", "zwei")
    onward(page)
    arrives(page, "/page/2")
    assert form.draft().typed["place"] == "zwei"


@pytest.mark.slow
def test_without_scripts_it_works_as_well(form):
    """The same way with scripts switched off: a question appears after "Continue", then pages, summary, receipt; lists
    are the browser's own.
    """
    page = form.begun(java_script_enabled=False)
    fill_first(page)
    page.check("#f-staff")
    onward(page)
    assert page.is_visible("#f-hours")
    page.fill("#f-hours", "7,5")
    onward(page)
    assert page.locator("#f-quarter[list=f-quarter-list]").count() == 1
    assert page.locator("#f-quarter-list option").count() == 4
    for _ in range(3):
        onward(page)
    assert page.url.endswith("/sent")
    assert form.desk.project.store.response("web-1").answer("hours").value == "7.5"


@pytest.mark.slow
def test_two_people_at_once_are_two_responses(form):
    """Two browsers with two codes do not see each other; receipts are their own."""
    pages = [form.begun(token) for token in TOKENS[:2]]
    for number, page in enumerate(pages):
        fill_first(page, f"Ort {number}")
        for _ in range(4):
            onward(page)
        arrives(page, "/sent")
    numbers = {re.search(r"web-\d", page.inner_text("main"))[0] for page in pages}
    assert numbers == {"web-1", "web-2"}
    assert ANSWERS["place"] not in pages[0].content()
