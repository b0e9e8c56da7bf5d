"""Placement -> PDF: the only module that knows reportlab.

The static part of each page is drawn once and reused by every copy, so a thousand copies cost little more than their
codes. The PDF is byte-for-byte reproducible for the same copies.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import BinaryIO

from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from scanform.errors import TemplateError, words
from scanform.layout.drawing import (
    BOLD,
    REGULAR,
    Box,
    DrawnPage,
    Instruction,
    Line,
    Modules,
    Placement,
    Stroke,
    TextRun,
)
from scanform.layout.furniture import FORM_ID_PT
from scanform.layout.pdf.codes import QR_MODULES, qr_rows
from scanform.layout.recipient import NO_OFFER, Addressee, OnlineOffer, recipient_drawing
from scanform.layout.textflow import baseline
from scanform.model.geometry import RectMm

_PACKAGE = "fontpkg_atkinson_hyperlegible"
_FILES = {REGULAR: "AtkinsonHyperlegible-Regular.ttf", BOLD: "AtkinsonHyperlegible-Bold.ttf"}


class Sides(StrEnum):
    """Single-sided or double-sided printing."""

    ONE = "one"
    TWO = "two"

    def fillers(self, pages: int) -> int:
        """Empty pages after a form of `pages` pages, so that the next one begins on a new sheet."""
        return pages % 2 if self is Sides.TWO else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """What differs from copy to copy: printed id, one QR payload per page, the recipient if there is one, and the
    offer to answer online.
    """

    form_id: str
    payloads: tuple[str, ...]
    token: str | None
    name: str | None
    address: tuple[str, ...]
    offer: OnlineOffer = NO_OFFER


def measure(text: str, font: str, size_pt: float) -> float:
    """Width in mm of `text` in "regular" or "bold" at `size_pt` pt; raises TemplateError for a character that the
    font lacks.
    """
    if not _glyphs(font).issuperset(text):
        missing = sorted(set(text) - _glyphs(font))
        raise TemplateError(
            words(
                "layoutproblem.no-glyph",
                characters=" ".join(missing),
                codes=", ".join(f"U+{ord(sign):04X}" for sign in missing),
            )
        )
    return float(pdfmetrics.stringWidth(text, _font(font), size_pt) / mm)


@cache
def _font(font: str) -> str:
    """The name under which a font is registered; registers it when first used."""
    name = _FILES[font].removesuffix(".ttf")
    with resources.as_file(resources.files(_PACKAGE).joinpath("files", _FILES[font])) as path:
        pdfmetrics.registerFont(TTFont(name, str(path)))
    return name


@cache
def _glyphs(font: str) -> frozenset[str]:
    """The characters that a font can print."""
    return frozenset(chr(code) for code in pdfmetrics.getFont(_font(font)).face.charToGlyph)


def printable(text: str) -> str:
    """`text` as it is printed: letters composed; spaces, hyphens and ligatures missing from the fonts in their plain
    form, invisible characters left out.

    No letter becomes another one, and none is dropped: characters missing from the fonts stay in the text, and
    `unprintable` names them.
    """
    return "".join(_plain(sign) for sign in unicodedata.normalize("NFC", text))


def unprintable(text: str) -> tuple[str, ...]:
    """The characters of `text` that the fonts lack, each once."""
    return tuple(dict.fromkeys(sign for sign in unicodedata.normalize("NFC", text) if sign not in _both()))


@cache
def _both() -> frozenset[str]:
    return _glyphs(REGULAR) & _glyphs(BOLD)


def _plain(sign: str) -> str:
    """A character, or its plain form that the fonts have."""
    if unicodedata.category(sign) == "Cf":
        return ""
    if sign in _both():
        return sign
    if sign.isspace():
        return " "
    shown = _SAME.get(sign) or (unicodedata.normalize("NFKC", sign) if _is_form(sign) else sign)
    return shown if _both().issuperset(shown) else sign


_SAME = {
    "\N{HYPHEN}": "-",
    "\N{NON-BREAKING HYPHEN}": "-",
    "\N{LATIN CAPITAL LETTER SHARP S}": "\N{LATIN SMALL LETTER SHARP S}",
}


def _is_form(sign: str) -> bool:
    """Whether a character is a Latin ligature (U+FB00) or a full-width letter (U+FF01): the same letters in another
    form.
    """
    return "\ufb00" <= sign <= "\ufb06" or "\uff01" <= sign <= "\uff5e"


def draw_forms(placement: Placement, copies: Sequence[Copy], out: BinaryIO, *, sides: Sides = Sides.ONE) -> None:
    """Writes one PDF with all copies, page after page; for double-sided printing each copy begins on a new sheet, after
    an empty page if necessary.

    The PDF also requests its print mode; not every program and printer respects that, but the empty pages work
    everywhere.
    """
    canvas = _canvas(placement, out)
    canvas.setViewerPreference("Duplex", "Simplex" if sides is Sides.ONE else "DuplexFlipLongEdge")
    for page in placement.pages:
        _draw_static(canvas, page)
    for copy in copies:
        for page, payload in zip(placement.pages, copy.payloads, strict=True):
            canvas.doForm(f"page{page.number}")
            _draw_copy(canvas, placement, page, copy, payload)
            canvas.showPage()
        for _ in range(sides.fillers(len(placement.pages))):
            canvas.showPage()
    canvas.save()


def draw_blank(placement: Placement, out: BinaryIO) -> None:
    """Writes the form once without codes, ids and recipient: the source of `page-N.png`."""
    canvas = _canvas(placement, out)
    for page in placement.pages:
        _draw(canvas, page.static, page.size.h)
        canvas.showPage()
    canvas.save()


def _canvas(placement: Placement, out: BinaryIO) -> Canvas:
    size = placement.pages[0].size
    canvas = Canvas(
        out,
        pagesize=(size.w * mm, size.h * mm),
        invariant=1,
        pageCompression=1,
        lang=placement.layout.language,
        initialFontName=_font(REGULAR),
    )
    canvas.setTitle(placement.title)
    canvas.setAuthor(placement.publisher)
    canvas.setSubject(f"{placement.layout.questionnaire} {placement.layout.version} {placement.layout.digest}")
    canvas.setCreator("scanform")
    canvas.setViewerPreference("DisplayDocTitle", "true")
    return canvas


def _draw_static(canvas: Canvas, page: DrawnPage) -> None:
    canvas.beginForm(f"page{page.number}", 0, 0, page.size.w * mm, page.size.h * mm)
    _draw(canvas, page.static, page.size.h)
    canvas.endForm()


def _draw_copy(canvas: Canvas, placement: Placement, page: DrawnPage, copy: Copy, payload: str) -> None:
    rows = qr_rows(payload)
    drawn: list[Instruction] = []
    for slot in page.slots:
        if slot.kind == "qr":
            drawn.append(Modules(x=slot.rect.x, y=slot.rect.y, module=slot.rect.w / QR_MODULES, rows=rows))
        elif slot.kind == "form-id":
            drawn.append(_form_id(copy.form_id, slot.rect))
        else:
            to = addressee(copy)
            drawn.extend(recipient_drawing(to, rect=slot.rect, placement=placement, measure=measure))
    _draw(canvas, drawn, page.size.h)


def addressee(copy: Copy) -> Addressee:
    """The recipient of a copy as it is printed."""
    return Addressee(
        name=printable(copy.name or "") or None,
        address=tuple(printable(line) for line in copy.address),
        token=printable(copy.token or "") or None,
        offer=copy.offer,
    )


def _form_id(form_id: str, rect: RectMm) -> TextRun:
    width = measure(form_id, REGULAR, FORM_ID_PT)
    return TextRun(
        text=form_id,
        x=rect.right - width,
        y=rect.y + baseline(FORM_ID_PT, rect.h),
        font=REGULAR,
        size_pt=FORM_ID_PT,
        width=width,
    )


def _draw(canvas: Canvas, instructions: Iterable[Instruction], page_height: float) -> None:
    """Draws instructions; reportlab's y axis points up, in points."""
    for item in instructions:
        if isinstance(item, TextRun):
            _draw_text(canvas, item, page_height)
        elif isinstance(item, Line):
            _draw_line(canvas, item, page_height)
        elif isinstance(item, Box):
            _draw_box(canvas, item, page_height)
        elif isinstance(item, Stroke):
            _draw_stroke(canvas, item, page_height)
        else:
            _draw_modules(canvas, item, page_height)


def _draw_text(canvas: Canvas, run: TextRun, height: float) -> None:
    canvas.setFillGray(run.gray)
    canvas.setFont(_font(run.font), run.size_pt)
    canvas.drawString(run.x * mm, (height - run.y) * mm, run.text)


def _draw_line(canvas: Canvas, line: Line, height: float) -> None:
    canvas.setStrokeGray(line.gray)
    canvas.setLineWidth(line.width * mm)
    canvas.setLineCap(0)
    canvas.setDash([line.dash * mm, line.dash * mm] if line.dash else [])
    canvas.line(line.x1 * mm, (height - line.y1) * mm, line.x2 * mm, (height - line.y2) * mm)
    canvas.setDash([])


def _draw_box(canvas: Canvas, box: Box, height: float) -> None:
    inner = box.rect.grown(-box.line / 2)
    canvas.setStrokeGray(box.gray)
    canvas.setLineWidth(box.line * mm)
    if box.fill is not None:
        canvas.setFillGray(box.fill)
    canvas.rect(
        inner.x * mm,
        (height - inner.bottom) * mm,
        inner.w * mm,
        inner.h * mm,
        stroke=int(box.line > 0),
        fill=int(box.fill is not None),
    )


def _draw_stroke(canvas: Canvas, stroke: Stroke, height: float) -> None:
    canvas.setStrokeGray(stroke.gray)
    canvas.setLineWidth(stroke.width * mm)
    canvas.setLineCap(1)
    canvas.setLineJoin(1)
    path = canvas.beginPath()
    for index, (x, y) in enumerate(stroke.points):
        (path.lineTo if index else path.moveTo)(x * mm, (height - y) * mm)
    canvas.drawPath(path, stroke=1, fill=0)


def _draw_modules(canvas: Canvas, code: Modules, height: float) -> None:
    """All black modules as one filled path, adjacent modules in a row as one rectangle."""
    canvas.setFillGray(0)
    path = canvas.beginPath()
    for index, row in enumerate(code.rows):
        y = (height - code.y - (index + 1) * code.module) * mm
        for start, end in _black_runs(row):
            path.rect((code.x + start * code.module) * mm, y, (end - start) * code.module * mm, code.module * mm)
    canvas.drawPath(path, stroke=0, fill=1)


def _black_runs(row: str) -> Iterable[tuple[int, int]]:
    start = row.find("1")
    while start >= 0:
        end = row.find("0", start)
        end = len(row) if end < 0 else end
        yield start, end
        start = row.find("1", end)
