"""Several sheets in one image: each is found, cropped, and read as a page of its own."""

import time
from collections.abc import Sequence
from dataclasses import replace

from scanform.model.page import Fate
from scanform.model.problem import Problem
from scanform.page_result import PageResult
from scanform.register.sheets import Region, around, corners_of, cut_out, find_regions, holds_more, in_reading_order
from scanform.workflow.reading.read_picture import read_picture
from scanform.workflow.reading.stages import Loaded

BESIDE = "beside-a-form"
"""The problem of unreadable objects in an image beside a form."""


def may_hold_more(loaded: Loaded, whole: PageResult) -> bool:
    """Whether the image may show more than the page it was read as: a cheap test where that page fills it, and on empty
    paper.
    """
    if whole.outcome is Fate.READ and whole.page_map is not None and whole.identity is not None:
        return holds_more(
            loaded.image, whole.page_map, loaded.layouts[whole.identity.digest].page(whole.identity.page).size
        )
    return loaded.job.given is None and whole.outcome in (Fate.REVIEW, Fate.UNKNOWN_FORM)


def with_all_sheets(loaded: Loaded, whole: PageResult) -> PageResult:
    """Every sheet in the image read by itself; the image as a whole if it shows only one."""
    layouts, job = loaded.layouts, loaded.job
    found = []
    if whole.page_map is not None and whole.identity is not None:
        found = [(whole.page_map, layouts[whole.identity.digest].page(whole.identity.page).size)]
    anew = replace(loaded, job=replace(job, given=None, corners_px=()))
    read: list[tuple[Region, PageResult]] = []
    for region in find_regions(loaded.image, layouts, found):
        own = bool(found) and region.holds(corners_of(*found[0]).mean(axis=0))
        read.append((region, replace(whole, region=region.corners_px) if own else read_sheet(anew, region)))
    by_region = dict(
        _without_scraps([(region, sheet) for region, sheet in read if region.ours or sheet.outcome is not Fate.BLANK])
    )
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
    """The sheets, with everything foreign combined into one page: papers on a table around a form raise one question,
    not one each.
    """
    foreign = [
        (region, sheet)
        for region, sheet in read
        if not region.ours and sheet.outcome is Fate.UNKNOWN_FORM and sheet.identity is None
    ]
    if len(foreign) < 2:
        return list(read)
    region = around([one for one, _ in foreign])
    problems = tuple(
        dict.fromkeys(
            problem for _, sheet in foreign for problem in sheet.problems if problem.slug in (BESIDE, "no-markers")
        )
    )
    return [item for item in read if item not in foreign] + [
        (region, replace(foreign[0][1], region=region.corners_px, problems=problems))
    ]


def _numbered(sheets: Sequence[PageResult]) -> tuple[PageResult, ...]:
    refs = [replace(sheet.ref, part=number) for number, sheet in enumerate(sheets, start=1)]
    return tuple(
        replace(sheet, ref=ref, reading=replace(sheet.reading, ref=ref) if sheet.reading else None)
        for ref, sheet in zip(refs, sheets, strict=True)
    )


def read_sheet(loaded: Loaded, region: Region) -> PageResult:
    """One of several sheets in an image, read as an image of its own; positions are converted to pixels of the whole
    image.
    """
    started = time.perf_counter()
    cut, (left, top) = cut_out(loaded.image, region.corners_px)
    original = cut if loaded.image is loaded.original else cut_out(loaded.original, region.corners_px)[0]
    corners = tuple((x - left, y - top) for x, y in loaded.job.corners_px)
    alone = replace(loaded, job=replace(loaded.job, region=(), corners_px=corners), image=cut, original=original)
    found = read_picture(alone)
    if not region.ours and found.outcome is not Fate.READ:
        found = replace(found, problems=(Problem(slug=BESIDE), *found.problems))
    return replace(
        found.shifted(left, top),
        region=region.corners_px,
        turn=loaded.turn,
        milliseconds=round((time.perf_counter() - started) * 1000, 1),
    )
