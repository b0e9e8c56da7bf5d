"""Bad files: damaged, hostile and foreign ones, read in guarded processes and judged by what it must not do.

The collection beside the repository (`../shared/data/bad`) is used when it is there; a small set is made here.
"""

import gzip
import json
import multiprocessing
import os
import resource
import signal
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import pikepdf
import pytest
from pdf2image import convert_from_path
from PIL import Image

from bench.waiting import until
from scanform.model.page import PageRef
from scanform.scan.files.limits import Limits, deadline, guard_process
from scanform.scan.files.poppler import PROGRAMS
from scanform.scan.intake import inspect_file
from scanform.scan.load import load_page

BAD = Path(__file__).parents[2].parent / "shared" / "data" / "bad"
LIMITS = Limits()
MOST_PAGES = 40
"""Pages of one file that are decoded; the rest would repeat the same."""
NEITHER_READS = frozenset(
    {"third_party/pdf.js/bitmap-symbol-context-reuse.pdf", "third_party/pdf.js/issue17871_top_right.pdf"}
)
"""JBIG2 pages that the collection takes for readable and that jbig2dec and poppler 22.12 both refuse; the
alternative would be an empty page.
"""
ONE_COLOUR = frozenset({"third_party/pdf.js/red_stamp.pdf"})
"""The crop box shows nothing but a stamp of one colour, and poppler complains about its picture: what may be damage
is never a page without content.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one file did: slugs for the file, and for each decoded page whether there is an image, and its slugs."""

    pages: int
    file_slugs: tuple[str, ...]
    images: tuple[bool, ...]
    page_slugs: tuple[tuple[str, ...], ...]
    uniform: tuple[bool, ...]
    rss_mb: float
    cpu_s: float

    @property
    def named(self) -> bool:
        """Whether anything was said about the file."""
        return bool(self.file_slugs) or any(self.page_slugs)


def _read(paths: list[str], limits: Limits, pipe: "Connection[Outcome, None]") -> None:
    guard_process(limits)
    for path in paths:
        pipe.send(_outcome(path, limits))


def _outcome(path: str, limits: Limits) -> Outcome:
    info = inspect_file(path, limits)
    pages = []
    for index in range(min(info.pages, MOST_PAGES)):
        with deadline(limits.page_seconds):
            pages.append(load_page(PageRef(sha256=info.sha256, path=path, index=index), limits))
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return Outcome(
        pages=info.pages,
        file_slugs=tuple(found.slug for found in info.problems),
        images=tuple(page.image is not None for page in pages),
        page_slugs=tuple(tuple(found.slug for found in page.problems) for page in pages),
        uniform=tuple(
            page.image is not None and bool(page.image.gray.min() == page.image.gray.max()) for page in pages
        ),
        rss_mb=max(usage.ru_maxrss for usage in usages) / 1024,
        cpu_s=sum(usage.ru_utime + usage.ru_stime for usage in usages),
    )


def read_guarded(paths: list[Path], limits: Limits = LIMITS) -> list[Outcome | None]:
    """What the files do in a guarded process, one after the other; None from the one on at which it died: its own
    limits end it when it hangs.
    """
    context = multiprocessing.get_context(
        "forkserver"
    )  # a fresh process, like spawn, without importing everything each time
    context.set_forkserver_preload(["scanform.scan.load", "scanform.scan.inspect", "scanform.scan.intake"])
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_read, args=([str(path) for path in paths], limits, theirs))
    process.start()
    theirs.close()
    found: list[Outcome | None] = []
    try:
        for _ in paths:
            found.append(ours.recv())
    except EOFError:
        found += [None] * (len(paths) - len(found))
    finally:
        ours.close()
        process.join()
        process.close()
    return found


def judge(entry: dict[str, object], outcome: Outcome | None) -> list[str]:
    """How the outcome contradicts what the collection expects; empty when it does not."""
    if outcome is None:
        return ["the process died"]
    wrong = []
    complete = bool(outcome.images) and all(outcome.images)
    if entry["expected"] == "processed" and not complete:
        wrong.append(f"no image: {outcome.file_slugs} {outcome.page_slugs}")
    if entry["expected"] == "processed" and entry["pages"] not in (None, outcome.pages):
        wrong.append(f"{outcome.pages} pages instead of {entry['pages']}")
    if entry["expected"] == "error" and any(outcome.images):
        wrong.append("an image of what is none")
    if not complete and not outcome.named:
        wrong.append("silent")
    if entry.get("must_report") and not outcome.named:
        wrong.append("damage not reported")
    if outcome.rss_mb > float(str(entry["max_rss_mb"])):
        wrong.append(f"{outcome.rss_mb:.0f} MB")
    return wrong


def _collection(tier: int) -> list[dict[str, object]]:
    files = json.loads((BAD / "manifest.json").read_text(encoding="utf-8"))["files"]
    return [entry for entry in files if entry["use"] == "ingest" and entry["tier"] == tier]


def _disagreements(tier: int) -> Iterator[str]:
    entries = _collection(tier)

    def run(entry: dict[str, object]) -> str:
        outcome = read_guarded([BAD / str(entry["file"])])[0]
        wrong = judge(entry, outcome)
        if outcome is not None and outcome.cpu_s > 3 * float(str(entry["max_seconds"])):
            wrong.append(f"{outcome.cpu_s:.0f} s of computing")
        return (
            f"{entry['expected']:9} {entry['file']}: {'; '.join(wrong)}"
            if wrong and entry["file"] not in NEITHER_READS | ONE_COLOUR
            else ""
        )

    with ThreadPoolExecutor(max_workers=min(4, os.cpu_count() or 1)) as pool:
        yield from filter(None, pool.map(run, entries))


@pytest.mark.slow
@pytest.mark.skipif(not BAD.is_dir(), reason="the collection of bad files is not here")
@pytest.mark.parametrize("tier", [1, 2])
def test_collection_of_bad_files(tier: int) -> None:
    """No file of the collection is read wrongly in silence, crashes the reader or exceeds its limits."""
    assert list(_disagreements(tier)) == []


def _page() -> Image.Image:
    gray = np.full((877, 620), 250, dtype=np.uint8)
    gray[100:800:40, 60:560] = np.random.default_rng(1).integers(0, 255, (18, 500), dtype=np.uint8)
    return Image.fromarray(gray)


def _pdf(path: Path, pages: int) -> bytes:
    picture = _page()
    picture.save(path, "PDF", save_all=True, append_images=[picture] * (pages - 1))
    return path.read_bytes()


def _nested_forms(path: Path) -> None:
    """Twelve forms, each drawing the next one sixteen times: 16^12 drawings."""
    pdf = pikepdf.new()
    inner = pdf.make_stream(
        b"0 0 1 1 re f", Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Form, BBox=pikepdf.Array([0, 0, 9, 9])
    )
    for _ in range(12):
        resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(X=inner))
        inner = pdf.make_stream(
            b"/X Do " * 16,
            Type=pikepdf.Name.XObject,
            Subtype=pikepdf.Name.Form,
            BBox=pikepdf.Array([0, 0, 9, 9]),
            Resources=resources,
        )
    page = pikepdf.Dictionary(
        Type=pikepdf.Name.Page, MediaBox=pikepdf.Array([0, 0, 99, 99]), Contents=pdf.make_stream(b"/X Do")
    )
    page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(X=inner))
    pdf.pages.append(pikepdf.Page(page))
    pdf.save(path)


def _flate_bomb(path: Path) -> None:
    """A picture of 600 x 600 pixels whose data unpack to 1 GB."""
    pdf = pikepdf.new()
    name = pikepdf.Name
    packer = zlib.compressobj(9)
    data = b"".join(packer.compress(bytes(1 << 20)) for _ in range(1024)) + packer.flush()
    image = pdf.make_stream(
        data,
        Type=name.XObject,
        Subtype=name.Image,
        Width=600,
        Height=600,
        BitsPerComponent=8,
        ColorSpace=name.DeviceGray,
    )
    image.Filter = name.FlateDecode
    page = pikepdf.Dictionary(
        Type=name.Page, MediaBox=pikepdf.Array([0, 0, 600, 600]), Contents=pdf.make_stream(b"600 0 0 600 0 0 cm /I Do")
    )
    page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(I=image))
    pdf.pages.append(pikepdf.Page(page))
    pdf.save(path)


def _make(folder: Path) -> dict[str, str]:
    """Bad files and what is expected of each: an image ("image"), a problem and no image ("problem"), anything that
    is named ("named").
    """
    pdf = _pdf(folder / "whole.pdf", 3)
    (folder / "half zero.pdf").write_bytes(pdf[: len(pdf) // 2] + bytes(len(pdf) - len(pdf) // 2))
    (folder / "cut.pdf").write_bytes(pdf[: len(pdf) * 2 // 3])
    _page().save(folder / "whole.jpg")
    (folder / "cut.jpg").write_bytes((folder / "whole.jpg").read_bytes()[:-3000])
    _page().save(folder / "whole.tif", save_all=True, append_images=[_page()] * 2, compression="tiff_lzw")
    (folder / "cut.tif").write_bytes(
        (folder / "whole.tif").read_bytes()[: (folder / "whole.tif").stat().st_size * 6 // 10]
    )
    clear = Image.new("RGBA", (620, 877), (0, 0, 0, 0))
    clear.paste((0, 0, 0, 255), (100, 100, 300, 200))
    clear.save(folder / "transparent.png")
    Image.fromarray(np.asarray(_page()).astype(np.uint16) * 2).save(folder / "nine bits.tif")
    (folder / "login.pdf").write_text("<!DOCTYPE html><title>%PDF-1.4</title>", encoding="ascii")
    (folder / "archive.pdf").write_bytes(gzip.compress(pdf))
    _nested_forms(folder / "forms.pdf")
    _flate_bomb(folder / "flate.pdf")
    good = dict.fromkeys(("whole.pdf", "whole.jpg", "whole.tif", "transparent.png", "nine bits.tif"), "image")
    refused = dict.fromkeys(("cut.jpg", "login.pdf", "archive.pdf", "forms.pdf"), "problem")
    return good | refused | dict.fromkeys(("half zero.pdf", "cut.pdf", "cut.tif", "flate.pdf"), "named")


@pytest.mark.slow
def test_small_set_of_bad_files(tmp_path: Path) -> None:
    """Each of the traps that the libraries were seen to fall into, made here, in time and memory."""
    expected = _make(tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    outcomes = read_guarded(
        [tmp_path / name for name in expected], Limits(render_seconds=3, page_seconds=3600, file_seconds=3600)
    )
    for (name, verdict), outcome in zip(expected.items(), outcomes, strict=True):
        assert outcome is not None, name
        assert outcome.rss_mb < 1700, name
        if verdict == "image":
            assert (outcome.images.count(True), outcome.named) == (outcome.pages, False), name
        else:
            assert outcome.named, name
        if verdict == "problem":
            assert not any(outcome.images), name
        assert not any(empty and not slugs for empty, slugs in zip(outcome.uniform, outcome.page_slugs, strict=True)), (
            name
        )
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def _started_for(path: Path) -> list[str]:
    """Command lines of the programs that work on `path`."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = entry.read_bytes().split(b"\0")
        except OSError:
            continue
        if str(path).encode() in command:
            found.append(b" ".join(command).decode())
    return found


def _draw_for_ever(path: str) -> None:
    guard_process(LIMITS)
    with deadline(3):
        convert_from_path(path, poppler_path=PROGRAMS)


@pytest.mark.slow
def test_started_programs_end_with_their_worker(tmp_path: Path) -> None:
    """A worker that its deadline ends in the middle of a drawing leaves no poppler behind."""
    path = tmp_path / "forms.pdf"
    _nested_forms(path)
    context = multiprocessing.get_context("spawn")
    worker = context.Process(target=_draw_for_ever, args=(str(path),))
    worker.start()
    worker.join()
    assert worker.exitcode == -signal.SIGALRM
    worker.close()
    until(lambda: not _started_for(path), "the end of the started programs")
