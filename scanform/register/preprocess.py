"""Tries variants of a picture until one identifies the page: unchanged, with its missing lines restored, with its dots
smoothed.

Standard fax resolution has half as many lines as columns (204 x 98 dpi, ITU-T T.4); dithered scans consist of dots that
hide markers and codes. Both variants are tried only if the unchanged picture gives nothing, so ordinary scans pay
nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from scanform.imaging.page_image import PageImage
from scanform.model.layout import Layout
from scanform.register.identify import ReadText, Sighting, identify
from scanform.register.markers import Marker, find_markers


@dataclass(frozen=True, slots=True, kw_only=True)
class PreprocessSettings:
    """Variants of pictures that give nothing unchanged."""

    half_lines: tuple[float, float] = (0.58, 0.69)
    """Ratio of height to width, from and to, of an A4 or letter page at standard fax resolution (0.62-0.68); an A4 page
    in landscape has 0.707.
    """
    line_factor: float = 204 / 98
    """Factor on the number of lines of such a page: 204 / 98."""
    soften_px: float = 0.8
    """Pixels; the sigma that merges the dots of a dithered scan and leaves page codes readable (tried: 0.8
    identified all of 8 dithered pages, 1.2 six, none without).
    """


DEFAULT_PREPROCESS = PreprocessSettings()


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """The result of one variant: `seen` is the picture to register, `read` the one to read answers from (same size),
    `factor` = ratio of its rows to those of the file.
    """

    seen: PageImage
    read: PageImage
    markers: tuple[Marker, ...]
    sighting: Sighting
    factor: float = 1.0


def preprocess(
    image: PageImage,
    *,
    layouts: Mapping[str, Layout],
    read_text: ReadText,
    settings: PreprocessSettings = DEFAULT_PREPROCESS,
) -> Attempt:
    """The first attempt that identifies the page, else the first of all. Layouts by digest."""
    looks: list[Attempt] = []
    for seen, read, factor in _pictures(image, settings):
        markers = find_markers(seen)
        sighting = identify(seen, markers, layouts=layouts, read_text=read_text)
        looks.append(Attempt(seen=seen, read=read, markers=tuple(markers), sighting=sighting, factor=factor))
        if sighting.identity is not None:
            return looks[-1]
    return max(looks, key=_found)


def _found(one: Attempt) -> tuple[bool, int]:
    return bool(one.sighting.problems), _ours(one.markers)


def _ours(markers: Sequence[Marker]) -> int:
    return len(markers) if len(markers) >= 2 else 0


def _pictures(image: PageImage, settings: PreprocessSettings) -> Iterator[tuple[PageImage, PageImage, float]]:
    yield image, image, 1.0
    low, high = settings.half_lines
    if low < image.height / image.width < high:
        full = with_lines(image, settings.line_factor)
        yield full, full, settings.line_factor
    elif _is_one_bit(image):
        soft = cv2.GaussianBlur(image.gray, (0, 0), settings.soften_px)
        yield PageImage(gray=np.asarray(soft, dtype=np.uint8), dpi=image.dpi), image, 1.0


def with_lines(image: PageImage, factor: float) -> PageImage:
    """The picture with `factor` times as many rows; a bilevel one stays bilevel, or a reader would trust it like a grey
    one.
    """
    size = (image.width, round(image.height * factor))
    full = np.asarray(cv2.resize(image.gray, size, interpolation=cv2.INTER_LINEAR), dtype=np.uint8)
    if _is_one_bit(image):
        full = np.where(full < 128, 0, 255).astype(np.uint8)
    return PageImage(gray=full, dpi=image.dpi)


def _is_one_bit(image: PageImage) -> bool:
    """Whether a picture is bilevel, judged on one row in 97."""
    rows = image.gray[48::97]
    return bool(rows.size and np.mean((rows > 4) & (rows < 251)) < 0.0005)
