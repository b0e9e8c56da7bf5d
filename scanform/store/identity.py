"""The project a database belongs to."""

from sqlalchemy import exists, insert, or_, select

from scanform.store.engine import Transaction
from scanform.store.tables import FileRow, IssuedRow, ProjectRow, ResponseRow


def project_id(tx: Transaction) -> str | None:
    """The project that this database belongs to; None for a database from before this was stored."""
    return tx.execute(select(ProjectRow.id)).scalar()


def set_project_id(tx: Transaction, project: str) -> None:
    """Set once and for all the project that this database belongs to."""
    tx.execute(insert(ProjectRow).values(id=project))


def is_unused(tx: Transaction) -> bool:
    """Whether nothing was ever printed, submitted or imported."""
    return not tx.execute(
        select(or_(exists(select(IssuedRow.instance)), exists(select(FileRow.id)), exists(select(ResponseRow.id))))
    ).scalar()


def archived_names(tx: Transaction) -> list[str]:
    """The names in the archive of all submitted files."""
    return [name for name in tx.execute(select(FileRow.archived)).scalars() if name]
