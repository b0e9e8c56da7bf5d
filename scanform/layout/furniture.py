"""Page furniture: markers, codes, header and footer; and the head of the first page."""

from scanform.i18n.texts import text
from scanform.layout import pictures
from scanform.layout.blocks import Block, Style, overlay, stack
from scanform.layout.drawing import BOLD, REGULAR, Box, Instruction, Line, Modules, Slot, TextRun
from scanform.layout.labels import HINT_GRAY, paragraph
from scanform.layout.pdf.codes import ARUCO_MODULES, QR_MODULES, aruco_rows
from scanform.layout.textflow import fitted_size, line_height
from scanform.model.geometry import RectMm, SizeMm
from scanform.model.layout import CodeArea, Fiducial
from scanform.model.questionnaire import Questionnaire

MARKER_MM = 8.0
MARKER_EDGE_MM = 8.0
"""From the paper's edge to a marker: what office printers can print and copiers see."""
FOLD_MM = 10.0
"""How far the middle markers are above the middle: letters are folded there, and binder holes are 40 mm away on both
sides.
"""
QUIET_MM = 2.0
"""White around markers and codes: four modules of the QR code (ISO/IEC 18004)."""
QR_MODULE_MM = 0.5
QR_MM = QR_MODULES * QR_MODULE_MM
FORM_ID_PT = 10.0
MARGIN_MM = 20.0
"""From the paper's edge to the questions, left and right."""
TOP_MM = 24.0
BOTTOM_MM = 23.5
KIND = "aruco-4x4-250"
STRIP_PADDING_MM = 3.0
"""White inside the frame of the instructions."""
LEAST_TITLE = 0.8
"""Minimum scale of a long title before it takes a second line."""
RECIPIENT_W_MM = 62.0
RECIPIENT_H_MM = 27.0


def content_area(size: SizeMm) -> RectMm:
    """The room for questions on a page."""
    return RectMm(x=MARGIN_MM, y=TOP_MM, w=size.w - 2 * MARGIN_MM, h=size.h - TOP_MM - BOTTOM_MM)


def fiducials(page: int, size: SizeMm) -> tuple[Fiducial, ...]:
    """The eight markers of 1-based `page`: TL TM TR ML MR BL BM BR, ids 8 * (page - 1) + 0..7."""
    low_x, middle_x, high_x = MARKER_EDGE_MM, (size.w - MARKER_MM) / 2, size.w - MARKER_EDGE_MM - MARKER_MM
    low_y, middle_y, high_y = MARKER_EDGE_MM, (size.h - MARKER_MM) / 2 - FOLD_MM, size.h - MARKER_EDGE_MM - MARKER_MM
    places = (
        (low_x, low_y),
        (middle_x, low_y),
        (high_x, low_y),
        (low_x, middle_y),
        (high_x, middle_y),
        (low_x, high_y),
        (middle_x, high_y),
        (high_x, high_y),
    )
    return tuple(
        Fiducial(kind=KIND, id=8 * (page - 1) + position, rect=RectMm(x=x, y=y, w=MARKER_MM, h=MARKER_MM))
        for position, (x, y) in enumerate(places)
    )


def code_areas(size: SizeMm, style: Style) -> tuple[CodeArea, ...]:
    """Two QR symbols at diagonal places and the printed id beside the upper one."""
    upper = RectMm(x=size.w - MARGIN_MM - QR_MM, y=MARKER_EDGE_MM, w=QR_MM, h=QR_MM)
    lower = RectMm(x=MARGIN_MM, y=size.h - MARKER_EDGE_MM - QR_MM, w=QR_MM, h=QR_MM)
    width = style.measure("MMMMM-MMMMMMM-M", REGULAR, FORM_ID_PT)
    height = line_height(FORM_ID_PT, 1.2)
    printed = RectMm(x=upper.x - QUIET_MM - 1.0 - width, y=MARKER_EDGE_MM, w=width, h=height)
    return (CodeArea(kind="qr", rect=upper), CodeArea(kind="qr", rect=lower), CodeArea(kind="text", rect=printed))


def slots(codes: tuple[CodeArea, ...], *, page: int, size: SizeMm) -> tuple[Slot, ...]:
    """The slots of this page that differ from copy to copy."""
    found = [Slot(kind="form-id" if code.kind == "text" else code.kind, rect=code.rect) for code in codes]
    if page == 1:
        found.append(Slot(kind="recipient", rect=recipient_rect(size)))
    return tuple(found)


def recipient_rect(size: SizeMm) -> RectMm:
    """The area of name, address and token on page 1."""
    return RectMm(x=size.w - MARGIN_MM - RECIPIENT_W_MM, y=TOP_MM, w=RECIPIENT_W_MM, h=RECIPIENT_H_MM)


def page_frame(
    questionnaire: Questionnaire, *, page: int, pages: int, size: SizeMm, style: Style
) -> tuple[Instruction, ...]:
    """Markers, running title and page number."""
    theme = style.theme
    marks = [
        Modules(x=mark.rect.x, y=mark.rect.y, module=MARKER_MM / ARUCO_MODULES, rows=aruco_rows(mark.id))
        for mark in fiducials(page, size)
    ]
    foot = text("layout.page", style.language, page=page, pages=pages)
    foot_width = style.measure(foot, BOLD, theme.small_pt)
    y = size.h - MARKER_EDGE_MM - 1.0
    drawn: list[Instruction] = [
        *marks,
        TextRun(text=foot, x=size.w - MARGIN_MM - foot_width, y=y, font=BOLD, size_pt=theme.small_pt, width=foot_width),
    ]
    if page > 1:
        title = questionnaire.title.get(style.language)
        room = (size.w - MARKER_MM) / 2 - QUIET_MM - MARGIN_MM
        heading = paragraph(title, size_pt=theme.small_pt, width=room, style=style, gray=HINT_GRAY)
        drawn.extend(heading.at(MARGIN_MM, MARKER_EDGE_MM).drawing[:2])
    return tuple(drawn)


def opening(questionnaire: Questionnaire, *, width: float, style: Style) -> Block:
    """The head of the first page: title and introduction beside the recipient, then how to fill in the form."""
    theme, language = style.theme, style.language
    left = width - RECIPIENT_W_MM - theme.column_gap
    title = questionnaire.title.get(language)
    size = fitted_size(
        title,
        font=BOLD,
        size_pt=theme.title_pt,
        least_pt=theme.title_pt * LEAST_TITLE,
        width=left,
        measure=style.measure,
    )
    parts = [paragraph(title, size_pt=size, width=left, style=style, font=BOLD)]
    if questionnaire.publisher is not None:
        parts.insert(
            0, paragraph(questionnaire.publisher.get(language), size_pt=theme.small_pt, width=left, style=style)
        )
    if questionnaire.intro is not None:
        parts.append(paragraph(questionnaire.intro.get(language), size_pt=theme.body_pt, width=left, style=style))
    head = stack(parts, gap=1.2)
    return stack(
        (overlay((head,), height=max(head.height, RECIPIENT_H_MM)), how_to(width=width, style=style)),
        gap=theme.question_gap,
    )


def how_to(*, width: float, style: Style) -> Block:
    """A framed strip that shows right and wrong marks and how to correct."""
    inner = width - 2 * STRIP_PADDING_MM
    title = paragraph(
        text("layout.how-to", style.language), size_pt=style.theme.small_pt, width=inner, style=style, font=BOLD
    )
    body = paragraph(text("layout.pen", style.language), size_pt=style.theme.small_pt, width=inner, style=style)
    content = stack((stack((title, body)), pictures.strip(width=inner, style=style)), gap=1.0)
    height = content.height + 2 * STRIP_PADDING_MM - 1.0
    frame = Box(rect=RectMm(x=0.0, y=0.0, w=width, h=height), line=0.25, gray=0.3)
    return overlay(
        (Block(height=height, drawing=(frame,)), content.at(STRIP_PADDING_MM, STRIP_PADDING_MM - 0.5)), height=height
    )


def closing(questionnaire: Questionnaire, *, width: float, style: Style) -> Block | None:
    """Thanks and where to send the form, under a rule."""
    if questionnaire.closing is None:
        return None
    body = paragraph(questionnaire.closing.get(style.language), size_pt=style.theme.body_pt, width=width, style=style)
    return overlay(
        (body.at(0.0, 3.0), Block(height=0.0, drawing=(Line(x1=0.0, y1=0.0, x2=width, y2=0.0, width=0.35),))),
        height=body.height + 3.0,
    )
