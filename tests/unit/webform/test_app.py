"""The pages of the web form, through requests as a browser without scripts makes them."""

import re
from datetime import timedelta

import pytest

from bench.web_form_material import ANSWERS, CANONICAL, TOKENS, Respondent, page_form
from scanform.webform.app import create_app
from scanform.webform.server import bind, white_on
from scanform.workflow.answering.desk import AnsweringDesk


def test_a_person_answers_from_code_to_receipt(person, desk):
    """Code, pages, summary, sending, receipt: what arrives is what was typed, in canonical form."""
    assert person.begins(TOKENS[0]).location == "/page/1"
    assert person.answers(ANSWERS).location == "/check"
    summary = person.get("/check").text
    assert "Café Übergang" in summary
    assert "eine Werkstatt" in summary
    assert person.send().location == "/sent"
    assert "web-1" in person.get("/sent").text
    response = desk.project.store.response("web-1")
    assert response.token == TOKENS[0]
    assert {a.column: a.value for a in response.answers if a.value} == CANONICAL
    receipt = person.get("/receipt.txt")
    assert "Töpfern" in receipt.text
    assert "web-1" in receipt.headers["Content-Disposition"]


def test_a_code_in_the_address_leaves_it_at_once(person):
    """The address of a QR code sets the session and leads to the form, whose address has no code."""
    assert person.get(f"/t/{TOKENS[1]}").location == "/begin"
    assert "Orte im Stadtteil" in person.get("/begin").text
    assert TOKENS[1] not in person.get("/begin").text


def test_a_question_appears_on_its_page_without_scripts(person):
    """A filter on the same page: the question appears after "Continue", and what was typed there is kept."""
    person.begins(TOKENS[0])
    assert 'data-question="hours" data-when="staff" data-options="yes" hidden' in person.get("/page/1").text
    first = person.turns(1, ANSWERS)
    assert first.location.startswith("/page/1?more=1")
    page = person.get(first.location).text
    assert 'data-question="hours" data-when="staff" data-options="yes">' in page
    assert "gibt es auf dieser Seite weitere Fragen" in page
    assert person.turns(1, ANSWERS).location == "/page/2"


@pytest.mark.slow
def test_a_question_whose_filter_was_answered_before_is_there_or_not(person):
    """A filter on an earlier page: the page has the question only where the filter asks it."""
    person.begins(TOKENS[0])
    person.turns(1, ANSWERS | {"staff": "no"})
    assert 'data-question="pay"' not in person.get("/page/2").text
    person.turns(1, ANSWERS)
    assert 'data-question="pay"' in person.get("/page/2").text


def test_what_is_wrong_is_said_with_a_link_and_kept(person, desk):
    """Errors: a summary with links to the fields, the words beside each field, the entry as typed, kept in the draft."""
    person.begins(TOKENS[0])
    found = person.turns(2, {"people": "viele", "since": "31.2.2020", "opens": "25 Uhr"})
    assert found.status_code == 422
    assert re.findall(r'<li><a href="#(f-[a-z]+)">', found.text) == ["f-people", "f-since", "f-opens"]
    assert 'id="f-people-error"' in found.text
    assert re.search(r'id="f-people"[^>]*value="viele"[^>]*aria-describedby="f-people-hint f-people-error', found.text)
    assert "<title>Fehler:" in found.text
    assert 'value="viele"' in person.get("/page/2").text


@pytest.mark.fast_cases(2)
@pytest.mark.parametrize("way", ["later", "back", "lang:en", "clear:kind"])
def test_every_way_out_of_a_page_keeps_it(person, desk, way):
    """Back, later, another language, clearing a choice: what was typed is kept, invalid text too."""
    person.begins(TOKENS[0])
    typed = {"place": "Hier", "hours": "?", "kind": "club"}
    person.turns(1, typed, go=way)
    draft = desk.standing(desk.access(TOKENS[0])).draft
    expected = typed | ({"kind": ""} if way == "clear:kind" else {})
    assert {column: draft.typed.get(column, "") for column in typed} == expected


def test_languages_change_in_place(person):
    """The same page in the other language, with what was typed."""
    person.begins(TOKENS[0])
    assert person.turns(1, {"place": "Here"}, go="lang:en").location == "/page/1"
    page = person.get("/page/1").text
    assert '<html lang="en">' in page
    assert "What is the place called?" in page
    assert 'value="Here"' in page


def test_going_on_later_ends_the_visit_and_the_code_brings_it_back(person):
    """After "Save and go on later" this browser shows nothing; the code leads back to the page."""
    person.begins(TOKENS[0])
    person.turns(1, ANSWERS)
    person.turns(1, ANSWERS)
    assert person.turns(2, ANSWERS, go="later").location == "/later"
    assert "Code aus Ihrem Brief" in person.get("/later").text
    assert person.get("/page/1").location == "/"
    assert person.begins(TOKENS[0]).location == "/page/2"
    assert 'value="1987"' in person.get("/page/2").text


def test_an_ended_session_loses_nothing(person, app):
    """The page comes back without its session: with the code it goes on, with everything that was on it."""
    person.begins(TOKENS[0])
    body = page_form(person.get("/page/1").text, {"place": "Spät", "hours": "acht", "offers": "choir chess"}, go="next")
    person.client.delete_cookie(app.config["SESSION_COOKIE_NAME"], domain="localhost")
    asked = person.post("/page/1", body)
    assert asked.status_code == 403
    assert "Spät" in asked.text
    wrong = person.post("/again/1", page_form(asked.text, {}, code="nichts"))
    assert wrong.status_code == 422
    back = person.post("/again/1", page_form(wrong.text, {}, code=TOKENS[0]))
    assert back.location == "/page/1"
    page = person.get("/page/1").text
    assert 'value="Spät"' in page
    assert re.search(r'value="chess" checked', page)


def test_a_page_of_a_draft_whose_term_is_over_is_not_thrown_away(person, desk, monkeypatch):
    """The draft was deleted while the page was open: the code begins a new one, with what was on the page."""
    person.begins(TOKENS[0])
    body = page_form(person.get("/page/2").text, {"people": "12"}, go="next")
    now = desk._clock()
    monkeypatch.setattr(desk, "_clock", lambda: now + timedelta(days=40))
    asked = person.post("/page/2", body)
    assert asked.status_code == 403
    assert person.post("/again/2", page_form(asked.text, {}, code=TOKENS[0])).location == "/page/2"
    assert 'value="12"' in person.get("/page/2").text


@pytest.mark.slow
def test_a_question_that_is_not_on_the_page_keeps_its_answer(person, desk):
    """An answer given before its filter was changed is not lost: it is there again when the filter is changed back."""
    person.begins(TOKENS[0])
    person.turns(1, ANSWERS)
    person.turns(2, {"pay": "few"})
    person.turns(1, ANSWERS | {"staff": "no"})
    person.turns(2, {})
    person.turns(1, ANSWERS)
    assert re.search(r'value="few" checked', person.get("/page/2").text)


def test_two_windows_are_told_what_differs(person, desk):
    """The later window sees both values, and what it says then counts."""
    person.begins(TOKENS[0])
    old = person.get("/page/1").text
    person.turns(1, {"place": "Fenster eins"})
    found = person.post("/page/1", page_form(old, {"place": "Fenster zwei", "kind": "club"}, go="next"))
    assert found.status_code == 409
    assert "Anderswo gespeichert: Fenster eins" in found.text
    assert 'value="Fenster zwei"' in found.text
    person.post("/page/1", page_form(found.text, {"place": "Fenster zwei", "kind": "club"}, go="next"))
    assert desk.standing(desk.access(TOKENS[0])).draft.typed["place"] == "Fenster zwei"


@pytest.mark.slow
def test_a_change_from_the_summary_returns_to_it(person):
    """A change link opens the page at the question; continuing leads back to the summary."""
    person.begins(TOKENS[0])
    person.answers(ANSWERS)
    assert 'href="/page/2?then=check#f-people"' in person.get("/check").text
    page = person.get("/page/2?then=check").text
    found = person.post("/page/2", page_form(page, ANSWERS | {"people": "121"}, go="next"))
    assert found.location == "/check"
    assert "121" in person.get("/check").text


@pytest.mark.slow
def test_sending_twice_is_one_response(person, desk):
    """A double click and a reload of the sending lead to the same receipt."""
    person.begins(TOKENS[0])
    person.answers(ANSWERS)
    summary = person.get("/check").text
    assert person.sends(summary, "/check").location == "/sent"
    assert person.sends(summary, "/check").location == "/sent"
    assert len(desk.project.store.responses()) == 1


def test_autosave_keeps_and_tells_the_version(person, desk):
    """The script's savings: kept, numbered, refused where another window was faster, and without a session."""
    person.begins(TOKENS[0])
    page = person.get("/page/1").text
    assert person.post("/save/1", page_form(page, {"place": "A"}, turn="1")).json["version"] == 1
    other = person.get("/page/1").text
    assert person.post("/save/1", page_form(other, {"place": "B"}, turn="1")).json["version"] == 2
    assert person.post("/save/1", page_form(page, {"place": "C"}, turn="2")).status_code == 409
    person.client.delete_cookie(person.client.application.config["SESSION_COOKIE_NAME"], domain="localhost")
    assert person.post("/save/1", page_form(page, {"place": "C"}, turn="3")).status_code == 401


@pytest.mark.slow
def test_the_open_link_gives_a_code_of_ones_own(opened):
    """Without an access code: a personal code on each page brings the draft back, in any browser."""
    desk = AnsweringDesk(opened(open_link="on"))
    person = Respondent(create_app(desk))
    assert person.get("/o").location == "/begin"
    person.sends(person.get("/begin").text, "/begin")
    page = person.turns(1, {"place": "Offen"})
    code = re.search(r'class="code">([0-9A-Z-]+)<', page.text)[1]
    other = Respondent(person.client.application)
    assert other.begins(code).location == "/page/1"
    assert 'value="Offen"' in other.get("/page/1").text


def test_the_open_link_does_not_drop_what_was_begun(opened):
    """Opened again in the same browser it leads to what was begun there, and begins anew only when told to."""
    person = Respondent(create_app(AnsweringDesk(opened(open_link="on"))))
    person.get("/o")
    person.sends(person.get("/begin").text, "/begin")
    person.turns(1, {"place": "Begonnen"})
    assert person.get("/o").location == "/"
    start = person.get("/").text
    assert 'href="/page/1"' in start
    assert 'value="Begonnen"' in person.get("/page/1").text
    assert re.search(r'href="(/o/every[^"]*)"', start)[1] == "/o/every?anew=1"
    assert person.get("/o/every?anew=1").location == "/begin"
    person.sends(person.get("/begin").text, "/begin")
    assert "Begonnen" not in person.get("/page/1").text


@pytest.mark.parametrize("path", ["/nowhere", "/later"])
def test_every_page_names_the_survey_in_its_head(person, path):
    """Also pages that belong to no questionnaire; the heading is the page's own."""
    person.begins(TOKENS[0])
    page = person.get("/page/1").text
    person.post("/page/1", page_form(page, {}, go="later"))
    found = person.get(path).text
    assert '<p class="survey">Orte im Stadtteil</p>' in found
    assert "<h1>Orte im Stadtteil</h1>" not in found


def test_the_open_link_is_closed_by_default(person):
    """Without the setting there is no way in without a code."""
    assert person.get("/o").status_code == 404
    assert "/o/every" not in person.get("/").text


@pytest.mark.slow
def test_several_places_answer_with_one_code(opened):
    """After sending, the code begins the next place, with nothing of the first in it."""
    desk = AnsweringDesk(opened(places="several"))
    person = Respondent(create_app(desk))
    for place in ("Erster", "Zweiter"):
        person.begins(TOKENS[0])
        assert 'value="Erster"' not in person.get("/page/1").text
        person.answers(ANSWERS | {"place": place})
        assert person.send().location == "/sent"
    places = {one.answer("place").value for one in desk.project.store.responses()}
    assert places == {"Erster", "Zweiter"}


def test_the_publisher_is_named_in_its_colours(opened):
    """Name, logo, colour and contact of survey.toml; a logo that is no picture and a pale colour are refused."""
    project = opened(publisher="Stadt X", colour="#7a1f2b", contact="Fragen? 0231 1", logo="logo.svg")
    (project.folder / "logo.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>', "utf-8")
    person = Respondent(create_app(AnsweringDesk(project)))
    page = person.get("/").text
    assert "Stadt X" in page
    assert "Fragen? 0231 1" in page
    assert "--brand: #7a1f2b" in person.get("/theme.css").text
    assert person.get("/logo").mimetype == "image/svg+xml"
    assert white_on("#000000") == pytest.approx(21)
    for wrong in ({"colour": "#ffee00"}, {"logo": "../survey.toml", "colour": ""}, {"logo": "survey.toml"}):
        with pytest.raises(Exception, match=r"contrast|Logo|logo"):
            bind(AnsweringDesk(opened(**wrong)), port=0)
