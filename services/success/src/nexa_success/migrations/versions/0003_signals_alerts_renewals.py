"""Read models: accounts, their signals and the imports of those, churn alerts, renewals."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("account_id", sa.Uuid, primary_key=True),
        sa.Column("name", sa.Text),
        sa.Column("type", sa.Text, server_default="prospect"),
        sa.Column("customer_since", sa.Date),
        sa.Column("arr", sa.Numeric(18, 2)),
        sa.Column("currency", sa.Text),
        sa.Column("contract_end", sa.Date),
    )
    op.create_index("accounts_name_idx", "accounts", [sa.text("lower(name)")])
    op.create_table(
        "account_onboardings",
        sa.Column("project_id", sa.Uuid, primary_key=True),
        sa.Column("account_id", sa.Uuid),
        sa.Column("won_at", sa.DateTime(timezone=True)),
        sa.Column("csm_id", sa.Uuid),
    )
    op.create_index("account_onboardings_idx", "account_onboardings", ["account_id", "won_at"])
    op.create_table(
        "account_signals",
        sa.Column("account_id", sa.Uuid, primary_key=True),
        sa.Column("on", sa.Date, primary_key=True),
        sa.Column("usage", sa.Double),
        sa.Column("adoption", sa.Double),
        sa.Column("support_tickets", sa.Integer),
        sa.Column("payment", sa.Text),
        sa.Column("engagement", sa.Text),
        sa.Column("nps", sa.Integer),
        sa.Column("reported_at", sa.DateTime(timezone=True)),
        sa.Column("reported_by", sa.Text),
    )
    op.create_table(
        "signal_imports",
        sa.Column("import_id", sa.Uuid, primary_key=True),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("rows", sa.Integer, nullable=False),
        sa.Column("created", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("unchanged", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("rejected", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("ignored_columns", sa.JSON, nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
    )
    op.create_table(
        "signal_import_batches",
        sa.Column("import_id", sa.Uuid, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("rows", sa.JSON, nullable=False),
    )
    op.create_table(
        "signal_import_rejects",
        sa.Column("import_id", sa.Uuid, primary_key=True),
        sa.Column("line", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("column_name", sa.Text),
        sa.Column("reason", sa.Text, nullable=False),
    )
    op.create_table(
        "churn_alerts",
        sa.Column("alert_id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.Integer),
        sa.Column("account_id", sa.Uuid),
        sa.Column("account_name", sa.Text),
        sa.Column("episode", sa.Integer),
        sa.Column("csm_id", sa.Uuid),
        sa.Column("score", sa.Integer),
        sa.Column("message", sa.Text),
        sa.Column("play", sa.Text),
        sa.Column("reason", sa.Text),
        sa.Column("status", sa.Text),
        sa.Column("raised_at", sa.DateTime(timezone=True)),
        sa.Column("acknowledged_by", sa.Text),
        sa.Column("snoozed_until", sa.DateTime(timezone=True)),
        sa.Column("snooze_reason", sa.Text),
        sa.Column("outcome", sa.Text),
        sa.Column("note", sa.Text),
        sa.Column("closed_by", sa.Text),
        sa.Column("closed_at", sa.DateTime(timezone=True)),
    )
    op.create_index("churn_alerts_raised_idx", "churn_alerts", ["raised_at", "alert_id"])
    op.create_index("churn_alerts_account_idx", "churn_alerts", ["account_id"])
    op.create_table(
        "renewals",
        sa.Column("renewal_id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.Integer),
        sa.Column("account_id", sa.Uuid),
        sa.Column("account_name", sa.Text),
        sa.Column("csm_id", sa.Uuid),
        sa.Column("status", sa.Text),
        sa.Column("contract_end", sa.Date),
        sa.Column("arr", sa.Numeric(18, 2)),
        sa.Column("currency", sa.Text),
        sa.Column("opened_at", sa.DateTime(timezone=True)),
        sa.Column("closed_at", sa.DateTime(timezone=True)),
        sa.Column("closed_by", sa.Text),
        sa.Column("new_arr", sa.Numeric(18, 2)),
        sa.Column("new_contract_end", sa.Date),
        sa.Column("reason", sa.Text),
    )
    op.create_index("renewals_end_idx", "renewals", ["contract_end", "renewal_id"])
    op.create_index("renewals_account_idx", "renewals", ["account_id"])
