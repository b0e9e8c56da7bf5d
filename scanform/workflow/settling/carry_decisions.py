"""Decisions follow the page that they are about when it turns out to be another respondent's: taken back where they
stood, said again where it stands now.
"""

from dataclasses import replace

from scanform.model.review import Decision, DecisionKind
from scanform.review.apply import item_id, standings
from scanform.store import values
from scanform.store.engine import Transaction


def decisions_on(tx: Transaction, form: str, page: int | None) -> list[Decision]:
    """What people decided about the values of a page of a form, as it stands."""
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
    """Take a decision back where it stood, and say the same of the same page on its new form, in the name of who
    decided.
    """
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
