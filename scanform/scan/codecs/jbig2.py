"""JBIG2, decoded by the program jbig2dec."""

import io
import logging
import shutil
import subprocess

import numpy as np
from PIL import Image

from scanform.errors import MissingProgramError, words
from scanform.imaging.page_image import Gray
from scanform.scan.files.errors import NotOneImageError, ScanError, unreadable
from scanform.scan.files.limits import seconds_left
from scanform.scan.files.poppler import PROGRAMS
from scanform.scan.files.scratch import Scratch

log = logging.getLogger(__name__)


def decode_jbig2(data: bytes, shared: bytes, *, width: int, height: int, timeout_s: float) -> tuple[Gray, bool]:
    """Samples of a JBIG2Decode stream, (H, W) uint8: 0 = black, 1 = white, and whether jbig2dec complained. `shared`
    are its global segments, if any.

    jbig2dec skips what it does not support and continues, with or without a complaint: its output has to be compared
    with that of another decoder. Raises NotOneImageError if there is no output, ScanError `unreadable-page`,
    `too-slow`, MissingProgramError.
    """
    picture, inputs = Scratch(), [Scratch(content) for content in (shared, data) if content]
    command = [
        str(PROGRAMS / "jbig2dec"),
        "--embedded",
        "--format",
        "pbm",
        "--output",
        picture.path,
        *(part.path for part in inputs),
    ]
    complaint, samples = _run(command, timeout_s), picture.content()
    if complaint:
        log.info("jbig2dec: %s", complaint[:200])
    if not samples:
        raise NotOneImageError("JBIG2: a second decoder cannot read it")
    return _read(samples, width=width, height=height), bool(complaint)


def _run(command: list[str], timeout_s: float) -> str:
    """Runs jbig2dec; returns its complaints."""
    try:
        done = subprocess.run(command, capture_output=True, timeout=seconds_left(timeout_s), check=False)
    except subprocess.TimeoutExpired as error:
        raise ScanError("too-slow", seconds=round(timeout_s)) from error
    complaint = done.stderr.decode("utf-8", "replace").strip()
    if complaint and shutil.which("jbig2dec") is None:
        raise MissingProgramError(words("scan.no-jbig2dec"), remedy=words("scan.install-jbig2dec"))
    return complaint


def _read(samples: bytes, *, width: int, height: int) -> Gray:
    try:
        with Image.open(io.BytesIO(samples), formats=("PPM",)) as page:
            if page.size != (width, height):
                raise unreadable(f"JBIG2: {page.size[0]} x {page.size[1]} pixels instead of {width} x {height}")
            gray: Gray = np.array(page.convert("L"))
            return gray & np.uint8(1)
    except (OSError, ValueError) as error:
        raise unreadable(f"JBIG2: {error}") from error
