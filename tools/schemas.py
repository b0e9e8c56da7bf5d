"""The JSON Schemas of the file contracts, made from the types that read and write the files (docs/schemas/, written by
tools/make_docs.py).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter

from scanform import config
from scanform.dataset import table
from scanform.dataset.provenance import ReadingRow
from scanform.formats import layout_json
from scanform.formats.copies_json import PrintedCopy
from scanform.workflow.learning.crops_folder import Manifest

DRAFT = "https://json-schema.org/draft/2020-12/schema"

Schema = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """A kind of file: the `name` of its schema, the `type` of its content, and what a reader has to know beside that.

    `format` is what its entry `format` says where the type has none; `rows`: the file is a list of such values.
    """

    name: str
    type: type
    title: str
    description: str = ""
    identity: str = ""
    format: str = ""
    rows: bool = False


CONTRACTS = (
    Contract(
        name="copies",
        type=PrintedCopy,
        title="x.copies.json: which form stands where in the printed file x.pdf",
        identity="scanform-copies/1",
        rows=True,
    ),
    Contract(
        name="crops",
        type=Manifest,
        title="manifest.json: crops of handwriting for training",
        description="Written by scanform export-crops; beside it lies the folder pictures/ with one PNG for each cell and each line. "
        "Handwriting is personal data: every entry names the last day on which it may be kept. See docs/learning.md.",
    ),
    Contract(
        name="layout",
        type=layout_json.FILE,
        title="layout.json: where everything stands on a printed form",
        description="Millimetres, origin top left, y down. Numbers of pages are 1-based. Rectangles are [x, y, w, h].",
        identity="scanform-layout/1",
    ),
    Contract(
        name="readings",
        type=ReadingRow,
        title="readings.csv: one row per question of each form that came in",
        description="CSV, UTF-8 with BOM, comma, CRLF, decimal point. This schema describes one row, all cells as text, in this order of columns.",
        identity="scanform-readings/1",
    ),
    Contract(
        name="responses",
        type=table.FixedCells,
        title="responses.csv: one row per response of one questionnaire",
        description="CSV, UTF-8 with BOM, comma, CRLF, decimal point, ISO dates, HH:MM. This schema describes one row, all cells as text: the fixed "
        "columns first, then question columns. Single choice and cells: <question>. Multiple choice: "
        "<question>__<option>, 0 or 1 or a missing code. "
        "Text: <question> and <question>__status. Text beside an option: <question>__<option>_text and its __status. "
        "Where people kept a text that no "
        "rule admits, <column>__as_written stands behind its column, which holds the missing code then.",
        identity="scanform-responses/1",
    ),
    Contract(
        name="survey",
        type=config.Config,
        title="survey.toml: the settings of a project folder",
        description="Beside it lie questionnaires/<code>.yaml, layouts/<digest>/layout.json with page-N.png and recipients.json (what forms bear in "
        "print of their recipients, where a question asks for it; personal data), scanform.sqlite, archive/, and "
        "project-id (whose folder this is; "
        "the database says the same).",
        identity=config.FORMAT,
        format=config.FORMAT,
    ),
)


def schemas() -> Mapping[str, str]:
    """The text of each schema, by the name of its file."""
    made = {f"{contract.name}.schema.json": schema(contract) for contract in CONTRACTS}
    return {name: json.dumps(found, ensure_ascii=False, indent=2) + "\n" for name, found in made.items()}


def schema(contract: Contract) -> Schema:
    """The schema of one kind of file."""
    made = TypeAdapter(contract.type).json_schema()
    known = made.pop("$defs", {})
    objects = {_name(name): _plain(found, known) for name, found in known.items() if "enum" not in found}
    body = _plain(made, known)
    if contract.format:
        body["properties"] = {"format": {"const": contract.format}} | body["properties"]
        body["required"] = ["format", *body.get("required", [])]
    if contract.type is table.FixedCells:
        body["patternProperties"] = _question_columns()
    if contract.rows:
        body = {"type": "array", "items": body}
    about = {"$id": contract.identity, "title": contract.title, "description": contract.description}
    named = {name: value for name, value in about.items() if value}
    return {"$schema": DRAFT} | named | body | ({"$defs": objects} if objects else {})


def _plain(found: Schema, known: Mapping[str, Schema]) -> Schema:
    """A schema as it is published: nothing beside what is named, and no words of the code."""
    found = _in_place(found, known)
    plain = {name: value for name, value in found.items() if name not in _OF_THE_CODE}
    if isinstance(found.get("default"), str | int | float):
        plain["default"] = found["default"]
    if "$ref" in found:
        plain["$ref"] = f"#/$defs/{_name(_target(found))}"
    if "items" in found:
        plain["items"] = _plain(found["items"], known)
    if "prefixItems" in found:
        plain["prefixItems"] = [_plain(one, known) for one in found["prefixItems"]]
    if "properties" in found:
        plain.pop("description", None)  # the docstring of the type
        plain["properties"] = {name: _plain(one, known) for name, one in found["properties"].items()}
        plain["additionalProperties"] = False
    return plain


_OF_THE_CODE = frozenset({"title", "default", "additionalProperties"})
"""What pydantic says of a type that is nothing to readers of a file, or is said otherwise here."""


def _in_place(found: Schema, known: Mapping[str, Schema]) -> Schema:
    """A schema without null for what may be absent, as files leave that out, with an enumeration in its place, and with
    one admissible value as a constant.
    """
    if "anyOf" in found:
        kind = next(one for one in found["anyOf"] if one.get("type") != "null")
        found = {name: value for name, value in found.items() if name != "anyOf"} | kind
    target = known.get(_target(found), {})
    if "enum" in target:
        found = {name: value for name, value in found.items() if name != "$ref"}
        found |= {"enum": target["enum"], "type": target["type"]}
    if len(found.get("enum", ())) == 1:
        found = {name: value for name, value in found.items() if name != "enum"} | {"const": found["enum"][0]}
    return found


def _question_columns() -> Schema:
    """The columns that depend on the questionnaire, by the pattern of their names."""
    return {
        pattern: {"type": "string"} | constraint.keywords("string") for pattern, constraint in table.COLUMNS.values()
    }


def _target(found: Schema) -> str:
    return str(found.get("$ref", "")).removeprefix("#/$defs/")


def _name(name: str) -> str:
    """The public name of a type."""
    return name.lstrip("_")
