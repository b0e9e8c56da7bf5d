"""TIFF: pages counted in the file itself, decoded by Pillow and libtiff."""

import io
import struct
import weakref
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import BinaryIO

import cv2
import numpy as np
from PIL import Image, TiffImagePlugin

from scanform.imaging.page_image import Gray
from scanform.scan.codecs.ccitt import fax_problems, reversed_bits
from scanform.scan.codecs.group4 import decode_group4
from scanform.scan.codecs.jpeg import loses_nothing
from scanform.scan.codecs.libtiff_messages import complaint, native_messages
from scanform.scan.codecs.pictures import Picture, dpi_of, is_mirrored, turn_of
from scanform.scan.codecs.pixels import gray_of_picture
from scanform.scan.files.errors import ScanError, unreadable
from scanform.scan.files.limits import Limits
from scanform.scan.files.sizes import check_size
from scanform.scan.files.source import ScanFile

_PAGE_NUMBER, _ORIENTATION, _SAMPLE_FORMAT = 297, 274, 339
_STRIPS, _TILES = (273, 279), (324, 325)
_COMPRESSION, _GROUP4, _JPEG = 259, 4, 7
_PHOTOMETRIC, _WHITE_IS_ZERO, _BLACK_IS_ZERO = 262, 0, 1
_WIDTH, _LENGTH, _BITS, _SAMPLES, _T6_OPTIONS = 256, 257, 258, 277, 293
_KIND, _OLD_KIND = 254, 255
_REDUCED, _MASK, _OLD_REDUCED = 1, 4, 2
"""Bits of NewSubfileType, and the value of SubfileType, of pictures that are not pages (TIFF 6.0, sections 8 and 18).
"""
_TRANSPARENCY_MASK = 4
"""Photometric interpretation that every mask must have."""
_FILL_ORDER, _LOW_BIT_FIRST = 266, 2
_ROWS_PER_STRIP = 278
_SIGNED = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Directories:
    """The positions of the pages in a TIFF.

    `places` gives, for each page, the number of its directory in the chain: thumbnails and masks have directories too
    but are not pages. `turned` are the positions of pictures of more than 8 bits in which white is zero, each with the
    byte that says so: Pillow recognises this for few kinds of file, and inverts none. `broken` means that the chain
    leads out of the file, so that at least one page is missing; `declared` is the total in the PageNumber tag of the
    first page, 0 if it gives none.
    """

    offsets: tuple[int, ...]
    broken: bool
    declared: int
    places: tuple[int, ...] = ()
    turned: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Directory:
    """What is known of a picture without decoding it: the position of the next one, the number of pages that the file
    declares, the tags that give its kind.
    """

    next: int
    declared: int
    sizes: tuple[int, int]
    reduced: bool
    mask: bool
    turned_at: int | None


def count_pages(file: ScanFile, limits: Limits) -> Directories:
    """Walks the chain of directories without decoding anything; raises ScanError `damaged-file` if there is no page,
    `too-large`.
    """
    found = _directories(file, limits.max_pages)
    if not found.offsets:
        raise ScanError("damaged-file", detail="TIFF: no directory")
    if len(found.offsets) > limits.max_pages:
        raise ScanError("too-many-pages", limit=limits.max_pages)
    return found


@lru_cache(maxsize=1)
def _directories(file: ScanFile, max_pages: int) -> Directories:
    with file.stream() as stream:
        return _walk(stream, file.stamp.size, max_pages)


def read_tiff_page(file: ScanFile, index: int, limits: Limits) -> Picture:
    """Page `index` (0-based) of a TIFF; raises ScanError."""
    try:
        place, turned = _place(file, index, limits), _directories(file, limits.max_pages).turned
        picture = _opened(file, turned)
        picture.seek(place)
        check_size(width=picture.width, height=picture.height, limits=limits)
        tags = picture.tag_v2
        _check_extent(tags, file.stamp.size)
        orientation = int(tags.get(_ORIENTATION, 1))  # before load(), which drops it
        unsigned = _SIGNED not in tags.get(_SAMPLE_FORMAT, (1,))
        dpi = dpi_of(picture)
        proved = _proved(file, tags)
        if proved is not None:
            checked = fax_problems([], _group4_strips(file, tags, proved), proved=True) if limits.fax_again else ()
            return Picture(gray=_unmirrored(proved, orientation), dpi=dpi, turn=turn_of(orientation), problems=checked)
        with native_messages() as messages:
            picture.load()
        upright = gray_of_picture(
            picture, unsigned=unsigned, white_is_zero=place in dict(turned)
        )  # Pillow has applied the orientation
        gray = np.ascontiguousarray(np.rot90(upright, turn_of(orientation) // 90))
        stored = _unmirrored(gray, orientation)
        problems = fax_problems(_without_padding(messages, file, tags), _group4_strips(file, tags, stored))
        return Picture(gray=gray, dpi=dpi, turn=turn_of(orientation), problems=problems)
    except (ScanError, MemoryError):
        raise
    except Exception as error:  # decoders raise anything on hostile bytes; re-raised as ScanError
        _opened.cache_clear()
        raise unreadable(error) from error


def _place(file: ScanFile, index: int, limits: Limits) -> int:
    """The number of the directory in the chain that holds page `index`."""
    places = _directories(file, limits.max_pages).places
    if index >= len(places):
        raise unreadable(f"TIFF: no page {index + 1}")
    return places[index]


def _as_black_is_zero(file: ScanFile, places: list[int]) -> BinaryIO:
    """The file in memory, changed to say at these positions that black is zero."""
    with file.stream() as stream:
        data = bytearray(stream.read())
    for at in places:
        data[at : at + 2] = struct.pack("<H" if data[:2] == b"II" else ">H", _BLACK_IS_ZERO)
    return io.BytesIO(data)


@lru_cache(maxsize=1)
def _opened(file: ScanFile, turned: tuple[tuple[int, int], ...] = ()) -> TiffImagePlugin.TiffImageFile:
    stream = _as_black_is_zero(file, [at for _, at in turned]) if turned else file.stream()
    try:
        picture = Image.open(stream, formats=("TIFF",))
        if not isinstance(picture, TiffImagePlugin.TiffImageFile):
            raise unreadable("not a TIFF")
    except (ScanError, MemoryError):
        stream.close()
        raise
    except Exception as error:  # decoders raise anything on hostile bytes; re-raised as ScanError
        stream.close()
        raise unreadable(error) from error
    weakref.finalize(picture, stream.close)  # Pillow does not close a stream that it was given
    return picture


def _unmirrored(gray: Gray, orientation: int) -> Gray:
    return np.ascontiguousarray(gray[:, ::-1]) if is_mirrored(orientation) else gray


def _proved(file: ScanFile, tags: TiffImagePlugin.ImageFileDirectory_v2) -> Gray | None:
    """The samples as stored of a group 4 page whose data are proved complete; None for any other page, or if the proof
    fails.
    """
    bits, samples, options = (
        tags.get(tag, default) for tag, default in ((_BITS, (1,)), (_SAMPLES, 1), (_T6_OPTIONS, 0))
    )
    kind = tags.get(_PHOTOMETRIC, _WHITE_IS_ZERO)
    if (tags.get(_COMPRESSION), tuple(bits), samples, options) != (_GROUP4, (1,), 1, 0) or kind not in (
        _WHITE_IS_ZERO,
        _BLACK_IS_ZERO,
    ):
        return None
    if not {_WIDTH, _LENGTH, *_STRIPS} <= set(tags) or set(_TILES) & set(tags):
        return None
    width, height = int(tags[_WIDTH]), int(tags[_LENGTH])
    high = min(int(tags.get(_ROWS_PER_STRIP, height)), height)
    if high < 1 or len(tags[_STRIPS[0]]) != -(-height // high):
        return None
    rows = [min(high, height - top) for top in range(0, height, high)]
    gray = decode_group4(_strip_data(file, tags), width=width, rows=rows)
    return gray if gray is None or kind == _WHITE_IS_ZERO else np.asarray(cv2.bitwise_not(gray), dtype=np.uint8)


def _strip_data(file: ScanFile, tags: TiffImagePlugin.ImageFileDirectory_v2) -> list[bytes]:
    """The data of each strip, first bit first."""
    with file.stream() as stream:
        parts = [_part(stream, at, length) for at, length in zip(tags[_STRIPS[0]], tags[_STRIPS[1]], strict=False)]
    return [reversed_bits(part) for part in parts] if tags.get(_FILL_ORDER, 1) == _LOW_BIT_FIRST else parts


def _group4_strips(
    file: ScanFile, tags: TiffImagePlugin.ImageFileDirectory_v2, gray: Gray
) -> Iterator[tuple[bytes, Gray]]:
    """The data and the samples (1 = black run) of each strip of a group 4 page; nothing for other pages."""
    if tags.get(_COMPRESSION) != _GROUP4 or _STRIPS[0] not in tags:
        return
    rows = min(int(tags.get(_ROWS_PER_STRIP, gray.shape[0])), gray.shape[0])
    white = 255 if tags.get(_PHOTOMETRIC, 0) == _WHITE_IS_ZERO else 0
    for number, data in enumerate(_strip_data(file, tags)):
        yield data, (gray[number * rows : (number + 1) * rows] != white).astype(np.uint8)


def _without_padding(messages: list[str], file: ScanFile, tags: TiffImagePlugin.ImageFileDirectory_v2) -> list[str]:
    """The messages without those of libjpeg about bytes that pad a strip."""
    if tags.get(_COMPRESSION) != _JPEG or _STRIPS[0] not in tags or not complaint(messages):
        return messages
    strips = _strip_data(file, tags)
    return [message for message in messages if not any(loses_nothing(message, strip) for strip in strips)]


def _part(stream: BinaryIO, at: int, length: int) -> bytes:
    stream.seek(at)
    return stream.read(length)


def _check_extent(tags: TiffImagePlugin.ImageFileDirectory_v2, size: int) -> None:
    """Refuses truncated files, where libtiff would fill in paper beyond the end."""
    for offset_tag, length_tag in (_STRIPS, _TILES):
        offsets, lengths = tags.get(offset_tag, ()), tags.get(length_tag, ())
        if any(offset + length > size for offset, length in zip(offsets, lengths, strict=False)):
            raise unreadable("TIFF: the picture goes on behind the end of the file")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Format:
    """The two variants of a TIFF (Adobe TIFF 6.0 and BigTIFF): struct codes of the entry count, one entry and the next
    offset.
    """

    count: struct.Struct
    entry: struct.Struct
    next: struct.Struct
    first_at: int


def _format_of(header: bytes) -> _Format:
    order = "<" if header[:2] == b"II" else ">"
    if struct.unpack(order + "H", header[2:4])[0] == 43:
        return _Format(
            count=struct.Struct(order + "Q"),
            entry=struct.Struct(order + "HHQ8s"),
            next=struct.Struct(order + "Q"),
            first_at=8,
        )
    return _Format(
        count=struct.Struct(order + "H"),
        entry=struct.Struct(order + "HHI4s"),
        next=struct.Struct(order + "I"),
        first_at=4,
    )


def _walk(stream: BinaryIO, size: int, max_pages: int) -> Directories:
    header = stream.read(16)
    if len(header) < 8:
        return Directories(offsets=(), broken=True, declared=0)
    form = _format_of(header)
    offsets: list[int] = []
    found: list[_Directory] = []
    (at,) = form.next.unpack(header[form.first_at : form.first_at + form.next.size].ljust(form.next.size, b"\0"))
    broken = False
    while at and at not in set(offsets) and len(offsets) <= max_pages:
        directory = _directory(stream, form, at, size)
        broken = directory is None
        if directory is None:
            break
        offsets.append(at)
        found.append(directory)
        at = directory.next
    places = tuple(place for place in range(len(found)) if _is_page(found, place)) or tuple(range(len(found)))
    turned = tuple(
        (place, directory.turned_at) for place, directory in enumerate(found) if directory.turned_at is not None
    )
    declared = next((directory.declared for directory in found if directory.declared), 0)
    return Directories(
        offsets=tuple(offsets[place] for place in places),
        broken=broken,
        declared=declared,
        places=places,
        turned=turned,
    )


def _is_page(found: list[_Directory], place: int) -> bool:
    """Whether a picture is a page: not a mask, nor a reduced copy of its predecessor or successor. Programs also set
    these tags on pages.
    """
    one = found[place]
    if one.mask:
        return False
    beside = [other for other in found[max(0, place - 1) : place + 2] if other is not one and not other.mask]
    return not (
        one.reduced
        and any(all(small < large for small, large in zip(one.sizes, other.sizes, strict=True)) for other in beside)
    )


def _directory(stream: BinaryIO, form: _Format, at: int, size: int) -> _Directory | None:
    """The content of a directory; None unless it lies wholly in the file."""
    if at + form.count.size > size:
        return None
    stream.seek(at)
    (count,) = form.count.unpack(stream.read(form.count.size).ljust(form.count.size, b"\0"))
    length = count * form.entry.size
    if count == 0 or at + form.count.size + length + form.next.size > size or count > 4096:
        return None
    body = io.BytesIO(stream.read(length + form.next.size)).getvalue()
    order, total, tags, value_at = form.count.format[0], 0, dict[int, int](), 0
    for number, (tag, kind, _, value) in enumerate(form.entry.iter_unpack(body[:length])):
        tags[tag] = _first_number(order, kind, value)
        if tag == _PAGE_NUMBER:
            total = struct.unpack(order + "HH", value[:4])[1]
        if tag == _PHOTOMETRIC:
            value_at = at + form.count.size + (number + 1) * form.entry.size - len(value)
    deep = tags.get(_BITS, 1) > 8 and tags.get(_SAMPLES, 1) == 1 and tags.get(_PHOTOMETRIC) == _WHITE_IS_ZERO
    return _Directory(
        next=int(form.next.unpack(body[length:])[0]),
        declared=total,
        sizes=(tags.get(_WIDTH, 0), tags.get(_LENGTH, 0)),
        reduced=bool(tags.get(_KIND, 0) & _REDUCED) or tags.get(_OLD_KIND) == _OLD_REDUCED,
        mask=bool(tags.get(_KIND, 0) & _MASK) and tags.get(_PHOTOMETRIC) == _TRANSPARENCY_MASK,
        turned_at=value_at if deep else None,
    )


def _first_number(order: str, kind: int, value: bytes) -> int:
    """The number in an entry of one byte, short or long; 0 for anything else."""
    code = {1: "B", 3: "H", 4: "I"}.get(kind)
    return int(struct.unpack_from(order + code, value)[0]) if code else 0
