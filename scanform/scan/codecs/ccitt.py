"""Fax compression (CCITT groups 3 and 4), decoded by libtiff, with the checks that libtiff leaves to its caller."""

import io
from collections.abc import Iterable, Mapping

import cv2
import numpy as np
from PIL import Image

from scanform.imaging.page_image import Gray
from scanform.model.problem import Problem
from scanform.scan.codecs.fax_file import as_tiff, decode_tiff
from scanform.scan.codecs.group4 import decode_group4, end_mark, up_to_end
from scanform.scan.codecs.jpeg import Decoded
from scanform.scan.codecs.libtiff_messages import complaint, native_messages
from scanform.scan.files.errors import NotOneImageError, problem


def decode_fax(data: bytes, parms: Mapping[str, object], *, width: int, height: int, again: bool = True) -> Decoded:
    """A CCITTFaxDecode stream as grey (H, W) uint8, before /Decode and colour space: sample 0 is 0, sample 1 is 255.

    `parms` are its /DecodeParms (ISO 32000-1, 7.4.6), `again` as `Limits.fax_again`. Raises NotOneImageError for
    variants left to poppler, ScanError `unreadable-page`.
    """
    group = _number(parms, "/K", 0)
    if _number(parms, "/Columns", 1728) != width or str(parms.get("/EncodedByteAlign", False)) == "True":
        raise NotOneImageError
    gray, problems = _decoded(data, width=width, height=height, group=group, again=again)
    black_is_1 = str(parms.get("/BlackIs1", False)) == "True"
    return Decoded(gray=cv2.bitwise_not(gray).astype(np.uint8, copy=False) if black_is_1 else gray, problems=problems)


def _decoded(data: bytes, *, width: int, height: int, group: int, again: bool) -> tuple[Gray, tuple[Problem, ...]]:
    """White runs 255, black runs 0, and any problems found."""
    proved = decode_group4([data], width=width, rows=[height]) if group < 0 else None
    if proved is not None:
        return proved, fax_problems([], ((data, (proved == 0).astype(np.uint8)),), proved=True) if again else ()
    with native_messages() as messages:
        gray = decode_tiff(as_tiff([data], width=width, rows=height, group=group))
    return gray, fax_problems(messages, ((data, (gray == 0).astype(np.uint8)),) if group < 0 else ())


def fax_problems(
    messages: list[str], strips: Iterable[tuple[bytes, Gray]], *, proved: bool = False
) -> tuple[Problem, ...]:
    """The problems of a decoded fax: libtiff's messages, and group 4 `strips` (data, samples with 1 = black run) that
    do not agree.

    `proved` means that `decode_group4` confirmed the numbers of rows and bits. After a wrong code libtiff continues as
    best it can, and takes the end of the data, or zeros, for the end of the page: the rest becomes white, and only part
    of that is reported. Group 4 leaves an encoder no choice (ITU-T T.6, figure 7), so encoding the decoded samples has
    to give the same data.
    """
    if detail := complaint(messages):
        return (problem("page-suspect", detail=detail),)
    if all(_agrees(data, encode_group4(samples), proved=proved) for data, samples in strips):
        return ()
    return (problem("page-suspect", detail="CCITT: data and picture do not agree"),)


def encode_group4(samples: Gray) -> bytes:
    """Group 4 data of samples (H, W): 0 = white run, 1 = black run."""
    height, width = samples.shape
    picture = Image.frombytes("1", (width, height), np.packbits(samples, axis=1).tobytes())
    out = io.BytesIO()
    picture.save(out, format="TIFF", compression="group4", tiffinfo={_ROWS_PER_STRIP: height})
    written = out.getvalue()
    with Image.open(io.BytesIO(written), formats=("TIFF",)) as again:
        tags = again.getexif()
        return written[tags[_STRIP_OFFSETS] : tags[_STRIP_OFFSETS] + tags[_STRIP_BYTES]]


def reversed_bits(data: bytes) -> bytes:
    """Reverses the bits of each byte (TIFF FillOrder 2)."""
    return data.translate(_REVERSED)


def _agrees(given: bytes, again: bytes, *, proved: bool) -> bool:
    """Whether two strips are the same except for the end mark and padding.

    If an encoder deviates from the norm from the start, only the lengths must agree, unless it writes an end mark and
    nothing is proved. No code holds as many zeros as `_LOST_BYTES` (T.6 allows no more than eleven bits): behind data
    without an end mark they stand for lost data.
    """
    if proved:
        given = up_to_end(given)
    if end_mark(given) is None and given.endswith(bytes(_LOST_BYTES)):
        return False
    both = min(len(given), len(again))
    different = np.frombuffer(given, dtype=np.uint8, count=both) != np.frombuffer(again, dtype=np.uint8, count=both)
    common = int(np.argmax(different)) if different.any() else both
    extra = len(given.rstrip(b"\x00\r\n")) - len(again)
    if common >= len(again) - _END_BYTES and extra <= _END_BYTES:
        return True
    return (
        (proved or end_mark(given) is None)
        and common < WILFUL_SHARE * len(given)
        and abs(extra) <= LENGTH_TOLERANCE * len(given)
    )


_REVERSED = bytes(int(f"{value:08b}"[::-1], 2) for value in range(256))
_STRIP_OFFSETS, _ROWS_PER_STRIP, _STRIP_BYTES = 273, 278, 279
WILFUL_SHARE = 0.1
"""Some encoders deviate from the norm (seen: 0.13 % longer, 3.7 % shorter), and do so within the first lines. Agreement
that ends later is damage.
"""
LENGTH_TOLERANCE = 0.05
_LOST_BYTES = 16
_END_BYTES = 5
"""Length of the end mark, three bytes, plus the neighbours that may share its first and last byte."""


def _number(parms: Mapping[str, object], name: str, default: int) -> int:
    value = parms.get(name, default)
    return int(value)  # type: ignore[call-overload, no-any-return]  # pikepdf numbers are int or Decimal
