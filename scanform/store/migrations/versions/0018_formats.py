"""How the columns of imported files were read, by import; and which options a person was not offered. Nothing that
is known changes.
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Create the table and add the column."""
    op.create_table(
        "column_format",
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("survey_id", sa.Integer(), nullable=False),
        sa.Column("readings", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name="fk_column_format_batch_id"),
        sa.ForeignKeyConstraint(["survey_id"], ["source_survey.id"], name="fk_column_format_survey_id"),
        sa.PrimaryKeyConstraint("batch_id", name="pk_column_format"),
    )
    op.create_index("ix_column_format_survey_id", "column_format", ["survey_id"], unique=False)
    op.add_column("answer", sa.Column("not_offered", sa.JSON(none_as_null=True), nullable=True))
