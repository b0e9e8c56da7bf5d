"""What a worker loads: only what looking at files and reading pages needs."""

import hashlib
import json
import subprocess
import sys

import pytest

FORBIDDEN = {"sqlalchemy", "alembic", "flask", "reportlab"}
"""The database, the web page and the drawing of PDF files: as in the import contract of `pyproject.toml`, seen in a
process.
"""

PROGRAM = """
import json, sys
from scanform.cli.program import main  # the main module of `scanform`, which every worker loads, too

if __name__ == "__main__":
    from scanform.model.page import PageRef
    from scanform.scan.files.limits import Limits
    from scanform.workflow.intake.register_file import FileJob, look_at_file, register_file
    from scanform.workflow.reading.edition import FolderSource
    from scanform.workflow.reading.executors import processes
    from scanform.workflow.reading.page_views import ViewJob, page_picture, page_view
    from scanform.workflow.reading.read_page import read_page
    from scanform.workflow.reading.stages import PageJob

    folder, path, sha256, digest, archive = sys.argv[1:]
    file = FileJob(path=path, archive=archive, limits=Limits())
    page = PageJob(
        ref=PageRef(sha256=sha256, path=path, index=0), file=path, editions=FolderSource(folder=folder), digests=(digest,), limits=Limits()
    )
    view = ViewJob(job=page, digest=digest, number=1)
    with processes(1, Limits()).start() as executor:
        jobs = ((look_at_file, file), (register_file, file), (read_page, page), (page_view, view), (page_picture, view))
        done = [executor.submit(function, job).result() for function, job in jobs]
        loaded = executor.submit(eval, "sorted(__import__('sys').modules)").result()
    print(json.dumps([done[2].outcome.value, done[3].found, loaded]))
"""


@pytest.mark.slow
def test_a_worker_loads_no_database(tiny_survey, tmp_path):
    """Every kind of job done in one real worker of a program that was started like ours: none of what is forbidden
    is there afterwards.
    """
    path = tiny_survey.jpeg(tmp_path / "a.jpg", 1, 1, open="no")
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    (tmp_path / "program.py").write_text(PROGRAM, encoding="utf-8")
    (tmp_path / "archive").mkdir()
    arguments = [str(tiny_survey.folder), str(path), sha256, tiny_survey.layout.digest, str(tmp_path / "archive")]
    said = subprocess.run(
        [sys.executable, str(tmp_path / "program.py"), *arguments], capture_output=True, text=True, check=True
    )
    outcome, found, loaded = json.loads(said.stdout)
    assert (outcome, found) == ("read", "markers")
    tops = {name.split(".")[0] for name in loaded}
    assert {"scanform", "numpy"} <= tops
    assert tops & FORBIDDEN == set()
    assert [name for name in loaded if name.startswith("scanform.store")] == []
