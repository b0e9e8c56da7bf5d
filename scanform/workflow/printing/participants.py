"""The people asked, as a file of participants for LimeSurvey: the same tokens on paper and online."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from scanform.errors import UsageError, words
from scanform.formats.responses.csv_io import read_table
from scanform.model.place import Place
from scanform.whole_files import atomic_file
from scanform.workflow.printing.place_register import register
from scanform.workflow.printing.print_forms import printed_tokens
from scanform.workflow.printing.recipients import column_kind, plain_heading, read_list
from scanform.workflow.project.project import Project

FIXED = ("firstname", "lastname", "email", "token")
"""LimeSurvey's own columns; `firstname`, `lastname` and `email` have to be there, empty or not."""

_EMAILS = frozenset({"email", "e mail", "mail", "e mail adresse", "email adresse", "email address", "mailadresse"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Participant:
    """One invited person or place; `attributes` are further columns by heading."""

    token: str
    lastname: str = ""
    firstname: str = ""
    email: str = ""
    attributes: tuple[tuple[str, str], ...] = ()


def write_participants(project: Project, out: Path, *, recipients: Path | None = None) -> int:
    """Write the file, for the owner's eyes only; returns how many participants it has."""
    found = list(participants(project, recipients))
    if not found:
        raise UsageError(words("participants.none"), remedy=words("participants.none_remedy"))
    with atomic_file(out, private=True) as file:
        file.write(_csv(found).encode("utf-8"))
    return len(found)


def participants(project: Project, recipients: Path | None = None) -> Iterator[Participant]:
    """The people asked: those of a list as `print --recipients` takes it, otherwise those of the register.
    The one place that knows where they come from.
    """
    if recipients is not None:
        yield from _listed(recipients, printed=printed_tokens(project))
        return
    yield from map(_registered, register(project))


def _registered(place: Place) -> Participant:
    """A place of the register; whom one writes to stays with the place, not in the name of the carrier."""
    told = [(f"address_{number}", line) for number, line in enumerate(place.address, start=1)]
    told += [("carrier", place.carrier or ""), ("district", place.district or ""), ("place_id", place.place_id)]
    mails = [value for heading, value in place.further if plain_heading(heading) in _EMAILS]
    told += [(heading, value) for heading, value in place.further if plain_heading(heading) not in _EMAILS]
    return Participant(
        token=place.token,
        lastname=place.name or "",
        email=next(iter(mails), ""),
        attributes=tuple((heading, value) for heading, value in told if value),
    )


def _listed(path: Path, *, printed: frozenset[str]) -> Iterator[Participant]:
    """The rows of a list; the reader of lists refuses it as a whole if a token cannot be used."""
    tokens = {one.row: one.token for one in read_list(path, printed=printed).recipients}
    table = read_table(path)
    kinds = [_field(heading) for heading in table.header]
    for number, cells in table.rows:
        if number in tokens:
            yield _participant(table.header, kinds, cells, tokens[number])


def _field(heading: str) -> str:
    """The column of LimeSurvey that holds this one; "" for an attribute, "token" for what is known already."""
    if plain_heading(heading) in _EMAILS:
        return "email"
    return {"first": "firstname", "last": "lastname", "name": "lastname", "token": "token"}.get(
        column_kind(heading), ""
    )


def _participant(header: Sequence[str], kinds: Sequence[str], cells: Sequence[str], token: str) -> Participant:
    known: dict[str, str] = {}
    attributes: list[tuple[str, str]] = []
    for heading, kind, cell in zip(header, kinds, cells, strict=False):
        value = " ".join(cell.split())
        if kind in {"firstname", "lastname", "email"} and kind not in known:
            known[kind] = value
        elif kind != "token" and heading.strip():
            attributes.append((heading.strip(), value))
    return Participant(token=token, attributes=tuple(attributes), **known)


def _csv(found: Sequence[Participant]) -> str:
    """Comma-separated, with a heading for each attribute: `attribute_1 <Straße>`."""
    names = list(dict.fromkeys(name for one in found for name, _ in one.attributes))
    heads = [f"attribute_{number} <{_safe(name)}>" for number, name in enumerate(names, start=1)]
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*FIXED, *heads])
    for one in found:
        values = dict(one.attributes)
        writer.writerow([one.firstname, one.lastname, one.email, one.token, *(values.get(name, "") for name in names)])
    return out.getvalue()


def _safe(heading: str) -> str:
    """A heading without the signs that end it."""
    return heading.replace("<", "(").replace(">", ")")
