"""A row of an export that is not taken is named and counted, and the exit code says so; the others are taken."""

import json

import pytest
from click.testing import CliRunner

from scanform.cli.program import main
from scanform.workflow.project.project import init_project, open_project

YAML = """
code: one
version: "1"
languages: en
title: One
sections:
  - title: All
    questions:
      - {question: open, type: single, text: Open, options: {yes: "yes", no: "no"}}
"""
HEAD = b'"id","submitdate","token","open"\n'
GOOD = b'"1","2025-06-10 10:00:00","T1","yes"\n'


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "one.yaml").write_text(YAML, encoding="utf-8")
    init_project(tmp_path / "project", questionnaire=tmp_path / "one.yaml", language="en").close()
    return tmp_path / "project"


def load(folder, content, language="en"):
    path = folder.parent / "export.csv"
    path.write_bytes(content)
    return CliRunner().invoke(
        main, ["--language", language, "--project", str(folder), "import-digital", str(path), "--json"]
    )


@pytest.mark.parametrize(
    ("rows", "count", "refused", "code"),
    [
        (GOOD, 0, [], 0),
        (GOOD + GOOD, 0, [], 0),  # the same row twice says nothing new
        (GOOD + b'"2","2025-06-10 10:00:00","T2","yes","more"\n', 1, [], 11),
        (GOOD + b'"2","2025-06-10 10:00:00","T2"\n"3"\n', 2, [], 11),
        (GOOD + b'"2","2025-06-10 10:00:00","T2","y\0"\n', 1, [], 11),
        (GOOD + b'"","2025-06-10 10:00:00","T2","yes"\n', 1, [], 11),
        (GOOD + b'"2","","T2","yes"\n"2","","T2","no"\n"2.0","","T2",""\n', 3, ["online-2"], 11),
    ],
)
def test_rows_that_are_not_taken_are_counted_and_change_the_exit_code(folder, rows, count, refused, code):
    """Too long, too short, with NUL bytes, without a number, twice with different answers; the good row counts each
    time, and a second run says the same.
    """
    for new in (1, 0):
        done = load(folder, HEAD + rows)
        assert done.exit_code == code, done.output
        found = json.loads(done.stdout)
        assert (found["rows_not_taken"], found["refused"], found["new"]) == (count, refused, new)
        assert bool(found["problems"]) is bool(count or rows == GOOD + GOOD)
    with open_project(folder) as project:
        assert [response.id for response in project.store.responses()] == ["online-1"]


def test_another_persons_row_is_counted_among_them(folder):
    """Beside a row that is ruined."""
    assert load(folder, HEAD + GOOD + b'"2","2025-06-10 10:00:00","T2","yes"\n').exit_code == 0
    done = load(
        folder, HEAD + GOOD.replace(b"T1", b"ELSE") + b'"2","2025-06-10 10:00:00","T2","yes"\n"3","","","",""\n'
    )
    assert done.exit_code == 11
    assert (json.loads(done.stdout)["rows_not_taken"], json.loads(done.stdout)["refused"]) == (2, ["online-1"])
    said = CliRunner().invoke(main, ["--project", str(folder), "import-digital", str(folder.parent / "export.csv")])
    assert "Rows that were not taken: 2." in said.stdout
