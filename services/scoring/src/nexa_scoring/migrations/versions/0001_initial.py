"""The chassis' tables and this service's first read models."""

import sqlalchemy as sa
from alembic import op

from nexa_chassis.schema import create_chassis_tables

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_chassis_tables(op)
    op.create_table(
        "scoring_rules",
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("rules", sa.JSON),
    )
    op.create_table(
        "lead_scores",
        sa.Column("lead_id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("campaign_id", sa.Uuid),
        sa.Column("score", sa.Integer),
        sa.Column("band", sa.Text),
        sa.Column("previous_score", sa.Integer),
        sa.Column("previous_band", sa.Text),
        sa.Column("factors", sa.JSON),
        sa.Column("recommendation", sa.Text),
        sa.Column("rules_version", sa.Integer),
        sa.Column("caused_by", sa.Text),
        sa.Column("scored_at", sa.DateTime(timezone=True)),
    )
    op.create_index("lead_scores_by_campaign", "lead_scores", ["campaign_id", "scored_at"])
