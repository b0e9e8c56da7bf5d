"""A project's store: everything that outlives a run. Only one process writes at a time, one transaction per act."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine

from scanform.model.response import Response
from scanform.model.review import Decision
from scanform.store import ledger, values
from scanform.store.engine import Transaction, compact, open_engine, reading, store_errors, writing
from scanform.store.records import Batch, Link


class Store:
    """Opens the database and hands out transactions; each of the shorter methods is one transaction."""

    def __init__(self, where: str | Path, *, expected: bool = False) -> None:
        """`where` is a SQLite file or a database URL; raises StoreError when it cannot be used, or is missing although
        `expected`.
        """
        self._where = str(where)
        self._engine: Engine = open_engine(where, expected=expected)

    @property
    def kind(self) -> str:
        """The database: "sqlite" or "postgresql"."""
        return self._engine.dialect.name

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    @contextmanager
    def writing(self) -> Iterator[Transaction]:
        """One writing transaction: all or nothing."""
        with store_errors(self._where), writing(self._engine) as tx:
            yield tx

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """One consistent view of the store."""
        with store_errors(self._where), reading(self._engine) as tx:
            yield tx

    def compact(self) -> None:
        """Leave nothing in the file of what was deleted (SQLite)."""
        with store_errors(self._where):
            compact(self._engine)

    def responses(self, *, questionnaire: str | None = None) -> list[Response]:
        """Responses that count (not of withdrawn batches), with values as read, imported or keyed."""
        with self.reading() as tx:
            return values.load_responses(tx, questionnaire=questionnaire)

    def response(self, response_id: str) -> Response | None:
        """The response with this id, unless it is withdrawn."""
        with self.reading() as tx:
            return next(iter(values.load_responses(tx, response_id=response_id)), None)

    def save_response(self, response: Response, *, batch_id: int | None) -> None:
        """Store or replace a response; the version of each answer grows when its machine value changes."""
        with self.writing() as tx:
            values.save_response(tx, response, batch_id=batch_id)

    def save_responses(self, responses: Iterable[Response], *, kind: str, label: str, at: str) -> int:
        """Store all responses of one import as a batch of its own, in one transaction; returns the batch's number."""
        with self.writing() as tx:
            batch_id = ledger.add_batch(tx, kind=kind, label=label, at=at)
            for response in responses:
                values.save_response(tx, response, batch_id=batch_id)
        return batch_id

    def add_batch(self, *, kind: str, label: str, at: str) -> int:
        """Open a batch; returns its number."""
        with self.writing() as tx:
            return ledger.add_batch(tx, kind=kind, label=label, at=at)

    def batches(self) -> list[Batch]:
        """All batches, oldest first."""
        with self.reading() as tx:
            return ledger.batches(tx)

    def versions(self, response_id: str) -> dict[str, int]:
        """The version of each answer of a response, by column."""
        with self.reading() as tx:
            return values.versions(tx, response_id)

    def all_versions(self) -> dict[str, dict[str, int]]:
        """The versions of all answers, by response and column."""
        with self.reading() as tx:
            return values.all_versions(tx)

    def decisions(self, response_id: str | None = None) -> list[Decision]:
        """Decisions in order of arrival."""
        with self.reading() as tx:
            return values.decisions(tx, response_id)

    def add_decision(self, decision: Decision) -> bool:
        """Append a decision; False when its uuid is known. It is on disk when this returns."""
        with self.writing() as tx:
            return values.add_decision(tx, decision)

    def add_links(self, links: Iterable[Link]) -> int:
        """Record new links between responses; returns their number."""
        with self.writing() as tx:
            return values.add_links(tx, links)

    def replace_links(self, links: Iterable[Link]) -> None:
        """Replace the links of the previous merge by those of a new one."""
        with self.writing() as tx:
            values.replace_links(tx, links)

    def links(self) -> list[Link]:
        """All links, oldest first."""
        with self.reading() as tx:
            return values.links(tx)
