"""Where the project stands: files, pages by fate, forms, fields, what waits; and whether the sums agree."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from scanform.model.page import REFUSED_FATES, Fate
from scanform.model.response import Channel, Status
from scanform.store import ledger
from scanform.store.records import Batch
from scanform.workflow.doubles import waiting_doubles
from scanform.workflow.joining_desk import OpenFile, OpenForm, open_files, open_forms
from scanform.workflow.ledger import page_problems
from scanform.workflow.merge_responses import is_stale, records
from scanform.workflow.project import Project
from scanform.workflow.read_batch import Remark
from scanform.workflow.review_cases import effective_responses


@dataclass(frozen=True, slots=True, kw_only=True)
class IncompleteForm:
    """A paper form of which pages have not come in: its id, its token, the missing pages counted from 1."""

    form_id: str
    token: str | None
    pages_missing: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectStatus:
    """The project in numbers. `pages_handed_in` is counted from the files, `pages` from the ledger; `waiting` pages have no fate yet.

    `fields` counts the values of paper forms by status, `contradictions` what merged responses disagree about and nobody has
    decided; with `merge_is_stale` the merge is older than the responses, and a new one may find more. `remarks` are the pages
    that a person has to look at, `incomplete` the forms with missing pages by id. `joining` and `sheets` are the printed numbers and the files of which people
    have to say whose pages they are, `doubles` counts the pages that came in twice and wait for a look.
    """

    files: int
    pages_handed_in: int
    pages: Mapping[Fate, int]
    waiting: int
    withdrawn_pages: int
    batches: tuple[Batch, ...]
    forms_complete: int
    forms_incomplete: int
    responses: Mapping[Channel, int]
    fields: Mapping[Status, int]
    contradictions: int
    remarks: tuple[Remark, ...]
    incomplete: tuple[IncompleteForm, ...] = ()
    joining: tuple[OpenForm, ...] = ()
    sheets: tuple[OpenFile, ...] = ()
    doubles: int = 0
    merge_is_stale: bool = False

    @property
    def sums_agree(self) -> bool:
        """Whether every page handed in has exactly one fate or is known to wait."""
        return sum(self.pages.values()) + self.waiting == self.pages_handed_in

    @property
    def fields_waiting(self) -> int:
        """Values that a person has to look at."""
        return self.fields.get(Status.REVIEW, 0)


def project_status(project: Project) -> ProjectStatus:
    """Count everything in one consistent view of the ledger."""
    with project.store.reading() as tx:
        files = ledger.files(tx)
        counts = ledger.fate_counts(tx)
        withdrawn = ledger.fate_counts(tx, withdrawn=True)
        batches = ledger.batches(tx)
        troubled = ledger.pages_with_fate(tx, REFUSED_FATES)
    responses = effective_responses(project)
    paper = [response for response in responses if response.channel is Channel.PAPER]
    return ProjectStatus(
        files=len(files),
        pages_handed_in=sum(max(1, file.pages) for file in files),
        pages={fate: counts[fate] for fate in Fate if counts.get(fate)},
        waiting=counts.get(None, 0),
        withdrawn_pages=sum(withdrawn.values()),
        batches=tuple(batches),
        forms_complete=sum(response.complete for response in paper),
        forms_incomplete=sum(not response.complete for response in paper),
        responses=dict(sorted(Counter(response.channel for response in responses).items())),
        fields=Counter(answer.status for response in paper for answer in response.answers),
        contradictions=sum(not conflict.decided for record in records(project, responses) for conflict in record.conflicts),
        remarks=tuple(
            Remark(path=page.ref.path, page=None if whole else page.ref.index + 1, fate=page.fate, problem=problem)
            for page, problem, whole in page_problems(troubled)
        ),
        incomplete=tuple(
            IncompleteForm(form_id=response.id, token=response.token, pages_missing=response.pages_missing)
            for response in sorted(paper, key=lambda response: response.id)
            if response.pages_missing
        ),
        joining=tuple(open_forms(project)),
        sheets=tuple(open_files(project)),
        doubles=waiting_doubles(project),
        merge_is_stale=is_stale(project, responses),
    )
