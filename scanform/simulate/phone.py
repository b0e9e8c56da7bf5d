"""A page on a table, photographed with a phone: a pinhole camera over a sheet that is curled and folded in space.

The sheet is a surface over the table; the 12-megapixel camera views it at an angle. The camera's view of the flat sheet
is a homography, the surface adds a field of offsets: together they are the true `PageMap`, so that errors can be
measured. Ranges are round figures that bracket what people send (a 26 mm equivalent lens, hand-held, indoors); nothing
was fitted to readers.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from io import BytesIO
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from scanform.imaging.page_image import Floats, Gray, PageImage
from scanform.imaging.page_map import OffsetGrid, PageMap, Tier
from scanform.model.geometry import A4, RectMm, SizeMm
from scanform.model.layout import PageLayout
from scanform.simulate.draw import count, happens, sheet_px_per_mm, value
from scanform.simulate.fill import draw_ink
from scanform.simulate.hands import Hand
from scanform.simulate.paper import handle_page
from scanform.simulate.printer import print_page
from scanform.simulate.profiles import NONE, PHOTO, Range
from scanform.simulate.scanner import ScannedPage
from scanform.simulate.scripts import Crops
from scanform.simulate.tabletop import (
    AROUND_MM,
    TABLE_PX_PER_MM,
    TABLES,
    Lighting,
    contact_shadow,
    paint_light,
    paint_table,
)
from scanform.simulate.truth import PageTruth
from scanform.simulate.warp import inverse_map

SENSOR = (3024, 4032)
"""Width and height in px of a portrait picture, 12 million pixels."""

FOCAL = 0.6
"""Focal length relative to the diagonal of the picture: 26 mm to 43.3 mm of 35 mm film."""

PAPER = replace(PHOTO, folds=NONE, curl_mm=NONE)
"""Print and paper are those of the profile "photo"; geometry, light and optics come from this module."""

EVEN_LIGHT = Lighting()
"""A room without shadows or reflections on the page."""

GRID_STEP_MM = 3.0
"""Spacing of the nodes of the field added by the surface: a crease is some 6 mm wide."""

EXIF_ORIENTATION = 0x0112
_EXIF_OF_TURN = {0: 1, 1: 8, 2: 3, 3: 6}
"""Quarter turns clockwise of the pixels -> EXIF orientation by which viewers rotate them back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneProfile:
    """One kind of phone picture; ranges are (low, high), drawn uniformly. Lengths are mm on the paper.

    `tilt_deg`: angle between the camera's axis and the vertical.
    `roll_deg`: rotation of the page in the picture.
    `fills`: fraction of the picture's width or height covered by the flat page.
    `off_mm`: distance of the page's centre from the picture's.
    `cut_mm`: how much of the page is beyond the picture's edge (0: all of it is in the picture).
    `curl_mm`: height of a bulge.
    `fold_mm`: height of a fold that has sprung up; `folds`: their number.
    `tables`: kinds of table tops; `papers`: other sheets; `light`: the lighting.
    `focus_mm`: radius of the circle of confusion; `uneven`: probability that only one side of the page is out of focus.
    `motion_mm`: length of the motion blur.
    `exposure`: 1 = paper at grey 225, .25 = a quarter of it.
    `noise`: grey levels.
    `long_px`: longer side of the picture that is sent (messengers shrink).
    `jpeg`: quality.
    `tagged`: probability that EXIF gives the rotation.
    """

    name: str
    tilt_deg: Range = (0.0, 12.0)
    roll_deg: Range = (-8.0, 8.0)
    fills: Range = (0.8, 0.95)
    off_mm: Range = (-6.0, 6.0)
    cut_mm: Range = NONE
    curl_mm: Range = (0.0, 2.0)
    fold_mm: Range = NONE
    folds: Range = NONE
    tables: tuple[str, ...] = TABLES
    papers: Range = (0.0, 1.0)
    light: Lighting = EVEN_LIGHT
    focus_mm: Range = (0.02, 0.07)
    uneven: float = 0.2
    motion_mm: Range = (0.0, 0.08)
    exposure: Range = (0.85, 1.1)
    noise: Range = (1.5, 4.0)
    long_px: tuple[int, ...] = (4032,)
    jpeg: Range = (80, 95)
    turned: tuple[float, float, float, float] = (0.6, 0.15, 0.1, 0.15)
    tagged: float = 0.85


PLAIN = PhoneProfile(name="plain")
TILTED = replace(PLAIN, name="tilted", tilt_deg=(15.0, 30.0), roll_deg=(-20.0, 20.0))
CURLED = replace(PLAIN, name="curled", curl_mm=(4.0, 14.0), fold_mm=(0.0, 4.0), folds=(0.0, 2.0), tilt_deg=(0.0, 18.0))
FOLDED = replace(PLAIN, name="folded", fold_mm=(2.0, 8.0), folds=(1.0, 2.9))
SHADOW = replace(PLAIN, name="shadow", light=Lighting(slope=(-0.3, 0.3), shadow=(0.35, 0.75), soft_mm=(0.5, 8.0)))
GLARE = replace(PLAIN, name="glare", light=Lighting(glare=(80.0, 260.0)))
BUSY = replace(
    PLAIN,
    name="busy",
    tables=("checked", "bright", "floor", "wood"),
    papers=(2.0, 5.0),
    roll_deg=(-30.0, 30.0),
    fills=(0.6, 0.9),
)
BLURRED = replace(PLAIN, name="blurred", focus_mm=(0.1, 0.8), uneven=0.4)
SHAKEN = replace(PLAIN, name="shaken", motion_mm=(0.2, 1.6))
DARK = replace(PLAIN, name="dark", exposure=(0.06, 0.4), noise=(3.0, 9.0), light=Lighting(slope=(-0.3, 0.3)))
SMALL = replace(PLAIN, name="small", fills=(0.2, 0.55), papers=(0.0, 3.0))
MESSENGER = replace(PLAIN, name="messenger", long_px=(1280, 1600, 2048), jpeg=(60.0, 80.0))
CUT_OFF = replace(PLAIN, name="cut off", cut_mm=(4.0, 60.0))
WORST_PHOTO = PhoneProfile(
    name="worst photo",
    tilt_deg=(8.0, 28.0),
    roll_deg=(-25.0, 25.0),
    fills=(0.55, 0.9),
    curl_mm=(1.0, 9.0),
    fold_mm=(0.0, 4.0),
    folds=(0.0, 2.0),
    papers=(1.0, 4.0),
    light=Lighting(slope=(-0.35, 0.35), shadow=(0.0, 0.6), glare=(0.0, 90.0)),
    focus_mm=(0.04, 0.25),
    motion_mm=(0.0, 0.4),
    exposure=(0.35, 0.9),
    noise=(2.0, 6.0),
    jpeg=(70, 90),
)

PHONE_PROFILES: dict[str, PhoneProfile] = {
    profile.name: profile
    for profile in (
        PLAIN,
        TILTED,
        CURLED,
        FOLDED,
        SHADOW,
        GLARE,
        BUSY,
        BLURRED,
        SHAKEN,
        DARK,
        SMALL,
        MESSENGER,
        CUT_OFF,
        WORST_PHOTO,
    )
}
"""All kinds of phone pictures by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoFacts:
    """The parameters of a photo, for choosing and testing thresholds. `blur_mm` is the sigma of all blur combined in
    the worst direction (over at least half the page), `exposure` as drawn, `px_per_mm` the mean scale, `shown` the
    fraction of the page that is in the picture.
    """

    blur_mm: float
    exposure: float
    px_per_mm: float
    shown: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Photo:
    """A simulated phone picture. `jpeg` is the file; `gray` (H, W) its decoded pixels before EXIF; `page_map` the
    truth.
    """

    gray: Gray
    page_map: PageMap
    jpeg: bytes
    profile: str
    facts: PhotoFacts

    @property
    def image(self) -> PageImage:
        """The photo as the readers' input."""
        return PageImage(gray=self.gray, dpi=None)

    @property
    def scan(self) -> ScannedPage:
        """The photo as a scan of the simulator, for the visibility tests and the file writers."""
        return ScannedPage(
            gray=self.gray,
            dpi=round(self.facts.px_per_mm * 25.4),
            page_map=self.page_map,
            profile=self.profile,
            jpeg=self.jpeg,
            claims_dpi=False,
        )


def photograph(
    gray: Gray, profile: PhoneProfile, rng: np.random.Generator, *, ink: Gray | None = None, size: SizeMm = A4
) -> Photo:
    """Prints the ideal page `gray` (H, W, the whole sheet of `size`, 300 dpi or more), lays it on a table and
    photographs it.

    `ink` (same shape, 255 = none) is laid over the print.
    """
    px_per_mm = sheet_px_per_mm(gray.shape, size)
    page = print_page(gray, PAPER, rng, px_per_mm=px_per_mm)
    if ink is not None:
        page = np.asarray(cv2.multiply(page, ink, scale=1 / 255), dtype=np.uint8)
    sheet = handle_page(page, PAPER, rng, px_per_mm=px_per_mm, back=None, backdrop=90)
    surface = _draw_surface(profile, size, rng)
    page_map = _true_map(_draw_camera(profile, size, rng), surface, size)
    scale = page_map.px_per_mm(RectMm(x=size.w / 4, y=size.h / 4, w=size.w / 2, h=size.h / 2))
    light = _seen(_shaded(sheet, surface, rng), page_map, profile, rng, scale=scale, size=size)
    light, blur_mm = _blurred(light, profile, rng, scale)
    exposure, shown = value(profile.exposure, rng), _shown(page_map, size)
    picture = _exposed(light, exposure, value(profile.noise, rng), rng)
    factor = int(rng.choice(profile.long_px)) / SENSOR[1]
    turn = int(rng.choice(4, p=np.asarray(profile.turned) / sum(profile.turned)))
    picture, page_map = _sent(picture, page_map, factor, turn)
    jpeg = _jpeg(
        picture, round(value(profile.jpeg, rng)), _EXIF_OF_TURN[turn] if happens(profile.tagged, rng) else 1, rng
    )
    decoded = np.asarray(
        cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_GRAYSCALE | cv2.IMREAD_IGNORE_ORIENTATION),
        dtype=np.uint8,
    )
    facts = PhotoFacts(blur_mm=blur_mm, exposure=exposure, px_per_mm=scale * factor, shown=shown)
    return Photo(gray=decoded, page_map=page_map, jpeg=jpeg, profile=profile.name, facts=facts)


def photograph_filled(
    gray: Gray,
    page: PageLayout,
    truth: PageTruth,
    *,
    hand: Hand,
    profile: PhoneProfile,
    rng: np.random.Generator,
    crops: Crops | None = None,
) -> Photo:
    """Prints `gray`, fills it in according to `truth` and photographs it: the full path of one page."""
    ink = draw_ink((int(gray.shape[0]), int(gray.shape[1])), page, truth, hand=hand, rng=rng, crops=crops)
    return photograph(gray, profile, rng, ink=ink, size=page.size)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Surface:
    """The sheet in space at nodes (rows, columns) every `GRID_STEP_MM`: height over the table and lateral contraction,
    mm.
    """

    z: Floats
    dx: Floats
    dy: Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Camera:
    """`flat` (3, 3): table mm -> homogeneous px; `up` (3,): change of the homogeneous px per mm of height."""

    flat: Floats
    up: Floats


def _draw_surface(profile: PhoneProfile, size: SizeMm, rng: np.random.Generator) -> _Surface:
    """A bulge or a side that curls up, and folds that have sprung open."""
    rows, columns = int(size.h / GRID_STEP_MM) + 2, int(size.w / GRID_STEP_MM) + 2
    x, y = np.meshgrid(np.arange(columns) * GRID_STEP_MM, np.arange(rows) * GRID_STEP_MM)
    angle, height = rng.uniform(0, np.pi), value(profile.curl_mm, rng)
    z, dx, dy = _bent(x, y, angle, lambda u: height * _curl(u, rng), size)
    for _ in range(count(profile.folds, rng)):
        height, wide = value(profile.fold_mm, rng), rng.uniform(55, 110)
        at = rng.uniform(-0.2, 0.2) * size.h
        angle = np.pi / 2 + rng.normal(0, 0.03) if rng.random() < 0.75 else rng.normal(0, 0.03)
        ridge = partial(_ridge, height=height, at=at, wide=wide)
        z, dx, dy = (a + b for a, b in zip((z, dx, dy), _bent(x, y, angle, ridge, size), strict=True))
    return _Surface(z=z, dx=dx, dy=dy)


def _curl(u: Floats, rng: np.random.Generator) -> Floats:
    """Height (0..1) across a bulge or towards a side that curls up, `u` in mm from the page's middle."""
    if rng.random() < 0.5:
        return np.asarray(np.exp(-(((u - rng.uniform(-50, 50)) / rng.uniform(50, 100)) ** 2)))
    side = rng.choice([-1.0, 1.0])
    return np.asarray((np.clip(side * u - rng.uniform(0, 50), 0, None) / 80) ** 2)


def _ridge(u: Floats, *, height: float, at: float, wide: float) -> Floats:
    """A roof of this height over `wide` on both sides of `at`, with a crease of about a tenth of its width."""
    v = (u - at) / wide
    return height * np.asarray(np.clip(1 - np.sqrt(v**2 + 0.003), 0, None))


def _bent(
    x: Floats, y: Floats, angle: float, profile: Callable[[Floats], Floats], size: SizeMm
) -> tuple[Floats, Floats, Floats]:
    """A sheet bent along one direction: heights, and the shift towards the middle because paper does not stretch."""
    along = np.array([np.cos(angle), np.sin(angle)])
    u = (x - size.w / 2) * along[0] + (y - size.h / 2) * along[1]
    line = np.arange(-260.0, 260.0, 1.0)
    heights = profile(line)
    shift = -np.cumsum(np.gradient(heights) ** 2) / 2
    shift -= np.interp(0.0, line, shift)
    drawn = np.interp(u, line, shift)
    return np.interp(u, line, heights), drawn * along[0], drawn * along[1]


def _draw_camera(profile: PhoneProfile, size: SizeMm, rng: np.random.Generator) -> _Camera:
    tilt, towards, roll = (
        np.radians(value(profile.tilt_deg, rng)),
        rng.uniform(0, 2 * np.pi),
        np.radians(value(profile.roll_deg, rng)),
    )
    turn, _ = cv2.Rodrigues(np.array([np.cos(towards), np.sin(towards), 0.0]) * tilt)
    in_plane, _ = cv2.Rodrigues(np.array([0.0, 0.0, roll]))
    rotation = np.asarray(in_plane @ turn, dtype=np.float64)
    focal = FOCAL * float(np.hypot(*SENSOR))
    fills, wanted = value(profile.fills, rng), 500.0
    for _ in range(12):
        low, high = _extent(_look(rotation, wanted, focal, size, (0.0, 0.0)), size)
        wanted *= float(((high - low) / SENSOR).max()) / fills
    low, high = _extent(_look(rotation, wanted, focal, size, (0.0, 0.0)), size)
    scale = focal / wanted
    off = np.array([value(profile.off_mm, rng), value(profile.off_mm, rng)]) * scale
    shift = np.array(SENSOR) / 2 - (low + high) / 2 + off
    cut = value(profile.cut_mm, rng) * scale
    if cut:
        shift = _cut(shift, low, high, cut, rng)
    return _look(rotation, wanted, focal, size, (float(shift[0]), float(shift[1])))


def _cut(shift: Floats, low: Floats, high: Floats, cut: float, rng: np.random.Generator) -> Floats:
    """The shift that puts one side of the page, sometimes a corner, `cut` px beyond the picture."""
    for axis in (0, 1) if rng.random() < 0.25 else (int(rng.integers(0, 2)),):
        shift[axis] = -low[axis] - cut if rng.random() < 0.5 else SENSOR[axis] - high[axis] + cut
    return shift


def _look(rotation: Floats, distance: float, focal: float, size: SizeMm, shift_px: tuple[float, float]) -> _Camera:
    intrinsic = np.array([[focal, 0, shift_px[0]], [0, focal, shift_px[1]], [0, 0, 1.0]])
    from_middle = np.array([-size.w / 2, -size.h / 2, 0.0])
    flat = np.column_stack([rotation[:, 0], rotation[:, 1], rotation @ from_middle + np.array([0, 0, distance])])
    return _Camera(flat=intrinsic @ flat, up=intrinsic @ -rotation[:, 2])


def _extent(camera: _Camera, size: SizeMm) -> tuple[Floats, Floats]:
    """Lowest and highest px of the flat page's corners."""
    corners = np.array([[0, 0, 1], [size.w, 0, 1], [size.w, size.h, 1], [0, size.h, 1]]) @ camera.flat.T
    px = corners[:, :2] / corners[:, 2:]
    return px.min(axis=0), px.max(axis=0)


def _true_map(camera: _Camera, surface: _Surface, size: SizeMm) -> PageMap:
    """The map of the sheet as it lies: the homography of the table and the offsets due to height and bending."""
    rows, columns = surface.z.shape
    x, y = np.meshgrid(np.arange(columns) * GRID_STEP_MM, np.arange(rows) * GRID_STEP_MM)
    points = (
        np.stack([x + surface.dx, y + surface.dy, np.ones_like(x)], axis=-1) @ camera.flat.T
        + surface.z[..., None] * camera.up
    )
    back = points @ np.linalg.inv(camera.flat).T
    homography = camera.flat / camera.flat[2, 2]
    grid = OffsetGrid(
        step_mm=GRID_STEP_MM,
        rows=rows,
        columns=columns,
        dx_mm=tuple((back[..., 0] / back[..., 2] - x).ravel().tolist()),
        dy_mm=tuple((back[..., 1] / back[..., 2] - y).ravel().tolist()),
    )
    return PageMap(homography=tuple(float(v) for v in homography.ravel()), residual_mm=0.0, tier=Tier.T0, grid=grid)


def _shaded(sheet: Gray, surface: _Surface, rng: np.random.Generator) -> Gray:
    """The sheet lit from the side: slopes that face the lamp are brighter (Lambert's cosine law)."""
    slope_y, slope_x = np.gradient(surface.z, GRID_STEP_MM)
    towards, height = rng.uniform(0, 2 * np.pi), np.radians(rng.uniform(30, 75))
    light = (-slope_x * np.cos(towards) - slope_y * np.sin(towards)) / np.tan(height) + 1
    factor = np.clip(light / np.sqrt(1 + slope_x**2 + slope_y**2), 0.3, 1.2) * 200
    whole = cv2.resize(
        np.rint(factor).astype(np.uint8), (sheet.shape[1], sheet.shape[0]), interpolation=cv2.INTER_LINEAR
    )
    return np.asarray(cv2.multiply(sheet, whole, scale=1 / 200), dtype=np.uint8)


def _seen(
    sheet: Gray, page_map: PageMap, profile: PhoneProfile, rng: np.random.Generator, *, scale: float, size: SizeMm
) -> NDArray[np.float32]:
    """Table, page and light as seen by the sensor; (H, W) float32."""
    px_per_mm = sheet_px_per_mm(sheet.shape, size)
    ratio = px_per_mm / scale
    if ratio > 1.15:
        sheet = cv2.GaussianBlur(sheet, (0, 0), 0.42 * ratio).astype(np.uint8)
    table = contact_shadow(
        paint_table(str(rng.choice(profile.tables)), size, count(profile.papers, rng), rng), size, rng
    )
    picture = _laid(table, page_map, TABLE_PX_PER_MM)
    x, y = (plane * np.float32(px_per_mm) - np.float32(0.5) for plane in inverse_map(page_map, SENSOR))
    page = cv2.remap(sheet, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    inside = (x > -0.5) & (x < sheet.shape[1] - 0.5) & (y > -0.5) & (y < sheet.shape[0] - 0.5)
    picture = np.where(inside, page, picture)
    light, glare = (_laid(field, page_map, 1.0) for field in paint_light(size, profile.light, rng))
    return np.asarray(picture * light + glare, dtype=np.float32)


def _laid(painted: NDArray[Any], page_map: PageMap, px_per_mm: float) -> NDArray[Any]:
    """Something painted on the table plane (margin `AROUND_MM`) as the camera sees it."""
    to_mm = np.array(
        [[1 / px_per_mm, 0, 0.5 / px_per_mm - AROUND_MM], [0, 1 / px_per_mm, 0.5 / px_per_mm - AROUND_MM], [0, 0, 1]]
    )
    matrix = np.asarray(page_map.homography).reshape(3, 3) @ to_mm
    return np.asarray(
        cv2.warpPerspective(painted, matrix, SENSOR, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    )


def _blurred(
    picture: NDArray[np.float32], profile: PhoneProfile, rng: np.random.Generator, scale: float
) -> tuple[NDArray[np.float32], float]:
    """Defocus and camera shake; also the sigma (mm) of both combined."""
    focus, motion, angle = value(profile.focus_mm, rng), value(profile.motion_mm, rng), rng.uniform(0, np.pi)
    uneven, towards = happens(profile.uneven, rng), rng.uniform(0, 2 * np.pi)
    sharp = picture
    if focus * scale > 0.3:
        picture = cv2.filter2D(picture, -1, _disc(focus * scale)).astype(np.float32)
        if uneven:
            y, x = np.mgrid[-1 : 1 : picture.shape[0] * 1j, -1 : 1 : picture.shape[1] * 1j].astype(np.float32)
            fraction = np.clip((np.cos(towards) * x + np.sin(towards) * y + 0.5), 0, 1)
            picture = sharp + fraction * (picture - sharp)
    if motion * scale > 1:
        picture = cv2.filter2D(picture, -1, _streak(motion * scale, angle)).astype(np.float32)
    return picture, float(np.hypot(focus / 2, motion / np.sqrt(12)))


def _disc(radius_px: float) -> NDArray[np.float32]:
    """The image of a point that is out of focus."""
    half = int(np.ceil(radius_px)) + 1
    ticks = np.arange(-half, half + 1)
    disc = np.clip(radius_px + 0.5 - np.hypot(ticks[:, None], ticks[None, :]), 0, 1)
    return np.asarray(disc / disc.sum(), dtype=np.float32)


def _streak(length_px: float, angle: float) -> NDArray[np.float32]:
    """The image of a point while the camera moves."""
    half = int(np.ceil(length_px / 2)) + 1
    kernel = np.zeros((2 * half + 1, 2 * half + 1), np.float32)
    for step in np.linspace(-length_px / 2, length_px / 2, 8 * half):
        x, y = half + step * np.cos(angle), half + step * np.sin(angle)
        left, top = int(x), int(y)
        for dx, dy in ((0, 0), (1, 0), (0, 1), (1, 1)):
            kernel[top + dy, left + dx] += (1 - abs(x - left - dx)) * (1 - abs(y - top - dy))
    return np.asarray(kernel / kernel.sum(), dtype=np.float32)


def _exposed(picture: NDArray[np.float32], exposure: float, noise: float, rng: np.random.Generator) -> Gray:
    """Grey levels by exposure, then noise in grains of about two px as left by a phone's own smoothing."""
    grains = np.asarray(
        cv2.GaussianBlur(rng.standard_normal((1024, 1024), dtype=np.float32), (0, 0), 0.8), dtype=np.float32
    )
    grains = grains * np.float32(noise / float(grains.std()))
    h, w = picture.shape
    whole = np.tile(grains, (h // 1024 + 1, w // 1024 + 1))[:h, :w]
    return np.asarray(np.clip(np.rint(picture * np.float32(exposure) + whole), 0, 255), dtype=np.uint8)


def _shown(page_map: PageMap, size: SizeMm) -> float:
    """The fraction of the page that lies in the picture."""
    x, y = np.meshgrid(np.linspace(0, size.w, 40), np.linspace(0, size.h, 56))
    px = page_map.to_px(np.stack([x.ravel(), y.ravel()], axis=1))
    return float(np.mean((px >= 0).all(axis=1) & (px[:, 0] < SENSOR[0]) & (px[:, 1] < SENSOR[1])))


def _sent(picture: Gray, page_map: PageMap, factor: float, turn: int) -> tuple[Gray, PageMap]:
    """The picture reduced and rotated by quarter turns clockwise, as in the file, with its map."""
    matrix = np.eye(3)
    if factor < 1:
        picture = cv2.resize(picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA).astype(
            np.uint8, copy=False
        )
        matrix = np.array([[factor, 0, 0.5 * factor - 0.5], [0, factor, 0.5 * factor - 0.5], [0, 0, 1]])
    for _ in range(turn):
        matrix = np.array([[0, -1, picture.shape[0] - 1], [1, 0, 0], [0, 0, 1]]) @ matrix
        picture = np.ascontiguousarray(np.rot90(picture, -1))
    homography = matrix @ np.asarray(page_map.homography).reshape(3, 3)
    return picture, replace(page_map, homography=tuple(float(v) for v in (homography / homography[2, 2]).ravel()))


def _jpeg(picture: Gray, quality: int, orientation: int, rng: np.random.Generator) -> bytes:
    """A colour JPEG under lamp light (a warm or cool tint) with its EXIF orientation."""
    tint = 1 - np.abs(rng.normal(0, 0.04, 3))
    channels = [cv2.convertScaleAbs(picture, alpha=float(part / tint.max())) for part in tint]
    exif = Image.Exif()
    exif[EXIF_ORIENTATION] = orientation
    out = BytesIO()
    Image.fromarray(np.stack(channels, axis=-1)).save(out, "JPEG", quality=quality, exif=exif)
    return out.getvalue()
