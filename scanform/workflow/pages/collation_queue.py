"""The collation queue: printed numbers with several respondents, and files whose numbers contradict their sheets."""

from dataclasses import dataclass

from scanform import pagecode
from scanform.store import ledger
from scanform.store.acts import collations
from scanform.workflow.project.moments import shown
from scanform.workflow.project.project import Project
from scanform.workflow.settling.waiting_forms import collation_now


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenForm:
    """A printed number that waits: how many respondents and pages, the forms that may be mixed, and whether the
    addressee is undecided.
    """

    form: str
    respondents: int
    pages: int
    unproven: tuple[str, ...]
    token_withheld: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenFile:
    """A file that waits: how its numbers contradict its sheets, and the forms concerned."""

    path: str
    batch: int
    pattern: str
    forms: tuple[str, ...]


def open_forms(project: Project) -> list[OpenForm]:
    """The printed numbers that wait, those that may be mixed first."""
    found = []
    with project.store.reading() as tx:
        for digest, instance in ledger.identities_with_copies(tx):
            joining = collation_now(tx, digest, instance)
            if joining is None or not joining.waits:
                continue
            form = pagecode.form_id(digest, instance)
            found.append(
                OpenForm(
                    form=form,
                    respondents=len(joining.copies),
                    pages=joining.pages,
                    unproven=tuple(form if copy == 1 else f"{form}.{copy}" for copy in sorted(joining.unproven)),
                    token_withheld=joining.token_withheld,
                )
            )
    return sorted(found, key=lambda one: (not one.unproven, one.form))


def open_files(project: Project) -> list[OpenFile]:
    """The files that wait."""
    with project.store.reading() as tx:
        files = {file.id: file for file in ledger.files(tx)}
        return [
            OpenFile(
                path=shown(files[doubt.file_id].path),
                batch=files[doubt.file_id].batch_id,
                pattern=doubt.pattern,
                forms=tuple(sorted(pagecode.form_id(*identity) for identity in doubt.identities)),
            )
            for doubt in collations.sheet_doubts(tx, active=True)
        ]


def waiting_joining(project: Project) -> int:
    """Number of printed numbers and files that wait."""
    return len(open_forms(project)) + len(open_files(project))


class WaitingCollations:
    """Counts what waits, and recounts only when pages, batches or acts have changed: it is called every few seconds."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._known: tuple[object, int] = (None, 0)

    def count(self) -> int:
        """Number of printed numbers and files that wait."""
        with self._project.store.reading() as tx:
            state = (ledger.state_of_pages(tx), collations.last_collation(tx), len(collations.sheet_doubts(tx)))
        if self._known[0] != state:
            self._known = (state, waiting_joining(self._project))
        return self._known[1]
