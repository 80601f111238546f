"""Clocks of tickets and what they were."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "sla_policies",
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("policies", sa.Text),
        sa.Column("changed_at", sa.DateTime(timezone=True)),
        sa.Column("changed_by", sa.Text),
    )
    op.create_table(
        "promises_due",
        sa.Column("ticket_id", sa.Uuid, primary_key=True),
        sa.Column("reference", sa.Text),
        sa.Column("subject", sa.Text),
        sa.Column("account_id", sa.Uuid),
        sa.Column("account_name", sa.Text),
        sa.Column("agent_id", sa.Uuid),
        sa.Column("agent_name", sa.Text),
        sa.Column("submitted_at", sa.DateTime(timezone=True)),
        sa.Column("settled", sa.Boolean, server_default=sa.false()),
        sa.Column("severity", sa.Text),
        sa.Column("policy", sa.Text),
        sa.Column("policy_version", sa.Integer),
        sa.Column("acknowledge_due_at", sa.DateTime(timezone=True)),
        sa.Column("next_response_due_at", sa.DateTime(timezone=True)),
        sa.Column("resolve_due_at", sa.DateTime(timezone=True)),
    )
    op.create_index("promises_due_submitted_idx", "promises_due", ["submitted_at"])
    op.create_index("promises_due_open_idx", "promises_due", ["ticket_id"], postgresql_where=sa.text("not settled"))
    op.create_index(
        "promises_due_next_idx",
        "promises_due",
        [sa.text("least(acknowledge_due_at, next_response_due_at, resolve_due_at)"), "ticket_id"],
    )
