"""The health rules, all health scores of each account, and the present one of each customer."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "health_rules",
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("rules", sa.JSON),
    )
    op.create_table(
        "health_scores",
        sa.Column("account_id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("account_name", sa.Text),
        sa.Column("day", sa.Date),
        sa.Column("late", sa.Boolean),
        sa.Column("score", sa.Integer),
        sa.Column("label", sa.Text),
        sa.Column("risk", sa.Text),
        sa.Column("previous_score", sa.Integer),
        sa.Column("change", sa.Integer),
        sa.Column("factors", sa.JSON),
        sa.Column("renewal_probability", sa.Numeric(7, 6)),
        sa.Column("calibrated", sa.Boolean),
        sa.Column("rules_version", sa.Integer),
        sa.Column("caused_by", sa.Text),
        sa.Column("recorded_at", sa.DateTime(timezone=True)),
    )
    op.create_index("health_scores_by_day", "health_scores", ["account_id", "day", "version"])
    op.create_table(
        "account_health",
        sa.Column("account_id", sa.Uuid, primary_key=True),
        sa.Column("account_name", sa.Text),
        sa.Column("score", sa.Integer),
        sa.Column("label", sa.Text),
        sa.Column("risk", sa.Text),
        sa.Column("change", sa.Integer),
        sa.Column("day", sa.Date),
        sa.Column("renewal_probability", sa.Numeric(7, 6)),
        sa.Column("calibrated", sa.Boolean),
        sa.Column("episode", sa.Integer),
        sa.Column("play", sa.Text),
        sa.Column("reason", sa.Text),
        sa.Column("scored_at", sa.DateTime(timezone=True)),
    )
    op.create_index("account_health_by_score", "account_health", ["score", "account_id"])
    op.create_index("account_health_by_risk", "account_health", ["risk", "score", "account_id"])
