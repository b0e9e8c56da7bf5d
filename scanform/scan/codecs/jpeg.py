"""JPEG, decoded strictly: luminance only, and no silent half pages (in the product only this one uses simplejpeg)."""

import re
from dataclasses import dataclass

import numpy as np
import simplejpeg

from scanform.imaging.page_image import Gray
from scanform.model.problem import Problem
from scanform.scan.files.errors import ScanError, problem
from scanform.scan.files.limits import Limits
from scanform.scan.files.sizes import check_size

GREY_FILL = 128
"""Grey level that libjpeg fills in after data that end too early (all coefficients zero)."""
MISSING_SHARE = 0.02
"""Maximum fraction of rows at the bottom that are `GREY_FILL` throughout, in a file with a warning, before it counts as
truncated.
"""
_SOS, _EOI = 0xDA, b"\xff\xd9"
_ABOUT_TAGS = (
    "Unknown Adobe color transform code",
    "bad ICC marker",
    "unknown JFIF revision number",
    "Invalid SOS parameters for sequential JPEG",
)
"""Warnings of libjpeg-turbo (jerror.h) about metadata of the picture, not its pixels."""
_EXTRANEOUS = re.compile(r"Corrupt JPEG data: (?P<count>\d+) extraneous bytes before marker 0xd9")
_PADDING = b"\x00\xff\r\n"
_BUFFERED = 8
"""Bytes that libjpeg may have taken from the file without counting them: the size of its bit buffer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """Grey pixels of one picture and the problems found in decoding."""

    gray: Gray
    problems: tuple[Problem, ...] = ()


def decode_jpeg(data: bytes, limits: Limits) -> Decoded:
    """The picture in `data` as grey (H, W).

    A file that ends too early is refused; one with other damage is decoded with the problem `page-suspect`, because
    libjpeg continues after a gap and the pixels behind it may be wrong. Warnings that do not concern pixels are ignored
    (`loses_nothing`). Raises ScanError: `unreadable-page`, `too-large`.
    """
    space = _check_header(data, limits)
    try:
        return Decoded(gray=_gray(data, space, strict=True))
    except ValueError as error:
        warning = str(error)
    if is_cut(data):
        raise ScanError("unreadable-page", detail=f"JPEG ends too early: {warning}")
    try:
        gray = _gray(data, space, strict=False)
    except ValueError as error:
        raise ScanError("unreadable-page", detail=f"JPEG: {error}") from error
    if _grey_rows(gray) > MISSING_SHARE * gray.shape[0]:
        raise ScanError("unreadable-page", detail=f"JPEG: {warning}")
    return Decoded(
        gray=gray,
        problems=() if loses_nothing(warning, data) else (problem("page-suspect", detail=f"JPEG: {warning}"),),
    )


def loses_nothing(warning: str, data: bytes) -> bool:
    """Whether a warning of libjpeg about the JPEG in `data` leaves the pixels as they were.

    Extra bytes before the end are harmless by themselves, but are also left over when a decoder has lost its place: of
    400 files with a hole, a flipped bit, bytes lost or inserted, 249 reported just that and nothing else. So they have
    to be padding - zeros, FF or line ends - and no longer than reported: a run of zeros that begins earlier encodes
    empty paper.
    """
    if any(words in warning for words in _ABOUT_TAGS):
        return True
    found = _EXTRANEOUS.search(warning)
    if found is None:
        return False
    body, count = data[: max(0, data.rfind(_EOI))], int(found["count"])
    return count <= len(body) - len(body.rstrip(_PADDING)) <= count + _BUFFERED


def check_jpeg(data: bytes, limits: Limits) -> str:
    """The problem of the JPEG in `data`, in words; "" if it decodes without a warning."""
    try:
        decoded = decode_jpeg(data, limits)
    except ScanError as trouble:
        return str(trouble.params.get("detail", ""))  # one that is too large for us may still be drawn small
    return "; ".join(value for found in decoded.problems for _, value in found.params)


def jpeg_size(data: bytes) -> tuple[int, int]:
    """Height and width in pixels; raises ScanError `unreadable-page`."""
    try:
        height, width, _, _ = simplejpeg.decode_jpeg_header(data, strict=False)
    except ValueError as error:
        raise ScanError("unreadable-page", detail=f"JPEG: {error}") from error
    return int(height), int(width)


def is_cut(data: bytes) -> bool:
    """Whether no end marker follows the first scan header (inside coded data FF is always stuffed, so FFD9 is a
    marker).
    """
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == _SOS:
            return data.find(_EOI, at) < 0
        at += 1 if marker == 0xFF else 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return True


def _check_header(data: bytes, limits: Limits) -> str:
    try:
        height, width, space, _ = simplejpeg.decode_jpeg_header(data, strict=False)
    except ValueError as error:
        raise ScanError("unreadable-page", detail=f"JPEG: {error}") from error
    check_size(width=int(width), height=int(height), limits=limits)
    return str(space)


def _gray(data: bytes, space: str, *, strict: bool) -> Gray:
    if space.upper() in {"CMYK", "YCCK"}:
        return _gray_of_cmyk(simplejpeg.decode_jpeg(data, "CMYK", strict=strict))
    return np.asarray(simplejpeg.decode_jpeg(data, "GRAY", strict=strict), dtype=np.uint8)[:, :, 0]


def _gray_of_cmyk(inks: Gray) -> Gray:
    """Luminance of (H, W, 4) inks stored inverted, 255 = no ink, as every known writer does (Adobe technical note
    5116).
    """
    weights = np.array([0.299, 0.587, 0.114], dtype=np.float32)  # ITU-R BT.601
    gray = inks[:, :, :3].astype(np.float32) @ weights
    return np.asarray(np.rint(gray * (inks[:, :, 3].astype(np.float32) / 255.0)), dtype=np.uint8)


def _grey_rows(gray: Gray) -> int:
    """The number of rows at the bottom that are `GREY_FILL` throughout."""
    filled = np.all(np.abs(gray.astype(np.int16) - GREY_FILL) <= 1, axis=1)[::-1]
    return int(filled.size if filled.all() else np.argmin(filled))
