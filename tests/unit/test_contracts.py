"""The public file contracts: each JSON Schema accepts its golden file and refuses a wrong one."""

import copy
import csv
import json
import tomllib
from pathlib import Path

import jsonschema
import pytest

from scanform.config import Config, dump_config, load_config

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
