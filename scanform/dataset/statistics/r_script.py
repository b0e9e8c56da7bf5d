"""R: a CSV file with numbers, and a script that reads it with base R alone.

The script makes a data frame `data`: choices are labelled numbers as the package haven has them, missing codes are NA,
and each reason is kept in a second data frame `missing`. `as_factors(data)` turns choices into factors.
"""

import csv
import io
import json
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, time
from typing import BinaryIO

from scanform.dataset.statistics.coded import BESIDE, Kind, Label, Value, Variable

_READ = {
    Kind.CODE: "number(raw[[{name}]])",
    Kind.NUMBER: "number(raw[[{name}]])",
    Kind.TEXT: "raw[[{name}]]",
    Kind.DATE: "as.Date(raw[[{name}]])",
    Kind.TIME: "raw[[{name}]]",
    Kind.MOMENT: 'as.POSIXct(raw[[{name}]], tz = "UTC", format = "%Y-%m-%dT%H:%M:%S")',
}

_HEAD = """# {title}
# Written by scanform. Read it in the folder of the CSV file: source("{script}", encoding = "UTF-8")
raw <- read.csv({file}, colClasses = "character", fileEncoding = "UTF-8", check.names = FALSE, na.strings = character())
data <- data.frame(row.names = seq_len(nrow(raw)))
missing <- data.frame(row.names = seq_len(nrow(raw)))
number <- function(x) as.numeric(ifelse(x == "", NA, x))
labelled <- function(x, labels) structure(x, labels = labels, class = c("haven_labelled", "vctrs_vctr", "double"))
named <- function(x, label) {{ attr(x, "label") <- label; x }}
reason <- function(x, codes) factor(ifelse(x %in% codes, x, NA), levels = codes, labels = names(codes))
dropped <- function(x, codes) {{ x[x %in% codes] <- NA; x }}
missing_codes <- {missing}
"""

_TAIL = """
as_factors <- function(d) {
  for (name in names(d)) {
    labels <- attr(d[[name]], "labels")
    if (!is.null(labels)) {
      label <- attr(d[[name]], "label")
      d[[name]] <- named(factor(unclass(d[[name]]), levels = labels, labels = names(labels)), label)
    }
  }
  d
}
"""


def write_r_csv(variables: Sequence[Variable], out: BinaryIO) -> None:
    """The numbers and texts of all variables; UTF-8 without a mark, as read.csv wants it."""
    buffer = io.TextIOWrapper(out, encoding="utf-8", newline="", write_through=True)
    writer = csv.writer(buffer, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow([variable.name for variable in variables])
    for row in zip(*(variable.values for variable in variables), strict=True):
        writer.writerow([_cell(value) for value in row])
    buffer.detach()


def write_r_script(variables: Sequence[Variable], out: BinaryIO, *, title: str, file: str, script: str) -> None:
    """The script that reads `file` and labels it."""
    missing = next((one.labels for one in variables if one.holds_missing_codes), ())
    codes = [label for label in missing if label.is_missing]
    parts = [
        _HEAD.format(title=" ".join(title.split()), script=script, file=_quoted(file), missing=_vector(codes)),
        *(_lines_of(variable) for variable in variables if not variable.name.endswith(BESIDE)),
        *(_beside(variable) for variable in variables if variable.name.endswith(BESIDE)),
        _TAIL,
    ]
    out.write("".join(parts).encode())


def _lines_of(variable: Variable) -> str:
    name = _quoted(variable.name)
    read = _READ[variable.kind].format(name=name)
    lines = [f"x <- {read}"]
    if variable.holds_missing_codes:
        lines += [f"missing[[{name}]] <- reason(x, missing_codes)", "x <- dropped(x, missing_codes)"]
    own = [label for label in variable.labels if not label.is_missing]
    if own:
        lines.append(f"x <- labelled(x, {_vector(own)})")
    lines.append(f"data[[{name}]] <- named(x, {_quoted(variable.text)})")
    return "\n".join(lines) + "\n"


def _beside(variable: Variable) -> str:
    """Why values are missing that have no room for a code."""
    name = _quoted(variable.name.removesuffix(BESIDE))
    return f"missing[[{name}]] <- reason(number(raw[[{_quoted(variable.name)}]]), missing_codes)\n"


def _vector(labels: Sequence[Label]) -> str:
    """A named vector; equal labels are told apart by their codes, as R would take them for one."""
    texts = Counter(label.text for label in labels)
    names = [f"{label.text} ({label.code})" if texts[label.text] > 1 else label.text for label in labels]
    return f"c({', '.join(f'{_quoted(name)} = {label.value}' for name, label in zip(names, labels, strict=True))})"


def _quoted(said: str) -> str:
    """A string of R; its escapes are those of JSON but for the slash."""
    return json.dumps(" ".join(said.split()) if "\n" in said else said, ensure_ascii=False)


def _cell(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    return value.isoformat(timespec="minutes") if isinstance(value, time) else str(value)
