"""Releases of the data set, append-only."""

from scanform.model.release import Release, Step
from scanform.store.acts.append import append_act, in_order
from scanform.store.engine import Transaction
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
    return append_act(tx, ReleaseRow, row)


def releases(tx: Transaction) -> list[Release]:
    """All steps in order."""
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
        for row in in_order(tx, ReleaseRow)
    ]
