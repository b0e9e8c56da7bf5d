"""Scanning a sheet, step by step: print, paper, geometry, optics, output. Every draw comes from one seeded generator.

ideal page --printer--> printed --ink--> filled --paper--> sheet --warp--> seen --optics--> levels --output--> grey,
1-bit or JPEG
"""

from dataclasses import dataclass

import cv2
import numpy as np
import simplejpeg

from scanform.imaging.page_image import Gray, PageImage
from scanform.imaging.page_map import PageMap
from scanform.model.geometry import A4, SizeMm
from scanform.model.layout import PageLayout
from scanform.simulate.draw import count, sheet_px_per_mm, value
from scanform.simulate.fill import draw_ink
from scanform.simulate.hands import Hand
from scanform.simulate.paper import handle_page
from scanform.simulate.printer import print_page
from scanform.simulate.profiles import PROFILES, Profile
from scanform.simulate.scripts import Crops
from scanform.simulate.truth import PageTruth
from scanform.simulate.warp import draw_map, warp_page

__all__ = ["PROFILES", "Profile", "ScannedPage", "scan_filled", "scan_page"]

_NOISE_SIDE = 1 << 20  # samples of noise drawn per page and repeated; the period (about 400 rows) shows nowhere


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScannedPage:
    """A simulated scan with its truth.

    `gray` (H, W) uint8 as a reader sees it; `page_map` the true map from mm on the paper to pixels (cv2: centre of the
    first pixel is 0), print scale included; `jpeg` the bytes that decode to `gray` if the profile has JPEG; `mono` if
    only 0 and 255 occur.
    """

    gray: Gray
    dpi: int
    page_map: PageMap
    profile: str
    jpeg: bytes | None = None
    mono: bool = False
    claims_dpi: bool = True

    @property
    def image(self) -> PageImage:
        """The scan as the readers' input."""
        return PageImage(gray=self.gray, dpi=float(self.dpi) if self.claims_dpi else None)


def scan_page(
    gray: Gray,
    profile: Profile,
    rng: np.random.Generator,
    *,
    ink: Gray | None = None,
    back: Gray | None = None,
    size: SizeMm = A4,
) -> ScannedPage:
    """Prints, handles and scans one page.

    `gray` (H, W) is the ideal page, the whole sheet of `size`, at 300 dpi or more. `ink` (same shape, 255 = none) is
    laid over the print, unaffected by toner damage; if a page that already carries ink is given as `gray`, print damage
    affects the ink as well. `back` is the other side.
    """
    px_per_mm = sheet_px_per_mm(gray.shape, size)
    dpi = int(rng.choice(profile.dpi))
    backdrop = round(value(profile.backdrop, rng))
    page_map, out_size = draw_map(profile, size, dpi, rng)
    page = print_page(gray, profile, rng, px_per_mm=px_per_mm)
    if ink is not None:
        page = np.asarray(cv2.multiply(page, ink, scale=1 / 255), dtype=np.uint8)
    sheet = handle_page(page, profile, rng, px_per_mm=px_per_mm, back=back, backdrop=backdrop)
    seen = warp_page(sheet, page_map, out_size, px_per_mm=px_per_mm, backdrop=backdrop, out_per_mm=dpi / 25.4)
    return _output(_optics(seen, profile, rng, dpi / 25.4), profile, rng, dpi, page_map)


def scan_filled(
    gray: Gray,
    page: PageLayout,
    truth: PageTruth,
    *,
    hand: Hand,
    profile: Profile,
    rng: np.random.Generator,
    crops: Crops | None = None,
    back: Gray | None = None,
) -> ScannedPage:
    """Prints `gray`, fills it in according to `truth` and scans it: the full path of one page."""
    ink = draw_ink((int(gray.shape[0]), int(gray.shape[1])), page, truth, hand=hand, rng=rng, crops=crops)
    return scan_page(gray, profile, rng, ink=ink, back=back, size=page.size)


def _optics(seen: Gray, profile: Profile, rng: np.random.Generator, per_mm: float) -> Gray:
    """Blur, uneven light, streaks, dust, sensor noise, then the device's black and white points."""
    blur = value(profile.blur_mm, rng) * per_mm
    if blur > 0.25:
        seen = cv2.GaussianBlur(seen, (0, 0), blur).astype(np.uint8)
    seen = _light(seen, value(profile.vignette, rng), value(profile.light_slope, rng), value(profile.light_slope, rng))
    seen = _streaks(seen, profile, rng, per_mm)
    _dust(seen, count(profile.specks, rng), rng, per_mm)
    level = float(np.hypot(value(profile.noise, rng), value(profile.texture, rng)))
    black, white = value(profile.black, rng), value(profile.white, rng)
    if level > 0:
        grains = (rng.standard_normal(_NOISE_SIDE, dtype=np.float32) * level).astype(np.int16)
        seen = cv2.add(seen, np.resize(grains, seen.shape), dtype=cv2.CV_8U).astype(np.uint8)
    table = np.clip((np.arange(256) - black) * 255 / max(white - black, 1), 0, 255)
    return np.asarray(cv2.LUT(seen, np.rint(table).astype(np.uint8)), dtype=np.uint8)


def _light(seen: Gray, vignette: float, slope_x: float, slope_y: float) -> Gray:
    """Darker corners and a slope of light, as one soft multiplier."""
    if not (vignette or slope_x or slope_y):
        return seen
    h, w = seen.shape
    y, x = np.mgrid[-1:1:64j, -1:1:48j]
    field = (1 - vignette * (x**2 + y**2) / 2) * (1 + slope_x * x / 2) * (1 + slope_y * y / 2)
    factor = cv2.resize(
        np.clip(field / field.max() * 255, 0, 255).astype(np.uint8), (w, h), interpolation=cv2.INTER_LINEAR
    )
    return np.asarray(cv2.multiply(seen, factor, scale=1 / 255), dtype=np.uint8)


def _streaks(seen: Gray, profile: Profile, rng: np.random.Generator, per_mm: float) -> Gray:
    """Lines along the feed from dirt on the glass: constant down the page, sometimes interrupted, mostly dark,
    occasionally bright.
    """
    streaks = count(profile.streaks, rng)
    if not streaks:
        return seen
    h, w = seen.shape
    change = np.zeros((32, w), dtype=np.float32)
    for _ in range(streaks):
        dark, width = value(profile.streak_dark, rng), value(profile.streak_mm, rng) * per_mm
        profile_x = np.exp(-(((np.arange(w) - rng.uniform(0, w)) / max(width, 0.5)) ** 2) * 2)
        run = np.ones(32)
        if rng.random() < 0.4:
            first, last = sorted(rng.integers(0, 33, 2).tolist())
            run[first:last] = rng.uniform(0, 0.4)
        change += (dark * (1.0 if rng.random() < 0.8 else -1.0) * run[:, None] * profile_x[None, :]).astype(np.float32)
    rows = cv2.resize(change, (w, h), interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.subtract(seen, np.rint(rows).astype(np.int16), dtype=cv2.CV_8U), dtype=np.uint8)


def _dust(seen: Gray, specks: int, rng: np.random.Generator, per_mm: float) -> None:
    """Dark specks of 0.05-0.35 mm anywhere, a few fibres, in place."""
    h, w = seen.shape
    for _ in range(specks):
        x, y = int(rng.integers(0, w)), int(rng.integers(0, h))
        grey = int(rng.integers(30, 190))
        if rng.random() < 0.08:
            bend = np.array([x, y]) + rng.normal(0, 0.8 * per_mm, (3, 2))
            cv2.polylines(seen, [np.rint(bend).astype(np.int32).reshape(-1, 1, 2)], False, (grey,), 1, cv2.LINE_AA)
        else:
            axes = tuple(max(1, round(v)) for v in rng.gamma(1.5, 0.05, 2) * per_mm)
            cv2.ellipse(seen, (x, y), (min(axes[0], 6), min(axes[1], 6)), 0, 0, 360, (grey,), -1, cv2.LINE_AA)


def _output(levels: Gray, profile: Profile, rng: np.random.Generator, dpi: int, page_map: PageMap) -> ScannedPage:
    """The device's output: 1-bit by threshold or dither, JPEG, or plain grey."""
    threshold = value(profile.threshold, rng)
    quality = value(profile.jpeg or (0.0, 0.0), rng)
    jpeg = None
    mono = profile.depth != "grey"
    if profile.depth == "threshold":
        levels = np.where(levels > threshold, 255, 0).astype(np.uint8)
    elif profile.depth == "dither":
        levels = _dither(levels)
    elif profile.jpeg is not None:
        jpeg = simplejpeg.encode_jpeg(
            np.ascontiguousarray(levels[:, :, None]), quality=round(quality), colorspace="GRAY", fastdct=False
        )
        levels = simplejpeg.decode_jpeg(jpeg, colorspace="GRAY")[:, :, 0]
    return ScannedPage(
        gray=levels,
        dpi=dpi,
        page_map=page_map,
        profile=profile.name,
        jpeg=jpeg,
        mono=mono,
        claims_dpi=profile.claims_dpi,
    )


_BAYER = np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]])


def _dither(levels: Gray) -> Gray:
    """Ordered dither, 4 x 4 (Bayer 1973), like that of copiers in photo mode."""
    h, w = levels.shape
    limits = np.tile(((_BAYER + 0.5) * 16).astype(np.uint8), (h // 4 + 1, w // 4 + 1))[:h, :w]
    return np.where(levels > limits, 255, 0).astype(np.uint8)
