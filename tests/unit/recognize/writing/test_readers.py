"""The contract of everything that reads writing, ours and what other packages bring."""

import socket
import sys

import cv2
import numpy as np
import pytest

from scanform.model.questionnaire import Alphabet
from scanform.recognize.writing import readers
from scanform.recognize.writing.lines import TesseractLines
from scanform.recognize.writing.readers import (
    CELLS,
    LINES,
    UNREAD,
    Cell,
    CellImages,
    LineImages,
    ReaderResult,
    best_readers,
    every_reader,
)
from scanform.recognize.writing.tesseract import TextSettings


def written(text, *, wide=60, scale=1.6):
    picture = np.full((70, wide * max(1, len(text)) // 2 + 40), 255, np.uint8)
    cv2.putText(picture, text, (15, 52), cv2.FONT_HERSHEY_SIMPLEX, scale, (0,), 3, cv2.LINE_AA)
    return picture


def cell(text):
    return Cell(gray=written(text), height=0.7, width=0.5, x=0.5, y=0.5)


NOISE = np.random.default_rng(1).integers(0, 256, (40, 60), dtype=np.uint8)
ROWS = (
    CellImages(cells=(cell("4"), None, cell("7")), alphabet=Alphabet.DIGITS),
    CellImages(cells=(None, None), alphabet=Alphabet.DATE),
    CellImages(cells=(cell("A"), cell("8")), alphabet=Alphabet.ALNUM),
    CellImages(cells=(Cell(gray=NOISE, height=1.2, width=1.0, x=0.1, y=0.9),), alphabet=Alphabet.TIME),
    CellImages(
        cells=(Cell(gray=np.full((1, 1), 255, np.uint8), height=0.1, width=0.1, x=0.5, y=0.5),),
        alphabet=Alphabet.DECIMAL,
    ),
    CellImages(cells=(cell("H"),), alphabet=Alphabet.LETTERS),
)
ZONES = (
    LineImages(pictures=(written("NACHBARN"), written("GARTEN"))),
    LineImages(pictures=()),
    LineImages(pictures=(NOISE,)),
    LineImages(pictures=(np.full((8, 8), 255, np.uint8),)),
    LineImages(pictures=(written("1234567"),)),
    LineImages(pictures=(written("Garten"),), values=("Garten", "Haus", "Hof")),
    LineImages(pictures=(written("am"), written("Park")), values=("am Park", "Am Markt")),
    LineImages(pictures=(NOISE,), values=("Garten",)),
    LineImages(pictures=(), values=("Garten",)),
    LineImages(pictures=(written("Garten"),), values=("Garten", "Haus"), expected="Garten"),
    LineImages(pictures=(written("Garten"),), values=("Haus", "Hof"), expected="Haus"),
)


def jobs_of(reader):
    return ROWS if reader.kind == CELLS else ZONES


def values(found):
    return [([one.value for one in result.texts], result.unread) for result in found]


class Montage(TesseractLines):
    """Tesseract as it reads where tesserocr is not installed."""

    name = "tesseract montage"


def each_reader(kind=None):
    """All that are installed, and what stands in where a library is not."""
    readers = [*every_reader(), UNREAD, Montage(TextSettings(in_process=False))]
    return pytest.mark.parametrize(
        "reader", [one for one in readers if kind in {None, one.kind}], ids=lambda one: one.name
    )


@each_reader()
def test_it_says_what_it_is(reader):
    """Kind, rank and name; every result names its reader."""
    assert reader.kind in {CELLS, LINES}
    assert isinstance(reader.rank, int)
    assert all(isinstance(one, ReaderResult) and one.reader for one in reader.read(jobs_of(reader)))


@each_reader()
def test_one_answer_for_each_job(reader):
    """In order, whatever is in the pictures; nothing for nothing."""
    assert list(reader.read([])) == []
    jobs = jobs_of(reader)
    found = reader.read(jobs)
    assert len(found) == len(jobs)
    turned = reader.read(list(reversed(jobs)))
    assert values(reversed(turned)) == values(found)


@each_reader()
def test_probabilities(reader):
    """Most probable first, each text once, none below 0, no more than 1 in all."""
    for one in reader.read(jobs_of(reader)):
        fractions = [text.probability for text in one.texts]
        assert fractions == sorted(fractions, reverse=True)
        assert all(fraction >= 0 for fraction in fractions)
        assert sum(fractions) <= 1 + 1e-4
        assert len({text.value for text in one.texts}) == len(one.texts)


@each_reader()
def test_it_reads_the_same_every_time(reader):
    """Twice the same jobs, twice the same answers, to the last digit."""
    jobs = jobs_of(reader)
    assert reader.read(jobs) == reader.read(jobs)


@each_reader(CELLS)
def test_rows_keep_their_places(reader):
    """One character for each cell, a space where there is no ink."""
    for row, one in zip(ROWS, reader.read(ROWS), strict=True):
        for text in one.texts:
            assert len(text.value) == len(row.cells)
            assert all(text.value[place] == " " for place, cell in enumerate(row.cells) if cell is None)


@each_reader()
def test_it_needs_no_network(reader, monkeypatch):
    """No connection is opened while reading."""

    def refuse(*_args, **_more):
        raise AssertionError("a reader opened a connection")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    assert len(reader.read(jobs_of(reader))) == len(jobs_of(reader))


PLUGIN = """
from scanform.model.reading import Candidate
from scanform.recognize.writing.readers import ReaderResult


class Parrot:
    kind, rank, name = "lines", 50, "parrot"

    def read(self, jobs):
        return [ReaderResult(texts=(Candidate(value="Lora", probability=0.5),), reader=self.name) for _ in jobs]


PARROT = Parrot()
"""


def forget():
    every_reader.cache_clear()
    best_readers.cache_clear()


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Installs a package with one reader; afterwards it is gone."""

    def install(value="parrot_reader:PARROT"):
        (tmp_path / "parrot_reader.py").write_text(PLUGIN, encoding="utf-8")
        facts = tmp_path / "parrot_reader-1.0.dist-info"
        facts.mkdir()
        (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: parrot-reader\nVersion: 1.0\n", encoding="utf-8")
        (facts / "entry_points.txt").write_text(f"[{readers.GROUP}]\nparrot = {value}\n", encoding="utf-8")
        monkeypatch.syspath_prepend(str(tmp_path))
        forget()

    yield install
    monkeypatch.undo()
    sys.modules.pop("parrot_reader", None)
    forget()


def test_a_package_may_bring_a_reader(installed, sheet):
    """An installed reader of a higher rank reads the lines of a page, ours go on reading cells; the reading names
    it.
    """
    before = best_readers().cells
    installed()
    assert (best_readers().lines.name, best_readers().cells) == ("parrot", before)
    fields = sheet.read(sheet.scan({}, {"text0": "Haus am Park", "comb0": "12345678"}))
    assert (fields["text0"].value, fields["text0"].reader, fields["text0"].problem) == ("Lora", "parrot", "handwriting")
    assert fields["comb0"].reader == before.name


def test_a_reader_that_cannot_be_loaded_is_not_left_out(installed):
    """A broken package stops the reading instead of changing who reads."""
    installed("parrot_reader:COCKATOO")
    with pytest.raises(AttributeError, match="COCKATOO"):
        best_readers()


def test_where_nobody_reads_cells_every_row_is_unread():
    """No text for any row, and a person for each, whatever the row holds."""
    assert [(one.texts, one.unread) for one in UNREAD.read(ROWS)] == [((), True)] * len(ROWS)


def test_a_reader_that_was_never_installed_reads_nothing():
    """A reader says which library it needs; that of ours is here, another is not."""
    ours = best_readers().cells
    assert (ours.needs, readers.missing_library(ours)) == ("onnxruntime", "")
    absent = type("Absent", (), {"needs": "no_such_library"})()
    assert readers.missing_library(absent) == "no_such_library"
    assert readers.missing_library(best_readers().lines) == ""


def test_without_plug_ins_ours_read():
    """Cells by our networks for cells, lines by the one for words."""
    assert (best_readers().cells.name, best_readers().lines.name) == ("cells/1", "words/1")
