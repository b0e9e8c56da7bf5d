"""What people said about pages of one printed identity and about the sheets of a file, append-only; files whose
printed numbers contradict their sheets.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

_REFUSAL = "collations are only ever added"


def upgrade() -> None:
    """Create the tables and the triggers that keep the acts append-only."""
    op.create_table(
        "collation_act",
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("uuid", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("reviewer", sa.Text(), nullable=False),
        sa.Column("undoes", sa.Text(), nullable=True),
        sa.Column("at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name="pk_collation_act"),
        sa.UniqueConstraint("uuid", name="uq_collation_act_uuid"),
    )
    op.create_index("ix_collation_act_subject", "collation_act", ["subject"], unique=False)
    op.create_table(
        "sheet_doubt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("file_id", sa.Integer(), nullable=False),
        sa.Column("pattern", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("instance", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["file.id"], name="fk_sheet_doubt_file_id"),
        sa.PrimaryKeyConstraint("id", name="pk_sheet_doubt"),
        sa.UniqueConstraint("file_id", "digest", "instance", name="uq_sheet_doubt_file_id"),
    )
    op.create_index("ix_sheet_doubt_identity", "sheet_doubt", ["digest", "instance"], unique=False)
    if op.get_bind().dialect.name == "sqlite":
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER collation_no_{act.lower()} BEFORE {act} ON collation_act BEGIN SELECT RAISE(ABORT, "
                f"'{_REFUSAL}'); END"
            )
    else:
        op.execute(
            f"CREATE FUNCTION collation_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION "
            f"'{_REFUSAL}'; END $$"
        )
        op.execute(
            "CREATE TRIGGER collation_no_change BEFORE UPDATE OR DELETE ON collation_act FOR EACH ROW EXECUTE FUNCTION "
            "collation_append_only()"
        )
        op.execute(
            "CREATE TRIGGER collation_no_truncate BEFORE TRUNCATE ON collation_act FOR EACH STATEMENT EXECUTE FUNCTION "
            "collation_append_only()"
        )
