"""Makes samples/ anew: a mixed stack of scans, the recipients it was printed for, a digital export, and what is to be
expected of all of it.

    .venv/bin/python tools/make_samples.py [--out DIR]

The same sources give the same bytes. Names, places and organisations are invented; the handwriting in
samples/handwriting/ is real.
"""

import argparse
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import pikepdf
from PIL import Image, ImageDraw, ImageFont
from samples_online import write_online
from samples_recipients import RECIPIENTS, write_places, write_recipients

from scanform.imaging.page_image import Gray
from scanform.model.layout import Layout, PageLayout
from scanform.model.questionnaire import Questionnaire
from scanform.scan.load import rasterize
from scanform.simulate import files
from scanform.simulate.answers import Behaviour, random_truth
from scanform.simulate.fill import draw_ink
from scanform.simulate.hands import Hand, random_hand
from scanform.simulate.profiles import PROFILES, Profile
from scanform.simulate.scanner import ScannedPage, scan_page
from scanform.simulate.scripts import FONTS, Crops, load_crops
from scanform.simulate.truth import FormTruth, MarkStyle
from scanform.simulate.visibility import faded_marks
from scanform.simulate.warp import warp_page
from scanform.workflow.printing.print_forms import PrintOrder, print_forms
from scanform.workflow.printing.recipients import read_recipients
from scanform.workflow.project.project import add_questionnaire, init_project
from scanform.workflow.project.shipped import template_path

ROOT = Path(__file__).parents[1]
SEED = 7
"""Seed of the identities: `scanform print --recipients samples/recipients.csv --seed 7`."""

VISITOR_SEED = 8
VISITORS = 3
"""One-pagers: `scanform print --questionnaire visitorfeedback --copies 3 --seed 8`, after the others."""

DPI = 300

# Small files: 200 dpi, JPEG about 62, a quiet sensor. Everything else as in the named profile.
COPIER = replace(PROFILES["office copier"], dpi=(200,), jpeg=(58, 66), noise=(0.8, 1.8), texture=(0.2, 0.6))
UPSIDE_DOWN = replace(COPIER, name="office copier, upside-down", turned=(0.0, 0.0, 1.0, 0.0))
FAX = replace(PROFILES["fax"], specks=(5, 40))
ONE_BIT_300 = replace(FAX, name="copier, 1 bit", dpi=(300,), threshold=(130, 160), noise=(1, 3))
ONE_BIT_UPSIDE_DOWN = replace(ONE_BIT_300, turned=(0.0, 0.0, 1.0, 0.0))
ON_ITS_SIDE = replace(COPIER, name="office copier, on its side", turned=(0.0, 1.0, 0.0, 0.0))
WORN = replace(
    PROFILES["worn feeder"],
    dpi=(200,),
    jpeg=(58, 66),
    noise=(0.8, 1.8),
    texture=(0.2, 0.6),
    streaks=(1, 3),
    streak_dark=(20, 70),
)
STAINED = replace(PROFILES["stained"], dpi=(200,), jpeg=(60, 68), noise=(0.8, 1.8), texture=(0.2, 0.6))
FOLDED = replace(PROFILES["folded"], dpi=(200,), jpeg=(60, 68), noise=(0.8, 1.8), texture=(0.2, 0.6), folds=(2, 3))
PHOTO = replace(
    PROFILES["photo"], dpi=(200,), jpeg=(72, 80), noise=(1.5, 3.0), turned=(0.0, 1.0, 0.0, 0.0), curl_mm=(0.5, 1.5)
)
PHOTOCOPY = replace(
    PROFILES["good scanner"], jpeg=None, dpi=(300,), turned=(1.0, 0.0, 0.0, 0.0), show_through=(0.0, 0.0)
)


@dataclass(frozen=True, kw_only=True)
class Edition:
    """A printed edition: its forms' identities and the pages of each form as printed, 300 dpi."""

    questionnaire: Questionnaire
    layout: Layout
    form_ids: tuple[str, ...]
    tokens: tuple[str | None, ...]
    sheets: tuple[tuple[Gray, ...], ...]


@dataclass(frozen=True, kw_only=True)
class Filled:
    """A form that somebody filled in: what was printed and the ink on it, page by page; `copy` for a photocopy of a
    form.
    """

    edition: Edition
    number: int
    truth: FormTruth
    ink: tuple[Gray, ...]
    printed: tuple[Gray, ...]
    copy: bool = False

    @property
    def form_id(self) -> str:
        return self.edition.form_ids[self.number]


CAREFUL = Behaviour(completeness=0.96, correct=0.03, near_miss=0.008, writein=1.0)
"""Somewhat more corrections and traces than usual, so that a few are to be seen."""


@dataclass(frozen=True, kw_only=True)
class Person:
    """Who fills in which form, how."""

    number: int
    seed: int
    pen: str
    script: str
    writer: int | None = None
    habit: Mapping[MarkStyle, float] | None = None
    behaviour: Behaviour = CAREFUL


CROSSES = {MarkStyle.CROSS: 0.85, MarkStyle.OFF_CENTRE_CROSS: 0.09, MarkStyle.HUGE_CROSS: 0.06}
TICKS = {MarkStyle.TICK: 0.86, MarkStyle.LONG_TICK: 0.08, MarkStyle.CROSS: 0.06}
SLASHES = {MarkStyle.SLASH: 0.8, MarkStyle.CROSS: 0.2}

PEOPLE = (
    Person(number=0, seed=11, pen="ballpoint blue", script="nothing-you-could-do", writer=26, habit=CROSSES),
    Person(number=1, seed=12, pen="ballpoint black", script="la-belle-aurore", writer=21, habit=CROSSES),
    Person(number=2, seed=13, pen="fineliner", script="zeyada", writer=23, habit=TICKS),
    Person(number=3, seed=14, pen="gel", script="over-the-rainbow", writer=15, habit=CROSSES),
    Person(number=4, seed=15, pen="fountain blue", script="cedarville-cursive", writer=22, habit=CROSSES),
    Person(number=5, seed=16, pen="pencil soft", script="playwrite-de-sas", writer=25, habit=CROSSES),
    Person(number=6, seed=17, pen="ballpoint dry", script="reenie-beanie", writer=8, habit=SLASHES),
    Person(number=7, seed=18, pen="ballpoint blue", script="shadows-into-light", writer=22, habit=CROSSES),
)
"""Who returns a paper form, by place in recipients.csv (0-based)."""

COPYIST = Person(number=7, seed=28, pen="ballpoint black", script="caveat", writer=21, habit=CROSSES)
"""A second organisation that filled in a photocopy of the last form."""

GUESTS = (
    Person(number=0, seed=31, pen="ballpoint black", script="caveat", writer=26),
    Person(number=1, seed=32, pen="felt tip", script="shadows-into-light", writer=26),
    Person(number=2, seed=33, pen="ballpoint blue", script="zeyada", writer=26),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--out", type=Path, default=ROOT / "samples")
    out: Path = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    crops = load_crops(ROOT / "samples" / "handwriting")
    write_recipients(out / "recipients.csv")
    write_places(out / "places.csv")
    places, visitors = print_editions(out / "recipients.csv")
    forms = [fill(places, person, crops) for person in PEOPLE]
    copied = fill(places, COPYIST, crops, photocopy=True)
    guests = [fill(visitors, person, crops) for person in GUESTS]
    scans = out / "scans"
    shutil.rmtree(scans, ignore_errors=True)
    scans.mkdir()
    stack = Stack(scans)
    write_stack(stack, forms, copied, guests, places)
    online = write_online(
        out / "begegnungsorte-limesurvey.csv", places.questionnaire, [form.truth.expected for form in forms], seed=SEED
    )
    write_expected(out / "expected.json", stack, [*forms, copied, *guests], online)
    report(out)


def print_editions(recipients: Path) -> tuple[Edition, Edition]:
    """Both questionnaires printed as the demo prints them."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "project"
        project = add_questionnaire(init_project(folder, template="begegnungsorte"), template_path("visitor-feedback"))
        with project:
            known = read_recipients(recipients)
            made = []
            for code, people, seed in (
                ("begegnungsorte", known, SEED),
                ("visitorfeedback", (None,) * VISITORS, VISITOR_SEED),
            ):
                pdf = Path(scratch) / f"{code}.pdf"
                printed = print_forms(project, PrintOrder(questionnaire=code, recipients=tuple(people), seed=seed), pdf)
                pages = list(rasterize(pdf, dpi=DPI))
                count = len(printed.layout.pages)
                made.append(
                    Edition(
                        questionnaire=project.questionnaires[code],
                        layout=printed.layout,
                        form_ids=tuple(form.form_id for form in printed.forms),
                        tokens=tuple(form.token for form in printed.forms),
                        sheets=tuple(tuple(pages[start : start + count]) for start in range(0, len(pages), count)),
                    )
                )
    return made[0], made[1]


def fill(edition: Edition, person: Person, crops: Crops, *, photocopy: bool = False) -> Filled:
    """The form filled in by `person`; a photocopy lies a little askew on the paper, and its ink with it."""
    rng = np.random.default_rng(person.seed)
    hand = hand_of(person, rng)
    truth = random_truth(edition.questionnaire, edition.layout, rng, behaviour=person.behaviour, hand=hand, crops=crops)
    printed, inks = [], []
    for sheet, page in zip(edition.sheets[person.number], edition.layout.pages, strict=True):
        ink = draw_ink(
            (int(sheet.shape[0]), int(sheet.shape[1])), page, truth.page(page.number), hand=hand, rng=rng, crops=crops
        )
        if photocopy:
            copy = scan_page(sheet, PHOTOCOPY, rng)
            size = (int(copy.gray.shape[1]), int(copy.gray.shape[0]))
            ink = warp_page(ink, copy.page_map, size, px_per_mm=DPI / 25.4, backdrop=255, out_per_mm=DPI / 25.4)
            sheet = copy.gray  # noqa: PLW2901  (the copy takes the place of the original)
        printed.append(sheet)
        inks.append(ink)
    return Filled(
        edition=edition, number=person.number, truth=truth, ink=tuple(inks), printed=tuple(printed), copy=photocopy
    )


def hand_of(person: Person, rng: np.random.Generator) -> Hand:
    hand = random_hand(rng, pen=person.pen)
    return replace(
        hand, script=person.script, writer=person.writer, habit=person.habit or CROSSES, aim_mm=min(hand.aim_mm, 0.4)
    )


class Stack:
    """The files written so far and what is expected of each of their pages."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files: dict[str, list[dict[str, object]]] = {}

    def add(self, name: str, pages: Sequence[dict[str, object]]) -> Path:
        """Registers a file; its pages are numbered from 1."""
        self.files[name] = [{"page": i + 1, **page} for i, page in enumerate(pages)]
        return self.folder / name


def scan(form: Filled, page: int, profile: Profile, seed: int) -> ScannedPage:
    """Page `page` (1-based) of a filled form through a scanner; the other side of the sheet shines through."""
    other = page if page % 2 else page - 2  # 0-based
    back = cv2.multiply(form.printed[other], form.ink[other], scale=1 / 255) if other < len(form.printed) else None
    scanned = scan_page(
        form.printed[page - 1], profile, np.random.default_rng([SEED, seed, page]), ink=form.ink[page - 1], back=back
    )
    faded = (
        faded_marks(scanned, form.edition.layout.page(page), form.truth.page(page), form.ink[page - 1])
        if not form.copy
        else ()
    )
    if faded:
        raise SystemExit(
            f"{form.form_id} page {page}: nobody can see the marks {sorted(faded)}; choose another pen or profile"
        )
    return scanned


def sheet(form: Filled, page: int, fate: str = "read") -> dict[str, object]:
    return {"fate": fate, "form_id": form.form_id, "form_page": page}


def write_stack(
    stack: Stack, forms: Sequence[Filled], copied: Filled, guests: Sequence[Filled], places: Edition
) -> None:
    """All files of the demo. Names sort in the order in which the sheets came in."""
    all_pages = range(1, len(places.layout.pages) + 1)
    first, second, third, fourth, fifth, sixth, seventh, eighth = forms

    files.write_pdf_jpeg(
        stack.add("0616-kopierer-01.pdf", [sheet(first, page) for page in all_pages]),
        [scan(first, page, COPIER, 1) for page in all_pages],
    )
    files.write_pdf_jpeg(
        stack.add("0616-kopierer-02.pdf", [sheet(second, page) for page in reversed(all_pages)]),
        [scan(second, page, UPSIDE_DOWN, 2) for page in reversed(all_pages)],
    )

    files.write_tiff_g4(
        stack.add("0616-fax-02.tif", [sheet(third, page) for page in all_pages]),
        [scan(third, page, FAX, 3) for page in all_pages],
    )

    mixed = [
        (fourth, 3),
        (fifth, 1),
        (fourth, 1),
        (fifth, 4),
        (fourth, 4),
        (fifth, 2),
        (fourth, 2),
    ]  # page 3 of the fifth form is missing
    path = stack.add("0617-gemischt-03.pdf", [sheet(form, page) for form, page in mixed])
    files.write_pdf_g4(
        path, [scan(form, page, ONE_BIT_UPSIDE_DOWN if page == 1 else ONE_BIT_300, 4) for form, page in mixed]
    )
    duplicate = stack.add("0617-gemischt-03_Kopie.pdf", [sheet(form, page, "duplicate") for form, page in mixed])
    shutil.copyfile(path, duplicate)

    files.write_pdf_layered(
        stack.add("0618-kompakt-04.pdf", [sheet(sixth, page) for page in (1, 2)]),
        [scan(sixth, page, COPIER, 5) for page in (1, 2)],
    )
    files.write_pdf_jpx(
        stack.add("0618-kompakt-05.pdf", [sheet(sixth, page) for page in (3, 4)]),
        [scan(sixth, page, FOLDED, 5) for page in (3, 4)],
        ratio=16,
    )

    found = "Begegnungsorte in Dortmund\nSeite {} von 4"
    files.write_pdf_searchable(
        stack.add("0618-durchsuchbar-06.pdf", [sheet(seventh, page) for page in all_pages]),
        [scan(seventh, page, WORN if page > 2 else STAINED, 6) for page in all_pages],
        [found.format(page) for page in all_pages],
    )

    files.write_pdf_jbig2(
        stack.add("0619-buero-nord-07.pdf", [sheet(eighth, page) for page in all_pages]),
        [scan(eighth, page, FAX, 7) for page in all_pages],
    )
    files.write_pdf_jpeg(
        stack.add("0620-fotokopie-08.pdf", [sheet(copied, page, "copy") for page in all_pages]),
        [scan(copied, page, ON_ITS_SIDE if page == 3 else COPIER, 8) for page in all_pages],
    )

    again = [scan(first, 2, COPIER, 9), foreign_letter(), scan(guests[0], 1, COPIER, 10), blank_paper()]
    files.write_tiff(
        stack.add(
            "0620-nachzuegler-09.tif",
            [sheet(first, 2, "re-scan"), {"fate": "unknown-form"}, sheet(guests[0], 1), {"fate": "blank"}],
        ),
        again,
        compression="jpeg",
    )
    files.write_jpeg(
        stack.add("IMG_0621.jpg", [sheet(guests[1], 1)]), scan(guests[1], 1, PHOTO, 11), quality=78, orientation=8
    )
    files.write_png(stack.add("bogen-drei.png", [sheet(guests[2], 1)]), scan(guests[2], 1, FAX, 12), bits=1)
    write_troubles(stack, places)


def write_troubles(stack: Stack, places: Edition) -> None:
    """Files that nobody can read: half zeros, a password, nothing at all."""
    lost = places.sheets[8]
    page = scan_page(lost[0], COPIER, np.random.default_rng([SEED, 20]))
    broken = stack.add("0622-uebertragung.pdf", [{"fate": "damaged"}])
    files.write_pdf_jpeg(broken, [page])
    data = broken.read_bytes()
    broken.write_bytes(data[: len(data) // 2] + bytes(len(data) - len(data) // 2))

    locked = stack.add("0622-vertraulich.pdf", [{"fate": "damaged"}])
    with pikepdf.Pdf.new() as pdf:
        pdf.add_blank_page(page_size=(595, 842))
        pdf.save(
            locked,
            encryption=pikepdf.Encryption(user="geheim", owner="geheim", R=3, aes=False, metadata=False),
            static_id=True,
        )
    stack.add("0622-leer.pdf", [{"fate": "damaged"}]).write_bytes(b"")


def blank_paper() -> ScannedPage:
    return scan_page(np.full((3508, 2480), 255, np.uint8), COPIER, np.random.default_rng([SEED, 21]))


def foreign_letter() -> ScannedPage:
    """A letter that got into the stack by mistake: no form at all."""
    picture = Image.new("L", (2480, 3508), 255)
    draw = ImageDraw.Draw(picture)
    text, hand = ImageFont.truetype(letter_font(), 46), ImageFont.truetype(str(FONTS / "la-belle-aurore.woff2"), 110)
    lines = (
        "Gartenbau Köttelbeck · Am Ölpfad 3 · 44263 Dortmund",
        "",
        "",
        "An alle Vereine im Stadtbezirk",
        "",
        "",
        "Dortmund, den 2. Juni 2025",
        "",
        "",
        "Angebot: Hecken, Bäume, Wege",
        "",
        "Sehr geehrte Damen und Herren,",
        "",
        "gern pflegen wir auch in diesem Jahr die Außenanlagen Ihres Vereinsheims.",
        "Bis Ende Juli gewähren wir auf alle Arbeiten zehn Prozent Nachlass.",
        "",
        "     Heckenschnitt, je laufender Meter              4,80 Euro",
        "     Baumpflege, je Stunde                                  52,00 Euro",
        "     Wegebau nach Aufmaß                                  auf Anfrage",
        "",
        "Rufen Sie uns an, wir beraten Sie kostenlos vor Ort.",
        "",
        "Mit freundlichen Grüßen",
    )
    for i, line in enumerate(lines):
        draw.text((300, 380 + 84 * i), line, font=text, fill=0)
    draw.text((330, 380 + 84 * len(lines) + 10), "W. Köttelbeck", font=hand, fill=60)
    draw.rectangle((300, 470, 2180, 473), fill=0)
    return scan_page(np.asarray(picture), COPIER, np.random.default_rng([SEED, 22]))


def letter_font() -> str:
    """The regular face of the font that the forms use, from its package."""
    from importlib.metadata import files as package_files

    found = next(
        file
        for file in package_files("fontpkg-atkinson-hyperlegible") or ()
        if file.name.lower().endswith("regular.ttf")
    )
    return str(found.locate())


def write_expected(path: Path, stack: Stack, forms: Sequence[Filled], online: Mapping[str, object]) -> None:
    """What the job must come to: fates by file and page, values by form and column, and what the digital export
    holds.
    """
    entries = [form_entry(form, stack) for form in forms]
    content = {"files": stack.files, "forms": entries, "online": online}
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def form_entry(form: Filled, stack: Stack) -> dict[str, object]:
    """One form: identity, pages that came in, values of the columns on those pages, columns that nobody could
    settle.
    """
    fate = "copy" if form.copy else "read"
    came = {
        int(str(page["form_page"]))
        for pages in stack.files.values()
        for page in pages
        if page.get("form_id") == form.form_id and page["fate"] == fate
    }
    page_of = dict(columns_with_pages(form.edition.layout.pages))
    return {
        "form_id": form.form_id,
        "copy": form.copy,
        "questionnaire": form.edition.layout.questionnaire,
        "layout": form.edition.layout.digest,
        "token": form.edition.tokens[form.number],
        "pages_missing": [page.number for page in form.edition.layout.pages if page.number not in came],
        "values": {column: value for column, value in form.truth.expected.items() if page_of[column] in came},
        "columns_missing": [column for column in form.truth.expected if page_of[column] not in came],
        "unclear": sorted(form.truth.unclear),
        "corrected_boxes": sorted(
            name for page in form.truth.pages for name, mark in page.marks.items() if mark.value.value == "filled"
        ),
    }


def columns_with_pages(pages: Sequence[PageLayout]) -> Iterator[tuple[str, int]]:
    """(column, page number) of every zone; later zones of a column win, they are all on one page."""
    for page in pages:
        for zone in page.zones:
            beside = zone.option is not None and zone.kind.value != "mark"
            yield (f"{zone.question}__{zone.option}_text" if beside else zone.question), page.number


def report(out: Path) -> None:
    sizes: Callable[[Path], int] = lambda file: file.stat().st_size  # noqa: E731
    found = sorted((file for file in out.rglob("*") if file.is_file()), key=sizes, reverse=True)
    for file in found[:12]:
        print(f"{sizes(file) / 1e3:8.0f} kB  {file.relative_to(out)}")
    print(f"{sum(map(sizes, found)) / 1e6:8.2f} MB in {len(found)} files; {len(RECIPIENTS)} recipients")


if __name__ == "__main__":
    cv2.setNumThreads(1)
    main()
