"""Whose database this is: the project's folder says the same, so that one that was lost or exchanged is noticed."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Create the table; the project writes its row when it opens."""
    op.create_table(
        "project", sa.Column("id", sa.Text(), nullable=False), sa.PrimaryKeyConstraint("id", name="pk_project")
    )
