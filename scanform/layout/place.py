"""Questionnaire -> Placement: a pure, deterministic function; questions are stacked and page breaks fall between
them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from scanform import pagecode
from scanform.errors import TemplateError, UsageError, words
from scanform.layout import furniture
from scanform.layout.blocks import Block, Style, stack
from scanform.layout.drawing import BOLD, DrawnPage, Line, Measure, Placement, rounded
from scanform.layout.labels import paragraph
from scanform.layout.matrices import matrix_block, matrix_parts
from scanform.layout.pagination import Unit, paginate
from scanform.layout.questions import question_block, row_block
from scanform.layout.themes import THEMES
from scanform.model.geometry import A4
from scanform.model.layout import Layout, PageLayout
from scanform.model.questionnaire import Item, Matrix, Note, Question, Questionnaire, Section, Width

COLUMNS = {Width.FULL: 1, Width.HALF: 2, Width.THIRD: 3}
"""Number of questions of each width side by side."""


def place(questionnaire: Questionnaire, *, language: str, variant: str, measure: Measure) -> Placement:
    """The questionnaire on A4 pages.

    `variant` is a name in `THEMES`, `measure` gives the width of a text in mm. Zone rectangles are the outer edges of
    the drawn lines. Raises UsageError for an unknown variant or language, TemplateError for anything that fits on no
    page.
    """
    style = _style(questionnaire, language=language, variant=variant, measure=measure)
    area = furniture.content_area(A4)
    units = list(_units(questionnaire, style, width=area.w, room=area.h))
    _check_heights(units, area.h)
    bodies = [block.at(area.x, area.y) for block in paginate(units, room=area.h)]
    if len(bodies) > pagecode.MAX_PAGES:
        raise TemplateError(words("layoutproblem.too-many-pages", pages=len(bodies), most=pagecode.MAX_PAGES))
    layout = _layout(questionnaire, bodies, style, variant=variant)
    return Placement(
        layout=replace(layout, digest=pagecode.layout_digest(layout)),
        pages=tuple(
            _drawn_page(questionnaire, body, page=number, pages=len(bodies), style=style)
            for number, body in enumerate(bodies, start=1)
        ),
        title=questionnaire.title.get(language),
        publisher=questionnaire.publisher.get(language) if questionnaire.publisher else "",
        body_pt=style.theme.body_pt,
    )


def _style(questionnaire: Questionnaire, *, language: str, variant: str, measure: Measure) -> Style:
    if variant not in THEMES:
        raise UsageError(
            words("layoutproblem.unknown-variant", variant=variant, known=", ".join(THEMES)),
            remedy=words("layoutproblem.unknown-variant-remedy"),
        )
    if language not in questionnaire.languages:
        raise UsageError(
            words("layoutproblem.unknown-language", wanted=language, known=", ".join(questionnaire.languages))
        )
    return Style(
        theme=THEMES[variant],
        language=language,
        measure=measure,
        questionnaire=questionnaire,
        numbers=_numbers(questionnaire),
    )


def _numbers(questionnaire: Questionnaire) -> dict[str, int]:
    """The printed number of each question and matrix."""
    asked = [item.code for section in questionnaire.sections for item in section.items if not isinstance(item, Note)]
    return {code: number for number, code in enumerate(asked, start=1)}


def _check_heights(units: Sequence[Unit], room: float) -> None:
    for unit in units:
        if unit.block.height > room:
            raise TemplateError(
                words("layoutproblem.too-tall", code=unit.name, height=round(unit.block.height), room=round(room))
            )


def _layout(questionnaire: Questionnaire, bodies: Sequence[Block], style: Style, *, variant: str) -> Layout:
    """The layout without its digest, all lengths rounded to the micrometre as in layout.json."""
    codes = tuple(replace(code, rect=rounded(code.rect)) for code in furniture.code_areas(A4, style))
    pages = tuple(
        PageLayout(
            number=number,
            size=A4,
            blank=f"page-{number}.png",
            fiducials=tuple(replace(mark, rect=rounded(mark.rect)) for mark in furniture.fiducials(number, A4)),
            codes=codes,
            zones=tuple(
                replace(zone, rect=rounded(zone.rect), cells=tuple(rounded(cell) for cell in zone.cells))
                for zone in body.zones
            ),
        )
        for number, body in enumerate(bodies, start=1)
    )
    return Layout(
        questionnaire=questionnaire.code,
        version=questionnaire.version,
        language=style.language,
        variant=variant,
        digest="",
        filled=questionnaire.filled,
        pages=pages,
    )


def _drawn_page(questionnaire: Questionnaire, body: Block, *, page: int, pages: int, style: Style) -> DrawnPage:
    frame = furniture.page_frame(questionnaire, page=page, pages=pages, size=A4, style=style)
    slots = furniture.slots(furniture.code_areas(A4, style), page=page, size=A4)
    return DrawnPage(number=page, size=A4, static=(*frame, *body.drawing), slots=slots)


def _units(questionnaire: Questionnaire, style: Style, *, width: float, room: float) -> Iterator[Unit]:
    """Everything on the form from the title to the thanks, in order; a section's head stays with its first question."""
    yield Unit(block=furniture.opening(questionnaire, width=width, style=style), gap=0.0, name=questionnaire.code)
    for section in questionnaire.sections:
        head: Block | None = _section_head(section, width=width, style=style)
        head_height = head.height + style.theme.question_gap if head is not None else 0.0
        for unit in _section_units(section, width=width, room=room - head_height, style=style):
            if head is None:
                yield unit
                continue
            block = stack((head, unit.block), gap=style.theme.head_gap)
            yield Unit(block=block, gap=style.theme.section_gap, name=unit.name, starts_section=True)
            head = None
    closing = furniture.closing(questionnaire, width=width, style=style)
    if closing is not None:
        yield Unit(block=closing, gap=style.theme.section_gap, name=questionnaire.code)


def _section_head(section: Section, *, width: float, style: Style) -> Block:
    theme = style.theme
    title = paragraph(section.title.get(style.language), size_pt=theme.section_pt, width=width, style=style, font=BOLD)
    line = Line(x1=0.0, y1=theme.section_rule / 2, x2=width, y2=theme.section_rule / 2, width=theme.section_rule)
    rule = Block(height=theme.section_rule + 1.0, drawing=(line,))
    intro = (
        [paragraph(section.intro.get(style.language), size_pt=theme.small_pt, width=width, style=style)]
        if section.intro
        else []
    )
    return stack((rule, title, *intro))


def _section_units(section: Section, *, width: float, room: float, style: Style) -> Iterator[Unit]:
    gap = style.theme.question_gap
    for group in _groups(section.items):
        first = group[0]
        if isinstance(first, Note):
            block = paragraph(first.text.get(style.language), size_pt=style.theme.body_pt, width=width, style=style)
            yield Unit(block=block, gap=gap, name="")
        elif isinstance(first, Matrix):
            yield from _matrix_units(first, width=width, room=room, style=style)
        elif first.width is Width.FULL:
            yield Unit(block=question_block(first, width=width, style=style), gap=gap, name=first.code)
        else:
            questions = [item for item in group if isinstance(item, Question)]
            yield from _narrow_units(questions, width=width, style=style)


def _narrow_units(questions: Sequence[Question], *, width: float, style: Style) -> Iterator[Unit]:
    """Questions side by side; each on the full width if one of them needs more room."""
    gap = style.theme.question_gap
    try:
        yield Unit(
            block=row_block(questions, columns=COLUMNS[questions[0].width], width=width, style=style),
            gap=gap,
            name=questions[0].code,
        )
    except TemplateError:
        for question in questions:
            yield Unit(block=question_block(question, width=width, style=style), gap=gap, name=question.code)


def _groups(items: Sequence[Item]) -> Iterator[tuple[Item, ...]]:
    """Items placed side by side: neighbours of the same narrow width, at most as many as fit."""
    group: list[Item] = []
    for item in items:
        if group and not _joins(group, item):
            yield tuple(group)
            group = []
        group.append(item)
    if group:
        yield tuple(group)


def _joins(group: Sequence[Item], item: Item) -> bool:
    first = group[0]
    if not isinstance(first, Question) or not isinstance(item, Question):
        return False
    return first.width is item.width and len(group) < COLUMNS[first.width]


def _matrix_units(matrix: Matrix, *, width: float, room: float, style: Style) -> Iterator[Unit]:
    """The matrix in one piece, or, if it is taller than a page, in pieces that each repeat text and heads."""
    parts = matrix_parts(matrix, width=width, style=style)
    most = room - matrix_block(parts, (), again=False, style=style).height
    rows: list[Block] = []
    again = False
    for row in parts.rows:
        if rows and sum(block.height for block in rows) + row.height > most:
            yield Unit(
                block=matrix_block(parts, rows, again=again, style=style),
                gap=style.theme.question_gap,
                name=matrix.code,
            )
            rows, again = [], True
        rows.append(row)
    yield Unit(
        block=matrix_block(parts, rows, again=again, style=style), gap=style.theme.question_gap, name=matrix.code
    )
