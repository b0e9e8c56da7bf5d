"""Fax compression (CCITT groups 3 and 4) inside PDF, decoded by libtiff, with a check that libtiff does not make."""

import io
from collections.abc import Mapping

import numpy as np
from PIL import Image

from scanform.imaging.page_image import Gray
from scanform.model.problem import Problem
from scanform.scan.jpeg import Decoded
from scanform.scan.pdf_walk import NotOneImageError
from scanform.scan.trouble import problem, unreadable

_NO_RUN = b"\x00\x00\x00"
"""More zero bits in a row than any code of group 4 has (ITU-T T.6: at most 11, in the end mark)."""
LENGTH_TOLERANCE = 0.01
"""Encoders may differ in padding and end marks; a decoder that lost its way leaves out more than this share of the data."""
_SMALL_BYTES = 64


def decode_fax(data: bytes, parms: Mapping[str, object], *, width: int, height: int) -> Decoded:
    """Samples 0 and 1 of a CCITTFaxDecode stream as (H, W) uint8, before /Decode and colour space.

    `parms` are its /DecodeParms (ISO 32000-1, 7.4.6). Raises NotOneImageError for variants left to poppler, TroubleError
    `unreadable-page`.
    """
    group = _number(parms, "/K", 0)
    columns = _number(parms, "/Columns", 1728)
    if columns != width or str(parms.get("/EncodedByteAlign", False)) == "True":
        raise NotOneImageError
    white_is_zero = _decode_tiff(_as_tiff(data, width=width, height=height, group=group))
    problems = check_group4(data, white_is_zero, lsb_first=False) if group < 0 else ()
    black_is_1 = str(parms.get("/BlackIs1", False)) == "True"
    samples = white_is_zero if black_is_1 else 1 - white_is_zero
    return Decoded(gray=samples, problems=problems)


def check_group4(data: bytes, black: Gray, *, lsb_first: bool) -> tuple[Problem, ...]:
    """Whether the group 4 `data` of one strip were decoded to their end; `black` are the samples of that strip, 1 = black.

    libtiff stops silently at the first wrong code and leaves the rest of the strip white. Group 4 leaves an encoder no choice
    (ITU-T T.6, figure 7), so that encoding what was decoded must give the same data back.
    """
    if lsb_first:
        data = data.translate(_REVERSED)
    body = _without_end(data)
    if _NO_RUN in body:
        return (problem("page-suspect", detail="CCITT: zeros in the data"),)
    again = _without_end(encode_group4(black))
    lost = abs(len(body) - len(again)) > LENGTH_TOLERANCE * len(body) + _SMALL_BYTES
    return (problem("page-suspect", detail="CCITT: data not decoded to the end"),) if lost and not again.startswith(body) else ()


def encode_group4(black: Gray) -> bytes:
    """Group 4 data of samples (H, W), 1 = black."""
    out = io.BytesIO()
    picture = Image.fromarray(np.where(black > 0, 0, 255).astype(np.uint8)).convert("1", dither=Image.Dither.NONE)
    picture.save(out, format="TIFF", compression="group4", tiffinfo={278: black.shape[0]})
    with Image.open(io.BytesIO(out.getvalue())) as written:
        tags = written.tag_v2  # type: ignore[attr-defined]  # a TiffImageFile
        return b"".join(out.getvalue()[at : at + length] for at, length in zip(tags[273], tags[279], strict=True))


_REVERSED = bytes(int(f"{value:08b}"[::-1], 2) for value in range(256))


def _without_end(data: bytes) -> bytes:
    """The data without padding and end-of-block mark, to the byte."""
    body = data.rstrip(b"\x00\r\n")
    end = body.rfind(b"\x00\x10\x01") if body.endswith((b"\x00\x10\x01",)) else -1
    return body[:end] if end >= 0 else body[: max(0, len(body) - 4)]


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
    try:
        with Image.open(io.BytesIO(data), formats=("TIFF",)) as picture:
            return np.where(np.array(picture.convert("L")) == 0, 1, 0).astype(np.uint8)
    except MemoryError:
        raise
    except Exception as error:
        raise unreadable(error) from error
