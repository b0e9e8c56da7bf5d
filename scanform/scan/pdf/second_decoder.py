"""A second decoder for kinds of pictures whose decoders silently skip what they do not support: poppler decodes them
too, and both results are compared.

Measured on 37 small public JBIG2 files of all kinds that jbig2dec decodes without a complaint: poppler gives another
picture for five and refuses four more. Where both agree, no block of pixels differs by more than 1 of 255; where they
do not, blocks differ by 100 and more.
"""

from dataclasses import replace

import numpy as np
import pikepdf

from scanform.imaging.page_image import Gray
from scanform.scan.codecs.jpeg import Decoded
from scanform.scan.files.errors import ScanError, problem
from scanform.scan.files.limits import Limits
from scanform.scan.files.poppler import draw_file
from scanform.scan.files.scratch import Scratch

FACTORS = (4, 3, 2, 1)
"""Reduction factors for a side, if they divide it: blocks of whole pixels can be compared exactly, at a third of the
cost.
"""
AGREE = 24
"""Maximum difference, of 255, of a block of pixels on which two decoders agree: they round colours differently (1 seen
for bilevel pictures).
"""
_POINTS = 72


def checked(name: str, image: pikepdf.Object, decoded: Decoded, limits: Limits) -> Decoded:
    """The picture as it was decoded, with the problem `page-suspect` if poppler decodes the same data differently, or
    not at all.

    A picture of one colour is then replaced by poppler's: there may be something on it.
    """
    if decoded.problems:
        return decoded
    doubt = ""
    try:
        difference = _difference(image, decoded.gray, limits)
        doubt = "decoders do not agree" if difference > AGREE else ""
    except (ScanError, pikepdf.PdfError, ValueError, RuntimeError):
        doubt = "a second decoder cannot read it"
    if not doubt:
        return decoded
    suspect = replace(decoded, problems=(problem("page-suspect", detail=f"{name}: {doubt}"),))
    return (
        replace(suspect, gray=_seen(image, decoded.gray, limits))
        if decoded.gray.min() == decoded.gray.max()
        else suspect
    )


def _difference(image: pikepdf.Object, gray: Gray, limits: Limits) -> float:
    """The greatest difference between blocks of the picture and those of poppler's."""
    height, width = gray.shape
    high, wide = (next(factor for factor in FACTORS if side % factor == 0) for side in (height, width))
    other = _drawn(image, width // wide, height // high, limits)
    blocks = gray.reshape(height // high, high, width // wide, wide).mean((1, 3), dtype=np.float32)
    return float(np.abs(blocks - other).max())


def _seen(image: pikepdf.Object, gray: Gray, limits: Limits) -> Gray:
    try:
        return _drawn(image, gray.shape[1], gray.shape[0], limits)
    except (ScanError, pikepdf.PdfError, ValueError, RuntimeError):
        return gray


def _drawn(image: pikepdf.Object, width: int, height: int, limits: Limits) -> Gray:
    """The picture alone, rendered by poppler at `width` x `height` pixels; raises ScanError, ValueError.

    Poppler lets a picture cover every pixel that it touches, so that one of exactly the size of the page would be
    stretched by a pixel.
    """
    document = pikepdf.new()
    copy = document.copy_foreign(image)
    contents = document.make_stream(f"{width - 0.5} 0 0 {height - 0.5} 0.25 0.25 cm /Im0 Do".encode())
    sheet = pikepdf.Dictionary(Type=pikepdf.Name.Page, MediaBox=pikepdf.Array([0, 0, width, height]), Contents=contents)
    sheet.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Im0=copy))
    document.pages.append(pikepdf.Page(sheet))
    scratch = Scratch()
    document.save(scratch.file)
    scratch.file.flush()
    drawn = draw_file(scratch.path, dpi=_POINTS, timeout_s=limits.render_seconds)
    scratch.close()
    if drawn.shape != (height, width):
        raise ValueError(drawn.shape)
    return drawn
