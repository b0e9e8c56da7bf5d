"""One page in one picture: identified, registered, read."""

from scanform.imaging.page_map import PageMap
from scanform.model.page import Fate
from scanform.model.problem import Problem
from scanform.page_result import PageResult
from scanform.recognize import reader
from scanform.register.fit import fit_from_corners, fit_page
from scanform.workflow.reading import image_causes
from scanform.workflow.reading.identify import identify
from scanform.workflow.reading.refusals import explained
from scanform.workflow.reading.stages import Identified, Loaded, Read, Refusal, RefusedError, Registered

WEAK_REGISTRATION = "weak-registration"
"""The problem of a page whose print does not confirm its registration."""


def read_picture(loaded: Loaded) -> PageResult:
    """The content of one page, treating the image as that of a single page."""
    try:
        return read(register(identify(loaded))).result()
    except RefusedError as refused:
        return explained(loaded, refused.refusal).result(loaded.job.ref)


def register(identified: Identified) -> Registered:
    """Register the page; raises RefusedError when its print does not confirm the map."""
    page_map = identified.fitted or _fitted(identified)
    if page_map is None:
        problems = (*identified.problems, Problem(slug=WEAK_REGISTRATION))
        raise RefusedError(Refusal(outcome=Fate.REVIEW, identity=identified.identity, problems=problems))
    return Registered(
        identified=identified, page_map=page_map, prepared=identified.edition.prepared(identified.identity.page)
    )


def _fitted(identified: Identified) -> PageMap | None:
    """The map from the corners a person marked, otherwise from the markers; None when the print does not confirm it."""
    scan, check = identified.scan, identified.edition.check(identified.identity.page)
    corners = tuple((x, (y + 0.5) * scan.factor - 0.5) for x, y in identified.loaded.job.corners_px)
    if corners:
        return fit_from_corners(scan.seen, corners, identified.page, check)
    return fit_page(scan.seen, scan.markers, identified.page, check)


def read(registered: Registered) -> Read:
    """Read the zones of the page."""
    identified = registered.identified
    by = identified.edition.context(identified.identity.instance)
    fields, ink = reader.read_page(identified.scan.read, registered.page_map, registered.prepared, by)
    problems = identified.loaded.problems + identified.problems + _remarks(registered)
    return Read(registered=registered, fields=fields, ink=ink, problems=problems)


def _remarks(registered: Registered) -> tuple[Problem, ...]:
    """Poor quality of the image of a page that was read; not checked for images whose lines had to be repositioned."""
    scan, original = registered.identified.scan, registered.identified.loaded.original
    if scan.factor != 1:
        return ()
    return image_causes.remarks(original, scan.markers, registered.prepared.corners_mm, registered.page_map)
