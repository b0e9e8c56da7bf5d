"""Tesseract: printed ids, typed text, and a first guess at handwriting. The only module that imports pytesseract, and
only when there is text to read.

If tesserocr is installed and finds models, lines are read in this process (`tesseract_library.py`). Otherwise all lines
of a page are combined into one picture (a montage) for the program, because starting it costs more than reading. The
two are different versions of Tesseract and may differ in a character, so readings name the one that read:
`tesserocr/deu` or `tesseract/deu`. Tesseract's reading of handwriting is a candidate for a person, never an answer:
handwritten German words come out right in about one case in twenty.
"""

import logging
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np

from scanform.imaging.page_image import Gray
from scanform.recognize.writing import tesseract_library as in_process
from scanform.recognize.writing.tesseract_library import Engine, Word

log = logging.getLogger(__name__)

LINE_PX = 56
"""Height of a line as passed to Tesseract; its network works on lines of 36 px, handwriting has long tails."""

WIDEST_PX = 2400
"""Longer lines are scaled down: this bounds the cost of one line."""

GAP_PX = 36
MARGIN_PX = 24

ID_CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-"

SCATTERED = 11
"""Page segmentation mode: words anywhere on the page. As one block (6), type of 8 pt beside larger lines was garbled,
and specks were read as letters: 671 of 720 printed lines were right, 688 as scattered words (`python -m bench.text`).
"""

IN_PROCESS, MONTAGE = "tesserocr", "tesseract"
"""The reader's name in readings, followed by the language."""

LIST_TIMEOUT_S = 20.0
"""For asking the program which models it has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextSettings:
    """How Tesseract is used."""

    timeout_s: float = 20.0
    """Seconds for one call on one page; a page takes about 0.2 s."""
    language: str = "deu"
    """The Tesseract model."""
    fallback: str = "eng"
    """A model that is always installed."""
    in_process: bool = True
    """Whether tesserocr reads where it can, instead of starting the program."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadLine:
    """The text of one line: `sure` is Tesseract's own mean word confidence, 0..1 (not a probability), `reader` names
    the model and the reader.
    """

    text: str
    sure: float
    reader: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """How lines are read on this machine: `reader` as named in readings ("" if nothing can be read), `seen` for a
    person, and the `trouble` that keeps an installed tesserocr from reading.
    """

    reader: str
    seen: str
    trouble: str = ""


def door(settings: TextSettings | None = None) -> Door:
    """How lines are read here."""
    settings = settings or TextSettings()
    models = _models()
    language = _language(models, settings)
    loaded = (
        _loaded(models.folder, language, "")
        if language and settings.in_process
        else _Loaded(trouble=in_process.library().trouble)
    )
    if loaded.engine is not None:
        return Door(
            reader=f"{IN_PROCESS}/{language}", seen=f"Tesseract {in_process.library().version}, {models.folder}"
        )
    program = shutil.which("tesseract") or ""
    return Door(reader=f"{MONTAGE}/{language}" if program and language else "", seen=program, trouble=loaded.trouble)


def read_line(gray: Gray) -> str:
    """The printed text id in an upright image of one line: capitals, digits, hyphens; "" if nothing is read."""
    settings = TextSettings()
    (found,) = _read_rows(
        [_to_height(gray, LINE_PX)], language=settings.fallback, characters=ID_CHARACTERS, settings=settings
    )
    return found.text


def read_lines(lines: Sequence[Gray], settings: TextSettings | None = None) -> tuple[ReadLine, ...]:
    """One image per line (dark on white, cleaned of print); all lines of a page at once."""
    settings = settings or TextSettings()
    language = _language(_models(), settings) or settings.fallback
    return _read_rows(
        [_to_height(line, LINE_PX) for line in lines], language=language, characters="", settings=settings
    )


def _to_height(line: Gray, height: int) -> Gray:
    if line.size == 0:
        return np.full((height, height), 255, np.uint8)
    scale = min(height / line.shape[0], WIDEST_PX / line.shape[1])
    return np.asarray(
        cv2.resize(line, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC),
        dtype=np.uint8,
    )


def _read_rows(
    lines: Sequence[Gray], *, language: str, characters: str, settings: TextSettings
) -> tuple[ReadLine, ...]:
    """One result for each line; all are empty if there is no program, or if they take too long in total."""
    engine = _loaded(_models().folder, language, characters).engine if lines and settings.in_process else None
    if engine is None:
        return tuple(
            _joined(words, f"{MONTAGE}/{language}")
            for words in _by_montage(lines, language=language, characters=characters, settings=settings)
        )
    try:
        found = in_process.read([_framed(line) for line in lines], engine, timeout_s=settings.timeout_s)
    except TimeoutError as error:
        log.warning("tesseract gave up: %s", error)
        found = [[] for _ in lines]
    return tuple(_joined(words, f"{IN_PROCESS}/{language}") for words in found)


def _joined(words: Sequence[Word], reader: str) -> ReadLine:
    ordered = sorted((word for word in words if word.text), key=lambda word: word.left)
    sure = float(np.mean([word.sure for word in ordered])) if ordered else 0.0
    return ReadLine(text=" ".join(word.text for word in ordered), sure=sure, reader=reader)


def _framed(line: Gray) -> Gray:
    return np.asarray(
        cv2.copyMakeBorder(line, MARGIN_PX, MARGIN_PX, MARGIN_PX, MARGIN_PX, cv2.BORDER_CONSTANT, value=(255,)),
        dtype=np.uint8,
    )


def _by_montage(lines: Sequence[Gray], *, language: str, characters: str, settings: TextSettings) -> list[list[Word]]:
    """The words of each line, by one call of the program."""
    if not lines:
        return []
    width = max(line.shape[1] for line in lines) + 2 * MARGIN_PX
    tops = [MARGIN_PX + i * (LINE_PX + GAP_PX) for i in range(len(lines))]
    montage = np.full((tops[-1] + LINE_PX + MARGIN_PX, width), 255, np.uint8)
    for top, line in zip(tops, lines, strict=True):
        montage[top : top + line.shape[0], MARGIN_PX : MARGIN_PX + line.shape[1]] = line
    config = f"--psm 7 -c tessedit_char_whitelist={characters}" if characters else f"--psm {SCATTERED}"
    words = _run(montage, config=config, language=language, settings=settings)
    return [[word for word in words if top - GAP_PX / 2 <= word.middle < top + LINE_PX + GAP_PX / 2] for top in tops]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Models:
    """The folder of Tesseract's models ("" if unknown) and the languages in it."""

    folder: str = ""
    languages: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Loaded:
    """A model in this process, or none; `trouble` gives the reason if tesserocr is installed."""

    engine: Engine | None = None
    trouble: str = ""


def _language(models: _Models, settings: TextSettings) -> str:
    """The language to read: the wanted one, else the fallback; "" if there is no model at all."""
    return next((name for name in (settings.language, settings.fallback) if name in models.languages), "")


def _models() -> _Models:
    """The models of the program, else those that tesserocr finds by itself."""
    program = shutil.which("tesseract")
    listed = _listed(program) if program else _Models()
    if listed.languages:
        return listed
    folder, languages = in_process.own_models() if in_process.library().version else ("", frozenset())
    if not languages:
        log.warning("tesseract is not installed, or has no models: writing is left to the reviewers")
    return _Models(folder=folder, languages=languages)


@cache
def _loaded(folder: str, language: str, characters: str) -> _Loaded:
    """The model of a language for this process; `characters` restricts what may be read, "" for all."""
    library = in_process.library()
    if not library.version:
        return _Loaded(trouble=library.trouble)
    try:
        return _Loaded(engine=in_process.engine(folder, language, characters))
    except RuntimeError as error:
        log.warning("tesserocr cannot load %s from %r: %s", language, folder, error)
        return _Loaded(trouble=str(error))


@cache
def _listed(program: str) -> _Models:
    """The models that the program lists."""
    try:
        done = subprocess.run(
            [program, "--list-langs"], capture_output=True, text=True, timeout=LIST_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        log.warning("tesseract does not list its models: %s", error)
        return _Models()
    head, *names = (done.stdout or done.stderr).splitlines() or [""]
    folder = re.search(r'"(.+)"', head)
    return _Models(folder=folder[1] if folder else "", languages=frozenset(name.strip() for name in names))


def _run(picture: Gray, *, config: str, language: str, settings: TextSettings) -> list[Word]:
    """Words with their positions; nothing if the program is missing or takes too long."""
    if shutil.which("tesseract") is None:
        return []
    os.environ.setdefault(
        "OMP_THREAD_LIMIT", "1"
    )  # Tesseract's threads cost more than they give on one line (and fight with the workers)
    import pytesseract

    try:
        found = pytesseract.image_to_data(
            picture, lang=language, config=config, timeout=settings.timeout_s, output_type=pytesseract.Output.DICT
        )
    except RuntimeError as error:  # the documented sign of a timeout; TesseractError is one too
        log.warning("tesseract gave up: %s", error)
        return []
    rows = zip(found["text"], found["conf"], found["left"], found["top"], found["width"], found["height"], strict=True)
    return [
        Word(
            text=str(text).strip(),
            sure=max(0.0, float(conf)) / 100,
            left=int(left),
            top=int(top),
            width=int(width),
            height=int(height),
        )
        for text, conf, left, top, width, height in rows
    ]
