"""Which of the known pages is this? For pages without a code: the print itself has to prove it.

Features of the scan are compared with those of every known blank page; the most promising are registered in full, and
only a page whose map is proved counts. Nearly identical forms are told apart by the print that only one of them has; if
the picture does not show that clearly, none is chosen.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scanform.imaging.page_image import PageImage
from scanform.imaging.page_map import PageMap
from scanform.model.layout import PageLayout
from scanform.model.problem import Problem
from scanform.register.ambiguity import DEFAULT_AMBIGUITY, AmbiguitySettings, Difference, difference, verdict
from scanform.register.fit import fit_from_homography
from scanform.register.markerless import Detector, Features, blank_features, matches, pose_from_features, scan_features
from scanform.register.prepare import BoxCheck


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentSettings:
    """Which known pages are tried on a page without a code."""

    tried: int = 5
    """Number of most promising pages that are registered in full."""
    fraction: float = 0.5
    """Minimum number of matches relative to the best page, 0..1, for a page to be tried."""
    least: int = 6
    """Minimum number of matches of the strongest features for a page to be tried; its print has to prove it anyway."""


DEFAULT_CONTENT = ContentSettings()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Known:
    """A known blank page: its key (layout digest, 1-based page), its layout and its landmarks."""

    key: tuple[str, int]
    page: PageLayout
    check: BoxCheck


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentSighting:
    """The page that a picture shows, with its map, or None; `ambiguous-form` if several fit about equally."""

    key: tuple[str, int] | None
    page_map: PageMap | None
    problems: tuple[Problem, ...] = ()


NOTHING = ContentSighting(key=None, page_map=None)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Proved:
    """A known page that the picture proves."""

    known: Known
    page_map: PageMap


def identify_by_content(
    image: PageImage, known: Sequence[Known], settings: ContentSettings = DEFAULT_CONTENT
) -> ContentSighting:
    """The one known page whose print this picture proves, in any rotation.

    No key and the problem `ambiguous-form` if two pages fit about equally, no key and no problem if none does.
    """
    for detector in Detector:
        scan = scan_features(image.gray, detector)
        counts = [len(matches(scan, blank_features(one.check, detector), few=True)[0]) for one in known]
        proved = _proved(image, scan, list(zip(counts, known, strict=True)), settings)
        if proved:
            likely = [one for one, count in zip(known, counts, strict=True) if count >= settings.fraction * max(counts)]
            found = _settled(image, proved[0], likely)
            strangers = [other for other in proved[1:] if found and not _alike(found.known, other.known)]
            if found is None or strangers:
                return ContentSighting(key=None, page_map=None, problems=(Problem(slug="ambiguous-form"),))
            return ContentSighting(key=found.known.key, page_map=found.page_map)
    return NOTHING


def _proved(
    image: PageImage, scan: Features, counted: Sequence[tuple[int, Known]], settings: ContentSettings
) -> list[_Proved]:
    """The most promising page that the picture proves, and dissimilar others that are proved as well; `counted` by
    matches of few features.
    """
    ranked = sorted(counted, key=lambda item: -item[0])[: settings.tried]
    found: list[_Proved] = []
    for count, one in ranked:
        if count < max(settings.least, settings.fraction * ranked[0][0]) or any(
            _alike(other.known, one) for other in found
        ):
            continue
        pose = pose_from_features(scan, blank_features(one.check, scan.detector), one.page)
        page_map = fit_from_homography(image, pose.homography, one.page, one.check) if pose else None
        if page_map is not None:
            found.append(_Proved(known=one, page_map=page_map))
    return found


def _settled(
    image: PageImage, found: _Proved, known: Sequence[Known], settings: AmbiguitySettings = DEFAULT_AMBIGUITY
) -> _Proved | None:
    """The page that the picture shows, out of one page and those like it; None if it cannot tell."""
    for _ in range(len(known)):
        better = None
        for other in known:
            differs = _alike(found.known, other) if other is not found.known else None
            if differs is None:
                continue
            leads = verdict(image.gray, found.page_map, found.known.page.size, differs)
            if abs(leads) < settings.clear:
                return None
            if leads < 0:
                better = other, differs
                break
        if better is None:
            return found
        following = _moved_to(image, found, *better)
        if following is None:
            return None
        found = following
    return None


def _moved_to(image: PageImage, found: _Proved, other: Known, differs: Difference) -> _Proved | None:
    """The other page at the position of the first, if the print proves it too."""
    start = np.reshape(found.page_map.homography, (3, 3)) @ np.linalg.inv(differs.between)
    page_map = fit_from_homography(image, start, other.page, other.check)
    return _Proved(known=other, page_map=page_map) if page_map else None


def _alike(one: Known, other: Known) -> Difference | None:
    """The difference of two known pages, if they are alike."""
    return difference(one.check, other.check)
