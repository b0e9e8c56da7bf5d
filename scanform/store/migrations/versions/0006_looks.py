"""Second and third looks at settled values, append-only, and the lot by which they are drawn."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_REFUSAL = "looks are only ever added"


def upgrade() -> None:
    """Create the tables and the triggers that keep looks append-only."""
    op.create_table(
        "look",
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("uuid", sa.Text(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("third", sa.Boolean(), nullable=False),
        sa.Column("reviewer", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("undoes", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("sequence", name="pk_look"),
        sa.UniqueConstraint("uuid", name="uq_look_uuid"),
    )
    op.create_index("ix_look_item", "look", ["item"], unique=False)
    op.create_table(
        "lot",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("lot", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_lot"),
    )
    if op.get_bind().dialect.name == "sqlite":
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER look_no_{act.lower()} BEFORE {act} ON look BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); "
                f"END"
            )
    else:
        op.execute(
            f"CREATE FUNCTION look_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION "
            f"'{_REFUSAL}'; END $$"
        )
        op.execute(
            "CREATE TRIGGER look_no_change BEFORE UPDATE OR DELETE ON look FOR EACH ROW EXECUTE FUNCTION "
            "look_append_only()"
        )
        op.execute(
            "CREATE TRIGGER look_no_truncate BEFORE TRUNCATE ON look FOR EACH STATEMENT EXECUTE FUNCTION "
            "look_append_only()"
        )
