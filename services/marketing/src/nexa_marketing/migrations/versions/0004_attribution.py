"""Touches of leads and the history of deals, for attribution and velocity.

`lead_touches` is empty for what was recorded before: `nexa rebuild marketing lead_touches` fills it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "lead_touches",
        sa.Column("lead_id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("campaign_id", sa.Uuid),
        sa.Column("kind", sa.Text),
        sa.Column("occurred_at", TIME),
        sa.Column("recorded_at", TIME),
    )
    op.create_table(
        "deal_history",
        sa.Column("deal_id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("status", sa.Text),
        sa.Column("amount", sa.Numeric(18, 2)),
        sa.Column("currency", sa.Text),
        sa.Column("occurred_at", TIME),
        sa.Column("recorded_at", TIME),
    )
    op.create_table(
        "deal_openings",
        sa.Column("deal_id", sa.Uuid, primary_key=True),
        sa.Column("lead_id", sa.Uuid),
        sa.Column("contact_id", sa.Uuid),
        sa.Column("account_id", sa.Uuid),
        sa.Column("opened_at", TIME),
        sa.Column("recorded_at", TIME),
    )
    op.create_index("deal_openings_time_idx", "deal_openings", ["opened_at", "deal_id"])
    op.create_table(
        "lead_conversions",
        sa.Column("deal_id", sa.Uuid, primary_key=True),
        sa.Column("lead_id", sa.Uuid),
        sa.Column("campaign_id", sa.Uuid),
        sa.Column("contact_id", sa.Uuid),
        sa.Column("account_id", sa.Uuid),
        sa.Column("band", sa.Text),
        sa.Column("converted_at", TIME),
        sa.Column("recorded_at", TIME),
    )
    for column in ("campaign", "contact", "account"):
        op.create_index(f"lead_conversions_{column}_idx", "lead_conversions", [f"{column}_id"])
