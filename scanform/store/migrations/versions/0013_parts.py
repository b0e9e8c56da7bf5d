"""A picture may show several sheets: pages and readings have a part, readings say where in the picture their sheet
lies.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Add the columns, and make pages and readings unique together with their part; what is there is part 0, the
    whole picture.
    """
    op.add_column("placement", _part())
    if op.get_bind().dialect.name == "sqlite":
        _rebuilt_tables()
    else:
        _changed_tables()
    op.create_index(
        "ix_page_further", "page", ["file_id"], sqlite_where=sa.text("part > 1"), postgresql_where=sa.text("part > 1")
    )


def _part() -> sa.Column[int]:
    return sa.Column("part", sa.Integer(), nullable=False, server_default="0")


def _changed_tables() -> None:
    """PostgreSQL changes tables in place."""
    op.add_column("reading", sa.Column("region", sa.JSON(), nullable=True))
    for table, name, columns in (
        ("page", "uq_page_file_id", ["file_id"]),
        ("reading", "uq_reading_sha256", ["sha256"]),
    ):
        op.add_column(table, _part())
        op.drop_constraint(name, table, type_="unique")
        op.create_unique_constraint(name, table, [*columns, "page_index", "part"])


def _rebuilt_tables() -> None:
    """SQLite changes constraints by building a table anew; pages step aside meanwhile, or dropping readings would
    break their references.
    """
    op.execute("CREATE TABLE page_aside AS SELECT * FROM page")
    op.execute("DELETE FROM page")
    with op.batch_alter_table("reading", recreate="always") as batch:
        batch.add_column(_part())
        batch.add_column(sa.Column("region", sa.JSON(), nullable=True))
        batch.drop_constraint("uq_reading_sha256", type_="unique")
        batch.create_unique_constraint("uq_reading_sha256", ["sha256", "page_index", "part"])
    with op.batch_alter_table("page", recreate="always") as batch:
        batch.add_column(_part())
        batch.drop_constraint("uq_page_file_id", type_="unique")
        batch.create_unique_constraint("uq_page_file_id", ["file_id", "page_index", "part"])
    op.execute(
        "INSERT INTO page (id, file_id, page_index, fate, reading_id, part) SELECT id, file_id, page_index, fate, "
        "reading_id, 0 FROM page_aside"
    )
    op.execute("DROP TABLE page_aside")
