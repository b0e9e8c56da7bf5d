"""Phone pictures in HEIF, if the extra `heif` is installed (the only module that uses pillow-heif); otherwise they are
rejected by name.
"""

import io
from importlib.util import find_spec
from typing import TYPE_CHECKING

from scanform.scan.codecs.pictures import Picture
from scanform.scan.codecs.pixels import gray_of_picture
from scanform.scan.files.errors import ScanError, unreadable
from scanform.scan.files.limits import Limits
from scanform.scan.files.sizes import check_size

if TYPE_CHECKING:
    import pillow_heif


def count_heif(data: bytes, limits: Limits) -> int:
    """The number of pictures (without thumbnails, depth and gain maps); raises ScanError `phone-picture`,
    `damaged-file`, `too-large`.
    """
    file = _opened(data, "damaged-file")
    for number in range(len(file)):
        check_size(width=file[number].size[0], height=file[number].size[1], limits=limits)
    if len(file) > limits.max_pages:
        raise ScanError("too-many-pages", limit=limits.max_pages)
    return len(file)


def read_heif(data: bytes, index: int, limits: Limits) -> Picture:
    """Picture `index` (0-based), rotated upright by libheif (the EXIF orientation repeats the same rotation); raises
    ScanError.
    """
    file = _opened(data, "unreadable-page")
    if index >= len(file):
        raise unreadable(f"HEIF: no picture {index + 1}")
    check_size(width=file[index].size[0], height=file[index].size[1], limits=limits)
    try:
        return Picture(gray=gray_of_picture(file[index].to_pillow()))
    except MemoryError:
        raise
    except Exception as error:  # decoders raise anything on hostile bytes; re-raised as ScanError
        raise unreadable(error) from error


def _opened(data: bytes, slug: str) -> "pillow_heif.HeifFile":
    if find_spec("pillow_heif") is None:
        raise ScanError("phone-picture")
    import pillow_heif

    pillow_heif.options.DECODE_THREADS = 1
    try:
        return pillow_heif.open_heif(io.BytesIO(data))
    except MemoryError:
        raise
    except Exception as error:  # decoders raise anything on hostile bytes; re-raised as ScanError
        raise ScanError(slug, detail=f"{type(error).__name__}: {error}") from error
