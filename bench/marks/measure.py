"""One sheet through the reader, box by box: what was read, what became of it, and what is true."""

from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from pathlib import Path

import cv2
import numpy as np

from bench.marks.damage import DAMAGES, scan_damaged
from bench.marks.deck import Sheet, sheets
from bench.marks.fill import Filled, fill_boxes
from scanform.assemble import AcceptSettings
from scanform.formats.layout_json import dump_layout
from scanform.imaging.page_image import PageImage
from scanform.model.layout import Layout
from scanform.model.reading import FieldReading, MarkValue
from scanform.recognize import reader
from scanform.register.fit import fit_page
from scanform.register.preprocess import preprocess
from scanform.simulate.fill import draw_ink
from scanform.simulate.hands import random_hand
from scanform.simulate.scanner import ScannedPage

FIRST_SEED = 7_700_000
"""Seeds of the benchmark; no reader was trained on them (training uses numbers below 10,000)."""

PAGE_SHARE = 0.5
"""Share of sheets that are pages of the questionnaire, the others are decks; in boxes about a tenth."""

HARD_STYLES = frozenset({"light-cross", "tiny", "straddling"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """One position: what was drawn, the value that must be read (None: only a person can say), what was read, how
    sure, and why a person should look.
    """

    sheet: str
    zone: str
    style: str
    pen: str
    truth: str | None
    value: str
    confidence: float
    problem: str | None

    @property
    def accepted(self) -> bool:
        """Whether no person would see it, as `assemble` decides for a question with this box alone."""
        return self.problem is None and self.confidence >= AcceptSettings().choice

    @property
    def silent(self) -> bool:
        """Accepted, and not the truth."""
        return self.accepted and self.value != self.truth


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRows:
    """One page: `number` in its kind, its boxes, whether it was read or at least kept for a person (`lost`:
    neither).
    """

    kind: str
    number: int
    tier: str
    lost: bool
    boxes: tuple[Box, ...]


@cache
def _layouts(digest: str) -> dict[str, Layout]:
    return {digest: next(sheet.layout for sheet in sheets() if sheet.layout.digest == digest)}


def make_scan(kind: str, number: int, seed: int) -> tuple[Sheet, Filled, ScannedPage, str]:
    """Sheet, marks, scan and pen of one page of the corpus: the same numbers give the same pixels."""
    key = int.from_bytes(sha256(kind.encode()).digest()[:4], "big")
    rng = np.random.default_rng([FIRST_SEED + seed, key, number])
    decks = [sheet for sheet in sheets() if sheet.name.startswith("deck")]
    pages = [sheet for sheet in sheets() if not sheet.name.startswith("deck")]
    chosen = pages if rng.random() < PAGE_SHARE else decks
    sheet = chosen[int(rng.integers(len(chosen)))]
    damage, hand = DAMAGES[kind], random_hand(rng)
    filled = fill_boxes(sheet.page, hand, rng, unusual=damage.unusual)
    ink = draw_ink(sheet.printed.shape[:2], sheet.page, filled.truth, hand=hand, rng=rng, lines=filled.lines)
    back = None
    if damage.back:
        other = decks[int(rng.integers(len(decks)))]
        behind = draw_ink(
            other.printed.shape[:2], other.page, fill_boxes(other.page, hand, rng).truth, hand=hand, rng=rng
        )
        back = cv2.multiply(other.printed, behind, scale=1 / 255).astype(np.uint8)
    return sheet, filled, scan_damaged(sheet.printed, ink, damage, rng, back=back), hand.pen.name


def read_scan(image: PageImage, sheet: Sheet) -> tuple[str, tuple[FieldReading, ...]]:
    """Tier and readings of a scan; no readings when it was kept for a person."""
    seen = preprocess(image, layouts=_layouts(sheet.layout.digest), read_text=lambda _: "")
    if seen.sighting.identity is None or seen.sighting.identity.page != sheet.page.number:
        return "-", ()
    page_map = fit_page(seen.seen, seen.markers, sheet.page, sheet.check)
    return (
        ("-", ())
        if page_map is None
        else (page_map.tier.value, reader.read_fields(seen.read, page_map, sheet.prepared))
    )


def measure_page(kind: str, number: int, seed: int) -> PageRows:
    """One page of the corpus, made and read."""
    cv2.setNumThreads(1)
    sheet, filled, scan, pen = make_scan(kind, number, seed)
    tier, fields = read_scan(scan.image, sheet)
    read = {field.zone: field for field in fields}
    boxes = []
    for zone in sheet.page.zones:
        found, truth = read.get(zone.id), filled.values[zone.id]
        boxes.append(
            Box(
                sheet=sheet.name,
                zone=zone.id,
                style=filled.truth.marks[zone.id].style.value,
                pen=pen,
                truth=truth.value if truth else None,
                value=found.value if found else "",
                confidence=found.confidence if found else 0.0,
                problem=found.problem if found else "page",
            )
        )
    return PageRows(kind=kind, number=number, tier=tier, lost=False, boxes=tuple(boxes))


def is_marked(box: Box) -> bool:
    """Whether somebody marked this box on purpose."""
    return box.truth in (MarkValue.MARKED, MarkValue.FILLED)


def save_scan(kind: str, number: int, seed: int, folder: Path) -> None:
    """The picture and the layout of one page of the corpus, to look at."""
    sheet, _, scan, _ = make_scan(kind, number, seed)
    folder.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(folder / f"{kind.replace(' ', '-')}-{number}.png"), scan.gray)
    (folder / f"{sheet.name.replace(' ', '-')}.layout.json").write_text(
        dump_layout(replace(sheet.layout, pages=(sheet.page,))), encoding="utf-8"
    )
