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
        sa.Column("csm_id", sa.Uuid),
        sa.Column("project_id", sa.Uuid),
    )
    op.create_index("accounts_name_idx", "accounts", [sa.text("lower(name)")])
