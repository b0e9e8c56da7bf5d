"""What people did with pages that the machine could not place: corners they showed, pages they left alone;
append-only.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_REFUSAL = "placements are only ever added"


def upgrade() -> None:
    """Create the table and the triggers that keep it append-only."""
    op.create_table(
        "placement",
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("uuid", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("page_index", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=True),
        sa.Column("instance", sa.Text(), nullable=True),
        sa.Column("page", sa.Integer(), nullable=True),
        sa.Column("pages", sa.Integer(), nullable=True),
        sa.Column("corners", sa.JSON(), nullable=False),
        sa.Column("reviewer", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name="pk_placement"),
        sa.UniqueConstraint("uuid", name="uq_placement_uuid"),
    )
    op.create_index("ix_placement_sha256", "placement", ["sha256"], unique=False)
    if op.get_bind().dialect.name == "sqlite":
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER placement_no_{act.lower()} BEFORE {act} ON placement BEGIN SELECT RAISE(ABORT, "
                f"'{_REFUSAL}'); END"
            )
    else:
        op.execute(
            f"CREATE FUNCTION placement_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION "
            f"'{_REFUSAL}'; END $$"
        )
        op.execute(
            "CREATE TRIGGER placement_no_change BEFORE UPDATE OR DELETE ON placement FOR EACH ROW EXECUTE FUNCTION "
            "placement_append_only()"
        )
        op.execute(
            "CREATE TRIGGER placement_no_truncate BEFORE TRUNCATE ON placement FOR EACH STATEMENT EXECUTE FUNCTION "
            "placement_append_only()"
        )
