"""JPEG, PNG and other single pictures as files, through Pillow's parsers (strict about damage)."""

import io
import zlib
from dataclasses import dataclass

import numpy as np
from PIL import Image

from scanform.imaging.page_image import Gray
from scanform.model.problem import Problem
from scanform.scan.codecs.jpeg import decode_jpeg, jpeg_size
from scanform.scan.codecs.pixels import gray_of_picture
from scanform.scan.files.errors import ScanError, problem, unreadable
from scanform.scan.files.kinds import FileKind
from scanform.scan.files.limits import Limits
from scanform.scan.files.sizes import check_size, plausible_dpi

ORIENTATION_TAG = 0x0112
PICTURE_FORMATS = ("BMP", "WEBP", "JPEG2000", "AVIF")
_TURNS = {1: 0, 2: 0, 3: 180, 4: 180, 5: 270, 6: 90, 7: 90, 8: 270}
_MIRRORED = frozenset({2, 4, 5, 7})
_CM_PER_INCH = 2.54

Image.MAX_IMAGE_PIXELS = None  # `check_size` does this from the header, with our own limit and a clear message


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """Grey pixels of one page, its declared resolution, and the degrees clockwise by which a viewer should turn it."""

    gray: Gray
    dpi: float | None = None
    turn: int = 0
    problems: tuple[Problem, ...] = ()


def count_pictures(data: bytes, kind: FileKind, limits: Limits) -> int:
    """Reads the header only: 1, or the number of frames; raises ScanError `unreadable-page`, `damaged-file`,
    `too-large`.
    """
    if kind is FileKind.JPEG:
        height, width = jpeg_size(data)
        frames = 1
    else:
        with _open(data, kind) as picture:
            width, height = picture.size
            frames = int(getattr(picture, "n_frames", 1))
    check_size(width=width, height=height, limits=limits)
    if frames > limits.max_pages:
        raise ScanError("too-many-pages", limit=limits.max_pages)
    return frames


def read_picture(data: bytes, kind: FileKind, index: int, limits: Limits) -> Picture:
    """Page `index` (0-based; several only in animations) of a JPEG, PNG or other picture; raises ScanError."""
    if kind is FileKind.JPEG:
        return _read_jpeg(data, limits)
    problems = _check_png(data) if kind is FileKind.PNG else ()
    with _open(data, kind) as picture:
        check_size(width=picture.width, height=picture.height, limits=limits)
        try:
            picture.seek(index)
            picture.load()
        except MemoryError:
            raise
        except Exception as error:  # decoders raise anything on hostile bytes; re-raised as ScanError
            raise unreadable(error) from error
        return oriented(gray_of_picture(picture), orientation_of(picture), dpi=dpi_of(picture), problems=problems)


def oriented(gray: Gray, orientation: int, *, dpi: float | None, problems: tuple[Problem, ...] = ()) -> Picture:
    """A picture with its EXIF/TIFF orientation (1..8) as a turn.

    The four mirrored orientations are undone in the pixels (left and right swapped), so that the decoded page, to which
    all evidence refers, is never mirrored; the remainder is a turn of 0, 90, 180 or 270 degrees.
    """
    if is_mirrored(orientation):
        gray = np.ascontiguousarray(gray[:, ::-1])
    return Picture(gray=gray, dpi=dpi, turn=turn_of(orientation), problems=problems)


def is_mirrored(orientation: int) -> bool:
    """Whether an EXIF/TIFF orientation swaps left and right."""
    return orientation in _MIRRORED


def turn_of(orientation: int) -> int:
    """Degrees clockwise by which a viewer turns a picture of this orientation tag, after undoing any mirroring."""
    return _TURNS.get(orientation, 0)


def orientation_of(picture: Image.Image) -> int:
    """The orientation tag, 1 if it is missing or its block is damaged."""
    try:
        value = picture.getexif().get(ORIENTATION_TAG, 1)
        return int(value) if int(value) in _TURNS else 1
    except Exception:  # noqa: BLE001 - a broken EXIF block must not cost the page, and Pillow raises anything on one
        return 1


def dpi_of(picture: Image.Image) -> float | None:
    """The resolution that the file declares, None if it declares none or nonsense (see `sizes.plausible_dpi`)."""
    try:
        x, y = picture.info["dpi"][:2]
        return plausible_dpi(float(x), float(y))
    except (KeyError, TypeError, ValueError, ZeroDivisionError, IndexError):
        return None


def _read_jpeg(data: bytes, limits: Limits) -> Picture:
    decoded = decode_jpeg(data, limits)
    orientation, dpi = 1, None
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG",)) as header:
            orientation, dpi = orientation_of(header), dpi_of(header)
    except Exception:  # noqa: BLE001 - the pixels are fine; only the declared values are lost
        orientation, dpi = 1, None
    return oriented(decoded.gray, orientation, dpi=dpi, problems=decoded.problems)


def _open(data: bytes, kind: FileKind) -> Image.Image:
    formats = ("PNG",) if kind is FileKind.PNG else PICTURE_FORMATS
    try:
        return Image.open(io.BytesIO(data), formats=formats)
    except MemoryError:
        raise
    except Exception as error:  # decoders raise anything on hostile bytes; re-raised as ScanError
        raise ScanError("damaged-file", detail=f"{type(error).__name__}: {error}") from error


def _check_png(data: bytes) -> tuple[Problem, ...]:
    """Checksums of the chunks that make the picture; Pillow ignores them when decoding."""
    at, view = 8, memoryview(data)
    while at + 12 <= len(data):
        length, name = int.from_bytes(view[at : at + 4], "big"), bytes(view[at + 4 : at + 8])
        end = at + 8 + length
        if name in {b"IHDR", b"PLTE", b"tRNS", b"IDAT"} and zlib.crc32(view[at + 4 : end]) != int.from_bytes(
            view[end : end + 4], "big"
        ):
            return (problem("page-suspect", detail=f"PNG: check sum of {name.decode('ascii')}"),)
        if name == b"IEND":
            return ()
        at = end + 4
    return (problem("page-suspect", detail="PNG: end is missing"),)
