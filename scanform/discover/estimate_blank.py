"""The blank page of a form that exists only as filled scans: whatever is the same on all of them is print.

Outside the boxes each point takes the light level that most scans share. A box is treated as a whole: its emptiest
scans count, and boxes with the same printed appearance on the page (same size, same option or letter) confirm each
other. Anything no appearance explains may be print or a mark that everybody made: such boxes are named `weak`, and
their readings go to review.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from scanform.imaging.page_image import BLANK_DPI, BlankPage, Gray, Singles
from scanform.imaging.page_map import PageMap
from scanform.imaging.sampling import sample_points, source
from scanform.model.geometry import RectMm, SizeMm
from scanform.model.layout import PageLayout, ZoneKind

PX_PER_MM = BLANK_DPI / 25.4


@dataclass(frozen=True, slots=True, kw_only=True)
class EstimateSettings:
    """How print is told from marks when the blank page is estimated from filled scans."""

    shared: float = 0.7
    """Fraction of the scans, 0..1; what is dark in more of them is print."""
    shake_mm: float = 0.12
    """mm; tolerance in position, the error of registration."""
    margin_mm: float = 0.6
    """mm; margin around a box that is part of its appearance."""
    size_mm: float = 0.25
    """mm; boxes whose sides differ by no more may look the same."""
    align_mm: float = 0.5
    """mm; search radius for aligning boxes that look the same."""
    darker: float = 0.22
    """Darkness, 0..1, by which a sample of a box must deviate from its appearance to count against it."""
    extra: float = 0.035
    """Fraction of the area of a box, 0..1, that may be darker than its appearance, and that may be lighter."""
    letter: float = 0.01
    """Fraction of the inside, 0..1, by which boxes of one size may differ: a letter printed in them."""
    least: int = 3
    """Minimum number of boxes that follow an appearance."""
    most: float = 0.35
    """Minimum fraction of the boxes with the same option or letter, 0..1, that follow it."""
    nearly_all: float = 0.6
    """The same fraction of boxes that have only their size in common."""
    many: int = 5
    """Minimum number of scans whose common content counts as print without a known appearance."""
    full: float = 0.3
    """Fraction of the inside of a box, 0..1; what covers more is not print."""
    dark_line: float = 0.8
    """Target darkness, 0..1, of the median outline: photos are pale."""
    most_gain: float = 3.0
    """Maximum factor by which outlines are darkened."""
    filled: float = 0.6
    """Fraction of the inside beyond the appearance of boxes of its size, 0..1; more is a mark on every scan."""


DEFAULT_ESTIMATE = EstimateSettings()


@dataclass(frozen=True, slots=True, kw_only=True)
class EstimatedBlank(BlankPage):
    """A blank page made from filled scans; `weak` are the ids of zones whose print is uncertain."""

    weak: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Box:
    """A box or cell: its zone, its outline, and what boxes with the same print share."""

    zone: str
    rect: RectMm
    look: str | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Seen:
    """The emptiest view of a box: `dark` (H, W) as darkness 0..1, and whether enough scans agree on it."""

    box: _Box
    dark: Singles
    agreed: bool


def estimate_blank(
    pages: Sequence[tuple[Gray, PageMap]],
    page: PageLayout,
    *,
    looks: Mapping[str, str] | None = None,
    settings: EstimateSettings = DEFAULT_ESTIMATE,
) -> EstimatedBlank:
    """The blank page (300 dpi) behind one or more filled scans (`gray`, map mm -> px) of it.

    `looks` names the print inside a box per zone id (the letter in a bubble, "" for none); zones without an entry are
    grouped by their option.
    """
    dark = [_darkness(gray, page_map, page.size) for gray, page_map in pages]
    print_ = _shared(dark, settings)
    boxes = list(_boxes(page, looks or {}))
    seen = [_emptiest(dark, print_, box, settings) for box in boxes]
    explained = _explain(seen, settings)
    weak: set[str] = set()
    for one in seen:
        look = explained.get(id(one))
        if look is None and not one.agreed:
            weak.add(one.box.zone)
        _paste(print_, one.box, one.dark if look is None else look, settings)
    toned = _toned(print_, boxes, settings)
    gray = np.rint(255 * (1 - toned)).clip(0, 255).astype(np.uint8)
    named = tuple(zone.id for zone in page.zones if zone.id in weak)
    return EstimatedBlank(gray=gray, px_per_mm_x=PX_PER_MM, px_per_mm_y=PX_PER_MM, weak=named)


# --- scans -----------------------------------------------------------------------------------------------------------


def _darkness(gray: Gray, page_map: PageMap, size: SizeMm) -> Singles:
    """A scan as darkness (0 = its paper, 1 = black) in the frame of the page at 300 dpi, in half precision."""
    src = source(gray, page_map.px_per_mm(RectMm(x=size.w / 4, y=size.h / 4, w=size.w / 2, h=size.h / 2)))
    scaled = _scaled(page_map, src.scale)
    width, height = round(size.w * PX_PER_MM), round(size.h * PX_PER_MM)
    x = (np.arange(width) + 0.5) / PX_PER_MM
    strips = [
        sample_points(src.gray, scaled, x[None, :], (np.arange(top, min(top + 400, height))[:, None] + 0.5) / PX_PER_MM)
        for top in range(0, height, 400)
    ]
    flat = np.vstack(strips)
    return np.clip(1 - flat / _paper(flat), 0, 1).astype(np.float16)


def _scaled(page_map: PageMap, scale: float) -> PageMap:
    """The same map into a picture reduced by `scale`."""
    shift = (scale - 1) / 2
    matrix = np.array([[scale, 0, shift], [0, scale, shift], [0, 0, 1]]) @ np.reshape(page_map.homography, (3, 3))
    return replace(page_map, homography=tuple(float(value) for value in matrix.ravel()))


def _paper(flat: Gray) -> Singles:
    """The grey of the paper around each point, (H, W)."""
    small = cv2.resize(flat, None, fx=1 / 12, fy=1 / 12, interpolation=cv2.INTER_AREA)
    closed = cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((15, 15), np.uint8))
    smooth = cv2.GaussianBlur(closed, (0, 0), 4)
    return np.maximum(
        cv2.resize(smooth, (flat.shape[1], flat.shape[0]), interpolation=cv2.INTER_LINEAR).astype(np.float32), 40
    )


def _shared(dark: Sequence[Singles], settings: EstimateSettings) -> Singles:
    """The content shared by most scans, (H, W): the median, but nowhere darker than what `shared` of them have within
    reach.
    """
    if len(dark) == 1:
        return dark[0].astype(np.float32)
    size = 2 * round(settings.shake_mm * PX_PER_MM) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    out = np.empty(dark[0].shape, np.float32)
    rank = min(len(dark) - 1, int((1 - settings.shared) * len(dark)))
    for top in range(0, len(out), 400):
        low, high = max(0, top - size), top + 400 + size
        strips = np.stack([one[low:high].astype(np.float32) for one in dark])
        near = np.sort(np.stack([cv2.dilate(strip, kernel) for strip in strips]), axis=0)[rank]
        middle = strips.mean(axis=0) if len(dark) == 2 else np.median(strips, axis=0)
        out[top : top + 400] = np.minimum(middle, near)[top - low : top - low + 400]
    return out


# --- boxes -----------------------------------------------------------------------------------------------------------


def _boxes(page: PageLayout, looks: Mapping[str, str]) -> Iterator[_Box]:
    for zone in page.zones:
        if zone.kind is ZoneKind.MARK:
            yield _Box(zone=zone.id, rect=zone.rect, look=looks.get(zone.id, zone.option))
        for cell in zone.cells:
            yield _Box(zone=zone.id, rect=cell, look="cell")


def _window(box: _Box, settings: EstimateSettings) -> tuple[int, int, int, int]:
    """Left, top, width and height in px of a box with its margin; boxes of one size have windows of one size."""
    area = box.rect.grown(settings.margin_mm)
    return round(area.x * PX_PER_MM), round(area.y * PX_PER_MM), round(area.w * PX_PER_MM), round(area.h * PX_PER_MM)


def _cut(picture: Singles, window: tuple[int, int, int, int]) -> Singles:
    """A window of a picture, (h, w) float32; outside the picture is paper."""
    x, y, w, h = window
    out = np.zeros((h, w), np.float32)
    part = picture[max(0, y) : max(0, y + h), max(0, x) : max(0, x + w)]
    top, left = max(0, -y), max(0, -x)
    out[top : top + part.shape[0], left : left + part.shape[1]] = part
    return out


def _moved_onto(patch: Singles, wide: Singles, reach: int) -> Singles:
    """The part of `wide` (h + 2 reach, w + 2 reach) that matches `patch` (h, w) best at the rim of the window."""
    h, w = patch.shape
    rim = np.ones((h, w), np.float32)
    inset_y, inset_x = round(h * 0.3), round(w * 0.3)
    rim[inset_y : h - inset_y, inset_x : w - inset_x] = 0
    if float((patch * rim).std()) < 0.02:
        return wide[reach : reach + h, reach : reach + w]
    scores = cv2.matchTemplate(wide, patch, cv2.TM_SQDIFF, mask=rim)
    row, column = np.unravel_index(int(np.argmin(scores)), scores.shape)
    return wide[row : row + h, column : column + w]


def _emptiest(dark: Sequence[Singles], print_: Singles, box: _Box, settings: EstimateSettings) -> _Seen:
    """The appearance of a box in the lighter half of the scans, and whether these (`many` in all, nothing that fills
    the box) agree.
    """
    x, y, w, h = _window(box, settings)
    if len(dark) == 1:
        return _Seen(box=box, dark=_cut(dark[0], (x, y, w, h)), agreed=_is_empty(_cut(dark[0], (x, y, w, h)), settings))
    reach = round(settings.align_mm * PX_PER_MM)
    anchor = _cut(print_, (x, y, w, h))
    views = [
        _moved_onto(anchor, _cut(one, (x - reach, y - reach, w + 2 * reach, h + 2 * reach)), reach) for one in dark
    ]
    inside = _inside(anchor.shape, settings)
    order = np.argsort([float((view * inside).sum()) for view in views], kind="stable")
    lighter = np.stack([views[index] for index in order[: max(1, len(order) // 2)]])
    middle = np.median(lighter, axis=0).astype(np.float32)
    follow = sum(_follows(view, middle, settings) for view in views)
    sure = (
        len(dark) >= settings.many
        and follow >= max(settings.least, len(views) // 2)
        and _covered(middle, settings) < settings.full
    )
    return _Seen(box=box, dark=middle, agreed=bool(sure or (len(lighter) and _is_empty(middle, settings))))


def _inside(shape: tuple[int, ...], settings: EstimateSettings) -> Singles:
    """1 well inside the box, within its outline."""
    margin = settings.margin_mm * PX_PER_MM
    down, across = (round(margin + min(0.55 * PX_PER_MM, 0.25 * (length - 2 * margin))) for length in shape)
    out = np.zeros(shape, np.float32)
    out[down : shape[0] - down, across : shape[1] - across] = 1
    return out


def _covered(dark: Singles, settings: EstimateSettings) -> float:
    """Fraction of the inside of a box that is dark."""
    inside = _inside(dark.shape, settings)
    return float(((dark > settings.darker) * inside).sum()) / max(float(inside.sum()), 1.0)


def _is_empty(dark: Singles, settings: EstimateSettings) -> bool:
    """Whether there is nothing inside a box: neither print nor mark."""
    return _covered(dark, settings) <= 0.01


def _follows(view: Singles, look: Singles, settings: EstimateSettings, *, strictly: bool = False) -> bool:
    """Whether a view shows this appearance: neither more nor less print, within `shake_mm`; strictly: nor another small
    letter inside.
    """
    if strictly:
        inside = _inside(view.shape, settings)
        limit = settings.letter * float(inside.sum())
        if (
            max(
                float((_beyond(view, look, settings) * inside).sum()),
                float((_beyond(look, view, settings) * inside).sum()),
            )
            > limit
        ):
            return False
    return _more(view, look, settings) <= settings.extra and _more(look, view, settings) <= settings.extra


def _more(view: Singles, look: Singles, settings: EstimateSettings) -> float:
    """Fraction of a box that is darker than the appearance around it."""
    cut = round(settings.margin_mm * PX_PER_MM)
    return float(_beyond(view, look, settings)[cut:-cut, cut:-cut].mean())


def _beyond(view: Singles, look: Singles, settings: EstimateSettings) -> Singles:
    """1 where a view is darker than the appearance around it, (H, W)."""
    size = 2 * round(settings.shake_mm * PX_PER_MM) + 1
    spread = cv2.dilate(look, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)))
    return np.asarray(view - spread > settings.darker, dtype=np.float32)


# --- looks -----------------------------------------------------------------------------------------------------------


def _explain(seen: Sequence[_Seen], settings: EstimateSettings) -> dict[int, Singles]:
    """The appearance of each box confirmed by similar boxes, by the id of what was seen: first by option or letter,
    then by size alone.
    """
    found: dict[int, Singles] = {}
    for group in _groups(seen, settings, by_look=True):
        for one, look in _consensus(group, settings.most, settings) or ():
            found[id(one)] = look
    for group in _groups([one for one in seen if id(one) not in found], settings, by_look=False):
        for one, look in _consensus(group, settings.nearly_all, settings, strictly=True) or ():
            if (
                _follows(one.dark, look, settings, strictly=True)
                or _covered(one.dark - look, settings) > settings.filled
            ):
                found[id(one)] = look
    return found


def _groups(seen: Sequence[_Seen], settings: EstimateSettings, *, by_look: bool) -> list[list[_Seen]]:
    groups: list[list[_Seen]] = []
    for one in seen:
        if by_look and one.box.look is None:
            continue
        for group in groups:
            other = group[0].box
            alike = (
                abs(other.rect.w - one.box.rect.w) <= settings.size_mm
                and abs(other.rect.h - one.box.rect.h) <= settings.size_mm
            )
            if alike and (not by_look or other.look == one.box.look):
                group.append(one)
                break
        else:
            groups.append([one])
    return groups


def _consensus(
    group: Sequence[_Seen], fraction: float, settings: EstimateSettings, *, strictly: bool = False
) -> list[tuple[_Seen, Singles]] | None:
    """Each box of a group with the appearance that enough of them follow, aligned to it; None if there is none."""
    if len(group) < settings.least:
        return None
    h, w = (min(one.dark.shape[axis] for one in group) for axis in (0, 1))
    reach = round(settings.align_mm * PX_PER_MM)
    views = [np.pad(one.dark[:h, :w], reach) for one in group]
    inside = _inside((h, w), settings)
    order = np.argsort([float((one.dark[:h, :w] * inside).sum()) for one in group], kind="stable")
    half = order[: max(settings.least, len(order) // 2)]
    anchor = group[int(half[len(half) // 2])].dark[:h, :w]
    for _ in range(2):
        anchor = np.median(np.stack([_moved_onto(anchor, views[index], reach) for index in half]), axis=0).astype(
            np.float32
        )
    laid = [_moved_onto(anchor, view, reach) for view in views]
    follow = sum(_follows(view, anchor, settings, strictly=strictly) for view in laid)
    if follow < max(settings.least, fraction * len(group)) or _covered(anchor, settings) > settings.full:
        return None
    wide = np.pad(anchor, reach, mode="edge")
    return [(one, _moved_onto(one.dark[:h, :w], wide, reach)) for one in group]


# --- the page --------------------------------------------------------------------------------------------------------


def _paste(print_: Singles, box: _Box, dark: Singles, settings: EstimateSettings) -> None:
    """Pastes the appearance of a box into the page; in the margin the lighter of both is kept (labels beside the box
    are not part of its appearance).
    """
    x, y, _, _ = _window(box, settings)
    h, w = dark.shape
    top, left = max(0, -y), max(0, -x)
    part = print_[max(0, y) : max(0, y + h), max(0, x) : max(0, x + w)]
    cut = round((settings.margin_mm - 0.25) * PX_PER_MM)
    new = np.array(part)
    inner = np.zeros((h, w), bool)
    inner[cut : h - cut, cut : w - cut] = True
    inner = inner[top : top + part.shape[0], left : left + part.shape[1]]
    new[inner] = dark[top : top + part.shape[0], left : left + part.shape[1]][inner]
    part[:] = new


def _toned(print_: Singles, boxes: Sequence[_Box], settings: EstimateSettings) -> Singles:
    """The page with its outlines as dark as a printer draws them."""
    lines = [float(np.percentile(_cut(print_, _window(box, settings)), 92)) for box in boxes]
    usual = float(np.median(lines)) if lines else float(np.percentile(print_, 99))
    gain = float(np.clip(settings.dark_line / max(usual, 0.05), 1, settings.most_gain))
    return np.asarray(np.clip(print_ * gain, 0, 1), dtype=np.float32)
