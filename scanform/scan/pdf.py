"""One page of a PDF: the embedded picture when the page is nothing else, else drawn by poppler."""

import math
from dataclasses import replace

import numpy as np
import pikepdf

from scanform.imaging.page_image import Gray
from scanform.scan.jpeg import Decoded
from scanform.scan.limits import Limits
from scanform.scan.pdf_file import POINTS_PER_INCH, PdfFile, open_pdf, page_box, page_turn, user_unit
from scanform.scan.pdf_image import decode_image, placement_turn
from scanform.scan.pdf_pictures import is_no_scan, picture_damage
from scanform.scan.pdf_walk import NotOneImageError, PlacedImage, sole_image
from scanform.scan.pictures import Picture
from scanform.scan.poppler import SyntaxTroubleError, draw_page
from scanform.scan.sizes import check_size, plausible_dpi
from scanform.scan.source import ScanFile
from scanform.scan.trouble import TroubleError, problem, unreadable

LOWEST_DPI = 72
"""A page that can only be drawn below this resolution is too large to be paper."""


def read_pdf_page(file: ScanFile, index: int, limits: Limits) -> Picture:
    """Page `index` (0-based); raises TroubleError.

    The pixels are those before /Rotate, also when the page was drawn; `turn` is /Rotate plus the way the picture is placed.
    """
    document = open_pdf(file, limits)
    page = _page(document, index)
    picture = _picture(document, page, index, limits)
    repaired = tuple(found for found in document.problems if found.slug == "page-repaired")
    late = document.pdf.get_warnings()  # what qpdf noticed while it read this page
    if late and not repaired:
        repaired = (problem("page-repaired", detail=late[0]),)
    problems = repaired + picture.problems
    if problems and picture.gray.min() == picture.gray.max() and not is_no_scan(page):
        raise unreadable(dict(problems[-1].params)["detail"])  # damage is never an empty page
    return replace(picture, problems=problems)


def _picture(document: PdfFile, page: pikepdf.Page, index: int, limits: Limits) -> Picture:
    placed = sole_image(page, limits)
    if placed is not None:
        try:
            return _embedded(page, placed, limits)
        except NotOneImageError:
            pass  # a kind of picture that is left to poppler
    return _drawn(document, page, index, limits)


def _page(document: PdfFile, index: int) -> pikepdf.Page:
    try:
        return document.pdf.pages[index]
    except (IndexError, pikepdf.PdfError, ValueError, TypeError) as error:
        raise unreadable(error) from error


def _embedded(page: pikepdf.Page, placed: PlacedImage, limits: Limits) -> Picture:
    turn, mirrored = placement_turn(placed.matrix)
    decoded: Decoded = decode_image(placed.image, limits)
    gray = np.ascontiguousarray(decoded.gray[:, ::-1]) if mirrored else decoded.gray
    dpi = _placed_dpi(page, placed, gray)
    return Picture(gray=gray, dpi=dpi, turn=(turn + page_turn(page)) % 360, problems=decoded.problems)


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
    """The page as poppler draws it, and what it complained about; a copy rewritten by qpdf is tried before a complaint is believed."""
    number, timeout_s = index + 1, limits.render_seconds
    try:
        return draw_page(document.drawable(), number=number, dpi=dpi, timeout_s=timeout_s), ()
    except SyntaxTroubleError as error:
        complaints = (str(error),)
    if not document.rewritten:
        document.rewrite()
        try:
            return draw_page(document.drawable(), number=number, dpi=dpi, timeout_s=timeout_s), ()
        except SyntaxTroubleError as error:
            complaints = (str(error),)
    return draw_page(document.drawable(), number=number, dpi=dpi, timeout_s=timeout_s, strict=False), complaints


def _drawing_dpi(page: pikepdf.Page, limits: Limits) -> int:
    """The resolution at which the page is drawn: `limits.render_dpi`, less when the page would have too many pixels."""
    box = page_box(page)
    if box is None:
        return limits.render_dpi if "/MediaBox" not in page.obj else _refuse_box(page)
    width_in, height_in = ((box[i + 2] - box[i]) / POINTS_PER_INCH for i in (0, 1))
    by_area = math.sqrt(limits.max_pixels / (width_in * height_in)) - 1
    dpi = min(limits.render_dpi, by_area, limits.max_side_px / max(width_in, height_in) - 1)
    if dpi < LOWEST_DPI:
        raise TroubleError("too-large", size=f"{width_in:.0f} x {height_in:.0f} in", limit=f"{limits.max_pixels:,}")
    return int(dpi)


def _refuse_box(page: pikepdf.Page) -> int:
    raise unreadable(f"MediaBox {[str(value) for value in page.obj['/MediaBox']]}")
