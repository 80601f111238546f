"""The timeline of each customer."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "timeline_entries",
        sa.Column("entry_id", sa.Text, primary_key=True),
        sa.Column("subject_id", sa.Uuid),
        sa.Column("person_id", sa.Uuid),
        sa.Column("kind", sa.Text),
        sa.Column("type", sa.Text),
        sa.Column("occurred_at", sa.DateTime(timezone=True)),
        sa.Column("recorded_at", sa.DateTime(timezone=True)),
        sa.Column("late", sa.Boolean),
        sa.Column("place", sa.Integer),
        sa.Column("version", sa.Integer),
        sa.Column("actor", sa.Text),
        sa.Column("source", sa.Text),
        sa.Column("summary", sa.Text),
        sa.Column("visibility", sa.Text),
        sa.Column("causation_id", sa.Text),
        sa.Column("correlation_id", sa.Text),
    )
    op.create_index(
        "timeline_entries_subject_idx",
        "timeline_entries",
        ["subject_id", "occurred_at", "place", "version", "entry_id"],
    )
    op.create_table(
        "timeline_subjects",
        sa.Column("subject_id", sa.Uuid, primary_key=True),
        sa.Column("account_id", sa.Uuid),
    )
    op.create_index("timeline_subjects_account_idx", "timeline_subjects", ["account_id"])
