"""The list of those who get a form: token, name, address, from a CSV file as a spreadsheet saves it."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from scanform.errors import InputError
from scanform.formats.csv_io import read_table
from scanform.i18n.texts import problem_text, text

_TOKENS = frozenset({"token", "code", "zugangscode", "zugangsschlussel", "schlussel", "kennung", "accesscode", "access"})
_NAMES = frozenset({"name", "einrichtung", "trager", "ort der begegnung", "begegnungsort", "empfanger", "recipient", "organisation", "organization"})
_POSTCODES = frozenset({"plz", "postleitzahl", "zip", "postcode", "postal code"})
_TOWNS = frozenset({"ort", "stadt", "town", "city"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """One who gets a form. The token stays verbatim; name and address are what is printed. `row` is that of the list, 0 for none."""

    token: str
    name: str | None
    address: tuple[str, ...]
    row: int = field(default=0, compare=False)


def read_recipients(path: Path, *, language: str) -> tuple[Recipient, ...]:
    """The recipients in the file, in its order.

    Column names are German or English, upper or lower case; all columns that are neither token nor name are lines of
    the address, postcode and town together on one. Raises InputError that names the row: nobody is left out silently.
    """
    table = read_table(path, language=language)
    refused = [problem for problem in table.problems if problem.slug != "decoded-as"]
    if refused:
        raise _wrong(path, "; ".join(f"{problem.where}: {problem_text(problem, language)}" for problem in refused), language)
    names = [_plain(name) for name in table.header]
    token_at = next((at for at, name in enumerate(names) if name in _TOKENS), None)
    if token_at is None:
        raise _wrong(path, text("print.no_token_column", language, columns=", ".join(table.header)), language)
    found = tuple(replace(_recipient(cells, names, token_at), row=number) for number, cells in table.rows if any(cell.strip() for cell in cells))
    _check(path, found, language)
    return found


def _recipient(cells: Sequence[str], names: Sequence[str], token_at: int) -> Recipient:
    name_at = next((at for at, name in enumerate(names) if name in _NAMES and at != token_at), None)
    lines: list[str] = []
    for at, cell in enumerate(cells):
        if at in (token_at, name_at):
            continue
        parts = [part.strip() for part in re.split(r"[\r\n]+|(?<=\S) *\| *", cell) if part.strip()]
        if parts and at and names[at] in _TOWNS and names[at - 1] in _POSTCODES and lines:
            lines[-1] = f"{lines[-1]} {parts.pop(0)}"
        lines += parts
    name = cells[name_at].strip() if name_at is not None else ""
    return Recipient(token=cells[token_at].strip(), name=name or None, address=tuple(lines))


def _check(path: Path, found: Sequence[Recipient], language: str) -> None:
    """Raises InputError that names every row whose token is missing or stands twice."""
    if not found:
        raise _wrong(path, text("print.no_recipients", language), language)
    seen: dict[str, int] = {}
    wrong: list[str] = []
    for recipient in found:
        if not recipient.token:
            wrong.append(text("print.row_without_token", language, row=recipient.row))
        elif recipient.token in seen:
            wrong.append(text("print.token_twice", language, row=recipient.row, first=seen[recipient.token]))
        seen.setdefault(recipient.token, recipient.row)
    if wrong:
        raise _wrong(path, "; ".join(wrong), language)


def _plain(name: str) -> str:
    """Lower case, without accents, underscores and hyphens as spaces."""
    decomposed = unicodedata.normalize("NFKD", name.strip().lower())
    return re.sub(r"[\s_\-]+", " ", "".join(character for character in decomposed if not unicodedata.combining(character)))


def _wrong(path: Path, what: str, language: str) -> InputError:
    return InputError(text("print.bad_recipients", language, file=path.name, what=what), remedy=text("print.bad_recipients_remedy", language))
