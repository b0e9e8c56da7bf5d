"""Ingest under faults: killed anywhere, run twice at once, with readers that crash and hang. Nothing is lost,
doubled or changed.
"""

import os
import random
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest

from bench.waiting import until
from scanform.model.page import Fate
from scanform.scan.files.limits import Limits
from scanform.scan.intake import is_settled
from scanform.workflow.insight.status import project_status
from scanform.workflow.insight.verify import verify
from scanform.workflow.intake.read_batch import read_batch
from scanform.workflow.project.progress import no_progress
from scanform.workflow.project.project import open_project
from scanform.workflow.reading.executors import serial
from tests.programs import SCANFORM, started, workers_of

DIE_AT_COMMIT = """
import os, sys
from pathlib import Path
from sqlalchemy import event
from scanform.workflow.reading.executors import serial
from scanform.workflow.project.project import open_project
from scanform.workflow.intake.read_batch import read_batch

left = [int(sys.argv[3])]
project = open_project(Path(sys.argv[1]))

def die(connection):
    left[0] -= connection.get_execution_options().get("scanform_writing", False)
    if left[0] < 0:
        os._exit(9)

event.listen(project.store._engine, "commit", die)
read_batch(project, [Path(sys.argv[2])], serial())
"""


def fill(tiny_survey, folder):
    """A stack with whole forms, a photocopy, a re-scan, a duplicate, a damaged file and blank paper."""
    for form in (1, 2):
        tiny_survey.tiff(
            folder / f"{form}.tif",
            *(tiny_survey.sheet(form, page, open="no", quiet="yes", seed=form * 10 + page) for page in (1, 2)),
        )
    tiny_survey.jpeg(folder / "copy.jpg", 1, 1, open="yes", floor="1", seed=99)
    tiny_survey.jpeg(folder / "rescan.jpg", 2, 1, open="no", quality=60, seed=21)
    shutil.copy(folder / "1.tif", folder / "same.tif")
    (folder / "damaged.pdf").write_bytes(b"%PDF-1.5 no end")
    tiny_survey.tiff(
        folder / "blank.tif", np.random.default_rng(5).normal(245, 3, (2339, 1654)).clip(0, 255).astype(np.uint8)
    )
    return folder


def picture(folder):
    """Everything that must be the same after a fault: fates, responses with all values, decisions; and sums that
    agree.
    """
    with open_project(folder) as project:
        status = project_status(project)
        assert status.sums_agree
        assert status.waiting == 0
        assert verify(project).good
        with project.store.reading() as tx:
            rows = tx.exec_driver_sql(
                "SELECT path, page_index, fate FROM page JOIN file ON file.id = page.file_id ORDER BY path, page_index"
            ).all()
        return [tuple(row) for row in rows], [
            (r.id, r.token, r.complete, tuple(map(rounded, r.answers)), r.problems) for r in project.store.responses()
        ]


def rounded(answer):
    """Probabilities without their last digits, which depend on how many threads numpy's matrix library happens to
    use.
    """
    candidates = tuple(
        replace(candidate, probability=round(candidate.probability, 7)) for candidate in answer.candidates
    )
    return replace(answer, confidence=round(answer.confidence, 7), candidates=candidates)


@pytest.fixture
def undisturbed(tiny_survey, tmp_path):
    """The stack, and what an undisturbed run makes of it."""
    folder = fill(tiny_survey, tmp_path / "in")
    with tiny_survey.project(tmp_path / "calm") as project:
        summary = read_batch(project, [folder], serial())
    assert dict(summary.pages) == {
        Fate.READ: 4,
        Fate.BLANK: 1,
        Fate.DUPLICATE: 2,
        Fate.RESCAN: 1,
        Fate.COPY: 1,
        Fate.DAMAGED: 1,
    }
    return folder, picture(tmp_path / "calm")


class Interrupting:
    """A progress bar that presses Ctrl-C after some steps."""

    def __init__(self, steps):
        self.left = steps

    def __call__(self, title, total):
        return self

    def __enter__(self):
        return self.advance

    def __exit__(self, *_):
        return None

    def advance(self, step):
        self.left -= step
        if self.left <= 0:
            raise KeyboardInterrupt


@pytest.mark.slow
def test_interrupted_again_and_again(tiny_survey, undisturbed, tmp_path):
    """Ctrl-C after a few steps, then again from there: the end is that of one undisturbed run."""
    folder, expected = undisturbed
    with tiny_survey.project(tmp_path / "p") as project:
        for steps in (1, 3, 8, 8, 9, 9):
            with pytest.raises(KeyboardInterrupt):
                read_batch(project, [folder], serial(), progress=Interrupting(steps))
        read_batch(project, [folder], serial(), progress=no_progress)
    assert picture(tmp_path / "p") == expected


@pytest.mark.slow
def test_the_originals_may_vanish_after_they_were_taken_in(tiny_survey, undisturbed, tmp_path):
    """Killed before the pages were read, and the folder is gone: the next run, of another folder, reads them from
    the archive.
    """
    folder, expected = undisturbed
    other = tmp_path / "other"
    other.mkdir()
    with tiny_survey.project(tmp_path / "p") as project:
        with pytest.raises(KeyboardInterrupt):
            read_batch(project, [folder], serial(), progress=Interrupting(9))
        folder.rename(tmp_path / "moved")
        read_batch(project, [other], serial())
    assert picture(tmp_path / "p") == expected


@pytest.mark.slow
def test_killed_at_every_commit(tiny_survey, undisturbed, tmp_path):
    """The process ends just before its second commit, again and again until a run comes through."""
    folder, expected = undisturbed
    tiny_survey.project(tmp_path / "p").close()
    program = tmp_path / "program.py"
    program.write_text(DIE_AT_COMMIT)
    for _ in range(40):
        done = subprocess.run([sys.executable, str(program), str(tmp_path / "p"), str(folder), "1"], check=False)
        if done.returncode == 0:
            break
        assert done.returncode == 9
    assert done.returncode == 0
    assert picture(tmp_path / "p") == expected


def ingest(folder, project, *more):
    return started([*SCANFORM, "ingest", folder, "--project", project, "--jobs", 1, *more], stdout=subprocess.DEVNULL)


def said_by(process):
    """Waits for the end; returns exit code and what was said."""
    said = process.communicate()[1]
    return process.returncode, said


@pytest.mark.slow
def test_killed_at_random_moments(tiny_survey, undisturbed, tmp_path):
    """kill -9 of the parent at random moments, with workers running; then once undisturbed."""
    folder, expected = undisturbed
    tiny_survey.project(tmp_path / "p").close()
    rng = random.Random(4)
    for _ in range(8):
        with ingest(folder, tmp_path / "p") as process:
            time.sleep(rng.uniform(1.0, 6.0))
            process.kill()
    with ingest(folder, tmp_path / "p") as process:
        assert said_by(process)[0] == 11
    assert picture(tmp_path / "p") == expected


@pytest.mark.slow
def test_two_runs_at_once_from_an_empty_database(tiny_survey, undisturbed, tmp_path):
    """Two ingests of one folder start together where nothing was printed and no database is yet: both end well,
    every page counts once.
    """
    folder, _ = undisturbed
    for name in ("calm2", "p"):
        tiny_survey.project(tmp_path / name).close()
        shutil.rmtree(tmp_path / name / "layouts")
        for left in (*(tmp_path / name).glob("scanform.sqlite*"), tmp_path / name / "project-id"):
            left.unlink()
    with ingest(folder, tmp_path / "calm2") as process:
        assert said_by(process)[0] == 11
    with ingest(folder, tmp_path / "p") as first, ingest(folder, tmp_path / "p") as second:
        first_code, first_said = said_by(first)
        second_code, second_said = said_by(second)
        assert {first_code, second_code} == {11}, first_said + second_said
    assert picture(tmp_path / "p") == picture(tmp_path / "calm2")


@pytest.mark.slow
def test_ctrl_c_ends_with_130_and_the_next_run_goes_on(tiny_survey, undisturbed, tmp_path):
    """TERM and Ctrl-C end the command with 130 and one line; nothing is lost."""
    folder, expected = undisturbed
    tiny_survey.project(tmp_path / "p").close()
    with ingest(folder, tmp_path / "p") as process:
        until(lambda: workers_of(process.pid), "a worker: the command is reading", alive=lambda: process.poll() is None)
        process.terminate()
        code, said = said_by(process)
    assert code in (130, 11)
    assert "Traceback" not in said
    with ingest(folder, tmp_path / "p") as process:
        assert said_by(process)[0] == 11
    assert picture(tmp_path / "p") == expected


@pytest.mark.slow
def test_a_worker_that_is_killed_costs_nothing(tiny_survey, undisturbed, tmp_path):
    """The process that reads is killed from outside while it works: its pages are read by a fresh one."""
    folder, expected = undisturbed
    tiny_survey.project(tmp_path / "p").close()
    with ingest(folder, tmp_path / "p") as process:
        until(
            lambda: read_pages(tmp_path / "p") and workers_of(process.pid),
            "a page that was read",
            alive=lambda: process.poll() is None,
        )
        for child in workers_of(process.pid):
            with suppress(ProcessLookupError):  # it may have ended by itself just now
                os.kill(child, 9)
        assert said_by(process)[0] == 11
    assert picture(tmp_path / "p") == expected


def read_pages(folder):
    with open_project(folder) as project, project.store.reading() as tx:
        return tx.exec_driver_sql("SELECT count(*) FROM page WHERE fate IS NOT NULL").scalar()


@pytest.mark.slow
def test_a_file_that_is_still_written_is_waited_for(tiny_survey, tmp_path, monkeypatch):
    """A copier writes slowly: the half file is not taken for a damaged one."""
    content = tiny_survey.jpeg(tmp_path / "whole.jpg", 1, 1, open="no").read_bytes()
    target = tmp_path / "in" / "a.jpg"
    target.parent.mkdir()
    target.write_bytes(content[:1000])

    pieces = [content[at : at + len(content) // 8] for at in range(1000, len(content), len(content) // 8)]

    def look(path, settle_s):
        """Each time the program looks, the copier has just written some more."""
        if pieces:
            with target.open("ab") as file:
                file.write(pieces.pop(0))
            return is_settled(path, 3600)
        return is_settled(path, settle_s)

    monkeypatch.setattr("scanform.workflow.intake.read_batch.is_settled", look)
    with tiny_survey.project(tmp_path / "p") as project:
        project.config = replace(project.config, reading=replace(project.config.reading, settle_seconds=0.3))
        summary = read_batch(project, [tmp_path / "in"], serial())
    assert not pieces
    assert dict(summary.pages) == {Fate.READ: 1}


def test_a_reader_that_fails_costs_its_pages_until_the_next_try(tiny_survey, tmp_path):
    """The blank picture of page 2 is gone, so that reading fails there: page 1 is read, page 2 is an error, --retry
    reads it later.
    """
    folder = tmp_path / "in"
    tiny_survey.tiff(folder / "a.tif", tiny_survey.sheet(1, 1, open="no"), tiny_survey.sheet(1, 2, quiet="yes"))
    with tiny_survey.project(tmp_path / "p") as project:
        blank = project.layouts_folder / tiny_survey.layout.digest / tiny_survey.layout.page(2).blank
        blank.rename(tmp_path / "kept.png")
        first = read_batch(project, [folder], serial())
        assert (dict(first.pages), first.refused) == ({Fate.READ: 1, Fate.ERROR: 1}, 1)
        (tmp_path / "kept.png").rename(blank)
        assert dict(read_batch(project, [folder], serial()).pages) == {Fate.READ: 1, Fate.ERROR: 1}
        assert dict(read_batch(project, [folder], serial(), retry=True).pages) == {Fate.READ: 2}
        assert [response.complete for response in project.store.responses()] == [True]


def test_a_form_printed_elsewhere_is_read_once_its_layout_is_here(tiny_survey, tmp_path):
    """Unknown forms wait for their layout: after it was copied into the project, --retry reads them."""
    path = tiny_survey.jpeg(tmp_path / "a.jpg", 1, 1, open="no")
    with tiny_survey.project(tmp_path / "p") as project:
        layout = project.layouts_folder / tiny_survey.layout.digest
        layout.rename(tmp_path / "elsewhere")
        assert dict(read_batch(project, [path], serial()).pages) == {Fate.UNKNOWN_FORM: 1}
    (tmp_path / "elsewhere").rename(layout)
    with open_project(tmp_path / "p") as project:
        assert dict(read_batch(project, [path], serial(), retry=True).pages) == {Fate.READ: 1}
        assert len(project.store.responses()) == 1


def test_a_refused_file_gets_all_its_pages_when_it_can_be_opened(tiny_survey, tmp_path, monkeypatch):
    """A file that ended every process that looked into it is one page; tried again and well this time, it has all of
    them.
    """
    folder = tmp_path / "in"
    tiny_survey.tiff(folder / "a.tif", tiny_survey.sheet(1, 1, open="no"), tiny_survey.sheet(1, 2, quiet="yes"))
    with tiny_survey.project(tmp_path / "p") as project:
        with monkeypatch.context() as patch:
            patch.setattr("scanform.workflow.intake.read_batch.limits_of", lambda _: Limits(max_pages=1))
            assert dict(read_batch(project, [folder], serial()).pages) == {Fate.DAMAGED: 1}
        assert dict(read_batch(project, [folder], serial(), retry=True).pages) == {Fate.READ: 2}
        assert project_status(project).sums_agree
