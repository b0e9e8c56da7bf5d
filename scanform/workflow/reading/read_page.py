"""One page, in a worker: load the image, read the page or pages on it. Nothing here writes to the store."""

import logging
import time
from dataclasses import replace

from scanform.errors import InternalError, MissingProgramError
from scanform.imaging.page_map import PageMap
from scanform.model.page import Fate
from scanform.model.problem import Problem
from scanform.page_result import PageResult
from scanform.recognize.writing.tesseract import read_line
from scanform.recognize.writing.written_ink import WrittenInk, written_ink
from scanform.register.photo import lightened
from scanform.register.preprocess import preprocess
from scanform.register.sheets import Region, cut_out
from scanform.scan.files.limits import deadline
from scanform.scan.load import LoadedPage, load_page
from scanform.workflow.reading.edition import Editions, editions_of
from scanform.workflow.reading.read_picture import read_picture
from scanform.workflow.reading.several_sheets import may_hold_more, read_sheet, with_all_sheets
from scanform.workflow.reading.stages import Loaded, PageJob

log = logging.getLogger(__name__)


def read_page(job: PageJob) -> PageResult:
    """The content of one page; bad input ends as a problem, never as an exception."""
    started = time.perf_counter()
    with deadline(job.limits.page_seconds):
        decoded = load_page(replace(job.ref, path=job.file), job.limits)
        result = _result_or_error(job, decoded)
    return replace(result, turn=decoded.turn, milliseconds=round((time.perf_counter() - started) * 1000, 1))


def _result_or_error(job: PageJob, decoded: LoadedPage) -> PageResult:
    """A page on which the reading itself fails must not harm the others: it gets a fate of its own and can be read
    again later.
    """
    try:
        return _result(job, decoded, editions_of(job.editions))
    except (MissingProgramError, InternalError):
        raise
    except Exception as error:  # whatever a library or a reader raises on strange pixels
        log.info("page %s of %s: %s", job.ref.place, job.ref.sha256[:12], type(error).__name__, exc_info=True)
        problem = Problem(slug="crashed", where=f"page {job.ref.place}", params=(("detail", type(error).__name__),))
        return PageResult(ref=job.ref, outcome=Fate.ERROR, problems=(*decoded.problems, problem))


def _result(job: PageJob, decoded: LoadedPage, editions: Editions) -> PageResult:
    if decoded.image is None:
        return PageResult(ref=job.ref, outcome=Fate.DAMAGED, problems=decoded.problems)
    image = lightened(decoded.image)
    loaded = Loaded(
        job=job, editions=editions, image=image, original=decoded.image, problems=decoded.problems, turn=decoded.turn
    )
    if job.region:
        return read_sheet(loaded, Region(corners_px=job.region, ours=True))
    whole = read_picture(loaded)
    return with_all_sheets(loaded, whole) if may_hold_more(loaded, whole) else whole


def written_on(job: PageJob, page_map: PageMap, digest: str, number: int, zones: frozenset[str]) -> WrittenInk | None:
    """The ink of zones of a page read before and registered by `page_map`, cropped as its readers got it; None when the
    file can no longer be decoded.
    """
    decoded = load_page(replace(job.ref, path=job.file), job.limits)
    if decoded.image is None:
        return None
    editions = editions_of(job.editions)
    image, (left, top) = (
        cut_out(lightened(decoded.image), job.region) if job.region else (lightened(decoded.image), (0, 0))
    )
    seen = preprocess(image, layouts=editions.layouts(job.digests), read_text=read_line)
    page_map = page_map.shifted(-left, -top)
    here = page_map.rows_scaled(seen.factor) if seen.factor != 1 else page_map
    return written_ink(seen.read, here, editions.edition(digest).prepared(number), zones)
