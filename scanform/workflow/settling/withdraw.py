"""Withdraws a batch, or one online response, and restores it: nothing is deleted, fates and responses follow from what
counts.
"""

from uuid import uuid4

from scanform.errors import UsageError, words
from scanform.store import ledger, revisions
from scanform.store.records import Batch, ResponseWithdrawal
from scanform.workflow.project.batch_names import batch_words
from scanform.workflow.project.moments import now
from scanform.workflow.project.project import Project
from scanform.workflow.settling.assign_fates import resolve_batch
from scanform.workflow.settling.revisions import settle

LONGEST_REASON = 500
"""Maximum characters of a reason; as for the other acts with a reason."""


def withdraw(project: Project, batch_id: int) -> Batch:
    """Withdraw a batch. Re-scans of its pages count from now on; corrections are kept.

    Raises UsageError when there is no such batch or it is already withdrawn.
    """
    return _set(project, batch_id, now())


def restore(project: Project, batch_id: int) -> Batch:
    """Restore a withdrawn batch; raises UsageError when there is no such batch or it is not withdrawn."""
    return _set(project, batch_id, None)


def _set(project: Project, batch_id: int, at: str | None) -> Batch:
    with project.store.writing() as tx:
        known = {batch.id: batch for batch in ledger.batches(tx)}
        if batch_id not in known:
            numbers = ", ".join(str(number) for number in known) or "–"
            raise UsageError(
                words("withdraw.unknown", batch=batch_id, known=numbers), remedy=words("withdraw.unknown_remedy")
            )
        if (known[batch_id].withdrawn_at is None) == (at is None):
            state = "withdraw.not_withdrawn" if at is None else "withdraw.already"
            raise UsageError(
                words(state, batch=batch_id, label=batch_words(known[batch_id])),
                remedy=words("withdraw.unknown_remedy"),
            )
        ledger.set_withdrawn(tx, batch_id, at)
        resolve_batch(project, tx, batch_id)
        return next(batch for batch in ledger.batches(tx) if batch.id == batch_id)


def withdraw_response(project: Project, response_id: str, *, reason: str, reviewer: str) -> ResponseWithdrawal:
    """Withdraw one online response, whatever later imports say about it; raises UsageError without a reason or for
    anything that is not an online response.
    """
    if not reason.strip():
        raise UsageError(words("withdraw.no_reason"), remedy=words("withdraw.no_reason_remedy"))
    return _set_response(
        project, response_id, withdrawn=True, reason=reason.strip()[:LONGEST_REASON], reviewer=reviewer
    )


def restore_response(project: Project, response_id: str, *, reason: str, reviewer: str) -> ResponseWithdrawal:
    """Restore a response that a person withdrew."""
    return _set_response(
        project, response_id, withdrawn=False, reason=reason.strip()[:LONGEST_REASON], reviewer=reviewer
    )


def _set_response(
    project: Project, response_id: str, *, withdrawn: bool, reason: str, reviewer: str
) -> ResponseWithdrawal:
    remedy = words("withdraw.response_remedy")
    with project.store.writing() as tx:
        if not revisions.is_revised(tx, response_id):
            raise UsageError(words("withdraw.response_unknown", response=response_id), remedy=remedy)
        standing = revisions.withdrawals(tx).get(response_id)
        if withdrawn == (standing is not None and standing.withdrawn):
            state = "withdraw.response_already" if withdrawn else "withdraw.response_counts"
            raise UsageError(words(state, response=response_id), remedy=remedy)
        act = ResponseWithdrawal(
            uuid=str(uuid4()), response_id=response_id, withdrawn=withdrawn, reason=reason, reviewer=reviewer, at=now()
        )
        revisions.add_withdrawal(tx, act)
        settle(project, tx, [response_id])
    return act
