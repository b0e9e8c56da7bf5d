"""Files passed over in submitted folders, as of the latest scan of each folder."""

from collections.abc import Iterable, Sequence

from sqlalchemy import delete, insert, select

from scanform.store.engine import Transaction
from scanform.store.records import PassedOver
from scanform.store.tables import PassedOverRow

_CHUNK = 500


def passed_over(tx: Transaction) -> list[PassedOver]:
    """Everything passed over, by location."""
    columns = (PassedOverRow.location, PassedOverRow.path, PassedOverRow.reason, PassedOverRow.files, PassedOverRow.at)
    return [PassedOver(**row._mapping) for row in tx.execute(select(*columns).order_by(PassedOverRow.location))]


def replace_below(tx: Transaction, folders: Iterable[str], found: Sequence[PassedOver]) -> bool:
    """Replace the records below these folders (their locations) by `found`; returns whether that changes anything."""
    roots = tuple(folders)
    known = {
        one.location: one
        for one in passed_over(tx)
        if any(one.location == root or one.location.startswith(root.rstrip("/") + "/") for root in roots)
    }
    new = {one.location: one for one in found}
    changed = [
        location
        for location, one in new.items()
        if location not in known or (known[location].reason, known[location].files) != (one.reason, one.files)
    ]
    gone = [location for location in known if location not in new]
    for start in range(0, len(changed) + len(gone), _CHUNK):
        tx.execute(delete(PassedOverRow).where(PassedOverRow.location.in_((changed + gone)[start : start + _CHUNK])))
    if changed:
        rows = [
            {
                "location": new[at].location,
                "path": new[at].path,
                "reason": new[at].reason,
                "files": new[at].files,
                "at": new[at].at,
            }
            for at in changed
        ]
        tx.execute(insert(PassedOverRow), rows)
    return bool(changed or gone)
