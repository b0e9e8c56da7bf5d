"""The identity of a page: code crop, codes on the whole page, printed text id; each verified by a checksum, never
guessed.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from scanform import pagecode
from scanform.imaging.page_image import Floats, Gray, PageImage
from scanform.imaging.page_map import PageMap, Tier
from scanform.imaging.sampling import sample_rect
from scanform.model.geometry import A4, RectMm
from scanform.model.layout import Layout, PageLayout
from scanform.model.page import FoundBy, Identity
from scanform.model.problem import Problem
from scanform.register.codes import Code, corners_array, read_codes, search_codes
from scanform.register.markers import Marker, is_mirrored, page_number
from scanform.register.mended import mended_identities
from scanform.register.pose import Pose, fit_pose

ReadText = Callable[[Gray], str]
"""Reads one printed line from a grey picture (H, W)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentifySettings:
    """Where codes and printed numbers are read."""

    crop_margin_mm: float = 3.0
    """mm around the position of a code predicted by the markers; more than a bent page moves it (1.3 mm, p95)."""
    single_page_share: float = 0.7
    """Fraction of the picture, 0..1; a page that covers less leaves room for a second form beside it."""
    text_px_per_mm: float = 11.811
    """Pixels per mm for text recognition: 300 dpi, its design resolution."""
    text_margin_mm: float = 1.0
    """mm; margin around a printed number that is read with it."""
    through_share: float = 0.72
    """Fraction of the paper's grey, 0..1; anything lighter is show-through (80 g paper: .85 and lighter), not print
    (toner nearly out: .6).
    """


DEFAULT_IDENTIFY = IdentifySettings()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """The identity of a page, or None, and its problems.

    `unknown-layout` comes together with an identity: the code is valid but its edition is not among the layouts.
    `identity-by-text` too: the text was read with its check character; the instance should be compared with the store.
    """

    identity: Identity | None
    problems: tuple[Problem, ...] = ()


def identify(
    image: PageImage,
    markers: Sequence[Marker],
    *,
    layouts: Mapping[str, Layout],
    read_text: ReadText,
    settings: IdentifySettings = DEFAULT_IDENTIFY,
) -> Sighting:
    """The identity of a page from its codes, else from its printed text id.

    `layouts` by digest; `read_text` reads one printed line. Codes or markers that contradict each other give no
    identity but the problem `conflicting-codes`; a mirrored page gives `mirrored`.
    """
    number = page_number(markers)
    poses = _poses(markers, number, layouts)
    identities, found_by = _by_code(image, poses, settings)
    if not identities and len(markers) < 2 and is_mirrored(image):
        return Sighting(identity=None, problems=(Problem(slug="mirrored"),))
    if len(identities) > 1:
        return Sighting(identity=None, problems=(Problem(slug="conflicting-codes"),))
    if identities:
        return _checked(replace(identities.pop(), found_by=found_by), markers, layouts, image)
    return _by_text(image, poses, layouts, read_text, settings) or _nothing(markers)


def _poses(
    markers: Sequence[Marker], number: int | None, layouts: Mapping[str, Layout]
) -> list[tuple[PageLayout, Pose]]:
    """The page with this number in every layout that has one, with its pose; layouts with the same furniture share the
    pose.
    """
    known: dict[object, Pose | None] = {}
    poses: list[tuple[PageLayout, Pose]] = []
    for layout in layouts.values():
        for page in layout.pages:
            if page.number != number:
                continue
            key = (page.fiducials, page.size)
            if key not in known:
                known[key] = fit_pose(markers, page.fiducials, page.size)
            pose = known[key]
            if pose is not None:
                poses.append((page, pose))
    return poses


def _by_code(
    image: PageImage, poses: Sequence[tuple[PageLayout, Pose]], settings: IdentifySettings
) -> tuple[set[Identity], FoundBy]:
    """All valid identities on the page: from the predicted crops if each of them shows its code, else from the whole
    page.
    """
    readings = [_in_crop(image, page_map, rect, settings) for page_map, rect in _code_crops(poses)]
    identities = set().union(*readings)
    if len(identities) == 1 and all(readings) and _fills_picture(image, poses[0], settings):
        return identities, FoundBy.CODE
    found_by = FoundBy.CODE if identities else FoundBy.CODE_SEARCH
    scale = max(image.gray.shape) / A4.h
    seen = [code for code in search_codes(image.gray, scale) if _is_printed(image.gray, code, settings)]
    return identities | _identities(code.text for code in seen), found_by


def _is_printed(gray: Gray, code: Code, settings: IdentifySettings) -> bool:
    """Whether a code is printed on this side: show-through is faint (readers read even mirrored codes)."""
    corners = corners_array(code)
    left, top = np.maximum(corners.min(axis=0).astype(int), 0)
    right, bottom = corners.max(axis=0).astype(int) + 1
    dark, light = np.percentile(gray[top:bottom, left:right], (10, 90))
    return bool(dark <= settings.through_share * light)


def _code_crops(poses: Sequence[tuple[PageLayout, Pose]]) -> Iterator[tuple[PageMap, RectMm]]:
    """Each distinct position of a code."""
    seen: set[tuple[int, RectMm]] = set()
    for page, pose in poses:
        for code in page.codes:
            if code.kind == "qr" and (id(pose), code.rect) not in seen:
                seen.add((id(pose), code.rect))
                yield _page_map(pose), code.rect


def _in_crop(image: PageImage, page_map: PageMap, rect: RectMm, settings: IdentifySettings) -> set[Identity]:
    box = page_map.box_px(rect.grown(settings.crop_margin_mm), width=image.width, height=image.height)
    if min(box.w, box.h) < pagecode.PAYLOAD_LENGTH:
        return set()
    return _identities(code.text for code in read_codes(image.gray[box.y : box.y + box.h, box.x : box.x + box.w]))


def _identities(texts: Iterator[str]) -> set[Identity]:
    """The identities in decoded texts; foreign and damaged codes yield none."""
    return {identity for identity in map(pagecode.decode, texts) if identity is not None}


def _fills_picture(image: PageImage, found: tuple[PageLayout, Pose], settings: IdentifySettings) -> bool:
    page, pose = found
    sheet = RectMm(x=0, y=0, w=page.size.w, h=page.size.h)
    area = _page_map(pose).px_per_mm(sheet) ** 2 * page.size.w * page.size.h
    return area >= settings.single_page_share * image.width * image.height


def _checked(
    identity: Identity, markers: Sequence[Marker], layouts: Mapping[str, Layout], image: PageImage
) -> Sighting:
    """The identity, unless markers or layout contradict it or the page shows its back."""
    layout = layouts.get(identity.digest)
    if layout is None:
        return Sighting(
            identity=identity, problems=(Problem(slug="unknown-layout", params=(("digest", identity.digest),)),)
        )
    if identity.pages != len(layout.pages):
        return Sighting(identity=None, problems=(Problem(slug="bad-code"),))
    has_markers = bool(layout.page(identity.page).fiducials)
    if has_markers and len(markers) >= 2 and page_number(markers) != identity.page:
        return Sighting(identity=None, problems=(Problem(slug="conflicting-codes"),))
    if has_markers and len(markers) < 2 and is_mirrored(image):
        return Sighting(identity=None, problems=(Problem(slug="mirrored"),))
    return Sighting(identity=identity)


def _by_text(
    image: PageImage,
    poses: Sequence[tuple[PageLayout, Pose]],
    layouts: Mapping[str, Layout],
    read_text: ReadText,
    settings: IdentifySettings,
) -> Sighting | None:
    """The identity from the printed text id at the position given by the markers; its digest has to be that of a known
    layout.
    """
    seen: set[tuple[int, RectMm]] = set()
    found: set[Identity] = set()
    for page, pose in poses:
        for area in page.codes:
            if area.kind != "text" or (id(pose), area.rect) in seen:
                continue
            seen.add((id(pose), area.rect))
            line = sample_rect(
                image.gray, _page_map(pose), area.rect.grown(settings.text_margin_mm), px_per_mm=settings.text_px_per_mm
            )
            identity = _text_identity(read_text(line), page.number, layouts)
            found |= {identity} if identity else set()
    if len(found) != 1:
        return Sighting(identity=None, problems=(Problem(slug="conflicting-codes"),)) if found else None
    return Sighting(identity=found.pop(), problems=(Problem(slug="identity-by-text"),))


def identify_at(
    image: PageImage, page_map: PageMap, page: PageLayout, layout: Layout, read_text: ReadText
) -> Sighting | None:
    """The identity of a page whose edition and position its print has proved: from the remains of its codes, else from
    the printed text id; else None.
    """
    crops = [_in_crop(image, page_map, area.rect, DEFAULT_IDENTIFY) for area in page.codes if area.kind == "qr"]
    codes = set().union(*crops) or mended_identities(image.gray, page_map, page)
    if codes:
        own = {
            code
            for code in codes
            if (code.digest, code.page, code.pages) == (layout.digest, page.number, len(layout.pages))
        }
        if own != codes or len(own) > 1:
            return Sighting(identity=None, problems=(Problem(slug="conflicting-codes"),))
        return Sighting(identity=replace(own.pop(), found_by=FoundBy.CODE_SEARCH))
    found = set()
    for area in page.codes:
        if area.kind == "text":
            line = sample_rect(
                image.gray,
                page_map,
                area.rect.grown(DEFAULT_IDENTIFY.text_margin_mm),
                px_per_mm=DEFAULT_IDENTIFY.text_px_per_mm,
            )
            found |= (
                {identity}
                if (identity := _text_identity(read_text(line), page.number, {layout.digest: layout}))
                else set()
            )
    return Sighting(identity=found.pop(), problems=(Problem(slug="identity-by-text"),)) if len(found) == 1 else None


def _text_identity(text: str, number: int, layouts: Mapping[str, Layout]) -> Identity | None:
    for word in text.upper().replace("—", "-").replace("–", "-").split():
        parsed = pagecode.parse_form_id(_unconfused(word))
        layout = layouts.get(parsed[0]) if parsed else None
        if parsed and layout and number <= len(layout.pages):
            return Identity(
                digest=parsed[0], instance=parsed[1], page=number, pages=len(layout.pages), found_by=FoundBy.TEXT
            )
    return None


def _unconfused(word: str) -> str:
    """Replaces letters outside Crockford's alphabet by the digits they look like; the check character stays."""
    return word[:-1].translate(str.maketrans("OIL", "011")) + word[-1:]


def _nothing(markers: Sequence[Marker]) -> Sighting:
    return Sighting(identity=None, problems=(Problem(slug="bad-code" if markers else "no-markers"),))


def _page_map(pose: Pose) -> PageMap:
    return PageMap(homography=flat(pose.homography), residual_mm=pose.residual_mm, tier=Tier.T0)


def flat(homography: Floats) -> tuple[float, ...]:
    """A homography (3, 3) as the nine numbers of a PageMap."""
    return tuple(float(value) for value in np.ravel(homography / homography[2, 2]))
