"""Propose the zones of a blank form as a layout file, for people to correct and for `import-form`."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from scanform import pagecode
from scanform.discover.find_zones import find_page, zones_of
from scanform.errors import InputError, StoreError, words
from scanform.formats.layout_json import dump_layout
from scanform.formats.questionnaires.codes import suggestion
from scanform.i18n.texts import DEFAULT_LANGUAGE
from scanform.model.layout import Layout, PageLayout, ZoneKind
from scanform.model.questionnaire import Filled
from scanform.whole_files import write_text
from scanform.workflow.foreign_forms.blank_pages import PX_PER_MM, BlankPicture, load_blanks


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedZones:
    """The proposal: the layout that was written, and the number of boxes, questions and writing areas in it."""

    layout: Layout
    boxes: int
    cells: int
    areas: int
    questions: int


def find_zones(
    blank: Sequence[Path], out: Path, *, code: str | None = None, language: str = DEFAULT_LANGUAGE
) -> ProposedZones:
    """Find zones on the empty pages in `blank` and write them to `out` as layout.json; raises InputError when there are
    none.
    """
    layout = propose(load_blanks(blank), code=code or _code_of(blank[0]), language=language)
    zones = [zone for page in layout.pages for zone in page.zones]
    if not zones:
        raise InputError(
            words("imported.nothing_found"), remedy=words("imported.nothing_found_remedy"), slug="nothing-found"
        )
    try:
        write_text(out, dump_layout(layout))
    except OSError as error:
        message = words("cli.cannot_write", place=str(out), cause=error)
        raise StoreError(message, remedy=words("cli.cannot_write_remedy")) from error
    return ProposedZones(
        layout=layout,
        boxes=sum(zone.kind is ZoneKind.MARK for zone in zones),
        cells=sum(len(zone.cells) for zone in zones),
        areas=sum(zone.kind is ZoneKind.HANDWRITING for zone in zones),
        questions=len({zone.question for zone in zones}),
    )


def propose(pictures: Sequence[BlankPicture], *, code: str, language: str) -> Layout:
    """The layout of an empty form with the zones found on its pages."""
    found = [find_page(picture.drawn(), PX_PER_MM) for picture in pictures]
    filled = sum(page.filled for page in found) * 2 > len(found)
    pages = tuple(
        PageLayout(number=number, size=picture.size, blank=f"page-{number}.png", fiducials=(), codes=(), zones=zones)
        for number, (picture, zones) in enumerate(zip(pictures, zones_of(found), strict=True), 1)
    )
    layout = Layout(
        questionnaire=code, version="1", language=language, variant="standard", digest="00000",
        filled=Filled.MARK if filled else Filled.WITHDRAWN, pages=pages,
    )  # fmt: skip
    return replace(layout, digest=pagecode.layout_digest(layout))


def _code_of(path: Path) -> str:
    return suggestion(path.stem, length=20, letter_first=True)
