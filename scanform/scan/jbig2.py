"""JBIG2, decoded by the program jbig2dec."""

import subprocess
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from scanform.errors import MissingProgramError
from scanform.i18n.texts import text
from scanform.imaging.page_image import Gray
from scanform.scan.limits import seconds_left
from scanform.scan.poppler import PROGRAMS
from scanform.scan.trouble import TroubleError, unreadable


def decode_jbig2(data: bytes, shared: bytes, *, width: int, height: int, timeout_s: float) -> Gray:
    """Samples of a JBIG2Decode stream, (H, W) uint8: 0 = black, 1 = white. `shared` are its global segments, if any.

    Raises TroubleError `unreadable-page`, `too-slow`, MissingProgramError.
    """
    with tempfile.TemporaryDirectory(prefix="scanform-") as folder:
        picture = Path(folder) / "page.pbm"
        inputs = []
        for name, content in (("globals", shared), ("page", data)):
            if content:
                (Path(folder) / name).write_bytes(content)
                inputs.append(str(Path(folder) / name))
        _run([str(PROGRAMS / "jbig2dec"), "--embedded", "--format", "pbm", "--output", str(picture), *inputs], timeout_s)
        return _read(picture, width=width, height=height)


def _run(command: list[str], timeout_s: float) -> None:
    try:
        done = subprocess.run(command, capture_output=True, timeout=seconds_left(timeout_s), check=False)
    except subprocess.TimeoutExpired as error:
        raise TroubleError("too-slow", seconds=round(timeout_s)) from error
    except (FileNotFoundError, PermissionError) as error:
        raise MissingProgramError(text("scan.no-jbig2dec"), remedy=text("scan.install-jbig2dec")) from error
    if done.returncode == 127:
        raise MissingProgramError(text("scan.no-jbig2dec"), remedy=text("scan.install-jbig2dec"))
    if done.returncode != 0:
        raise unreadable(f"JBIG2: {done.stderr.decode('utf-8', 'replace')}")


def _read(picture: Path, *, width: int, height: int) -> Gray:
    try:
        with Image.open(picture, formats=("PPM",)) as page:
            if page.size != (width, height):
                raise unreadable(f"JBIG2: {page.size[0]} x {page.size[1]} pixels instead of {width} x {height}")
            return np.where(np.array(page.convert("L")) == 0, 0, 1).astype(np.uint8)
    except (OSError, ValueError) as error:
        raise unreadable(f"JBIG2: {error}") from error
