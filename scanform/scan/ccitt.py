"""Fax compression (CCITT groups 3 and 4), decoded by libtiff, with the checks that libtiff leaves to its caller."""

import io
from collections.abc import Iterable, Mapping

import numpy as np
from PIL import Image

from scanform.imaging.page_image import Gray
from scanform.model.problem import Problem
from scanform.scan.jpeg import Decoded
from scanform.scan.native import complaint, native_messages
from scanform.scan.pdf_walk import NotOneImageError
from scanform.scan.trouble import problem, unreadable


def decode_fax(data: bytes, parms: Mapping[str, object], *, width: int, height: int) -> Decoded:
    """Samples 0 and 1 of a CCITTFaxDecode stream as (H, W) uint8, before /Decode and colour space.

    `parms` are its /DecodeParms (ISO 32000-1, 7.4.6). Raises NotOneImageError for variants left to poppler, TroubleError
    `unreadable-page`.
    """
    group = _number(parms, "/K", 0)
    if _number(parms, "/Columns", 1728) != width or str(parms.get("/EncodedByteAlign", False)) == "True":
        raise NotOneImageError
    with native_messages() as messages:
        white = _decode_tiff(_as_tiff(data, width=width, height=height, group=group))
    black_is_1 = str(parms.get("/BlackIs1", False)) == "True"
    problems = fax_problems(messages, ((data, white ^ np.uint8(1)),) if group < 0 else ())
    return Decoded(gray=white ^ np.uint8(1) if black_is_1 else white, problems=problems)


def fax_problems(messages: list[str], strips: Iterable[tuple[bytes, Gray]]) -> tuple[Problem, ...]:
    """What is wrong with a decoded fax: libtiff's messages, and group 4 `strips` (data, samples with 1 = black run) that do not agree.

    libtiff goes on after a wrong code as well as it can and takes the end of the data, or zeros, for the end of the page: the rest
    becomes white, and it tells only some of that. Group 4 leaves an encoder no choice (ITU-T T.6, figure 7), so that encoding what
    was decoded has to give the same data. Measured on 300 dpi pages, 60 times each: this finds every cut and every hole of 20 bytes, and
    of flipped bits all but those that change less than 0.1 % of the pixels; libtiff's messages alone find 15 % of the cuts.
    """
    if detail := complaint(messages):
        return (problem("page-suspect", detail=detail),)
    if all(_agrees(data, encode_group4(samples)) for data, samples in strips):
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
    """The bits of each byte the other way round (TIFF FillOrder 2)."""
    return data.translate(_REVERSED)


def _agrees(given: bytes, again: bytes) -> bool:
    """Whether two strips are the same but for the end mark and padding; an encoder that is wilful from the start need only agree in length."""
    both = min(len(given), len(again))
    different = np.frombuffer(given, dtype=np.uint8, count=both) != np.frombuffer(again, dtype=np.uint8, count=both)
    common = int(np.argmax(different)) if different.any() else both
    extra = len(given.rstrip(b"\x00\r\n")) - len(again)
    if common >= len(again) - _END_BYTES and extra <= _END_BYTES:
        return True
    return common < WILFUL_SHARE * len(given) and abs(extra) <= LENGTH_TOLERANCE * len(given)


_REVERSED = bytes(int(f"{value:08b}"[::-1], 2) for value in range(256))
_STRIP_OFFSETS, _ROWS_PER_STRIP, _STRIP_BYTES = 273, 278, 279
WILFUL_SHARE = 0.1
"""Some encoders deviate from the norm (seen: 0.13 % longer, 3.7 % shorter), and do so within the first lines. An agreement that ends later is damage."""
LENGTH_TOLERANCE = 0.05
_END_BYTES = 5
"""The end mark, three bytes, and what may share its first and last byte."""


def _number(parms: Mapping[str, object], name: str, default: int) -> int:
    value = parms.get(name, default)
    return int(value)  # type: ignore[call-overload, no-any-return]  # pikepdf numbers are int or Decimal


def _as_tiff(data: bytes, *, width: int, height: int, group: int) -> bytes:
    """A TIFF file around the data (TIFF 6.0 section 11): white is zero, one strip."""
    compression, options = (4, 0) if group < 0 else (3, 1 if group > 0 else 0)
    entries = [(256, 4, width), (257, 4, height), (258, 3, 1), (259, 3, compression), (262, 3, 0), (273, 4, 0)]
    entries += [(277, 3, 1), (278, 4, height), (279, 4, len(data)), (293 if group < 0 else 292, 4, options)]
    start = 8 + 2 + 12 * len(entries) + 4
    body = b"".join(_entry(tag, kind, start if tag == 273 else value) for tag, kind, value in entries)
    return b"II*\x00\x08\x00\x00\x00" + len(entries).to_bytes(2, "little") + body + b"\0\0\0\0" + data


def _entry(tag: int, kind: int, value: int) -> bytes:
    return tag.to_bytes(2, "little") + kind.to_bytes(2, "little") + (1).to_bytes(4, "little") + value.to_bytes(4, "little")


def _decode_tiff(data: bytes) -> Gray:
    """The only page of a 1-bit TIFF: 0 = black, 1 = white."""
    try:
        with Image.open(io.BytesIO(data), formats=("TIFF",)) as picture:
            gray: Gray = np.array(picture.convert("L"))
            return gray & np.uint8(1)
    except MemoryError:
        raise
    except Exception as error:  # decoders raise anything on hostile bytes; raised again under a name
        raise unreadable(error) from error
