"""A small page to write on: boxes, cells, lines, a signature; and dots at known places."""

from dataclasses import dataclass

import cv2
import numpy as np
import pytest

from scanform.imaging.page_image import Gray
from scanform.model.geometry import A4, RectMm, bounding_box
from scanform.model.layout import Layout, PageLayout, Zone, ZoneKind
from scanform.model.questionnaire import (
    Alphabet,
    Condition,
    Filled,
    Option,
    Question,
    QuestionKind,
    Questionnaire,
    Section,
    Texts,
)

PX_PER_MM = 300 / 25.4


@dataclass(frozen=True)
class Form:
    gray: Gray
    page: PageLayout
    layout: Layout
    questionnaire: Questionnaire


def _t(text: str) -> Texts:
    return Texts(entries=(("de", text),))


def _questions() -> tuple[Question, ...]:
    three = tuple(Option(code=code, text=_t(code), writein=code == "c") for code in "abc")
    return (
        Question(code="one", kind=QuestionKind.SINGLE, text=_t("Eins?"), options=three),
        Question(
            code="many",
            kind=QuestionKind.MULTIPLE,
            text=_t("Viele?"),
            options=(*three, Option(code="n", text=_t("nichts"), exclusive=True)),
        ),
        Question(
            code="sub",
            kind=QuestionKind.SINGLE,
            text=_t("Nur wenn"),
            options=three,
            only_if=Condition(question="one", options=("a",)),
        ),
        Question(
            code="count", kind=QuestionKind.COMB, text=_t("Zahl"), alphabet=Alphabet.DIGITS, cells=(4,), maximum="900"
        ),
        Question(
            code="hours",
            kind=QuestionKind.COMB,
            text=_t("Stunden"),
            alphabet=Alphabet.DECIMAL,
            cells=(3, 1),
            maximum="168",
        ),
        Question(code="day", kind=QuestionKind.COMB, text=_t("Datum"), alphabet=Alphabet.DATE, cells=(2, 2, 4)),
        Question(code="at", kind=QuestionKind.COMB, text=_t("Uhrzeit"), alphabet=Alphabet.TIME, cells=(2, 2)),
        Question(code="street", kind=QuestionKind.HANDWRITING, text=_t("Straße")),
        Question(code="remarks", kind=QuestionKind.HANDWRITING, text=_t("Bemerkungen"), lines=3),
        Question(code="sign", kind=QuestionKind.SIGNATURE, text=_t("Unterschrift")),
    )


def _mark_zones(question: Question, y: float) -> list[Zone]:
    zones = []
    for i, option in enumerate(question.options):
        box = RectMm(x=20 + 40 * i, y=y, w=5, h=5)
        multiple = question.kind is QuestionKind.MULTIPLE
        zones.append(
            Zone(
                id=f"{question.code}.{option.code}",
                question=question.code,
                option=option.code,
                multiple=multiple,
                kind=ZoneKind.MARK,
                rect=box,
            )
        )
        if option.writein:
            beside = RectMm(x=box.right + 3, y=y - 1, w=31, h=7)
            zones.append(
                Zone(
                    id=f"{question.code}.{option.code}.text",
                    question=question.code,
                    option=option.code,
                    kind=ZoneKind.HANDWRITING,
                    rect=beside,
                    lines=1,
                )
            )
    return zones


def _zones() -> tuple[Zone, ...]:
    zones: list[Zone] = []
    y = 40.0
    for question in _questions():
        if question.options:
            zones.extend(_mark_zones(question, y))
        elif question.kind is QuestionKind.COMB:
            cells = tuple(RectMm(x=20 + 8 * i, y=y, w=6, h=8) for i in range(sum(question.cells)))
            zones.append(
                Zone(
                    id=question.code,
                    question=question.code,
                    kind=ZoneKind.COMB,
                    rect=bounding_box(cells),
                    cells=cells,
                    alphabet=question.alphabet,
                )
            )
        else:
            rect = RectMm(x=20, y=y, w=100, h=9.0 * question.lines)
            kind = ZoneKind.SIGNATURE if question.kind is QuestionKind.SIGNATURE else ZoneKind.HANDWRITING
            zones.append(Zone(id=question.code, question=question.code, kind=kind, rect=rect, lines=question.lines))
            y += 9.0 * question.lines - 9
        y += 17
    return tuple(zones)


def draw_box(gray: Gray, box: RectMm, *, level: int = 0, line_mm: float = 0.35) -> None:
    """The outline of `box`, exact to a sixteenth of a pixel."""
    corners = [
        (round((x * PX_PER_MM - 0.5) * 16), round((y * PX_PER_MM - 0.5) * 16))
        for x, y in ((box.x, box.y), (box.right, box.bottom))
    ]
    cv2.rectangle(gray, corners[0], corners[1], (level,), round(line_mm * PX_PER_MM), cv2.LINE_AA, 4)


@pytest.fixture(scope="session")
def form() -> Form:
    zones = _zones()
    gray = np.full((3508, 2480), 255, np.uint8)
    for zone in zones:
        for rect in zone.cells or (zone.rect,):
            draw_box(gray, rect)
    page = PageLayout(number=1, size=A4, blank="page-1.png", fiducials=(), codes=(), zones=zones)
    layout = Layout(
        questionnaire="small",
        version="1",
        language="de",
        variant="standard",
        digest="00000",
        filled=Filled.WITHDRAWN,
        pages=(page,),
    )
    questionnaire = Questionnaire(
        code="small",
        version="1",
        title=_t("Klein"),
        languages=("de",),
        sections=(Section(title=_t("Alles"), items=_questions()),),
    )
    return Form(gray=gray, page=page, layout=layout, questionnaire=questionnaire)
