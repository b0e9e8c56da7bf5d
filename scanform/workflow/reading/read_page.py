"""One page, in a worker: load, register, read. Nothing here writes to the store."""

import hashlib
import json
import logging
import os
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from scanform import pagecode
from scanform.errors import MissingProgramError
from scanform.formats.layout_json import load_layout
from scanform.formats.questionnaires.read_yaml import load_questionnaire
from scanform.imaging.page_image import BLANK_DPI, BlankPage, PageImage
from scanform.imaging.page_map import PageMap
from scanform.model.geometry import RectPx
from scanform.model.layout import Layout, PageLayout
from scanform.model.page import Fate, FoundBy, Identity, PageRef
from scanform.model.problem import Problem
from scanform.model.questionnaire import Questionnaire, RecipientField, TextForm
from scanform.model.reading import FieldReading, PageReading
from scanform.page_result import PageResult
from scanform.recognize import reader
from scanform.recognize.ink.sampling_plan import PreparedPage
from scanform.recognize.writing.readers import Printed
from scanform.recognize.writing.tesseract import read_line
from scanform.recognize.writing.writing import ReadingContext
from scanform.recognize.writing.written_ink import WrittenInk, written_ink
from scanform.register.blank_paper import Doubt, is_one_white
from scanform.register.fit import fit_from_corners, fit_page
from scanform.register.identify import Sighting, identify_at
from scanform.register.identify_by_print import Known, identify_by_content
from scanform.register.markers import Marker, find_markers, page_number
from scanform.register.photo import lightened
from scanform.register.prepare import BoxCheck, prepare_page
from scanform.register.preprocess import Attempt, preprocess
from scanform.register.quality import doubt_of_blank
from scanform.register.sheets import Region, around, corners_of, cut_out, find_regions, holds_more, in_reading_order
from scanform.scan.files.limits import Limits, deadline, guard_process
from scanform.scan.load import LoadedPage, load_page
from scanform.workflow.printing.printed_texts import printed_on
from scanform.workflow.project.folders import QUESTIONNAIRES, SNAPSHOT
from scanform.workflow.project.signals import leave_signals_to_the_parent
from scanform.workflow.reading import image_causes
from scanform.workflow.reading.project_readers import readers_of

log = logging.getLogger(__name__)

PARENT_CHECK_S = 1.0
"""How often a worker looks whether the process that started it is still there."""

WEAK = "weak.json"
"""Beside layout.json of a form known from filled scans only: ids of the zones whose print is not sure."""

ONLY_FORM = "only-form-known"
"""The problem of a page of our own of which only edition and page are known, by its print, and not whose it is."""

BESIDE = "beside-a-form"
"""The problem of what lies in a picture beside a form and could not be read."""

WEAK_BLANK = "weak-blank"
"""The problem of what is read there."""

_KEPT_PAGES = 64
"""Prepared pages kept per process: 16 editions of four pages, some 2 MB each."""

_KEPT_CHECKS = 256
"""Landmarks of pages kept per process, some 1 MB each for large pages: every known page of imported forms is compared with a page without a code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageJob:
    """What a worker needs to read a page: references and paths, no arrays. `ref.path` is the name under which it was handed in.

    `file` is the archived copy that is opened. `given` is an identity that is known from elsewhere (neighbours, a person).
    `corners_px` are the corners of the page as a person showed them (top left, top right, bottom right, bottom left as printed).
    `region` are the corners of the one sheet to read in a picture that shows several, () for the picture as a whole.
    """

    ref: PageRef
    file: str
    layouts: str
    digests: tuple[str, ...]
    limits: Limits
    given: Identity | None = None
    corners_px: tuple[tuple[float, float], ...] = ()
    region: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """A page that was recognised: its layout, where it lies, and what has to be said about it.

    `image` is what to read when it is not the picture of the file itself: one with `factor` times as many rows. `markers` as seen in it.
    """

    identity: Identity
    page_map: PageMap
    prepared: PreparedPage
    problems: tuple[Problem, ...]
    image: PageImage | None = None
    factor: float = 1.0
    markers: tuple[Marker, ...] = ()


def start_worker(limits: Limits, parent: int) -> None:
    """Prepare a worker process: one thread per library, limits, no Ctrl-C of its own, an end with its parent."""
    leave_signals_to_the_parent()
    logging.getLogger().addHandler(logging.NullHandler())  # what libraries mumble about bad files is said by the problems
    os.environ["OMP_THREAD_LIMIT"] = "1"
    cv2.setNumThreads(1)
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    guard_process(limits)


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(PARENT_CHECK_S)
    os._exit(1)


def read_page(job: PageJob) -> PageResult:
    """What is on one page; wrong paper ends as a problem, never as an exception."""
    started = time.perf_counter()
    with deadline(job.limits.page_seconds):
        loaded = load_page(replace(job.ref, path=job.file), job.limits)
        result = _result_or_error(job, loaded)
    return replace(result, turn=loaded.turn, milliseconds=round((time.perf_counter() - started) * 1000, 1))


def _result_or_error(job: PageJob, loaded: LoadedPage) -> PageResult:
    """A page on which the reading itself fails must not harm the others: it gets a fate of its own and can be read again later."""
    try:
        return _result(job, loaded)
    except MissingProgramError:
        raise
    except Exception as error:  # whatever a library or a reader raises on strange pixels
        log.info("page %s of %s: %s", job.ref.place, job.ref.sha256[:12], type(error).__name__, exc_info=True)
        problem = Problem(slug="crashed", where=f"page {job.ref.place}", params=(("detail", type(error).__name__),))
        return PageResult(ref=job.ref, outcome=Fate.ERROR, problems=(*loaded.problems, problem))


def _result(job: PageJob, loaded: LoadedPage) -> PageResult:
    if loaded.image is None:
        return PageResult(ref=job.ref, outcome=Fate.DAMAGED, problems=loaded.problems)
    image = lightened(loaded.image)
    if job.region:
        return _read_sheet(job, loaded, image, Region(corners_px=job.region, ours=True))
    whole = _read_picture(job, loaded, image, loaded.image)
    return _with_all_sheets(job, loaded, image, whole) if _may_hold_more(job, image, whole) else whole


def _read_picture(job: PageJob, loaded: LoadedPage, image: PageImage, original: PageImage) -> PageResult:
    """What is on one page, taking `image` for a picture of it alone; `original` is the picture before it was lightened."""
    registered = _register(job, image)
    if isinstance(registered, PageResult):
        found = _with_causes(job, _proven(job, registered, original), original)
        return _named_negative(_without_reading(found, loaded.problems), image)
    by = ReadingContext(
        readers=readers_of(Path(job.layouts).parent), printed=_printed(job.layouts, registered.identity), forms=_forms(job.layouts, registered.identity.digest)
    )
    fields, ink = reader.read_page(registered.image or image, registered.page_map, registered.prepared, by)
    fields = _with_weak_zones(fields, _weak(job.layouts, registered.identity.digest))
    problems = loaded.problems + registered.problems + _remarks(registered, original)
    if registered.factor != 1:
        fields = tuple(replace(field, box=_rows_scaled(field.box, 1 / registered.factor)) for field in fields)
    return PageResult(
        ref=job.ref,
        outcome=Fate.READ,
        identity=registered.identity,
        page_map=registered.page_map.rows_scaled(1 / registered.factor) if registered.factor != 1 else registered.page_map,
        ink=ink,
        reading=PageReading(ref=job.ref, identity=registered.identity, fields=fields, problems=problems),
        problems=problems,
    )


# --- several sheets in one picture ---------------------------------------------------------------------------------------


def _may_hold_more(job: PageJob, image: PageImage, whole: PageResult) -> bool:
    """Whether the picture may show more than the page that it was taken for: cheap where that page fills it, and on empty paper."""
    if whole.outcome is Fate.READ and whole.page_map is not None and whole.identity is not None:
        return holds_more(image, whole.page_map, _layouts(job.layouts, job.digests)[whole.identity.digest].page(whole.identity.page).size)
    return job.given is None and whole.outcome in (Fate.REVIEW, Fate.UNKNOWN_FORM)


def _with_all_sheets(job: PageJob, loaded: LoadedPage, image: PageImage, whole: PageResult) -> PageResult:
    """Every sheet in the picture read by itself; the picture as a whole where it turns out to show but one."""
    layouts = _layouts(job.layouts, job.digests)
    found = []
    if whole.page_map is not None and whole.identity is not None:
        found = [(whole.page_map, layouts[whole.identity.digest].page(whole.identity.page).size)]
    anew = replace(job, given=None, corners_px=())
    read: list[tuple[Region, PageResult]] = []
    for region in find_regions(image, layouts, found):
        own = bool(found) and region.holds(corners_of(*found[0]).mean(axis=0))
        read.append((region, replace(whole, region=region.corners_px) if own else _read_sheet(anew, loaded, image, region)))
    by_region = dict(_without_scraps([(region, sheet) for region, sheet in read if region.ours or sheet.outcome is not Fate.BLANK]))
    sheets = [by_region[region] for region in in_reading_order(list(by_region), turn=loaded.turn)]
    if len(sheets) < 2:
        alone = next((sheet for sheet in sheets if sheet.outcome is Fate.READ), whole)
        return replace(alone, region=())
    numbered = _numbered(sheets)
    given = next((sheet for sheet in numbered if job.given is not None and sheet.identity == job.given), None)
    if given is not None:
        return replace(given, sheets=tuple(sheet for sheet in numbered if sheet is not given))
    return replace(whole, outcome=Fate.REVIEW, identity=None, page_map=None, reading=None, ink=b"", sheets=numbered)


def _without_scraps(read: Sequence[tuple[Region, PageResult]]) -> list[tuple[Region, PageResult]]:
    """The sheets, with all that is foreign put into one page: papers on a table around a form ask a person once, not once each."""
    foreign = [(region, sheet) for region, sheet in read if not region.ours and sheet.outcome is Fate.UNKNOWN_FORM and sheet.identity is None]
    if len(foreign) < 2:
        return list(read)
    region = around([one for one, _ in foreign])
    problems = tuple(dict.fromkeys(problem for _, sheet in foreign for problem in sheet.problems if problem.slug in (BESIDE, "no-markers")))
    return [item for item in read if item not in foreign] + [(region, replace(foreign[0][1], region=region.corners_px, problems=problems))]


def _numbered(sheets: Sequence[PageResult]) -> tuple[PageResult, ...]:
    refs = [replace(sheet.ref, part=number) for number, sheet in enumerate(sheets, start=1)]
    return tuple(replace(sheet, ref=ref, reading=replace(sheet.reading, ref=ref) if sheet.reading else None) for ref, sheet in zip(refs, sheets, strict=True))


def _read_sheet(job: PageJob, loaded: LoadedPage, image: PageImage, region: Region) -> PageResult:
    """One of several sheets in a picture, read as a picture of its own; places come back in pixels of the whole picture."""
    started = time.perf_counter()
    cut, (left, top) = cut_out(image, region.corners_px)
    original = cut if image is loaded.image or loaded.image is None else cut_out(loaded.image, region.corners_px)[0]
    corners = tuple((x - left, y - top) for x, y in job.corners_px)
    found = _read_picture(replace(job, region=(), corners_px=corners), loaded, cut, original)
    if not region.ours and found.outcome is not Fate.READ:
        found = replace(found, problems=(Problem(slug=BESIDE), *found.problems))
    placed = moved(found, left, top)
    return replace(placed, region=region.corners_px, turn=loaded.turn, milliseconds=round((time.perf_counter() - started) * 1000, 1))


def moved(found: PageResult, left: int, top: int) -> PageResult:
    """The result for a picture in which everything lies so many pixels further right and down; regions stay."""
    reading = found.reading
    if reading is not None:
        fields = tuple(replace(field, box=replace(field.box, x=field.box.x + left, y=field.box.y + top)) for field in reading.fields)
        reading = replace(reading, fields=fields)
    return replace(found, reading=reading, page_map=found.page_map.shifted(left, top) if found.page_map else None)


def written_on(job: PageJob, page_map: PageMap, digest: str, number: int, zones: frozenset[str]) -> WrittenInk | None:
    """The ink of zones of a page that was read and lies as `page_map` says, cut out as its readers got it; None when the file cannot be decoded any more."""
    loaded = load_page(replace(job.ref, path=job.file), job.limits)
    if loaded.image is None:
        return None
    image, (left, top) = cut_out(lightened(loaded.image), job.region) if job.region else (lightened(loaded.image), (0, 0))
    seen = preprocess(image, layouts=_layouts(job.layouts, job.digests), read_text=read_line)
    page_map = page_map.shifted(-left, -top)
    here = page_map.rows_scaled(seen.factor) if seen.factor != 1 else page_map
    return written_ink(seen.read, here, _prepared(job.layouts, digest, number)[1], zones)


def _with_weak_zones(fields: tuple[FieldReading, ...], weak: frozenset[str]) -> tuple[FieldReading, ...]:
    """What was read in zones of which the blank page is not sure goes to a person."""
    return tuple(field.doubted(WEAK_BLANK) if field.zone in weak else field for field in fields)


def _remarks(found: Registered, image: PageImage) -> tuple[Problem, ...]:
    """What is poor about the picture of a page that was read; not asked of pictures whose lines had to be put back."""
    return image_causes.remarks(image, found.markers, found.prepared.corners_mm, found.page_map) if found.factor == 1 else ()


def _with_causes(job: PageJob, found: PageResult, image: PageImage) -> PageResult:
    """A page that could not be recognised or registered, with what is wrong with its picture, if anything is."""
    if found.outcome is Fate.BLANK or (found.identity is not None and all(problem.slug != "weak-registration" for problem in found.problems)):
        return found
    return replace(found, problems=image_causes.causes(image, find_markers(lightened(image)), _layouts(job.layouts, job.digests)) + found.problems)


def _without_reading(found: PageResult, problems: tuple[Problem, ...]) -> PageResult:
    """The fate of a page that cannot be read; damage that looks like empty paper is damage."""
    if found.outcome is Fate.UNKNOWN_FORM and any(problem.slug == _COVER for problem in problems):
        return replace(found, outcome=Fate.BLANK, problems=problems)
    if found.outcome is not Fate.BLANK:
        return replace(found, problems=problems + found.problems)
    damaged = any(problem.slug in _DAMAGE for problem in problems)
    return replace(found, outcome=Fate.DAMAGED if damaged else Fate.BLANK, problems=problems)


def _named_negative(found: PageResult, image: PageImage) -> PageResult:
    """A page on which nothing was found says so when our markers are found in its negative."""
    if found.outcome not in (Fate.UNKNOWN_FORM, Fate.BLANK) or image.gray[::8, ::8].mean() >= _DARK_MEAN:
        return found
    if len(find_markers(PageImage(gray=255 - image.gray, dpi=image.dpi))) < 2:
        return found
    return replace(found, outcome=Fate.REVIEW, problems=(Problem(slug=NEGATIVE), *found.problems))


def _register(job: PageJob, image: PageImage) -> Registered | PageResult:
    """The page's identity and map, or the fate it has without."""
    layouts = _layouts(job.layouts, job.digests)
    seen = preprocess(image, layouts=layouts, read_text=read_line)
    markers = seen.markers
    sighting = Sighting(identity=job.given) if job.given else seen.sighting
    identity = sighting.identity
    if identity is None:
        fate = _fate_without_identity(markers, sighting.problems)
        found = _by_print(job, seen, layouts) if fate is Fate.REVIEW else _by_content(job, seen, layouts, blank=doubt_of_blank(image) is None)
        return found or PageResult(ref=job.ref, outcome=fate, problems=sighting.problems, seen_page=page_number(markers))
    if identity.digest not in layouts:
        return PageResult(ref=job.ref, outcome=Fate.UNKNOWN_FORM, identity=identity, problems=sighting.problems)
    page = layouts[identity.digest].page(identity.page)
    check, prepared = _prepared(job.layouts, identity.digest, identity.page)
    corners = tuple((x, (y + 0.5) * seen.factor - 0.5) for x, y in job.corners_px)
    page_map = fit_from_corners(seen.seen, corners, page, check) if corners else fit_page(seen.seen, markers, page, check)
    if page_map is None:
        return PageResult(ref=job.ref, outcome=Fate.REVIEW, identity=identity, problems=(*sighting.problems, Problem(slug="weak-registration")))
    return Registered(identity=identity, page_map=page_map, prepared=prepared, problems=sighting.problems, image=seen.read, factor=seen.factor, markers=markers)


def _rows_scaled(box: RectPx, factor: float) -> RectPx:
    """The box in a picture with `factor` times as many rows."""
    top, bottom = round(box.y * factor), round((box.y + box.h) * factor)
    return RectPx(x=box.x, y=top, w=box.w, h=max(0, bottom - top))


def _by_print(job: PageJob, scan: Attempt, layouts: Mapping[str, Layout]) -> Registered | PageResult | None:
    """A page of our own that shows markers, but no code that can be read as it is: its print says which edition it is, and where to look for its number."""
    if any(problem.slug in _CONTRADICTION for problem in scan.sighting.problems):
        return None
    number = page_number(scan.markers)
    found = []
    for layout in layouts.values():
        for page in layout.pages:
            if page.number == number and page.fiducials:
                page_map = fit_page(scan.seen, scan.markers, page, _check(job.layouts, layout.digest, page.number))
                found += [(layout, page, page_map)] if page_map else []
    return _own_page(job, scan, *found[0]) if len(found) == 1 else None


def _own_page(job: PageJob, scan: Attempt, layout: Layout, page: PageLayout, page_map: PageMap) -> Registered | PageResult:
    """A page of our own known by its print; whose it is, its code or its printed number say. Where neither can be made out a person has to."""
    sighting = identify_at(scan.seen, page_map, page, layout, read_line)
    if sighting is None or sighting.identity is None:
        title = f"{layout.questionnaire} {layout.version}"
        known = Problem(slug=ONLY_FORM, params=(("digest", layout.digest), ("form", title), ("page", str(page.number))))
        return PageResult(ref=job.ref, outcome=Fate.REVIEW, problems=(*(sighting.problems if sighting else ()), known), seen_page=page.number)
    prepared = _prepared(job.layouts, layout.digest, page.number)[1]
    return Registered(
        identity=sighting.identity,
        page_map=page_map,
        prepared=prepared,
        problems=sighting.problems,
        image=scan.read,
        factor=scan.factor,
        markers=scan.markers,
    )


def _by_content(job: PageJob, scan: Attempt, layouts: Mapping[str, Layout], *, blank: bool) -> Registered | PageResult | None:
    """A page on which nothing of ours was found, if its print is that of a known one; one that could be several waits for a person.

    Paper that is `blank` is compared with imported forms only: some of these bear next to nothing.
    """
    known = [
        Known(key=(layout.digest, page.number), page=page, check=_check(job.layouts, layout.digest, page.number))
        for layout in layouts.values()
        for page in layout.pages
        if layout.imported or not blank
    ]
    if not known or any(problem.slug in _CONTRADICTION for problem in scan.sighting.problems):
        return None
    seen = identify_by_content(scan.seen, known)
    if seen.key is None or seen.page_map is None:
        return PageResult(ref=job.ref, outcome=Fate.REVIEW, problems=seen.problems) if seen.problems else None
    digest, number = seen.key
    if not layouts[digest].imported:
        return _own_page(job, scan, layouts[digest], layouts[digest].page(number), seen.page_map)
    identity = Identity(digest=digest, instance=own_instance(digest, job.ref), page=number, pages=len(layouts[digest].pages), found_by=FoundBy.CONTENT)
    prepared = _prepared(job.layouts, digest, number)[1]
    return Registered(
        identity=identity, page_map=seen.page_map, prepared=prepared, problems=seen.problems, image=scan.read, factor=scan.factor, markers=scan.markers
    )


def own_instance(digest: str, ref: PageRef) -> str:
    """The instance of an imported form that begins with this page: it follows from the content alone, so that it is the same in every run."""
    part = f"\0{ref.part}" if ref.part else ""
    named = hashlib.sha256(f"{digest}\0{ref.sha256}\0{ref.index}{part}".encode()).digest()
    return pagecode.base32(int.from_bytes(named[:5], "big") >> (40 - pagecode.INSTANCE_BITS), pagecode.INSTANCE_LENGTH)


NEGATIVE = "negative-picture"
"""The problem of a page whose paper is dark and whose print is light."""

_DARK_MEAN = 128
"""Mean grey below which a page may be a negative: half of all levels, so that of a page and its negative one always is."""

_DAMAGE = frozenset({"page-suspect", "page-repaired", "unreadable-page", "missing-pages", NEGATIVE})

_COVER = "portfolio-cover"
"""The problem of a page that a program put in front of the files of a portfolio: words that never were on paper, and nothing for a person to do."""

_CONTRADICTION = frozenset({"conflicting-codes", "mirrored"})

_OURS = frozenset({"conflicting-codes", "mirrored", "identity-by-text", "unknown-instance"})


def _fate_without_identity(markers: tuple[Marker, ...], problems: tuple[Problem, ...]) -> Fate:
    """Something of ours on the page: a person can help. Nothing of ours: paper without print, if that can be proven."""
    if len(markers) >= 2 or any(problem.slug in _OURS for problem in problems):
        return Fate.REVIEW
    return Fate.BLANK  # nobody has looked yet whether that can be proven: see `_proven`


def _proven(job: PageJob, found: PageResult, image: PageImage) -> PageResult:
    """A page on which nothing of ours was found: blank paper if that is proven, a foreign form if something stands on it, else a person has to say."""
    if found.outcome is not Fate.BLANK:
        return found
    doubt = doubt_of_blank(image)
    if doubt is None and is_one_white(image) and not _file_shows_something(job):
        doubt = Doubt.FLAT
    if doubt is None:
        return found
    if doubt is Doubt.CONTENT:
        return replace(found, outcome=Fate.UNKNOWN_FORM)
    return replace(found, outcome=Fate.REVIEW, problems=(Problem(slug=doubt.value), *found.problems))


def _file_shows_something(job: PageJob) -> bool:
    """Whether a page beside this one in its file shows more than one grey: then what reads the file works, and white is white."""
    for index in (job.ref.index - 1, job.ref.index + 1):
        if index >= 0:
            beside = load_page(replace(job.ref, path=job.file, index=index), job.limits)
            if beside.image is not None and not is_one_white(beside.image):
                return True
    return False


@lru_cache(maxsize=_KEPT_PAGES)
def _layouts(folder: str, digests: tuple[str, ...]) -> Mapping[str, Layout]:
    return {digest: load_layout((Path(folder) / digest / "layout.json").read_text(encoding="utf-8")) for digest in digests}


@lru_cache(maxsize=_KEPT_PAGES)
def _prepared(folder: str, digest: str, number: int) -> tuple[BoxCheck, PreparedPage]:
    """What is known of a page before a scan of it comes: made once per process."""
    layout = _layouts(folder, (digest,))[digest]
    page = layout.page(number)
    blank = load_blank(Path(folder) / digest, page)
    return _check(folder, digest, number), reader.prepare_page(page, blank, filled=layout.filled, lists=_lists(folder, digest))


def _printed(folder: str, identity: Identity) -> Mapping[str, Printed]:
    """What this form bears in print of its recipient, for the questions that ask for it."""
    return printed_on(Path(folder) / identity.digest, identity.instance, _asked(folder, identity.digest), _lists(folder, identity.digest))


@lru_cache(maxsize=_KEPT_PAGES)
def _asked(folder: str, digest: str) -> Mapping[str, RecipientField]:
    """Which questions of a form ask for what it says of its recipient."""
    questionnaire = _questionnaire(folder, digest)
    return {question.code: question.recipient for question in questionnaire.questions() if question.recipient} if questionnaire else {}


@lru_cache(maxsize=_KEPT_PAGES)
def _forms(folder: str, digest: str) -> Mapping[str, TextForm]:
    """Which questions of a form ask for a phone number or an e-mail address."""
    questionnaire = _questionnaire(folder, digest)
    return {question.code: question.form for question in questionnaire.questions() if question.form} if questionnaire else {}


@lru_cache(maxsize=_KEPT_PAGES)
def _lists(folder: str, digest: str) -> Mapping[str, tuple[str, ...]]:
    """The texts that the questions of a form list, question -> texts."""
    questionnaire = _questionnaire(folder, digest)
    return {question.code: question.values for question in questionnaire.questions() if question.values} if questionnaire else {}


@lru_cache(maxsize=_KEPT_PAGES)
def _questionnaire(folder: str, digest: str) -> Questionnaire | None:
    """The questionnaire that a form was printed from, or the one that describes it."""
    layout = _layouts(folder, (digest,))[digest]
    kept = Path(folder) / layout.digest / SNAPSHOT
    today = Path(folder).parent / QUESTIONNAIRES / f"{layout.questionnaire}.yaml"
    for path in (kept, today):
        if path.exists():
            questionnaire = load_questionnaire(path)
            if (questionnaire.code, questionnaire.version) == (layout.questionnaire, layout.version):
                return questionnaire
    return None


@lru_cache(maxsize=_KEPT_PAGES)
def _weak(folder: str, digest: str) -> frozenset[str]:
    """The zones of a form of which its blank pages, estimated from filled scans, do not say for sure what is printed there."""
    path = Path(folder) / digest / WEAK
    return frozenset(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else frozenset()


@lru_cache(maxsize=_KEPT_CHECKS)
def _check(folder: str, digest: str, number: int) -> BoxCheck:
    """The landmarks of a page: all that it takes to find out whether a scan shows it."""
    page = _layouts(folder, (digest,))[digest].page(number)
    return prepare_page(page, load_blank(Path(folder) / digest, page))


def known_page(folder: str, digest: str, number: int) -> tuple[PageLayout, BoxCheck]:
    """A page of a known layout and its landmarks, kept per process; `folder` holds the layouts of the project."""
    return _layouts(folder, (digest,))[digest].page(number), _prepared(folder, digest, number)[0]


def load_blank(folder: Path, page: PageLayout) -> BlankPage:
    """The picture of an unanswered page; raises FileNotFoundError when it is not there."""
    path = folder / page.blank
    gray = cv2.imdecode(np.frombuffer(path.read_bytes(), dtype=np.uint8), cv2.IMREAD_GRAYSCALE)
    if gray is None:
        raise FileNotFoundError(str(path))
    per_mm = BLANK_DPI / 25.4  # not from the size of the picture: poppler rounds that up and draws at exactly this scale
    return BlankPage(gray=gray.astype("uint8", copy=False), px_per_mm_x=per_mm, px_per_mm_y=per_mm)
