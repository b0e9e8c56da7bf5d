"""Releases of the data set: rows that are only ever added."""

from sqlalchemy import select

from scanform.model.release import Release, Step
from scanform.store.acts.seals import add_seal
from scanform.store.engine import Transaction, insert_new
from scanform.store.tables import ReleaseRow


def add_release(tx: Transaction, release: Release) -> bool:
    """Append a step; False when its uuid is known (sent twice)."""
    row = {
        "uuid": release.uuid,
        "kind": release.step.value,
        "digest": release.digest,
        "by": release.by,
        "reason": release.reason,
        "figures": dict(release.figures),
        "about": release.about,
        "at": release.at,
    }
    sequence = insert_new(tx, ReleaseRow, row, ReleaseRow.sequence)
    if sequence is not None:
        add_seal(tx, "release", sequence, row)
    return sequence is not None


def releases(tx: Transaction) -> list[Release]:
    """All steps in their order."""
    return [
        Release(
            uuid=row.uuid,
            step=Step(row.kind),
            digest=row.digest,
            by=row.by,
            reason=row.reason,
            figures=row.figures,
            at=row.at,
            about=row.about,
        )
        for row in tx.execute(select(ReleaseRow).order_by(ReleaseRow.sequence))
    ]
