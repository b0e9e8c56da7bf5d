"""Tesseract inside this process. The only module that imports tesserocr (extra `tesserocr`), and only when there is
text to read.

Starting the program costs more than reading a line; here the model is loaded once per process. Each line is read
independently of what was read before. The library brings a Tesseract of its own, of another version than the system's
program, but no models: the system's models are used.
"""

import logging
import os
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from scanform.imaging.page_image import Gray

log = logging.getLogger(__name__)

DPI = 300
"""Resolution passed to Tesseract, so that it does not guess."""

FAINT = 8
"""A picture whose grey levels differ by less is empty paper; Tesseract would find letters on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A word found by Tesseract: `sure` is its confidence 0..1 (not a probability), the box is in pixels."""

    text: str
    sure: float
    left: int
    top: int
    width: int
    height: int

    @property
    def middle(self) -> float:
        """Its height on the page."""
        return self.top + self.height / 2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Engine:
    """A loaded model; `api` is a tesserocr.PyTessBaseAPI, which one thread at a time may use."""

    api: Any
    lock: threading.Lock = field(default_factory=threading.Lock)


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """`version` of the Tesseract that tesserocr brings, "" if tesserocr cannot be used; `trouble`: why not, if it is
    installed.
    """

    version: str = ""
    trouble: str = ""


@cache
def library() -> Library:
    """Whether tesserocr is installed and usable."""
    try:
        import tesserocr
    except ImportError as error:
        if isinstance(error, ModuleNotFoundError) and error.name == "tesserocr":
            return Library()
        log.warning("tesserocr is installed, but cannot be loaded: %s", error)
        return Library(trouble=str(error))
    return Library(version=tesserocr.tesseract_version().split("\n")[0].removeprefix("tesseract").strip())


@cache
def own_models() -> tuple[str, frozenset[str]]:
    """The folder in which tesserocr itself looks for models, and the languages there."""
    import tesserocr

    folder, languages = tesserocr.get_languages()
    return str(folder), frozenset(languages)


@cache
def engine(folder: str, language: str, characters: str) -> Engine:
    """The model of a language in a folder, loaded once per process; `characters` are those that may be read in one
    line, "" for all, in scattered words. Raises RuntimeError if it cannot be loaded.
    """
    os.environ.setdefault(
        "OMP_THREAD_LIMIT", "1"
    )  # threads cost more than they gain on one line, and compete with the workers
    from tesserocr import OEM, PSM, PyTessBaseAPI

    settings = {"debug_file": os.devnull, "tessedit_char_whitelist": characters}
    layout = PSM.SINGLE_LINE if characters else PSM.SPARSE_TEXT
    return Engine(
        api=PyTessBaseAPI(
            path=str(Path(folder)) + os.sep, lang=language, psm=layout, oem=OEM.LSTM_ONLY, variables=settings
        )
    )


def read(pictures: Sequence[Gray], of: Engine, *, timeout_s: float) -> list[list[Word]]:
    """The words of each picture of one line, framed by paper, in reading order. Raises TimeoutError if all together
    take longer than `timeout_s`; the time is checked between lines and between words, so a line that was begun may be
    finished.
    """
    end = time.monotonic() + timeout_s
    with of.lock:
        try:
            return [_words(picture, of.api, end) for picture in pictures]
        finally:
            of.api.Clear()


def _words(picture: Gray, api: Any, end: float) -> list[Word]:
    from tesserocr import RIL, iterate_level

    left_ms = int((end - time.monotonic()) * 1000)
    if left_ms <= 0:
        raise TimeoutError("no time left")
    if picture.size == 0 or int(picture.max()) - int(picture.min()) < FAINT:
        return []
    height, width = picture.shape
    pixels = picture.tobytes()
    api.SetImageBytes(pixels, width, height, 1, width)
    api.SetSourceResolution(DPI)
    if not api.Recognize(left_ms):
        raise TimeoutError("a line took too long")
    return [_word(one) for one in iterate_level(api.GetIterator(), RIL.WORD) if not one.Empty(RIL.WORD)]


def _word(found: Any) -> Word:
    from tesserocr import RIL

    left, top, right, bottom = found.BoundingBox(RIL.WORD)
    sure = max(0.0, float(found.Confidence(RIL.WORD))) / 100
    return Word(
        text=found.GetUTF8Text(RIL.WORD).strip(), sure=sure, left=left, top=top, width=right - left, height=bottom - top
    )
