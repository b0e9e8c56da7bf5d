"""An online response follows from its revisions: each import adds one, a withdrawal removes them, and those that count
make up the response.

A revision overlays those before it. Questions its file had no columns for keep their answers; a revision surely older
than one imported before it is placed beneath that one, so that it fills gaps and removes nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from scanform import rules
from scanform.model.questionnaire import Question, Questionnaire
from scanform.model.response import Answer, Missing, Response
from scanform.model.source import MINUTE, SourceFacts
from scanform.renaming import renamed_columns, under_present_codes
from scanform.review.apply import refiltered
from scanform.store import revisions as stored
from scanform.store import values
from scanform.store.engine import Transaction
from scanform.store.records import Revision
from scanform.workflow.project.project import Project


def present(found: Sequence[Revision], questionnaire: Questionnaire | None) -> Response:
    """The response that results from these revisions (at least one), given in order of import."""
    ordered = [_under_present_codes(revision, questionnaire) for revision in _without_repeats(in_time(found))]
    response = ordered[0].response
    for revision in ordered[1:]:
        response = _laid_over(response, revision, questionnaire)
    partial = any(revision.lacking.columns or revision.lacking.options for revision in ordered[1:])
    return refiltered(response, questionnaire) if partial and questionnaire is not None else response


def _under_present_codes(revision: Revision, questionnaire: Questionnaire | None) -> Revision:
    """A revision converted to the present codes."""
    renames = renamed_columns(questionnaire) if questionnaire is not None else {}
    columns = tuple(renames.get(column, column) for column in revision.lacking.columns)
    response = under_present_codes(revision.response, questionnaire)
    if response is revision.response and columns == revision.lacking.columns:
        return revision
    options = tuple((renames.get(question, question), option) for question, option in revision.lacking.options)
    return replace(revision, response=response, lacking=replace(revision.lacking, columns=columns, options=options))


def in_time(found: Sequence[Revision]) -> list[Revision]:
    """The revisions with the latest state last: in order of import, but beneath what is surely newer."""
    ordered: list[Revision] = []
    for revision in found:
        place = len(ordered)
        while place and ordered[place - 1].facts.is_newer(revision.facts):
            place -= 1
        ordered.insert(place, revision)
    return ordered


def _without_repeats(ordered: Sequence[Revision]) -> list[Revision]:
    """The revisions without those that repeat their predecessor."""
    roots = [revision.same_as or revision.id for revision in ordered]
    return [
        revision
        for place, revision in enumerate(ordered)
        if not place or not roots[place] or roots[place] != roots[place - 1]
    ]


def _laid_over(before: Response, revision: Revision, questionnaire: Questionnaire | None) -> Response:
    now = revision.response
    known = {answer.column: answer for answer in before.answers}
    answers = [_answer_over(known.pop(answer.column, None), answer, revision, questionnaire) for answer in now.answers]
    return replace(
        now,
        answers=(*answers, *known.values()),
        token=now.token or before.token,
        place_id=now.place_id or before.place_id,
        received_at=_received(before, now, revision.facts),
        complete=before.complete if revision.facts.submitdate is None else now.complete,
    )


def _received(before: Response, now: Response, facts: SourceFacts) -> str:
    """The submission time: the earlier known one where the file has none, or where it only lacks the seconds."""
    told = (
        bool(now.received_at)
        and facts.submitdate is not None
        and now.received_at[:MINUTE] != before.received_at[:MINUTE]
    )
    return now.received_at if told or not before.received_at else before.received_at


def _answer_over(before: Answer | None, now: Answer, revision: Revision, questionnaire: Questionnaire | None) -> Answer:
    if before is None:
        return now
    if now.column in revision.lacking.columns:
        return before
    hidden = {option for code, option in revision.lacking.options if code == now.question}
    question = questionnaire.question(now.question) if questionnaire is not None else None
    return (
        now if not hidden or now.option is not None or question is None else _ticks_over(before, now, hidden, question)
    )


def _ticks_over(before: Answer, now: Answer, hidden: set[str], question: Question) -> Answer:
    """Several answers of which the export shows only some boxes: the others keep their state, and options never offered
    remain not offered.
    """
    ticked = set(now.value.split()) | (set(before.value.split()) & hidden)
    unknown = (
        set(now.not_offered)
        if before.missing is Missing.NOT_IN_VERSION
        else set(before.not_offered) & set(now.not_offered)
    )
    found = replace(now, not_offered=tuple(option.code for option in question.options if option.code in unknown))
    value = " ".join(option.code for option in question.options if option.code in ticked)
    if not value:
        return found
    broken = rules.check_choice(question, value.split()).problem
    found = replace(found, value=value, missing=None)
    return found.doubted(broken) if broken is not None else found


def settle(project: Project, tx: Transaction, response_ids: Iterable[str]) -> None:
    """Store the responses that result from the revisions that count; one without any, or one that a person withdrew, no
    longer counts.
    """
    names = sorted(set(response_ids))
    found, taken_out = stored.revisions(tx, names), stored.withdrawals(tx)
    for name in names:
        counting = found.get(name, [])
        act = taken_out.get(name)
        if counting:
            questionnaire = project.questionnaires.get(counting[-1].response.questionnaire)
            response = present(counting, questionnaire)
            renames = renamed_columns(questionnaire) if questionnaire is not None else {}
            values.save_response(
                tx, response, batch_id=counting[-1].batch_id, versions=stored.versions_by_content(tx, response, renames)
            )
        if not counting or (act is not None and act.withdrawn):
            values.set_response_withdrawn(tx, name, withdrawn=True)


def all_vanished(tx: Transaction) -> tuple[str, ...]:
    """The ids of the counting responses missing from the latest export of their survey."""
    return tuple(name for survey in stored.surveys(tx) for name in vanished(tx, survey.id))


def vanished(tx: Transaction, survey_id: int) -> tuple[str, ...]:
    """The ids of the counting responses of a survey missing from its latest export."""
    listing = stored.latest_listing(tx, survey_id)
    if listing is None:
        return ()
    held = set(listing.ids)
    return tuple(sorted(name for number, name in stored.counted_sources(tx, survey_id).items() if number not in held))
