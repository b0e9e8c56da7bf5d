"""Codes that an export cannot tell apart are refused with a better one; projects that have them go on working, and a
renamed code loses nothing.
"""

import csv
import re
import shutil
from dataclasses import replace

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from scanform.cli.program import main
from scanform.errors import TemplateError
from scanform.formats.questionnaires.codes import (
    OPTION_CODE,
    QUESTION_CODE,
    better_option_code,
    better_question_code,
    is_participant_column,
)
from scanform.formats.questionnaires.read_yaml import load_new_questionnaire, load_questionnaire
from scanform.formats.responses.importers import read_export
from scanform.formats.spreadsheet import spoilt
from scanform.i18n.texts import in_words
from scanform.model.response import Channel, Missing, Status
from scanform.model.review import DecisionKind as K
from scanform.workflow.dataset.export import export_dataset
from scanform.workflow.dataset.import_digital import import_digital
from scanform.workflow.dataset.merge_responses import merge_responses, open_conflicts, records
from scanform.workflow.project.project import add_questionnaire, init_project, open_project
from scanform.workflow.project.shipped import template_path
from scanform.workflow.review.cases import effective_responses
from scanform.workflow.review.desk import Desk, Submission

HEAD = 'code: {code}\nversion: "{version}"\nlanguages: en\ntitle: T\nsections:\n  - title: S\n    questions:\n'
SYSTEM = ("id", "submitdate", "lastpage", "startlanguage", "seed", "token", "startdate", "datestamp")
INVITED = ("firstname", "lastname", "email", "attribute_1")


def write(folder, *questions, version="1", name="q.yaml", code="codes"):
    path = folder / name
    path.write_text(
        HEAD.format(code=code, version=version) + "".join(f"      - {{{question}}}\n" for question in questions),
        encoding="utf-8",
    )
    return path


def text_question(code, more=""):
    return f"question: {code}, type: text, text: x{more}"


def choice(code, *options, more=""):
    return (
        f"question: {code}, type: single, text: x, options: {{{', '.join(f'{option}: x' for option in options)}}}{more}"
    )


@pytest.mark.parametrize(
    ("code", "better"),
    [
        *((code, f"q{code}") for code in ("emailstatus", "blacklisted", "remindersent", "remindercount", "usesleft", "validfrom", "validuntil", "mpid")),
        ("email", "mail"), ("firstname", "givenname"), ("lastname", "surname"), ("language", "spoken"), ("sent", "sentoff"), ("completed", "finished"),
        ("mar1", "qmar1"), ("sept2025", "qsept2025"), ("grouptime7", "qgrouptime7"),
    ],
)  # fmt: skip
def test_question_codes_that_an_export_cannot_tell_apart_are_refused_at_init(tmp_path, code, better):
    """Questions, matrices and rows; the line, what they are taken for, and a better code that is accepted in its
    turn.
    """
    matrix = "question: {}, type: matrix, text: x, options: {{a: a, b: b}}, rows: {{{}: x}}"
    for bad, good in (
        ((text_question("first"), text_question(code)), (text_question("first"), text_question(better))),
        ((matrix.format(code, "row"),), (matrix.format(better, "row"),)),
        ((matrix.format("grid", code),), (matrix.format("grid", better),)),
    ):
        done = CliRunner().invoke(
            main, ["--language", "en", "init", str(tmp_path / "p"), "--questionnaire", str(write(tmp_path, *bad))]
        )
        assert done.exit_code == 3, done.output
        assert "q.yaml, line" in done.stderr
        assert f"“{code}”" in done.stderr
        assert f"“{better}”" in done.stderr
        assert not (tmp_path / "p").exists()
        load_new_questionnaire(write(tmp_path, *good))
        load_questionnaire(write(tmp_path, *bad))  # what is in use stays readable


@pytest.mark.parametrize(
    ("questions", "column"),
    [
        ((choice("attribute", "1", "2").replace("single", "multiple"),), "attribute_1"),
        ((choice("participant", "id", "x").replace("single", "multiple"),), "participant_id"),
        ((text_question("rooms"), text_question("roomstime")), "roomstime"),
    ],
)
def test_codes_that_collide_only_together_are_refused_too(tmp_path, questions, column):
    """A question and its option make a heading of LimeSurvey's, or LimeSurvey heads a time so."""
    with pytest.raises(TemplateError, match=column):
        load_new_questionnaire(write(tmp_path, *questions))


@pytest.mark.parametrize(
    "code", ["1e5", "9e9", "mar1", "1mar", "dez3", "3okt", "sep12", "june1", "true", "false", "wahr", "01", "007", "00"]
)
def test_option_codes_that_a_spreadsheet_destroys_are_refused_at_init(tmp_path, code):
    """In single and multiple choices and in matrices; what is proposed instead is free and outlives it."""
    grid = f'question: grid, type: matrix, text: x, options: {{"{code}": x, b: b}}, rows: {{row: x}}'
    for question in (choice("q", f'"{code}"', "1"), choice("q", f'"{code}"', "1").replace("single", "multiple"), grid):
        with pytest.raises(TemplateError) as refused:
            load_new_questionnaire(write(tmp_path, question))
        (better,) = re.findall(r"z\. B\. „([^“]*)“", in_words(refused.value.message, "de"))
        assert f"„{code}“" in in_words(refused.value.message, "de")
        load_new_questionnaire(write(tmp_path, question.replace(f'"{code}"', better)))
        load_questionnaire(write(tmp_path, question))


@given(st.from_regex(OPTION_CODE, fullmatch=True), st.sets(st.from_regex(OPTION_CODE, fullmatch=True), max_size=4))
def test_a_better_option_code_is_always_better(code, taken):
    """Valid, free, and left alone by spreadsheets."""
    better = better_option_code(code, taken)
    assert OPTION_CODE.fullmatch(better)
    assert better not in taken
    assert not spoilt(better)


@given(
    st.sampled_from(["email", "sent", "mar1", "attribute", "x" * 20, "language"]),
    st.sets(st.sampled_from(["mail", "qemail", "q", "qmar1"])),
)
def test_a_better_question_code_is_always_better(code, taken):
    """The same of questions."""
    better = better_question_code(code, taken)
    assert QUESTION_CODE.fullmatch(better)
    assert better not in taken | {code}
    assert not spoilt(better)
    assert not is_participant_column(better)


@pytest.mark.parametrize(
    "code", ["yes", "no", "1", "10", "a1", "e1", "may", "march", "mar", "x01", "0", "n5", "evi", "31"]
)
def test_ordinary_option_codes_stay_allowed(tmp_path, code):
    """Spreadsheets leave them alone."""
    load_new_questionnaire(write(tmp_path, choice("q", f'"{code}"', "other")))


def test_the_shipped_questionnaires_keep_the_rule(tmp_path):
    """The one that asks for an address reads what came in under its old name."""
    for name in ("begegnungsorte", "visitor-feedback"):
        load_new_questionnaire(template_path(name))
    assert load_questionnaire(template_path("begegnungsorte")).question("mail").formerly == ("email",)


@pytest.mark.parametrize(
    ("questions", "said"),
    [
        ((text_question("a"), text_question("b", ", formerly: a")), "formerly"),
        ((text_question("a", ", formerly: x"), text_question("b", ", formerly: x")), "formerly"),
        ((text_question("a", ", formerly: A-1"),), "formerly"),
        (('question: q, type: single, text: x, options: {a: {text: x, formerly: b}, b: x}',), "formerly"),
    ],
)  # fmt: skip
def test_former_codes_are_told_apart(tmp_path, questions, said):
    """What is somebody else's code today, or twice the same, would mix up answers."""
    with pytest.raises(TemplateError, match=said):
        load_questionnaire(write(tmp_path, *questions))


# --- participants' columns --------------------------------------------------------------------------------------------


def export(path, headings, *rows):
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        out = csv.writer(file, quoting=csv.QUOTE_ALL)
        out.writerow(headings)
        out.writerows(rows)
    return path


ROW = ("3", "2025-06-10 10:27:41", "1", "de", "1", "T1", "2025-06-10 10:18:07", "2025-06-10 10:27:41")
THEIRS = ("Anna", "Beispiel", "anna@stadt.example", "Hombruch")


@pytest.mark.parametrize("code", ["mail", "email"])
@pytest.mark.parametrize(
    ("headings", "cells", "expected"),
    [
        ((*SYSTEM, *INVITED, "place"), (*ROW, *THEIRS, "Haus"), None),
        ((*SYSTEM, *INVITED, "place", "email"), (*ROW, *THEIRS, "Haus", "info@haus.example"), "info@haus.example"),
        ((*SYSTEM, "email", "place"), (*ROW, "anna@stadt.example", "Haus"), None),
        ((*SYSTEM, "place", "email"), (*ROW, "Haus", "info@haus.example"), "info@haus.example"),
        ((*SYSTEM, "Email", "attribute_12 <Ort>", "place", "email. E-mail"), (*ROW, *THEIRS[2:], "Haus", "info@haus.example"), "info@haus.example"),
    ],
)  # fmt: skip
def test_what_limesurvey_knows_of_those_it_invited_is_never_an_answer(tmp_path, code, headings, cells, expected):
    """With the question asked or not, in a project of today and in one of old; the columns are named as left aside."""
    questions = (
        text_question("place"),
        f"question: {code}, type: email, text: E-mail" + (", formerly: email" if code == "mail" else ""),
    )
    found = read_export(export(tmp_path / "e.csv", headings, cells), load_questionnaire(write(tmp_path, *questions)))
    answer = found.responses[0].answer(code)
    assert (answer.value, answer.missing) == ((expected, None) if expected else ("", Missing.NOT_IN_VERSION))
    assert {name for name in headings if is_participant_column(name.split(" ")[0]) and name != "token"} - {
        "email"
    } <= set(found.ignored_columns)
    assert "anna@stadt.example" not in repr(found)
    assert not any(problem.slug == "unknown-column" for problem in found.problems)


def test_a_first_question_of_old_that_is_called_so_keeps_its_answers(tmp_path):
    """Alone at the place where it stands anyway; beside other columns of participants it is one of them."""
    asked = load_questionnaire(write(tmp_path, "question: email, type: email, text: E-mail", text_question("place")))
    first = export(tmp_path / "e.csv", (*SYSTEM, "email", "place"), (*ROW, "info@haus.example", "Haus"))
    assert read_export(first, asked).responses[0].answer("email").value == "info@haus.example"
    theirs = export(tmp_path / "e.csv", (*SYSTEM, *INVITED, "place"), (*ROW, *THEIRS, "Haus"))
    assert read_export(theirs, asked).responses[0].answer("email").missing is Missing.NOT_IN_VERSION


def test_a_time_is_not_the_answer_to_a_question_with_its_letters(tmp_path):
    """LimeSurvey heads the seconds spent on `rooms` roomsTime."""
    asked = load_questionnaire(write(tmp_path, text_question("rooms"), text_question("roomstime")))
    path = export(tmp_path / "e.csv", (*SYSTEM, "rooms", "roomstime", "roomsTime"), (*ROW, "2", "evening", "17.4"))
    assert read_export(path, asked).responses[0].answer("roomstime").value == "evening"


# --- renamed codes ----------------------------------------------------------------------------------------------------

OLD = (
    "question: email, type: email, text: E-mail, class: contact",
    'question: open, type: single, text: Open, options: {"01": "yes", "02": "no", "03": {text: other, writein: yes}}',
    'question: uses, type: multiple, text: Uses, options: {1e5: A, mar1: B, c: C}',
    "question: grid, type: matrix, text: Grid, options: {a: A, b: B}, rows: {sent: x, two: y}",
)  # fmt: skip
NEW = (
    "question: mail, formerly: email, type: email, text: E-mail, class: contact",
    'question: isopen, formerly: open, type: single, text: Open, options: {yes: {text: "yes", formerly: "01"}, no: '
    '{text: "no", formerly: "02"}, '
    'oth: {text: other, writein: yes, formerly: "03"}}',
    "question: uses, type: multiple, text: Uses, options: {c: C, a: {text: A, formerly: 1e5}, b: {text: B, formerly: "
    "mar1}}",
    "question: table, formerly: grid, type: matrix, text: Grid, options: {a: A, b: B}, rows: {sentout: {text: x, "
    "formerly: sent}, two: y}",
)
COLUMNS = ("email", "open", "open[other]", "uses[1e5]", "uses[mar1]", "uses[c]", "grid[sent]", "grid[two]")
ANSWERS = ("info@haus.example", "-oth-", "sometimes", "Y", "", "Y", "a", "b")


@pytest.fixture
def old(tmp_path):
    """A project of old: its questionnaire has codes that are refused today."""
    init_project(tmp_path / "project", questionnaire=write(tmp_path, text_question("x")), language="en").close()
    shutil.copy(write(tmp_path, *OLD), tmp_path / "project" / "questionnaires" / "codes.yaml")
    with open_project(tmp_path / "project") as opened:
        yield opened


def values(project, name="online-3"):
    found = next(response for response in effective_responses(project) if response.id == name)
    return {answer.column: answer.value for answer in found.answers}


RENAMED = {
    "mail": "info@haus.example",
    "isopen": "oth",
    "isopen__oth_text": "sometimes",
    "uses": "c a",
    "sentout": "a",
    "two": "b",
}


def test_a_project_of_old_goes_on_working(old, tmp_path):
    """It reads its exports, and takes a new version with the codes that it has; new ones of the kind are refused."""
    import_digital(old, export(tmp_path / "e.csv", (*SYSTEM, *COLUMNS), (*ROW, *ANSWERS)))
    assert values(old)["email"] == "info@haus.example"
    again = add_questionnaire(old, write(tmp_path, *OLD, version="2"))
    assert values(again)["open"] == "03"
    with pytest.raises(TemplateError, match="validfrom"):
        add_questionnaire(again, write(tmp_path, *OLD, text_question("validfrom"), version="3"))
    again.close()


def test_a_renamed_code_keeps_what_came_in_under_the_old_one(old, tmp_path):
    """Answers, decisions and revisions; the old export changes nothing, an export with the new codes goes on where
    the old one ended.
    """
    rows = (ROW, ("4", *ROW[1:5], "T2", *ROW[6:]))
    first = export(
        tmp_path / "e.csv", (*SYSTEM, *COLUMNS), (*rows[0], *ANSWERS), (*rows[1], "no address", *ANSWERS[1:])
    )
    import_digital(old, first)
    desk = Desk(old)
    assert [card.id for card in desk.queue(9)] == ["online-4/email"]
    decided = Submission(
        uuid="d",
        item="online-4/email",
        version=1,
        basis="",
        kind=K.CORRECT,
        from_value="no address",
        to_value="tel@haus.example",
    )
    assert desk.decide([decided], reviewer="sue")[0].result == "saved"
    desk.close()

    new = add_questionnaire(old, write(tmp_path, *NEW, version="2"))
    assert values(new) == RENAMED
    assert values(new, "online-4") == RENAMED | {"mail": "tel@haus.example"}
    merge_responses(new)
    export_dataset(new, tmp_path / "out")
    with (tmp_path / "out" / "responses.csv").open(encoding="utf-8-sig", newline="") as file:
        row = next(csv.DictReader(file))
    assert (row["isopen"], row["isopen__oth_text"], row["uses__a"], row["uses__b"], row["uses__c"], row["sentout"]) == (
        "oth",
        "sometimes",
        "1",
        "0",
        "1",
        "a",
    )
    with (tmp_path / "out" / "contact-provenance.csv").open(encoding="utf-8-sig", newline="") as file:
        told = {row["response_id"]: row for row in csv.DictReader(file)}
    assert (told["online-4"]["value"], told["online-4"]["reviewer"], told["online-3"]["value"]) == (
        "tel@haus.example",
        "sue",
        "info@haus.example",
    )
    import_digital(new, first)  # the version of the questionnaire is all that is new
    assert values(new) == RENAMED
    assert values(new, "online-4") == RENAMED | {"mail": "tel@haus.example"}

    later = (ROW[0], *ROW[1:7], "2025-07-01 08:00:00")
    headings = ("mail", "isopen", "isopen[other]", "uses[a]", "uses[b]", "uses[c]", "table[sentout]", "table[two]")
    second = export(
        tmp_path / "f.csv", (*SYSTEM, *headings), (*later, "neu@haus.example", "no", "", "", "Y", "", "b", "b")
    )
    assert import_digital(new, second).changed == ("online-3",)
    assert values(new) == {
        "mail": "neu@haus.example",
        "isopen": "no",
        "isopen__oth_text": "",
        "uses": "b",
        "sentout": "b",
        "two": "b",
    }
    assert values(new, "online-4")["mail"] == "tel@haus.example"
    desk = Desk(new)
    assert desk.queue(9) == []
    desk.close()
    new.close()


def test_paper_of_the_old_edition_and_an_answer_of_the_new_one_meet(old, tmp_path):
    """A record is made of both under today's codes: the same is the same, and what differs is a contradiction."""
    import_digital(old, export(tmp_path / "e.csv", (*SYSTEM, *COLUMNS), (*ROW, *ANSWERS)))
    stored = old.store.response("online-3")
    old.store.save_response(
        replace(
            stored,
            id="manual-1",
            channel=Channel.MANUAL,
            answers=tuple(replace(a, status=Status.CONFIRMED) for a in stored.answers),
        ),
        batch_id=1,
    )
    new = add_questionnaire(old, write(tmp_path, *NEW, version="2"))
    assert merge_responses(new).open_conflicts == 0
    (record,) = records(new)
    assert {answer.column: answer.value for answer in record.response.answers} == RENAMED
    changed = tuple(
        replace(a, value="02") if a.column == "open" else a for a in stored.answers if a.column != "open__03_text"
    )
    new.store.save_response(replace(stored, id="manual-1", channel=Channel.MANUAL, answers=changed), batch_id=1)
    assert [item.id.rpartition("/")[2] for item in open_conflicts(new)] == ["isopen"]
    new.close()
