"""The fate of a page that cannot be read: blank if that is proven, damaged if its file is damaged, and the problems of
its image.
"""

from dataclasses import replace

from scanform.imaging.page_image import PageImage
from scanform.model.page import Fate
from scanform.model.problem import Problem
from scanform.register.blank_paper import Doubt, is_one_white
from scanform.register.markers import find_markers
from scanform.register.photo import lightened
from scanform.register.quality import doubt_of_blank
from scanform.scan.load import load_page
from scanform.workflow.reading import image_causes
from scanform.workflow.reading.stages import Loaded, PageJob, Refusal

NEGATIVE = "negative-picture"
"""The problem of a page with dark paper and light print."""

_DARK_MEAN = 128
"""Mean grey below which a page may be a negative: half of all levels, so that either a page or its negative
always is.
"""

_DAMAGE = frozenset({"page-suspect", "page-repaired", "unreadable-page", "missing-pages", NEGATIVE})

_COVER = "portfolio-cover"
"""The problem of a page that a program put in front of the files of a portfolio: text that was never on paper and needs
no action.
"""


def explained(loaded: Loaded, refusal: Refusal) -> Refusal:
    """The refusal with the fate supported by image and file, and all its problems."""
    found = _with_causes(loaded, _proven(loaded, refusal))
    return _named_negative(_with_file(found, loaded.problems), loaded.image)


def _proven(loaded: Loaded, found: Refusal) -> Refusal:
    """A page without any mark of ours: blank paper if that is proven, a foreign form if something is printed on it,
    otherwise a person decides.
    """
    if found.outcome is not Fate.BLANK:
        return found
    doubt = doubt_of_blank(loaded.original)
    if doubt is None and is_one_white(loaded.original) and not _file_shows_something(loaded.job):
        doubt = Doubt.FLAT
    if doubt is None:
        return found
    if doubt is Doubt.CONTENT:
        return replace(found, outcome=Fate.UNKNOWN_FORM)
    return replace(found, outcome=Fate.REVIEW, problems=(Problem(slug=doubt.value), *found.problems))


def _file_shows_something(job: PageJob) -> bool:
    """Whether a neighbouring page in its file has more than one grey level: then the decoder works, and white
    is white.
    """
    for index in (job.ref.index - 1, job.ref.index + 1):
        if index >= 0:
            beside = load_page(replace(job.ref, path=job.file, index=index), job.limits)
            if beside.image is not None and not is_one_white(beside.image):
                return True
    return False


def _with_causes(loaded: Loaded, found: Refusal) -> Refusal:
    """A page that could not be recognised or registered, with the defects of its image, if any."""
    if found.outcome is Fate.BLANK or (
        found.identity is not None and all(problem.slug != "weak-registration" for problem in found.problems)
    ):
        return found
    causes = image_causes.causes(loaded.original, find_markers(lightened(loaded.original)), loaded.layouts)
    return replace(found, problems=causes + found.problems)


def _with_file(found: Refusal, problems: tuple[Problem, ...]) -> Refusal:
    """The refusal with the problems of the file; damage that looks like empty paper is damage."""
    if found.outcome is Fate.UNKNOWN_FORM and any(problem.slug == _COVER for problem in problems):
        return replace(found, outcome=Fate.BLANK, problems=problems)
    if found.outcome is not Fate.BLANK:
        return replace(found, problems=problems + found.problems)
    damaged = any(problem.slug in _DAMAGE for problem in problems)
    return replace(found, outcome=Fate.DAMAGED if damaged else Fate.BLANK, problems=problems)


def _named_negative(found: Refusal, image: PageImage) -> Refusal:
    """A page without any mark is reported as a negative when our markers are found in its negative."""
    if found.outcome not in (Fate.UNKNOWN_FORM, Fate.BLANK) or image.gray[::8, ::8].mean() >= _DARK_MEAN:
        return found
    if len(find_markers(PageImage(gray=255 - image.gray, dpi=image.dpi))) < 2:
        return found
    return replace(found, outcome=Fate.REVIEW, problems=(Problem(slug=NEGATIVE), *found.problems))
