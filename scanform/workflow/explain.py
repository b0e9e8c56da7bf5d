"""Why was a page read as it was? A picture of the scan with markers, zones, values and what is doubtful drawn in."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from scanform.errors import InputError
from scanform.i18n.texts import problem_text, remedy_text, text
from scanform.imaging.page_image import Floats, PageImage
from scanform.imaging.page_map import PageMap
from scanform.model.geometry import RectMm
from scanform.model.page import PageRef
from scanform.model.reading import FieldReading, MarkValue
from scanform.register.markers import find_markers
from scanform.scan.intake import hash_file
from scanform.scan.load import load_page
from scanform.store.records import PageResult
from scanform.workflow.files import atomic_file
from scanform.workflow.project import Project
from scanform.workflow.read_batch import limits_of, shown
from scanform.workflow.read_page import PageJob, read_page

Canvas = NDArray[np.uint8]
"""A picture in colour: (H, W, 3) uint8, blue before red as OpenCV writes it."""

_MARKER = (200, 120, 0)
_SURE = (60, 160, 0)
_DOUBT = (0, 90, 230)
_EMPTY = (190, 190, 190)
_INK = (40, 40, 40)
_HEAD_PX = 150


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """What was found on the page, and where the picture of it was written."""

    result: PageResult
    picture: Path


def explain(project: Project, name: str, out: Path) -> Explained:
    """Read the page `FILE[#PAGE]` (1-based, 1 when left out) anew and write a PNG that shows how; raises InputError."""
    path, index = split_name(name)
    ref = PageRef(sha256=hash_file(path), path=shown(path), index=index)
    limits = limits_of(project)
    job = PageJob(ref=ref, file=str(path), layouts=str(project.layouts_folder), digests=tuple(sorted(project.layouts)), limits=limits)
    loaded = load_page(PageRef(sha256=ref.sha256, path=str(path), index=index), limits)
    if loaded.image is None:
        problem = loaded.problems[0]
        raise InputError(f"{shown(path)}#{index + 1}: {problem_text(problem, project.language)}", remedy=remedy_text(problem.slug, project.language))
    result = read_page(job)
    done, png = cv2.imencode(".png", _picture(project, loaded.image, result))
    if not done:
        raise InputError(text("explain.no_picture", project.language, file=str(out)))
    with atomic_file(out) as file:
        file.write(png.tobytes())
    return Explained(result=result, picture=out)


def split_name(name: str) -> tuple[Path, int]:
    """FILE#3 as path and 0-based index; a file whose name ends like that is taken as it is."""
    path, mark, number = name.rpartition("#")
    if mark and number.isdigit() and int(number) > 0 and not Path(name).exists():
        return Path(path), int(number) - 1
    return Path(name), 0


def _picture(project: Project, image: PageImage, result: PageResult) -> Canvas:
    """The scan, upright, with everything drawn in and a head that says what the page is."""
    canvas = _pale(image)
    for marker in find_markers(image):
        _outline(canvas, np.array(marker.corners_px), _MARKER, 3)
    if result.identity is not None and result.page_map is not None and result.reading is not None:
        zones = {zone.id: zone.rect for zone in project.layouts[result.identity.digest].page(result.identity.page).zones}
        for field in result.reading.fields:
            _outline(canvas, _corners_px(result.page_map, zones[field.zone]), _colour(field), 1 if _is_plain(field) else 3)
    turns = _quarter_turns(result.page_map) if result.page_map else result.turn // 90
    upright = np.ascontiguousarray(np.rot90(canvas, -turns))
    if result.reading is not None:
        _label_all(upright, result.reading.fields, image, turns)
    return np.vstack([_head(project, result, upright.shape[1]), upright])


def _pale(image: PageImage) -> Canvas:
    """The page in light grey, so that colours stand out."""
    pale = (128 + image.gray.astype(np.uint16) // 2).astype(np.uint8)
    return cv2.cvtColor(pale, cv2.COLOR_GRAY2BGR).astype(np.uint8, copy=False)


def _corners_px(page_map: PageMap, rect: RectMm) -> Floats:
    return page_map.to_px(np.array([[point.x, point.y] for point in rect.corners]))


def _outline(canvas: Canvas, corners: Floats, colour: tuple[int, int, int], width: int) -> None:
    cv2.polylines(canvas, [np.round(corners).astype(np.int32).reshape(-1, 1, 2)], isClosed=True, color=colour, thickness=width, lineType=cv2.LINE_AA)


def _is_plain(field: FieldReading) -> bool:
    """An empty zone about which nothing has to be said."""
    return field.value in ("", MarkValue.EMPTY.value) and field.problem is None


def _colour(field: FieldReading) -> tuple[int, int, int]:
    if field.problem is not None:
        return _DOUBT
    return _EMPTY if _is_plain(field) else _SURE


def _quarter_turns(page_map: PageMap) -> int:
    """How many quarter turns clockwise make the page upright."""
    start, right = page_map.to_px(np.array([[50.0, 50.0], [60.0, 50.0]]))
    angle = np.degrees(np.arctan2(right[1] - start[1], right[0] - start[0]))
    return int(np.round(-angle / 90)) % 4


def _label_all(upright: Canvas, fields: Sequence[FieldReading], image: PageImage, turns: int) -> None:
    scale = max(0.35, upright.shape[1] / 2600)
    for field in fields:
        if _is_plain(field):
            continue
        x, y = _turned(field.box.x + field.box.w / 2, field.box.y + field.box.h / 2, image, turns)
        words = f"{field.value} {field.confidence:.3f}" + (f" {field.problem}" if field.problem else "")
        _write(upright, words, (int(x), int(y)), scale, _colour(field))


def _turned(x: float, y: float, image: PageImage, turns: int) -> tuple[float, float]:
    """A point of the decoded page after `turns` quarter turns clockwise."""
    height, width = image.height, image.width
    for _ in range(turns % 4):
        x, y, height, width = height - 1 - y, x, width, height
    return x, y


def _head(project: Project, result: PageResult, width: int) -> Canvas:
    head = np.full((_HEAD_PX, width, 3), 255, np.uint8)
    identity = result.identity
    name = f"{identity.digest}-{identity.instance}, page {identity.page}/{identity.pages}, by {identity.found_by.value}" if identity else "no identity"
    place = f"tier {result.page_map.tier.value}, residual {result.page_map.residual_mm:.3f} mm" if result.page_map else "not registered"
    problems = "; ".join(problem.slug for problem in result.problems) or "-"
    lines = (f"{result.outcome.value}: {name}", f"{place}; {result.milliseconds:.0f} ms", f"problems: {problems}")
    for number, line in enumerate(lines):
        _write(head, line, (20, 40 + 45 * number), max(0.4, width / 2200), _INK)
    return head


def _write(canvas: Canvas, words: str, place: tuple[int, int], scale: float, colour: tuple[int, int, int]) -> None:
    """Text in the letters that OpenCV draws: without accents, others as they are nearest."""
    plain = unicodedata.normalize("NFKD", words.replace("ß", "ss")).encode("ascii", "ignore").decode()
    cv2.putText(canvas, plain, place, cv2.FONT_HERSHEY_SIMPLEX, scale, colour, max(1, round(scale * 2)), cv2.LINE_AA)
