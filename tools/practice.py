"""Practice pages for fitting: filled forms of every look, with all kinds of marks, seen by all kinds of scanners.

A third are pages of the project's templates, the others are drawn at random: boxes and bubbles from 2.6 to 7 mm, alone
or in dense grids, with letters printed inside or labels beside, and writing zones.
"""

import pickle
from dataclasses import dataclass, replace
from functools import cache
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
from pdf2image import convert_from_bytes

from scanform.formats.questionnaires.read_yaml import load_questionnaire
from scanform.imaging.page_image import Gray
from scanform.imaging.page_map import PageMap
from scanform.layout.pdf.draw import draw_blank
from scanform.layout.pdf.fonts import measure as font_measure
from scanform.layout.place import place
from scanform.layout.themes import THEMES
from scanform.model.geometry import A4, RectMm
from scanform.model.layout import PageLayout, Zone, ZoneKind
from scanform.model.questionnaire import Alphabet
from scanform.model.reading import MarkValue
from scanform.simulate.fill import draw_ink, fill_page
from scanform.simulate.hands import Hand
from scanform.simulate.marks import line_through
from scanform.simulate.pens import Stroke
from scanform.simulate.profiles import PROFILES, Profile
from scanform.simulate.scanner import ScannedPage, scan_page
from scanform.simulate.truth import (
    FILLED_STYLES,
    HARD_STYLES,
    MARKED_STYLES,
    NEAR_MISS_STYLES,
    MarkStyle,
    MarkTruth,
    PageTruth,
    TextTruth,
)

ROOT = Path(__file__).parents[1]
PX = 300 / 25.4

UNCLEAR = "unclear"
"""Class of what only a person can interpret: a line through several boxes, a circle around a box."""

PROFILE_WEIGHTS = {"office copier": 0.30, "good scanner": 0.12, "clean": 0.02, "photo": 0.06, "worst": 0.04}
"""Share of pages by profile; the others share the rest evenly."""

ONE_BIT_SHARE = 0.16
"""Share of pages that are scanned in black and white, as many office copiers do by default: 200 to 400 dpi,
threshold low to high, or dithered.
"""

WORDS = (
    "Haus",
    "Treff",
    "am",
    "Park",
    "Sommerpause",
    "keine",
    "Frau",
    "Müller",
    "e.V.",
    "Straße",
    "12",
    "täglich",
    "Kaffee",
    "Raum",
    "Kirche",
    "ja",
    "0231",
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Look:
    """How the boxes of a practice page are printed: shape, size, gap between them, line width and grey, what stands
    inside (letters) or beside (labels).
    """

    round: bool
    width: float
    height: float
    gap: float
    line: float
    grey: int
    inside: bool
    across: float


def random_look(rng: np.random.Generator) -> Look:
    """Check boxes as ours, check boxes with letters inside, bubbles and ovals, dense grids."""
    kind = rng.choice(["box", "letters", "bubble", "dense"], p=[0.5, 0.15, 0.2, 0.15])
    side = float(rng.uniform(2.6, 5.0) if kind in ("bubble", "dense") else rng.uniform(3.6, 7))
    ratio = float(rng.uniform(0.6, 1.3)) if rng.random() < (0.5 if kind in ("bubble", "dense") else 0.15) else 1.0
    gap = float(rng.uniform(1.2, 2.5) if kind == "dense" else rng.uniform(2.2, 6))
    wide = float(rng.choice([0.0, 28, 45])) if kind in ("box", "letters") else 0.0
    grey = int(rng.choice([0, 0, 0, 60, 120]))
    return Look(
        round=kind == "bubble" or (kind == "dense" and rng.random() < 0.6),
        width=side,
        height=side * ratio,
        gap=gap,
        line=float(rng.uniform(0.15, 0.45)),
        grey=grey,
        inside=kind == "letters" or (kind in ("bubble", "dense") and rng.random() < 0.5),
        across=max(wide, side + gap),
    )


def practice_page(rng: np.random.Generator) -> tuple[PageLayout, Gray]:
    """A page of boxes, combs and writing zones with random measures, labels and lines."""
    gray = np.full((round(A4.h * PX), round(A4.w * PX)), 255, np.uint8)
    look = random_look(rng)
    zones: list[Zone] = []
    for row in range(int(120 / (look.height + look.gap))):
        for column in range(int(170 / look.across)):
            rect = RectMm(
                x=20 + column * look.across, y=20 + row * (look.height + look.gap), w=look.width, h=look.height
            )
            zones.append(
                Zone(
                    id=f"b{row}-{column}",
                    question=f"b{row}",
                    option=f"{column}",
                    kind=ZoneKind.MARK,
                    rect=rect,
                    multiple=True,
                )
            )
            draw_box(gray, rect, look, "ABCDEFGHIJ0123456789"[int(rng.integers(20))] if look.inside else "")
            if look.across > look.width + look.gap + 10:
                at_mm = (rect.right + rng.uniform(1.2, 3), rect.bottom - rng.uniform(0.3, 1.5))
                label(gray, " ".join(rng.choice(WORDS, 2)), at_mm, look.across - look.width - 4, rng)
    zones += practice_zones(gray, rng)
    return PageLayout(number=1, size=A4, blank="", fiducials=(), codes=(), zones=tuple(zones)), gray


def draw_box(gray: Gray, rect: RectMm, look: Look, letter: str) -> None:
    """A box or a bubble whose outer edge is `rect`, with what is printed inside."""
    if look.round:
        inner = rect.grown(-look.line / 2)
        centre = (round((inner.centre.x * PX - 0.5) * 16), round((inner.centre.y * PX - 0.5) * 16))
        axes = (round(inner.w * PX * 8), round(inner.h * PX * 8))
        cv2.ellipse(gray, centre, axes, 0, 0, 360, (look.grey,), max(1, round(look.line * PX)), cv2.LINE_AA, 4)
    else:
        rectangle(gray, rect, look.line, look.grey)
    if letter:
        scale = min(rect.w, rect.h) * PX * 0.5 / 22
        (w, h), _ = cv2.getTextSize(letter, cv2.FONT_HERSHEY_SIMPLEX, scale, 2)
        at = (round(rect.centre.x * PX - w / 2), round(rect.centre.y * PX + h / 2))
        cv2.putText(gray, letter, at, cv2.FONT_HERSHEY_SIMPLEX, scale, (look.grey,), 2, cv2.LINE_AA)


def practice_zones(gray: Gray, rng: np.random.Generator) -> list[Zone]:
    """Combs, writing zones and signatures in the lower half of a page, drawn into `gray`."""
    zones: list[Zone] = []
    y = 150.0
    for number in range(int(rng.integers(6, 9))):
        zone = practice_zone(number, y, rng)
        zones.append(zone)
        for cell in zone.cells:
            rectangle(gray, cell, rng.uniform(0.15, 0.35), int(rng.choice([0, 60, 130])))
        for written in range((zone.lines or 0) if rng.random() < 0.7 else 0):
            level = round((zone.rect.y + zone.rect.h * (written + 1) / (zone.lines or 1)) * PX)
            cv2.line(
                gray,
                (round(zone.rect.x * PX), level),
                (round(zone.rect.right * PX), level),
                (int(rng.integers(0, 180)),),
                int(rng.integers(1, 4)),
            )
        y = zone.rect.bottom + rng.uniform(2.5, 6)
        if y > 270:
            break
    return zones


def practice_zone(number: int, y: float, rng: np.random.Generator) -> Zone:
    """A comb, a writing zone or a signature at height `y`."""
    kind = rng.choice(["comb", "handwriting", "signature"], p=[0.4, 0.5, 0.1])
    if kind == "comb":
        w, h, gap, count = rng.uniform(5, 7), rng.uniform(6.5, 9), rng.uniform(0.8, 2.5), int(rng.integers(1, 11))
        cells = tuple(RectMm(x=20 + i * (w + gap), y=y, w=w, h=h) for i in range(count))
        whole = RectMm(x=20, y=y, w=count * (w + gap) - gap, h=h)
        return Zone(
            id=f"z{number}",
            question=f"z{number}",
            kind=ZoneKind.COMB,
            cells=cells,
            alphabet=Alphabet.DIGITS,
            rect=whole,
        )
    lines = int(rng.integers(1, 4))
    rect = RectMm(x=20, y=y, w=rng.uniform(35, 170), h=lines * rng.uniform(7, 10))
    return Zone(
        id=f"z{number}",
        question=f"z{number}",
        kind=ZoneKind(kind),
        rect=rect,
        lines=lines if kind == "handwriting" else None,
    )


def rectangle(gray: Gray, rect: RectMm, line_mm: float, grey: int) -> None:
    """A box outline whose outer edge is `rect`."""
    inner = rect.grown(-line_mm / 2)
    ends = [(round((p.x * PX - 0.5) * 16), round((p.y * PX - 0.5) * 16)) for p in (inner.corners[0], inner.corners[2])]
    cv2.rectangle(gray, ends[0], ends[1], (grey,), max(1, round(line_mm * PX)), cv2.LINE_AA, 4)


def label(gray: Gray, words: str, at_mm: tuple[float, float], room: float, rng: np.random.Generator) -> None:
    """Printed words from a point, cut to `room` mm."""
    size, weight = rng.uniform(0.9, 1.5), int(rng.integers(2, 5))
    fits = words.encode("ascii", "ignore").decode()[: max(1, int(room * PX / (22 * size)))]
    cv2.putText(
        gray,
        fits,
        (round(at_mm[0] * PX), round(at_mm[1] * PX)),
        cv2.FONT_HERSHEY_SIMPLEX,
        size,
        (0,),
        weight,
        cv2.LINE_AA,
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Practice:
    """What stands on a practice page: the truth of its zones, lines across boxes, and the class of each box."""

    truth: PageTruth
    lines: tuple[Stroke, ...]
    classes: dict[str, str]


def random_practice(page: PageLayout, hand: Hand, rng: np.random.Generator) -> Practice:
    """Every box in one of all styles; pages where all, some or no boxes are touched."""
    busy = float(rng.choice([0.0, 0.05, 0.2, 0.45, 0.75, 1.0], p=[0.06, 0.14, 0.35, 0.3, 0.12, 0.03]))
    tidy = rng.random() < 0.55
    boxes = [zone for zone in page.zones if zone.kind is ZoneKind.MARK]
    styles = {zone.id: _style(hand, rng, tidy=tidy) if rng.random() < busy else MarkStyle.NONE for zone in boxes}
    roomy = _room_mm(boxes) >= LEAST_ROOM_MM
    if not roomy:  # what reaches beyond its box belongs to two boxes where they stand so close
        styles = {name: MarkStyle.CROSS if style in _REACHING else style for name, style in styles.items()}
    lines: list[Stroke] = []
    classes = {name: class_of(style) for name, style in styles.items()}
    for _ in range(int(rng.integers(1, 4)) if roomy and rng.random() < 0.2 else 0):
        run = random_run(boxes, rng)
        if len(run) >= 2:
            lines += line_through(run[0].rect, run[-1].rect, hand, rng)
            classes |= {zone.id: UNCLEAR for zone in run}
    marks = {name: MarkTruth(value=_as_value(class_of(style)), style=style) for name, style in styles.items()}
    return Practice(
        truth=PageTruth(number=page.number, marks=marks, texts=random_texts(page, rng)),
        lines=tuple(lines),
        classes=classes,
    )


LEAST_ROOM_MM = 2.2
"""Distance of boxes from which a mark beside a box is nearer to it than to the next one."""

_REACHING = frozenset(
    {
        MarkStyle.STRADDLING,
        MarkStyle.CIRCLE_AROUND,
        MarkStyle.HUGE_CROSS,
        MarkStyle.OVERFILL,
        MarkStyle.SCRIBBLED_OUT,
        MarkStyle.LONG_TICK,
    }
)


def _room_mm(boxes: list[Zone]) -> float:
    """The least distance between the first box and any other, or its shorter side when that is less."""
    if len(boxes) < 2:
        return 10.0
    first = boxes[0].rect
    gaps = [
        max(
            other.rect.x - first.right,
            first.x - other.rect.right,
            other.rect.y - first.bottom,
            first.y - other.rect.bottom,
        )
        for other in boxes[1:]
    ]
    return min(*gaps, min(first.w, first.h) * 0.75)


def _style(hand: Hand, rng: np.random.Generator, *, tidy: bool) -> MarkStyle:
    """How one box is touched: on tidy pages mostly by habit, on the others in all ways alike."""
    if tidy and rng.random() < 0.75:
        return list(hand.habit)[
            int(rng.choice(len(hand.habit), p=np.array(list(hand.habit.values())) / sum(hand.habit.values())))
        ]
    black = (*FILLED_STYLES, MarkStyle.SCRIBBLED_OUT, MarkStyle.OVERFILL)
    groups = (
        (MarkStyle.CROSS,),
        MARKED_STYLES,
        (MarkStyle.LIGHT_CROSS, *HARD_STYLES),
        black,
        NEAR_MISS_STYLES,
        (MarkStyle.CIRCLE_AROUND,),
    )
    group = groups[int(rng.choice(len(groups), p=[0.26, 0.32, 0.15, 0.08, 0.17, 0.02]))]
    return group[int(rng.integers(len(group)))]


def class_of(style: MarkStyle) -> str:
    """What the model has to say of a box of this style."""
    if style is MarkStyle.NONE or style in NEAR_MISS_STYLES:
        return MarkValue.EMPTY.value
    if style in (*FILLED_STYLES, MarkStyle.SCRIBBLED_OUT, MarkStyle.OVERFILL):
        return MarkValue.FILLED.value
    return UNCLEAR if style is MarkStyle.CIRCLE_AROUND else MarkValue.MARKED.value


def _as_value(name: str) -> MarkValue:
    return MarkValue.MARKED if name == UNCLEAR else MarkValue(name)


def random_run(boxes: list[Zone], rng: np.random.Generator) -> list[Zone]:
    """Some boxes side by side or one above the other."""
    if not boxes:
        return []
    first, level = boxes[int(rng.integers(len(boxes)))].rect, bool(rng.random() < 0.5)

    def lined_up(rect: RectMm) -> bool:
        dx, dy = rect.x - first.x, rect.y - first.y
        return (abs(dy) < 0.5 and -0.5 < dx < 60) if level else (abs(dx) < 0.5 and -0.5 < dy < 60)

    run = sorted((zone for zone in boxes if lined_up(zone.rect)), key=lambda zone: (zone.rect.x, zone.rect.y))
    return run[: int(rng.integers(2, 6))]


def random_texts(page: PageLayout, rng: np.random.Generator) -> dict[str, TextTruth]:
    """Half of the writing zones with something in them, sometimes only one character."""
    out = {}
    for zone in page.zones:
        if zone.kind is ZoneKind.MARK or rng.random() < 0.5:
            continue
        if zone.kind is ZoneKind.COMB:
            used = int(rng.integers(1, len(zone.cells) + 1))
            digits = [str(rng.integers(0, 10)) for _ in range(used)]
            cells = (
                tuple(["", *[""] * (len(zone.cells) - used - 1), *digits][-len(zone.cells) :])
                if used < len(zone.cells)
                else tuple(digits)
            )
            out[zone.id] = TextTruth(text="".join(digits), cells=cells)
        else:
            words = [str(rng.choice(WORDS)) for _ in range(int(rng.integers(1, 4)))]
            first = words[0][:1] if rng.random() < 0.12 else " ".join(words)
            out[zone.id] = TextTruth(text=first)
    return out


def displaced(page_map: PageMap, rng: np.random.Generator) -> PageMap:
    """The true map with a small error of registration: exact on a third of the pages, else up to 0.4 mm off."""
    if rng.random() < 0.33:
        return page_map
    dx, dy = np.clip(rng.normal(0, 0.13, 2), -0.4, 0.4)
    sx, sy = rng.normal(1, 0.0004, 2)
    wrong = np.array([[sx, rng.normal(0, 0.0003), dx], [rng.normal(0, 0.0003), sy, dy], [0, 0, 1]])
    return replace(page_map, homography=tuple((np.array(page_map.homography).reshape(3, 3) @ wrong).ravel().tolist()))


def random_profile(rng: np.random.Generator) -> tuple[str, Profile]:
    """A kind of scanner, with its name for the notes; some of them coarser, more compressed or dustier than the
    profile says.
    """
    if rng.random() < ONE_BIT_SHARE:
        dpi, threshold = int(rng.choice([200, 204, 300, 400])), float(rng.uniform(105, 185))
        depth = "dither" if rng.random() < 0.15 else "threshold"
        return f"one bit {depth}", replace(
            PROFILES["fax"],
            dpi=(dpi,),
            depth=depth,
            threshold=(threshold - 10, threshold + 10),
            noise=(0.5, 4.0),
            specks=(0, 60),
        )
    rest = (1 - sum(PROFILE_WEIGHTS.values())) / (len(PROFILES) - len(PROFILE_WEIGHTS))
    probs = np.array([PROFILE_WEIGHTS.get(name, rest) for name in PROFILES])
    name = str(rng.choice(list(PROFILES), p=probs / probs.sum()))
    profile = PROFILES[name]
    if profile.depth == "grey" and rng.random() < 0.42:
        change = int(rng.choice(5, p=[0.36, 0.16, 0.16, 0.16, 0.16]))
        dpi = int(rng.choice([60, 75, 90, 100, 120, 150]))
        altered = (
            replace(profile, dpi=(dpi,), blur_mm=(6.0 / dpi, 14.0 / dpi)),
            replace(profile, jpeg=(12.0, 35.0)),
            replace(profile, specks=(300.0, 3000.0)),
            replace(profile, streaks=(1.0, 4.0), streak_dark=(30, 160), streak_mm=(0.08, 0.45)),
            replace(profile, show_through=(0.05, 0.16)),
        )[change]
        return f"{name} {('coarse', 'jpeg', 'specks', 'streaks', 'back')[change]}", altered
    return name, profile


def back_of(hand: Hand, page: PageLayout, gray: Gray, rng: np.random.Generator) -> Gray:
    """The other side of the sheet, for show-through: another filled page."""
    return fill_page(gray, page, random_practice(page, hand, rng).truth, hand=hand, rng=rng)


def scan_practice(
    gray: Gray, page: PageLayout, practice: Practice, *, hand: Hand, profile: Profile, rng: np.random.Generator
) -> ScannedPage:
    """The page filled in and scanned; on one page in eight the pen is paler than pens are."""
    back = back_of(hand, page, gray, rng) if profile.show_through[1] > 0 else None
    ink = draw_ink(gray.shape[:2], page, practice.truth, hand=hand, rng=rng, lines=practice.lines)
    if rng.random() < 0.125:
        fraction = rng.uniform(0.45, 0.8)
        ink = cv2.LUT(ink, np.rint(255 - fraction * (255 - np.arange(256))).astype(np.uint8)).astype(np.uint8)
    return scan_page(gray, profile, rng, ink=ink, back=back, size=page.size)


def draw_templates() -> tuple[tuple[PageLayout, Gray], ...]:
    """Every page of every template of the project in every variant."""
    out: list[tuple[PageLayout, Gray]] = []
    for path in sorted((ROOT / "templates").glob("*.yaml")):
        questionnaire = load_questionnaire(path)
        for variant in THEMES:
            placement = place(questionnaire, language=questionnaire.languages[0], variant=variant, measure=font_measure)
            pdf = BytesIO()
            draw_blank(placement, pdf)
            pictures = convert_from_bytes(pdf.getvalue(), dpi=300, grayscale=True)
            out += [(page, np.asarray(picture)) for page, picture in zip(placement.layout.pages, pictures, strict=True)]
    return tuple(out)


@cache
def templates(drawn: Path) -> tuple[tuple[PageLayout, Gray], ...]:
    """The pages of `draw_templates`, from the file in which this program left them."""
    pages: tuple[tuple[PageLayout, Gray], ...] = pickle.loads(drawn.read_bytes())
    return pages
