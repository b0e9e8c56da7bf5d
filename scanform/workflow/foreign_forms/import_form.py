"""Imports a form that scanform did not print: its layout, the images of its blank pages, a questionnaire for its
answers.
"""

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from scanform import pagecode
from scanform.discover.estimate_blank import EstimatedBlank, estimate_blank
from scanform.discover.outlines import outlined
from scanform.errors import InputError, StoreError, TemplateError, UsageError, listed, words
from scanform.formats.layout_json import dump_layout, load_layout
from scanform.formats.questionnaires.read_yaml import load_questionnaire
from scanform.formats.questionnaires.write_yaml import questionnaire_yaml
from scanform.imaging.page_image import BlankPage, Gray, PageImage
from scanform.imaging.page_map import PageMap, Tier
from scanform.model.geometry import RectMm
from scanform.model.layout import Layout, PageLayout, Zone, ZoneKind
from scanform.model.problem import Problem
from scanform.register.fit import fit_page
from scanform.register.prepare import prepare_page
from scanform.whole_files import atomic_folder, write_text
from scanform.workflow.foreign_forms.blank_pages import PX_PER_MM, BlankPicture, fits_paper, load_blanks, wrong_ratio
from scanform.workflow.project.folders import QUESTIONNAIRES, SNAPSHOT
from scanform.workflow.project.project import Project, refuse_misfits
from scanform.workflow.reading.edition import WEAK
from scanform.workflow.reading.stages import WEAK_BLANK

MOST_OFF = 0.5
"""Fraction of boxes and cells without a printed outline above which blank and layout do not belong together."""

NO_OUTLINE = "no-outline"
"""The problem of a zone where nothing is printed on the blank page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedForm:
    """The imported form: the layout with its digest, the questionnaire's file if one was written, zones to check.

    `known` says that the same form was already imported; nothing was changed then.
    """

    layout: Layout
    folder: Path
    questionnaire: Path | None
    problems: tuple[Problem, ...]
    known: bool = False


def import_form(project: Project, blank: Sequence[Path], layout_file: Path) -> ImportedForm:
    """Import the form whose empty pages are in `blank` and whose zones are in `layout_file`.

    Raises InputError when a file cannot be read or blank and layout do not belong together, TemplateError when no
    questionnaire can be made of the layout, UsageError when the project's questionnaire asks something else, StoreError
    when the digest is taken.
    """
    layout = read_layout(layout_file)
    return keep_form(project, layout, blanks_of(layout, load_blanks(blank)))


def import_filled(project: Project, scans: Sequence[Path], layout_file: Path) -> ImportedForm:
    """Import a form known only from filled scans, one form after the other; the layout was measured on the first one.

    The blank pages are what the scans have in common. Zones with uncertain print are named, and people check everything
    read there. Raises as `import_form`.
    """
    layout = read_layout(layout_file)
    pictures = load_blanks(scans)
    if len(pictures) % len(layout.pages):
        message = words("imported.page_count", found=len(pictures), wanted=len(layout.pages))
        raise InputError(message, remedy=words("imported.page_count_remedy"), slug="page-count")
    made = [_estimated(page, pictures[number :: len(layout.pages)]) for number, page in enumerate(layout.pages)]
    return keep_form(
        project, layout, [blank.gray for blank in made], weak=tuple(zone for blank in made for zone in blank.weak)
    )


def _estimated(page: PageLayout, pictures: Sequence[BlankPicture]) -> EstimatedBlank:
    """The blank page estimated from filled scans; scans that do not fit the first one are left out."""
    first = _blank_of(page, pictures[0])
    check = prepare_page(page, BlankPage(gray=first, px_per_mm_x=PX_PER_MM, px_per_mm_y=PX_PER_MM))
    plain = PageMap(homography=(PX_PER_MM, 0, -0.5, 0, PX_PER_MM, -0.5, 0, 0, 1), residual_mm=0, tier=Tier.T0)
    seen = [(first, plain)]
    for picture in pictures[1:]:
        page_map = fit_page(PageImage(gray=picture.gray), (), page, check)
        seen += [(picture.gray, page_map)] if page_map is not None else []
    return estimate_blank(seen, page)


def keep_form(project: Project, layout: Layout, blanks: Sequence[Gray], *, weak: Sequence[str] = ()) -> ImportedForm:
    """Write an imported form into the project; `weak` are zones whose print is uncertain in the blank pages."""
    problems = _outlines_missing(layout, blanks)
    problems += tuple(Problem(slug=WEAK_BLANK, where=zone, params=(("zone", zone),)) for zone in weak)
    folder = project.layouts_folder / layout.digest
    if folder.is_dir():
        _refuse_clash(folder, layout, blanks)
        return ImportedForm(layout=layout, folder=folder, questionnaire=None, problems=problems, known=True)
    written = _questionnaire(project, layout)
    source = project.folder / QUESTIONNAIRES / f"{layout.questionnaire}.yaml"
    with atomic_folder(folder) as temporary:
        for page, gray in zip(layout.pages, blanks, strict=True):
            (temporary / page.blank).write_bytes(_png(gray))
        (temporary / "layout.json").write_text(dump_layout(layout), encoding="utf-8")
        (temporary / SNAPSHOT).write_text(source.read_text(encoding="utf-8"), encoding="utf-8")
        if weak:
            (temporary / WEAK).write_text(json.dumps(list(weak)), encoding="utf-8")
    return ImportedForm(layout=layout, folder=folder, questionnaire=written, problems=problems)


def read_layout(path: Path) -> Layout:
    """The layout in a file, with page images named by their number and the digest that follows from it; raises
    InputError.
    """
    try:
        layout = load_layout(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        reason = error if isinstance(error, OSError) else words("os.not-utf8")
        raise InputError(
            words("imported.no_file", file=str(path), reason=reason), remedy=words("imported.no_file_remedy")
        ) from error
    if not layout.imported:
        raise InputError(
            words("imported.printed_here", file=str(path)),
            remedy=words("imported.printed_here_remedy"),
            slug="printed-here",
        )
    wrong = contradictions(layout)
    if wrong:
        raise InputError(
            listed(words("imported.bad_layout", file=str(path)), wrong, indented=True),
            remedy=words("imported.bad_layout_remedy"),
        )
    pages = tuple(replace(page, blank=f"page-{page.number}.png") for page in layout.pages)
    named = replace(layout, pages=pages)
    return replace(named, digest=pagecode.layout_digest(named))


def contradictions(layout: Layout) -> list[Problem]:
    """Contradictions in a layout whose fields are each valid; `where` is the id of a zone."""
    found = (
        []
        if [page.number for page in layout.pages] == list(range(1, len(layout.pages) + 1))
        else [Problem(slug="page-numbers")]
    )
    ids: set[str] = set()
    places: set[tuple[str, str | None, ZoneKind]] = set()
    for page in layout.pages:
        for zone in page.zones:
            found += [
                Problem(slug=slug, where=zone.id, params=(("zone", zone.id),))
                for slug in _wrong(zone, page, ids, places)
            ]
            ids.add(zone.id)
            places.add((zone.question, zone.option, zone.kind))
    if not ids:
        found.append(Problem(slug="no-zones"))
    return found


def _wrong(zone: Zone, page: PageLayout, ids: set[str], places: set[tuple[str, str | None, ZoneKind]]) -> list[str]:
    slugs = ["zone-twice"] if zone.id in ids else []
    inside = (
        zone.rect.x >= -1
        and zone.rect.y >= -1
        and zone.rect.right <= page.size.w + 1
        and zone.rect.bottom <= page.size.h + 1
    )
    if not inside or min(zone.rect.w, zone.rect.h) < 1.0:
        slugs.append("zone-off-page")
    if (zone.kind is ZoneKind.MARK and zone.option is None) or (zone.kind is ZoneKind.COMB and not zone.cells):
        slugs.append("zone-incomplete")
    elif zone.kind in (ZoneKind.MARK, ZoneKind.COMB) and (zone.question, zone.option, zone.kind) in places:
        slugs.append("option-twice")
    return slugs


def blanks_of(layout: Layout, pictures: Sequence[BlankPicture]) -> list[Gray]:
    """The images as the blank pages of the layout, at 300 dpi: deskewed if its zones then lie on print, otherwise as
    they are.

    Raises InputError when their number or aspect ratio is not that of the layout.
    """
    if len(pictures) != len(layout.pages):
        message = words("imported.page_count", found=len(pictures), wanted=len(layout.pages))
        raise InputError(message, remedy=words("imported.page_count_remedy"), slug="page-count")
    return [_blank_of(page, picture) for page, picture in zip(layout.pages, pictures, strict=True)]


def _blank_of(page: PageLayout, picture: BlankPicture) -> Gray:
    if not fits_paper(picture, page.size):
        raise wrong_ratio(picture, page.size)
    straight = picture.drawn(page.size)
    if picture.skew == 0.0:
        return straight
    as_is = picture.drawn(page.size, straight=False)
    rects = [rect for _, rect in _printed(page)]
    return straight if outlined(straight, rects).sum() >= outlined(as_is, rects).sum() else as_is


def _printed(page: PageLayout) -> list[tuple[str, RectMm]]:
    """The outlines that must be printed on a page, each with the id of its zone: boxes and cells."""
    marks = [(zone.id, zone.rect) for zone in page.zones if zone.kind is ZoneKind.MARK]
    return marks + [(zone.id, cell) for zone in page.zones if zone.kind is ZoneKind.COMB for cell in zone.cells]


def _outlines_missing(layout: Layout, blanks: Sequence[Gray]) -> tuple[Problem, ...]:
    """A problem for each zone where nothing is printed; raises InputError when that holds for most of a page."""
    missing: dict[str, int] = {}
    for page, gray in zip(layout.pages, blanks, strict=True):
        printed = _printed(page)
        seen = outlined(gray, [rect for _, rect in printed])
        if len(printed) and (~seen).mean() > MOST_OFF:
            message = words("imported.not_this_form", page=page.number, off=int((~seen).sum()), all=len(printed))
            raise InputError(message, remedy=words("imported.not_this_form_remedy"), slug="not-this-form")
        missing |= {zone: page.number for (zone, _), there in zip(printed, seen, strict=True) if not there}
    return tuple(
        Problem(slug=NO_OUTLINE, where=zone, params=(("zone", zone), ("page", str(number))))
        for zone, number in missing.items()
    )


def _refuse_clash(folder: Path, layout: Layout, blanks: Sequence[Gray]) -> None:
    """Raise StoreError when a different form (other zones, or other print) is stored under this digest."""
    same = (folder / "layout.json").read_text(encoding="utf-8") == dump_layout(layout)
    if same and all(_alike(folder / page.blank, gray) for page, gray in zip(layout.pages, blanks, strict=True)):
        return
    raise StoreError(
        words("print.digest_clash", digest=layout.digest),
        remedy=words("imported.digest_clash_remedy"),
        slug="digest-clash",
    )


def _alike(path: Path, gray: Gray) -> bool:
    kept = cv2.imdecode(np.frombuffer(path.read_bytes(), dtype=np.uint8), cv2.IMREAD_GRAYSCALE)
    return kept is not None and kept.shape == gray.shape and bool(np.array_equal(kept, gray))


def _questionnaire(project: Project, layout: Layout) -> Path | None:
    """Make a questionnaire for the layout unless the project has one that fits; returns the file that was written."""
    path = project.folder / QUESTIONNAIRES / f"{layout.questionnaire}.yaml"
    present = project.questionnaires.get(layout.questionnaire)
    if present is None:
        content = questionnaire_yaml(layout, language=project.language)
        _refuse_codes(content, path.name)
        write_text(path, content)
        return path
    if present.version != layout.version:
        params = {"code": layout.questionnaire, "there": present.version, "wanted": layout.version}
        raise UsageError(words("imported.other_version", **params), remedy=words("imported.other_version_remedy"))
    refuse_misfits(project, present, layout)
    return None


def _refuse_codes(content: str, name: str) -> None:
    """Raise TemplateError when codes of the layout are invalid in a questionnaire (reserved words, one option only)."""
    with tempfile.TemporaryDirectory() as scratch:
        trial = Path(scratch) / name
        trial.write_text(content, encoding="utf-8")
        try:
            load_questionnaire(trial)
        except TemplateError as error:
            raise TemplateError(
                listed(words("imported.bad_codes"), [error.message]), remedy=words("imported.bad_codes_remedy")
            ) from error


def _png(gray: Gray) -> bytes:
    done, data = cv2.imencode(".png", gray)
    if not done:
        raise ValueError(f"cannot encode a picture of shape {gray.shape}")
    return data.tobytes()
