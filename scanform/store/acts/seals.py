"""A hash chain over people's acts: whoever changes, removes or inserts an act behind the program's back breaks it.

Each seal is the SHA-256 of the previous seal and of the act, so that all later ones depend on it. The acts at the very
end can still be cut off together with their seals; whoever has noted the last seal, which `scanform verify` prints, can
detect that.
"""

import json
from collections.abc import Collection, Mapping
from hashlib import sha256

from sqlalchemy import insert, inspect, select

from scanform.store.engine import Transaction
from scanform.store.tables import (
    ActRow,
    CollationRow,
    DecisionRow,
    DispositionRow,
    IncompleteAcceptedRow,
    ManualRegistrationRow,
    ReleaseRow,
    ResponseWithdrawalRow,
    SealRow,
    SeededAnswerRow,
    SeededItemRow,
    VerificationRow,
    WaivedPageRow,
)

FIRST = "0" * 64
"""The predecessor of the first seal."""

_ACTS: dict[str, type[ActRow]] = {
    "decision": DecisionRow,
    "placement": ManualRegistrationRow,
    "look": VerificationRow,
    "known": SeededItemRow,
    "known_answer": SeededAnswerRow,
    "release": ReleaseRow,
    "acceptance": IncompleteAcceptedRow,
    "waived_page": WaivedPageRow,
    "collation": CollationRow,
    "response_withdrawal": ResponseWithdrawalRow,
    "disposition": DispositionRow,
}

_KINDS = {table: kind for kind, table in _ACTS.items()}

_LATER: dict[str, dict[str, object]] = {"placement": {"part": 0}}
"""Columns added after acts had been sealed, with their default values: a seal covers them only where the
value differs.
"""


def seal_of(before: str, kind: str, act: Mapping[str, object]) -> str:
    """The seal of an act (column -> value, without its number) that follows the seal `before`."""
    later = _LATER.get(kind, {})
    covered = {name: value for name, value in act.items() if name not in later or value != later[name]}
    content = json.dumps([before, kind, covered], sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return sha256(content.encode()).hexdigest()


def add_seal(tx: Transaction, table: type[ActRow], sequence: int, act: Mapping[str, object]) -> None:
    """Seal an act that was just added to `table`; writers queue, so that the chain has one end."""
    kind = _KINDS[table]
    tx.execute(insert(SealRow).values(kind=kind, sequence=sequence, seal=seal_of(last_seal(tx), kind, act)))


def last_seal(tx: Transaction) -> str:
    """The end of the chain."""
    return tx.execute(select(SealRow.seal).order_by(SealRow.number.desc()).limit(1)).scalar() or FIRST


def broken_seals(tx: Transaction) -> list[str]:
    """Acts that differ from what was sealed, "decision 17": changed, gone, or without a seal."""
    acts = {(kind, row["sequence"]): row for kind in _ACTS for row in _rows(tx, kind)}
    found, before = [], FIRST
    for row in tx.execute(select(SealRow).order_by(SealRow.number)):
        act = acts.pop((row.kind, row.sequence), None)
        if (
            act is None
            or seal_of(before, row.kind, {name: value for name, value in act.items() if name != "sequence"}) != row.seal
        ):
            found.append(f"{row.kind} {row.sequence}")
        before = row.seal
    return found + [f"{kind} {sequence}" for kind, sequence in sorted(acts)]


def seal_everything(tx: Transaction) -> None:
    """Seal the decisions and manual registrations of a database that had no seals yet."""
    for kind in ("decision", "placement"):
        there = {column["name"] for column in inspect(tx).get_columns(_ACTS[kind].__tablename__)}
        for row in _rows(tx, kind, there):
            add_seal(
                tx,
                _ACTS[kind],
                int(str(row["sequence"])),
                {name: value for name, value in row.items() if name != "sequence"},
            )


def _rows(tx: Transaction, kind: str, there: Collection[str] | None = None) -> list[dict[str, object]]:
    """All acts of a kind; only the columns that are `there` while the database is being migrated."""
    table = _ACTS[kind].__table__
    columns = [column for column in table.c if there is None or column.name in there]
    return [dict(row) for row in tx.execute(select(*columns).order_by(table.c.sequence)).mappings()]
