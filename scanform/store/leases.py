"""Who has which value on the screen, so that two people never decide the same one; a lease expires by itself and never
costs work.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, insert, select, update

from scanform.store.engine import Transaction
from scanform.store.tables import LeaseRow

LEASE = timedelta(minutes=10)
"""How long a value stays with somebody without activity; every decision and every heartbeat renews it."""

AT_ONCE = 500
"""Maximum items in one statement: SQLite takes no more than 32,766 parameters, older versions 999."""


def moment(now: datetime | None = None) -> str:
    """The time format of leases: ISO 8601 in UTC with microseconds, so that text sorts by time."""
    return (now or datetime.now(UTC)).astimezone(UTC).isoformat(timespec="microseconds")


def claim(tx: Transaction, items: Sequence[str], holder: str, limit: int, *, now: datetime | None = None) -> list[str]:
    """Lease to `holder` the first `limit` of `items` that nobody else holds; `tx` is a writing transaction, of which
    only one exists at a time.
    """
    taken = {item for item, other in holders(tx, now=now).items() if other != holder}
    found = [item for item in dict.fromkeys(items) if item not in taken][:limit]
    release(tx, found)  # expired leases of others
    if found:
        until = moment((now or datetime.now(UTC)) + LEASE)
        tx.execute(insert(LeaseRow), [{"item": item, "holder": holder, "until": until} for item in found])
    return found


def renew(tx: Transaction, holder: str, *, now: datetime | None = None) -> int:
    """Renew every lease of `holder`; an expired one stays expired. Returns their number."""
    until = moment((now or datetime.now(UTC)) + LEASE)
    return tx.execute(
        update(LeaseRow).where(LeaseRow.holder == holder, LeaseRow.until > moment(now)).values(until=until)
    ).rowcount


def release(tx: Transaction, items: Iterable[str], *, holder: str | None = None) -> None:
    """Give items back, those of one `holder` or of anybody."""
    names = list(items)
    for start in range(0, len(names), AT_ONCE):
        query = delete(LeaseRow).where(LeaseRow.item.in_(names[start : start + AT_ONCE]))
        tx.execute(query if holder is None else query.where(LeaseRow.holder == holder))


def holders(tx: Transaction, *, now: datetime | None = None) -> dict[str, str]:
    """Who holds which item."""
    return {
        row.item: row.holder
        for row in tx.execute(select(LeaseRow.item, LeaseRow.holder).where(LeaseRow.until > moment(now)))
    }


def holder_of(tx: Transaction, item: str, *, now: datetime | None = None) -> str | None:
    """Who holds an item, None for nobody."""
    return tx.execute(select(LeaseRow.holder).where(LeaseRow.item == item, LeaseRow.until > moment(now))).scalar()


def given_to(tx: Transaction, item: str) -> str | None:
    """To whom an item was last given, even if the lease has expired: it is theirs until somebody else gets it or it is
    decided.
    """
    return tx.execute(select(LeaseRow.holder).where(LeaseRow.item == item)).scalar()
