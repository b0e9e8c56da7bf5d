"""Opens the database, SQLite in the project folder or PostgreSQL by URL, and migrates it if necessary.

SQLite runs in WAL mode with synchronous=FULL (nothing is acknowledged before it is on disk), and each writing
transaction starts with BEGIN IMMEDIATE: with a plain BEGIN that writes later, 164,282 busy retries were measured, with
IMMEDIATE none (8 processes). On PostgreSQL an advisory lock makes writers queue in the same way.
"""

import os
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import URL, ColumnElement, Connection, Engine, create_engine, event, func, inspect, make_url, text
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute

from scanform.errors import MissingProgramError, StoreError, Words, words

Key = TypeVar("Key", int, str)

BUSY_TIMEOUT_S = 60.0
"""How long a writer waits for another process; a page's transaction takes some 10 ms."""

HEAD_REVISION = "0021"
"""The newest migration (a test compares it with the folder): a database at this revision is opened without loading
alembic.
"""

if TYPE_CHECKING:
    from alembic.config import Config

Transaction = Connection
"""The transaction in which the functions of `store` work; opaque to all other modules."""

_WRITER_LOCK = 0x5343414E
_WRITING = {"scanform_writing": True}


def open_engine(where: str | Path, *, expected: bool = False) -> Engine:
    """An engine on an up-to-date database, a SQLite file or a URL; raises StoreError when it cannot be used.

    `expected`: the database must exist. Otherwise an empty or missing database is created.
    """
    url = URL.create("sqlite", database=str(where)) if isinstance(where, Path) else _checked(where)
    _make_file(url, expected=expected)
    engine = create_engine(url, **_engine_options(url))
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        event.listen(engine, "begin", _begin_other)
    try:
        with store_errors(str(url)):
            _upgrade(engine, expected=expected)
    except StoreError:
        engine.dispose()
        raise
    return engine


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A connection in one writing transaction; only one exists at a time across all processes."""
    with engine.connect().execution_options(**_WRITING) as connection, connection.begin():
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection in one reading transaction with a consistent snapshot."""
    options = {} if engine.dialect.name == "sqlite" else {"isolation_level": "REPEATABLE READ"}
    with engine.connect().execution_options(**options) as connection, connection.begin():
        yield connection


def alike(column: InstrumentedAttribute[Any], token: str) -> ColumnElement[bool]:
    """Whether a column holds a token that differs in capitals, spaces and hyphens only."""
    plain = token.upper().replace(" ", "").replace("-", "")
    return func.replace(func.replace(func.upper(column), "-", ""), " ", "") == plain


def insert_new(
    tx: Transaction, table: type[DeclarativeBase], values: Mapping[str, object], key: InstrumentedAttribute[Key]
) -> Key | None:
    """Insert a row and return its key; None when a unique constraint says that the row exists."""
    build = sqlite_insert if tx.dialect.name == "sqlite" else postgresql_insert
    return tx.execute(build(table).values(values).on_conflict_do_nothing().returning(key)).scalar()


@contextmanager
def store_errors(where: str) -> Iterator[None]:
    """Turn exceptions of a database driver into a StoreError with a remedy."""
    try:
        yield
    except DBAPIError as error:
        named = {"cause": _cause(error.orig), "where": _without_password(where)}
        if _is_damage(error):
            raise StoreError(
                words("store.damaged", **named), remedy=words("store.damaged_remedy"), slug="database-damaged"
            ) from error
        raise StoreError(words("store.failed", **named), remedy=words("store.failed_remedy")) from error


def current_revision(connection: Connection) -> str | None:
    """The database's migration revision, None for an empty one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _checked(url: str) -> URL:
    try:
        parsed = make_url(url)
        parsed.get_dialect()
    except (ArgumentError, NoSuchModuleError, ValueError) as error:
        raise StoreError(
            words("store.bad_url", url=_without_password(url)), remedy=words("store.bad_url_remedy")
        ) from error
    if parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise StoreError(words("store.bad_url", url=_without_password(url)), remedy=words("store.bad_url_remedy"))
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    try:
        parsed.get_dialect().import_dbapi()
    except ImportError as error:
        raise MissingProgramError(words("store.no_driver"), remedy=words("store.no_driver_remedy")) from error
    return parsed


def _engine_options(url: URL) -> dict[str, Any]:
    told = {"hide_parameters": True}  # errors are logged, and parameters are what people answered
    if url.get_backend_name() == "sqlite":
        return {"connect_args": {"timeout": BUSY_TIMEOUT_S, "check_same_thread": False}, **told}
    return {"pool_pre_ping": True, **told}


def _without_password(url: str) -> str:
    try:
        return make_url(url).render_as_string(hide_password=True)
    except ArgumentError:
        return url.rpartition("@")[2]


def _is_damage(error: DBAPIError) -> bool:
    """Whether the file or a page of the database is corrupt: repeating the command does not help."""
    code = getattr(error.orig, "sqlite_errorcode", None)
    return (code is not None and code & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)) or getattr(
        error.orig, "sqlstate", None
    ) in _CORRUPTED


_CORRUPTED = ("XX001", "XX002")
"""PostgreSQL: data_corrupted, index_corrupted."""


def damage(connection: Connection) -> list[str]:
    """Corruption that SQLite finds in its own file; PostgreSQL has checks of its own. Corruption that aborts the check
    is raised as by any other command.
    """
    if connection.dialect.name != "sqlite":
        return []
    return [row[0] for row in connection.exec_driver_sql("PRAGMA quick_check") if row[0] != "ok"]


_SQLITE_CAUSES = {
    sqlite3.SQLITE_BUSY: "busy",
    sqlite3.SQLITE_LOCKED: "busy",
    sqlite3.SQLITE_READONLY: "readonly",
    sqlite3.SQLITE_CANTOPEN: "cannot-open",
    sqlite3.SQLITE_FULL: "full",
    sqlite3.SQLITE_IOERR: "disk",
    sqlite3.SQLITE_PERM: "no-right",
    sqlite3.SQLITE_AUTH: "no-right",
    sqlite3.SQLITE_CONSTRAINT_TRIGGER: "only-added",
}
"""Result codes of SQLite (https://www.sqlite.org/rescode.html), and the text that explains each."""

_POSTGRESQL_CAUSES = (
    ("08", "no-connection"),
    ("28", "no-login"),
    ("3D", "no-database"),
    ("42501", "no-right"),
    ("25006", "readonly"),
    ("40", "busy"),
    ("55P03", "busy"),
    ("53100", "full"),
    ("53", "too-busy"),
    ("57", "no-connection"),
    ("58", "disk"),
    ("P0001", "only-added"),
)
"""Prefixes of PostgreSQL's SQLSTATE (its manual, appendix A), and the text that explains each."""


def _cause(error: BaseException | None) -> Words:
    """Why the database refused: drivers phrase it in their own way."""
    code = getattr(error, "sqlite_errorcode", None)
    state = getattr(error, "sqlstate", None)
    if code is not None:
        known, shown = (
            _SQLITE_CAUSES.get(code, _SQLITE_CAUSES.get(code & 0xFF)),
            getattr(error, "sqlite_errorname", code),
        )
    elif state:
        known, shown = next((cause for start, cause in _POSTGRESQL_CAUSES if state.startswith(start)), None), state
    else:  # PostgreSQL's driver has no SQLSTATE when no connection was made
        known, shown = ("no-connection" if type(error).__module__.startswith("psycopg") else None), type(error).__name__
    return words(f"store.cause-{known}") if known else words("store.cause-other", code=shown)


def _prepare_sqlite(connection: sqlite3.Connection, _: object) -> None:
    connection.isolation_level = None  # the driver must not begin transactions of its own
    for pragma in ("foreign_keys=ON", "synchronous=FULL", f"busy_timeout={int(BUSY_TIMEOUT_S * 1000)}"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE" if _is_writing(connection) else "BEGIN")


def _begin_other(connection: Connection) -> None:
    if _is_writing(connection):
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITER_LOCK})")


def _is_writing(connection: Connection) -> bool:
    return bool(connection.get_execution_options().get("scanform_writing"))


def _make_file(url: URL, *, expected: bool) -> None:
    """Make a new SQLite file readable by its owner only, like the archive; SQLite gives its other files the same
    rights. An expected one is never made.
    """
    if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
        return
    path = Path(url.database)
    if expected and not (path.exists() and path.stat().st_size):
        raise _lost(str(url))
    try:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError:
        return  # the driver says why


def _lost(where: str) -> StoreError:
    return StoreError(
        words("store.lost", where=_without_password(where)), remedy=words("store.lost_remedy"), slug="database-lost"
    )


def _upgrade(engine: Engine, *, expected: bool) -> None:
    """Bring the database to HEAD_REVISION. Two processes may try at once: the second waits, then finds it done."""
    with engine.connect() as connection:
        revision = current_revision(connection)
    if revision == HEAD_REVISION:
        return
    if revision is None and expected:
        raise _lost(str(engine.url))
    if engine.dialect.name == "sqlite":
        _use_wal(engine)
    with writing(engine) as connection:
        revision = current_revision(connection)
        if revision is not None and revision > HEAD_REVISION:
            raise StoreError(words("store.newer", revision=revision), remedy=words("store.newer_remedy"))
        if revision != HEAD_REVISION:
            run_migrations(connection)


def run_migrations(connection: Connection, revision: str = "head") -> None:
    """Run alembic up to `revision` inside the transaction of `connection`."""
    from alembic import command

    command.upgrade(alembic_config(connection), revision)


def alembic_config(connection: Connection | None = None) -> "Config":
    """The alembic configuration for the migrations that ship with the package."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def compact(engine: Engine) -> None:
    """Write a SQLite file anew without what was deleted; other databases free that themselves (VACUUM)."""
    if engine.dialect.name != "sqlite":
        return
    connection = engine.raw_connection()
    try:
        for statement in ("VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):
            connection.cursor().execute(statement)
    finally:
        connection.close()


def _use_wal(engine: Engine) -> None:
    """Switch the file to WAL; the mode stays with the file. SQLite does not wait for a lock here, so we do."""
    deadline = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        connection = engine.raw_connection()
        try:
            connection.cursor().execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise StoreError(
                    words("store.failed", cause=_cause(error), where=_without_password(str(engine.url))),
                    remedy=words("store.failed_remedy"),
                ) from error
            time.sleep(0.05)
        finally:
            connection.close()
