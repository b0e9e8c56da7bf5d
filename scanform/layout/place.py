"""Questionnaire -> Placement: a pure, deterministic function; questions are stacked and page breaks fall between them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from scanform import pagecode
from scanform.errors import TemplateError, UsageError
from scanform.i18n.texts import text
from scanform.layout import furniture
from scanform.layout.blocks import Block, Style, overlay, stack
from scanform.layout.drawing import BOLD, DrawnPage, Line, Measure, Placement, rounded
from scanform.layout.questions import SHARE, beside_block, matrix_block, matrix_parts, paragraph, question_block
from scanform.layout.themes import THEMES
from scanform.model.geometry import A4
from scanform.model.layout import Layout, PageLayout
from scanform.model.questionnaire import Item, Matrix, Note, Question, Questionnaire, Section, Width


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """What a page break must not split, and the distance to what stands above it."""

    block: Block
    gap: float
    name: str


def place(questionnaire: Questionnaire, *, language: str, variant: str, measure: Measure) -> Placement:
    """The questionnaire on A4 pages.

    `variant` is a name in `THEMES`, `measure` gives the width of a text in mm. Zone rectangles are the outer edge of the
    lines that are drawn. Raises UsageError for an unknown variant or language, TemplateError for what fits on no page.
    """
    style = _style(questionnaire, language=language, variant=variant, measure=measure)
    area = furniture.content_area(A4)
    pages = _paginate(list(_units(questionnaire, style, width=area.w, room=area.h)), room=area.h, style=style)
    if len(pages) > pagecode.MAX_PAGES:
        raise TemplateError(text("layoutproblem.too-many-pages", language, pages=len(pages), most=pagecode.MAX_PAGES))
    bodies = [block.at(area.x, area.y) for block in pages]
    codes = furniture.code_areas(A4, style)
    layout = Layout(
        questionnaire=questionnaire.code,
        version=questionnaire.version,
        language=language,
        variant=variant,
        digest="",
        filled=questionnaire.filled,
        pages=tuple(
            PageLayout(
                number=number,
                size=A4,
                blank=f"page-{number}.png",
                fiducials=tuple(replace(mark, rect=rounded(mark.rect)) for mark in furniture.fiducials(number, A4)),
                codes=tuple(replace(code, rect=rounded(code.rect)) for code in codes),
                zones=tuple(replace(zone, rect=rounded(zone.rect), cells=tuple(rounded(cell) for cell in zone.cells)) for zone in body.zones),
            )
            for number, body in enumerate(bodies, start=1)
        ),
    )
    drawn = tuple(
        DrawnPage(
            number=number,
            size=A4,
            static=(*furniture.page_frame(questionnaire, page=number, pages=len(bodies), size=A4, style=style), *body.drawing),
            slots=furniture.slots(codes, page=number, size=A4),
        )
        for number, body in enumerate(bodies, start=1)
    )
    return Placement(
        layout=replace(layout, digest=pagecode.layout_digest(layout)),
        pages=drawn,
        title=questionnaire.title.get(language),
        publisher=questionnaire.publisher.get(language) if questionnaire.publisher else "",
        small_pt=style.theme.small_pt,
        body_pt=style.theme.body_pt,
    )


def _style(questionnaire: Questionnaire, *, language: str, variant: str, measure: Measure) -> Style:
    if variant not in THEMES:
        raise UsageError(text("layoutproblem.unknown-variant", language, variant=variant, known=", ".join(THEMES)))
    if language not in questionnaire.languages:
        raise UsageError(text("layoutproblem.unknown-language", language, wanted=language, known=", ".join(questionnaire.languages)))
    return Style(theme=THEMES[variant], language=language, measure=measure, filled=questionnaire.filled)


def _units(questionnaire: Questionnaire, style: Style, *, width: float, room: float) -> Iterator[Unit]:
    """Everything on the form from the title to the thanks, in order; a section's head stays with its first question."""
    yield Unit(block=furniture.opening(questionnaire, width=width, style=style), gap=0.0, name="")
    number = 1
    for section in questionnaire.sections:
        head: Block | None = _section_head(section, width=width, style=style)
        for group in _groups(section.items):
            for unit in _group_units(group, number=number, width=width, room=room, style=style):
                if head is not None:
                    yield Unit(block=stack((head, unit.block), gap=style.theme.answer_gap), gap=style.theme.section_gap, name=unit.name)
                    head = None
                else:
                    yield unit
            number += sum(not isinstance(item, Note) for item in group)
    closing = furniture.closing(questionnaire, width=width, style=style)
    if closing is not None:
        yield Unit(block=closing, gap=style.theme.section_gap, name="closing")


def _section_head(section: Section, *, width: float, style: Style) -> Block:
    theme = style.theme
    title = paragraph(section.title.get(style.language), size_pt=theme.section_pt, width=width, style=style, font=BOLD)
    rule = Block(height=1.2, drawing=(Line(x1=0.0, y1=0.0, x2=width, y2=0.0, width=0.5),))
    intro = [paragraph(section.intro.get(style.language), size_pt=theme.body_pt, width=width, style=style)] if section.intro else []
    return stack((rule, title, *intro))


def _groups(items: Sequence[Item]) -> Iterator[tuple[Item, ...]]:
    """Items that stand side by side: neighbours of the same narrow width, at most as many as fit."""
    group: list[Item] = []
    for item in items:
        share = SHARE[item.width] if isinstance(item, Question) else 1
        same = bool(group) and isinstance(group[0], Question) and isinstance(item, Question) and group[0].width == item.width and item.width is not Width.FULL
        if group and not (same and len(group) < share):
            yield tuple(group)
            group = []
        group.append(item)
    if group:
        yield tuple(group)


def _group_units(group: Sequence[Item], *, number: int, width: float, room: float, style: Style) -> Iterator[Unit]:
    first, gap = group[0], style.theme.question_gap
    if isinstance(first, Note):
        yield Unit(block=paragraph(first.text.get(style.language), size_pt=style.theme.body_pt, width=width, style=style), gap=gap, name="")
    elif isinstance(first, Matrix):
        yield from _matrix_units(first, number=number, width=width, room=room, style=style)
    elif first.width is Width.FULL:
        yield Unit(block=question_block(first, number=number, width=width, style=style), gap=gap, name=first.code)
    else:
        questions = [item for item in group if isinstance(item, Question)]
        block = beside_block(questions, first_number=number, share=SHARE[first.width], width=width, style=style)
        yield Unit(block=block, gap=gap, name=first.code)


def _matrix_units(matrix: Matrix, *, number: int, width: float, room: float, style: Style) -> Iterator[Unit]:
    """The matrix in one piece, or, when it is taller than a page, in pieces that each repeat text and heads."""
    parts = matrix_parts(matrix, number=number, width=width, style=style)
    most = room - 20.0 - matrix_block(parts, (), style).height
    rows: list[Block] = []
    for row in parts.rows:
        if rows and sum(block.height for block in rows) + row.height > most:
            yield Unit(block=matrix_block(parts, rows, style), gap=style.theme.question_gap, name=matrix.code)
            rows = []
        rows.append(row)
    yield Unit(block=matrix_block(parts, rows, style), gap=style.theme.question_gap, name=matrix.code)


def _paginate(units: Sequence[Unit], *, room: float, style: Style) -> list[Block]:
    """Units on pages from top to bottom, each as far up as it goes."""
    pages: list[list[Block]] = [[]]
    y = 0.0
    for unit in units:
        if unit.block.height > room:
            raise TemplateError(text("layoutproblem.too-tall", style.language, code=unit.name, height=round(unit.block.height), room=round(room)))
        top = y + unit.gap if pages[-1] else 0.0
        if top + unit.block.height > room:
            pages.append([])
            top = 0.0
        pages[-1].append(unit.block.at(0.0, top))
        y = top + unit.block.height
    return [overlay(blocks, height=room) for blocks in pages]
