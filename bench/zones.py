"""How many of the zones of a blank form are proposed, how many proposals are none, and how many questions come out
whole.

python -m bench.zones            our templates, drawn forms, the reference pictures in ../shared/data/forms where they
are python -m bench.zones --quick    our templates and drawn forms only

A box counts as found when each of the two rectangles holds the middle of the other and neither is twice as wide or
high; a place to write when both share 0.3 of what they cover together (its height is a matter of taste). Whole
questions: those of several boxes that are proposed with exactly these boxes.
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from bench.foreign import clinic_form, club_form, quiz_form
from scanform.discover.find_zones import find_page, zones_of
from scanform.formats.questionnaires.read_yaml import load_questionnaire
from scanform.imaging.page_image import Gray
from scanform.layout.pdf.draw import draw_blank
from scanform.layout.pdf.fonts import measure
from scanform.layout.place import place
from scanform.model.geometry import RectMm
from scanform.model.layout import PageLayout, Zone, ZoneKind
from scanform.scan.load import rasterize
from scanform.simulate.scanner import PROFILES, scan_page
from scanform.workflow.foreign_forms.blank_pages import PX_PER_MM, BlankPicture, paper_size

ROOT = Path(__file__).parents[1]
FORMS = ROOT.parent / "shared" / "data" / "forms"
TEMPLATES = ("visitor-feedback", "begegnungsorte")
BLANK_ENOUGH = {
    "sdaps_example_2013": ("page1", "page2"),
    "odkscan_photos": ("checkbox_test_form",),
    "omrchecker_samples": ("community_UPSC_mock", "community_UmarFarootAPS_scans"),
}
"""References without answers, or (the last two) with so few that most bubbles are empty; filled bubbles cannot be
found.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One page: its picture and its true zones, in mm of the paper that is assumed for the picture."""

    name: str
    picture: BlankPicture
    zones: tuple[Zone, ...]


@dataclass(slots=True, kw_only=True)
class Score:
    """Counts over pages: (true, found, proposed) of boxes, cells and places to write, whole questions of all,
    seconds.
    """

    boxes: tuple[int, int, int] = (0, 0, 0)
    cells: tuple[int, int, int] = (0, 0, 0)
    areas: tuple[int, int, int] = (0, 0, 0)
    whole: tuple[int, int] = (0, 0)
    seconds: float = 0.0


def main() -> None:
    """Print a line for each page or set."""
    print(f"{'page':44s} {'boxes':>17s} {'cells':>17s} {'writing':>17s} {'whole questions':>16s} {'s':>5s}")
    print(f"{'':44s} {'recall precision':>17s} {'recall precision':>17s} {'recall precision':>17s}")
    total = Score()
    for case in cases(quick="--quick" in sys.argv[1:]):
        score = judged(case)
        total = added(total, score)
        print(line(case.name, score))
    print(line("all", total))


def cases(*, quick: bool) -> Iterator[Case]:
    """All pages, ours first."""
    for name in TEMPLATES:
        yield from template_cases(name)
    with tempfile.TemporaryDirectory() as scratch:
        for make in (club_form, quiz_form, clinic_form):
            form = make(Path(scratch))
            for page, gray in zip(form.layout.pages, rasterize(form.pdf, dpi=300), strict=True):
                drawn = BlankPicture(gray=gray, size=page.size, name="", exact=True)
                name = f"drawn: {form.layout.questionnaire} {page.number}"
                yield Case(name=name, picture=drawn, zones=page.zones)
                for profile in ("good scanner", "150 dpi"):
                    yield Case(name=f"{name}, {profile}", picture=scanned(gray, page, profile), zones=page.zones)
    if not quick and FORMS.is_dir():
        for folder, layouts in BLANK_ENOUGH.items():
            for name in layouts:
                yield reference_case(FORMS / folder / f"layout_{name}.json")


def template_cases(name: str) -> Iterator[Case]:
    """The pages of one of our own templates, as they are printed."""
    questionnaire = load_questionnaire(ROOT / "templates" / f"{name}.yaml")
    placement = place(questionnaire, language=questionnaire.languages[0], variant="standard", measure=measure)
    with tempfile.TemporaryDirectory() as scratch:
        pdf = Path(scratch) / "blank.pdf"
        with pdf.open("wb") as file:
            draw_blank(placement, file)
        for page, gray in zip(placement.layout.pages, rasterize(pdf, dpi=300), strict=True):
            yield Case(
                name=f"{name} {page.number}",
                picture=BlankPicture(gray=gray, size=page.size, name="", exact=True),
                zones=page.zones,
            )


def scanned(gray: Gray, page: PageLayout, profile: str) -> BlankPicture:
    """The blank page as a scan, skew and noise included, but as large as the sheet: what moved is moved back to its
    place by the page's map.
    """
    scan = scan_page(gray, PROFILES[profile], np.random.default_rng(page.number), size=page.size)
    middle = np.array([[page.size.w / 2, page.size.h / 2]])
    at = scan.page_map.to_px(middle)[0]
    scale = scan.page_map.px_per_mm(RectMm(x=50, y=50, w=100, h=150))
    size = (round(page.size.w * scale), round(page.size.h * scale))
    shift = np.array([[1, 0, size[0] / 2 - at[0]], [0, 1, size[1] / 2 - at[1]]])
    centred = cv2.warpAffine(scan.gray, shift, size, flags=cv2.INTER_LINEAR, borderValue=(250,))
    return BlankPicture(gray=np.asarray(centred, dtype=np.uint8), size=page.size, name="")


def reference_case(path: Path) -> Case:
    """A reference picture with its layout in pixels (see SCHEMA.md beside the data)."""
    layout = json.loads(path.read_text(encoding="utf-8"))
    gray = cv2.imread(str(path.parent / layout["reference_image"]), cv2.IMREAD_GRAYSCALE)
    assert gray is not None
    picture = BlankPicture(
        gray=np.asarray(gray, dtype=np.uint8), size=paper_size(np.asarray(gray, dtype=np.uint8), layout["dpi"]), name=""
    )
    scale = picture.size.w / layout["width"]
    zones = [zone for field in layout["fields"] for zone in _zones(field, scale)]
    return Case(name=path.stem.removeprefix("layout_"), picture=picture, zones=tuple(zones))


def _zones(field: dict[str, object], scale: float) -> Iterator[Zone]:
    options = field["options"]
    assert isinstance(options, list)
    for number, option in enumerate(options):
        rect = RectMm(
            x=(option["cx"] - option["w"] / 2) * scale,
            y=(option["cy"] - option["h"] / 2) * scale,
            w=option["w"] * scale,
            h=option["h"] * scale,
        )
        kind = (
            ZoneKind.HANDWRITING
            if field["select"] == "free"
            else ZoneKind.COMB
            if field["select"] == "comb"
            else ZoneKind.MARK
        )
        cells = (rect,) if kind is ZoneKind.COMB else ()
        yield Zone(
            id=f"{field['id']}.{number}",
            question=str(field["id"]),
            kind=kind,
            rect=rect,
            option=str(number),
            cells=cells,
        )


def judged(case: Case) -> Score:
    """What was proposed for a page, compared with the truth."""
    started = time.perf_counter()
    found = zones_of([find_page(case.picture.drawn(), PX_PER_MM)])[0]
    seconds = time.perf_counter() - started
    boxes = [[zone.rect for zone in zones if zone.kind is ZoneKind.MARK] for zones in (case.zones, found)]
    cells = [[cell for zone in zones for cell in zone.cells] for zones in (case.zones, found)]
    writing = (ZoneKind.HANDWRITING, ZoneKind.SIGNATURE)
    areas = [[zone.rect for zone in zones if zone.kind in writing] for zones in (case.zones, found)]
    return Score(
        boxes=counted(*boxes, same_box),
        cells=counted(*cells, same_box),
        areas=counted(*areas, same_area),
        whole=whole(case.zones, found),
        seconds=seconds,
    )


def counted(
    true: Sequence[RectMm], proposed: Sequence[RectMm], same: Callable[[RectMm, RectMm], bool]
) -> tuple[int, int, int]:
    """(true, found, proposed)."""
    return len(true), sum(any(same(one, other) for other in proposed) for one in true), len(proposed)


def same_box(one: RectMm, other: RectMm) -> bool:
    """Each holds the middle of the other, and their sides are alike within a factor of two."""
    sizes = (one.w / other.w, one.h / other.h)
    return _holds_middle(one, other) and _holds_middle(other, one) and all(0.5 <= ratio <= 2 for ratio in sizes)


def _holds_middle(one: RectMm, other: RectMm) -> bool:
    middle = other.centre
    return one.x <= middle.x <= one.right and one.y <= middle.y <= one.bottom


def same_area(one: RectMm, other: RectMm) -> bool:
    """They share 0.3 of what they cover together."""
    return overlap(one, other) > 0.3


def whole(true: Sequence[Zone], proposed: Sequence[Zone]) -> tuple[int, int]:
    """How many questions of several boxes were proposed as they are, of how many."""
    mine, theirs = _by_question(true), _by_question(proposed)
    same = sum(any(_same(one, other) for other in theirs) for one in mine)
    return same, len(mine)


def _by_question(zones: Sequence[Zone]) -> list[list[RectMm]]:
    found: dict[str, list[RectMm]] = {}
    for zone in zones:
        if zone.kind is ZoneKind.MARK:
            found.setdefault(zone.question, []).append(zone.rect)
    return [rects for rects in found.values() if len(rects) > 1]


def _same(one: Sequence[RectMm], other: Sequence[RectMm]) -> bool:
    return len(one) == len(other) and all(any(same_box(a, b) for b in other) for a in one)


def overlap(one: RectMm, other: RectMm) -> float:
    """Share of what two rectangles cover together that both cover."""
    w = min(one.right, other.right) - max(one.x, other.x)
    h = min(one.bottom, other.bottom) - max(one.y, other.y)
    both = max(0.0, w) * max(0.0, h)
    return both / (one.w * one.h + other.w * other.h - both)


def added(one: Score, other: Score) -> Score:
    """Both together."""
    return Score(
        boxes=_sum(one.boxes, other.boxes),
        cells=_sum(one.cells, other.cells),
        areas=_sum(one.areas, other.areas),
        whole=(one.whole[0] + other.whole[0], one.whole[1] + other.whole[1]),
        seconds=one.seconds + other.seconds,
    )


def _sum(one: tuple[int, int, int], other: tuple[int, int, int]) -> tuple[int, int, int]:
    return one[0] + other[0], one[1] + other[1], one[2] + other[2]


def line(name: str, score: Score) -> str:
    """A row of the table; recall as found/true, precision as found/proposed."""
    parts = [
        f"{found:>4d}/{true:<4d}{found / proposed if proposed else 1:>6.0%} "
        if true or proposed
        else f"{'-':>9s}{'':7s}"
        for true, found, proposed in (score.boxes, score.cells, score.areas)
    ]
    return (
        f"{name:44s} {' '.join(f'{part:>17s}' for part in parts)} {score.whole[0]:>8d}/{score.whole[1]:<6d} "
        f"{score.seconds:>5.1f}"
    )


if __name__ == "__main__":
    main()
