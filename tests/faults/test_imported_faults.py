"""Ingest of imported forms under faults: killed anywhere, the same pages come together in the same forms, with the
same ids.
"""

import subprocess
import sys

import pytest

from scanform.model.page import Fate
from scanform.workflow.intake.read_batch import read_batch
from scanform.workflow.project.project import open_project
from scanform.workflow.reading.executors import serial
from tests.conftest import save_jpeg, save_tiff
from tests.faults.test_batch_faults import DIE_AT_COMMIT, Interrupting, picture

pytestmark = pytest.mark.slow


def fill(foreign_forms, tiny_survey, folder):
    """Two club forms in one file, one in two files of a page, a quiz between them, a form printed here."""
    clubs = [
        [
            foreign_forms.sheet("club", page, winter=str(number), crew="abc"[number - 1], seed=10 * number + page)
            for page in (1, 2)
        ]
        for number in (1, 2, 3)
    ]
    save_tiff(folder / "a.tif", [*clubs[0], *clubs[1]])
    save_jpeg(folder / "b1.jpg", clubs[2][0])
    save_jpeg(folder / "b2.jpg", clubs[2][1])
    save_jpeg(folder / "c.jpg", foreign_forms.sheet("quiz", 1, k1="a", seed=7))
    tiny_survey.tiff(
        folder / "d.tif", *(tiny_survey.sheet(1, page, open="no", quiet="yes", seed=page) for page in (1, 2))
    )
    return folder


@pytest.fixture
def undisturbed(foreign_forms, tiny_survey, tmp_path):
    """The stack, and what an undisturbed run makes of it."""
    folder = fill(foreign_forms, tiny_survey, tmp_path / "in")
    with foreign_forms.project(tmp_path / "calm") as project:
        summary = read_batch(project, [folder], serial())
        assert dict(summary.pages) == {Fate.READ: 9}
        assert all(response.complete for response in project.store.responses())
    return folder, picture(tmp_path / "calm")


@pytest.mark.slow
def test_interrupted_again_and_again(foreign_forms, undisturbed, tmp_path):
    """Ctrl-C while files are taken in and while pages are read: the forms are those of one undisturbed run, in one
    batch.
    """
    folder, expected = undisturbed
    with foreign_forms.project(tmp_path / "p") as project:
        for steps in (1, 3, 6, 7, 8, 6):
            with pytest.raises(KeyboardInterrupt):
                read_batch(project, [folder], serial(), progress=Interrupting(steps))
        read_batch(project, [folder], serial())
        assert len(project.store.batches()) == 1
    assert picture(tmp_path / "p") == expected


@pytest.mark.slow
def test_killed_at_every_commit(foreign_forms, undisturbed, tmp_path):
    """The process ends just before its second commit, again and again until a run comes through."""
    folder, expected = undisturbed
    foreign_forms.project(tmp_path / "p").close()
    program = tmp_path / "program.py"
    program.write_text(DIE_AT_COMMIT)
    for _ in range(40):
        run = subprocess.run([sys.executable, program, tmp_path / "p", folder, "1"], capture_output=True, check=False)
        assert run.returncode in (0, 9), run.stderr.decode()
        if run.returncode == 0:
            break
    with open_project(tmp_path / "p") as project:
        assert read_batch(project, [folder], serial()).read == 0
    assert picture(tmp_path / "p") == expected
