"""Tesseract by both doors: in this process (tesserocr) and by the program (montage). The same contract, real
Tesseract.
"""

import subprocess
import sys
import threading
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from bench.text import fonts
from scanform.recognize.writing import tesseract, tesseract_library
from scanform.recognize.writing.tesseract import TextSettings, door, read_line, read_lines

IN_PROCESS, MONTAGE = TextSettings(), TextSettings(in_process=False)
each_door = pytest.mark.parametrize("settings", [IN_PROCESS, MONTAGE], ids=["in process", "montage"])

NAMES = ("Die Tür öffnet um 9 Uhr", "Schützenstraße 88", "Größere Übungsräume", "Wochenende")


def typed(line, size=34):
    """A line of type."""
    face = ImageFont.truetype(str(fonts()["Vera"]), size)
    picture = Image.new("L", (round(face.getlength(line)) + 40, 2 * size), 255)
    ImageDraw.Draw(picture).text((20, size // 3), line, font=face, fill=0)
    return np.asarray(picture)


LINES = tuple(typed(name) for name in NAMES)
NOISE = np.random.default_rng(3).integers(0, 256, (60, 900), dtype=np.uint8)
WHITE = np.full((60, 300), 255, np.uint8)


def test_who_reads_is_named():
    """Each door names itself and the language, in what it reads and when it is asked."""
    assert {one.reader for one in read_lines(LINES, IN_PROCESS)} == {"tesserocr/deu"} == {door(IN_PROCESS).reader}
    assert {one.reader for one in read_lines(LINES, MONTAGE)} == {"tesseract/deu"} == {door(MONTAGE).reader}
    assert tesseract_library.library().version in door(IN_PROCESS).seen
    assert not door(IN_PROCESS).trouble


@each_door
def test_lines_are_read_in_order(settings):
    """One result per line, umlauts and ß included, with a confidence."""
    found = read_lines(LINES, settings)
    assert [one.text for one in found] == list(NAMES)
    assert all(0.8 < one.sure <= 1 for one in found)


def test_nothing_that_was_read_before_changes_a_line():
    """In this process: the same text and the same confidence to the last digit, whatever was read before, ids and
    noise included.
    """
    alone = [read_lines([line], IN_PROCESS)[0] for line in LINES]
    assert list(read_lines(LINES, IN_PROCESS)) == alone
    read_line(LINES[0])
    assert list(read_lines([NOISE, *LINES], IN_PROCESS))[1:] == alone
    assert list(reversed(read_lines([*reversed(LINES)], IN_PROCESS))) == alone


@each_door
@pytest.mark.parametrize(
    "picture",
    [WHITE, np.full((1, 1), 255, np.uint8), np.zeros((0, 0), np.uint8), np.zeros((0, 40), np.uint8)],
    ids=lambda one: str(one.shape),
)
@pytest.mark.fast_cases(3)
def test_empty_pictures_hold_nothing(settings, picture):
    """No letters are found on empty paper, and the line beside it is read."""
    first, second = read_lines([picture, LINES[0]], settings)
    assert (first.text, first.sure) == ("", 0.0)
    assert second.text == NAMES[0]
    assert read_lines([], settings) == ()


def test_empty_paper_is_no_id():
    """Nor is an id."""
    assert read_line(WHITE) == ""


@each_door
def test_a_missing_language_is_replaced_and_named(settings):
    """Where there is no model of the wanted language the fallback reads, and readings say so."""
    (found,) = read_lines([typed("Opening hours")], replace(settings, language="xyz"))
    assert (found.text, found.reader.partition("/")[2]) == ("Opening hours", "eng")
    assert door(replace(settings, language="xyz")).reader == found.reader


@each_door
def test_without_any_model_nothing_is_read(settings):
    """No text, no exception."""
    nothing = replace(settings, language="xyz", fallback="zyx")
    assert [one.text for one in read_lines(LINES, nothing)] == [""] * len(LINES)
    assert door(nothing).reader == ""


@each_door
def test_what_takes_too_long_is_left_unread(settings, caplog):
    """After the time for a page nothing of it is read, which is logged; the next page is read again."""
    late = read_lines(LINES * 5, replace(settings, timeout_s=0.002))
    assert {one.text for one in late} == {""}
    assert "gave up" in caplog.text
    assert [one.text for one in read_lines(LINES, settings)] == list(NAMES)


def test_the_time_is_looked_at_within_a_page():
    """In this process: reading many lines ends soon after the time is over, not after the last line."""
    engine = tesseract_library.engine(tesseract._models().folder, "deu", "")
    words = tesseract_library.read(LINES[:1], engine, timeout_s=3600)
    assert [word.text for line in words for word in line] == NAMES[0].split()

    class Counted(list):
        begun = 0

        def __iter__(self):
            for one in super().__iter__():
                self.begun += 1
                yield one

    many = Counted([NOISE] * 400)
    with pytest.raises(TimeoutError):
        tesseract_library.read(many, engine, timeout_s=0.3)
    assert many.begun < 200


def test_threads_take_turns():
    """A model is used by one thread at a time: two that read at once get what each gets alone."""
    wanted, found = read_lines(LINES, IN_PROCESS), {}

    def work(name):
        found[name] = [read_lines(LINES, IN_PROCESS) for _ in range(3)]

    threads = [threading.Thread(target=work, args=(name,)) for name in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(one == wanted for reads in found.values() for one in reads)
    assert len(found) == 2


def test_a_model_that_cannot_be_loaded_is_trouble(tmp_path, caplog):
    """A broken model file: said in the log and to the doctor, not raised."""
    (tmp_path / "deu.traineddata").write_bytes(b"no model")
    loaded = tesseract._loaded(str(tmp_path), "deu", "")
    assert loaded.engine is None
    assert loaded.trouble
    assert "tesserocr cannot load deu" in caplog.text


READ = """
import numpy as np
from pathlib import Path
from scanform.recognize.writing import tesseract as text
picture = np.load({picture!r})
(found,) = text.read_lines([picture])
print(found.reader, found.text, text.door().reader, text.door().trouble, sep="|")
"""


def in_another_process(before, picture, folder):
    """What a fresh process reads after some statements: reader, text, reader of the door, trouble."""
    np.save(folder / "line.npy", picture)
    code = before + READ.format(picture=str(folder / "line.npy"))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip().split("|"), done.stderr


@pytest.mark.slow
def test_without_tesserocr_the_program_reads(tmp_path):
    """Not installed: the same text by the montage, and nothing to complain about."""
    found, errors = in_another_process("import sys; sys.modules['tesserocr'] = None", LINES[1], tmp_path)
    assert found == ["tesseract/deu", NAMES[1], "tesseract/deu", ""]
    assert "tesserocr" not in errors


@pytest.mark.slow
def test_a_broken_tesserocr_is_said(tmp_path):
    """Installed but broken: the montage reads, a warning and the doctor say why."""
    (tmp_path / "tesserocr.py").write_text("raise ImportError('libtesseract is broken')\n", encoding="utf-8")
    found, errors = in_another_process(f"import sys; sys.path.insert(0, {str(tmp_path)!r})", LINES[1], tmp_path)
    assert found == ["tesseract/deu", NAMES[1], "tesseract/deu", "libtesseract is broken"]
    assert "libtesseract is broken" in errors
