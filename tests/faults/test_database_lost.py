"""A database that is gone, empty, damaged or another project's is never taken for a new beginning, and a
questionnaire that was edited is noticed.
"""

import hashlib
import os
import shutil
import sqlite3
import stat

import pytest

from scanform.archive.content_store import archive_file
from scanform.errors import StoreError, UsageError
from scanform.i18n.texts import in_words
from scanform.store.store import Store
from scanform.workflow.dataset.export import export_dataset, write_readings
from scanform.workflow.insight.verify import verify
from scanform.workflow.project.folders import DATABASE, PROJECT_ID
from scanform.workflow.project.project import add_questionnaire, open_project


@pytest.fixture
def folder(tiny_survey, tmp_path):
    """A project with printed forms; nothing of it is open."""
    with tiny_survey.project(tmp_path / "project") as project:
        return project.folder


def gone(path):
    path.unlink()


def empty(path):
    path.write_bytes(b"")


def without_tables(path):
    path.unlink()
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE other (id INTEGER)")
    connection.close()


def emptied(path):
    """Every table is there, nothing is in them."""
    path.unlink()
    for other in path.parent.glob(f"{path.name}-*"):
        other.unlink()
    Store(path).close()


@pytest.mark.parametrize("lose", [gone, empty, without_tables, emptied])
@pytest.mark.parametrize("before", [False, True], ids=["", "from before folders said whose they are"])
def test_a_lost_database_is_never_replaced(folder, lose, before):
    """Refused with what to do, again and again; the file is not made; put back, everything is there."""
    kept = folder.parent / "kept.sqlite"
    _settle(folder / DATABASE)
    shutil.copy(folder / DATABASE, kept)
    if before:
        (folder / PROJECT_ID).unlink()
    lose(folder / DATABASE)
    was = (folder / DATABASE).read_bytes() if (folder / DATABASE).exists() else None
    for _ in range(2):
        with pytest.raises(StoreError) as caught:
            open_project(folder, language="en")
        assert caught.value.slug == "database-lost"
        assert "backup" in in_words(caught.value.remedy, "en")
        assert was == ((folder / DATABASE).read_bytes() if (folder / DATABASE).exists() else None)
    for path in folder.glob(f"{DATABASE}*"):
        path.unlink()
    shutil.copy(kept, folder / DATABASE)
    with open_project(folder) as project:
        assert verify(project).good


def test_another_projects_database_is_refused(folder, tiny_survey, tmp_path):
    """Two projects of the same questionnaire: exchanged databases are noticed on both sides, and nothing is written
    to them.
    """
    shutil.copytree(folder, tmp_path / "second")
    other = tmp_path / "second"
    (other / PROJECT_ID).unlink()
    for path in other.glob(f"{DATABASE}*"):
        path.unlink()
    shutil.rmtree(other / "layouts")
    (other / "layouts").mkdir()
    open_project(other).close()
    _settle(folder / DATABASE)
    _settle(other / DATABASE)
    shutil.copy(folder / DATABASE, tmp_path / "a")
    shutil.copy(other / DATABASE, folder / DATABASE)
    shutil.copy(tmp_path / "a", other / DATABASE)
    for wrong in (folder, other):
        with pytest.raises(StoreError) as caught:
            open_project(wrong)
        assert caught.value.slug == "another-project"


def test_a_project_from_before_gets_its_name_once(folder):
    """Folder and database are given the same name when they are opened; a folder that lost the file has it back."""
    name = (folder / PROJECT_ID).read_text(encoding="utf-8")
    (folder / PROJECT_ID).unlink()
    open_project(folder).close()
    assert (folder / PROJECT_ID).read_text(encoding="utf-8") == name
    with sqlite3.connect(folder / DATABASE) as connection:
        connection.execute("DELETE FROM project")
    connection.close()
    (folder / PROJECT_ID).unlink()
    open_project(folder).close()
    new = (folder / PROJECT_ID).read_text(encoding="utf-8")
    assert new != name
    open_project(folder).close()
    assert (folder / PROJECT_ID).read_text(encoding="utf-8") == new


def test_a_damaged_database_is_called_damaged(folder):
    """Overwritten in its middle: said by every command that meets it, never "free disk space"; `verify` finds it."""
    path = folder / DATABASE
    _settle(path)
    content = bytearray(path.read_bytes())
    page = 4096
    for at in range(2 * page, len(content), page):
        content[at : at + 200] = os.urandom(200)
    path.write_bytes(content)
    with pytest.raises(StoreError) as caught, open_project(folder, language="en") as project:
        verify(project)
    assert caught.value.slug == "database-damaged"
    assert "backup" in in_words(caught.value.remedy, "en")
    assert "disk space" not in in_words(caught.value.remedy, "en")


def test_damage_that_no_command_meets_is_found(folder):
    """A table that is hardly read is overwritten: the project opens, and `verify` names the damage."""
    path = folder / DATABASE
    _settle(path)
    with sqlite3.connect(path) as connection:
        (root,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'pace'").fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    connection.close()
    content = bytearray(path.read_bytes())
    content[(root - 1) * size : root * size] = b"\xa5" * size
    path.write_bytes(content)
    with open_project(folder) as project:
        checked = verify(project)
    assert not checked.good
    assert {found.kind for found in checked.discrepancies} == {"database"}


def test_what_was_kept_is_for_its_owner_only(folder, tmp_path):
    """Database and exports hold what people said of themselves: mode 600, also with a generous umask."""
    mask = os.umask(0o000)
    try:
        shutil.rmtree(folder / "layouts")
        (folder / "layouts").mkdir()
        (folder / PROJECT_ID).unlink()
        for path in folder.glob(f"{DATABASE}*"):
            path.unlink()
        with open_project(folder) as project:
            export_dataset(project, tmp_path / "out")
            write_readings(project, tmp_path / "out" / "readings.csv")
    finally:
        os.umask(mask)
    files = [folder / DATABASE, *(tmp_path / "out").rglob("*.*")]
    assert len(files) > 5
    assert {stat.S_IMODE(path.stat().st_mode) for path in files if path.is_file()} == {0o600}


def test_an_altered_file_of_the_archive_is_repaired(tmp_path):
    """Handed in again, the original takes the place of what was altered; a sound one is left as it is."""
    original, archive = tmp_path / "scan.pdf", tmp_path / "archive"
    original.write_bytes(b"%PDF-1.7 what was handed in")
    sha256 = hashlib.sha256(original.read_bytes()).hexdigest()
    kept = archive / archive_file(original, sha256, archive)
    was = kept.stat().st_ino
    assert archive / archive_file(original, sha256, archive) == kept
    assert kept.stat().st_ino == was
    kept.chmod(0o600)
    kept.write_bytes(b"%PDF-1.7 what somebody made of it")
    assert archive / archive_file(original, sha256, archive) == kept
    assert kept.read_bytes() == original.read_bytes()


def test_an_edited_questionnaire_is_noticed_at_every_door(folder):
    """A question taken out by hand, or the whole file, after forms were printed: no command goes on; the printed one
    can be put back.
    """
    (path,) = (folder / "questionnaires").glob("*.yaml")
    content = path.read_text(encoding="utf-8")
    path.unlink()
    with pytest.raises(UsageError) as caught:
        open_project(folder, language="en")
    assert path.name in in_words(caught.value.remedy, "en")
    path.write_text(content.replace("question: quiet", "question: calm"), encoding="utf-8")
    assert path.read_text(encoding="utf-8") != content
    with pytest.raises(UsageError) as caught:
        open_project(folder, language="en")
    assert "already printed" in str(caught.value)
    (kept,) = (folder / "layouts").glob("*/questionnaire.yaml")
    with add_questionnaire(open_project(folder, edited=True), kept) as project:
        assert project.questionnaires
    open_project(folder).close()


def _settle(path):
    """Everything is in the one file."""
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
