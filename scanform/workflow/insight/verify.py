"""Checks the consistency of stored data: hashes of the archive, sums of the ledger, layouts and responses of the forms,
seals of people's acts.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from scanform.errors import InputError, StoreError
from scanform.model.page import Fate
from scanform.scan.intake import hash_file
from scanform.store import ledger
from scanform.store.acts.seals import broken_seals, last_seal
from scanform.store.engine import damage
from scanform.store.records import FileRecord
from scanform.workflow.insight.status import project_status
from scanform.workflow.project.folders import DATABASE
from scanform.workflow.project.progress import ShowProgress, no_progress
from scanform.workflow.project.project import Project


@dataclass(frozen=True, slots=True, kw_only=True)
class Discrepancy:
    """An inconsistency: `kind` is a key of the texts `verify.*`; harmless ones need no action."""

    kind: str
    place: str
    harmless: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """The number of checks, and the inconsistencies; `seal` is the end of the chain over people's acts."""

    files: int
    pages: int
    seal: str
    discrepancies: tuple[Discrepancy, ...]

    @property
    def good(self) -> bool:
        """Whether everything that matters is consistent."""
        return all(found.harmless for found in self.discrepancies)


def verify(project: Project, *, progress: ShowProgress = no_progress) -> Verification:
    """Hash every archived file again and compare everything that is stored twice."""
    with project.store.reading() as tx:
        files = ledger.files(tx) + ledger.files(tx, withdrawn=True)
    found: list[Discrepancy] = []
    with progress("", len(files)) as advance:
        for file in files:
            found += _archived(project, file)
            advance(1)
    found += _database(project)
    found += _orphans(project, {file.archived for file in files})
    status = project_status(project)
    if not status.sums_agree:
        found.append(
            Discrepancy(kind="sums", place=f"{status.pages_handed_in} / {sum(status.pages.values()) + status.waiting}")
        )
    found += _forms(project)
    with project.store.reading() as tx:
        found += [Discrepancy(kind="unsealed", place=act) for act in broken_seals(tx)]
        seal = last_seal(tx)
    return Verification(
        files=len(files), pages=status.pages_handed_in + status.withdrawn_pages, seal=seal, discrepancies=tuple(found)
    )


def _database(project: Project) -> list[Discrepancy]:
    """Corruption in the file of the database."""
    try:
        with project.store.reading() as tx:
            return [Discrepancy(kind="database", place=wrong) for wrong in damage(tx)]
    except StoreError as error:
        if error.slug != "database-damaged":
            raise
        return [Discrepancy(kind="database", place=project.config.database or DATABASE)]


def _archived(project: Project, file: FileRecord) -> Iterator[Discrepancy]:
    if not file.archived:
        return
    path = project.archive / file.archived
    try:
        if hash_file(path) != file.sha256:
            yield Discrepancy(kind="altered", place=str(path))
    except InputError:
        yield Discrepancy(kind="lost", place=f"{path} ({file.path})")


def _orphans(project: Project, known: set[str]) -> Iterator[Discrepancy]:
    """Files in the archive that no page refers to: left by a killed run; the next one with this content uses them."""
    for path in sorted(project.archive.rglob("*")):
        if path.is_file() and path.relative_to(project.archive).as_posix() not in known:
            yield Discrepancy(kind="orphan", place=str(path), harmless=True)


def _forms(project: Project) -> Iterator[Discrepancy]:
    """Every page that counts belongs to a response, and its layout is unchanged."""
    with project.store.reading() as tx:
        pages = ledger.pages_with_fate(tx, (Fate.READ, Fate.COPY))
    responses = {response.id for response in project.store.responses()}
    layouts = project.layouts
    digests: set[str] = set()
    for page in pages:
        if page.form_id not in responses:
            yield Discrepancy(kind="no-response", place=f"{page.ref.path} ({page.ref.place})")
        if page.identity is not None:
            digests.add(page.identity.digest)
    for digest in sorted(digests | set(layouts)):
        if digest not in layouts or not _blanks_present(project.layouts_folder / digest):
            yield Discrepancy(kind="no-layout", place=str(project.layouts_folder / digest))


def _blanks_present(folder: Path) -> bool:
    return any(folder.glob("page-*.png"))
