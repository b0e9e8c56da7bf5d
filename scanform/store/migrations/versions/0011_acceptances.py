"""Forms that count although pages are missing; append-only."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

_REFUSAL = "acceptances are only ever added"


def upgrade() -> None:
    """Create the table and the triggers that keep it append-only."""
    op.create_table(
        "acceptance",
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("uuid", sa.Text(), nullable=False),
        sa.Column("form_id", sa.Text(), nullable=False),
        sa.Column("pages", sa.JSON(), nullable=False),
        sa.Column("reviewer", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("undoes", sa.Text(), nullable=True),
        sa.Column("at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name="pk_acceptance"),
        sa.UniqueConstraint("uuid", name="uq_acceptance_uuid"),
    )
    op.create_index("ix_acceptance_form_id", "acceptance", ["form_id"], unique=False)
    if op.get_bind().dialect.name == "sqlite":
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER acceptance_no_{act.lower()} BEFORE {act} ON acceptance BEGIN SELECT RAISE(ABORT, "
                f"'{_REFUSAL}'); END"
            )
    else:
        op.execute(
            f"CREATE FUNCTION acceptance_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION "
            f"'{_REFUSAL}'; END $$"
        )
        op.execute(
            "CREATE TRIGGER acceptance_no_change BEFORE UPDATE OR DELETE ON acceptance FOR EACH ROW EXECUTE FUNCTION "
            "acceptance_append_only()"
        )
        op.execute(
            "CREATE TRIGGER acceptance_no_truncate BEFORE TRUNCATE ON acceptance FOR EACH STATEMENT EXECUTE FUNCTION "
            "acceptance_append_only()"
        )
