"""A small survey with scanned forms on which values wait for a person: what the review station is tested and
measured with.
"""

import hashlib
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from scanform.imaging.page_image import Gray
from scanform.imaging.page_map import PageMap, Tier
from scanform.model.geometry import RectPx, bounding_box
from scanform.model.layout import Layout, ZoneKind
from scanform.model.page import Fate, PageRef
from scanform.model.questionnaire import QuestionKind
from scanform.model.reading import Candidate
from scanform.model.response import Answer, Channel, Evidence, Response, Status
from scanform.page_result import PageResult
from scanform.store import ledger
from scanform.workflow.dataset.merge_responses import merge_responses
from scanform.workflow.printing.print_forms import PrintOrder, print_forms
from scanform.workflow.project.project import Project, init_project

PX_PER_MM = 300 / 25.4
INK = 60
WRITTEN = {"since": "01042024", "persons": "12"}

QUESTIONNAIRE = """
code: house
version: "1"
languages: [de, en]
title: {de: Unser Haus, en: Our house}
sections:
  - title: {de: Das Haus, en: The house}
    questions:
      - question: often
        type: single
        text: {de: "Wie oft kommen Sie?", en: "How often do you come?"}
        options:
          w: {de: jede Woche, en: every week}
          m: {de: jeden Monat, en: every month}
          s: {de: seltener, en: less often}
      - question: why
        type: multiple
        text: {de: "Warum kommen Sie?", en: "Why do you come?"}
        options:
          cafe: {de: wegen des Cafés, en: for the café}
          class: {de: wegen eines Kurses, en: for a class}
          else: {text: {de: "anderes:", en: "other:"}, writein: yes}
          none: {text: {de: nur so, en: no reason}, exclusive: yes}
      - question: since
        type: date
        text: {de: "Seit wann?", en: "Since when?"}
      - question: persons
        type: number
        cells: 2
        text: {de: "Wie viele Personen?", en: "How many people?"}
      - question: remark
        type: text
        text: {de: Bemerkung, en: Remark}
"""


@dataclass(frozen=True)
class Waiting:
    """A value that waits for a person, or, with another status, one that does not."""

    column: str
    value: str
    problem: str | None
    candidates: tuple[str, ...] = ()
    status: Status = Status.REVIEW


OFTEN = Waiting(column="often", value="m", problem="unclear-mark", candidates=("s",))
WHY = Waiting(column="why", value="cafe class", problem="unclear-mark")
SINCE = Waiting(column="since", value="2024-04-01", problem="handwriting", candidates=("2024-04-07",))
PERSONS = Waiting(column="persons", value="12", problem="handwriting")
REMARK = Waiting(column="remark", value="Mehr Licht", problem="handwriting")


def printed_survey(folder: Path, *, database: str = "") -> Path:
    """A project with a printed layout and no responses, in `folder`; its values lie there, too, unless another
    `database` is named.
    """
    (folder / "house.yaml").write_text(QUESTIONNAIRE, encoding="utf-8")
    with init_project(folder / "project", questionnaire=folder / "house.yaml", database=database) as project:
        print_forms(project, PrintOrder(recipients=(None,), seed=1), folder / "forms.pdf")
    return folder / "project"


def fill(project: Project, forms: int, *waiting: Waiting, start: int = 0, confidence: float = 0.5) -> None:
    """Stores `forms` responses, counted from `start`, in which `waiting` is open, with a scanned page each: crossed,
    written on, lying on its side.
    """
    layout = next(iter(project.layouts.values()))
    at = "2026-01-01T00:00:00Z"
    responses: list[Response] = []
    blank = (project.layouts_folder / layout.digest / layout.pages[0].blank).read_bytes()
    for number in range(start, start + forms):
        ref, page_map = scan(project, blank, layout, number)
        with project.store.writing() as tx:
            ledger.save_reading(tx, PageResult(ref=ref, outcome=Fate.READ, page_map=page_map), at=at)
        answers = tuple(
            answer(layout, ref, entry, confidence=min(1.0, confidence + number / 1000)) for entry in waiting
        )
        responses.append(
            Response(
                id=f"{layout.digest}-{number:07d}-A",
                questionnaire="house",
                version="1",
                channel=Channel.PAPER,
                answers=answers,
                received_at=at,
            )
        )
    project.store.save_responses(responses, kind="paper", label="test", at=at)


@lru_cache(maxsize=4)
def strokes(blank: bytes, layout: Layout) -> Gray:
    """The page with crosses and a line of writing, turned by 90 degrees counter-clockwise; `blank` is the PNG of the
    empty page. Drawn once: tests fill many projects.
    """
    gray = np.asarray(cv2.imdecode(np.frombuffer(blank, dtype=np.uint8), cv2.IMREAD_GRAYSCALE), dtype=np.uint8)
    for zone in layout.pages[0].zones:
        x, y, right, bottom = (
            round(edge * PX_PER_MM) for edge in (zone.rect.x, zone.rect.y, zone.rect.right, zone.rect.bottom)
        )
        if zone.kind is ZoneKind.MARK and zone.option in {"m", "cafe", "class"}:
            cv2.line(gray, (x + 8, y + 8), (right - 8, bottom - 8), (INK,), 6)
            cv2.line(gray, (x + 8, bottom - 8), (right - 8, y + 8), (INK,), 6)
        elif zone.kind is ZoneKind.HANDWRITING and zone.option is None:
            cv2.putText(gray, "Mehr Licht", (x + 20, bottom - 20), cv2.FONT_HERSHEY_SCRIPT_COMPLEX, 1.6, (INK,), 3)
        elif zone.kind is ZoneKind.COMB:
            for cell, digit in zip(zone.cells, WRITTEN[zone.question], strict=True):
                corner = (round((cell.x + 1.5) * PX_PER_MM), round((cell.bottom - 1.6) * PX_PER_MM))
                cv2.putText(gray, digit, corner, cv2.FONT_HERSHEY_SIMPLEX, 1.6, (INK,), 4)
    return np.ascontiguousarray(np.rot90(gray))


@lru_cache(maxsize=64)
def picture(blank: bytes, layout: Layout, number: int) -> bytes:
    """The JPEG of the page with this number."""
    turned = strokes(blank, layout).copy()
    turned[:8, :8], turned[:8, 8:16] = 4 * (number % 64), 4 * (number // 64)  # no two pages have the same bytes
    done, data = cv2.imencode(".jpg", turned, [cv2.IMWRITE_JPEG_QUALITY, 85])
    assert done
    return data.tobytes()


def scan(project: Project, blank: bytes, layout: Layout, number: int) -> tuple[PageRef, PageMap]:
    """The page archived as JPEG, and where everything lies on it."""
    width = strokes(blank, layout).shape[0]
    data = picture(blank, layout, number)
    sha256 = hashlib.sha256(data).hexdigest()
    path = project.archive / sha256[:2] / f"{sha256}.jpg"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    scale = PX_PER_MM
    homography = (0.0, scale, 0.0, -scale, 0.0, float(width), 0.0, 0.0, 1.0)  # (x, y) mm -> (y, width - x) px
    return PageRef(sha256=sha256, path="gone.jpg", index=0), PageMap(
        homography=homography, residual_mm=0.0, tier=Tier.T0
    )


def answer(layout: Layout, ref: PageRef, entry: Waiting, *, confidence: float) -> Answer:
    kinds = {
        "often": QuestionKind.SINGLE,
        "why": QuestionKind.MULTIPLE,
        "since": QuestionKind.COMB,
        "persons": QuestionKind.COMB,
        "remark": QuestionKind.HANDWRITING,
    }
    zones = [zone.rect for zone in layout.pages[0].zones if zone.question == entry.column]
    return Answer(
        question=entry.column,
        kind=kinds[entry.column],
        value=entry.value,
        confidence=confidence,
        status=entry.status,
        problems=(entry.problem,) if entry.problem else (),
        page=1,
        evidence=Evidence(ref=ref, box=RectPx(x=0, y=0, w=round(bounding_box(zones).w), h=20)),
        candidates=tuple(Candidate(value=value, probability=0.2) for value in entry.candidates),
    )


def contradict(project: Project) -> None:
    """One place whose form, token with slash and mark included, says something else than its online response, in
    every question.
    """
    fill(project, 1, OFTEN, WHY, SINCE, REMARK)
    paper = replace(project.store.responses()[0], token="T/1?")
    read = tuple(replace(entry, status=Status.AUTO, problems=(), candidates=()) for entry in paper.answers)
    said = {"often": "w", "why": "cafe", "since": "2024-04-07", "remark": "Mehr Licht im Flur"}
    typed = tuple(replace(entry, value=said[entry.column], evidence=None, page=None) for entry in read)
    online = replace(paper, id="online-1", channel=Channel.ONLINE, answers=typed)
    project.store.save_responses(
        [replace(paper, answers=read), online], kind="digital", label="test", at=paper.received_at
    )
    merge_responses(project)
