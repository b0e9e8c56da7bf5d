"""What a crop shows, and how it is cut."""

import hashlib
from dataclasses import replace

import cv2
import numpy as np
import pytest

from scanform.model.geometry import RectMm, RectPx, SizeMm
from scanform.model.layout import Fiducial, PageLayout, Zone, ZoneKind
from scanform.model.page import PageRef
from scanform.model.questionnaire import QuestionKind
from scanform.model.response import Evidence
from scanform.model.review import ReviewItem
from scanform.workflow.project.project import Project
from scanform.workflow.review.crops import CropCutter, heads_rect, page_of, shown_rect


def box(question: str, option: str, x: float, y: float, *, group: str | None = None) -> Zone:
    rect = RectMm(x=x, y=y, w=5, h=5)
    return Zone(
        id=f"{question}-{option}",
        question=question,
        option=option,
        kind=ZoneKind.MARK,
        rect=rect,
        group=group,
        multiple=False,
    )


ZONES = (
    box("open", "ja", 20, 40),
    box("open", "nein", 60, 40),
    Zone(
        id="open-text",
        question="open",
        option="nein",
        kind=ZoneKind.HANDWRITING,
        rect=RectMm(x=80, y=38, w=40, h=8),
        lines=1,
    ),
    box("beside", "a", 130, 40),
    box("row1", "a", 120, 100, group="m"),
    box("row1", "b", 150, 100, group="m"),
    box("row2", "a", 120, 110, group="m"),
    box("row2", "b", 150, 110, group="m"),
    Zone(id="remark", question="remark", kind=ZoneKind.HANDWRITING, rect=RectMm(x=20, y=200, w=150, h=10), lines=1),
)
MARK = Fiducial(kind="aruco-4x4-250", id=4, rect=RectMm(x=194, y=144, w=8, h=8))
PAGE = PageLayout(number=1, size=SizeMm(w=210, h=297), blank="", fiducials=(MARK,), codes=(), zones=ZONES)


def item(question: str, option: str | None = None, *, evidence: Evidence | None = None) -> ReviewItem:
    return ReviewItem(
        id=f"F/{question}",
        version=1,
        response_id="F",
        questionnaire="q",
        question=question,
        option=option,
        kind=QuestionKind.SINGLE,
        value="",
        candidates=(),
        reasons=("unsure",),
        evidence=evidence,
        page=1,
    )


def shown(question: str, option: str | None = None) -> RectMm:
    rect = shown_rect(item(question, option), PAGE)
    assert rect is not None
    return rect


def test_a_choice_is_shown_whole_and_ends_where_the_next_question_begins() -> None:
    """All boxes with their text lines and the wording above, but not the boxes of the neighbour."""
    rect = shown("open")
    assert rect.x < 20
    assert rect.y < 35
    assert 120 <= rect.right < 130
    assert shown("beside").right <= MARK.rect.x


def test_a_row_of_a_matrix_is_shown_with_the_heads_of_its_columns() -> None:
    """The row from the paper's edge on, without the rows around it, and the strip above the first row."""
    rect, heads = shown("row2"), heads_rect(item("row2"), PAGE)
    assert heads is not None
    assert rect.x < 10
    assert rect.y > 105
    assert (heads.x, heads.w) == (rect.x, rect.w)
    assert heads.bottom < 100
    assert heads_rect(item("open"), PAGE) is None


def test_the_text_beside_an_option_is_shown_with_its_box() -> None:
    """Whether the box is ticked decides what the text means."""
    rect = shown("open", "nein")
    assert rect.x < 60
    assert rect.right > 120


def test_a_crop_among_many_shows_nothing_of_other_questions() -> None:
    """Neither the row of cells below nor half a line of the wording above; a crop by itself keeps its margin."""
    cells = Zone(
        id="cells",
        question="cells",
        kind=ZoneKind.COMB,
        rect=RectMm(x=20, y=60, w=40, h=8),
        cells=(RectMm(x=20, y=60, w=6, h=8),),
    )
    close = replace(cells, id="close", question="close", rect=RectMm(x=20, y=70, w=40, h=8))
    page = replace(PAGE, zones=(*ZONES, cells, close))
    alone, among = shown_rect(item("cells"), page), shown_rect(item("cells"), page, wording=False)
    assert alone is not None
    assert among is not None
    assert alone.bottom > 70
    assert 68 <= among.bottom < 70
    assert 58.5 < among.y < 60
    last = shown_rect(item("close"), page, wording=False)
    assert last is not None
    assert (last.y > 68, last.bottom > 80) == (True, True)


def test_an_unknown_question_has_no_place() -> None:
    """A question that this edition does not print is not looked for."""
    assert shown_rect(item("nothing"), PAGE) is None
    assert page_of(item("open"), None) is None


@pytest.mark.parametrize("context", [False, True])
def test_a_page_without_registration_is_cut_by_pixels(project: Project, context: bool) -> None:
    """When only the pixel box is known, the box with a margin is shown; a page that is gone gives no picture."""
    gray = np.full((1000, 800), 255, np.uint8)
    gray[500:540, 300:400] = 0
    done, data = cv2.imencode(".png", gray)
    assert done
    sha256 = hashlib.sha256(data.tobytes()).hexdigest()
    path = project.archive / sha256[:2] / f"{sha256}.png"
    path.parent.mkdir(parents=True)
    path.write_bytes(data.tobytes())
    cutter = CropCutter(project, lambda _: None)
    evidence = Evidence(ref=PageRef(sha256=sha256, path="gone.png", index=0), box=RectPx(x=300, y=500, w=100, h=40))
    picture = cutter.crop(item("open", evidence=evidence), context=context)
    assert picture is not None
    crop = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert crop.min() < 40
    assert (crop.mean() < 200) is not context
    gone = Evidence(ref=PageRef(sha256="0" * 64, path="gone.png", index=0), box=evidence.box)
    assert cutter.crop(item("open", evidence=gone), context=context) is None
    assert cutter.crop(item("open"), context=context) is None
