"""Explains the reading of a page: an image of the page with every zone, its value, its probability and the reason in
words.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from scanform import pagecode
from scanform.errors import InputError, of_place, remedies
from scanform.i18n.texts import decimal_text, percent_text, problem_text, remedy_text, text, value_problem_text
from scanform.imaging.crops import turned, upright
from scanform.imaging.page_image import Floats
from scanform.model.geometry import RectMm
from scanform.model.layout import PageLayout, ZoneKind
from scanform.model.page import Fate, PageRef
from scanform.page_result import PageResult
from scanform.recognize.marks.reasons import reason_text
from scanform.reporting import page_picture
from scanform.reporting.page_picture import DrawnShape, DrawnZone, Frame, Look
from scanform.scan.load import load_page
from scanform.whole_files import atomic_file
from scanform.workflow.insight.explain_facts import Known, PageFacts, ZoneFacts, facts_data, gather
from scanform.workflow.insight.one_page import one_sheet, page_ref, read_sheets
from scanform.workflow.project.moments import limits_of, shown, split_name
from scanform.workflow.project.project import Project
from scanform.workflow.reading.edition import FolderSource, editions_of
from scanform.workflow.settling.assign_fates import accept_settings

VALUE_LENGTH = 90
"""Characters of a written text shown in a note."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """The findings on the page, the path of the image written, and the facts as plain data."""

    result: PageResult
    picture: Path
    data: dict[str, object]


def explain(project: Project, name: str, out: Path) -> Explained:
    """Read the page `FILE[#PAGE]` (1-based, 1 when left out; PAGE.SHEET where an image shows several) again and write a
    PNG that shows how; raises InputError.
    """
    path, index, part = split_name(name)
    language, ref = project.language, page_ref(project, path, index)
    loaded = load_page(PageRef(sha256=ref.sha256, path=str(path), index=index), limits_of(project))
    if loaded.image is None:
        raise InputError(
            of_place(f"{shown(path)}#{index + 1}", loaded.problems),
            remedy=remedies(problem.slug for problem in loaded.problems),
        )
    result = one_sheet(read_sheets(project, path, ref), path, index, part)
    known = Known(layouts=project.layouts, editions=editions_of(FolderSource(folder=str(project.folder))))
    facts = gather(loaded.image, result, known, accept_settings(project))
    title = text(
        "explain.title",
        language,
        file=path.name,
        page=result.ref.place,
        fate=text(f"fate.{result.outcome.value}", language),
    )
    png = (
        _read_picture(project, facts, title)
        if facts.zones or result.outcome is Fate.READ
        else _seen_picture(project, facts, title)
    )
    with atomic_file(out) as file:
        file.write(png)
    return Explained(result=result, picture=out, data=facts_data(facts, language=language))


def _read_picture(project: Project, facts: PageFacts, title: str) -> bytes:
    """The page registered to the form, with its zones and notes."""
    result = facts.result
    if result.identity is None or result.page_map is None:
        raise ValueError("a page that was read has an identity and a map")
    page = project.layouts[result.identity.digest].page(result.identity.page)
    sheet = upright(
        facts.image.gray,
        result.page_map,
        RectMm(x=0, y=0, w=page.size.w, h=page.size.h),
        px_per_mm=page_picture.PX_PER_MM,
    )
    zones = [_drawn(one, project.language, result.page_map.tier.value) for one in facts.zones]
    return page_picture.draw_page(sheet, zones, _frame(project, facts, title, page))


def _drawn(one: ZoneFacts, language: str, tier: str) -> DrawnZone:
    """One zone with its note; a clearly empty one shows only its probability."""
    if one.is_plain:
        return DrawnZone(
            rect=one.zone.rect,
            look=Look.EMPTY,
            number=decimal_text(100 * rounded_down(one.reading.confidence, 1), language, 1),
        )
    if one.state == "outside":
        headline = text("explain.zone", language, zone=one.zone.id, value=text("explain.value_outside", language))
        return DrawnZone(rect=one.zone.rect, look=Look.OUTSIDE, number="", note=(headline,))
    look = Look.SURE if one.state == "auto" else Look.REVIEW
    facts = [percent_text(rounded_down(one.reading.confidence, 2), language, 2)]
    if one.residual_mm is not None:
        facts.append(text("explain.off", language, mm=decimal_text(one.residual_mm, language, 2), tier=tier))
    words = "; ".join(reason_text(reason, language) for reason in one.reasons)
    problems = tuple(value_problem_text(slug, language) for slug in one.reading.problems)
    headline = text("explain.zone", language, zone=one.zone.id, value=_value(one, language))
    return DrawnZone(
        rect=one.zone.rect,
        look=look,
        number="",
        note=(headline, " · ".join(facts), words, *problems),
        brief=(f"{headline} {' · '.join(facts)}", words),
    )


def _value(one: ZoneFacts, language: str) -> str:
    if one.zone.kind is ZoneKind.MARK:
        return text(f"explain.value_{one.reading.value}", language)
    if not one.reading.value:
        return text("explain.value_blank", language)
    short = one.reading.value if len(one.reading.value) <= VALUE_LENGTH else one.reading.value[: VALUE_LENGTH - 1] + "…"
    return text("explain.value_text", language, value=short)


def rounded_down(probability: float, places: int) -> float:
    """A probability in per cent with this many decimals, rounded down: nothing is certain, so 100 never appears."""
    scale = 100 * 10.0**places
    return min(int(probability * scale), scale - 1) / scale


def _frame(project: Project, facts: PageFacts, title: str, page: PageLayout | None) -> Frame:
    """Head and legend: the page's identity, how it was found, the quality of the image, and the problems."""
    language, result = project.language, facts.result
    lines = [_identity_line(facts, language), _place_line(facts, language, page), _picture_line(facts, language)]
    lines += [
        f"! {problem_text(problem, language)} {remedy_text(problem.slug, language)}" for problem in result.problems
    ]
    legend = ((Look.SURE, "sure"), (Look.REVIEW, "review"), (Look.OUTSIDE, "outside"), (Look.EMPTY, "empty"))
    seen = ((Look.SURE, "marker"), (Look.REVIEW, "code"), (Look.OUTSIDE, "sheet"))
    return Frame(
        title=title,
        head=tuple(lines),
        legend=tuple((look, text(f"explain.legend_{name}", language)) for look, name in (legend if page else seen)),
    )


def _identity_line(facts: PageFacts, language: str) -> str:
    identity = facts.result.identity
    if identity is None:
        return text("explain.no_identity", language, codes=len(facts.codes), markers=len(facts.markers))
    form = pagecode.form_id(identity.digest, identity.instance)
    return text(
        "explain.identity",
        language,
        form=form,
        page=identity.page,
        pages=identity.pages,
        found=text(f"explain.found_{identity.found_by.value}", language),
    )


def _place_line(facts: PageFacts, language: str, page: PageLayout | None) -> str:
    """How the page was registered, or how close it came."""
    result = facts.result
    if result.page_map is None or page is None:
        key = "explain.nearly" if facts.boxes else "explain.not_placed"
        return text(key, language, markers=len(facts.markers), boxes=facts.boxes, placed=facts.boxes_placed)
    tier = text(f"explain.tier_{result.page_map.tier.value.lower()}", language)
    waiting = sum(one.state != "auto" for one in facts.zones)
    residual = decimal_text(result.page_map.residual_mm, language, 2)
    return text(
        "explain.placed",
        language,
        tier=result.page_map.tier.value,
        words=tier,
        mm=residual,
        zones=len(facts.zones),
        waiting=waiting,
        seconds=decimal_text(result.milliseconds / 1000, language, 1),
    )


def _picture_line(facts: PageFacts, language: str) -> str:
    """The available measures of image quality."""
    picture = facts.picture
    parts = [text("explain.size", language, w=facts.image.width, h=facts.image.height)]
    if picture.px_per_mm:
        parts.append(text("explain.dpi", language, dpi=round(picture.px_per_mm * 25.4)))
    if picture.blur_mm is not None:
        parts.append(text("explain.blur", language, mm=decimal_text(picture.blur_mm, language, 2)))
    if picture.paper is not None:
        parts.append(text("explain.paper", language, grey=round(picture.paper)))
    if picture.contrast is not None:
        parts.append(text("explain.contrast", language, grey=round(picture.contrast)))
    return ", ".join(parts)


def _seen_picture(project: Project, facts: PageFacts, title: str) -> bytes:
    """The image itself, turned upright, with markers, codes and the outline of the sheet."""
    turns = _quarter_turns(facts)
    shape = facts.image.gray.shape
    language = project.language
    shapes = [
        DrawnShape(
            points=_turned_points(np.array(marker.corners_px), shape, turns),
            label=text("explain.marker", language, id=marker.id),
            look=Look.SURE,
        )
        for marker in facts.markers
    ]
    shapes += [
        DrawnShape(
            points=_turned_points(np.array(code.corners_px), shape, turns), label=code.text[:32], look=Look.REVIEW
        )
        for code in facts.codes
    ]
    if facts.sheet is not None:
        shapes.append(DrawnShape(points=_turned_points(facts.sheet, shape, turns), label="", look=Look.OUTSIDE))
    return page_picture.draw_picture(turned(facts.image.gray, 90 * turns), shapes, _frame(project, facts, title, None))


def _quarter_turns(facts: PageFacts) -> int:
    """Quarter turns clockwise that make the image upright: by its markers, otherwise as the file says."""
    if not facts.markers:
        return facts.result.turn // 90
    sides = np.array([np.subtract(marker.corners_px[1], marker.corners_px[0]) for marker in facts.markers]).mean(axis=0)
    return int(np.round(-np.degrees(np.arctan2(sides[1], sides[0])) / 90)) % 4


def _turned_points(points: Floats, shape: tuple[int, ...], turns: int) -> tuple[tuple[float, float], ...]:
    """Points (N, 2) in an image of `shape` after quarter turns clockwise."""
    height, width = shape[0], shape[1]
    for _ in range(turns % 4):
        points = np.column_stack([height - 1 - points[:, 1], points[:, 0]])
        height, width = width, height
    return tuple((float(x), float(y)) for x, y in points)
