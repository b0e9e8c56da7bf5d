"""Wraps fax data in a file, which libtiff, called through Pillow, needs in order to decode it."""

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image

from scanform.imaging.page_image import Gray
from scanform.scan.files.errors import unreadable

_LONG = 4
_HEADER = b"II*\x00\x08\x00\x00\x00"


def as_tiff(strips: Sequence[bytes], *, width: int, rows: int, group: int) -> bytes:
    """A TIFF file (TIFF 6.0 section 11) of strips of `rows` rows each, white is zero; `group` as /K in PDF: negative
    for group 4.
    """
    compression, options = (4, 0) if group < 0 else (3, 1 if group > 0 else 0)
    count = len(strips)
    fields = [
        (256, _LONG, width),
        (257, _LONG, rows * count),
        (258, 3, 1),
        (259, 3, compression),
        (262, 3, 0),
        (273, _LONG, 0),
    ]
    fields += [(277, 3, 1), (278, _LONG, rows), (279, _LONG, 0), (293 if group < 0 else 292, _LONG, options)]
    tables = len(_HEADER) + 2 + 12 * len(fields) + 4  # with several strips their offsets and lengths follow here
    starts = np.cumsum([tables + (8 * count if count > 1 else 0), *(len(strip) for strip in strips[:-1])]).tolist()
    places = {273: (tables, starts), 279: (tables + 4 * count, [len(strip) for strip in strips])}
    body = b"".join(_field(tag, kind, value, places.get(tag), count) for tag, kind, value in fields)
    lists = b"".join(_longs(values) for _, values in places.values()) if count > 1 else b""
    return b"".join([_HEADER, len(fields).to_bytes(2, "little"), body, b"\0\0\0\0", lists, *strips])


def decode_tiff(data: bytes) -> Gray:
    """The only page of a 1-bit TIFF as grey (H, W): 0 = black, 255 = white; not writable."""
    try:
        with Image.open(io.BytesIO(data), formats=("TIFF",)) as picture:
            return np.frombuffer(picture.tobytes("raw", "L"), np.uint8).reshape(picture.height, picture.width)
    except MemoryError:
        raise
    except Exception as error:  # decoders raise anything on hostile bytes; raised again under a name
        raise unreadable(error) from error


def _field(tag: int, kind: int, value: int, place: tuple[int, list[int]] | None, count: int) -> bytes:
    if place is None:
        return _entry(tag, kind, 1, value)
    return _entry(tag, kind, count, place[1][0] if count == 1 else place[0])


def _entry(tag: int, kind: int, count: int, value: int) -> bytes:
    return (
        tag.to_bytes(2, "little")
        + kind.to_bytes(2, "little")
        + count.to_bytes(4, "little")
        + value.to_bytes(4, "little")
    )


def _longs(values: list[int]) -> bytes:
    return b"".join(value.to_bytes(4, "little") for value in values)
