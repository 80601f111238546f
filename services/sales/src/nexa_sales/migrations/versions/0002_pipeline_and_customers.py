"""Deals with details, stages and handoff; accounts as customers; whether a follow-up found interest.

What was recorded before comes into the new columns and tables by `admin rebuild` of account_book, pipeline_board,
deal_stages, account_history.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("accounts", sa.Column("type", sa.Text, server_default="prospect"))
    op.add_column("accounts", sa.Column("customer_since", sa.Date))
    op.add_column("accounts", sa.Column("arr", sa.Numeric(18, 2)))
    op.add_column("accounts", sa.Column("currency", sa.Text))
    op.add_column("accounts", sa.Column("contract_end", sa.Date))
    op.add_column("accounts", sa.Column("churned_on", sa.Date))
    op.add_column("accounts", sa.Column("churned_because", sa.Text))
    op.create_index("accounts_type_idx", "accounts", ["type", "name", "account_id"])
    op.add_column("deals", sa.Column("details", sa.JSON))
    op.add_column("deals", sa.Column("expected_close", sa.Date))
    op.add_column("deals", sa.Column("returned_because", sa.Text))
    op.add_column("tasks", sa.Column("found_interest", sa.Boolean))
    op.create_table(
        "deal_stages",
        sa.Column("deal_id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("stage", sa.Text),
        sa.Column("entered_at", sa.DateTime(timezone=True)),
        sa.Column("event", sa.Text),
        sa.Column("cause", sa.Text),
        sa.Column("actor", sa.Text),
    )
    op.create_table(
        "account_history",
        sa.Column("event_id", sa.Text, primary_key=True),
        sa.Column("account_id", sa.Uuid),
        sa.Column("version", sa.Integer),
        sa.Column("event", sa.Text),
        sa.Column("occurred_at", sa.DateTime(timezone=True)),
        sa.Column("recorded_at", sa.DateTime(timezone=True)),
        sa.Column("actor", sa.Text),
        sa.Column("summary", sa.Text),
    )
    op.create_index("account_history_account_idx", "account_history", ["account_id", "occurred_at"])
