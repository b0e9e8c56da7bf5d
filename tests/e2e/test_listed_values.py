"""A question with a list on the screens: its values are offered while somebody types, by keyboard alone, and a
screen reader can tell.
"""

from dataclasses import replace

import pytest

from bench import review_material
from bench.review_material import REMARK, fill, printed_survey
from bench.waiting import until, until_page
from scanform.workflow.project.project import open_project
from tests.e2e.test_accessibility import RUN, VENDOR

VALUES = '["Ostwall", "Ostenhellweg", "Westenhellweg", "Kuhstraße", "Küpferstraße"]'
STREET = replace(REMARK, value="Ostwal", problem="not-in-list", candidates=("Ostwal",))


@pytest.fixture
def project(tmp_path, monkeypatch):
    listed = review_material.QUESTIONNAIRE.replace(
        "- question: remark\n        type: text", f"- question: remark\n        type: text\n        values: {VALUES}"
    )
    assert listed != review_material.QUESTIONNAIRE
    monkeypatch.setattr(review_material, "QUESTIONNAIRE", listed)
    with open_project(printed_survey(tmp_path)) as opened:
        yield opened


def opened(watched, station, path="?lang=en"):
    page = watched(f"{station}{path}", station)
    page.wait_for_selector("#item:not([hidden])")
    until_page(page, "document.getElementById('item').dataset.visible === document.getElementById('item').dataset.item")
    page.wait_for_timeout(160)
    return page


def offered(page):
    return page.locator("#offered:not([hidden]) [role=option]").all_inner_texts()


def stored(project):
    return [(decision.kind.value, decision.to_value) for decision in project.store.decisions()]


def test_values_of_the_list_are_offered_while_typing(watched, station, project):
    """What begins like the text first; arrows and Enter take one, which settles nothing by itself; Escape closes;
    accents and case make no difference.
    """
    fill(project, 2, STREET)
    page = opened(watched, station)
    assert page.locator("#text").get_attribute("role") == "combobox"
    assert page.locator("#text").get_attribute("aria-expanded") == "false"
    assert page.locator("#typing .choices .choice-text").all_inner_texts()[0] == "Ostwall"
    page.locator("#text").press("ControlOrMeta+a")
    page.keyboard.type("os")
    until_page(page, "document.getElementById('text').getAttribute('aria-expanded')", of="true")
    assert offered(page) == ["Ostwall", "Ostenhellweg"]
    page.evaluate((VENDOR / "axe.min.js").read_text("utf-8"))
    assert page.evaluate(RUN) == []
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    marked = page.locator("#text").get_attribute("aria-activedescendant")
    assert page.locator(f"#{marked}").inner_text() == "Ostenhellweg"
    assert page.locator(f"#{marked}").get_attribute("aria-selected") == "true"
    page.keyboard.press("Enter")
    assert (page.input_value("#text"), stored(project)) == ("Ostenhellweg", [])
    assert page.locator("#text").get_attribute("aria-expanded") == "false"
    page.locator("#text").press("ControlOrMeta+a")
    page.keyboard.type("ku")
    assert offered(page) == ["Kuhstraße", "Küpferstraße"]
    page.keyboard.press("Escape")
    assert offered(page) == []
    assert page.evaluate("document.activeElement.id") == "text"


def test_the_only_value_left_is_filled_in_while_typing(watched, station, project):
    """The rest is marked, so that the next character takes its place: Enter takes the whole value, Delete leaves what
    was typed; what the list does not have is asked about.
    """
    fill(project, 2, STREET)
    page = opened(watched, station)
    page.locator("#text").press("ControlOrMeta+a")
    page.keyboard.type("WES")
    until_page(page, "document.getElementById('text').value", of="Westenhellweg")
    assert page.evaluate("getSelection().toString()") == "tenhellweg"
    page.keyboard.press("Enter")
    page.wait_for_selector("#saved[data-pending='0']")
    until_page(page, "document.getElementById('item').dataset.visible === document.getElementById('item').dataset.item")
    page.wait_for_timeout(160)
    page.locator("#text").press("ControlOrMeta+a")
    page.keyboard.type("West")
    page.keyboard.press("Delete")
    assert page.input_value("#text") == "West"
    page.keyboard.type("wall")
    page.keyboard.press("Enter")
    assert page.inner_text("#ask").startswith("“Westwall” is not in the list.")
    page.wait_for_timeout(160)
    page.keyboard.press("Enter")
    page.wait_for_selector("#panel[data-name='done']")
    page.wait_for_selector("#saved[data-pending='0']")
    assert stored(project) == [("correct", "Westenhellweg"), ("correct", "Westwall")]


@pytest.mark.slow
def test_the_small_text_field_offers_them_too(watched, station, project):
    """On the screen of many; the list is asked for once."""
    fill(project, 4, replace(STREET, problem="handwriting", value="Ostwall"))
    page = watched(f"{station}mosaic?lang=en#house%3Aremark%3A", station)
    asked = []
    page.on("request", lambda request: asked.append(request.url) if "/api/lists/" in request.url else None)
    page.wait_for_selector(".tile")
    for _ in range(2):
        page.locator(".tile").first.press("F2")
        page.wait_for_selector(".tile-text[role=combobox]")
        page.locator(".tile-text").press("ControlOrMeta+a")
        page.keyboard.type("kuh")
        until_page(page, "document.querySelector('.tile-text').value", of="Kuhstraße")
        page.keyboard.press("Escape")
        page.wait_for_selector(".tile-text", state="detached")
    assert len(asked) <= 1


@pytest.mark.parametrize("path", ["?lang=en", "mosaic?lang=en#house%3Aremark%3A"])
def test_a_list_that_comes_late_answers_what_stands_in_the_field_by_then(watched, station, project, path):
    """On both screens: whoever types faster than the line is offered the same as everybody else."""
    fill(project, 4, replace(STREET, problem="handwriting", value="Ostwall"))
    page = watched("about:blank", station)  # no screen that asks for the list before it is held
    held = []
    # Playwright takes no bound method of a list
    page.route("**/api/lists/**", lambda route: held.append(route))  # noqa: PLW0108
    page.goto(f"{station}{path}")
    if "mosaic" in path:
        page.wait_for_selector(".tile")
        page.locator(".tile").first.press("F2")
    field = page.locator("#text[role=combobox], .tile-text[role=combobox]")
    field.wait_for()
    field.press("ControlOrMeta+a")
    page.keyboard.type("kuh")
    assert field.input_value() == "kuh"
    until(lambda: page.wait_for_timeout(20) or held)
    held[0].continue_()
    until_page(page, "document.activeElement.value", of="Kuhstraße")
    assert page.evaluate("getSelection().toString()") == "straße"
