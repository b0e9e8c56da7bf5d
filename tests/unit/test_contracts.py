"""The public file contracts: each JSON Schema accepts its golden file and refuses a wrong one."""

import copy
import csv
import json
import re
import tomllib
from pathlib import Path

import jsonschema
import pytest

from scanform.config import Config, dump_config, load_config
from scanform.dataset.provenance import READINGS
from scanform.dataset.table import COLUMNS, FIXED, Holds, question_columns
from scanform.errors import InputError, StoreError
from scanform.formats.layout_json import load_layout
from scanform.formats.questionnaires.read_yaml import load_questionnaire
from scanform.model.questionnaire import DataClass

ROOT = Path(__file__).parents[2]
SCHEMAS = ROOT / "docs" / "schemas"
GOLDEN = ROOT / "tests" / "golden"


def schema(name):
    return json.loads((SCHEMAS / f"{name}.schema.json").read_text("utf-8"))


def rows(name):
    with (GOLDEN / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("name", ["layout", "copies", "readings", "responses", "survey", "crops"])
def test_schema_is_valid(name):
    """Each schema is itself a valid JSON Schema."""
    jsonschema.Draft202012Validator.check_schema(schema(name))


def test_layout_golden():
    """The golden layout.json fits its schema; an unknown kind of zone does not."""
    layout = json.loads((GOLDEN / "layout.json").read_text("utf-8"))
    jsonschema.validate(layout, schema("layout"))
    wrong = copy.deepcopy(layout)
    wrong["pages"][0]["zones"][0]["kind"] = "bubble"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(wrong, schema("layout"))


def test_copies_golden():
    """The golden copies.json fits its schema."""
    jsonschema.validate(json.loads((GOLDEN / "forms.copies.json").read_text("utf-8")), schema("copies"))


@pytest.mark.parametrize("name", ["readings", "responses"])
def test_csv_golden(name):
    """Each row of the golden CSV fits its schema; the file has a BOM and CRLF."""
    raw = (GOLDEN / f"{name}.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    assert raw.count(b"\n") == raw.count(b"\r\n") > 1
    for row in rows(f"{name}.csv"):
        jsonschema.validate(row, schema(name))


def test_readings_columns_are_in_order():
    """The columns of readings.csv stand in the order of the schema."""
    assert list(rows("readings.csv")[0]) == schema("readings")["required"]


def test_survey_golden(tmp_path):
    """survey.toml is written as the golden file says, fits its schema, and is read back."""
    written = dump_config(Config(name="tiny", language="en"))
    assert written == (GOLDEN / "survey.toml").read_text("utf-8")
    jsonschema.validate(tomllib.loads(written), schema("survey"))
    (tmp_path / "survey.toml").write_text(written, "utf-8")
    assert load_config(tmp_path) == Config(name="tiny", language="en")


def changed(content, *path, to):
    """The content with another value at `path`; None takes the entry out."""
    found = copy.deepcopy(content)
    place = found
    for step in path[:-1]:
        place = place[step]
    if to is None:
        del place[path[-1]]
    else:
        place[path[-1]] = to
    return found


def manifest():
    source = {"form": "0123456789abcdef", "questionnaire": "tiny", "question": "q__a_text", "data_class": "answer"}
    source |= {"confirmed_at": "2026-01-15T09:30:00+00:00", "keep_until": "2026-07-15"}
    cell = {"file": "a-0.png", "place": 0, "height": 4.5, "width": 3, "x": 0.1, "y": 0, "truth": "7"}
    return {
        "format": "scanform-crops/1",
        "project": "0123456789abcdef",
        "made_at": "2026-01-15T09:30:00+00:00",
        "consent": "agreed=yes",
        "keep_days": 180,
        "rows": [{"source": source, "alphabet": "digits", "cells": [cell]}],
        "lines": [{"source": source, "files": ["b-0.png"], "truth": "Grüße"}],
        "left_out": [{"reason": "expired", "count": 2}],
    }


def golden(name):
    match name:
        case "layout":
            return json.loads((GOLDEN / "layout.json").read_text("utf-8"))
        case "copies":
            return json.loads((GOLDEN / "forms.copies.json").read_text("utf-8"))
        case "survey":
            return tomllib.loads((GOLDEN / "survey.toml").read_text("utf-8"))
        case "crops":
            return manifest()
        case _:
            return rows(f"{name}.csv")[0]


@pytest.mark.parametrize(
    ("name", "path", "wrong"),
    [
        ("layout", ("format",), "scanform-layout/2"),
        ("layout", ("pages",), []),
        ("layout", ("pages", 0, "blank"), None),
        ("layout", ("pages", 0, "zones", 0, "kind"), "bubble"),
        ("layout", ("pages", 0, "zones", 0, "question"), "Q1"),
        ("layout", ("pages", 0, "zones", 0, "rect_mm"), [1, 2, 3]),
        ("layout", ("pages", 0, "zones", 0, "rect_mm"), [1, 2, -3, 4]),
        ("layout", ("pages", 0, "zones", 0, "colour"), "red"),
        ("layout", ("pages", 0, "fiducials", 0, "id"), 250),
        ("layout", ("pages", 0, "size_mm"), [0, 297]),
        ("copies", (0, "form_id"), "2BNBJ-0A1B2C3"),
        ("copies", (0, "token"), ""),
        ("copies", (0, "first_page"), 0),
        ("copies", (0, "layout"), None),
        ("readings", ("status",), "sure"),
        ("readings", ("confidence",), "1.2"),
        ("readings", ("source_page",), "0"),
        ("readings", ("problem",), "Two marks"),
        ("readings", ("w_px",), None),
        ("readings", ("more",), "x"),
        ("responses", ("channel",), "fax"),
        ("responses", ("received_at",), "yesterday"),
        ("responses", ("complete",), None),
        ("responses", ("ticked__a",), "yes"),
        ("responses", ("No_Column",), "x"),
        ("survey", ("format",), None),
        ("survey", ("language",), "fr"),
        ("survey", ("reading", "accept"), 0.4),
        ("survey", ("reading", "jobs"), -1),
        ("survey", ("review", "known_answers"), 0.3),
        ("survey", ("review", "personal_figures"), "everybody"),
        ("survey", ("login", "idle_minutes"), 0),
        ("survey", ("login", "more"), 1),
        ("crops", ("project",), "p"),
        ("crops", ("consent",), "yes"),
        ("crops", ("rows", 0, "cells"), []),
        ("crops", ("rows", 0, "cells", 0, "file"), "../a.png"),
        ("crops", ("rows", 0, "cells", 0, "truth"), "12"),
        ("crops", ("lines", 0, "source", "data_class"), "secret"),
        ("crops", ("left_out", 0, "reason"), "tired"),
    ],
)
def test_what_is_wrong_is_refused(name, path, wrong):
    """What is right fits its schema, and stops to with one value that no reader should have to expect."""
    checker = jsonschema.Draft202012Validator(schema(name))
    content = golden(name)
    assert checker.is_valid(content)
    assert not checker.is_valid(changed(content, *path, to=wrong))


@pytest.mark.parametrize(
    ("table", "name", "value", "right"),
    [
        ("reading", "accept", 0.5, True),
        ("reading", "accept", 1, True),
        ("reading", "accept", 0.49, False),
        ("reading", "accept", 1.01, False),
        ("reading", "jobs", 0, True),
        ("reading", "jobs", -1, False),
        ("reading", "jobs", 1.5, False),
        ("reading", "settle_seconds", 0, True),
        ("reading", "settle_seconds", -0.1, False),
        ("reading", "page_seconds", 1, True),
        ("reading", "page_seconds", "1", False),
        ("reading", "more", 1, False),
        ("review", "known_answers", 0, True),
        ("review", "known_answers", 0.2, True),
        ("review", "known_answers", 0.21, False),
        ("review", "personal_figures", "supervisor", True),
        ("review", "personal_figures", "all", False),
        ("login", "idle_minutes", 1, True),
        ("login", "idle_minutes", 0, False),
        ("login", "absolute_hours", 0, False),
        ("login", "issuer", "https://login.example", True),
        ("login", "issuer", 1, False),
        ("web_form", "open_link", "on", True),
        ("web_form", "open_link", "yes", False),
        ("web_form", "places", "several", True),
        ("web_form", "draft_days", 0, False),
        ("web_form", "more", "x", False),
        ("", "language", "de", True),
        ("", "language", "fr", False),
        ("", "more", "x", False),
    ],
)
def test_the_program_and_the_schema_admit_the_same_settings(tmp_path, table, name, value, right):
    """A setting that the schema admits is read, one that it does not admit is refused."""
    lines = ['format = "scanform-survey/1"', *([f"[{table}]"] if table else []), f"{name} = {json.dumps(value)}"]
    written = "\n".join(lines)
    assert jsonschema.Draft202012Validator(schema("survey")).is_valid(tomllib.loads(written)) is right
    (tmp_path / "survey.toml").write_text(written, "utf-8")
    if right:
        load_config(tmp_path)
    else:
        with pytest.raises(StoreError):
            load_config(tmp_path)


@pytest.mark.parametrize("rect", [[1, 2, 3], [1, 2, 3, -4], [1, 2, 3, "x"]])
def test_the_reader_and_the_schema_refuse_the_same_rectangles(rect):
    """What the schema does not admit as the place of a zone the reader does not take either."""
    wrong = changed(golden("layout"), "pages", 0, "zones", 0, "rect_mm", to=rect)
    assert not jsonschema.Draft202012Validator(schema("layout")).is_valid(wrong)
    with pytest.raises(InputError):
        load_layout(json.dumps(wrong))


def test_columns_of_the_writers_are_those_of_the_schemas():
    """Fixed columns by their names, columns of questions by the one pattern of their kind that comes first in the
    schema.
    """
    assert list(READINGS) == schema("readings")["required"] == list(schema("readings")["properties"])
    assert list(FIXED) == schema("responses")["required"] == list(schema("responses")["properties"])
    patterns = list(schema("responses")["patternProperties"])
    seen = set()
    for path in (ROOT / "templates").glob("*.yaml"):
        questionnaire = load_questionnaire(path)
        answers = {
            answer
            for question in questionnaire.questions()
            for answer in (question.code, *(f"{question.code}__{o.code}_text" for o in question.options))
        }
        for column in question_columns(questionnaire, tuple(DataClass), answers):
            assert re.search(COLUMNS[column.holds][0], column.name), column
            assert COLUMNS[column.holds][0] in patterns
            seen.add(column.holds)
    assert seen == set(Holds) - {Holds.FIXED}
