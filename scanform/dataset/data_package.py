"""datapackage.json: the CSV files described as a Data Package (version 2, https://datapackage.org), so that programs
read them with types, categories and missing values.
"""

import json
from collections.abc import Sequence
from typing import BinaryIO

from scanform.dataset.statistics.coded import Variable
from scanform.dataset.table import Column, Holds, Table
from scanform.model.questionnaire import Alphabet

PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"


def write_data_package(
    table: Table, variables: Sequence[Variable], out: BinaryIO, *, language: str, files: Sequence[str]
) -> None:
    """The description of responses.csv, field by field, and of the other CSV `files` as texts."""
    labelled = {variable.name: variable for variable in variables}
    resources: list[dict[str, object]] = [
        {
            **_csv("responses.csv"),
            "schema": {
                "fields": [_field(column, labelled[column.name]) for column in table.columns],
                "primaryKey": ["response_id"],
                "missingValues": _missing_values(variables),
            },
        },
        *(_csv(name) for name in files),
    ]
    package = {
        "$schema": PROFILE,
        "name": table.questionnaire.code,
        "title": table.questionnaire.title.get(language),
        "version": table.questionnaire.version,
        "resources": resources,
    }
    out.write(json.dumps(package, ensure_ascii=False, indent=2).encode() + b"\n")


def _csv(name: str) -> dict[str, object]:
    return {
        "name": name.removesuffix(".csv"),
        "path": name,
        "type": "table",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "dialect": {"delimiter": ",", "lineTerminator": "\r\n"},
    }


def _missing_values(variables: Sequence[Variable]) -> list[dict[str, str]]:
    """The missing codes with their labels, for all fields: texts that look like them stand behind an apostrophe."""
    labels = {label.value: label.text for variable in variables for label in variable.labels if label.is_missing}
    return [{"value": "", "label": ""}, *({"value": str(code), "label": labels[code]} for code in sorted(labels))]


def _field(column: Column, variable: Variable) -> dict[str, object]:
    """Type, label and categories of a column. `enum` repeats the categories for programs that do not
    know these yet.
    """
    field: dict[str, object] = {"name": column.name, "title": variable.text, "type": _type(column)}
    own = [label for label in variable.labels if not label.is_missing]
    if own and column.holds in {Holds.CODE, Holds.TICK, Holds.FIXED}:
        kind = int if field["type"] == "integer" else str
        field["categories"] = [{"value": kind(label.code), "label": label.text} for label in own]
        field["constraints"] = {"enum": [kind(label.code) for label in own]}
    return field


def _type(column: Column) -> str:
    if column.name == "received_at":
        return "datetime"
    if column.holds is Holds.TICK or column.name == "complete":
        return "integer"
    if column.holds is not Holds.FIELD or column.question is None:
        return "string"
    if column.is_number:
        return "number" if column.question.alphabet is Alphabet.DECIMAL else "integer"
    return {Alphabet.DATE: "date"}.get(column.question.alphabet, "string") if column.question.alphabet else "string"
