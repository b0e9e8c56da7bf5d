"""Named kinds of scanning, from a clean scan to the worst that still arrives: ranges of damage, drawn for each page.

A range is (low, high), drawn uniformly. Lengths are mm on the paper unless they end in `_px` of the scan. The ranges
come from the measurements of form scanning in the literature cited at each field, from scanner data sheets, or are
round figures chosen to bracket what offices see (marked "bracket"): nothing here was fitted to the readers.
"""

from dataclasses import dataclass, replace

Range = tuple[float, float]
NONE: Range = (0.0, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One kind of printing, handling and scanning.

    Printing
      `gain_mm`: growth of printed strokes on each side (toner spread; negative: thin print). Laser print grows
        0.02-0.05 mm; bracket.
      `print_grey`: grey of full toner, 0 black; 30-60 normal, to 150 when the toner runs out (bracket).
      `print_mottle`: unevenness of solid print, 0..1.
      `dropouts`: white spots a page.
      `pale_bands`: probability of a pale vertical band (worn drum).
    Paper
      `paper_grey`: reflectance as grey; white copy paper 240-252, recycled 205-230.
      `texture`: fibre noise, grey levels.
      `shade`: slow change of light over the page, grey levels.
      `stains`: coffee rings and splashes.
      `folds`: fold lines a page; `fold_mm`: how far a fold shifts the image locally.
      `punched`: probability of filing holes (ISO 838: 6 mm, 80 mm apart, 12 mm from the edge).
      `corner_cut`: probability of a dog-ear; `corner_mm`: its size.
      `show_through`: strength of the back page, 0..1 (80 g/m2 paper is 92-94 % opaque, ISO 2471).
    Geometry
      `skew_deg`: skew.
      `scale`: print scale ("fit to page" gives 0.94-0.97).
      `aspect`: relative difference of the scale down the page.
      `shift_mm`: offset of the page.
      `turned`: weights of 0, 90, 180, 270 degrees clockwise.
      `stretch_mm`: amplitude of feeder waves; `wave_mm`: their length.
      `keystone`: relative perspective.
      `curl_mm`: page curl (photos).
    Optics
      `blur_mm`: sigma of the whole optical path.
      `noise`: grey levels.
      `vignette`: relative loss in the corners.
      `light_slope`: relative change of light across (photos).
      `streaks`: vertical lines from dirt on the scanning glass; `streak_dark`: their darkness (grey levels);
        `streak_mm`: their width.
      `specks`: dust specks.
    Output
      `dpi`: choices of the resolution.
      `black`, `white`: levels that the device maps to 0 and 255.
      `depth`: "grey", "threshold" or "dither"; `threshold`: grey value.
      `jpeg`: quality or None.
      `backdrop`: grey around the paper; `margin_mm`: how much of it is visible on each side (the picture is then framed
        so that the whole sheet is on it).
      `claims_dpi`: whether the file declares its resolution.
    """

    name: str
    gain_mm: Range = (-0.01, 0.03)
    print_grey: Range = (22, 50)
    print_mottle: Range = NONE
    dropouts: Range = NONE
    pale_bands: float = 0.0
    paper_grey: Range = (242, 252)
    texture: Range = (0.5, 1.5)
    shade: Range = NONE
    stains: Range = NONE
    folds: Range = NONE
    fold_mm: Range = NONE
    punched: float = 0.0
    corner_cut: float = 0.0
    corner_mm: Range = (12, 28)
    show_through: Range = NONE
    skew_deg: Range = NONE
    scale: Range = (1.0, 1.0)
    aspect: Range = NONE
    shift_mm: Range = NONE
    turned: tuple[float, float, float, float] = (1.0, 0.0, 0.0, 0.0)
    stretch_mm: Range = NONE
    wave_mm: Range = (90, 350)
    keystone: Range = NONE
    curl_mm: Range = NONE
    blur_mm: Range = (0.03, 0.05)
    noise: Range = (0.8, 2.0)
    vignette: Range = NONE
    light_slope: Range = NONE
    streaks: Range = NONE
    streak_dark: Range = (15, 90)
    streak_mm: Range = (0.08, 0.35)
    specks: Range = NONE
    dpi: tuple[int, ...] = (300,)
    black: Range = (0, 10)
    white: Range = (238, 250)
    depth: str = "grey"
    threshold: Range = (120, 165)
    jpeg: Range | None = None
    backdrop: Range = (246, 253)
    margin_mm: Range = NONE
    claims_dpi: bool = True


CLEAN = Profile(
    name="clean",
    gain_mm=NONE,
    print_grey=(0, 0),
    paper_grey=(255, 255),
    texture=NONE,
    blur_mm=(0.02, 0.02),
    noise=NONE,
    black=NONE,
    white=(255, 255),
    backdrop=(255, 255),
)

OFFICE_COPIER = Profile(
    name="office copier",
    print_mottle=(0.0, 0.05),
    dropouts=(0, 6),
    shade=(0, 5),
    punched=0.08,
    corner_cut=0.02,
    corner_mm=(4, 9),
    show_through=(0.0, 0.035),
    skew_deg=(-1.5, 1.5),
    scale=(0.98, 1.01),
    aspect=(-0.0025, 0.0025),
    shift_mm=(-2.5, 2.5),
    stretch_mm=(0.0, 0.08),
    blur_mm=(0.045, 0.085),
    noise=(1.5, 4.0),
    streaks=(0, 0.55),
    streak_dark=(10, 45),
    streak_mm=(0.06, 0.2),
    specks=(0, 25),
    dpi=(300, 300, 200),
    jpeg=(60, 85),
)

GOOD_SCANNER = replace(
    OFFICE_COPIER,
    name="good scanner",
    punched=0.0,
    corner_cut=0.0,
    skew_deg=(-0.5, 0.5),
    scale=(0.995, 1.003),
    aspect=(-0.001, 0.001),
    shift_mm=(-1.2, 1.2),
    stretch_mm=(0.0, 0.03),
    blur_mm=(0.03, 0.055),
    noise=(1.0, 2.5),
    streaks=NONE,
    specks=(0, 8),
    dpi=(300,),
    jpeg=(80, 92),
)

FAX = replace(
    OFFICE_COPIER,
    name="fax",
    gain_mm=(0.0, 0.06),
    noise=(3, 7),
    blur_mm=(0.06, 0.1),
    specks=(20, 120),
    dpi=(200,),
    depth="threshold",
    threshold=(115, 170),
    jpeg=None,
    white=(235, 250),
)

LOW_TONER = replace(
    OFFICE_COPIER,
    name="low toner",
    gain_mm=(-0.06, 0.0),
    print_grey=(95, 150),
    print_mottle=(0.15, 0.45),
    dropouts=(40, 250),
    pale_bands=0.8,
)

DPI_150 = replace(OFFICE_COPIER, name="150 dpi", dpi=(150,), blur_mm=(0.06, 0.11))

JPEG_Q30 = replace(OFFICE_COPIER, name="jpeg q30", dpi=(200, 150), jpeg=(25, 32))

WORN_FEEDER = replace(
    OFFICE_COPIER,
    name="worn feeder",
    skew_deg=(-2.0, 2.0),
    stretch_mm=(0.4, 1.0),
    streaks=(1, 5),
    streak_dark=(25, 150),
    streak_mm=(0.08, 0.5),
    specks=(10, 80),
)

STAINED = replace(
    OFFICE_COPIER,
    name="stained",
    paper_grey=(215, 245),
    stains=(1, 4),
    shade=(3, 14),
    specks=(20, 120),
    white=(225, 245),
)

FOLDED = replace(
    OFFICE_COPIER,
    name="folded",
    folds=(1, 4),
    fold_mm=(0.03, 0.2),
    corner_cut=0.4,
    punched=0.4,
    shade=(3, 10),
    show_through=(0.02, 0.08),
)

CROOKED = replace(
    OFFICE_COPIER,
    name="crooked",
    skew_deg=(-5, 5),
    scale=(0.94, 1.03),
    shift_mm=(-4, 4),
    turned=(0.25, 0.25, 0.25, 0.25),
)

PHOTO = Profile(
    name="photo",
    print_mottle=(0.0, 0.05),
    paper_grey=(225, 245),
    texture=(1, 2.5),
    shade=(4, 16),
    folds=(0, 2),
    fold_mm=(0.0, 0.1),
    skew_deg=(-6, 6),
    keystone=(-0.09, 0.09),
    curl_mm=(0.0, 3.5),
    blur_mm=(0.05, 0.12),
    noise=(2, 6),
    vignette=(0.05, 0.22),
    light_slope=(-0.18, 0.18),
    dpi=(200, 250, 300),
    black=(0, 25),
    white=(225, 250),
    jpeg=(70, 90),
    backdrop=(60, 130),
    margin_mm=(6, 22),
    turned=(0.7, 0.12, 0.06, 0.12),
    claims_dpi=False,
)

WORST = replace(
    WORN_FEEDER,
    name="worst",
    print_grey=(60, 120),
    print_mottle=(0.05, 0.25),
    paper_grey=(205, 235),
    stains=(1, 3),
    folds=(0, 2),
    fold_mm=(0.02, 0.15),
    punched=1.0,
    corner_cut=0.6,
    show_through=(0.03, 0.12),
    skew_deg=(-3, 3),
    scale=(0.94, 0.97),
    turned=(0.5, 0.0, 0.5, 0.0),
    blur_mm=(0.07, 0.12),
    dpi=(150, 200),
    jpeg=(28, 45),
    white=(215, 240),
)

PROFILES: dict[str, Profile] = {
    profile.name: profile
    for profile in (
        CLEAN,
        OFFICE_COPIER,
        GOOD_SCANNER,
        FAX,
        LOW_TONER,
        DPI_150,
        JPEG_Q30,
        WORN_FEEDER,
        STAINED,
        FOLDED,
        PHOTO,
        CROOKED,
        WORST,
    )
}
"""All profiles by name."""
