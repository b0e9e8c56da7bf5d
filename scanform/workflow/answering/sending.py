"""What was sent becomes a revision of a source survey of its own: the digital channel, without any import."""

from dataclasses import replace

from scanform.model.problem import Problem
from scanform.model.response import Response
from scanform.model.source import Lacking, SourceFacts
from scanform.model.web_draft import WebDraft
from scanform.store import ledger, revisions
from scanform.store.engine import Transaction
from scanform.store.records import Revision
from scanform.workflow.dataset.merge_responses import SENT_TWICE
from scanform.workflow.dataset.source_survey import web_form_survey
from scanform.workflow.project.batch_names import KIND, web_form_label
from scanform.workflow.project.project import Project
from scanform.workflow.settling.revisions import settle


def take(
    project: Project, tx: Transaction, draft: WebDraft, response: Response, *, day: str, at: str, lacking: Lacking
) -> None:
    """Store a response as a revision in the web form's batch of the day; it counts from here on."""
    survey = web_form_survey(tx, draft.questionnaire)
    facts = SourceFacts(
        token=draft.token,
        startdate=draft.created_at,
        datestamp=at,
        submitdate=at if response.complete else "",
        lastpage=str(draft.reached),
    )
    revision = Revision(
        batch_id=_batch(tx, response.id, web_form_label(draft.questionnaire, day), at),
        survey_id=survey.id,
        source_id=str(draft.number),
        response=response,
        facts=facts,
        lacking=lacking,
    )
    revisions.add_revision(tx, revision)
    settle(project, tx, [response.id])


def _batch(tx: Transaction, response_id: str, label: str, at: str) -> int:
    """The batch of the day that counts; a further one where that has a revision of this response already."""
    found = ledger.labelled_batch(tx, kind=KIND, label=label)
    if found is None or revisions.is_in_batch(tx, response_id, found):
        return ledger.add_batch(tx, kind=KIND, label=label, at=at)
    return found


def sent_twice(response: Response, others: list[str]) -> Response:
    """The response, with a remark for the staff where others without an access code say the same."""
    if not others:
        return response
    remark = Problem(slug=SENT_TWICE, params=(("response", response.id), ("others", ", ".join(others[:3]))))
    return replace(response, problems=(*response.problems, remark))
