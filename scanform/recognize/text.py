"""Tesseract: printed ids, and a first guess at handwriting. The only door to pytesseract, imported when there is text to read.

All zones of a page are put into one picture (a montage), because starting the program costs more than reading. What Tesseract
reads by hand is a candidate for a person, never an answer: German words by hand come out right in about one case in twenty.
"""

import logging
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np

from scanform.imaging.page_image import Gray

log = logging.getLogger(__name__)

LINE_PX = 56
"""Height of a line in the montage; Tesseract's network works on lines of 36 px, handwriting has long tails."""

GAP_PX = 36
MARGIN_PX = 24

ID_CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-"


@dataclass(frozen=True, slots=True, kw_only=True)
class TextSettings:
    """`timeout_s` for one call on one page (a page takes about 0.2 s); `language` is a Tesseract model."""

    timeout_s: float = 20.0
    language: str = "deu"
    fallback: str = "eng"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadLine:
    """What was read in one line: `sure` is Tesseract's own mean word confidence, 0..1 (not a probability), `reader` names the model."""

    text: str
    sure: float
    reader: str


def read_line(gray: Gray) -> str:
    """The printed text id in an upright picture of one line: upper case letters, digits, hyphens; "" when nothing is read."""
    height = max(1, gray.shape[0])
    scale = LINE_PX / height
    line = cv2.resize(gray, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    framed = cv2.copyMakeBorder(line, MARGIN_PX, MARGIN_PX, MARGIN_PX, MARGIN_PX, cv2.BORDER_CONSTANT, value=(255,))
    settings = TextSettings()
    config = f"--psm 7 -c tessedit_char_whitelist={ID_CHARACTERS}"
    return " ".join(word.text for word in _run(np.asarray(framed, dtype=np.uint8), config=config, language=settings.fallback, settings=settings))


def read_lines(lines: Sequence[Gray], settings: TextSettings | None = None) -> tuple[ReadLine, ...]:
    """Free handwriting, one picture per line (dark on white, cleaned of print), by one call."""
    settings = settings or TextSettings()
    language = settings.language if settings.language in _languages() else settings.fallback
    scaled = [_to_height(line, LINE_PX) for line in lines]
    return _read_rows(scaled, config="--psm 6 -c preserve_interword_spaces=0", language=language, settings=settings)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Word:
    text: str
    sure: float
    left: int
    top: int
    width: int
    height: int

    @property
    def middle(self) -> float:
        return self.top + self.height / 2


def _to_height(line: Gray, height: int) -> Gray:
    scale = min(height / max(1, line.shape[0]), 2400 / max(1, line.shape[1]))
    return np.asarray(cv2.resize(line, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC), dtype=np.uint8)


def _read_rows(lines: Sequence[Gray], *, config: str, language: str, settings: TextSettings) -> tuple[ReadLine, ...]:
    if not lines:
        return ()
    width = max(line.shape[1] for line in lines) + 2 * MARGIN_PX
    tops = [MARGIN_PX + i * (LINE_PX + GAP_PX) for i in range(len(lines))]
    montage = np.full((tops[-1] + LINE_PX + MARGIN_PX, width), 255, np.uint8)
    for top, line in zip(tops, lines, strict=True):
        montage[top : top + line.shape[0], MARGIN_PX : MARGIN_PX + line.shape[1]] = line
    words = _run(montage, config=config, language=language, settings=settings)
    return tuple(_joined([word for word in words if top - GAP_PX / 2 <= word.middle < top + LINE_PX + GAP_PX / 2], language) for top in tops)


def _joined(words: Sequence[_Word], language: str) -> ReadLine:
    ordered = sorted(words, key=lambda word: word.left)
    sure = float(np.mean([word.sure for word in ordered])) if ordered else 0.0
    return ReadLine(text=" ".join(word.text for word in ordered), sure=sure, reader=f"tesseract/{language}")


def _languages() -> frozenset[str]:
    """Languages that Tesseract has models for; empty when the program is missing."""
    if shutil.which("tesseract") is None:
        log.warning("tesseract is not installed: handwriting is left to the reviewers")
        return frozenset()
    return _installed_languages()


@cache
def _installed_languages() -> frozenset[str]:
    import pytesseract

    return frozenset(pytesseract.get_languages(config=""))


def _run(picture: Gray, *, config: str, language: str, settings: TextSettings) -> list[_Word]:
    """Words with their places; nothing when the program is missing or takes too long."""
    if shutil.which("tesseract") is None:
        return []
    os.environ.setdefault("OMP_THREAD_LIMIT", "1")  # Tesseract's threads cost more than they give on one line (and fight with the workers)
    import pytesseract

    try:
        found = pytesseract.image_to_data(picture, lang=language, config=config, timeout=settings.timeout_s, output_type=pytesseract.Output.DICT)
    except RuntimeError as error:  # the documented sign of a timeout; TesseractError is one too
        log.warning("tesseract gave up: %s", error)
        return []
    rows = zip(found["text"], found["conf"], found["left"], found["top"], found["width"], found["height"], strict=True)
    return [
        _Word(text=str(text).strip(), sure=max(0.0, float(conf)) / 100, left=int(left), top=int(top), width=int(width), height=int(height))
        for text, conf, left, top, width, height in rows
        if str(text).strip()
    ]
