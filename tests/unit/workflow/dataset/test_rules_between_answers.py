"""The survey's rules hold for whatever came in by whatever way, once more after what people decided, and once more
after a merge.
"""

import csv
import json
import shutil
from dataclasses import replace

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from scanform.cli.program import main
from scanform.consistency import as_entered, checked, checks_of, recoded
from scanform.model.questionnaire import QuestionKind
from scanform.model.response import Answer, Channel, Missing, Response, Status
from scanform.model.review import DecisionKind as K
from scanform.workflow.dataset.export import export_dataset
from scanform.workflow.dataset.import_digital import import_digital
from scanform.workflow.dataset.merge_responses import decide_conflict, merge_responses, open_conflicts, records
from scanform.workflow.project.project import init_project, open_project
from scanform.workflow.review.cards import proposed
from scanform.workflow.review.desk import Desk, Submission, effective_responses

YAML = """
code: small
version: "1"
languages: en
title: Small
sections:
  - title: All
    questions:
      - {question: staff, type: single, text: Staff, options: {yes: "yes", no: "no"}}
      - {question: hours, type: number, text: Hours, cells: 3, max: 168, only_if: {staff: yes}}
      - {question: shifts, type: single, text: Shifts, options: {few: few, many: many}, only_if: {staff: yes}}
      - {question: nights, type: number, text: Nights, cells: 2, only_if: {shifts: many}}
      - {question: since, type: date, text: from}
      - {question: until, type: date, text: until, not_before: since}
      - {question: plz, type: digits, text: Postcode, cells: 5, values: [44137, 44263]}
      - question: street
        type: text
        text: Street
        values: [Westenhellweg, Ostwall, Am Ölpfad]
        goes_with: {question: plz, pairs: {44137: [Westenhellweg, Ostwall], 44263: [Am Ölpfad]}}
      - question: carrier
        type: single
        text: Carrier
        required: yes
        options: {city: City, other: {text: other, writein: yes}}
      - {question: tel, type: phone, text: Phone}
"""
COLUMNS = ("staff", "hours", "shifts", "nights", "since", "until", "plz", "street", "carrier", "carrier[other]", "tel")
SOUND = {
    "staff": "yes",
    "hours": "12",
    "shifts": "many",
    "nights": "3",
    "since": "2025-06-01",
    "until": "2025-06-10",
    "plz": "44137",
    "street": "Ostwall",
    "carrier": "city",
    "carrier[other]": "",
    "tel": "",
}
BAD = (
    ({"since": "2025-06-10", "until": "2025-06-01"}, {"since": ("wrong-order",), "until": ("wrong-order",)}),
    ({"street": "Am Ölpfad"}, {"plz": ("not-together",), "street": ("not-together",)}),
    ({"carrier": ""}, {"carrier": ("required-empty",)}),
    ({"plz": "44999"}, {"plz": ("not-in-list",)}),
    ({"street": "Ostwal"}, {"street": ("not-in-list",)}),
    ({"staff": "no"}, dict.fromkeys(("hours", "shifts", "nights"), ("filtered-but-answered",))),
    ({"staff": "no", "hours": "", "shifts": ""}, {"nights": ("filtered-but-answered",)}),
)


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    base = tmp_path_factory.mktemp("rules")
    (base / "small.yaml").write_text(YAML, encoding="utf-8")
    init_project(base / "project", questionnaire=base / "small.yaml", language="en").close()
    return base / "project"


@pytest.fixture
def project(empty, tmp_path):
    with open_project(shutil.copytree(empty, tmp_path / "project")) as opened:
        yield opened


@pytest.fixture
def load(project, tmp_path):
    """Import complete responses given as dicts of their answers, each with a token of its own or the one in `token`."""

    def run(*rows, name="export.csv"):
        path = tmp_path / name
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            out = csv.writer(file, quoting=csv.QUOTE_ALL)
            out.writerow(["id", "submitdate", "token", *COLUMNS])
            for number, row in enumerate(rows, 1):
                cells = {**dict.fromkeys(COLUMNS, ""), **row}
                out.writerow(
                    [
                        number,
                        "2025-06-10 10:00:00",
                        row.get("token", f"T{number}"),
                        *(cells[column] for column in COLUMNS),
                    ]
                )
        return import_digital(project, path)

    return run


def waiting(project, name):
    """What waits of a response: column -> reasons."""
    found = next(response for response in effective_responses(project) if response.id == name)
    return {answer.column: answer.problems for answer in found.answers if answer.status is Status.REVIEW}


def value(project, name, column):
    found = next(response for response in effective_responses(project) if response.id == name)
    return next(answer.value for answer in found.answers if answer.column == column)


def paper(project, name, token, **answers):
    """A form that was read without any doubt; a question that is not named was left empty."""
    questions = list(project.questionnaires["small"].questions())
    found = tuple(
        Answer(
            question=q.code,
            kind=q.kind,
            value=answers.get(q.code, ""),
            confidence=0.999,
            status=Status.AUTO,
            reader="paper",
            missing=None if q.code in answers else Missing.NO_ANSWER,
        )
        for q in questions
    )
    made = Response(
        id=name,
        questionnaire="small",
        version="1",
        channel=Channel.PAPER,
        token=token,
        received_at="2025-07-01T10:00:00+00:00",
        answers=found,
    )
    with project.store.writing() as tx:
        from scanform.store import values

        values.save_response(tx, made, batch_id=None)


def act(desk, item, kind, to="", *, version=None, undoes=None):
    """Decide what is on the screen; returns the outcome."""
    card = desk.card(item)
    sent = Submission(
        uuid=f"{item}-{kind}-{to}-{card.basis}-{card.version}",
        item=item,
        version=version or card.version,
        basis=card.basis,
        kind=kind,
        from_value=card.value,
        to_value=to,
        undoes=undoes,
    )
    return desk.decide([sent], reviewer="sue")[0]


@pytest.mark.parametrize(("changes", "expected"), BAD)
def test_what_breaks_a_rule_online_waits_for_a_person_with_its_value(project, load, changes, expected):
    """As on paper: nothing is dropped, nothing is taken."""
    load(SOUND | changes, SOUND)
    assert waiting(project, "online-1") == expected
    assert waiting(project, "online-2") == {}
    assert {column: value(project, "online-1", column) for column in expected} == {
        column: (SOUND | changes)[column] for column in expected
    }


@pytest.mark.parametrize(("changes", "expected"), [one for one in BAD if "carrier" not in one[0]])
def test_what_breaks_a_rule_and_is_keyed_waits_for_a_look(project, tmp_path, changes, expected):
    """Whoever keys a form is told at once; an empty field they have seen themselves."""
    given_answers = {name: typed for name, typed in (SOUND | changes).items() if typed}
    (tmp_path / "a.json").write_text(json.dumps(given_answers), encoding="utf-8")
    done = CliRunner().invoke(
        main, ["--project", str(project.folder), "enter", "new", "--answers", str(tmp_path / "a.json"), "--json"]
    )
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["waiting"] == list(expected)
    assert waiting(project, "manual-1") == expected
    assert value(project, "manual-1", "street") == (SOUND | changes)["street"]
    said = CliRunner().invoke(
        main, ["--project", str(project.folder), "enter", "new", "--answers", str(tmp_path / "a.json")]
    )
    assert next(iter(expected)) in said.stdout


def test_a_correction_that_breaks_a_rule_shows_the_value_beside_it(project, load):
    """What nobody has looked at is shown once the value beside it makes it impossible; taking the correction back
    takes that back as well.
    """
    load(SOUND | {"since": "2025-13-45"})
    assert waiting(project, "online-1") == {"since": ("bad-date",)}
    desk = Desk(project)
    assert act(desk, "online-1/since", K.CORRECT, "11.06.2025").result == "saved"
    assert waiting(project, "online-1") == {"until": ("wrong-order",)}
    assert [card.id for card in desk.queue(9)] == ["online-1/until"]
    assert desk.undo("sue") is not None
    assert waiting(project, "online-1") == {"since": ("bad-date",)}
    assert act(desk, "online-1/since", K.CORRECT, "09.06.2025").result == "saved"
    assert waiting(project, "online-1") == {}
    desk.close()


def test_a_filter_that_is_corrected_takes_the_answers_below_it_to_a_person(project, load):
    """Down to the filter of a filter; an answer that somebody has settled stays."""
    load(SOUND | {"staff": "perhaps"})
    desk = Desk(project)
    assert act(desk, "online-1/staff", K.CORRECT, "no").result == "saved"
    assert waiting(project, "online-1") == dict.fromkeys(("hours", "shifts", "nights"), ("filtered-but-answered",))
    assert act(desk, "online-1/hours", K.CONFIRM).result == "saved"
    assert act(desk, "online-1/shifts", K.NO_ANSWER).result == "saved"
    assert waiting(project, "online-1") == {"nights": ("filtered-but-answered",)}
    desk.close()


def test_what_is_no_value_of_its_question_is_never_confirmed(project, load):
    """It is kept and shown, but neither Enter nor a message to the station makes it a value."""
    load(SOUND | {"tel": "see website", "hours": "999"})
    desk = Desk(project)
    for column, kept in (("tel", "see website"), ("hours", "999")):
        card = desk.card(f"online-1/{column}")
        assert (card.value, card.proposal, proposed(desk.item(card.id))) == (kept, "none", "none")
        assert act(desk, card.id, K.CONFIRM).result == "invalid"
    assert waiting(project, "online-1") == {"tel": ("bad-phone",), "hours": ("out-of-range",)}
    assert act(desk, "online-1/hours", K.CORRECT, "99").result == "saved"
    desk.close()


@pytest.mark.parametrize(
    ("on_paper", "online", "expected"),
    [
        ({"since": "2025-06-10"}, {"until": "2025-06-01"}, {"since": "wrong-order", "until": "wrong-order"}),
        ({"plz": "44137"}, {"street": "Am Ölpfad"}, {"plz": "not-together", "street": "not-together"}),
        ({"hours": "12"}, {"staff": "no"}, {"hours": "filtered-but-answered"}),
        ({"nights": "2"}, {"staff": "no"}, {"nights": "filtered-but-answered"}),
    ],
)
def test_rules_are_checked_on_what_a_merge_comes_to(project, load, tmp_path, on_paper, online, expected):
    """Each source keeps the rules, both together break one: that waits, is exported as not reviewed, and is settled
    like any contradiction.
    """
    paper(project, "A", "T1", carrier="city", **on_paper)
    load({"carrier": "city", "token": "T1", **online})
    assert waiting(project, "A") == waiting(project, "online-1") == {}
    assert merge_responses(project).open_conflicts == len(expected)
    items = {item.id.rpartition("/")[2]: item for item in open_conflicts(project)}
    assert {column: item.reasons for column, item in items.items()} == {
        column: (slug,) for column, slug in expected.items()
    }
    assert {column: item.value for column, item in items.items()} == {
        column: (on_paper | online)[column] for column in expected
    }
    export_dataset(project, tmp_path / "out")
    with (tmp_path / "out" / "responses.csv").open(encoding="utf-8-sig", newline="") as file:
        (row,) = csv.DictReader(file)
    assert {column: row.get(f"{column}__status", row[column]) for column in expected} == {
        column: "not reviewed" if column == "street" else "-8" for column in expected
    }
    desk = Desk(project)
    for card in desk.queue(9):
        assert (card.statements, card.proposal) == ((), "value")
        assert act(desk, card.id, K.CONFIRM).result == "saved"
    desk.close()
    assert open_conflicts(project) == ()
    (record,) = records(project)
    assert {column: record.response.answer(column).value for column in expected} == {
        column: (on_paper | online)[column] for column in expected
    }


def test_a_decision_between_sources_is_checked_as_well(project, load):
    """Decided by hand, the filter says that nobody was asked: the answer below it waits, and goes on waiting until
    somebody has seen just these values.
    """
    paper(project, "A", "T1", carrier="city", staff="yes", hours="12")
    load({"carrier": "city", "token": "T1", "staff": "no"})
    merge_responses(project)
    (item,) = open_conflicts(project)
    assert item.id.endswith("/staff")
    decide_conflict(project, item.id, "no", reviewer="sue")
    (hours,) = open_conflicts(project)
    assert (hours.id.rpartition("/")[2], hours.value, hours.reasons) == ("hours", "12", ("filtered-but-answered",))
    decide_conflict(project, hours.id, "", reviewer="sue")
    assert open_conflicts(project) == ()
    decide_conflict(project, item.id, "yes", reviewer="sue")
    assert open_conflicts(project) == ()
    (record,) = records(project)
    assert record.response.answer("hours").value == "12"  # asked after all, so that nothing was wrong with it


def test_two_decisions_that_contradict_each_other_are_shown(project, load):
    """Each contradiction was settled without sight of the other: both wait once more, and are settled for good when
    somebody has seen them together.
    """
    paper(project, "A", "T1", carrier="city", since="2025-06-01", until="2025-06-10")
    load({"carrier": "city", "token": "T1", "since": "2025-06-20", "until": "2025-06-30"})
    merge_responses(project)
    items = [item.id for item in open_conflicts(project)]
    for item, said in zip(items, ("2025-06-20", "2025-06-10"), strict=True):
        decide_conflict(project, item, said, reviewer="sue")
    again = open_conflicts(project)
    assert [(item.id, item.reasons) for item in again] == [(item, ("wrong-order",)) for item in items]
    decide_conflict(project, items[1], "2025-06-30", reviewer="sue")
    decide_conflict(project, items[0], "2025-06-20", reviewer="sue")
    assert open_conflicts(project) == ()
    (record,) = records(project)
    assert [record.response.answer(column).value for column in ("since", "until")] == ["2025-06-20", "2025-06-30"]


def test_what_one_source_says_by_itself_is_not_asked_twice(project, load):
    """A person has confirmed on the form that it says so: another source that agrees changes nothing."""
    load(SOUND | {"since": "2025-06-10", "until": "2025-06-01", "token": "T1"})
    paper(project, "A", "T1", carrier="city")
    desk = Desk(project)
    for column in ("since", "until"):
        assert act(desk, f"online-1/{column}", K.CONFIRM).result == "saved"
    desk.close()
    assert merge_responses(project).open_conflicts == 0


def test_a_filter_settled_by_a_merge_says_why_others_are_empty(project, load):
    """Nobody asks for hours where the merged answer is no, and they were left empty where it is yes."""
    paper(project, "A", "T1", carrier="city", staff="no")
    load({"carrier": "city", "token": "T1"})
    paper(project, "B", "T2", carrier="city", staff="yes")
    merge_responses(project)
    by_token = {record.response.token: record.response for record in records(project)}
    assert [by_token[token].answer("hours").missing for token in ("T1", "T2")] == [Missing.FILTERED, Missing.NO_ANSWER]


def test_whoever_broke_off_has_not_left_a_required_question_empty(project, load, tmp_path):
    """Online only: paper that lies there is what somebody handed in."""
    path = tmp_path / "broken.csv"
    path.write_text('"id","submitdate","token","staff","carrier"\n"9","","T9","yes",""\n', encoding="utf-8")
    import_digital(project, path)
    assert waiting(project, "online-9") == {}


CHECKS_YAML_VALUES = {
    "staff": ["", "yes", "no"],
    "hours": ["", "1"],
    "shifts": ["", "few", "many"],
    "nights": ["", "1"],
    "since": ["", "2025-01-01", "2025-02-01"],
    "until": ["", "2025-01-15"],
    "plz": ["", "44137", "44263", "1"],
    "street": ["", "Ostwall", "Am Ölpfad", "X"],
    "carrier": ["", "city", "other"],
}
KINDS = {"street": QuestionKind.HANDWRITING, **dict.fromkeys(("staff", "shifts", "carrier"), QuestionKind.SINGLE)}


@pytest.fixture(scope="module")
def checks(empty):
    with open_project(empty) as opened:
        return checks_of(opened.questionnaires["small"])


@given(
    values=st.fixed_dictionaries({code: st.sampled_from(options) for code, options in CHECKS_YAML_VALUES.items()}),
    channel=st.sampled_from([Channel.PAPER, Channel.ONLINE]),
    settled=st.sets(st.sampled_from(sorted(CHECKS_YAML_VALUES))),
)
def test_any_answers_are_judged_the_same_on_every_channel(checks, values, channel, settled):
    """Against an oracle in plain words: what waits, and why; no value changes, people's answers stay, and a second
    look changes nothing.
    """
    answers = tuple(
        Answer(
            question=code,
            kind=KINDS.get(code, QuestionKind.COMB),
            value=said,
            confidence=1.0,
            status=Status.CONFIRMED if code in settled else Status.AUTO,
            missing=None if said else Missing.NO_ANSWER,
        )
        for code, said in values.items()
    )
    response = Response(id="x", questionnaire="small", version="1", channel=channel, answers=answers)
    found = checked(response, checks)
    assert checked(found, checks) == found
    assert [answer.value for answer in found.answers] == list(values.values())
    expected = {code: set() for code in values}
    if values["since"] and values["until"] and values["since"] > values["until"]:
        expected["since"].add("wrong-order")
        expected["until"].add("wrong-order")
    together = {("44137", "Ostwall"), ("44263", "Am Ölpfad")}
    if (
        values["plz"] in {"44137", "44263"}
        and values["street"] in {"Ostwall", "Am Ölpfad"}
        and (values["plz"], values["street"]) not in together
    ):
        expected["plz"].add("not-together")
        expected["street"].add("not-together")
    for code in ("hours", "shifts"):
        if values["staff"] == "no" and values[code]:
            expected[code].add("filtered-but-answered")
    if values["nights"] and (values["shifts"] == "few" or values["staff"] == "no"):
        expected["nights"].add("filtered-but-answered")
    if not values["carrier"]:
        expected["carrier"].add("required-empty")
    for code in ("plz", "street"):
        if values[code] in {"1", "X"}:
            expected[code].add("not-in-list")
    for answer in found.answers:
        assert set(answer.problems) == (set() if answer.question in settled else expected[answer.question])
        assert (answer.status is Status.REVIEW) is bool(answer.problems)
    keyed = as_entered(
        replace(response, answers=tuple(replace(answer, status=Status.CONFIRMED) for answer in answers)), checks
    )
    assert {a.question: set(a.problems) for a in keyed.answers} == {
        code: slugs - {"required-empty"} for code, slugs in expected.items()
    }
    assert recoded(recoded(answers, checks), checks) == recoded(answers, checks)
