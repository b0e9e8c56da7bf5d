"""From what was typed to the data set: the same values and the same missing codes as any other channel."""

import csv
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.web_form_material import CANONICAL, TOKENS, VIEW, begun, sent
from scanform.model.questionnaire import Note, QuestionKind
from scanform.model.response import Missing
from scanform.workflow.answering.answers import response_of
from scanform.workflow.answering.pages import known_of, next_page, pages_of, shown
from scanform.workflow.dataset.export import export_dataset
from scanform.workflow.dataset.import_digital import import_digital
from scanform.workflow.dataset.merge_responses import merge_responses

CONTACT = {"place", "phone", "mail"}


@pytest.fixture(scope="module")
def questionnaire(tmp_path_factory):
    from bench.web_form_material import QUESTIONNAIRE
    from scanform.formats.questionnaires.read_yaml import load_questionnaire

    path = tmp_path_factory.mktemp("q") / "q.yaml"
    path.write_text(QUESTIONNAIRE, "utf-8")
    return load_questionnaire(path)


def codes(questionnaire, typed, *, reached=None):
    response = response_of(questionnaire, typed, response_id="x", token=None, at="", reached=reached)
    return {a.column: a.value or (a.missing and int(a.missing)) for a in response.answers}


def test_why_there_is_no_value(questionnaire):
    """Empty -1, filtered -2, not asked on the web -5; with the filter left empty it is -1, as on every channel."""
    found = codes(questionnaire, {"place": "X", "kind": "club", "staff": "no", "hours": "12"})
    assert (found["hours"], found["pay"]) == (-2, -2)  # what was typed before the filter was changed is not sent
    assert (found["people"], found["signed"]) == (-1, -5)
    assert (found["kind__other_text"], found["offers__more_text"]) == (-2, -1)
    unknown = codes(questionnaire, {"place": "X", "kind": "club"})
    assert (unknown["hours"], unknown["staff"]) == (-1, -1)


def test_what_lies_beyond_was_not_reached(questionnaire):
    """A draft that is taken: -10 beyond the last answer, -1 on completed pages, never -10 in what was sent."""
    found = codes(questionnaire, {"place": "X", "staff": "no", "people": "3"}, reached=1)
    assert (found["kind"], found["hours"], found["people"]) == (-1, -2, "3")
    assert (found["founded"], found["warm"], found["remarks"]) == (-10, -10, -10)
    assert (found["pay"], found["signed"]) == (-2, -5)
    assert -10 not in codes(questionnaire, {"place": "X"}).values()


def test_what_is_no_value_waits_in_what_was_not_sent(questionnaire):
    """Invalid text of a draft is kept beside the value, and goes to a person."""
    response = response_of(questionnaire, {"people": "viele"}, response_id="x", token=None, at="", reached=2)
    answer = response.answer("people")
    assert (answer.value, answer.raw, answer.problems) == ("", "viele", ("bad-format",))


ENTRIES = st.fixed_dictionaries(
    {},
    optional={
        "staff": st.sampled_from(["yes", "no", ""]),
        "hours": st.sampled_from(["12", "x", ""]),
        "pay": st.sampled_from(["few", ""]),
        "kind": st.sampled_from(["club", "other"]),
        "kind__other_text": st.text("ab", max_size=2),
        "offers": st.sampled_from(["none", "choir more", ""]),
        "people": st.sampled_from(["1", "-1", ""]),
        "remarks": st.text("ab \n", max_size=3),
    },
)


@given(ENTRIES)
def test_every_question_has_one_answer_or_one_reason(questionnaire, typed):
    """Whatever is typed: one answer per column, each with a value, a reason, or waiting; filters count as shown."""
    response = response_of(questionnaire, typed, response_id="x", token=None, at="")
    known = known_of(questionnaire, typed)
    assert len({a.column for a in response.answers}) == len(response.answers)
    for answer in response.answers:
        assert bool(answer.value) + (answer.missing is not None) + (answer.status == "review") == 1
        question = questionnaire.question(answer.question)
        if not shown(known, question):
            assert not answer.value
        assert (answer.missing is Missing.FILTERED) >= (known[question.code].asked is False and answer.option is None)


def test_pages_are_sections_with_questions(questionnaire):
    """Each section is a page; one with a signature only is none, and one that only says something goes with the next."""
    pages = pages_of(questionnaire)
    assert [len(page.sections) for page in pages] == [1, 1, 1]
    first, *others = questionnaire.sections
    said = replace(first, items=(Note(text=first.title),))
    with_notes = pages_of(replace(questionnaire, sections=(said, first, *others, said)))
    assert [len(page.sections) for page in with_notes] == [2, 1, 2]
    assert [page.section for page in with_notes] == list(questionnaire.sections[:3])
    asked = [question.code for page in pages for question in page.questions]
    assert asked == [q.code for q in questionnaire.questions() if q.kind is not QuestionKind.SIGNATURE]
    known = known_of(questionnaire, {})
    assert next_page(pages, known, 3) is None
    assert next_page(pages, known, 2, -1).number == 1


def truth():
    """The full answers as columns of the data set: several choices are one column each."""
    several = {"offers": "choir chess more none", "daya": "mo tu", "dayb": "mo tu"}
    columns = {column: value for column, value in CANONICAL.items() if column not in CONTACT | several.keys()}
    ticks = {
        f"{code}__{option}": str(int(option in CANONICAL[code].split()))
        for code, options in several.items()
        for option in options.split()
    }
    return columns | ticks


def test_what_was_sent_is_what_the_data_set_says(desk, tmp_path):
    """The closed loop: every kind of question, sent and taken, through merge and export, to the truth, codes included."""
    empty = {"place": "Leer", "staff": "no", "kind": "club"}
    sent(desk, TOKENS[0])
    sent(desk, TOKENS[1], empty)
    draft = begun(desk, TOKENS[2])
    desk.save(draft.id, {"place": "Halb", "staff": "yes", "hours": "7,5"}, version=0, view=VIEW)
    desk.take_unsent()
    merge_responses(desk.project)
    export_dataset(desk.project, tmp_path / "out")
    with (tmp_path / "out" / "responses.csv").open(encoding="utf-8-sig", newline="") as file:
        dialect = csv.Sniffer().sniff(file.readline(), ",;\t")
        file.seek(0)
        table = {row["token"]: row for row in csv.DictReader(file, dialect=dialect)}
    full, least, half = (table[token] for token in TOKENS[:3])
    assert {column: full[column] for column in truth()} == truth()
    told = ("hours", "pay", "people", "warm", "kind")
    assert [least[c] for c in told] == ["-2", "-2", "-1", "-1", "club"]
    assert [half[c] for c in ("hours", "kind", "people", "warm")] == ["7.5", "-10", "-10", "-10"]
    assert {row["signed"] for row in table.values()} == {"-5"}


def test_an_export_of_a_survey_tool_is_never_taken_for_the_web_form(desk, tmp_path):
    """A LimeSurvey export of the same questionnaire becomes a survey of its own, with its own response ids."""
    sent(desk)
    file = tmp_path / "results.csv"
    file.write_text('"id","submitdate","token","staff"\n"1","2026-11-01 10:00:00","abc","yes"\n', "utf-8")
    summary = import_digital(desk.project, file)
    assert summary.new == ("online-1",)
    assert summary.vanished == ()
    assert {one.id for one in desk.project.store.responses()} == {"web-1", "online-1"}
