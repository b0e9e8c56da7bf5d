"""What reading a page costs beside decoding it: milliseconds by step, ratios with their limits, two processes, memory;
against a naive chain.

    python -m bench.page [--quick]

CPU time, one thread, best of several runs; with text that of the programs started too. Figures are ratios inside one
run on one machine. The files are made by the benchmark: a page of the questionnaire (55 boxes) and one with more than a
hundred, filled in by the simulator, once with ticks only, once with handwriting too. Each chain is timed as the sum of
its steps, each by itself, and as a whole, step after step on a page that was decoded just before: what is still in the
caches then is what a worker has there.
"""

import ctypes
import itertools
import multiprocessing
import os
import platform
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TypeVar

import cv2
import numpy as np
import simplejpeg
from PIL import Image

from bench.material import Form, make_form
from bench.naive import DPI, read_naively
from scanform.formats.layout_json import dump_layout
from scanform.imaging.sampling import sample_patches
from scanform.model.layout import PageLayout, ZoneKind
from scanform.model.page import PageRef
from scanform.recognize import reader
from scanform.register import pose
from scanform.register.fit import fit_page
from scanform.register.identify import identify
from scanform.register.markers import find_markers
from scanform.register.prepare import prepare_page
from scanform.scan.codecs.ccitt import encode_group4
from scanform.scan.codecs.fax_file import as_tiff
from scanform.scan.files.limits import Limits
from scanform.scan.load import load_page
from scanform.simulate.answers import random_truth
from scanform.simulate.files import write_pdf_g4, write_pdf_jpeg, write_tiff_g4
from scanform.simulate.hands import random_hand
from scanform.simulate.profiles import PROFILES, Profile
from scanform.simulate.scanner import ScannedPage, scan_filled
from scanform.workflow.reading.edition import FolderSource
from scanform.workflow.reading.read_page import read_page
from scanform.workflow.reading.stages import PageJob
from scanform.workflow.reading.worker import start_worker

FAST_LIMIT, VERIFIED_LIMIT, FAX_LIMIT = 1.25, 1.8, 2.5
"""Limits as multiples of the decode floor: decode + identity + T0 + 100 boxes; decode + identity + box check +
print-aware marks; both for group 4.
"""
SCALING_LIMIT, MEMORY_LIMIT_MB = 0.9, 250
"""Two processes against one, as a share of what bare decoding gains in the same run; peak of a worker."""
ROUNDS = 5
"""Scaling is the median of so many rounds."""
PER_CHUNK = 10
"""Pages of one task: what it costs to hand a task over is then no part of the figure."""

Job = TypeVar("Job")

_OFFICE = replace(PROFILES["office copier"], skew_deg=(0.4, 0.6), punched=0.0, corner_cut=0.0, jpeg=(80, 80))
_GREY = replace(_OFFICE, paper_grey=(235, 235), white=(255, 255), black=(0, 0), noise=(4.0, 4.0))
"""Paper is not whitened by the device, so its noise is kept: large files, as of a scanner that is set to
photographs.
"""

KINDS: dict[str, tuple[Profile, Callable[[Path, list[ScannedPage]], None], str]] = {
    "JPEG 200": (replace(_GREY, dpi=(200,)), write_pdf_jpeg, "pdf"),
    "JPEG 300": (replace(_GREY, dpi=(300,)), write_pdf_jpeg, "pdf"),
    "JPEG 300 white": (replace(_OFFICE, dpi=(300,)), write_pdf_jpeg, "pdf"),
    "TIFF G4 300": (
        replace(_OFFICE, dpi=(300,), depth="threshold", threshold=(150, 150), jpeg=None),
        write_tiff_g4,
        "tif",
    ),
    "TIFF G4 proof": (
        replace(_OFFICE, dpi=(300,), depth="threshold", threshold=(150, 150), jpeg=None),
        write_tiff_g4,
        "tif",
    ),
    "PDF G4 300": (
        replace(_OFFICE, dpi=(300,), depth="threshold", threshold=(150, 150), jpeg=None),
        write_pdf_g4,
        "pdf",
    ),
}
"""Grey JPEG in PDF of 200 and 300 dpi, the same with whitened paper, and fax compression."""
_PROOF = "TIFF G4 proof"
"""Fax data that are proved but not encoded again (`Limits.fax_again` off)."""
_FAX = frozenset({"TIFF G4 300", "PDF G4 300", _PROOF})
MAIN = "JPEG 300"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A printed form and the number of the page that is measured."""

    form: Form
    number: int

    @property
    def page(self) -> PageLayout:
        return self.form.layout.page(self.number)

    @property
    def boxes(self) -> int:
        return sum(zone.kind is ZoneKind.MARK for zone in self.page.zones)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One file of one page, its own bytes for the floor, and the reference that the pipeline gets."""

    name: str
    path: Path
    scan: ScannedPage
    ref: PageRef


def make_case(sheet: Sheet, folder: Path, name: str, *, texts: bool) -> Case:
    profile, write, suffix = KINDS[name]
    rng = np.random.default_rng(7)
    hand = random_hand(rng)
    truth = random_truth(sheet.form.questionnaire, sheet.form.layout, rng, hand=hand).pages[sheet.number - 1]
    truth = truth if texts else replace(truth, texts={})
    scan = scan_filled(sheet.form.printed[sheet.number - 1], sheet.page, truth, hand=hand, profile=profile, rng=rng)
    path = folder / f"{name.replace(' ', '-')}-{sheet.boxes}-{'text' if texts else 'ticks'}.{suffix}"
    write(path, [scan])
    return Case(
        name=name,
        path=path,
        scan=scan,
        ref=PageRef(sha256=sha256(path.read_bytes()).hexdigest(), path=str(path), index=0),
    )


def best_ms(function: Callable[[], object], *, runs: int, clock: Callable[[], float] = time.process_time) -> float:
    times = []
    for _ in range(runs):
        start = clock()
        function()
        times.append(clock() - start)
    return min(times) * 1000


def cpu_seconds() -> float:
    """CPU time of this process and of the programs it has started."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def forget_poses() -> None:
    """Each page has markers of its own: the pose kept from the run before must not make the next one look faster."""
    pose._pose.cache_clear()


def decode_floor(case: Case) -> Callable[[], object]:
    """The fastest decoding of the page's own bytes that we know, without opening or checking anything: simplejpeg,
    or libtiff behind Pillow.
    """
    if case.scan.jpeg is not None:
        data = case.scan.jpeg
        return lambda: simplejpeg.decode_jpeg(data, colorspace="GRAY")
    strip = as_tiff(
        [encode_group4((case.scan.gray < 128).astype(np.uint8))],
        width=case.scan.gray.shape[1],
        rows=case.scan.gray.shape[0],
        group=-1,
    )
    return lambda: np.asarray(Image.open(BytesIO(strip)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Chains:
    """The steps of reading a page, in order; `fast` and `verified` are the names of those that belong to each chain."""

    steps: dict[str, Callable[[], object]]
    fast: tuple[str, ...] = ("load_page", "markers", "identify, homography", "map T0", "100 boxes")
    verified: tuple[str, ...] = ("load_page", "markers", "identify, homography", "fit with box check", "marks")


def chains_of(sheet: Sheet, case: Case) -> Chains:
    """The steps, each with what it needs from those before it."""
    page, limits = sheet.page, Limits(fax_again=case.name != _PROOF)
    blank, filled = sheet.form.blanks[sheet.number - 1], sheet.form.layout.filled
    check, prepared = prepare_page(page, blank), reader.prepare_page(page, blank, filled=filled)
    boxes_only = replace(page, zones=tuple(zone for zone in page.zones if zone.kind is ZoneKind.MARK))
    marks = reader.prepare_page(boxes_only, blank, filled=filled)
    layouts = {sheet.form.layout.digest: sheet.form.layout}
    image = load_page(case.ref, limits).image
    markers = find_markers(image)
    flat, page_map = fit_page(image, markers, page, None), fit_page(image, markers, page, check)
    boxes = [zone.rect.centre for zone in boxes_only.zones]
    centres = np.array([(point.x, point.y) for point in itertools.islice(itertools.cycle(boxes), 100)])
    size_kb = case.path.stat().st_size // 1000
    print(
        f"  {case.name}, {sheet.boxes} boxes, {size_kb} kB: registered {page_map.tier.value}, residual "
        f"{page_map.residual_mm:.3f} mm",
        flush=True,
    )
    return Chains(
        steps={
            "decode floor": decode_floor(case),
            "load_page": lambda: load_page(case.ref, limits),
            "markers": lambda: find_markers(image),
            "identify, homography": lambda: (
                forget_poses(),
                identify(image, markers, layouts=layouts, read_text=lambda _: ""),
            ),
            "map T0": lambda: fit_page(image, markers, page, None),
            "100 boxes": lambda: sample_patches(image.gray, flat, centres, size_mm=3.0, px_per_mm=8.0).mean(
                axis=(1, 2)
            ),
            "fit with box check": lambda: fit_page(image, markers, page, check),
            "marks": lambda: reader.read_fields(image, page_map, marks),
            "marks and blank writing zones": lambda: reader.read_fields(image, page_map, prepared),
        }
    )


def whole_ratio(chains: Chains, names: tuple[str, ...], *, runs: int) -> float:
    """A chain run as one, against the decode floor in turn with it: the ratio of the best times."""
    floor, chain = [], []
    for _ in range(runs):
        floor.append(best_ms(chains.steps["decode floor"], runs=1))
        chain.append(best_ms(lambda: [chains.steps[name]() for name in names], runs=1))
    return min(chain) / min(floor)


def measure_chains(sheet: Sheet, cases: dict[str, Case], *, runs: int) -> dict[str, float]:
    """Prints the table of one page; returns its milliseconds by step for the main kind."""
    chains = {kind: chains_of(sheet, case) for kind, case in cases.items()}
    table = {kind: {name: best_ms(step, runs=runs) for name, step in one.steps.items()} for kind, one in chains.items()}
    print(f"\n{f'{sheet.boxes} boxes: ms per page (CPU)':44}" + "".join(f"{kind:>16}" for kind in table))
    for name in next(iter(table.values())):
        print(f"{name:44}" + "".join(f"{steps[name]:16.2f}" for steps in table.values()))
    for label, part in (("fast", "fast"), ("verified", "verified")):
        names: tuple[str, ...] = getattr(next(iter(chains.values())), part)
        limits = {
            kind: FAX_LIMIT if kind in _FAX else FAST_LIMIT if part == "fast" else VERIFIED_LIMIT for kind in table
        }
        ratios = {kind: sum(steps[name] for name in names) / steps["decode floor"] for kind, steps in table.items()}
        print(f"{label}: {' + '.join(names)}")
        print(
            f"{'  sum of steps x floor (limit)':44}"
            + "".join(f"{against(ratios[kind], limits[kind]):>16}" for kind in table)
        )
        whole = {kind: whole_ratio(one, names, runs=runs) for kind, one in chains.items()}
        print(
            f"{'  as a whole x floor (limit)':44}"
            + "".join(f"{against(whole[kind], limits[kind]):>16}" for kind in table)
        )
    return table[MAIN]


def against(value: float, limit: float) -> str:
    """A ratio beside the limit that it must not exceed."""
    return f"{value:.2f} ({limit:g}) {'ok' if value <= limit else 'NO'}"


def write_layouts(form: Form, folder: Path) -> None:
    target = folder / form.layout.digest
    target.mkdir(parents=True)
    (target / "layout.json").write_text(dump_layout(form.layout), encoding="utf-8")
    for page, blank in zip(form.layout.pages, form.blanks, strict=True):
        cv2.imwrite(str(target / page.blank), blank.gray)


def work(jobs: list[PageJob]) -> tuple[list[str], float]:
    """Pages read in a worker: their outcomes, and the worker's peak memory in MB so far."""
    outcomes = [read_page(job).outcome.value for job in jobs]
    return outcomes, peak_memory_mb()


def decode_only(job: tuple[bytes, int]) -> tuple[list[str], float]:
    """The same number of pages decoded and nothing else."""
    data, pages = job
    for _ in range(pages):
        simplejpeg.decode_jpeg(data, colorspace="GRAY")
    return [], peak_memory_mb()


def peak_memory_mb() -> float:
    """High-water mark of this process; not ru_maxrss, which a started process inherits from its parent (Linux)."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024


def seconds(
    pool: ProcessPoolExecutor, function: Callable[[Job], tuple[list[str], float]], job: Job, *, chunks: int
) -> tuple[float, float, set[str]]:
    """Wall time of `chunks` calls in a pool, the peak memory of a worker, and the outcomes."""
    start = time.perf_counter()
    results = list(pool.map(function, [job] * chunks))
    return (
        time.perf_counter() - start,
        max(memory for _, memory in results),
        {outcome for outcomes, _ in results for outcome in outcomes},
    )


def print_scaling(sheet: Sheet, folder: Path, case: Case, label: str, *, chunks: int) -> None:
    """Reading and bare decoding, each in one process and in two, in turn: `ROUNDS` rounds, medians."""
    limits, data = Limits(), case.scan.jpeg
    job = PageJob(
        ref=case.ref,
        file=str(case.path),
        editions=FolderSource(folder=str(folder)),
        digests=(sheet.form.layout.digest,),
        limits=limits,
    )
    context = multiprocessing.get_context("spawn")
    rounds: list[tuple[float, float]] = []
    speeds, peak, outcomes = [], 0.0, set[str]()
    with ExitStack() as stack:
        pools = [
            stack.enter_context(
                ProcessPoolExecutor(count, mp_context=context, initializer=start_worker, initargs=(limits, os.getpid()))
            )
            for count in (1, 2)
        ]
        for pool, count in zip(pools, (1, 2), strict=True):
            list(pool.map(work, [[job]] * count * 4))
        for _ in range(ROUNDS):
            bare = [seconds(pool, decode_only, (data, PER_CHUNK), chunks=chunks)[0] for pool in pools]
            read = [seconds(pool, work, [job] * PER_CHUNK, chunks=chunks) for pool in pools]
            rounds.append((read[0][0] / read[1][0], bare[0] / bare[1]))
            speeds.append([chunks * PER_CHUNK / one[0] for one in read])
            peak, outcomes = max(peak, *(one[1] for one in read)), outcomes.union(*(one[2] for one in read))
    fraction = median(reading / decoding for reading, decoding in rounds)
    one, two = (median(speed[index] for speed in speeds) for index in (0, 1))
    print(f"  {label:18} 1 process {one:6.1f} pages/s   2 processes {two:6.1f} pages/s   outcomes {sorted(outcomes)}")
    print(
        f"  {'':18} scaling x {median(r for r, _ in rounds):.2f}, of bare decoding x "
        f"{median(d for _, d in rounds):.2f}: "
        f"share {fraction:.2f} (at least {SCALING_LIMIT:g}) {'ok' if fraction >= SCALING_LIMIT else 'NO'}   "
        f"peak memory of a worker in MB {against(round(peak), MEMORY_LIMIT_MB)}",
        flush=True,
    )


def keep_memory() -> None:
    """Memory that was freed is used again (glibc): else the first use of fresh pages, which depends on what ran
    before, is counted for some steps.
    """
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        libc.mallopt(-3, 32 << 20)  # M_MMAP_THRESHOLD
        libc.mallopt(-1, 256 << 20)  # M_TRIM_THRESHOLD


def main(arguments: list[str]) -> None:
    cv2.setNumThreads(1)
    os.environ["OMP_THREAD_LIMIT"] = "1"
    keep_memory()
    quick = "--quick" in arguments
    usual, dense = (
        Sheet(form=make_form(), number=2),
        Sheet(form=make_form("dense", folder=Path(__file__).parent), number=1),
    )
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; Python "
        f"{platform.python_version()}, OpenCV {cv2.__version__}"
    )
    with TemporaryDirectory() as name:
        folder = Path(name)
        write_layouts(usual.form, folder / "layouts")
        write_layouts(dense.form, folder / "layouts")
        tables, main_case = [], None
        for sheet in (dense, usual):
            ticks = {kind: make_case(sheet, folder, kind, texts=False) for kind in KINDS}
            tables.append(measure_chains(sheet, ticks, runs=10 if quick else 40))
            main_case = ticks[MAIN]
            print(flush=True)
        written = make_case(usual, folder, MAIN, texts=True)
        print(
            "whole reading of a page in worker processes (300 dpi grey JPEG in PDF), against bare decoding in the same "
            "run"
        )
        if main_case:
            print_scaling(usual, folder, main_case, "ticks only", chunks=6 if quick else 24)
        print_scaling(usual, folder, written, "with handwriting", chunks=1 if quick else 3)
        print_naive(usual, written, tables[-1], text_ms(usual, written))


def text_ms(sheet: Sheet, case: Case) -> float:
    """CPU time of reading all fields of a page with handwriting."""
    page, blank = sheet.page, sheet.form.blanks[sheet.number - 1]
    image = load_page(case.ref, Limits()).image
    page_map = fit_page(image, find_markers(image), page, prepare_page(page, blank))
    prepared = reader.prepare_page(page, blank, filled=sheet.form.layout.filled)
    return best_ms(lambda: reader.read_fields(image, page_map, prepared), runs=2, clock=cpu_seconds)


def print_naive(sheet: Sheet, case: Case, steps: dict[str, float], text: float) -> None:
    page = sheet.page
    fields = sum(zone.kind is not ZoneKind.MARK for zone in page.zones)
    ours = (
        steps["load_page"]
        + steps["markers"]
        + steps["identify, homography"]
        + steps["fit with box check"]
        + steps["marks"]
    )
    bare = best_ms(lambda: read_naively(case.path, page, fields=0), runs=2, clock=cpu_seconds)
    full = best_ms(lambda: read_naively(case.path, page, fields=fields), runs=1, clock=cpu_seconds)
    print(f"\nnaive chain (pdf2image {DPI} dpi, Hough, full warp), CPU ms with the programs it starts, same page")
    print(f"  without text {bare:.0f} = {bare / ours:.0f} x our verified chain")
    with_text = ours - steps["marks"] + text
    print(
        f"  with one Tesseract call for each of {fields} fields {full:.0f} = {full / with_text:.1f} x ours with all "
        f"text ({with_text:.0f})"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
