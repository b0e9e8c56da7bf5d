"""Which of the known pages is this? For pages that carry no code: the print itself has to prove it.

Features of the scan are compared with those of every known blank page; the most promising are registered in full, and only
a page whose map is proved by tiles and boxes counts. Two that are proved about equally well are not chosen between.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from scanform.imaging.page_image import PageImage
from scanform.imaging.page_map import PageMap
from scanform.model.layout import PageLayout
from scanform.model.problem import Problem
from scanform.register.fit import fit_from_homography
from scanform.register.nomarker import FeaturePose, blank_features, pose_from_features, scan_features
from scanform.register.prepare import BoxCheck


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentSettings:
    """`tried`: so many of the most promising pages are registered in full. `lead`: share of the agreeing features of the best page
    above which another proved page is about as good.
    """

    tried: int = 4
    lead: float = 0.6


DEFAULT_CONTENT = ContentSettings()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Known:
    """A known blank page: its key (layout digest, 1-based page), its layout and its landmarks."""

    key: tuple[str, int]
    page: PageLayout
    check: BoxCheck


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentSighting:
    """The page that a picture shows, with its map, or None; `ambiguous-form` when several fit about equally."""

    key: tuple[str, int] | None
    page_map: PageMap | None
    problems: tuple[Problem, ...] = ()


NOTHING = ContentSighting(key=None, page_map=None)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Proved:
    """A known page that the picture proves."""

    known: Known
    pose: FeaturePose
    page_map: PageMap


def identify_by_content(image: PageImage, known: Sequence[Known], settings: ContentSettings = DEFAULT_CONTENT) -> ContentSighting:
    """The one known page whose print this picture proves, in any rotation.

    No key and the problem `ambiguous-form` when two pages fit about equally, no key and no problem when none does.
    """
    scan = scan_features(image.gray)
    poses = [(one, pose_from_features(scan, blank_features(one.check), one.page)) for one in known]
    ranked = sorted(((pose, one) for one, pose in poses if pose is not None), key=lambda item: -item[0].agreeing)
    proved: list[_Proved] = []
    for pose, one in ranked[: settings.tried]:
        if proved and pose.agreeing < settings.lead * proved[0].pose.agreeing:
            break
        page_map = fit_from_homography(image, pose.homography, one.page, one.check)
        if page_map is not None:
            proved.append(_Proved(known=one, pose=pose, page_map=page_map))
    if not proved:
        return NOTHING
    if len(proved) > 1:
        return ContentSighting(key=None, page_map=None, problems=(Problem(slug="ambiguous-form"),))
    return ContentSighting(key=proved[0].known.key, page_map=proved[0].page_map)
