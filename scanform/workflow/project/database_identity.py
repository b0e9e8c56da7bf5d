"""A project's folder and its database belong together: a lost, empty or foreign database is never mistaken for a new
one.

The folder holds the project's id (the file `project-id`), and so does the database. Older folders and databases without
an id are recognised by their content.
"""

from pathlib import Path
from uuid import uuid4

from scanform.errors import StoreError, words
from scanform.store import identity
from scanform.store.store import Store
from scanform.whole_files import write_text
from scanform.workflow.project.folders import ARCHIVE, LAYOUTS, PROJECT_ID


def open_store(folder: Path, where: str | Path) -> Store:
    """The store of the project in `folder`; raises StoreError `database-lost` or `another-project`, and has changed
    nothing then.
    """
    said = _said(folder)
    store = Store(where, expected=bool(said) or _is_used(folder))
    try:
        _agree(folder, said, store, str(where))
    except BaseException:
        store.close()
        raise
    return store


def _agree(folder: Path, said: str, store: Store, where: str) -> None:
    """Compare the ids of folder and database, and add a missing one."""
    with store.reading() as tx:
        known = identity.project_id(tx)
        if said and said == known:
            return
        strange = bool(said and known) or _is_strange(folder, identity.archived_names(tx))
        emptied = known is None and _is_used(folder) and identity.is_unused(tx)
    if emptied:
        raise StoreError(words("store.lost", where=where), remedy=words("store.lost_remedy"), slug="database-lost")
    if strange:
        raise StoreError(
            words("store.another", where=where), remedy=words("store.another_remedy"), slug="another-project"
        )
    if known is None:
        with store.writing() as tx:
            known = identity.project_id(tx)  # another program may have been faster
            if known is None:
                known = said or uuid4().hex
                identity.set_project_id(tx, known)
    if not said:
        _say(folder, known)


def _said(folder: Path) -> str:
    try:
        return (folder / PROJECT_ID).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _say(folder: Path, known: str) -> None:
    try:
        write_text(folder / PROJECT_ID, f"{known}\n")
    except OSError as error:
        message = words("project.cannot_write", folder=str(folder), cause=error)
        raise StoreError(message, remedy=words("project.cannot_write_remedy")) from error


def _is_used(folder: Path) -> bool:
    """Whether forms were printed or imported in this folder, or files submitted."""
    return any((folder / LAYOUTS).glob("[!.]*/layout.json")) or any((folder / ARCHIVE).glob("[!.]*/[!.]*"))


def _is_strange(folder: Path, names: list[str]) -> bool:
    """Whether the archive holds files, and none of those that the database knows."""
    archive = folder / ARCHIVE
    return bool(names) and any(archive.glob("[!.]*/[!.]*")) and not any((archive / name).is_file() for name in names)
