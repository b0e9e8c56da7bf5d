"""Questionnaires begun on the web, their contact data apart. Nothing that is known changes."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """Create both tables."""
    op.create_table(
        "web_draft",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("questionnaire", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=True),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("resume", sa.Text(), nullable=True),
        sa.Column("entries", sa.JSON(), nullable=False),
        sa.Column("stamps", sa.JSON(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("reached", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("response_id", sa.Text(), nullable=True),
        sa.Column("sent_at", sa.Text(), nullable=True),
        sa.Column("likeness", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_web_draft"),
        sa.UniqueConstraint("questionnaire", "number", name="uq_web_draft_questionnaire"),
        sa.UniqueConstraint("resume", name="uq_web_draft_resume"),
        sa.UniqueConstraint("token", "questionnaire", "place", name="uq_web_draft_token"),
    )
    op.create_index("ix_web_draft_changed_at", "web_draft", ["changed_at"], unique=False)
    op.create_index("ix_web_draft_likeness", "web_draft", ["likeness"], unique=False)
    op.create_table(
        "web_draft_contact",
        sa.Column("draft_id", sa.Text(), nullable=False),
        sa.Column("entries", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["draft_id"], ["web_draft.id"], name="fk_web_draft_contact_draft_id"),
        sa.PrimaryKeyConstraint("draft_id", name="pk_web_draft_contact"),
    )
