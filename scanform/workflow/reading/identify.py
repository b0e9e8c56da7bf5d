"""Identifies a page: by its code, by a person or its neighbours, or by its print; otherwise the page is refused."""

import hashlib

from scanform import pagecode
from scanform.imaging.page_map import PageMap
from scanform.model.layout import Layout, PageLayout
from scanform.model.page import Fate, FoundBy, Identity, PageRef
from scanform.model.problem import Problem
from scanform.recognize.writing.tesseract import read_line
from scanform.register.fit import fit_page
from scanform.register.identify import Sighting, identify_at
from scanform.register.identify_by_print import Known, identify_by_content
from scanform.register.markers import Marker, page_number
from scanform.register.preprocess import Attempt, preprocess
from scanform.register.quality import doubt_of_blank
from scanform.workflow.reading.stages import Identified, Loaded, Refusal, RefusedError

ONLY_FORM = "only-form-known"
"""The problem of a page of our own whose edition and page are known by its print, but not its form."""

_CONTRADICTION = frozenset({"conflicting-codes", "mirrored"})
"""Problems of codes that are ambiguous: then the print is not consulted."""

_OURS = frozenset({*_CONTRADICTION, "identity-by-text", "unknown-instance"})
"""Problems that only a page of ours has."""


def identify(loaded: Loaded) -> Identified:
    """The page and its edition; raises RefusedError for an unknown page."""
    scan = preprocess(loaded.image, layouts=loaded.layouts, read_text=read_line)
    sighting = Sighting(identity=loaded.job.given) if loaded.job.given else scan.sighting
    if sighting.identity is None:
        return _without_code(loaded, scan)
    if sighting.identity.digest not in loaded.job.digests:
        raise RefusedError(Refusal(outcome=Fate.UNKNOWN_FORM, identity=sighting.identity, problems=sighting.problems))
    edition = loaded.editions.edition(sighting.identity.digest)
    return Identified(loaded=loaded, scan=scan, identity=sighting.identity, edition=edition, problems=sighting.problems)


def _without_code(loaded: Loaded, scan: Attempt) -> Identified:
    """A page without a readable code, identified by its print if possible."""
    fate, problems = _fate_without_identity(scan.markers, scan.sighting.problems), scan.sighting.problems
    found = None
    if not any(problem.slug in _CONTRADICTION for problem in problems):
        found = _by_print(loaded, scan) if fate is Fate.REVIEW else _by_content(loaded, scan)
    if found is None:
        raise RefusedError(Refusal(outcome=fate, problems=problems, seen_page=page_number(scan.markers)))
    return found


def _fate_without_identity(markers: tuple[Marker, ...], problems: tuple[Problem, ...]) -> Fate:
    """A mark of ours on the page: a person can help. Otherwise: blank paper, if that can be proven."""
    if len(markers) >= 2 or any(problem.slug in _OURS for problem in problems):
        return Fate.REVIEW
    return Fate.BLANK  # not proven yet: see `refusals`


def _by_print(loaded: Loaded, scan: Attempt) -> Identified | None:
    """A page of our own that shows markers, but no readable code: its print tells the edition, and where to look for
    its number.
    """
    number = page_number(scan.markers)
    found = []
    for layout in loaded.layouts.values():
        for page in layout.pages:
            if page.number == number and page.fiducials:
                page_map = fit_page(scan.seen, scan.markers, page, loaded.editions.check(layout.digest, page.number))
                found += [(layout, page, page_map)] if page_map else []
    return _own_page(loaded, scan, *found[0]) if len(found) == 1 else None


def _own_page(loaded: Loaded, scan: Attempt, layout: Layout, page: PageLayout, page_map: PageMap) -> Identified:
    """A page of our own known by its print; its code or its printed number tell the form. Where neither is legible a
    person has to.
    """
    sighting = identify_at(scan.seen, page_map, page, layout, read_line)
    if sighting is None or sighting.identity is None:
        title = f"{layout.questionnaire} {layout.version}"
        known = Problem(slug=ONLY_FORM, params=(("digest", layout.digest), ("form", title), ("page", str(page.number))))
        raise RefusedError(
            Refusal(
                outcome=Fate.REVIEW, problems=(*(sighting.problems if sighting else ()), known), seen_page=page.number
            )
        )
    edition = loaded.editions.edition(layout.digest)
    return Identified(
        loaded=loaded,
        scan=scan,
        identity=sighting.identity,
        edition=edition,
        problems=sighting.problems,
        fitted=page_map,
    )


def _by_content(loaded: Loaded, scan: Attempt) -> Identified | None:
    """A page without any mark of ours, if its print matches a known page; an ambiguous one waits for a person.

    Blank paper is compared with imported forms only: some of these bear next to nothing.
    """
    layouts, blank = loaded.layouts, doubt_of_blank(loaded.image) is None
    known = [
        Known(key=(layout.digest, page.number), page=page, check=loaded.editions.check(layout.digest, page.number))
        for layout in layouts.values()
        for page in layout.pages
        if layout.imported or not blank
    ]
    if not known:
        return None
    seen = identify_by_content(scan.seen, known)
    if seen.key is None or seen.page_map is None:
        if seen.problems:
            raise RefusedError(Refusal(outcome=Fate.REVIEW, problems=seen.problems))
        return None
    digest, number = seen.key
    layout = layouts[digest]
    if not layout.imported:
        return _own_page(loaded, scan, layout, layout.page(number), seen.page_map)
    instance = own_instance(digest, loaded.job.ref)
    identity = Identity(
        digest=digest, instance=instance, page=number, pages=len(layout.pages), found_by=FoundBy.CONTENT
    )
    edition = loaded.editions.edition(digest)
    return Identified(
        loaded=loaded, scan=scan, identity=identity, edition=edition, problems=seen.problems, fitted=seen.page_map
    )


def own_instance(digest: str, ref: PageRef) -> str:
    """The instance of an imported form that begins with this page: derived from the content alone, so that it is the
    same in every run.
    """
    part = f"\0{ref.part}" if ref.part else ""
    named = hashlib.sha256(f"{digest}\0{ref.sha256}\0{ref.index}{part}".encode()).digest()
    return pagecode.base32(int.from_bytes(named[:5], "big") >> (40 - pagecode.INSTANCE_BITS), pagecode.INSTANCE_LENGTH)
