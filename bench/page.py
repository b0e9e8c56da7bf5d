"""Milliseconds per page by step, beside the decode floor of the same file; pages per second; memory; against a naive chain.

    python -m bench.page [--quick]

CPU time, one thread, best of several runs; with text that of the programs started too. Figures are ratios inside one
run on one machine. The files are made by the benchmark: a form filled in by the simulator, once with ticks only, once
with handwriting too.
"""

import multiprocessing
import os
import platform
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
import simplejpeg
from PIL import Image

from bench.material import Form, make_form
from bench.naive import DPI, read_naively
from scanform.formats.layout_json import dump_layout
from scanform.imaging.sampling import sample_patches
from scanform.model.layout import ZoneKind
from scanform.model.page import PageRef
from scanform.recognize import reader
from scanform.register import pose
from scanform.register.fit import fit_page
from scanform.register.identify import identify
from scanform.register.markers import find_markers
from scanform.register.prepare import prepare_page
from scanform.scan.limits import Limits
from scanform.scan.load import load_page
from scanform.simulate.answers import random_truth
from scanform.simulate.files import write_pdf_jpeg, write_tiff_g4
from scanform.simulate.hands import random_hand
from scanform.simulate.profiles import PROFILES, Profile
from scanform.simulate.scanner import ScannedPage, scan_filled
from scanform.workflow.read_page import PageJob, read_page, start_worker

PAGE = 2
FAST_LIMIT, VERIFIED_LIMIT = 1.3, 2.0
"""Goals: decode + identity + T0 + 100 boxes, and decode + identity + box check + print-aware marks, as multiples of the decode floor."""

_OFFICE = replace(PROFILES["office copier"], skew_deg=(0.4, 0.6), punched=0.0, corner_cut=0.0, jpeg=(80, 80))
_GREY = replace(_OFFICE, paper_grey=(235, 235), white=(255, 255), black=(0, 0), noise=(4.0, 4.0))
"""Paper is not whitened by the device, so its noise is kept: large files, as of a scanner that is set to photographs."""

KINDS: dict[str, tuple[Profile, Callable[[Path, list[ScannedPage]], None], str]] = {
    "JPEG in PDF 200 dpi": (replace(_GREY, dpi=(200,)), write_pdf_jpeg, "pdf"),
    "JPEG in PDF 300 dpi": (replace(_GREY, dpi=(300,)), write_pdf_jpeg, "pdf"),
    "the same, whitened": (replace(_OFFICE, dpi=(300,)), write_pdf_jpeg, "pdf"),
    "TIFF G4 300 dpi": (replace(_OFFICE, dpi=(300,), depth="threshold", threshold=(150, 150), jpeg=None), write_tiff_g4, "tif"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One file of one page, its own bytes for the floor, and the reference that the pipeline gets."""

    name: str
    path: Path
    scan: ScannedPage
    ref: PageRef


def make_case(form: Form, folder: Path, name: str, *, texts: bool) -> Case:
    profile, write, suffix = KINDS[name]
    rng = np.random.default_rng(7)
    hand = random_hand(rng)
    truth = random_truth(form.questionnaire, form.layout, rng, hand=hand).pages[PAGE - 1]
    truth = truth if texts else replace(truth, texts={})
    scan = scan_filled(form.printed[PAGE - 1], form.layout.page(PAGE), truth, hand=hand, profile=profile, rng=rng)
    path = folder / f"{name.replace(' ', '-')}-{'text' if texts else 'ticks'}.{suffix}"
    write(path, [scan])
    return Case(name=name, path=path, scan=scan, ref=PageRef(sha256=sha256(path.read_bytes()).hexdigest(), path=str(path), index=0))


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
    """The fastest decoding of the page's own bytes that we know, without opening or checking anything."""
    if case.scan.jpeg is not None:
        return lambda: simplejpeg.decode_jpeg(case.scan.jpeg, colorspace="GRAY")
    return lambda: np.asarray(Image.open(case.path))


def steps_ms(form: Form, case: Case, *, runs: int) -> dict[str, float]:
    page, limits = form.layout.page(PAGE), Limits()
    check = prepare_page(page, form.blanks[PAGE - 1])
    prepared = reader.prepare_page(page, form.blanks[PAGE - 1], filled=form.layout.filled)
    boxes_only = replace(page, zones=tuple(zone for zone in page.zones if zone.kind is ZoneKind.MARK))
    marks = reader.prepare_page(boxes_only, form.blanks[PAGE - 1], filled=form.layout.filled)
    layouts = {form.layout.digest: form.layout}
    image = load_page(case.ref, limits).image
    markers = find_markers(image)
    flat, page_map = fit_page(image, markers, page, None), fit_page(image, markers, page, check)
    boxes = [zone.rect.centre for zone in page.zones if zone.kind is ZoneKind.MARK]
    centres = np.array([(point.x, point.y) for point in (boxes * (100 // len(boxes) + 1))[:100]])
    steps = {
        "decode floor": decode_floor(case),
        "load_page": lambda: load_page(case.ref, limits),
        "markers": lambda: find_markers(image),
        "identify, homography": lambda: (forget_poses(), identify(image, markers, layouts=layouts, read_text=lambda _: "")),
        "map T0": lambda: fit_page(image, markers, page, None),
        "100 boxes": lambda: sample_patches(image.gray, flat, centres, size_mm=3.0, px_per_mm=8.0).mean(axis=(1, 2)),
        "fit with box check": lambda: fit_page(image, markers, page, check),
        "marks": lambda: reader.read_fields(image, page_map, marks),
        "marks and blank writing zones": lambda: reader.read_fields(image, page_map, prepared),
    }
    size_kb = case.path.stat().st_size // 1000
    print(f"  {case.name}, {size_kb} kB: registered {page_map.tier.value}, residual {page_map.residual_mm:.3f} mm, {len(boxes)} boxes", flush=True)
    return {name: best_ms(step, runs=runs) for name, step in steps.items()}


def text_ms(form: Form, case: Case) -> float:
    """CPU time of reading all fields of a page with handwriting."""
    page = form.layout.page(PAGE)
    image = load_page(case.ref, Limits()).image
    page_map = fit_page(image, find_markers(image), page, prepare_page(page, form.blanks[PAGE - 1]))
    prepared = reader.prepare_page(page, form.blanks[PAGE - 1], filled=form.layout.filled)
    return best_ms(lambda: reader.read_fields(image, page_map, prepared), runs=2, clock=cpu_seconds)


def print_steps(table: dict[str, dict[str, float]]) -> None:
    names = list(next(iter(table.values())))
    print(f"\n{'ms per page (CPU)':32}" + "".join(f"{kind:>24}" for kind in table))
    for name in names:
        print(f"{name:32}" + "".join(f"{steps[name]:24.2f}" for steps in table.values()))
    fast = ("load_page", "markers", "identify, homography", "map T0", "100 boxes")
    verified = ("load_page", "markers", "identify, homography", "fit with box check", "marks")
    for label, parts, limit in (("fast chain", fast, FAST_LIMIT), ("verified chain", verified, VERIFIED_LIMIT)):
        sums = {kind: sum(steps[part] for part in parts) for kind, steps in table.items()}
        print(f"{label + ' = ' + ' + '.join(parts)}")
        print(f"{'':32}" + "".join(f"{total:24.2f}" for total in sums.values()))
        print(f"{f'  x decode floor (goal {limit})':32}" + "".join(f"{sums[kind] / steps['decode floor']:24.2f}" for kind, steps in table.items()))


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


def peak_memory_mb() -> float:
    """High-water mark of this process; not ru_maxrss, which a started process inherits from its parent (Linux)."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024


def throughput(form: Form, folder: Path, case: Case, *, processes: int, pages: int) -> tuple[float, float, set[str]]:
    """Pages per second (wall, after warming up), peak memory of a worker, outcomes."""
    limits = Limits()
    job = PageJob(ref=case.ref, file=str(case.path), layouts=str(folder / "layouts"), digests=(form.layout.digest,), limits=limits)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context, initializer=start_worker, initargs=(limits, os.getpid())) as pool:
        list(pool.map(work, [[job]] * processes * 2))
        start = time.perf_counter()
        results = list(pool.map(work, [[job] * 4] * (pages // 4)))
        seconds = time.perf_counter() - start
    return pages / seconds, max(memory for _, memory in results), {outcome for outcomes, _ in results for outcome in outcomes}


def main(arguments: list[str]) -> None:
    cv2.setNumThreads(1)
    os.environ["OMP_THREAD_LIMIT"] = "1"
    quick = "--quick" in arguments
    form = make_form()
    print(f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; Python {platform.python_version()}, OpenCV {cv2.__version__}")
    with TemporaryDirectory() as name:
        folder = Path(name)
        write_layouts(form, folder / "layouts")
        ticks = {kind: make_case(form, folder, kind, texts=False) for kind in KINDS}
        written = make_case(form, folder, "JPEG in PDF 300 dpi", texts=True)
        table = {kind: steps_ms(form, case, runs=10 if quick else 40) for kind, case in ticks.items()}
        print_steps(table)
        print_reading(form, folder, ticks["JPEG in PDF 300 dpi"], written, quick=quick)
        print_naive(form, written, table["JPEG in PDF 300 dpi"], text_ms(form, written))


def print_reading(form: Form, folder: Path, ticks: Case, written: Case, *, quick: bool) -> None:
    print("\nwhole reading of a page in worker processes (300 dpi grey JPEG in PDF)")
    for label, case, pages in (("ticks only", ticks, 48 if quick else 240), ("with handwriting", written, 8 if quick else 24)):
        one, two = (throughput(form, folder, case, processes=count, pages=pages) for count in (1, 2))
        print(f"  {label:18} 1 process {one[0]:6.1f} pages/s   2 processes {two[0]:6.1f} pages/s (x {two[0] / one[0]:.2f})   "
              f"peak memory of a worker {max(one[1], two[1]):.0f} MB   outcomes {sorted(one[2] | two[2])}")  # fmt: skip


def print_naive(form: Form, case: Case, steps: dict[str, float], text: float) -> None:
    page = form.layout.page(PAGE)
    fields = sum(zone.kind is not ZoneKind.MARK for zone in page.zones)
    ours = steps["load_page"] + steps["markers"] + steps["identify, homography"] + steps["fit with box check"] + steps["marks"]
    bare = best_ms(lambda: read_naively(case.path, page, fields=0), runs=2, clock=cpu_seconds)
    full = best_ms(lambda: read_naively(case.path, page, fields=fields), runs=1, clock=cpu_seconds)
    print(f"\nnaive chain (pdf2image {DPI} dpi, Hough, full warp), CPU ms with the programs it starts, same page")
    print(f"  without text {bare:.0f} = {bare / ours:.0f} x our verified chain")
    with_text = ours - steps["marks"] + text
    print(f"  with one Tesseract call for each of {fields} fields {full:.0f} = {full / with_text:.1f} x ours with all text ({with_text:.0f})")


if __name__ == "__main__":
    main(sys.argv[1:])
