"""Online responses by their revisions: no survey writes over another, nothing known is taken away, and whatever is
withdrawn can be brought back.
"""

import csv
import shutil
from dataclasses import replace

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from scanform.cli.program import main
from scanform.errors import StoreError, UsageError
from scanform.i18n.texts import in_words
from scanform.model.response import Channel, Missing
from scanform.model.review import Decision, DecisionKind
from scanform.workflow.dataset.export import export_dataset
from scanform.workflow.dataset.import_digital import import_digital
from scanform.workflow.dataset.merge_responses import deciders, merge_responses, records, undo_merge
from scanform.workflow.insight.status import project_status
from scanform.workflow.project.project import init_project, open_project
from scanform.workflow.review.cases import Editions, effective_responses, load_standings
from scanform.workflow.settling.withdraw import restore, restore_response, withdraw, withdraw_response

YAML = """
code: places
version: "1"
languages: en
title: Meeting places
sections:
  - title: The place
    questions:
      - question: open
        type: single
        text: Open to all?
        options: {yes: "Yes", no: "No"}
      - question: hours
        type: number
        text: Hours
        cells: 2
        only_if: {open: yes}
      - question: groups
        type: multiple
        text: Who comes?
        options:
          old: Old people
          young: Young people
          other: {text: Others, writein: yes}
          none: {text: Nobody, exclusive: yes}
      - question: carrier
        type: single
        text: Carrier
        options:
          city: City
          firm: {text: Another, writein: yes}
"""
GROUPS = ("groups[old]", "groups[young]", "groups[other]", "groups[none]")
ROW = {
    "id": "3",
    "submitdate": "2026-06-10 10:27:41",
    "lastpage": "2",
    "seed": "128073981",
    "token": "7K3QX9MA",
    "startdate": "2026-06-10 10:18:07",
    "datestamp": "2026-06-10 10:27:41",
    "open": "yes",
    "hours": "12",
    "groups[old]": "Y",
    "groups[young]": "",
    "groups[other]": "clubs",
    "groups[none]": "",
    "carrier": "firm",
    "carrier[other]": "a church",
}
OTHER = ROW | {
    "id": "5",
    "seed": "565616827",
    "token": "C2N5YFQ8",
    "startdate": "2026-06-11 10:04:07",
    "submitdate": "2026-06-11 10:13:41",
    "datestamp": "2026-06-11 10:13:41",
}
VALUES = {
    "open": "yes",
    "hours": "12",
    "groups": "old other",
    "groups__other_text": "clubs",
    "carrier": "firm",
    "carrier__firm_text": "a church",
}


@pytest.fixture(scope="module")
def empty_project(tmp_path_factory):
    """A project without responses: a folder to copy."""
    base = tmp_path_factory.mktemp("revisions")
    (base / "places.yaml").write_text(YAML, encoding="utf-8")
    init_project(base / "project", questionnaire=base / "places.yaml", language="en").close()
    return base / "project"


@pytest.fixture
def project(empty_project, tmp_path):
    with open_project(shutil.copytree(empty_project, tmp_path / "project")) as opened:
        yield opened


@pytest.fixture
def load(project, tmp_path):
    """Import rows (dicts; what stands in `without` is left out) as the export `name`; an option is handed on."""

    def run(*rows, without=(), name="export.csv", survey=None):
        path = tmp_path / name
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            out = csv.DictWriter(
                file,
                [heading for heading in ROW if heading not in without],
                quoting=csv.QUOTE_ALL,
                extrasaction="ignore",
            )
            out.writeheader()
            out.writerows(rows)
        return import_digital(project, path, survey=survey)

    return run


def values_of(project, name="online-3"):
    return {answer.column: answer.value for answer in project.store.response(name).answers}


def later(row=ROW, at="2026-06-20 08:00:00", **changes):
    """The row as it stands after somebody has gone on with it."""
    return row | {"datestamp": at} | changes


def stored(project):
    """All that an import can change."""
    with project.store.reading() as tx:
        tables = ("batch", "response", "answer", "source_survey", "revision", "listing", "answer_version", "decision")
        return {table: tx.execute(text(f"SELECT * FROM {table}")).all() for table in tables}


STRANGERS = (
    {"token": "NEW00000"},
    {"startdate": "2026-09-01 09:00:00"},
    {"seed": "99"},
    {"token": "", "seed": "", "startdate": "", "submitdate": "2026-09-01 09:00:00"},
)


@pytest.mark.parametrize("changes", STRANGERS)
def test_another_survey_is_noticed_and_nothing_is_written(project, load, changes):
    """The numbers of another survey of the same questionnaire begin anew: both readings are shown, and nothing
    changes.
    """
    load(ROW, OTHER)
    before = stored(project)
    with pytest.raises(UsageError) as refused:
        load(*(row | changes | {"open": "no"} for row in (ROW, OTHER)), name="b.csv")
    fact = next(iter({name: value for name, value in changes.items() if value}))
    assert fact in str(refused.value)
    assert all(shown[:10] in str(refused.value) for shown in (changes[fact], ROW[fact]))
    assert "--survey" in in_words(refused.value.remedy, "en")
    assert stored(project) == before


def test_another_survey_with_a_name_stands_beside_the_first(project, load):
    """Named once, a survey is known by its responses; either can be withdrawn alone, and none counts twice under a
    new name.
    """
    strangers = [row | {"token": f"B{row['id']}", "open": "no", "hours": ""} for row in (ROW, OTHER)]
    load(ROW, OTHER)
    found = load(*strangers, name="b.csv", survey="Autumn 2026")
    assert (found.survey, found.new) == ("Autumn 2026", ("online-autumn-2026-3", "online-autumn-2026-5"))
    assert (values_of(project)["open"], values_of(project, "online-autumn-2026-3")["open"]) == ("yes", "no")
    assert load(*strangers, name="c.csv").survey == "Autumn 2026"
    assert load(ROW, OTHER, name="d.csv").survey == "places"
    assert [load(ROW, survey=name).unchanged for name in ("places", "PLACES")] == [1, 1]
    with pytest.raises(UsageError, match="places"):
        load(ROW, OTHER, survey="third")
    with pytest.raises(UsageError, match="does not fit"):
        load(ROW, OTHER, survey="Autumn 2026")
    withdraw(project, 2)
    assert sorted(response.id for response in project.store.responses()) == ["online-3", "online-5"]
    with pytest.raises(UsageError, match="does not fit"):
        load(ROW, OTHER, survey="Autumn 2026")  # it may be brought back: what was withdrawn is known
    for name in ("", "  ", "x" * 41, "a\x1bb", "\N{GREEK SMALL LETTER ALPHA}"):
        with pytest.raises(UsageError):
            load(ROW, survey=name)


def test_the_name_of_the_file_tells_the_survey(project, load):
    """LimeSurvey writes the number of the survey into the file's name: two of them are two surveys without a word
    from anybody.
    """
    strangers = [row | {"token": f"B{row['id']}"} for row in (ROW, OTHER)]
    assert load(ROW, OTHER, name="results-survey123456.csv").survey == "123456"
    found = load(*strangers, name="results-survey654321.csv")
    assert (found.survey, found.new) == ("654321", ("online-654321-3", "online-654321-5"))
    assert load(ROW, OTHER, name="results-survey123456 (2).csv").unchanged == 2
    assert load(*strangers, name="renamed.csv").survey == "654321"
    assert (
        load(ROW, OTHER, name="results-survey654321.csv").survey == "123456"
    )  # a name can be changed, tokens tell more
    with pytest.raises(UsageError, match="several surveys"):
        load({**ROW, "id": "77", "token": "Z"}, name="renamed.csv")


def test_spreadsheets_change_numbers_and_drop_seconds(project, load):
    """3.0 is 3, and a time without its seconds is the same time; rows that agree count once."""
    load(ROW)
    spoilt = ROW | {
        "seed": "1.28E+08",
        "startdate": "10.06.2026 10:18",
        "submitdate": "10.06.2026 10:27",
        "datestamp": "10.06.2026 10:27",
    }
    for number in ("3.0", "3,00", "003", " 3 "):
        found = load(spoilt | {"id": number})
        assert (found.new, found.refused, found.older, found.unchanged) == ((), (), (), 1), number
    assert [response.id for response in project.store.responses()] == ["online-3"]
    assert load(ROW | {"id": "3.5"}).new == ("online-3.5",)


def test_a_changed_token_under_a_known_number_stops_that_row_only(project, load):
    """Among rows that are as they were, one is another person's: it is named and not taken, the others are."""
    load(ROW, OTHER)
    found = load(
        ROW | {"token": "ELSE", "open": "no"}, later(OTHER, open="no", hours=""), {**OTHER, "id": "7", "token": "N"}
    )
    assert (found.refused, found.changed, found.new) == (("online-3",), ("online-5",), ("online-7",))
    assert [dict(problem.params) for problem in found.problems if problem.slug == "another-response"] == [
        {"response": "online-3", "fact": "token", "here": "ELSE", "known": "7K3QX9MA"}
    ]
    assert values_of(project) == VALUES


def test_a_response_that_was_submitted_again_is_a_newer_revision(project, load):
    """Where an export has no token, no first access and no seed, one new time of submission among old ones is an
    edit, many are another survey.
    """
    without = ("token", "seed", "startdate", "datestamp", "lastpage")
    load(ROW, OTHER, OTHER | {"id": "6"}, without=without)
    found = load(ROW | {"submitdate": "2026-06-20 08:00:00", "hours": "8"}, OTHER, without=without)
    assert (found.changed, found.refused) == (("online-3",), ())
    again = [row | {"submitdate": "2026-07-20 08:00:00"} for row in (ROW, OTHER)]
    with pytest.raises(UsageError, match="does not fit"):
        load(*again, without=without)
    with pytest.raises(UsageError, match="does not fit"):
        load(again[0], without=without)
    assert load(again[0], without=without, survey="places").batch is not None


def test_a_token_that_comes_later_is_taken_and_one_that_is_empty_takes_nothing(project, load):
    """A response without a token may get one; an empty cell says nothing about a known one."""
    load(ROW | {"token": ""})
    assert load(ROW).changed == ("online-3",)
    assert load(later(token="")).refused == ()
    assert project.store.response("online-3").token == "7K3QX9MA"


@pytest.mark.parametrize(
    "without",
    [("open",), ("hours",), GROUPS, ("carrier",), ("carrier[other]",), ("carrier", "carrier[other]"), ("groups[young]",), ("groups[old]", "groups[other]"),
     ("submitdate",), ("token",), ("datestamp", "submitdate")],
)  # fmt: skip
def test_what_an_export_has_no_columns_for_stays(project, load, without):
    """Known values, missing codes, token, date and completeness stay; what lacks is named; the file says nothing
    new.
    """
    load(ROW)
    before = project.store.response("online-3")
    found = load(ROW, without=without)
    assert (found.changed, found.unchanged, found.batch) == ((), 1, None)
    assert project.store.response("online-3") == before
    asked = set(without) - {"token", "datestamp", "carrier[other]"}
    named = " ".join(
        value for problem in found.problems if problem.slug == "missing-column" for _, value in problem.params
    )
    assert all(heading.partition("[")[0] in named for heading in asked)


def test_columns_that_are_there_are_taken_beside_columns_that_are_not(project, load):
    """A narrower export that is newer: its values hold, boxes without a column stay ticked, and filters know what
    they depend on.
    """
    load(ROW, OTHER | {"open": "no", "hours": "", "carrier": "city", "carrier[other]": ""})
    assert project.store.response("online-5").answer("hours").missing is Missing.FILTERED
    narrow = ("open", "groups[old]")
    found = load(
        later(hours="8", **{"groups[young]": "Y"}), later(OTHER, hours="", **{"groups[other]": ""}), without=narrow
    )
    assert found.changed == ("online-3", "online-5")
    assert values_of(project) == VALUES | {"hours": "8", "groups": "old young other"}
    assert values_of(project, "online-5")["groups"] == "old"
    assert project.store.response("online-5").answer("hours").missing is Missing.FILTERED
    load(later(at="2026-06-21 08:00:00", **{"groups[none]": "Y", "groups[other]": ""}), without=narrow)
    assert project.store.response("online-3").answer("groups").problems == ("exclusive-with-others",)


def test_an_export_that_fills_a_gap_later(project, load):
    """What the first export lacked comes with the second, also where the second is an older one."""
    load(later(open="no", hours=""), without=("carrier", "carrier[other]"))
    assert project.store.response("online-3").answer("carrier").missing is Missing.NOT_IN_VERSION
    found = load(ROW, name="older.csv")
    assert (found.older, found.changed) == (("online-3",), ("online-3",))
    assert values_of(project) == VALUES | {"open": "no", "hours": ""}


def test_a_response_that_vanished_is_named_and_stays(project, load):
    """Deleted in LimeSurvey, or left out when exporting: the import says so, and status as long as it is so; it
    comes back with the next whole export.
    """
    load(ROW, OTHER)
    found = load(OTHER)
    assert (found.vanished, found.unchanged) == (("online-3",), 1)
    assert project_status(project).vanished == ("online-3",)
    assert values_of(project) == VALUES
    assert load(OTHER).batch is None
    withdraw(project, found.batch)
    assert project_status(project).vanished == ()
    restore(project, found.batch)
    assert project_status(project).vanished == ("online-3",)
    lines = CliRunner().invoke(main, ["status", "--project", str(project.folder)]).output
    assert "online-3" in lines
    load(ROW, OTHER)
    assert project_status(project).vanished == ()
    load(ROW)
    withdraw_response(project, "online-5", reason="deletion requested", reviewer="sue")
    assert project_status(project).vanished == ()


@pytest.mark.parametrize(
    ("known", "older"),
    [
        ({}, {"submitdate": "", "datestamp": "2026-06-10 10:20:00"}),
        ({"datestamp": "2026-06-12 09:00:00"}, {}),
        ({"datestamp": ""}, {"datestamp": "", "submitdate": ""}),
        ({"datestamp": "", "submitdate": ""}, {"datestamp": "", "submitdate": "", "lastpage": "1"}),
        ({"datestamp": "", "submitdate": "2026-06-12 09:00:00", "lastpage": "1"}, {"datestamp": ""}),
    ],
)
def test_an_older_export_takes_nothing_newer_away(project, load, known, older):
    """By last action, submission or last page the known state is the later one: the file is named as older, and says
    nothing about who vanished.
    """
    load(ROW | known, OTHER)
    before = project.store.response("online-3")
    found = load(ROW | {"open": "no", "hours": "", "carrier[other]": "x"} | older, name="older.csv")
    assert (found.older, found.changed, found.vanished) == (("online-3",), (), ())
    assert [problem.slug for problem in found.problems if "older" in problem.slug] == ["older-rows"]
    assert project.store.response("online-3") == before


def test_a_newer_state_holds_whatever_it_says(project, load):
    """An answer that was taken back by the person is gone, and a newer revision may be corrected without a new time."""
    load(ROW)
    load(later(hours="", **{"groups[other]": ""}))
    assert values_of(project) == VALUES | {"hours": "", "groups": "old", "groups__other_text": ""}
    load(later(hours="7"))
    assert values_of(project)["hours"] == "7"


def test_withdrawing_an_import_goes_back_to_the_revision_before(project, load):
    """In whatever order imports are withdrawn and brought back, the response is what the remaining ones say."""
    load(ROW)
    load(later(hours="8"))
    load(later(at="2026-06-21 08:00:00", hours="9", open="yes"))
    for steps, hours in (([], "9"), ([3], "8"), ([3, 2], "12"), ([2], "9"), ([1], "9"), ([1, 3], "8")):
        for batch in steps:
            withdraw(project, batch)
        assert values_of(project)["hours"] == hours, steps
        for batch in steps:
            restore(project, batch)
    for batch in (1, 2, 3):
        withdraw(project, batch)
    assert project.store.responses() == []
    assert load(ROW).new == ("online-3",)
    assert values_of(project)["hours"] == "12"


def test_what_a_later_import_said_again_counts_when_the_first_is_withdrawn(project, load):
    """Whoever withdraws an import keeps what a later one holds as well, whether or not that said anything new about
    it.
    """
    load(ROW)
    load(ROW, OTHER)
    assert [response.id for response in project.store.responses()] == ["online-3", "online-5"]
    withdraw(project, 1)
    assert values_of(project) == VALUES
    assert load(ROW, OTHER).batch is None
    with project.store.reading() as tx:
        assert tx.execute(text("SELECT count(*) FROM revision WHERE content IS NOT NULL")).scalar() == 2


def test_one_response_is_withdrawn_with_reason_and_name(project, load):
    """It is out whatever later imports and withdrawals say, until somebody brings it back; who and why is kept and
    sealed.
    """
    load(ROW, OTHER)
    for name, reason in (("online-3", " "), ("online-9", "x"), ("2BNBJ-0A1B2C3-A", "x")):
        with pytest.raises(UsageError):
            withdraw_response(project, name, reason=reason, reviewer="sue")
    with pytest.raises(UsageError):
        restore_response(project, "online-3", reason="", reviewer="sue")
    done = CliRunner().invoke(
        main,
        ["withdraw-response", "online-3", "--reason", "deletion requested", "--project", str(project.folder), "--json"],
    )
    assert done.exit_code == 0, done.output
    with pytest.raises(UsageError, match="already"):
        withdraw_response(project, "online-3", reason="again", reviewer="sue")
    found = load(later(hours="8"), OTHER)
    assert found.withdrawn == ("online-3",)
    withdraw(project, 1)
    restore(project, 1)
    assert [response.id for response in project.store.responses()] == ["online-5"]
    with pytest.raises(StoreError, match="only ever added"), project.store.writing() as tx:
        tx.execute(text("DELETE FROM response_withdrawal"))
    restore_response(project, "online-3", reason="a mistake", reviewer="sue")
    assert values_of(project)["hours"] == "8"


def effective(project, column="hours", name="online-3"):
    [found] = [response for response in effective_responses(project) if response.id == name]
    [answer] = [answer for answer in found.answers if answer.column == column]
    return answer.value, answer.status.value, answer.problems


def decide(project, value, uuid, column="hours"):
    item, version = f"online-3/{column}", project.store.versions("online-3")[column]
    made = Decision(
        uuid=uuid,
        item=item,
        version=version,
        reviewer="sue",
        kind=DecisionKind.CORRECT,
        from_value="",
        to_value=value,
        at="2026-06-30T10:00:00+00:00",
    )
    project.store.add_decision(made)


def test_a_decision_holds_for_the_revision_that_was_seen(project, load):
    """A changed answer waits again, an unchanged one does not; withdrawing brings the decision back, and what was
    decided is never asked again.
    """
    load(ROW)
    decide(project, "14", "u1")
    assert effective(project) == ("14", "corrected", ())
    load(later(**{"groups[other]": ""}))
    assert effective(project) == ("14", "corrected", ())
    load(later(at="2026-06-21 08:00:00", hours="20"))
    assert effective(project) == ("20", "review", ("changed-after-decision",))
    assert [item.id for case in load_standings(project, Editions(project)).cases for item in case.open_items] == [
        "online-3/hours"
    ]
    decide(project, "21", "u2")
    assert effective(project) == ("21", "corrected", ())
    assert deciders(project)["online-3/hours"].uuid == "u2"
    withdraw(project, 3)
    assert effective(project) == ("14", "corrected", ())
    assert deciders(project)["online-3/hours"].uuid == "u1"
    restore(project, 3)
    assert effective(project) == ("21", "corrected", ())
    load(later(at="2026-06-22 08:00:00", hours="21"))
    assert effective(project) == ("21", "auto", ())


def test_the_complete_response_counts_beside_a_broken_off_one(project, load, tmp_path):
    """One person broke off and began anew with the same token: one row, of the complete response, whatever the
    broken-off one says otherwise.
    """
    load(ROW | {"id": "1", "submitdate": "", "open": "no", "hours": "", "carrier": ""}, ROW | {"id": "2", "hours": ""})
    assert merge_responses(project).records == 1
    export_dataset(project, tmp_path / "out")
    with (tmp_path / "out" / "responses.csv").open(encoding="utf-8-sig", newline="") as file:
        [row] = csv.DictReader(file)
    assert (row["response_id"], row["open"], row["hours"]) == ("online-2", "yes", "-1")
    with (tmp_path / "out" / "provenance.csv").open(encoding="utf-8-sig", newline="") as file:
        assert {line["rule"] for line in csv.DictReader(file)} == {"complete-counts/1"}
    paper = replace(project.store.response("online-2"), id="2BNBJ-0A1B2C3-A", channel=Channel.PAPER)
    project.store.save_responses([paper], kind="paper", label="stack", at="2026-07-01T08:00:00+00:00")
    assert merge_responses(project).records == 1
    [record] = records(project)
    assert record.members == ("2BNBJ-0A1B2C3-A", "online-2", "online-1")
    assert record.conflicts == ()
    undo_merge(project)
    assert len(records(project)) == 3


def test_the_command_line_names_the_survey_and_stops(project, load, tmp_path):
    """Exit code 2 and the option to use; rows that were refused are no success."""
    load(ROW, OTHER)
    load(ROW | {"token": "B"}, name="b.csv", survey="b")
    path = tmp_path / "b.csv"
    path.write_text(path.read_text(encoding="utf-8-sig").replace("128073981", "1"), encoding="utf-8")
    run = CliRunner().invoke(main, ["import-digital", str(path), "--project", str(project.folder), "--language", "en"])
    assert run.exit_code == 2
    assert "--survey" in run.output
    path.write_text(
        path.read_text(encoding="utf-8") + ",".join(f'"{OTHER[heading]}"' for heading in ROW) + "\n", encoding="utf-8"
    )
    load(ROW | {"token": "B"}, OTHER, {**OTHER, "id": "8", "token": "E"}, name="c.csv", survey="b")
    run = CliRunner().invoke(
        main, ["import-digital", str(path), "--survey", "b", "--project", str(project.folder), "--json"]
    )
    assert run.exit_code == 11, run.output
