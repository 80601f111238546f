"""The ticket rules, the analyses of tickets with what people corrected, and the index by which similar ones are found."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "ticket_rules",
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("rules", sa.JSON),
    )
    op.create_table(
        "ticket_analyses",
        sa.Column("ticket_id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("type", sa.Text),
        sa.Column("priority", sa.Text),
        sa.Column("sentiment", sa.Text),
        sa.Column("urgency", sa.Text),
        sa.Column("feature", sa.Text),
        sa.Column("recommended_priority", sa.Text),
        sa.Column("analysis", sa.JSON),
        sa.Column("analysed_at", sa.DateTime(timezone=True)),
    )
    op.create_table(
        "ticket_labels",
        sa.Column("ticket_id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("label_id", sa.Text),
        sa.Column("field", sa.Text),
        sa.Column("before", sa.Text),
        sa.Column("after", sa.Text),
        sa.Column("said", sa.Text),
        sa.Column("confidence", sa.Float),
        sa.Column("analysis_id", sa.Text),
        sa.Column("rules_version", sa.Integer),
        sa.Column("by_id", sa.Uuid),
        sa.Column("corrected_at", sa.DateTime(timezone=True)),
    )
    op.create_index("ticket_labels_by_time", "ticket_labels", ["corrected_at", "ticket_id", "version"])
    op.create_index("ticket_labels_by_field", "ticket_labels", ["field", "corrected_at", "ticket_id", "version"])
    op.create_table(
        "ticket_index",
        sa.Column("ticket_id", sa.Uuid, primary_key=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True)),
        sa.Column("account_id", sa.Uuid),
        sa.Column("product_version", sa.Text),
        sa.Column("language", sa.Text),
        sa.Column("feature", sa.Text),
        sa.Column("type", sa.Text),
        sa.Column("terms", sa.Text),
        sa.Column("merged", sa.Boolean, server_default="false"),
    )
    op.create_index("ticket_index_by_time", "ticket_index", ["submitted_at"])
    op.create_table(
        "ticket_terms",
        sa.Column("term", sa.Text, primary_key=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), primary_key=True),
        sa.Column("ticket_id", sa.Uuid, primary_key=True),
    )
