"""Take a batch out of everything, and bring it back: nothing is deleted, fates and responses follow from the pages that count."""

from scanform.errors import UsageError
from scanform.i18n.texts import text
from scanform.store import ledger
from scanform.store.records import Batch
from scanform.workflow.ledger import settle_batch
from scanform.workflow.names import now
from scanform.workflow.project import Project


def withdraw(project: Project, batch_id: int) -> Batch:
    """Take a batch out. Pages that were re-scans of its pages count from now on; corrections are kept.

    Raises UsageError when there is no such batch or it is withdrawn already.
    """
    return _set(project, batch_id, now())


def restore(project: Project, batch_id: int) -> Batch:
    """Bring a withdrawn batch back; raises UsageError when there is no such batch or it is not withdrawn."""
    return _set(project, batch_id, None)


def _set(project: Project, batch_id: int, at: str | None) -> Batch:
    with project.store.writing() as tx:
        known = {batch.id: batch for batch in ledger.batches(tx)}
        if batch_id not in known:
            numbers = ", ".join(str(number) for number in known) or "–"
            raise UsageError(
                text("withdraw.unknown", project.language, batch=batch_id, known=numbers), remedy=text("withdraw.unknown_remedy", project.language)
            )
        if (known[batch_id].withdrawn_at is None) == (at is None):
            state = "withdraw.not_withdrawn" if at is None else "withdraw.already"
            raise UsageError(
                text(state, project.language, batch=batch_id, label=known[batch_id].label), remedy=text("withdraw.unknown_remedy", project.language)
            )
        ledger.set_withdrawn(tx, batch_id, at)
        settle_batch(project, tx, batch_id)
        return next(batch for batch in ledger.batches(tx) if batch.id == batch_id)
