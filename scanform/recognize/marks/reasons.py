"""Describes the ink in a zone in words, for people, from the measurements. The words never decide anything.

A reason is a slug with numbers; `reason_text` turns it into a sentence. Strokes are told apart by their skeleton (Guo
and Hall 1989, doi:10.1145/62065.62074): where it ends, where it branches, whether it closes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from scanform.i18n.texts import text, value_text
from scanform.imaging.page_image import Floats, PageImage, Singles
from scanform.imaging.page_map import PageMap
from scanform.model.layout import Zone, ZoneKind
from scanform.model.questionnaire import Alphabet
from scanform.recognize.ink import paper_level, writing_areas
from scanform.recognize.ink.extraction import PageInk, measure
from scanform.recognize.ink.outside import outside_zones
from scanform.recognize.ink.sampling_plan import AREA_PX_PER_MM, PX_PER_MM, MarkSheet, Mask, PreparedPage
from scanform.recognize.marks import features
from scanform.recognize.marks.read_marks import LEAST_FRAME
from scanform.recognize.marks.strata import ELSEWHERE, OWN_SHARE
from scanform.recognize.networks.npz_model import load, strange

SHAPE_DARKNESS = 0.06
"""Minimum darkness of the samples that define the shape of a mark: the palest edge of a stroke makes it look broad."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One statement about a zone: the slug of its text and (name, value) pairs; numbers with a decimal point."""

    slug: str
    params: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WordSettings:
    """Limits between one description and the next."""

    speck_mm: float = 1.0
    """mm; maximum length of a speck."""
    tail: float = 0.25
    """Minimum fraction of the ink of a component inside the box, 0..1; with less it belongs to something else."""
    dot_mm: float = 1.4
    """mm; maximum length of a dot."""
    filled: float = 0.4
    """Minimum solid fraction of a filled box, 0..1."""
    scribbled: float = 0.55
    """Minimum inked fraction of a box full of strokes, 0..1."""
    hole: float = 0.2
    """Minimum fraction of the box enclosed by a ring, 0..1."""
    cross: float = 2.3
    """Maximum length of two crossing strokes, relative to the diagonal around them."""
    straight: float = 0.88
    """Minimum ratio of chord to length of one straight stroke, 0..1."""
    spur_mm: float = 0.7
    """mm; shorter side branches of a skeleton are roughness of the stroke."""
    beyond_mm: float = 0.8
    """mm; a stroke that reaches further out leaves the box."""
    paler: float = 0.6
    """Darkness relative to the page's marks, 0..1; anything less is called pale."""
    faint_print: float = 0.6
    """Fraction of the outline's darkness that was found, 0..1; anything less is called faint."""
    shifted_mm: float = 0.25
    """mm; print displaced by more is mentioned."""
    apart_mm: float = 30.0
    """mm; boxes further apart do not share a line."""


WORDS = WordSettings()

SIDES = ("right", "lower-right", "below", "lower-left", "left", "upper-left", "above", "upper-right")
"""Directions by angle, clockwise from the right in steps of 45 degrees (y points down)."""


OUTLINE_PX = 7
"""Samples across a printed outline and the tolerance on both its sides (0.9 mm): a gap of this width does not end a
stroke.
"""


def reason_text(reason: Reason, language: str) -> str:
    """The sentence of a reason, numbers written as in `language`."""
    params = {
        name: text(f"side.{value}", language) if name == "side" else value_text(value, Alphabet.DECIMAL, language)
        for name, value in reason.params
    }
    return text(f"reason.{reason.slug}", language, **params)


def page_reasons(image: PageImage, page_map: PageMap, prepared: PreparedPage) -> dict[str, tuple[Reason, ...]]:
    """The reasons for every zone of a registered page, by zone id; measures the page again."""
    page = measure(image, page_map, prepared)
    found = {**mark_reasons(page, prepared.marks), **area_reasons(page, prepared)}
    for zone in outside_zones(image, page_map, prepared.page.zones, prepared.corners_mm):
        found[zone] = (Reason(slug="outside"),)
    return found


def mark_reasons(page: PageInk, sheet: MarkSheet) -> dict[str, tuple[Reason, ...]]:
    """The reasons for every check box, by zone id."""
    if not sheet.zones:
        return {}
    rows = features.describe(page, sheet)
    odd = strange(load("marks", features.NAMES), rows).tolist()
    inked = {int(window): number for number, window in enumerate(page.marks.windows)}
    seen = [_box(page, sheet, number, inked.get(number)) for number in range(len(sheet.zones))]
    shared = _lines_through(seen, sheet.zones)
    dark = paper_level.tinted(page.marks, sheet, np.array([not one.is_inked for one in seen])).tolist()
    found: dict[str, tuple[Reason, ...]] = {}
    for number, zone in enumerate(sheet.zones):
        facts = dict(zip(features.NAMES, rows[number].tolist(), strict=True))
        line = (Reason(slug="line-through", params=(("boxes", str(shared[number])),)),) if number in shared else ()
        streak = (Reason(slug="streak-removed"),) if bool(page.marks.streak[number]) else ()
        far = (Reason(slug="unlike-known"),) if odd[number] else ()
        paper = (Reason(slug="dark-paper"),) if dark[number] else ()
        found[zone.id] = (
            *line,
            *(seen[number].words if not line else ()),
            *streak,
            *paper,
            *_state_words(facts, is_inked=seen[number].is_inked),
            *far,
        )
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """The description of the ink in one box; `passes`: "across" or "down" for a straight line from edge to edge of the
    window.
    """

    words: tuple[Reason, ...]
    is_inked: bool
    passes: str | None = None


def _box(page: PageInk, sheet: MarkSheet, number: int, place: int | None) -> _Seen:
    """The words for one box: no ink, ink beside it, a speck, a tail, a filled area or strokes."""
    if place is None:
        return _Seen(words=(Reason(slug="no-ink"),), is_inked=False)
    smooth, inside_mm = page.marks.smooth[place], sheet.inside_mm[number]
    ink = page.marks.ink[place] & (smooth > SHAPE_DARKNESS)
    inside = inside_mm > features.RIM_MM
    if int((ink & inside).sum()) < features.MIN_PART:
        slug = "ink-beside" if ink.any() else "no-ink"
        return _Seen(words=(Reason(slug=slug),), is_inked=False)
    part = _main_part(ink, inside)
    return _Seen(words=_part_words(part, ink, inside, inside_mm), is_inked=True, passes=_passes(part))


def _main_part(ink: Mask, inside: Mask) -> Mask:
    """The connected component with most ink inside the box, joined where the printed outline hides a stroke that
    crosses it.
    """
    joined = cv2.morphologyEx(ink.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((OUTLINE_PX, OUTLINE_PX), np.uint8))
    _, labels = cv2.connectedComponents(joined, connectivity=8)
    counts = np.bincount(labels[inside & ink].ravel())
    return np.asarray(labels == int(counts.argmax()), dtype=np.bool_)


def _part_words(part: Mask, ink: Mask, inside: Mask, inside_mm: Singles) -> tuple[Reason, ...]:
    """What the main component is, then where it leaves the box, then how much else there is."""
    own = part & inside
    share_inside = float(own.sum() / part.sum())
    reach_mm = _reach_mm(part)
    if reach_mm <= WORDS.speck_mm:
        return (Reason(slug="speck", params=(("mm", f"{max(reach_mm, 0.1):.1f}"),)),)
    if share_inside < WORDS.tail and _touches_rim(part):
        return (Reason(slug="tail", params=(("percent", str(max(1, round(100 * share_inside)))),)),)
    return (_shape(part, ink & inside, inside), *_leaving(part, inside_mm))


def _reach_mm(part: Mask) -> float:
    """The longer side of a component, without the blur added by sampling."""
    rows, columns = np.flatnonzero(part.any(axis=1)), np.flatnonzero(part.any(axis=0))
    return float(max(rows[-1] - rows[0], columns[-1] - columns[0]) / PX_PER_MM)


def _touches_rim(part: Mask) -> bool:
    return bool(part[:2].any() or part[-2:].any() or part[:, :2].any() or part[:, -2:].any())


def _shape(part: Mask, own: Mask, inside: Mask) -> Reason:
    """A filled area, a ring, or strokes: `own` is all ink inside the box, `part` its main component."""
    area = float(inside.sum())
    solid = cv2.erode(own.astype(np.uint8), np.ones((5, 5), np.uint8)).sum() / area
    covered = float(own.sum()) / area
    percent = ("percent", str(round(100 * covered)))
    if solid >= WORDS.filled:
        return Reason(slug="filled", params=(percent,))
    bones = skeleton(part)
    ends, branches = _ends_and_branches(bones)
    if (
        1 <= len(branches) <= 2
        and 3 <= len(ends) <= 4
        and _length_px(bones) <= WORDS.cross * float(np.hypot(*np.ptp(np.argwhere(bones), axis=0)))
    ):
        return Reason(slug="cross", params=(percent,))
    if covered >= WORDS.scribbled or (len(branches) and len(ends) >= 3):
        return Reason(slug="scribble", params=(percent,))
    if _hole_share(part, inside) > WORDS.hole:
        return Reason(slug="ring")
    return _one_line(bones, ends) if len(ends) == 2 else Reason(slug="ink", params=(percent,))


def _hole_share(part: Mask, inside: Mask) -> float:
    """The largest area that the component encloses, as a fraction of the box."""
    background = cv2.copyMakeBorder((~part).astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=(1,))
    _, labels = cv2.connectedComponents(background, connectivity=4)
    counts = np.bincount(labels.ravel())
    counts[[0, labels[0, 0]]] = 0
    return float(counts.max() / inside.sum())


def _one_line(bones: Mask, ends: Floats) -> Reason:
    """A dot, or one stroke, straight or with the bend of a tick at its lowest point."""
    chord = ends[1] - ends[0]
    length = ("mm", f"{_length_px(bones) / PX_PER_MM:.1f}")
    if _length_px(bones) <= WORDS.dot_mm * PX_PER_MM:
        return Reason(slug="dot", params=(length,))
    lowest = np.argwhere(bones)[-1][::-1]
    if float(np.hypot(*chord)) >= WORDS.straight * _length_px(bones):
        return Reason(slug=_direction(chord), params=(length,))
    is_tick = lowest[1] - ends[:, 1].max() > 0.6 * PX_PER_MM and ends[:, 0].min() <= lowest[0] <= ends[:, 0].max()
    return Reason(slug="tick" if is_tick else "bent-stroke", params=(length,))


def _length_px(bones: Mask) -> float:
    """The length of a skeleton: horizontal and vertical steps count 1, diagonal steps that do not cut a corner 1.41."""
    level, upright = bones[:, 1:] & bones[:, :-1], bones[1:] & bones[:-1]
    falling = bones[1:, 1:] & bones[:-1, :-1] & ~bones[1:, :-1] & ~bones[:-1, 1:]
    rising = bones[1:, :-1] & bones[:-1, 1:] & ~bones[1:, 1:] & ~bones[:-1, :-1]
    return float(level.sum() + upright.sum() + np.sqrt(2) * (falling.sum() + rising.sum()))


def _direction(chord: Floats) -> str:
    angle = float(np.degrees(np.arctan2(-chord[1], chord[0]))) % 180
    if angle < 20 or angle > 160:
        return "level-stroke"
    if 70 < angle < 110:
        return "upright-stroke"
    return "rising-stroke" if angle < 90 else "falling-stroke"


def _leaving(part: Mask, inside_mm: Singles) -> tuple[Reason, ...]:
    """Where the component extends beyond the box."""
    outside = part & (inside_mm < -WORDS.beyond_mm)
    if outside.sum() < features.MIN_PART:
        return ()
    middle = (np.array(part.shape) - 1) / 2
    down, across = (np.argwhere(outside) - middle).T
    steps = np.round(np.degrees(np.arctan2(down, across)) / 45).astype(int) % 8
    return (Reason(slug="leaves", params=(("side", SIDES[int(np.bincount(steps).argmax())]),)),)


def _passes(part: Mask) -> str | None:
    """Whether a component runs from edge to edge of the window."""
    left, right, top, bottom = part[:, :2].any(), part[:, -2:].any(), part[:2].any(), part[-2:].any()
    if left and right and not (top and bottom):
        return "across"
    return "down" if top and bottom and not (left and right) else None


def _lines_through(seen: Sequence[_Seen], zones: Sequence[Zone]) -> dict[int, int]:
    """Boxes on a line through several: number of the box -> how many boxes the line crosses."""
    found: dict[int, int] = {}
    for direction in ("across", "down"):
        members = [number for number, one in enumerate(seen) if one.passes == direction]
        for number in members:
            group = [other for other in members if _on_one_line(zones[number], zones[other], direction)]
            if len(group) > 1:
                found[number] = max(found.get(number, 0), len(group))
    return found


def _on_one_line(one: Zone, other: Zone, direction: str) -> bool:
    a, b = one.rect.centre, other.rect.centre
    along, beside = (abs(a.x - b.x), abs(a.y - b.y)) if direction == "across" else (abs(a.y - b.y), abs(a.x - b.x))
    return beside <= 0.4 * along + one.rect.h / 2 and along <= 6 * WORDS.apart_mm


def _state_words(facts: Mapping[str, float], *, is_inked: bool) -> tuple[Reason, ...]:
    """What the numbers say of the ink's darkness, of the printed outline and where it was found; missing numbers say
    nothing.
    """
    found: list[Reason] = []
    relative = facts.get("peak_of_page", 0.0)
    if is_inked and 0 < relative < WORDS.paler:
        found.append(Reason(slug="paler", params=(("percent", str(round(100 * relative))),)))
    if is_inked and facts.get("own_share", 1.0) <= OWN_SHARE and facts.get("elsewhere", 0.0) >= ELSEWHERE:
        found.append(Reason(slug="from-another-box"))
    if facts.get("frame", 1.0) < LEAST_FRAME:
        found.append(Reason(slug="covered"))
    elif facts.get("fit", 1.0) < WORDS.faint_print:
        found.append(Reason(slug="faint-print", params=(("percent", str(max(0, round(100 * facts["fit"])))),)))
    if facts.get("shift", 0.0) > WORDS.shifted_mm:
        found.append(Reason(slug="shifted-print", params=(("mm", f"{facts['shift']:.1f}"),)))
    return tuple(found)


def area_reasons(page: PageInk, prepared: PreparedPage) -> dict[str, tuple[Reason, ...]]:
    """The reasons for every writing zone, by zone id."""
    sheet = prepared.areas
    if not sheet.spots:
        return {}
    parts = writing_areas.find_parts(page, sheet)
    rows = writing_areas.describe(page, sheet, parts)
    found: dict[str, tuple[Reason, ...]] = {}
    for number, spot in enumerate(sheet.spots):
        facts = dict(zip(writing_areas.NAMES, rows[number].tolist(), strict=True))
        streak = (Reason(slug="streak-removed"),) if facts.get("streak") else ()
        mine = (parts.spot == number) & (parts.in_core > 0)
        widest = (
            float((parts.left + parts.width)[mine].max() - parts.left[mine].min()) / AREA_PX_PER_MM
            if mine.any()
            else 0.0
        )
        found[spot.zone.id] = (_writing(facts, widest, spot.zone), *streak)
    return found


def _writing(facts: Mapping[str, float], width_mm: float, zone: Zone) -> Reason:
    own, entering, pieces = (round(float(np.expm1(facts.get(name, 0.0)))) for name in ("own", "entering", "parts"))
    if own == 0 and entering:
        return Reason(slug="writing-from-outside", params=(("pieces", str(entering)),))
    if pieces == 0:
        return Reason(slug="specks-only" if facts.get("ink", 0.0) > 0 else "no-ink")
    if zone.kind is ZoneKind.SIGNATURE:
        return Reason(slug="signature", params=(("mm", f"{width_mm:.0f}"),))
    return Reason(slug="writing", params=(("pieces", str(pieces)), ("mm", f"{width_mm:.0f}")))


def skeleton(mask: Mask) -> Mask:
    """The skeleton of a shape (H, W), one sample wide, without short side branches."""
    bones = np.pad(mask, 1)
    while True:
        before = int(bones.sum())
        for step in (0, 1):
            bones &= ~_removable(bones, step)
        if int(bones.sum()) == before:
            return _pruned(bones[1:-1, 1:-1])


def _removable(bones: Mask, step: int) -> Mask:
    """Border samples removed by a sub-iteration of Guo and Hall; strokes two samples wide keep their length, unlike
    with Zhang and Suen.
    """
    n, ne, e, se, s, sw, w, nw = _neighbours(bones)
    crossings = np.stack([~n & (ne | e), ~e & (se | s), ~s & (sw | w), ~w & (nw | n)]).sum(axis=0)
    straight = np.stack([nw | n, ne | e, se | s, sw | w]).sum(axis=0)
    turned = np.stack([n | ne, e | se, s | sw, w | nw]).sum(axis=0)
    fewer = np.minimum(straight, turned)
    kept = (s | sw | ~nw) & w if step == 0 else (n | ne | ~se) & e
    return np.asarray(bones & (crossings == 1) & (fewer >= 2) & (fewer <= 3) & ~kept, dtype=np.bool_)


def _neighbours(bones: Mask) -> tuple[Mask, ...]:
    """The eight neighbours of every sample, clockwise from above."""
    moves = ((1, 0), (1, -1), (0, -1), (-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1))
    return tuple(np.roll(bones, move, axis=(0, 1)) for move in moves)


def _pruned(bones: Mask) -> Mask:
    """The skeleton without side branches shorter than `spur_mm`, cut from their ends to the next branching."""
    for _ in range(8):
        ends, branches = _ends_and_branches(bones)
        if not len(branches) or not len(ends):
            return bones
        spurs = [
            path
            for end in ends
            if (path := _way_to_branch(bones, end)) is not None and len(path) < WORDS.spur_mm * PX_PER_MM
        ]
        if not spurs:
            return bones
        bones = bones.copy()
        for x, y in min(spurs, key=len):
            bones[y, x] = False
    return bones


def _way_to_branch(bones: Mask, end: Floats) -> list[tuple[int, int]] | None:
    """The samples from an end to the branching, exclusive; None for a line that does not branch."""
    way = [(int(end[0]), int(end[1]))]
    while True:
        x, y = way[-1]
        onward = [
            (i, j)
            for j in range(y - 1, y + 2)
            for i in range(x - 1, x + 2)
            if _is_on(bones, i, j) and (i, j) not in way
        ]
        if len(onward) != 1:
            return way[:-1] or way if onward else None
        way.append(onward[0])


def _is_on(bones: Mask, x: int, y: int) -> bool:
    return 0 <= y < bones.shape[0] and 0 <= x < bones.shape[1] and bool(bones[y, x])


def _ends_and_branches(bones: Mask) -> tuple[Floats, Floats]:
    """Ends (N, 2) and branchings (M, 2) of a skeleton as x, y."""
    padded = np.pad(bones, 1)
    ring = np.stack(_neighbours(padded))[:, 1:-1, 1:-1]
    arms = (~ring & np.roll(ring, -1, axis=0)).sum(axis=0)
    ends: NDArray[np.bool_] = bones & (ring.sum(axis=0) == 1)
    # mypy cannot count a generator: these are the two arrays of the return type
    return tuple(np.argwhere(which)[:, ::-1].astype(np.float64) for which in (ends, bones & (arms >= 3)))  # type: ignore[return-value]
