"""LimeSurvey's archive of a survey (.lsa): its structure and its responses, as a table headed by the codes of its
questions.
"""

import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO
from xml.etree.ElementTree import Element, ParseError  # types only, defusedxml reads

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from scanform.errors import InputError, words
from scanform.formats.responses.csv_io import UNSET, CsvTable, Row
from scanform.formats.responses.spool import Spool

MAX_UNPACKED = 2_000_000_000
"""Bytes of all parts together."""
MAX_PACKING = 400
"""Times that a part may grow when it is unpacked, from `_SMALL` bytes on."""
_SMALL = 20_000_000

_SGQA = re.compile(r"\d+X(?P<gid>\d+)X(?P<tail>\d+.*)")
_BY_ID = re.compile(r"Q(?P<qid>\d+)(?:_S(?P<sub>\d+))?(?P<rest>.*)")
_EXTRA = re.compile(r"(?:other|comment|othercomment)?(?:#[01])?")


@dataclass(slots=True)
class Structure:
    """The questions of a survey by their numbers: codes, types, and codes of subquestions by their numbers."""

    codes: dict[str, str] = field(default_factory=dict)
    groups: dict[str, str] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    subquestions: dict[str, tuple[str, str]] = field(default_factory=dict)

    def heading(self, name: str) -> str:
        """The heading that LimeSurvey's CSV export gives a field of its response table; the name itself where the
        structure does not tell which one it is.
        """
        by_id = _BY_ID.fullmatch(name)
        if by_id is not None and by_id["qid"] in self.codes:
            sub = self.subquestions[by_id["sub"]][1] if by_id["sub"] in self.subquestions else ""
            return self._headed(by_id["qid"], sub + by_id["rest"].removeprefix("_"))
        match = _SGQA.fullmatch(name)
        if match is None:
            return name
        found = [
            self._headed(qid, match["tail"].removeprefix(qid))
            for qid in self.codes
            if self.groups.get(qid) == match["gid"]
            and match["tail"].startswith(qid)
            and self._fits(qid, match["tail"].removeprefix(qid))
        ]
        return found[0] if len(found) == 1 else name

    def _headed(self, qid: str, rest: str) -> str:
        if not rest:
            return self.codes[qid]
        inner, _, scale = rest.partition("#")
        return f"{self.codes[qid]}[{inner}]" + (f"[{int(scale) + 1}]" if scale.isdigit() else "")

    def _fits(self, qid: str, rest: str) -> bool:
        """Whether a question can have such a field: itself, a subquestion, a cell of a table, a rank, "other", a
        comment.
        """
        own = [code for parent, code in self.subquestions.values() if parent == qid]
        first = next((code for code in sorted(own, key=len, reverse=True) if rest.startswith(code)), "")
        left = rest.removeprefix(first)
        return (
            _EXTRA.fullmatch(left) is not None
            or (self.types.get(qid) == "R" and rest.isdigit())
            or (bool(first) and left.startswith("_") and left.removeprefix("_") in own)
        )


def is_archive(path: Path) -> bool:
    """Whether a ZIP file is LimeSurvey's archive of a survey."""
    with zipfile.ZipFile(path) as archive:
        names = [name.lower() for name in archive.namelist()]
    return any(name.endswith(".lss") for name in names) and any(name.endswith(".lsr") for name in names)


def read_archive(path: Path) -> CsvTable:
    """The responses in the archive; raises InputError for a damaged one, or one of untrustworthy size."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = {part.filename.lower().rpartition(".")[2]: part for part in archive.infolist()}
            if sum(part.file_size for part in archive.infolist()) > MAX_UNPACKED or any(
                part.file_size > _SMALL and part.file_size > MAX_PACKING * max(1, part.compress_size)
                for part in archive.infolist()
            ):
                raise _refused("xlsx-too-large", path.name, limit=str(MAX_UNPACKED // 1_000_000))
            with archive.open(parts["lss"]) as content:
                structure = _structure(content)
            with archive.open(parts["lsr"]) as content:
                names = _fields(content)
            if not names:
                raise _refused("csv-empty", path.name)
            with archive.open(parts["lsr"]) as content:
                spool = Spool(_rows(content, names))
    except (zipfile.BadZipFile, ParseError, DefusedXmlException, KeyError, RuntimeError, EOFError, OSError) as error:
        raise _refused("lsa-damaged", path.name) from error
    header = tuple(structure.heading(name) for name in names)
    return CsvTable(header=header, rows=spool, encoding="lsa", delimiter="", problems=(), tells_null=True)


def _elements(content: IO[bytes]) -> Iterator[tuple[list[str], Element]]:
    """Each element when it ends, with the names around it; what is behind is forgotten."""
    above: list[str] = []
    stack: list[Element] = []
    for event, element in iterparse(content, events=("start", "end"), forbid_dtd=True):
        if event == "start":
            above.append(str(element.tag))
            stack.append(element)
            continue
        above.pop()
        stack.pop()
        yield above, element
        if element.tag == "row" and stack:
            stack[-1].clear()


def _structure(content: IO[bytes]) -> Structure:
    found = Structure()
    for above, element in _elements(content):
        if element.tag != "row" or len(above) < 2:
            continue
        row = {str(child.tag): child.text or "" for child in element}
        if above[-2] == "questions":
            found.codes[row["qid"]] = row["title"]
            found.groups[row["qid"]] = row.get("gid", "")
            found.types[row["qid"]] = row.get("type", "")
        elif above[-2] == "subquestions":
            found.subquestions[row["qid"]] = (row.get("parent_qid", ""), row["title"])
    return found


def _fields(content: IO[bytes]) -> list[str]:
    return [
        _field_name(element.text or "")
        for above, element in _elements(content)
        if element.tag == "fieldname" and above[-1:] == ["fields"] and "responses" in above
    ]


def _field_name(name: str) -> str:
    """A name of the response table; XML names cannot begin with a digit, so one line is put before it."""
    return name.strip().removeprefix("_")


def _rows(content: IO[bytes], names: list[str]) -> Iterator[Row]:
    number = 1
    for above, element in _elements(content):
        if element.tag == "row" and "responses" in above:
            number += 1
            cells: Mapping[str, str] = {_field_name(str(child.tag)): child.text or "" for child in element}
            yield number, tuple(cells.get(name, UNSET) for name in names)


def _refused(slug: str, name: str, **params: object) -> InputError:
    return InputError(words(f"digital.{slug}", file=name, **params), remedy=words(f"digital.{slug}-remedy"), slug=slug)
