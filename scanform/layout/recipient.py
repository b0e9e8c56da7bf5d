"""Name, address and token of a recipient in the area reserved for them, and the offer to answer online: long lines
shrink, then wrap, and never leave it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from scanform.i18n.texts import text
from scanform.layout.drawing import BOLD, REGULAR, Instruction, Measure, Modules, Placement
from scanform.layout.pdf.codes import link_rows
from scanform.layout.textflow import fitted_size, line_height, runs, wrap
from scanform.model.geometry import RectMm

LEAST_PT = 6.0
"""Minimum printed type size."""
READABLE_PT = 9.0
"""Minimum size to which a long line shrinks before it takes a second line."""
LEAST_OFFER_PT = 7.0
"""Minimum size of whatever stands beside an offer to answer online: an address has to be typed."""
LEADING = 1.2
LAST_LINES = 2
"""Lines printed even if a name takes all the room: the token and its heading, at the end."""
SYMBOL_MM = 15.0
"""Edge of the largest symbol of a link: 33 modules, 62 characters, at 0.45 mm."""
MODULE_MM = 0.5
"""Largest module of such a symbol, that of the page codes."""
LEAST_MODULE_MM = 0.33
"""Smallest module: 8 dots of a printer of 600 dpi, above the 0.25 mm recommended for QR codes that phones read."""
SYMBOL_GAP_MM = 1.0
"""Between the address and the symbol below it; the other sides have white paper."""
QUIET_MODULES = 4
"""White around a QR code (ISO/IEC 18004)."""

Line = tuple[str, str]
"""Font and text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OnlineOffer:
    """What a form says about answering online: the `address` as printed, the `link` in the QR code, and the reply date
    as people write it; "" for each that is not offered.
    """

    address: str = ""
    link: str = ""
    reply_by: str = ""


NO_OFFER = OnlineOffer()


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressee:
    """What the area shows: each line as it is to be printed; None and () for a form without recipient."""

    name: str | None
    address: tuple[str, ...]
    token: str | None
    offer: OnlineOffer = NO_OFFER


def recipient_drawing(
    to: Addressee, *, rect: RectMm, placement: Placement, measure: Measure
) -> tuple[Instruction, ...]:
    """The area's content inside `rect`, in the largest type that fits; lines without room even in the smallest are
    left out (`has_room`). The symbol of a link stands in the lower right corner.
    """
    lines, size = _lines(to, rect=rect, placement=placement, measure=measure)
    pitch = line_height(size, LEADING)
    room = int(rect.h / pitch + 1e-6)
    kept = lines if len(lines) <= room else lines[: room - LAST_LINES] + lines[-LAST_LINES:]
    drawn: list[Instruction] = []
    for index, (font, line) in enumerate(kept):
        own = _size(to.offer, line, size, rect=rect, measure=measure)
        y = rect.y + index * pitch
        drawn.extend(runs((line,), x=rect.x, y=y, font=font, size_pt=own, leading=LEADING, measure=measure))
    return (*drawn, *_symbol(to.offer, rect))


def has_room(to: Addressee, *, rect: RectMm, placement: Placement, measure: Measure) -> bool:
    """Whether everything fits into `rect`, and what is offered online is legible for people and phones."""
    lines, size = _lines(to, rect=rect, placement=placement, measure=measure)
    if len(lines) * line_height(size, LEADING) > rect.h + 1e-6:
        return False
    if not to.offer.address:
        return True
    return (
        size >= LEAST_OFFER_PT
        and measure(to.offer.address, BOLD, LEAST_OFFER_PT) <= rect.w - _symbol_width(to.offer)
        and (not to.offer.link or _module(to.offer) >= LEAST_MODULE_MM)
    )


def _lines(to: Addressee, *, rect: RectMm, placement: Placement, measure: Measure) -> tuple[list[Line], float]:
    """All lines, and the largest size at which they fit, or the smallest."""
    entries = _entries(to, placement.layout.language)
    size = placement.body_pt
    while True:
        lines = _wrapped(entries, size, to.offer, rect=rect, measure=measure)
        unwrapped = len(lines) == len(entries) or size <= READABLE_PT
        if (len(lines) * line_height(size, LEADING) <= rect.h + 1e-6 and unwrapped) or size <= LEAST_PT:
            return lines, size
        size -= 0.5


def _wrapped(entries: Sequence[Line], size: float, offer: OnlineOffer, *, rect: RectMm, measure: Measure) -> list[Line]:
    """The lines of the entries, narrower beside the symbol; the address of an offer stays in one piece (broken, it
    could not be typed).
    """
    pitch, top = line_height(size, LEADING), rect.h - _symbol_height(offer)
    lines: list[Line] = []
    for font, entry in entries:
        if offer.address and entry == offer.address:
            lines.append((font, entry))
            continue
        whole = wrap(entry, font=font, size_pt=size, width=rect.w, measure=measure)
        if (len(lines) + len(whole)) * pitch > top:
            whole = wrap(entry, font=font, size_pt=size, width=rect.w - _symbol_width(offer), measure=measure)
        lines.extend((font, line) for line in whole)
    return lines


def _size(offer: OnlineOffer, line: str, size: float, *, rect: RectMm, measure: Measure) -> float:
    """The size of a line: that of all lines, less for an address that would be too wide."""
    if line != offer.address:
        return size
    width = rect.w - _symbol_width(offer)
    return fitted_size(line, font=BOLD, size_pt=size, least_pt=LEAST_PT, width=width, measure=measure)


def _entries(to: Addressee, language: str) -> list[Line]:
    """Name and address; the token, or where, with which code and by when to answer."""
    offer = to.offer
    entries = [(BOLD, to.name)] if to.name else []
    entries.extend((REGULAR, line) for line in to.address if line)
    if offer.address:
        entries += [(REGULAR, text("layout.online", language)), (BOLD, offer.address)]
        if to.token:
            entries.append((REGULAR, text("layout.access-code", language, token=to.token)))
    elif to.token:
        entries += [(REGULAR, text("layout.token", language)), (BOLD, to.token)]
    if offer.reply_by:
        entries.append((REGULAR, text("layout.reply-by", language, date=offer.reply_by)))
    return entries


def _symbol(offer: OnlineOffer, rect: RectMm) -> tuple[Modules, ...]:
    """The QR code of the link."""
    if not offer.link:
        return ()
    rows, module = link_rows(offer.link), _module(offer)
    edge = len(rows) * module
    return (Modules(x=rect.right - edge, y=rect.bottom - edge, module=module, rows=rows),)


def _module(offer: OnlineOffer) -> float:
    return min(MODULE_MM, SYMBOL_MM / len(link_rows(offer.link)))


def _symbol_width(offer: OnlineOffer) -> float:
    """Symbol and the white beside it, in mm."""
    return (len(link_rows(offer.link)) + QUIET_MODULES) * _module(offer) if offer.link else 0.0


def _symbol_height(offer: OnlineOffer) -> float:
    """Symbol and the white above it, in mm."""
    return len(link_rows(offer.link)) * _module(offer) + SYMBOL_GAP_MM if offer.link else 0.0
