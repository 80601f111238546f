"""Bugs, deployments and whom they reach."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "bugs",
        sa.Column("bug_id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.Integer),
        sa.Column("title", sa.Text),
        sa.Column("description", sa.Text),
        sa.Column("severity", sa.Text),
        sa.Column("feature", sa.Text),
        sa.Column("feature_name", sa.Text),
        sa.Column("affected_version", sa.Text),
        sa.Column("customer_impact", sa.Text),
        sa.Column("workaround", sa.Text),
        sa.Column("status", sa.Text),
        sa.Column("engineer_id", sa.Uuid),
        sa.Column("engineer_name", sa.Text),
        sa.Column("sprint", sa.Text),
        sa.Column("story_points", sa.Integer),
        sa.Column("eta_at", sa.DateTime(timezone=True)),
        sa.Column("reported_by", sa.Text),
        sa.Column("opened_at", sa.DateTime(timezone=True)),
        sa.Column("changed_at", sa.DateTime(timezone=True)),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True)),
        sa.Column("fixed_at", sa.DateTime(timezone=True)),
        sa.Column("fixed_version", sa.Text),
        sa.Column("deployment_id", sa.Uuid),
        sa.Column("rollout_percent", sa.Integer),
        sa.Column("reason", sa.Text),
        sa.Column("reopened", sa.Integer, server_default=sa.text("0")),
        sa.Column("recurred", sa.Integer, server_default=sa.text("0")),
    )
    op.create_index("bugs_opened_idx", "bugs", [sa.text("opened_at desc"), sa.text("bug_id desc")])
    op.create_index("bugs_feature_idx", "bugs", ["feature"])
    op.create_table(
        "bug_fixes",
        sa.Column("bug_id", sa.Uuid, primary_key=True),
        sa.Column("deployment_id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.Text),
        sa.Column("severity", sa.Text),
        sa.Column("feature", sa.Text),
        sa.Column("fixed_at", sa.DateTime(timezone=True)),
        sa.Column("recurred_at", sa.DateTime(timezone=True)),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True)),
    )
    op.create_index("bug_fixes_at_idx", "bug_fixes", ["fixed_at"])
    op.create_table(
        "bug_reports",
        sa.Column("ticket_id", sa.Uuid, primary_key=True),
        sa.Column("stream_version", sa.Integer, primary_key=True),
        sa.Column("bug_id", sa.Uuid),
        sa.Column("linked", sa.Boolean),
        sa.Column("because", sa.Text),
        sa.Column("account_id", sa.Uuid),
        sa.Column("account_name", sa.Text),
        sa.Column("happened_at", sa.DateTime(timezone=True)),
        sa.Column("recorded_at", sa.DateTime(timezone=True)),
    )
    op.create_index("bug_reports_bug_idx", "bug_reports", ["bug_id", "ticket_id"])
    op.create_table(
        "similar_tickets",
        sa.Column("ticket_id", sa.Uuid, primary_key=True),
        sa.Column("similar", sa.JSON),
    )
    op.create_table(
        "deployments",
        sa.Column("deployment_id", sa.Uuid, primary_key=True),
        sa.Column("stream_version", sa.Integer),
        sa.Column("version", sa.Text),
        sa.Column("deployment_type", sa.Text),
        sa.Column("changes", sa.JSON),
        sa.Column("affected_features", sa.JSON),
        sa.Column("fixed_bugs", sa.JSON),
        sa.Column("shipped_requests", sa.JSON),
        sa.Column("rollout_percent", sa.Integer),
        sa.Column("deployed_at", sa.DateTime(timezone=True)),
        sa.Column("everywhere_at", sa.DateTime(timezone=True)),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True)),
        sa.Column("reason", sa.Text),
    )
    op.create_index("deployments_at_idx", "deployments", [sa.text("deployed_at desc"), sa.text("deployment_id desc")])
