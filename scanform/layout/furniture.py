"""What stands on every page beside the questions: markers, codes, head and foot; and the head of the first page."""

from scanform.i18n.texts import text
from scanform.layout.blocks import Block, Style, overlay, stack
from scanform.layout.codes import ARUCO_MODULES, QR_MODULES, aruco_rows
from scanform.layout.drawing import BOLD, REGULAR, Box, Instruction, Line, Modules, Slot, Stroke, TextRun
from scanform.layout.labels import HINT_GRAY, paragraph
from scanform.layout.textflow import fitted_size, line_height, runs, wrap
from scanform.model.geometry import RectMm, SizeMm
from scanform.model.layout import CodeArea, Fiducial
from scanform.model.questionnaire import Filled, Questionnaire

MARKER_MM = 8.0
MARKER_EDGE_MM = 8.0
"""From the paper's edge to a marker: what office printers can print and copiers see."""
FOLD_MM = 10.0
"""How far the middle markers stand above the middle: letters are folded there, and binders' holes are 40 mm away on both sides."""
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
LEAST_TITLE = 0.8
"""How far a long title may shrink before it takes a second line."""
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
        Fiducial(kind=KIND, id=8 * (page - 1) + position, rect=RectMm(x=x, y=y, w=MARKER_MM, h=MARKER_MM)) for position, (x, y) in enumerate(places)
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
    """What differs from copy to copy on this page."""
    found = [Slot(kind="form-id" if code.kind == "text" else code.kind, rect=code.rect) for code in codes]
    if page == 1:
        found.append(Slot(kind="recipient", rect=recipient_rect(size)))
    return tuple(found)


def recipient_rect(size: SizeMm) -> RectMm:
    """Where name, address and token stand on page 1."""
    return RectMm(x=size.w - MARGIN_MM - RECIPIENT_W_MM, y=TOP_MM, w=RECIPIENT_W_MM, h=RECIPIENT_H_MM)


def page_frame(questionnaire: Questionnaire, *, page: int, pages: int, size: SizeMm, style: Style) -> tuple[Instruction, ...]:
    """Markers, running title and page number."""
    theme = style.theme
    marks = [
        Modules(x=mark.rect.x, y=mark.rect.y, module=MARKER_MM / ARUCO_MODULES, rows=aruco_rows(mark.id)) for mark in fiducials(page, size)
    ]
    foot = text("layout.page", style.language, page=page, pages=pages)
    foot_width = style.measure(foot, BOLD, theme.small_pt)
    y = size.h - MARKER_EDGE_MM - 1.0
    drawn: list[Instruction] = [*marks, TextRun(text=foot, x=size.w - MARGIN_MM - foot_width, y=y, font=BOLD, size_pt=theme.small_pt, width=foot_width)]
    if page > 1:
        title = questionnaire.title.get(style.language)
        room = (size.w - MARKER_MM) / 2 - QUIET_MM - MARGIN_MM
        line = wrap(title, font=REGULAR, size_pt=theme.small_pt, width=room, measure=style.measure)[:1]
        drawn.extend(runs(line, x=MARGIN_MM, y=MARKER_EDGE_MM, font=REGULAR, size_pt=theme.small_pt, leading=theme.leading, measure=style.measure, gray=HINT_GRAY))
    return tuple(drawn)


def opening(questionnaire: Questionnaire, *, width: float, style: Style) -> Block:
    """The head of the first page: title and introduction beside the recipient, then how to fill in the form."""
    theme, language = style.theme, style.language
    left = width - RECIPIENT_W_MM - theme.column_gap
    title = questionnaire.title.get(language)
    size = fitted_size(title, font=BOLD, size_pt=theme.title_pt, least_pt=theme.title_pt * LEAST_TITLE, width=left, measure=style.measure)
    parts = [paragraph(title, size_pt=size, width=left, style=style, font=BOLD)]
    if questionnaire.publisher is not None:
        parts.insert(0, paragraph(questionnaire.publisher.get(language), size_pt=theme.small_pt, width=left, style=style))
    if questionnaire.intro is not None:
        parts.append(paragraph(questionnaire.intro.get(language), size_pt=theme.body_pt, width=left, style=style))
    head = stack(parts, gap=1.2)
    return stack((overlay((head,), height=max(head.height, RECIPIENT_H_MM)), how_to(width=width, style=style)), gap=theme.question_gap)


def how_to(*, width: float, style: Style) -> Block:
    """A strip that shows right and wrong marks and how to correct."""
    theme = style.theme
    words = text("layout.pen", style.language)
    inner = width - 8.0
    title = paragraph(text("layout.how-to", style.language), size_pt=theme.small_pt, width=inner, style=style, font=BOLD)
    body = paragraph(words, size_pt=theme.small_pt, width=inner, style=style)
    content = stack((title, body, _marks_strip(width=inner, style=style)), gap=1.2)
    frame = Box(rect=RectMm(x=0.0, y=0.0, w=width, h=content.height + 6.0), line=0.25, gray=0.3)
    return overlay((Block(height=content.height + 6.0, drawing=(frame,)), content.at(4.0, 3.0)))


def _marks_strip(*, width: float, style: Style) -> Block:
    theme = style.theme
    family = "fill" if style.questionnaire.filled is Filled.MARK else "mark"
    pictures = {
        "mark": ((_crossed(0.0),), (_ticked(0.0), _circled(8.0)), (_filled(0.0), _crossed(8.0))),
        "fill": ((_filled(0.0),), (_ticked(0.0), _crossed(8.0)), (_filled_struck(0.0), _filled(8.0))),
    }[family]
    x = 0.0
    blocks: list[Block] = []
    share = (0.17, 0.27, 0.56)
    for picture, name, part in zip(pictures, ("right", "wrong", "correct"), share, strict=True):
        start = 8.0 * len(picture) - 1.0
        caption = paragraph(text(f"layout.{family}-{name}", style.language), size_pt=theme.small_pt, width=width * part - start - 3.0, style=style)
        drawing = tuple(item for group in picture for item in group)
        height = max(8.0, caption.height)
        blocks.append(overlay((Block(height=8.0, drawing=drawing).at(x, (height - 8.0) / 2), caption.at(x + start, (height - caption.height) / 2)), height=height))
        x += width * part
    return overlay(blocks)


def _frame(x: float) -> Box:
    return Box(rect=RectMm(x=x, y=1.5, w=5.0, h=5.0), line=0.35)


def _crossed(x: float) -> tuple[Instruction, ...]:
    pen = 0.5
    return (
        _frame(x),
        Stroke(points=((x + 0.8, 2.4), (x + 4.3, 5.8)), width=pen),
        Stroke(points=((x + 4.2, 2.2), (x + 0.9, 5.9)), width=pen),
    )


def _ticked(x: float) -> tuple[Instruction, ...]:
    return (_frame(x), Stroke(points=((x + 3.2, 4.4), (x + 4.4, 5.8), (x + 7.0, 1.2)), width=0.5))


def _circled(x: float) -> tuple[Instruction, ...]:
    return (_frame(x), Stroke(points=tuple(_ellipse(x + 2.5, 4.0, 3.8, 3.5)), width=0.5))


def _ellipse(cx: float, cy: float, rx: float, ry: float) -> list[tuple[float, float]]:
    unit = ((1.0, 0.0), (0.924, 0.383), (0.707, 0.707), (0.383, 0.924), (0.0, 1.0))
    quarter = [(a, b) for a, b in unit]
    ring = quarter + [(-b, a) for a, b in quarter[1:]] + [(-a, -b) for a, b in quarter[1:]] + [(b, -a) for a, b in quarter[1:]]
    return [(cx + rx * a, cy + ry * b) for a, b in ring]


def _filled(x: float) -> tuple[Instruction, ...]:
    return (Box(rect=RectMm(x=x, y=1.5, w=5.0, h=5.0), line=0.35, fill=0.0),)


def _filled_struck(x: float) -> tuple[Instruction, ...]:
    return (*_filled(x), Line(x1=x - 1.0, y1=4.0, x2=x + 6.0, y2=4.0, width=0.5))


def closing(questionnaire: Questionnaire, *, width: float, style: Style) -> Block | None:
    """Thanks and where to send the form, under a rule."""
    if questionnaire.closing is None:
        return None
    body = paragraph(questionnaire.closing.get(style.language), size_pt=style.theme.body_pt, width=width, style=style)
    return overlay((body.at(0.0, 3.0), Block(height=0.0, drawing=(Line(x1=0.0, y1=0.0, x2=width, y2=0.0, width=0.35),))), height=body.height + 3.0)

