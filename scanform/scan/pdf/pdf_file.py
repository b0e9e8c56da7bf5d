"""Opening PDF files: structure repaired where possible and reported, and nothing executed (pikepdf reads)."""

import weakref
from dataclasses import dataclass, field
from functools import lru_cache
from typing import BinaryIO

import pikepdf

from scanform.model.problem import Problem
from scanform.scan.files.errors import ScanError, problem, unreadable
from scanform.scan.files.limits import Limits
from scanform.scan.files.scratch import Scratch
from scanform.scan.files.source import ScanFile

POINTS_PER_INCH = 72.0
LARGEST_POINTS = 14_400.0
"""ISO 32000-1 annex C: no side of a page is longer than 200 inches."""
Box = tuple[float, float, float, float]
_HIGHEST_TREE = 64
"""Nodes above a page that are searched for inherited entries; trees of real files have up to ten."""


@dataclass(frozen=True, kw_only=True, eq=False)
class PdfFile:
    """An opened PDF. `problems` lists repairs and missing pages; `scratch` holds a rewritten copy, if any."""

    pdf: pikepdf.Pdf
    pages: int
    problems: tuple[Problem, ...]
    source: ScanFile
    scratch: list[Scratch] = field(default_factory=list)

    @property
    def repaired(self) -> bool:
        """Whether the structure was damaged."""
        return any(found.slug == "page-repaired" for found in self.problems)

    @property
    def rewritten(self) -> bool:
        """Whether poppler gets a copy."""
        return bool(self.scratch)

    def drawable(self) -> str:
        """A path for poppler: the file itself, or a copy written by qpdf if the file had to be repaired."""
        if self.repaired and not self.rewritten:
            self.rewrite()
        return self.scratch[0].path if self.scratch else self.source.stamp.path

    def rewrite(self) -> None:
        """Lets poppler render a copy with a sound structure: it repairs less well than qpdf and returns white pages
        where it fails.
        """
        copy = Scratch()
        try:
            self.pdf.save(copy.file)
            copy.file.flush()
        except (pikepdf.PdfError, RuntimeError, ValueError) as error:
            raise unreadable(error) from error
        self.scratch.append(copy)


def open_pdf(file: ScanFile, limits: Limits) -> PdfFile:
    """The PDF in `file`; the last one stays open in this process. Raises ScanError `encrypted`, `damaged-file`,
    `no-pages`, `too-many-pages`.
    """
    return _open(file, limits.max_pages)


@lru_cache(maxsize=1)
def _open(file: ScanFile, max_pages: int) -> PdfFile:
    stream = file.stream()
    try:
        found = _opened(file, stream, max_pages)
    except BaseException:
        stream.close()
        raise
    weakref.finalize(found, stream.close)  # pikepdf does not close a stream that it was given
    return found


def _opened(file: ScanFile, stream: BinaryIO, max_pages: int) -> PdfFile:
    try:
        pdf = pikepdf.open(stream, suppress_warnings=True)
        pages = len(pdf.pages)
        declared = _declared_pages(pdf)
    except pikepdf.PasswordError as error:
        raise ScanError("encrypted") from error
    except (ScanError, MemoryError):
        raise
    except Exception as error:  # decoders raise anything on hostile bytes; re-raised as ScanError
        raise ScanError("damaged-file", detail=error) from error
    if pages == 0:
        raise ScanError("no-pages")
    if pages > max_pages:
        raise ScanError("too-many-pages", limit=max_pages)
    return PdfFile(pdf=pdf, pages=pages, problems=_problems(pdf, pages, declared), source=file)


def _problems(pdf: pikepdf.Pdf, pages: int, declared: int) -> tuple[Problem, ...]:
    found = []
    warnings = pdf.get_warnings()
    if warnings:
        found.append(problem("page-repaired", detail=str(warnings[0])))
    if declared > pages:
        found.append(problem("missing-pages", found=pages, expected=declared))
    return tuple(found)


def _declared_pages(pdf: pikepdf.Pdf) -> int:
    """The /Count that the file declares for all its pages."""
    try:
        return int(pdf.Root.Pages.Count)
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError):
        return 0


def page_box(page: pikepdf.Page) -> Box | None:
    """The visible part of the page, as (left, bottom, right, top) in units of the page: the crop box within the media
    box (ISO 32000-1, 14.11.2).

    None if there is no usable media box. A crop box that is nonsense, or outside the media box, is ignored.
    """
    media, crop = _box(page, "/MediaBox"), _box(page, "/CropBox")
    if media is None or crop is None:
        return media
    return (
        _usable(
            tuple(max(one, other) for one, other in zip(media[:2], crop[:2], strict=True))
            + tuple(map(min, media[2:], crop[2:]))
        )
        or media
    )


def is_cropped(page: pikepdf.Page) -> bool:
    """Whether a viewer shows less than the media box."""
    return page_box(page) != media_box(page)


def media_box(page: pikepdf.Page) -> Box | None:
    """The media box in units of the page, with its corners in order; None if it is missing or nonsense."""
    return _box(page, "/MediaBox")


def has_media_box(page: pikepdf.Page) -> bool:
    """Whether the page, or a node above it, has a media box, usable or not."""
    return _inherited(page, "/MediaBox") is not None


def _box(page: pikepdf.Page, name: str) -> Box | None:
    """A box of the page with its corners in order, None if it is missing or nonsense."""
    value = _inherited(page, name)
    try:
        numbers = [float(number) for number in value] if isinstance(value, pikepdf.Array) else []
    except (TypeError, ValueError, pikepdf.PdfError):
        return None
    if len(numbers) != 4:
        return None
    (left, right), (bottom, top) = sorted((numbers[0], numbers[2])), sorted((numbers[1], numbers[3]))
    return _usable((left, bottom, right, top))


def _usable(box: tuple[float, ...]) -> Box | None:
    left, bottom, right, top = box
    return (
        (left, bottom, right, top)
        if 1 <= right - left <= LARGEST_POINTS and 1 <= top - bottom <= LARGEST_POINTS
        else None
    )


def _inherited(page: pikepdf.Page, name: str) -> pikepdf.Object | int | None:
    """An entry of the page, or of the nearest node above it that has one (ISO 32000-1, 7.7.3.4)."""
    node: pikepdf.Object | None = page.obj
    for _ in range(_HIGHEST_TREE):
        if not isinstance(node, pikepdf.Dictionary):
            return None
        if name in node:
            found: pikepdf.Object | int | None = node.get(name)
            return found
        node = node.get("/Parent")
    return None


def page_turn(page: pikepdf.Page) -> int:
    """/Rotate as 0, 90, 180 or 270 degrees clockwise; anything else counts as 0."""
    try:
        turn = int(_inherited(page, "/Rotate") or 0) % 360
    except (TypeError, ValueError, OverflowError):
        return 0
    return int(turn) if turn % 90 == 0 else 0


def user_unit(page: pikepdf.Page) -> float:
    """Points per unit of the page's own space (ISO 32000-1, 14.11.1), 1 if missing or nonsense."""
    try:
        unit = float(page.obj.get("/UserUnit", 1))
    except (TypeError, ValueError):
        return 1.0
    return unit if 0.01 <= unit <= 100 else 1.0
