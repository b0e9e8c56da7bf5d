"""Readers of writing are plug-ins: readers of cell rows and of lines are found among the entry points
`scanform.readers`.

A package that offers a reader names an object there with `kind`, `rank`, `name` and `read`; of each kind the one with
the highest rank reads, ours have rank 10 and 20. A reader gets all jobs of a page at once and answers each of them
independently, in the same order, deterministically and without a network connection.
`tests/unit/recognize/writing/test_readers.py` holds every installed reader to that. A reader that needs a library from
an extra names it as `needs`; without that library the reader does not read, and if no other reads cells they go to a
person.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from typing import Any, Protocol, cast

from scanform.imaging.page_image import Gray
from scanform.model.questionnaire import Alphabet, TextForm
from scanform.model.reading import Candidate

GROUP = "scanform.readers"
CELLS, LINES = "cells", "lines"

BUILT_IN = {
    "cells": "scanform.recognize.writing.cells:NETWORKS",
    "handwriting": "scanform.recognize.writing.handwriting:HANDWRITING",
    "tesseract": "scanform.recognize.writing.lines:TESSERACT",
}
"""The built-in readers, available also in a checkout without an installation."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cell:
    """The ink of one cell: `gray` shows it alone on white paper; `height` and `width` in heights of the cell, centre
    (`x`, `y`) in its widths and heights.
    """

    gray: Gray
    height: float
    width: float
    x: float
    y: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CellImages:
    """The cells of one zone in reading order, None for one without ink."""

    cells: Sequence[Cell | None]
    alphabet: Alphabet


@dataclass(frozen=True, slots=True, kw_only=True)
class LineImages:
    """The lines of one zone, top to bottom: dark writing alone on white paper. `values` are the texts that the question
    lists, if any: the answer is probably one of them, but need not be. `expected` is the one that the form itself bears
    in print, "" for none. `form`: they hold a phone number or an e-mail address.
    """

    pictures: Sequence[Gray]
    values: tuple[str, ...] = ()
    expected: str = ""
    form: TextForm | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """What a form bears in print as the probable answer to a question ("" if this one does not), and its alternatives:
    the texts of other forms, and those that the question lists.
    """

    own: str
    among: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderResult:
    """The possible values of a job, most probable first (a row: one character per cell, a space for an empty one, ? for
    one that is crossed out or does not belong there), with calibrated probabilities; `unread`: it goes to review
    whatever the probability. `reader` names the reader.
    """

    texts: tuple[Candidate, ...]
    reader: str
    unread: bool = False


class CellReader(Protocol):
    """Reads rows of cells."""

    kind: str
    rank: int
    name: str

    def read(self, jobs: Sequence[CellImages]) -> Sequence[ReaderResult]:
        """One answer for each row."""
        ...


class LineReader(Protocol):
    """Reads lines of writing."""

    kind: str
    rank: int
    name: str

    def read(self, jobs: Sequence[LineImages]) -> Sequence[ReaderResult]:
        """One answer for each zone, its lines joined by line breaks."""
        ...


class Unread:
    """Reads nothing: every row of cells goes to a person."""

    kind = CELLS
    rank = 0
    name = "none"

    def read(self, jobs: Sequence[CellImages]) -> tuple[ReaderResult, ...]:
        """No text for any row."""
        return tuple(ReaderResult(texts=(), reader=self.name, unread=True) for _ in jobs)


UNREAD = Unread()


@cache
def every_reader() -> tuple[Any, ...]:
    """All readers, ours and those of installed packages, available or not; one that cannot be loaded raises and is
    never skipped silently.
    """
    ours = [EntryPoint(name=name, value=value, group=GROUP) for name, value in BUILT_IN.items()]
    others = [
        one for one in entry_points(group=GROUP) if one.dist is None or one.dist.name != "scanform"
    ]  # the installed entry points may be older
    return tuple(one.load() for one in (*ours, *sorted(others, key=lambda one: (one.name, one.value))))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Readers:
    """The reader of cells and the reader of lines."""

    cells: CellReader
    lines: LineReader


def missing_library(reader: Any) -> str:
    """The library that a reader needs and that is not installed, "" if the reader can read. A library that is installed
    but broken is not missing: it raises when the reader reads.
    """
    needs = str(getattr(reader, "needs", ""))
    return needs if needs and find_spec(needs) is None else ""


def _best(kind: str) -> Any:
    able = [reader for reader in every_reader() if reader.kind == kind and not missing_library(reader)]
    return max(able, key=lambda reader: (reader.rank, reader.name), default=UNREAD)


@cache
def best_readers() -> Readers:
    """The best available reader of each kind; rows of cells have `UNREAD` if there is none."""
    return Readers(cells=cast(CellReader, _best(CELLS)), lines=cast(LineReader, _best(LINES)))
