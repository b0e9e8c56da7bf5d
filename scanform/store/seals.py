"""A chain of hashes over what people did: whoever changes, removes or slips in an act behind the program's back breaks it.

Each seal is the SHA-256 of the seal before and of the act, so that all later ones depend on it. The acts at the very end can still be cut off together with
their seals; the last seal, which `scanform verify` prints, shows that to whoever has noted it.
"""

import json
from collections.abc import Mapping
from hashlib import sha256

from sqlalchemy import insert, select

from scanform.store.engine import Transaction
from scanform.store.tables import AcceptanceRow, Base, CollationRow, DecisionRow, KnownAnswerRow, KnownRow, LookRow, PlacementRow, ReleaseRow, SealRow

FIRST = "0" * 64
"""What the first seal follows."""

_ACTS: dict[str, type[Base]] = {
    "decision": DecisionRow,
    "placement": PlacementRow,
    "look": LookRow,
    "known": KnownRow,
    "known_answer": KnownAnswerRow,
    "release": ReleaseRow,
    "acceptance": AcceptanceRow,
    "collation": CollationRow,
}


def seal_of(before: str, kind: str, act: Mapping[str, object]) -> str:
    """The seal of an act (column -> value, without its number) that follows the seal `before`."""
    content = json.dumps([before, kind, dict(act)], sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return sha256(content.encode()).hexdigest()


def add_seal(tx: Transaction, kind: str, sequence: int, act: Mapping[str, object]) -> None:
    """Seal an act that was just added; writers wait for each other, so that the chain has one end."""
    tx.execute(insert(SealRow).values(kind=kind, sequence=sequence, seal=seal_of(last_seal(tx), kind, act)))


def last_seal(tx: Transaction) -> str:
    """The end of the chain."""
    return tx.execute(select(SealRow.seal).order_by(SealRow.number.desc()).limit(1)).scalar() or FIRST


def broken_seals(tx: Transaction) -> list[str]:
    """Acts that are not as they were when they were sealed, "decision 17": changed, gone, or without a seal."""
    acts = {(kind, row["sequence"]): row for kind in _ACTS for row in _rows(tx, kind)}
    found, before = [], FIRST
    for row in tx.execute(select(SealRow).order_by(SealRow.number)):
        act = acts.pop((row.kind, row.sequence), None)
        if act is None or seal_of(before, row.kind, {name: value for name, value in act.items() if name != "sequence"}) != row.seal:
            found.append(f"{row.kind} {row.sequence}")
        before = row.seal
    return found + [f"{kind} {sequence}" for kind, sequence in sorted(acts)]


def seal_everything(tx: Transaction) -> None:
    """Seal the decisions and placements of a database that had no seals yet."""
    for kind in ("decision", "placement"):
        for row in _rows(tx, kind):
            add_seal(tx, kind, int(str(row["sequence"])), {name: value for name, value in row.items() if name != "sequence"})


def _rows(tx: Transaction, kind: str) -> list[dict[str, object]]:
    table = _ACTS[kind].__table__
    return [dict(row) for row in tx.execute(select(table).order_by(table.c.sequence)).mappings()]
