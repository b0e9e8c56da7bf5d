"""SPSS (.sav) and Stata (.dta). The only module that uses pyreadstat.

Both libraries write to a path, so each file is made in a private folder and copied.
"""

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from shutil import copyfileobj
from typing import BinaryIO, cast

import pandas
import pyreadstat
from pyreadstat.pyclasses import MissingRange

from scanform.dataset.statistics.coded import LOWEST, Kind, Value, Variable, short_names
from scanform.i18n.texts import text

CODES = "__code"
"""Ends the name of an SPSS variable that holds the original code of an option."""

SPSS_LABEL_BYTES, SPSS_VALUE_BYTES, SPSS_TEXT_BYTES = 255, 120, 32_767
"""The most bytes of UTF-8 that SPSS keeps of a variable label, a value label and a text."""

STATA_NAME, STATA_LABEL = 28, 80
"""The most characters of a name and of a label. Stata takes names of 32; pyreadstat names the labels of a variable by
its name and its place, in 32 characters as well: room for 9,999 variables.
"""

_EMPTY: dict[Kind, Value] = {Kind.TEXT: ""}


def write_spss(variables: Sequence[Variable], out: BinaryIO, *, title: str, language: str) -> None:
    """An SPSS file: value labels, missing codes as the range -10 to -1, and after all variables the codes of options
    as texts.
    """
    codes = [_codes_of(variable) for variable in variables if _has_codes(variable)]
    every = [*variables, *codes]
    frame = pandas.DataFrame({one.name: _series(one, SPSS_TEXT_BYTES) for one in every})
    labels: dict[str, dict[int | float, str]] = {
        one.name: {label.value: _cut(label.text, SPSS_VALUE_BYTES) for label in one.labels}
        for one in every
        if one.labels
    }
    missing: dict[str, list[int | float | str | MissingRange]] = {
        one.name: [MissingRange(lo=LOWEST, hi=-1)] for one in every if one.holds_missing_codes
    }

    def write(path: Path) -> None:
        pyreadstat.write_sav(
            frame,
            path,
            file_label=_cut(title, 64),
            note=_lines(text("statistics.note", language), 80),
            row_compress=True,
            column_labels={one.name: _cut(one.text, SPSS_LABEL_BYTES) for one in every},
            variable_value_labels=labels,
            missing_ranges=missing,
            variable_measure={one.name: _measure(one) for one in every},
            variable_format={one.name: "F8.0" for one in every if one.kind is Kind.CODE},
        )

    _through_a_file(write, ".sav", out)


def write_stata(variables: Sequence[Variable], out: BinaryIO, *, title: str) -> None:
    """A Stata file (version 118, Unicode): value labels, missing codes as .a (-1) to .j (-10); names are shortened to
    28 characters where they are longer.
    """
    short = short_names((one.name for one in variables), STATA_NAME)
    frame = pandas.DataFrame({short[one.name]: _with_letters(one) for one in variables})
    coded = [one for one in variables if one.labels]

    def write(path: Path) -> None:
        pyreadstat.write_dta(
            frame,
            path,
            version=15,
            file_label=title[:STATA_LABEL],
            column_labels={short[one.name]: _short(one.text, STATA_LABEL) for one in variables},
            # letters are keys as well, which the types do not say
            variable_value_labels=cast(
                dict[str, dict[int | float, str]],
                {short[one.name]: {_letter(label.value): label.text for label in one.labels} for one in coded},
            ),
            missing_user_values={
                short[one.name]: [str(_letter(label.value)) for label in one.labels if label.is_missing]
                for one in coded
                if one.holds_missing_codes
            },
        )

    _through_a_file(write, ".dta", out)


def _has_codes(variable: Variable) -> bool:
    """Whether the numbers of a variable stand for codes that read differently."""
    return any(label.code != str(label.value) for label in variable.labels if not label.is_missing)


def _codes_of(variable: Variable) -> Variable:
    """The codes of a variable as texts; empty where the value is missing."""
    codes = {label.value: label.code for label in variable.labels if not label.is_missing}
    return Variable(
        name=f"{variable.name}{CODES}",
        text=variable.text,
        kind=Kind.TEXT,
        values=tuple(codes.get(value, "") if isinstance(value, int) else "" for value in variable.values),
        column=variable.column,
    )


def _series(variable: Variable, most: int) -> pandas.Series:
    """Values as pyreadstat wants them: numbers as float, texts cut to `most` bytes, the others as Python's own."""
    if variable.kind is Kind.TEXT:
        return pandas.Series([_cut(str(value or ""), most) for value in variable.values], dtype=object)
    if variable.kind in {Kind.CODE, Kind.NUMBER}:
        return pandas.Series([float("nan") if v is None else v for v in variable.values], dtype=float)
    return pandas.Series(list(variable.values), dtype=object)


def _with_letters(variable: Variable) -> pandas.Series:
    """A variable for Stata; missing codes as letters, which pyreadstat writes as .a to .j."""
    if not variable.holds_missing_codes or not any(map(_is_code, variable.values)):
        return _series(variable, 2_000_000_000)
    assert None not in variable.values  # pyreadstat would write 0 beside letters
    values = [_letter(value) for value in variable.values]
    if any(isinstance(value, float) for value in values):  # beside letters it takes one kind of numbers only
        values = [float(value) if isinstance(value, int) else value for value in values]
    return pandas.Series(values, dtype=object)


def _is_code(value: Value) -> bool:
    return isinstance(value, int | float) and LOWEST <= value < 0


def _letter(value: Value) -> Value:
    """-1 is "a"; what is no missing code stays."""
    return chr(ord("a") - 1 - int(value)) if isinstance(value, int | float) and _is_code(value) else value


def _measure(variable: Variable) -> str:
    return {Kind.CODE: "nominal", Kind.TEXT: "nominal"}.get(variable.kind, "scale")


def _cut(said: str, most: int) -> str:
    """At most `most` bytes of UTF-8; what is longer ends in an ellipsis."""
    if len(said.encode()) <= most:
        return said
    return said.encode()[: most - 3].decode(errors="ignore") + "\N{HORIZONTAL ELLIPSIS}"


def _short(said: str, most: int) -> str:
    return said if len(said) <= most else said[: most - 1] + "\N{HORIZONTAL ELLIPSIS}"


def _lines(said: str, most: int) -> list[str]:
    """`said` in lines of at most `most` bytes, broken between words."""
    lines = [""]
    for word in said.split():
        longer = f"{lines[-1]} {word}".strip()
        if len(longer.encode()) <= most:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _through_a_file(write: Callable[[Path], None], suffix: str, out: BinaryIO) -> None:
    with tempfile.TemporaryDirectory(prefix="scanform-") as folder:
        path = Path(folder) / f"data{suffix}"
        write(path)
        with path.open("rb") as made:
            copyfileobj(made, out)
