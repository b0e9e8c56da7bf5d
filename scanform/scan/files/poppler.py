"""Rendering PDF pages with poppler in a separate, killable process (the only module that uses pdf2image)."""

import io
import math
import shutil
import subprocess
from pathlib import Path

import numpy as np
from pdf2image import convert_from_path
from pdf2image.exceptions import PDFPageCountError, PDFPopplerTimeoutError, PDFSyntaxError
from PIL import Image

from scanform.errors import MissingProgramError, words
from scanform.imaging.page_image import Gray
from scanform.scan.files.errors import ScanError, unreadable
from scanform.scan.files.limits import seconds_left

PROGRAMS = Path(__file__).with_name("programs")
"""Small scripts that start poppler's programs and jbig2dec with limits; pdf2image accepts a folder to search for
programs.
"""


class PdfSyntaxError(Exception):
    """Poppler met something in the page that it does not understand."""


def draw_page(
    pdf: str, *, number: int, dpi: float, timeout_s: float, strict: bool = True, cropped: bool = True
) -> Gray:
    """Page `number` (1-based) of a PDF as rendered by poppler: crop box, /Rotate applied, annotations and form fields
    included.

    `cropped` False: media box. `dpi` counts units of the page as points: poppler 22.12 ignores /UserUnit.

    Raises PdfSyntaxError in strict mode, ScanError `too-slow` or `unreadable-page`, MissingProgramError.
    """
    try:
        pages = convert_from_path(
            pdf,
            dpi=dpi,  # type: ignore[arg-type]  # pdftoppm accepts fractions
            first_page=number,
            last_page=number,
            grayscale=True,
            strict=strict,
            use_cropbox=cropped,
            timeout=math.ceil(seconds_left(timeout_s)),
            poppler_path=PROGRAMS,
        )
    except PDFSyntaxError as error:
        raise PdfSyntaxError(str(error)) from error
    except PDFPopplerTimeoutError as error:
        raise ScanError("too-slow", seconds=round(timeout_s)) from error
    except PDFPageCountError as error:
        if shutil.which("pdfinfo") is None or shutil.which("pdftoppm") is None:
            raise MissingProgramError(words("scan.no-poppler"), remedy=words("scan.install-poppler")) from error
        raise unreadable(f"poppler: {error}") from error
    if len(pages) != 1:
        raise unreadable("poppler: no picture")
    return np.array(pages[0].convert("L"))


def draw_file(pdf: str, *, dpi: int, timeout_s: float) -> Gray:
    """The only page of a PDF that was made here, rendered without asking for its size first; raises ScanError if
    poppler complains about anything.
    """
    if shutil.which("pdftoppm") is None:
        raise MissingProgramError(words("scan.no-poppler"), remedy=words("scan.install-poppler"))
    try:
        done = subprocess.run(
            [str(PROGRAMS / "pdftoppm"), "-gray", "-r", str(dpi), pdf],
            capture_output=True,
            timeout=seconds_left(timeout_s),
            check=False,
        )
        with Image.open(io.BytesIO(done.stdout), formats=("PPM",)) as page:
            gray: Gray = np.array(page.convert("L"))
    except subprocess.TimeoutExpired as error:
        raise ScanError("too-slow", seconds=round(timeout_s)) from error
    except (OSError, ValueError) as error:
        raise unreadable("poppler: no picture") from error
    if b"Syntax Error" in done.stderr:
        raise unreadable(done.stderr.decode("utf-8", "replace").strip())
    return gray
