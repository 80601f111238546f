"""Feature requests, weekly reviews, and what the figures are counted from."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "feature_requests",
        sa.Column("request_id", sa.Uuid, primary_key=True),
        sa.Column("stream_version", sa.Integer),
        sa.Column("title", sa.Text),
        sa.Column("feature", sa.Text),
        sa.Column("description", sa.Text),
        sa.Column("source", sa.Text),
        sa.Column("status", sa.Text, server_default="new"),
        sa.Column("business_value", sa.Text),
        sa.Column("engineering_effort", sa.Text),
        sa.Column("target_quarter", sa.Text),
        sa.Column("roadmap_effect", sa.Text),
        sa.Column("votes", sa.Integer, server_default=sa.text("0")),
        sa.Column("requested_at", sa.DateTime(timezone=True)),
        sa.Column("shipped_at", sa.DateTime(timezone=True)),
        sa.Column("shipped_version", sa.Text),
    )
    op.create_index("feature_requests_votes_idx", "feature_requests", [sa.text("votes desc"), "request_id"])
    op.create_table(
        "feature_votes",
        sa.Column("request_id", sa.Uuid, primary_key=True),
        sa.Column("account_id", sa.Uuid, primary_key=True),
        sa.Column("account_name", sa.Text),
        sa.Column("ticket_id", sa.Uuid),
        sa.Column("voted_at", sa.DateTime(timezone=True)),
    )
    _reviews()
    _figures()


def _reviews() -> None:
    op.create_table(
        "feature_names",
        sa.Column("feature", sa.Text, primary_key=True),
        sa.Column("rules_version", sa.Integer, primary_key=True),
        sa.Column("name", sa.Text),
    )
    op.create_table(
        "weekly_reviews",
        sa.Column("review_id", sa.Uuid, primary_key=True),
        sa.Column("revision", sa.Integer),
        sa.Column("week", sa.Text),
        sa.Column("first_day", sa.Date),
        sa.Column("published_at", sa.DateTime(timezone=True)),
        sa.Column("content", sa.JSON),
    )
    op.create_index("weekly_reviews_day_idx", "weekly_reviews", [sa.text("first_day desc")])
    op.create_table(
        "bug_turns",
        sa.Column("bug_id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True)),
        sa.Column("title", sa.Text),
        sa.Column("severity", sa.Text),
        sa.Column("feature", sa.Text),
        sa.Column("open", sa.Boolean),
        sa.Column("is_dependency", sa.Boolean),
        sa.Column("recurred", sa.Boolean),
    )
    op.create_index("bug_turns_at_idx", "bug_turns", ["at"])


def _figures() -> None:
    op.create_table(
        "ticket_moves",
        sa.Column("ticket_id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("place", sa.Integer, primary_key=True),
        sa.Column("move", sa.Text),
        sa.Column("at", sa.DateTime(timezone=True)),
    )
    op.create_table(
        "ticket_promises",
        sa.Column("ticket_id", sa.Uuid, primary_key=True),
        sa.Column("clock", sa.Text, primary_key=True),
        sa.Column("began_at", sa.DateTime(timezone=True), primary_key=True),
        sa.Column("state", sa.Text),
        sa.Column("used_seconds", sa.Integer),
        sa.Column("target_minutes", sa.Integer),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
    )
