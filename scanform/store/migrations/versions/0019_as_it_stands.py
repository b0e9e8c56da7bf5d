"""What stands on paper although no rule admits it, beside the missing code; and pages that nobody can read, accepted
with a reason (append-only).
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"

_REFUSAL = "accepted pages are only ever added"


def upgrade() -> None:
    """Add the column, empty for all that is known; create the table and the triggers that keep it append-only."""
    op.add_column("answer", sa.Column("raw", sa.Text(), nullable=True))
    op.create_table(
        "waived_page",
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("uuid", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("page_index", sa.Integer(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("fate", sa.Text(), nullable=False),
        sa.Column("reviewer", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("undoes", sa.Text(), nullable=True),
        sa.Column("at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name="pk_waived_page"),
        sa.UniqueConstraint("uuid", name="uq_waived_page_uuid"),
    )
    op.create_index("ix_waived_page_sha256", "waived_page", ["sha256"], unique=False)
    if op.get_bind().dialect.name == "sqlite":
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER waived_page_no_{act.lower()} BEFORE {act} ON waived_page BEGIN SELECT RAISE(ABORT, "
                f"'{_REFUSAL}'); END"
            )
    else:
        op.execute(
            f"CREATE FUNCTION waived_page_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION "
            f"'{_REFUSAL}'; END $$"
        )
        op.execute(
            "CREATE TRIGGER waived_page_no_change BEFORE UPDATE OR DELETE ON waived_page FOR EACH ROW EXECUTE FUNCTION "
            "waived_page_append_only()"
        )
        op.execute(
            "CREATE TRIGGER waived_page_no_truncate BEFORE TRUNCATE ON waived_page FOR EACH STATEMENT EXECUTE FUNCTION "
            "waived_page_append_only()"
        )
