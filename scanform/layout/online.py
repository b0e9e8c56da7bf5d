"""The offer to answer online, on the first page: address, access code, reply date, and a QR code with the link. Its
place is part of the layout; what it says is drawn for each copy, so that an address may change between two print runs.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from scanform.i18n.texts import text
from scanform.layout.blocks import Block
from scanform.layout.drawing import BOLD, REGULAR, Instruction, Measure, Modules, Placement, Slot, TextRun
from scanform.layout.pdf.codes import link_rows
from scanform.layout.textflow import line_height, runs, wrap
from scanform.model.geometry import RectMm

HEIGHT_MM = 19.0
"""Height of the offer: a symbol of 37 modules (84 characters) at 0.5 mm, five lines of text."""
MODULE_MM = 0.5
"""Largest module of the QR code, that of the page codes."""
LEAST_MODULE_MM = 0.4
"""Smallest module: 0.4 mm is what ISO/IEC 18004 readers of phones resolve at arm's length with the usual printers."""
QUIET_MODULES = 4
"""White around a QR code (ISO/IEC 18004)."""
LEAST_PT = 8.0
"""Minimum type size of the offer; a link that needs less is refused."""
LEADING = 1.2


@dataclass(frozen=True, slots=True, kw_only=True)
class OnlineOffer:
    """What one copy offers: the web form's `address` as printed, the `link` in the QR code, the access code (None for
    a form without recipient), and the reply date as people write it; "" for each that is not offered.
    """

    address: str = ""
    link: str = ""
    token: str | None = None
    reply_by: str = ""


def online_block(width: float) -> Block:
    """The empty place of the offer."""
    slot = Slot(kind="online", rect=RectMm(x=0.0, y=0.0, w=width, h=HEIGHT_MM))
    return Block(height=HEIGHT_MM, slots=(slot,))


def online_drawing(
    offer: OnlineOffer, *, rect: RectMm, placement: Placement, measure: Measure
) -> tuple[Instruction, ...]:
    """The offer inside `rect`; see `fits`."""
    symbol = _symbol(offer, rect)
    lines, size = _lines(offer, rect=rect, placement=placement, measure=measure)
    pitch = line_height(size, LEADING)
    drawn: list[TextRun] = []
    for index, (font, line) in enumerate(lines):
        drawn.extend(
            runs((line,), x=rect.x, y=rect.y + index * pitch, font=font, size_pt=size, leading=LEADING, measure=measure)
        )
    return (*drawn, *symbol)


def fits(offer: OnlineOffer, *, rect: RectMm, placement: Placement, measure: Measure) -> bool:
    """Whether link and texts can be printed legibly in `rect`, the address on one line."""
    if offer.link and rect.h / len(link_rows(offer.link)) < LEAST_MODULE_MM:
        return False
    lines, size = _lines(offer, rect=rect, placement=placement, measure=measure)
    return _is_inside(lines, size, rect=rect, width=_text_width(offer, rect), measure=measure)


def _symbol(offer: OnlineOffer, rect: RectMm) -> tuple[Modules, ...]:
    """The QR code at the right edge."""
    if not offer.link:
        return ()
    rows = link_rows(offer.link)
    module = _module(len(rows), rect)
    return (Modules(x=rect.right - len(rows) * module, y=rect.y, module=module, rows=rows),)


def _module(modules: int, rect: RectMm) -> float:
    return min(MODULE_MM, rect.h / modules)


def _text_width(offer: OnlineOffer, rect: RectMm) -> float:
    """The room beside the QR code and its white."""
    if not offer.link:
        return rect.w
    modules = len(link_rows(offer.link))
    return rect.w - (modules + QUIET_MODULES) * _module(modules, rect)


def _lines(
    offer: OnlineOffer, *, rect: RectMm, placement: Placement, measure: Measure
) -> tuple[Sequence[tuple[str, str]], float]:
    """(font, text) of each line, and the largest size at which they fit."""
    entries, size, width = _entries(offer, placement.layout.language), placement.body_pt, _text_width(offer, rect)
    while True:
        lines = [
            (font, line)
            for font, entry in entries
            for line in (
                (entry,)
                if entry == offer.address  # broken, it could not be typed
                else wrap(entry, font=font, size_pt=size, width=width, measure=measure)
            )
        ]
        if size <= LEAST_PT or _is_inside(lines, size, rect=rect, width=width, measure=measure):
            return lines, size
        size -= 0.5


def _is_inside(lines: Sequence[tuple[str, str]], size: float, *, rect: RectMm, width: float, measure: Measure) -> bool:
    return len(lines) * line_height(size, LEADING) <= rect.h + 1e-6 and all(
        measure(line, font, size) <= width + 1e-6 for font, line in lines
    )


def _entries(offer: OnlineOffer, language: str) -> list[tuple[str, str]]:
    """(font, text) of each paragraph."""
    entries = []
    if offer.address:
        entries += [(BOLD, text("layout.online", language)), (BOLD, offer.address)]
        if offer.token:
            entries.append((REGULAR, text("layout.access-code", language, token=offer.token)))
    if offer.reply_by:
        entries.append((REGULAR, text("layout.reply-by", language, date=offer.reply_by)))
    return entries
