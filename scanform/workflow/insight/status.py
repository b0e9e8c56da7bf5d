"""State of the project: files, pages by fate, forms, fields, open work; and whether the sums agree."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scanform.model.page import REFUSED_FATES, Fate
from scanform.model.response import Channel, Missing, Response, Status
from scanform.store import ledger, passed_over
from scanform.store.records import Batch, PassedOver
from scanform.workflow.dataset.merge_responses import is_stale, records
from scanform.workflow.intake.read_batch import Remark, remarks_on
from scanform.workflow.pages.collation_queue import OpenFile, OpenForm, open_files, open_forms
from scanform.workflow.pages.missing_pages import waived_count
from scanform.workflow.pages.repeated_pages import waiting_doubles
from scanform.workflow.project.project import Project
from scanform.workflow.review.cases import effective_responses
from scanform.workflow.settling.revisions import all_vanished


@dataclass(frozen=True, slots=True, kw_only=True)
class IncompleteForm:
    """A paper form with missing pages: its id, its token, the missing pages counted from 1."""

    form_id: str
    token: str | None
    pages_missing: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectStatus:
    """The project in numbers. `pictures` are counted from the files; `pages_handed_in` are more where images show
    several sheets, each of which is a page. `pages` are counted by fate; `waiting` pages have no fate yet.

    `fields` counts the values of paper forms by status (waiting ones: of all responses; values on missing pages and
    those that this edition does not ask for are not counted), `contradictions` the undecided disagreements of merged
    responses; with `merge_is_stale` the merge is older than the responses, and a new one may find more. `remarks` are
    the pages that need a person's attention, `incomplete` the forms with missing pages by id, `passed_over` the
    unopened files of the submitted folders. `joining` and `sheets` are the printed numbers and the files that wait for
    collation by people, `doubles` counts the repeated pages that wait for a check. `waived` counts the unreadable pages
    that people waived. `vanished` are online responses missing from the latest export of their survey.
    """

    files: int
    pictures: int
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
    passed_over: tuple[PassedOver, ...] = ()
    joining: tuple[OpenForm, ...] = ()
    sheets: tuple[OpenFile, ...] = ()
    doubles: int = 0
    merge_is_stale: bool = False
    vanished: tuple[str, ...] = ()
    waived: int = 0

    @property
    def sums_agree(self) -> bool:
        """Whether every submitted page has exactly one fate or is known to wait."""
        return sum(self.pages.values()) + self.waiting == self.pages_handed_in

    @property
    def fields_waiting(self) -> int:
        """Number of values waiting for review."""
        return self.fields.get(Status.REVIEW, 0)


def project_status(project: Project) -> ProjectStatus:
    """Count everything in one consistent view of the ledger."""
    with project.store.reading() as tx:
        files = ledger.files(tx)
        counts = ledger.fate_counts(tx)
        withdrawn = ledger.fate_counts(tx, withdrawn=True)
        batches, further = ledger.batches(tx), ledger.further_sheets(tx)
        troubled = ledger.pages_with_fate(tx, REFUSED_FATES)
        passed = passed_over.passed_over(tx)
        vanished, given_up = all_vanished(tx), waived_count(tx)
    pictures = sum(max(1, file.pages) for file in files)
    responses = effective_responses(project)
    paper = [response for response in responses if response.channel is Channel.PAPER]
    return ProjectStatus(
        files=len(files),
        pictures=pictures,
        pages_handed_in=pictures + further,
        pages={fate: counts[fate] for fate in Fate if counts.get(fate)},
        waiting=counts.get(None, 0),
        withdrawn_pages=sum(withdrawn.values()),
        batches=tuple(batches),
        forms_complete=sum(response.complete for response in paper),
        forms_incomplete=sum(not response.complete for response in paper),
        responses=dict(sorted(Counter(response.channel for response in responses).items())),
        fields=_fields(responses),
        contradictions=sum(
            not conflict.decided for record in records(project, responses) for conflict in record.conflicts
        ),
        remarks=remarks_on(troubled),
        incomplete=tuple(
            IncompleteForm(form_id=response.id, token=response.token, pages_missing=response.pages_missing)
            for response in sorted(paper, key=lambda response: response.id)
            if response.pages_missing
        ),
        passed_over=tuple(passed),
        joining=tuple(open_forms(project)),
        sheets=tuple(open_files(project)),
        doubles=waiting_doubles(project),
        merge_is_stale=is_stale(project, responses),
        vanished=vanished,
        waived=given_up,
    )


_ABSENT = {Missing.PAGE_MISSING, Missing.NOT_IN_VERSION}
"""Reasons why nobody can have reviewed a value: its page is missing, or this edition does not ask for it."""


def _fields(responses: Sequence[Response]) -> Counter[Status]:
    """Values of paper forms by status, and the waiting values of all responses, as handed out by the review station."""
    found: Counter[Status] = Counter()
    for response in responses:
        for answer in response.answers:
            waits = answer.status is Status.REVIEW
            if (waits and not response.held) or (
                not waits and response.channel is Channel.PAPER and answer.missing not in _ABSENT
            ):
                found[answer.status] += 1
    return found
