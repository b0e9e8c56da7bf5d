"""Each person's settings of the review station, as facts that `workflow` understands."""

from collections.abc import Mapping

from sqlalchemy import delete, insert, select

from scanform.store.engine import Transaction
from scanform.store.tables import PreferenceRow


def preference(tx: Transaction, person: str) -> Mapping[str, object]:
    """The changes of `person`; empty for somebody who has changed nothing."""
    found: dict[str, object] | None = tx.execute(
        select(PreferenceRow.facts).where(PreferenceRow.person == person)
    ).scalar_one_or_none()
    return found or {}


def save_preference(tx: Transaction, person: str, facts: Mapping[str, object]) -> None:
    """Replace the facts of `person` by `facts`."""
    tx.execute(delete(PreferenceRow).where(PreferenceRow.person == person))
    tx.execute(insert(PreferenceRow).values(person=person, facts=dict(facts)))
