"""One page of a PDF: the embedded picture if the page is nothing else, else rendered by poppler."""

import math
from dataclasses import replace

import numpy as np
import pikepdf

from scanform.imaging.page_image import Gray
from scanform.scan.codecs.jpeg import Decoded
from scanform.scan.codecs.pictures import Picture
from scanform.scan.files.errors import NotOneImageError, ScanError, problem, unreadable
from scanform.scan.files.limits import Limits
from scanform.scan.files.poppler import PdfSyntaxError, draw_page
from scanform.scan.files.sizes import check_size, plausible_dpi
from scanform.scan.files.source import ScanFile
from scanform.scan.pdf.attachments import is_cover
from scanform.scan.pdf.pdf_crop import shown_part
from scanform.scan.pdf.pdf_file import (
    POINTS_PER_INCH,
    Box,
    PdfFile,
    has_media_box,
    is_cropped,
    media_box,
    open_pdf,
    page_box,
    page_turn,
    user_unit,
)
from scanform.scan.pdf.pdf_image import decode_image, placement_turn
from scanform.scan.pdf.pdf_pictures import is_no_scan, picture_damage
from scanform.scan.pdf.pdf_walk import PlacedImage, sole_image

_ROUNDED_PX = 2
"""Pixels by which poppler may round the sides of a rendered page."""
LOWEST_DPI = 72
"""A page that can only be rendered below this resolution is too large to be paper."""


def read_pdf_page(file: ScanFile, index: int, limits: Limits) -> Picture:
    """Page `index` (0-based); raises ScanError.

    The pixels are those before /Rotate, also if the page was rendered; `turn` is /Rotate plus the rotation in the
    picture's placement.
    """
    document = open_pdf(file, limits)
    page = _page(document, index)
    picture = _picture(document, page, index, limits)
    repaired = tuple(found for found in document.problems if found.slug == "page-repaired")
    late = document.pdf.get_warnings()  # qpdf's warnings while it read this page
    if late and not repaired:
        repaired = (problem("page-repaired", detail=late[0]),)
    cover = (problem("portfolio-cover"),) if "/Collection" in document.pdf.Root and is_cover(document) else ()
    problems = repaired + picture.problems + cover
    if repaired + picture.problems and picture.gray.min() == picture.gray.max() and not is_no_scan(page):
        raise unreadable(dict((repaired + picture.problems)[-1].params)["detail"])  # damage is never an empty page
    return replace(picture, problems=problems)


def _picture(document: PdfFile, page: pikepdf.Page, index: int, limits: Limits) -> Picture:
    placed = sole_image(page, limits)
    if placed is not None:
        try:
            return _embedded(page, placed, limits)
        except NotOneImageError as left:  # a kind of picture that is left to poppler
            drawn = _drawn(document, page, index, limits)
            doubts = (problem("page-suspect", detail=str(left)),) if str(left) and not drawn.problems else ()
            return replace(drawn, problems=drawn.problems + doubts)
    return _drawn(document, page, index, limits)


def _page(document: PdfFile, index: int) -> pikepdf.Page:
    try:
        return document.pdf.pages[index]
    except (IndexError, pikepdf.PdfError, ValueError, TypeError) as error:
        raise unreadable(error) from error


def _embedded(page: pikepdf.Page, placed: PlacedImage, limits: Limits) -> Picture:
    turn, mirrored = placement_turn(placed.matrix)
    decoded: Decoded = decode_image(placed.image, limits)
    dpi = _placed_dpi(page, placed, decoded.gray)
    gray = _cropped(page, placed, decoded.gray, limits)
    if mirrored:
        gray = np.ascontiguousarray(gray[:, ::-1])
    return Picture(gray=gray, dpi=dpi, turn=(turn + page_turn(page)) % 360, problems=decoded.problems)


def _cropped(page: pikepdf.Page, placed: PlacedImage, gray: Gray, limits: Limits) -> Gray:
    """The visible part of a picture; raises NotOneImageError unless that is an upright rectangle of pixels."""
    box = page_box(page)
    if box is None:
        return gray
    height, width = gray.shape
    part = shown_part(placed.matrix, box, width=width, height=height)
    if part.w == width and part.h == height:
        return gray
    check_size(width=part.w, height=part.h, limits=limits)
    return np.ascontiguousarray(gray[part.y : part.y + part.h, part.x : part.x + part.w])


def _placed_dpi(page: pikepdf.Page, placed: PlacedImage, gray: Gray) -> float | None:
    a, b, c, d, _, _ = placed.matrix
    points_per_inch = POINTS_PER_INCH / user_unit(page)
    width_in, height_in = math.hypot(a, b) / points_per_inch, math.hypot(c, d) / points_per_inch
    if width_in <= 0 or height_in <= 0:
        return None
    return plausible_dpi(gray.shape[1] / width_in, gray.shape[0] / height_in)


def _drawn(document: PdfFile, page: pikepdf.Page, index: int, limits: Limits) -> Picture:
    dpi, turn = _drawing_dpi(page, limits), page_turn(page)
    damage = picture_damage(page, limits)
    gray, complaints = _draw(document, index, dpi, limits)
    check_size(width=gray.shape[1], height=gray.shape[0], limits=limits)
    found = tuple(dict.fromkeys(damage + complaints))
    if turn:
        gray = np.ascontiguousarray(np.rot90(gray, turn // 90))
    suspect = tuple(problem("page-suspect", detail=detail) for detail in found[:1])
    return Picture(gray=gray, dpi=plausible_dpi(dpi, dpi), turn=turn, problems=suspect)


def _draw(document: PdfFile, index: int, dpi: int, limits: Limits) -> tuple[Gray, tuple[str, ...]]:
    """The page as rendered by poppler, and its complaints; a copy rewritten by qpdf is tried before a complaint is
    believed.
    """
    try:
        return draw_shown(document, index, dpi=dpi, limits=limits), ()
    except PdfSyntaxError as error:
        complaints = (str(error),)
    if not document.rewritten:
        document.rewrite()
        try:
            return draw_shown(document, index, dpi=dpi, limits=limits), ()
        except PdfSyntaxError as error:
            complaints = (str(error),)
    return draw_shown(document, index, dpi=dpi, limits=limits, strict=False), complaints


def draw_shown(document: PdfFile, index: int, *, dpi: float, limits: Limits, strict: bool = True) -> Gray:
    """Page `index` (0-based) as a viewer shows it, rendered by poppler with `dpi` pixels per inch of paper; raises as
    `draw_page`.
    """
    page, box = _page(document, index), page_box(_page(document, index))
    per_inch = dpi * user_unit(page)

    def drawn(*, cropped: bool) -> Gray:
        return draw_page(
            document.drawable(),
            number=index + 1,
            dpi=per_inch,
            timeout_s=limits.render_seconds,
            strict=strict,
            cropped=cropped,
        )

    if box is None or not is_cropped(page):
        return drawn(cropped=False)
    gray = drawn(cropped=True)
    sides = [(box[2] - box[0]) * per_inch / POINTS_PER_INCH, (box[3] - box[1]) * per_inch / POINTS_PER_INCH]
    high, wide = sides if page_turn(page) % 180 else sides[::-1]
    if abs(gray.shape[0] - high) <= _ROUNDED_PX and abs(gray.shape[1] - wide) <= _ROUNDED_PX:
        return gray
    return _cut_out(page, box, drawn(cropped=False))  # poppler ignores boxes with numbers above 5,000


def _cut_out(page: pikepdf.Page, box: Box, whole: Gray) -> Gray:
    """The visible part of a rendered media box."""
    media, turns = media_box(page) or box, page_turn(page) // 90
    stored = np.rot90(whole, turns)
    matrix = (media[2] - media[0], 0.0, 0.0, media[3] - media[1], media[0], media[1])
    part = shown_part(matrix, box, width=stored.shape[1], height=stored.shape[0])
    return np.ascontiguousarray(np.rot90(stored[part.y : part.y + part.h, part.x : part.x + part.w], -turns))


def _drawing_dpi(page: pikepdf.Page, limits: Limits) -> int:
    """The resolution for rendering the page: `limits.render_dpi`, less if the page would have too many pixels."""
    box = page_box(page)
    if box is None:
        return limits.render_dpi if not has_media_box(page) else _refuse_box(page)
    width_in, height_in = ((box[i + 2] - box[i]) * user_unit(page) / POINTS_PER_INCH for i in (0, 1))
    by_area = math.sqrt(limits.max_pixels / (width_in * height_in)) - 1
    dpi = min(limits.render_dpi, by_area, limits.max_side_px / max(width_in, height_in) - 1)
    if dpi < LOWEST_DPI:
        raise ScanError("too-large", size=f"{width_in:.0f} x {height_in:.0f} in", limit=str(limits.max_pixels))
    return int(dpi)


def _refuse_box(page: pikepdf.Page) -> int:
    raise unreadable(f"MediaBox {page.obj.get('/MediaBox')!r}")
