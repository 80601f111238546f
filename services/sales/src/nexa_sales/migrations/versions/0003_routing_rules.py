"""Routing rules in versions, absences, windows and leavers on the roster, alerts of waits, rounds of leads.

What was recorded before needs no rebuild: the new columns are empty for it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "routing_rule_versions",
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("rules", sa.JSON),
        sa.Column("based_on", sa.Integer),
        sa.Column("drafted_by", sa.Text),
        sa.Column("drafted_at", sa.DateTime(timezone=True)),
        sa.Column("approved_by", sa.Text),
        sa.Column("approved_at", sa.DateTime(timezone=True)),
        sa.Column("in_force_since", sa.DateTime(timezone=True)),
    )
    op.add_column("reps", sa.Column("window_capacity", sa.Integer))
    op.add_column("reps", sa.Column("window_days", sa.Integer))
    op.add_column("reps", sa.Column("window_until", sa.DateTime(timezone=True)))
    op.add_column("reps", sa.Column("given", sa.Integer, server_default="0"))
    op.add_column("reps", sa.Column("absences", sa.JSON))
    op.add_column("reps", sa.Column("away", sa.Boolean))
    op.add_column("reps", sa.Column("left_at", sa.DateTime(timezone=True)))
    op.add_column("reps", sa.Column("left_because", sa.Text))
    op.add_column("waiting_leads", sa.Column("alert_at", sa.DateTime(timezone=True)))
    op.add_column("waiting_leads", sa.Column("alerted_at", sa.DateTime(timezone=True)))
    op.add_column("lead_standings", sa.Column("recycle_at", sa.DateTime(timezone=True)))
    op.add_column("lead_standings", sa.Column("round", sa.Integer))
