"""Import, merge, hand over and report on a real project: repeatable, reversible, without contact data where they do
not belong.
"""

import csv
import json
import shutil
from dataclasses import replace
from pathlib import Path

import jsonschema
import openpyxl
import pytest
from click.testing import CliRunner

from scanform.cli.program import main
from scanform.errors import StoreError, UsageError
from scanform.model.geometry import RectPx
from scanform.model.page import PageRef
from scanform.model.questionnaire import QuestionKind
from scanform.model.response import Answer, Channel, Evidence, Response, Status
from scanform.model.review import Decision, DecisionKind
from scanform.workflow.dataset.export import Format, export_dataset, formats_of, write_readings
from scanform.workflow.dataset.import_digital import import_digital
from scanform.workflow.dataset.merge_responses import (
    STALE,
    decide_conflict,
    merge_responses,
    open_conflicts,
    records,
    undo_merge,
)
from scanform.workflow.insight.make_report import make_report
from scanform.workflow.insight.status import project_status
from scanform.workflow.project.project import add_questionnaire, init_project, open_project

ROOT = Path(__file__).parents[4]
AT = "2026-01-20T10:00:00+00:00"
YAML = """
code: {code}
version: "1"
languages: en
title: Meeting places
sections:
  - title: The place
    questions:
      - question: {code}name
        type: text
        text: Name
        class: contact
      - question: open
        type: single
        text: Open to all?
        options:
          yes: "Yes"
          part: partly
      - question: groups
        type: multiple
        text: Who comes?
        options:
          old: Old people
          young: Young people
      - question: postcode
        type: digits
        text: Postcode
        cells: 5
      - question: remarks
        type: text
        text: Remarks
        lines: 3
"""
HEADER = [
    "id",
    "submitdate",
    "token",
    "ipaddr",
    "onename",
    "open",
    "groups[old]",
    "groups[young]",
    "postcode",
    "remarks",
]
ROW = ["17", "2026-01-16 18:02:11", "K7PX3", "10.0.0.1", "Secret Person", "yes", "Y", "", "01067", "=fine"]


@pytest.fixture(scope="module")
def empty_project(tmp_path_factory):
    """A project without responses: a folder to copy."""
    base = tmp_path_factory.mktemp("merge")
    source = base / "one.yaml"
    source.write_text(YAML.format(code="one"), encoding="utf-8")
    init_project(base / "project", questionnaire=source, language="en").close()
    return base / "project"


@pytest.fixture
def project(empty_project, tmp_path):
    with open_project(shutil.copytree(empty_project, tmp_path / "project")) as opened:
        yield opened


def export(tmp_path, *rows, header=HEADER, name="export.csv"):
    path = tmp_path / name
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows([header, *rows])
    return path


def answer(code, kind, value, **more):
    values = {"confidence": 0.999, "status": Status.AUTO, "reader": "marks", "page": 1} | more
    evidence = Evidence(ref=PageRef(sha256="0" * 64, path="in/scan.pdf", index=0), box=RectPx(x=1, y=2, w=3, h=4))
    return Answer(question=code, kind=QuestionKind(kind), value=value, **{"evidence": evidence} | values)


PAPER = Response(
    id="2BNBJ-0A1B2C3-A",
    questionnaire="one",
    version="1",
    channel=Channel.PAPER,
    token="K7PX3",
    received_at="2026-01-15T09:30:00+00:00",
    answers=(
        answer("onename", "handwriting", "Secret Persona"),
        answer("open", "single", "part"),
        answer("groups", "multiple", "old"),
        answer("postcode", "comb", "01067"),
        answer("remarks", "handwriting", "", status=Status.REVIEW, problems=("handwriting",)),
    ),
)


def rows(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def merged(project, tmp_path):
    project.store.save_responses([PAPER], kind="paper", label="stack", at=AT)
    import_digital(project, export(tmp_path, ROW), at=AT)
    merge_responses(project, at=AT)
    return project


def test_importing_twice_changes_nothing(project, tmp_path):
    """The same export again is known; a changed answer is a changed response, everything else stays."""
    path = export(tmp_path, ROW, ["18", *ROW[1:2], "OTHER", *ROW[3:]])
    first = import_digital(project, path, at=AT)
    assert (first.new, first.changed, first.unchanged) == (("online-17", "online-18"), (), 0)
    again = import_digital(project, path)
    assert (again.new, again.changed, again.unchanged, again.batch) == ((), (), 2, None)
    assert len(project.store.batches()) == 1
    changed = import_digital(project, export(tmp_path, [*ROW[:5], "part", *ROW[6:]], name="later.csv"))
    assert (changed.new, changed.changed, changed.unchanged) == ((), ("online-17",), 0)
    assert project.store.versions("online-17")["open"] == 2
    assert project.store.versions("online-17")["postcode"] == 1


def test_a_project_with_two_surveys_finds_the_right_one(project, tmp_path):
    """The columns tell which survey an export belongs to; the numbers of two surveys do not get mixed up."""
    source = tmp_path / "two.yaml"
    source.write_text(YAML.format(code="two").replace("postcode", "zipcode"), encoding="utf-8")
    with add_questionnaire(project, source) as both:
        header = [h.replace("onename", "twoname").replace("postcode", "zipcode") for h in HEADER]
        assert import_digital(both, export(tmp_path, ROW, header=header)).questionnaire == "two"
        assert import_digital(both, export(tmp_path, ROW)).questionnaire == "one"
        assert sorted(r.id for r in both.store.responses()) == ["online-17", "online-one-17"]
        with pytest.raises(UsageError):
            import_digital(both, export(tmp_path, ["1"], header=["id"]), questionnaire="three")
        written = export_dataset(both, tmp_path / "out")
        assert (tmp_path / "out" / "one" / "responses.csv") in written.files
        assert rows(tmp_path / "out" / "two" / "responses.csv")[0]["response_id"] == "online-17"
        assert import_digital(both, export(tmp_path, ROW)).unchanged == 1


def test_merging_twice_changes_nothing_and_can_be_taken_back(merged):
    """The links of a merge are stored once; without them each response stands for itself again."""
    before = merged.store.links()
    summary = merge_responses(merged)
    assert (summary.responses, summary.records, summary.joined, summary.open_conflicts) == (2, 1, 1, 2)
    assert merged.store.links() == before
    assert undo_merge(merged) == 1
    assert len(records(merged)) == 2
    with pytest.raises(UsageError):
        undo_merge(merged)
    assert merge_responses(merged).joined == 1


def test_a_person_decides_a_contradiction(merged, tmp_path):
    """The decision settles the contradiction until one of the sources says something new."""
    items = {item.id: item for item in open_conflicts(merged)}
    assert set(items) == {"merged-one-K7PX3/onename", "merged-one-K7PX3/open"}
    name = "merged-one-K7PX3/open"
    assert {c.value for c in items[name].candidates} == {"yes", "part"}
    assert items[name].reason == "contradiction"
    with pytest.raises(UsageError):
        decide_conflict(merged, name, "perhaps", reviewer="anna")
    with pytest.raises(UsageError):
        decide_conflict(merged, "online-17/open", "yes", reviewer="anna")
    decide_conflict(merged, name, "yes", reviewer="anna", at=AT)
    export_dataset(merged, tmp_path / "out")
    assert rows(tmp_path / "out" / "responses.csv")[0]["open"] == "yes"
    conflicts = rows(tmp_path / "out" / "conflicts.csv")
    assert [(c["value"], c["state"], c["decided_value"], c["reviewer"]) for c in conflicts] == [
        ("part", "decided", "yes", "anna"),
        ("yes", "decided", "yes", "anna"),
    ]
    assert {r["rule"] for r in rows(tmp_path / "out" / "provenance.csv") if r["column"] == "open"} == {"decision/1"}
    import_digital(merged, export(tmp_path, [*ROW[:5], "", *ROW[6:]], name="later.csv"))
    assert [c.column for r in records(merged) for c in r.conflicts] == ["onename"]
    import_digital(merged, export(tmp_path, ROW, name="again.csv"))
    assert name not in {item.id for item in open_conflicts(merged)}


def test_the_package_that_is_handed_on(merged, tmp_path):
    """All files are there, fit their schemas, keep leading zeros, and hold contact data only where they belong."""
    out = tmp_path / "out"
    written = export_dataset(merged, out)
    names = {path.name for path in written.files}
    assert names == {
        "responses.csv", "codebook.csv", "provenance.csv", "conflicts.csv", "modes.csv", "one.xlsx",
        "contact.csv", "contact-provenance.csv", "contact-conflicts.csv",
        "readings.csv",
    }  # fmt: skip
    (row,) = rows(out / "responses.csv")
    schemas = {
        name: json.loads((ROOT / "docs" / "schemas" / f"{name}.schema.json").read_text("utf-8"))
        for name in ("responses", "readings")
    }
    jsonschema.validate(row, schemas["responses"])
    assert (row["response_id"], row["open"], row["groups__old"], row["postcode"]) == (PAPER.id, "-9", "1", "01067")
    assert (row["remarks"], row["remarks__status"]) == ("", "not reviewed")
    for reading in rows(out / "readings.csv"):
        jsonschema.validate(reading, schemas["readings"])
    for path in written.files:
        content = path.read_bytes()
        if path.suffix == ".xlsx":
            book = openpyxl.load_workbook(path)
            assert book.sheetnames == ["data", "codebook", "provenance", "conflicts"]
            content = repr([[cell.value for cell in line] for sheet in book for line in sheet.iter_rows()]).encode()
        assert b"Secret" not in content or path.name.startswith("contact")
        assert path.stat().st_mode & 0o077 == 0
    assert "Secret Person" in (out / "contact-conflicts.csv").read_text("utf-8-sig")
    write_readings(merged, tmp_path / "r.csv")
    assert "Secret Persona" in (tmp_path / "r.csv").read_text("utf-8-sig")


def test_files_for_other_programs_come_on_request_and_hold_no_contact_data(merged, tmp_path):
    """Each format adds its files; nothing of a person is in any of them; an unknown one writes nothing."""
    import duckdb
    import pyreadstat

    usual = {path.name for path in export_dataset(merged, tmp_path / "usual").files}
    done = export_dataset(merged, tmp_path / "out", formats=formats_of(kind.value for kind in Format))
    assert {path.name for path in done.files} - usual == {
        "values.csv", "one.sav", "one.dta", "one.R", "one-r.csv", "one.parquet", "provenance.parquet", "long.csv",
        "labelled.csv", "datapackage.json",
    }  # fmt: skip
    for path in done.files:
        assert path.stat().st_mode & 0o077 == 0
        if path.name not in usual and path.name != "provenance.parquet":
            assert b"Secret" not in path.read_bytes(), path
    frame, meta = pyreadstat.read_sav(tmp_path / "out" / "one.sav", user_missing=True)
    assert (frame["open"][0], meta.variable_value_labels["open"][-9.0]) == (-9, "sources contradict each other")
    with duckdb.connect() as database:
        origins = f"'{tmp_path / 'out' / 'provenance.parquet'}'"
        assert database.execute(f"SELECT count(*) FROM {origins} WHERE confidence > 0").fetchone()[0] > 0
        assert not database.execute(f"SELECT * FROM {origins} WHERE value LIKE '%Secret%'").fetchall()
    with pytest.raises(UsageError):
        formats_of(["spss", "lotus"])


def test_what_waits_on_paper_is_not_filled_from_online(merged, tmp_path):
    """A field that a person has yet to look at waits in the data set; once it is known to be blank the online text
    fills it.
    """
    export_dataset(merged, tmp_path / "a")
    told = [r for r in rows(tmp_path / "a" / "provenance.csv") if r["column"] == "remarks"]
    assert [(r["rule"], r["value"], r["source_response"], r["source_value"]) for r in told] == [
        ("waiting/1", "-8", PAPER.id, "-8"),
        ("waiting/1", "-8", "online-17", "'=fine"),
    ]
    decision = Decision(
        uuid="u1",
        item=f"{PAPER.id}/remarks",
        version=1,
        reviewer="anna",
        kind=DecisionKind.NO_ANSWER,
        from_value="",
        to_value="",
        at=AT,
    )
    merged.store.add_decision(decision)
    export_dataset(merged, tmp_path / "b")
    (row,) = rows(tmp_path / "b" / "responses.csv")
    assert (row["remarks"], row["remarks__status"]) == ("'=fine", "online")


def test_handing_over_twice_writes_the_same_bytes(merged, tmp_path):
    """Unchanged data give unchanged CSV files."""
    for name in ("a", "b"):
        export_dataset(merged, tmp_path / name)
    for path in sorted((tmp_path / "a").glob("*.csv")):
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()


def test_a_form_that_was_scanned_and_keyed_stands_once_in_the_data(merged, tmp_path):
    """The two are joined by the form; values agree, fill and contradict like those of any two sources."""
    keyed = (
        answer("open", "single", "yes", evidence=None, status=Status.CONFIRMED, reader="person"),
        answer("groups", "multiple", "old", evidence=None, status=Status.CONFIRMED, reader="person"),
    )
    manual = replace(PAPER, id=f"manual-{PAPER.id}", channel=Channel.MANUAL, answers=keyed, received_at=AT)
    merged.store.save_responses([manual], kind="keyed", label=manual.id, at=AT)
    summary = merge_responses(merged)
    assert (summary.responses, summary.records, summary.problems) == (3, 1, ())
    assert {link.rule for link in merged.store.links()} == {"same-form/1", "token-exact/1"}
    export_dataset(merged, tmp_path / "out")
    (row,) = rows(tmp_path / "out" / "responses.csv")
    assert (row["response_id"], row["open"], row["groups__old"], row["postcode"]) == (PAPER.id, "-9", "1", "01067")


def told(project, tmp_path):
    """What export, status and report say about a merge that is older than the data."""
    page = make_report(project, tmp_path / "stale.html", language="en").read_text("utf-8")
    return (
        export_dataset(project, tmp_path / "stale").merge_is_stale,
        project_status(project).merge_is_stale,
        "The merge is older than the data" in page,
    )


def test_no_contradictions_are_never_said_of_an_old_merge(merged, tmp_path):
    """As soon as a merge would join other responses, export, status and report say so, until it is done."""
    assert told(merged, tmp_path) == (False, False, False)
    merged.store.save_responses([replace(PAPER, id="2BNBJ-0A1B2C4-8", token="NEW")], kind="paper", label="more", at=AT)
    assert told(merged, tmp_path) == (False, False, False)
    import_digital(merged, export(tmp_path, ROW, ["18", ROW[1], "NEW", *ROW[3:]], name="later.csv"))
    assert told(merged, tmp_path) == (True, True, True)
    assert STALE not in merge_responses(merged).problems
    assert told(merged, tmp_path) == (False, False, False)
    undo_merge(merged)
    assert told(merged, tmp_path) == (True, True, True)


@pytest.mark.parametrize(("language", "words"), [("de", "älter als die Daten"), ("en", "older than the data")])
def test_the_command_line_tells_of_an_old_merge(merged, tmp_path, language, words):
    """The message stands beside the number of contradictions that it makes doubtful."""
    commands = (["export", str(tmp_path / "out")], ["status"])
    options = ["--project", str(tmp_path / "project"), "--language", language]
    assert not any(words in CliRunner().invoke(main, [*command, *options]).stdout for command in commands)
    undo_merge(merged)
    assert all(words in CliRunner().invoke(main, [*command, *options]).stdout for command in commands)


def test_a_folder_that_cannot_be_written(merged, tmp_path):
    """A target that is a file is a plain failure, and nothing is left behind."""
    (tmp_path / "out").write_text("x")
    with pytest.raises(StoreError):
        export_dataset(merged, tmp_path / "out")
    with pytest.raises(StoreError):
        make_report(merged, tmp_path / "out" / "report.html")


def test_the_report_of_a_project(merged, tmp_path):
    """The report shows returns, contradictions and what waits, but no contact data and no free text."""
    for language in ("de", "en"):
        page = make_report(merged, tmp_path / f"{language}.html", language=language).read_text("utf-8")
        assert f'<html lang="{language}">' in page
        assert "Secret" not in page
        assert "=fine" not in page
        assert "Open to all?" in page
    assert make_report(merged, tmp_path / "again.html", language="en").read_text("utf-8") == (
        tmp_path / "en.html"
    ).read_text("utf-8")


def test_the_report_of_an_empty_project(project, tmp_path):
    """A project without responses has a report too."""
    assert "There are no responses yet." in make_report(project, tmp_path / "r.html").read_text("utf-8")
