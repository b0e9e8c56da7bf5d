"""Phone pictures of a page on a table: how many are read, how exactly, how surely, and what is said of the others.

    python -m bench.photos                              4 forms' worth of pages per kind
    python -m bench.photos --pages 12 --seed 7 --kinds blurred shaken dark

Forms are printed by `print`, filled in and photographed by `scanform.simulate.phone`, written as JPEG with EXIF, and
read by the very function that `ingest` uses. "error" is how far the map errs at the corners of check boxes and cells
(mm, against the simulator's truth); where it errs more than `WRONG_MM` at a box that was read without a person, it is
wrong. A silent error is a box that needs no person by itself (no problem, at least the confidence that is accepted) and
is not what was drawn; boxes that people could not tell either, and marks that the picture does not show, do not count.
Odd seeds are for choosing thresholds, even ones for testing.
"""

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from bench.material import PRINT_DPI, exact
from bench.register import WRONG_MM
from scanform.assemble import AcceptSettings
from scanform.imaging.page_image import Gray
from scanform.imaging.page_map import PageMap
from scanform.model.geometry import RectMm
from scanform.model.layout import PageLayout, ZoneKind
from scanform.model.page import Fate, PageRef
from scanform.page_result import PageResult
from scanform.scan.intake import hash_file
from scanform.scan.load import rasterize
from scanform.simulate.answers import random_truth
from scanform.simulate.fill import draw_ink
from scanform.simulate.hands import random_hand
from scanform.simulate.phone import PHONE_PROFILES, Photo, photograph
from scanform.simulate.scripts import load_crops
from scanform.simulate.truth import FormTruth, PageTruth
from scanform.simulate.visibility import faded_marks
from scanform.workflow.printing.print_forms import PrintOrder, print_forms
from scanform.workflow.project.moments import limits_of
from scanform.workflow.project.project import Project, init_project
from scanform.workflow.reading.edition import FolderSource
from scanform.workflow.reading.read_page import read_page
from scanform.workflow.reading.stages import PageJob

FIRST_SEED = 700_000
SAMPLES = Path(__file__).parents[1] / "samples"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One printed page of one form."""

    page: PageLayout
    gray: Gray


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One photo: what was made of it, its facts, map error (mm, NaN when not read) at all boxes and at those that no
    person sees (`taken_mm`), boxes (all, to review, silent) and the lines about silent ones.
    """

    kind: str
    photo: Photo
    result: PageResult
    error_mm: float = np.nan
    taken_mm: float = 0.0
    boxes: int = 0
    marked: int = 0
    review: int = 0
    silent: tuple[str, ...] = field(default=())

    @property
    def is_read(self) -> bool:
        """Whether the page was read."""
        return self.result.outcome is Fate.READ


def outcomes(folder: Path, kinds: list[str], *, template: str, pages: int, seed: int) -> Iterator[Outcome]:
    """Print once, then fill, photograph and read `pages` pages of each kind."""
    crops = load_crops(SAMPLES / "handwriting")
    with init_project(folder / "project", template=template) as project:
        printed = print_forms(project, PrintOrder(recipients=(None,), seed=1), folder / "form.pdf")
        sheets = [
            Sheet(page=page, gray=exact(gray, page.size))
            for page, gray in zip(printed.layout.pages, rasterize(printed.pdf, dpi=PRINT_DPI), strict=True)
        ]
        for kind in kinds:
            for number in range(pages):
                rng = np.random.default_rng([FIRST_SEED, seed, list(PHONE_PROFILES).index(kind), number])
                sheet = sheets[number % len(sheets)]
                hand = random_hand(rng)
                truth: FormTruth = random_truth(
                    project.questionnaire_of(printed.layout), printed.layout, rng, hand=hand, crops=crops
                )
                ink = draw_ink(
                    sheet.gray.shape, sheet.page, truth.page(sheet.page.number), hand=hand, rng=rng, crops=crops
                )
                photo = photograph(sheet.gray, PHONE_PROFILES[kind], rng, ink=ink, size=sheet.page.size)
                path = folder / f"{kind.replace(' ', '-')}-{number:03}.jpg"
                path.write_bytes(photo.jpeg)
                yield judged(
                    kind, photo, read(project, path), page=sheet.page, truth=truth.page(sheet.page.number), ink=ink
                )


def read(project: Project, path: Path) -> PageResult:
    """The page as `ingest` reads it."""
    ref = PageRef(sha256=hash_file(path), path=path.name, index=0)
    job = PageJob(
        ref=ref,
        file=str(path),
        editions=FolderSource(folder=str(project.folder)),
        digests=tuple(sorted(project.layouts)),
        limits=limits_of(project),
    )
    found = read_page(job)
    return next((sheet for sheet in found.sheets if sheet.reading is not None), found)  # other papers may lie beside it


def judged(kind: str, photo: Photo, result: PageResult, *, page: PageLayout, truth: PageTruth, ink: Gray) -> Outcome:
    """The result beside the truth."""
    if result.page_map is None or result.reading is None:
        return Outcome(kind=kind, photo=photo, result=result)
    faded = faded_marks(photo.scan, page, truth, ink)
    accept, boxes, marked, review, silent, taken = AcceptSettings().choice, 0, 0, 0, [], []
    zones = {zone.id: zone for zone in page.zones}
    for reading in result.reading.fields:
        if zones[reading.zone].kind is not ZoneKind.MARK:
            continue
        drawn = truth.marks.get(reading.zone)
        expected = drawn.value.value if drawn else "empty"
        boxes, marked = boxes + 1, marked + (expected != "empty")
        if reading.problem is not None or reading.confidence < accept:
            review += 1
            continue
        taken.append(zones[reading.zone].rect)
        if reading.value != expected and not (drawn and drawn.ambiguous) and reading.zone not in faded:
            silent.append(
                f"{reading.zone}: read {reading.value} p={reading.confidence:.5f}, truth "
                f"{drawn.style.value if drawn else 'none'}"
            )
    every = [zone.rect for zone in page.zones if zone.kind is ZoneKind.MARK] + [
        cell for zone in page.zones for cell in zone.cells
    ]
    error, taken_error = (
        float(box_errors_mm(photo, result.page_map, rects).max(initial=0)) for rects in (every, taken)
    )
    return Outcome(
        kind=kind,
        photo=photo,
        result=result,
        error_mm=error,
        taken_mm=taken_error,
        boxes=boxes,
        marked=marked,
        review=review,
        silent=tuple(silent),
    )


def box_errors_mm(photo: Photo, page_map: PageMap, rects: list[RectMm]) -> np.ndarray:
    """Errors (mm) of the map at the corners of boxes."""
    points = np.array([(p.x, p.y) for rect in rects for p in rect.corners]).reshape(-1, 2)
    return np.linalg.norm(page_map.to_mm(photo.page_map.to_px(points)) - page_map.to_mm(page_map.to_px(points)), axis=1)


def show(kind: str, found: list[Outcome], seconds: float) -> None:
    """Print the figures of one kind, and a line per silent error and per page that was not read."""
    read_ones = [one for one in found if one.is_read]
    errors = np.array([one.error_mm for one in read_ones])
    boxes, marked, silent = (
        sum(values) for values in zip(*((one.boxes, one.marked, len(one.silent)) for one in found), strict=True)
    )
    review = sum(one.review for one in found)
    tiers = Counter(one.result.page_map.tier.value for one in read_ones if one.result.page_map)
    spread = f"error mm median {np.median(errors):.3f} worst {errors.max():.3f}" if len(errors) else "error -"
    print(
        f"{kind:12} read {len(read_ones)}/{len(found)} {dict(sorted(tiers.items()))!s:30} {spread}  wrong "
        f"{sum(one.taken_mm > WRONG_MM for one in read_ones)}"
        f"  boxes {boxes} ({marked} marked)"
        f"  review {review / max(boxes, 1):.1%}  silent {silent}  {seconds / len(found) * 1000:.0f} ms",
        flush=True,
    )
    for one in found:
        facts = one.photo.facts
        told = ", ".join(problem.slug for problem in one.result.problems) or "-"
        if not one.is_read or one.silent or told != "-":
            print(
                f"    {one.result.ref.path}: {one.result.outcome.value}; told: {told}; blur {facts.blur_mm:.2f} mm, "
                f"exposure {facts.exposure:.2f}, "
                f"{facts.px_per_mm:.1f} px/mm, shown {facts.shown:.0%}"
            )
        for line in one.silent:
            print(f"        SILENT {line}")


def main() -> int:
    """Run and print; 1 when an error was silent or a map wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--kinds", nargs="*", default=list(PHONE_PROFILES), choices=list(PHONE_PROFILES), metavar="KIND"
    )
    parser.add_argument("--template", default="begegnungsorte")
    parser.add_argument("--pages", type=int, default=4)
    parser.add_argument("--seed", type=int, default=2)
    parser.add_argument("--keep", type=Path, help="keep the project and the photos in this new folder")
    chosen = parser.parse_args()
    cv2.setNumThreads(1)
    everything: list[Outcome] = []
    with tempfile.TemporaryDirectory() as temporary:
        folder = chosen.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        for kind, found, seconds in _by_kind(
            outcomes(folder, chosen.kinds, template=chosen.template, pages=chosen.pages, seed=chosen.seed), chosen.pages
        ):
            show(kind, found, seconds)
            everything += found
    boxes, silent = sum(one.boxes for one in everything), sum(len(one.silent) for one in everything)
    wrong = sum(one.taken_mm > WRONG_MM for one in everything)
    print(
        f"all          read {sum(one.is_read for one in everything)}/{len(everything)}  wrong {wrong}  boxes {boxes}  "
        f"silent {silent}"
    )
    return 1 if silent or wrong else 0


def _by_kind(found: Iterator[Outcome], pages: int) -> Iterator[tuple[str, list[Outcome], float]]:
    group, started = [], time.perf_counter()
    for one in found:
        group.append(one)
        if len(group) == pages:
            yield group[0].kind, group, time.perf_counter() - started
            group, started = [], time.perf_counter()


if __name__ == "__main__":
    sys.exit(main())
