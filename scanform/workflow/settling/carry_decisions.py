"""Decisions follow their page when it turns out to be another respondent's: undone on the old form, repeated on the new
one.
"""

from dataclasses import replace

from scanform.model.review import Decision, DecisionKind
from scanform.review.apply import item_id, standings
from scanform.store import values
from scanform.store.engine import Transaction


def decisions_on(tx: Transaction, form: str, page: int | None) -> list[Decision]:
    """The decisions in force about the values of one page of a form."""
    columns = {
        answer.column
        for response in values.load_responses(tx, response_id=form)
        for answer in response.answers
        if answer.page == page
    }
    found = standings(values.decisions(tx, form))
    return [
        one.decision
        for column in sorted(columns)
        if (one := found.get(item_id(form, column))) is not None and one.decision is not None
    ]


def carry(tx: Transaction, decision: Decision, form: str, *, reviewer: str, uuid: str, at: str) -> None:
    """Undo a decision on the old form and repeat it for the same page on the new one, in the name of its author."""
    column = decision.item.rpartition("/")[2]
    undo = replace(
        decision,
        uuid=f"{uuid}-",
        kind=DecisionKind.UNDO,
        from_value=decision.to_value,
        to_value="",
        undoes=decision.uuid,
        reviewer=reviewer,
        at=at,
    )
    version = values.versions(tx, form).get(column, decision.version)
    values.add_decision(tx, undo)
    values.add_decision(tx, replace(decision, uuid=f"{uuid}+", item=item_id(form, column), version=version, at=at))
