"""Repaired copies of damaged files bear what people wrote: nothing of them stays behind, however a process ends."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from scanform.scan.files.limits import Limits
from scanform.workflow.intake.read_batch import read_batch
from scanform.workflow.project.project import open_project
from scanform.workflow.reading.executors import processes
from tests.programs import SCANFORM, started

SAMPLES = Path(__file__).parents[2] / "samples" / "scans"
DAMAGED = SAMPLES / "0622-uebertragung.pdf"

HOLDS_A_COPY = """
import os, signal, subprocess, sys
from scanform.scan.files.limits import Limits
from scanform.scan.pdf.pdf_file import open_pdf
from scanform.scan.files.source import scan_file

document = open_pdf(scan_file(sys.argv[1], Limits()), Limits())
copy = document.drawable()
assert document.rewritten
subprocess.run(["pdfinfo", copy], check=True, stdout=subprocess.DEVNULL)
print("drawable", flush=True)
os.kill(os.getpid(), int(sys.argv[2]))
"""


@pytest.fixture
def scratch(tmp_path, monkeypatch):
    """The folder for temporary files, empty and watched."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr("tempfile.tempdir", None)
    return folder


@pytest.mark.fast_cases(1)
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGALRM, signal.SIGTERM])
def test_a_process_that_is_ended_leaves_no_copy(scratch, number):
    """A program can open the copy while the process lives; then it is gone: also when the kernel ends the process,
    as limits do.
    """
    done = subprocess.run(
        [sys.executable, "-c", HOLDS_A_COPY, DAMAGED, str(int(number))], stdout=subprocess.PIPE, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (-number, "drawable\n")
    assert not list(scratch.iterdir())


@pytest.mark.slow
def test_nothing_is_left_of_a_batch(tiny_survey, scratch, tmp_path):
    """A damaged file and one with JBIG2, read by real worker processes."""
    source = tmp_path / "in"
    source.mkdir()
    for file in (DAMAGED, SAMPLES / "0619-buero-nord-07.pdf"):
        (source / file.name).write_bytes(file.read_bytes())
    with tiny_survey.project(tmp_path / "p") as project:
        summary = read_batch(project, [source], processes(2, Limits()))
    assert sum(summary.pages.values()) > 4
    assert summary.waiting == 0
    assert not list(scratch.iterdir())


@pytest.mark.slow
def test_nothing_is_left_when_workers_are_killed(tiny_survey, scratch, tmp_path):
    """Killed from outside while they hold a copy; the pages are read by fresh ones."""
    tiny_survey.project(tmp_path / "p").close()
    ingest = [*SCANFORM, "--project", tmp_path / "p", "ingest", "--jobs", 1, DAMAGED]
    killed = 0
    with started(ingest, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while process.poll() is None and killed < 2:
            for child in _holders(process.pid, scratch):
                with suppress(ProcessLookupError):  # it may have ended by itself just now
                    os.kill(child, signal.SIGKILL)
                    killed += 1
        process.wait()
    assert killed, "no worker was seen with a copy"
    assert not list(scratch.iterdir())
    with open_project(tmp_path / "p") as project, project.store.reading() as tx:
        assert tx.exec_driver_sql("SELECT count(*) FROM page WHERE fate IS NULL").scalar() == 0


def _holders(parent, scratch):
    """The children of `parent` that have a file of the scratch folder open."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            stat = (folder / "stat").read_text().rpartition(")")[2].split()
            held = any(str(link.readlink()).startswith(str(scratch)) for link in (folder / "fd").iterdir())
        except OSError:
            continue
        if int(stat[1]) == parent and held:
            found.append(int(folder.name))
    return found
