"""What happens to the sheets of the benchmark: the office profiles, every damage that peers were measured with, and
more. Frozen with `fill`.

A kind is a profile of the simulator and what a profile cannot say: paler ink, another generation of copying, a cut of
the picture, pixels that are not square.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np

from scanform.imaging.page_image import Gray
from scanform.imaging.page_map import PageMap
from scanform.simulate.profiles import NONE, PROFILES, Profile
from scanform.simulate.scanner import ScannedPage, scan_page

Rng = np.random.Generator
After = Callable[[ScannedPage, Rng], ScannedPage]


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """One kind of scan. `ink` 0..1 is how much of the pen's darkness is left; `copied` a photocopy was scanned; `back`
    the other side is filled in as well; `unusual` people did unusual things; `peers` what was measured of other tools
    under this damage ("-": not measured).
    """

    name: str
    profile: Profile
    ink: float = 1.0
    copied: bool = False
    back: bool = False
    unusual: bool = False
    after: After | None = None
    peers: tuple[str, str, str] = ("-", "-", "-")


def _moved(page_map: PageMap, matrix: np.ndarray) -> PageMap:
    """The map after the picture was changed by `matrix` (3, 3), pixels to pixels."""
    h = matrix @ np.asarray(page_map.homography).reshape(3, 3)
    return replace(page_map, homography=tuple((h / h[2, 2]).ravel().tolist()))


def _cropped_top(scan: ScannedPage, rng: Rng) -> ScannedPage:
    """The first 14 mm are missing."""
    rows = round(14 / 25.4 * scan.dpi)
    return replace(
        scan,
        gray=scan.gray[rows:].copy(),
        page_map=_moved(scan.page_map, np.array([[1, 0, 0], [0, 1, -rows], [0, 0, 1.0]])),
        jpeg=None,
    )


def _fax_standard(scan: ScannedPage, rng: Rng) -> ScannedPage:
    """204 x 98 dpi in black and white: half of the lines are gone, the picture is half as high."""
    height = round(scan.gray.shape[0] * 98 / scan.dpi)
    small = cv2.resize(scan.gray, (scan.gray.shape[1], height), interpolation=cv2.INTER_AREA)
    limit = rng.uniform(115, 170)
    factor = height / scan.gray.shape[0]
    matrix = np.array([[1, 0, 0], [0, factor, (factor - 1) / 2], [0, 0, 1.0]])
    gray = np.where(small < limit, 0, 255).astype(np.uint8)
    return replace(scan, gray=gray, page_map=_moved(scan.page_map, matrix), mono=True, jpeg=None)


_BASE = replace(PROFILES["good scanner"], name="bench")
_FAX_GREY = replace(PROFILES["fax"], dpi=(204,), depth="grey")

OFFICE = ("good scanner", "office copier")
"""The profiles whose positions count for the bar of ballot scanners."""

DAMAGES: dict[str, Damage] = {
    damage.name: damage
    for damage in (
        Damage(name="good scanner", profile=PROFILES["good scanner"]),
        Damage(name="office copier", profile=PROFILES["office copier"]),
        Damage(name="clean", profile=PROFILES["clean"], peers=("0", "0", "0")),
        Damage(name="jpeg q15", profile=replace(_BASE, jpeg=(15, 15)), peers=("0", "1 (0)", "0")),
        Damage(name="light ink 45 %", profile=_BASE, ink=0.45, peers=("0", "0", "0")),
        Damage(name="upside-down", profile=replace(_BASE, turned=(0, 0, 1, 0)), peers=("0", "-", "45")),
        Damage(name="rotated 2 deg", profile=replace(_BASE, skew_deg=(2, 2)), peers=("0", "17 (10)", "0")),
        Damage(name="rotated 5 deg", profile=replace(_BASE, skew_deg=(-5, -5)), peers=("all lost", "10 (5)", "0")),
        Damage(name="scale 94 %", profile=replace(_BASE, scale=(0.94, 0.94)), peers=("0", "23 (10)", "0")),
        Damage(name="shifted 5 mm", profile=replace(_BASE, shift_mm=(4, 5)), peers=("0", "8 (2)", "all lost")),
        Damage(name="150 dpi", profile=PROFILES["150 dpi"], peers=("0", "1", "0")),
        Damage(
            name="100 dpi", profile=replace(_BASE, dpi=(100,), blur_mm=(0.08, 0.13)), peers=("all lost", "7 (3)", "0")
        ),
        Damage(name="fax fine", profile=PROFILES["fax"], peers=("0", "0", "0")),
        Damage(name="fax standard", profile=_FAX_GREY, after=_fax_standard, peers=("all lost", "0", "0")),
        Damage(
            name="dithered", profile=replace(PROFILES["fax"], depth="dither", dpi=(200, 300)), peers=("-", "-", "-")
        ),
        Damage(
            name="two streaks",
            profile=replace(_BASE, streaks=(2, 2), streak_dark=(40, 160), streak_mm=(0.1, 0.4)),
            peers=("4 (3)", "7 (4)", "0"),
        ),
        Damage(name="2500 specks", profile=replace(_BASE, specks=(2500, 2500)), peers=("2 (0)", "9 (3)", "0")),
        Damage(name="torn corner", profile=replace(_BASE, corner_cut=1.0, corner_mm=(20, 32)), peers=("0", "0", "0")),
        Damage(name="top 14 mm missing", profile=_BASE, after=_cropped_top, peers=("all lost", "0", "0")),
        Damage(
            name="feed stretch",
            profile=replace(_BASE, stretch_mm=(0.8, 1.0), wave_mm=(90, 200)),
            peers=("0", "8 (4)", "0"),
        ),
        Damage(name="phone photo", profile=replace(PROFILES["photo"], curl_mm=NONE), peers=("0", "48 (46)", "0")),
        Damage(name="curled photo", profile=replace(PROFILES["photo"], curl_mm=(1.5, 3.5))),
        Damage(name="low toner", profile=PROFILES["low toner"]),
        Damage(name="photocopied", profile=replace(PROFILES["office copier"], dpi=(300,)), copied=True),
        Damage(name="shines through", profile=replace(_BASE, show_through=(0.08, 0.14)), back=True),
        Damage(name="folded", profile=PROFILES["folded"]),
        Damage(name="stained", profile=PROFILES["stained"]),
        Damage(name="worn feeder", profile=PROFILES["worn feeder"]),
        Damage(name="worst", profile=PROFILES["worst"]),
        Damage(name="unusual marks", profile=PROFILES["office copier"], unusual=True),
    )
}
"""All kinds by name. `peers`: wrong of 144 boxes (SDAPS 1.9), of 90 answers (marksense 0.2, of them confident), of
46 (OMRChecker), each on its own sample.
"""

_COPIER = replace(
    PROFILES["office copier"],
    name="copier",
    depth="grey",
    jpeg=None,
    dpi=(300,),
    skew_deg=(-0.8, 0.8),
    shift_mm=(-1, 1),
    punched=0.0,
    corner_cut=0.0,
)


def scan_damaged(printed: Gray, ink: Gray, damage: Damage, rng: Rng, *, back: Gray | None = None) -> ScannedPage:
    """A scan of the printed page (300 dpi) with its ink layer under a kind of damage."""
    if damage.ink < 1:
        ink = cv2.LUT(ink, np.rint(255 - damage.ink * (255 - np.arange(256))).astype(np.uint8)).astype(np.uint8)
    if damage.copied:
        first = scan_page(printed, _COPIER, rng, ink=ink)
        flat = _flattened(first, printed.shape)
        scan = scan_page(flat, damage.profile, rng)
    else:
        scan = scan_page(printed, damage.profile, rng, ink=ink, back=back)
    return damage.after(scan, rng) if damage.after else scan


def _flattened(scan: ScannedPage, shape: tuple[int, ...]) -> Gray:
    """The copy as a sheet of its own: the copier's glass is the new paper, so skew and scale stay in it as a shift
    of less than a line.
    """
    per_mm = 300 / 25.4
    x, y = np.meshgrid((np.arange(shape[1]) + 0.5) / per_mm, (np.arange(shape[0]) + 0.5) / per_mm)
    px, py = scan.page_map.to_px_xy(x.astype(np.float32), y.astype(np.float32))
    seen = cv2.remap(scan.gray, px, py, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=(250,))
    return seen.astype(np.uint8, copy=False)
