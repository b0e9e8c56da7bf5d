"""Printed German lines by Tesseract: in this process (tesserocr) and by the program (montage), milliseconds per line
and share read exactly.

    python -m bench.text [--pages 15]

Typed answers stand 1 mm above the printed lines of a page, in five kinds of type of 8, 10 and 12 pt; the page is
scanned by the simulator at 200 and 300 dpi. Both readers get the same pictures of lines, all of a page at once, cut out
and cleaned as the tool does it (with the simulator's own map, so that registration plays no part). CPU time, that of
the program included, one thread; the first page is read once before, so that loading the model does not count. Figures
are of one run on one machine.
"""

import argparse
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import fontpkg_atkinson_hyperlegible
import numpy as np
import reportlab
from PIL import Image, ImageDraw, ImageFont

from scanform.imaging.page_image import BlankPage, Gray
from scanform.model.geometry import A4, RectMm
from scanform.model.layout import PageLayout, Zone, ZoneKind
from scanform.model.questionnaire import Filled
from scanform.recognize.ink.extraction import measure
from scanform.recognize.ink.sampling_plan import PreparedPage
from scanform.recognize.ink.writing_areas import find_parts
from scanform.recognize.reader import prepare_page
from scanform.recognize.writing import crops, tesseract
from scanform.recognize.writing.tesseract import ReadLine, TextSettings
from scanform.simulate.profiles import PROFILES
from scanform.simulate.scanner import scan_page

PX_PER_MM = 15
PITCH_MM, ABOVE_MM = 9.0, 1.0
"""Of the printed lines, and how far above them type stands."""

SIZES_PT = (8, 10, 12)
DPI = (200, 300)
LIBERATION = Path("/usr/share/fonts/truetype/liberation")

LINES = (
    "Die Tür öffnet täglich um 9 Uhr.",
    "Große Heide 12 b, 44137 Dortmund",
    "Wir wünschen uns mehr Übungsräume für Jugendliche",
    "Größe: 60 m, barrierefrei",
    "Montag bis Freitag 10:00 bis 18:30",
    "Außerdem fehlt eine Küche mit Spüle.",
    "buero@gruene-aue.example",
    "0231 5550147",
    "Ärztliche Beratung auf Türkisch und Arabisch",
    "Bürgerverein und Stadt gemeinsam",
    "Öffentlicher Bücherschrank, Repair-Treff",
    "jeden 2. Dienstag, außer in den Ferien",
    "Überdachter Hof (80 Plätze)",
    "Fußweg zur Haltestelle: 5 Minuten",
    "Gülcan Özdemir, Jürgen Weiß",
    "Anmeldung nötig!",
    "Der Aufzug ist seit März kaputt",
    "Spenden, Mitgliedsbeiträge, Sommerfest",
    "keine Angabe",
    "Träger: Förderverein St. Johannes e.V.",
    "Wochenende nur nach Absprache",
    "Zuschuss 1.250 Euro im Jahr",
    "Schützenstraße 88",
    "Äußere Straße 7",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scanned:
    """The lines of a scanned page as the readers get them, in order, and what was typed there."""

    pictures: tuple[Gray, ...]
    truth: tuple[str, ...]


def fonts() -> dict[str, Path]:
    """Common kinds of type; those of the system where they are installed."""
    found = {
        "Atkinson": Path(next(iter(fontpkg_atkinson_hyperlegible.__path__)))
        / "files"
        / "AtkinsonHyperlegible-Regular.ttf",
        "Vera": Path(reportlab.__file__).parent / "fonts" / "Vera.ttf",
    }
    others = {name: LIBERATION / f"Liberation{name}-Regular.ttf" for name in ("Sans", "Serif", "Mono")}
    return found | {name: path for name, path in others.items() if path.exists()}


def ruled() -> tuple[PageLayout, Gray]:
    """A page with a line to write on for each of `LINES`."""
    gray = np.full((round(A4.h * PX_PER_MM), round(A4.w * PX_PER_MM)), 255, np.uint8)
    zones = []
    for number in range(len(LINES)):
        rect = RectMm(x=20, y=20 + 10.8 * number, w=165, h=PITCH_MM + 1.5)
        y = round((rect.y + PITCH_MM) * PX_PER_MM)
        cv2.line(gray, (round(rect.x * PX_PER_MM), y), (round(rect.right * PX_PER_MM), y), (0,), 3)
        zones.append(Zone(id=f"line{number}", question=f"line{number}", kind=ZoneKind.HANDWRITING, rect=rect, lines=1))
    return PageLayout(number=1, size=A4, blank="page-1.png", fiducials=(), codes=(), zones=tuple(zones)), gray


def typed(page: PageLayout, lines: Sequence[str], font: Path, size_pt: float) -> Gray:
    """What was typed into the zones, on white paper."""
    sheet = Image.new("L", (round(A4.w * PX_PER_MM), round(A4.h * PX_PER_MM)), 255)
    pen, face = ImageDraw.Draw(sheet), ImageFont.truetype(str(font), size_pt * 25.4 / 72 * PX_PER_MM)
    for zone, line in zip(page.zones, lines, strict=True):
        pen.text(
            ((zone.rect.x + 1.5) * PX_PER_MM, (zone.rect.y + PITCH_MM - ABOVE_MM) * PX_PER_MM),
            line,
            font=face,
            fill=0,
            anchor="ls",
        )
    return np.asarray(sheet)


def scanned(
    page: PageLayout, printed: Gray, prepared: PreparedPage, ink: Gray, lines: Sequence[str], *, dpi: int, seed: int
) -> Scanned:
    """The page after an office copier; lines that come out as several pictures or none count as not read."""
    profile = replace(PROFILES["office copier"], dpi=(dpi,), punched=0.0, corner_cut=0.0)
    scan = scan_page(printed, profile, np.random.default_rng([seed, dpi]), ink=ink)
    parts = find_parts(measure(scan.image, scan.page_map, prepared), prepared.areas)
    pictures, truth = [], []
    for number, spot in enumerate(prepared.areas.spots):
        cut = crops.lines(crops.clean_zone(scan.gray, scan.page_map, prepared.areas, parts, number), spot, parts)
        pictures.append(cut[0] if len(cut) == 1 else np.full((8, 8), 255, np.uint8))
        truth.append(lines[number])
    return Scanned(pictures=tuple(pictures), truth=tuple(truth))


def cpu_ms() -> float:
    """CPU time of this process and of the programs it has started."""
    used = os.times()
    return (used.user + used.system + used.children_user + used.children_system) * 1000


@dataclass(slots=True, kw_only=True)
class Tally:
    """What one reader did."""

    ms: float = 0.0
    lines: int = 0
    right: int = 0


def read(
    pages: Sequence[tuple[str, Scanned]], settings: TextSettings
) -> tuple[Tally, Counter[str], list[tuple[str, str, str]]]:
    """The sum, right lines by kind of page, and (kind, truth, read) of the wrong ones."""
    tesseract.read_lines(pages[0][1].pictures, settings)
    sum_, right, wrong = Tally(), Counter[str](), []
    for name, page in pages:
        start = cpu_ms()
        found: tuple[ReadLine, ...] = tesseract.read_lines(page.pictures, settings)
        sum_.ms += cpu_ms() - start
        for line, truth in zip(found, page.truth, strict=True):
            sum_.lines += 1
            sum_.right += line.text == truth
            right[name] += line.text == truth
            if line.text != truth:
                wrong.append((name, truth, line.text))
    return sum_, right, wrong


def material(count: int) -> Iterator[tuple[str, Scanned]]:
    """Pages of every resolution, font and size in turn, `count` of each resolution."""
    page, printed = ruled()
    prepared = prepare_page(
        page, BlankPage(gray=printed, px_per_mm_x=PX_PER_MM, px_per_mm_y=PX_PER_MM), filled=Filled.WITHDRAWN
    )
    kinds = [(name, path, size) for name, path in fonts().items() for size in SIZES_PT]
    for dpi in DPI:
        for number in range(count):
            name, path, size = kinds[number % len(kinds)]
            lines = [LINES[(number + i) % len(LINES)] for i in range(len(LINES))]
            yield (
                f"{dpi} dpi {name} {size} pt",
                scanned(page, printed, prepared, typed(page, lines, path, size), lines, dpi=dpi, seed=number),
            )


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--pages", type=int, default=15, help="pages of each resolution; 15 are all fonts and sizes once"
    )
    parser.add_argument("--wrong", action="store_true", help="print the lines that were read wrong")
    args = parser.parse_args()
    cv2.setNumThreads(1)
    os.environ["OMP_THREAD_LIMIT"] = "1"
    pages = list(material(args.pages))
    sums = {}
    for settings in (TextSettings(), TextSettings(in_process=False)):
        name = tesseract.door(settings).reader
        sums[name], right, wrong = read(pages, settings)
        print(
            f"{name}: {sums[name].ms / sums[name].lines:.1f} ms per line, {sums[name].right} of {sums[name].lines} "
            f"lines exactly right"
        )
        for kind, scan in pages:
            print(f"    {kind:24} {right[kind]:3d} of {len(scan.truth)}")
        for kind, truth, line in wrong if args.wrong else ():
            print(f"        {kind}: {truth!r} read as {line!r}")
    first, second = sums.values()
    print(
        f"by the program / in process: {(second.ms / second.lines) / (first.ms / first.lines):.2f} times the time per "
        f"line"
    )


if __name__ == "__main__":
    main()
