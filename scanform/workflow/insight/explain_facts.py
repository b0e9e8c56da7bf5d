"""Everything known about how one page was read, or why it was not: the facts behind the image that `explain` draws."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from scanform import pagecode
from scanform.assemble import AcceptSettings
from scanform.i18n.texts import problem_text, remedy_text
from scanform.imaging.page_image import Floats, PageImage
from scanform.imaging.page_map import PageMap, Tier
from scanform.model.geometry import RectMm, RectPx
from scanform.model.layout import Layout, Zone, ZoneKind
from scanform.model.page import Identity
from scanform.model.problem import Problem
from scanform.model.reading import Candidate, FieldReading
from scanform.page_result import PageResult
from scanform.recognize.ink.outside import OUTSIDE
from scanform.recognize.marks.reasons import Reason, page_reasons, reason_text
from scanform.recognize.reader import INK_READER, SIGNED
from scanform.register.codes import Code, search_codes
from scanform.register.identify import flat
from scanform.register.markers import Marker, find_markers
from scanform.register.photo import find_sheet, lightened
from scanform.register.pose import fit_pose
from scanform.register.quality import Picture, measure_markers
from scanform.register.residuals import box_residuals, corner
from scanform.register.sheets import cut_out
from scanform.workflow.reading.edition import Editions
from scanform.workflow.reading.image_causes import measured

PLACED_MM = 0.3
"""Maximum distance of a box from its nominal place to count as located there (as in the fit)."""

TRIVIAL = frozenset({"no-ink", "ink-beside", "speck", "specks-only", "paler"})
"""Outcomes that need no note when the box is surely empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneFacts:
    """One zone: its reading, `state` "auto", "review" or "outside" by itself, the distance (mm) of its outline from its
    nominal place, features of its ink.
    """

    zone: Zone
    state: str
    reading: FieldReading
    residual_mm: float | None
    reasons: tuple[Reason, ...]

    @property
    def is_plain(self) -> bool:
        """An empty zone that needs no remark."""
        return (
            self.state == "auto"
            and self.reading.value in ("", "empty")
            and {reason.slug for reason in self.reasons} <= TRIVIAL
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFacts:
    """One page. `picture` are measures of its quality; `markers`, `codes` and `sheet` (4, 2) what was detected in it;
    `zones` () when it was not read.

    For a sheet in an image that shows several, `image` is the part whose top left pixel lies at `origin`, and all else
    is in pixels of that part.

    `boxes_placed` of `boxes` printed outlines lay where the markers alone put them: how close a refused page came to
    being read.
    """

    image: PageImage
    result: PageResult
    picture: Picture
    markers: tuple[Marker, ...]
    codes: tuple[Code, ...] = ()
    sheet: Floats | None = None
    zones: tuple[ZoneFacts, ...] = ()
    boxes: int = 0
    boxes_placed: int = 0
    origin: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The layouts of the project by digest, and its editions."""

    layouts: Mapping[str, Layout]
    editions: Editions


def gather(image: PageImage, result: PageResult, known: Known, accept: AcceptSettings) -> PageFacts:
    """The facts of a page as it was decoded and read."""
    if result.region:
        image, origin = cut_out(image, result.region)
        cut = gather(image, replace(result, region=()).shifted(-origin[0], -origin[1]), known, accept)
        return replace(cut, origin=origin)
    seen = lightened(image)
    markers = find_markers(seen)
    if result.identity is None or result.page_map is None or result.reading is None:
        return _not_read(image, seen, markers, result, known)
    edition = known.editions.edition(result.identity.digest)
    page, check = edition.page(result.identity.page), edition.check(result.identity.page)
    prepared = edition.prepared(result.identity.page)
    reasons = page_reasons(seen, result.page_map, prepared)
    residuals = box_residuals(seen, result.page_map, check)
    readings = {field.zone: field for field in result.reading.fields}
    zones = tuple(
        ZoneFacts(
            zone=zone,
            state=_state(zone, readings[zone.id], accept),
            reading=readings[zone.id],
            residual_mm=_residual(zone, residuals),
            reasons=reasons.get(zone.id, ()),
        )
        for zone in page.zones
        if zone.id in readings
    )
    picture = measure_markers(
        image, markers, content_mm=prepared.corners_mm.reshape(-1, 2) if page.zones else None, page_map=result.page_map
    )
    return PageFacts(image=seen, result=result, picture=picture, markers=markers, zones=zones)


def _not_read(
    image: PageImage, seen: PageImage, markers: tuple[Marker, ...], result: PageResult, known: Known
) -> PageFacts:
    """What was detected on a page that was not read."""
    boxes, placed = _boxes_at_markers(seen, markers, result.identity, known)
    picture = measured(image, markers, known.layouts)
    codes = tuple(search_codes(seen.gray, picture.px_per_mm or 8.0))
    return PageFacts(
        image=seen,
        result=result,
        picture=picture,
        markers=markers,
        codes=codes,
        sheet=None if markers else find_sheet(seen.gray),
        boxes=boxes,
        boxes_placed=placed,
    )


def _boxes_at_markers(
    seen: PageImage, markers: tuple[Marker, ...], identity: Identity | None, known: Known
) -> tuple[int, int]:
    """The number of boxes on the page, and how many lie where its markers alone put them."""
    if identity is None or identity.digest not in known.layouts:
        return 0, 0
    page, check = (
        known.layouts[identity.digest].page(identity.page),
        known.editions.check(identity.digest, identity.page),
    )
    pose = fit_pose(markers, page.fiducials, page.size) if page.fiducials else None
    if pose is None:
        return len(check.rects_mm), 0
    found = box_residuals(
        seen, PageMap(homography=flat(pose.homography), residual_mm=pose.residual_mm, tier=Tier.T0), check
    )
    return len(found), sum(off is not None and off <= PLACED_MM for off in found.values())


def _state(zone: Zone, reading: FieldReading, accept: AcceptSettings) -> str:
    """The state of the zone by itself; rules of the question may still send it to review."""
    if OUTSIDE in reading.problems:
        return "outside"
    if zone.kind is ZoneKind.MARK:
        wanted = accept.choice
    elif reading.reader == INK_READER:
        wanted = accept.signature if reading.value == SIGNED else accept.blank
    else:
        wanted = accept.characters(zone.alphabet, listed=True) if zone.cells else min(accept.listed, accept.printed)
    return "auto" if not reading.problems and reading.confidence >= wanted else "review"


def _residual(zone: Zone, residuals: dict[tuple[float, float], float | None]) -> float | None:
    """The largest distance among the zone's located outlines."""
    rects = [zone.rect] if zone.kind is ZoneKind.MARK else list(zone.cells)
    found = [off for rect in rects if (off := residuals.get(corner(rect))) is not None]
    return max(found) if found else None


def facts_data(facts: PageFacts, *, language: str) -> dict[str, object]:
    """The facts as plain data for JSON; lengths in mm, boxes in px of the decoded page."""
    result = facts.result
    return {
        "outcome": result.outcome.value,
        "form_id": pagecode.form_id(result.identity.digest, result.identity.instance) if result.identity else None,
        "page": result.identity.page if result.identity else None,
        "pages": result.identity.pages if result.identity else None,
        "found_by": result.identity.found_by.value if result.identity else None,
        "tier": result.page_map.tier.value if result.page_map else None,
        "residual_mm": round(result.page_map.residual_mm, 3) if result.page_map else None,
        "milliseconds": result.milliseconds,
        "picture": {
            name: _rounded(getattr(facts.picture, name))
            for name in ("blur_mm", "paper", "contrast", "noise", "px_per_mm", "cut_mm")
        },
        "markers": [marker.id for marker in facts.markers],
        "codes": [code.text for code in facts.codes],
        "boxes": facts.boxes or None,
        "boxes_placed": facts.boxes_placed if facts.boxes else None,
        "problems": [_problem_data(problem, language) for problem in result.problems],
        "zones": [_zone_data(one, language, facts.origin) for one in facts.zones],
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def _problem_data(problem: Problem, language: str) -> dict[str, str]:
    return {
        "problem": problem.slug,
        "where": problem.where,
        "text": problem_text(problem, language),
        "remedy": remedy_text(problem.slug, language),
    }


def _zone_data(one: ZoneFacts, language: str, origin: tuple[int, int]) -> dict[str, object]:
    zone, reading = one.zone, one.reading
    return {
        "zone": zone.id,
        "question": zone.question,
        "option": zone.option,
        "kind": zone.kind.value,
        "state": one.state,
        "value": reading.value,
        "confidence": reading.confidence,
        "candidates": _candidates(reading.candidates),
        "problem": reading.problem,
        "problems": list(reading.problems),
        "residual_mm": _rounded(one.residual_mm),
        "reasons": [
            {"reason": reason.slug, **dict(reason.params), "text": reason_text(reason, language)}
            for reason in one.reasons
        ],
        "rect_mm": _rect_mm(zone.rect),
        "box_px": _rect_px(replace(reading.box, x=reading.box.x + origin[0], y=reading.box.y + origin[1])),
    }


def _candidates(candidates: Iterable[Candidate]) -> list[dict[str, object]]:
    return [{"value": one.value, "probability": one.probability} for one in candidates]


def _rect_mm(rect: RectMm) -> list[float]:
    return [rect.x, rect.y, rect.w, rect.h]


def _rect_px(rect: RectPx) -> list[int]:
    return [rect.x, rect.y, rect.w, rect.h]
