"""Whose an address is, mails as they came and the files with them."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("account_id", sa.Uuid, primary_key=True),
        sa.Column("name", sa.Text),
        sa.Column("plan", sa.Text),
        sa.Column("arr", sa.Numeric(18, 2)),
        sa.Column("currency", sa.Text),
        sa.Column("product_version", sa.Text),
    )
    op.create_index("accounts_version_idx", "accounts", ["product_version"])
    op.create_table(
        "contacts",
        sa.Column("contact_id", sa.Uuid, primary_key=True),
        sa.Column("account_id", sa.Uuid),
        sa.Column("name", sa.Text),
        sa.Column("email", sa.Text),
        sa.Column("domain", sa.Text),
    )
    op.create_index("contacts_email_idx", "contacts", ["email"])
    op.create_index("contacts_domain_idx", "contacts", ["domain"])
    op.create_table(
        "account_arr_history",
        sa.Column("account_id", sa.Uuid, primary_key=True),
        sa.Column("stream_version", sa.Integer, primary_key=True),
        sa.Column("since", sa.DateTime(timezone=True)),
        sa.Column("arr", sa.Numeric(18, 2)),
        sa.Column("currency", sa.Text),
    )
    op.create_table(
        "account_version_history",
        sa.Column("account_id", sa.Uuid, primary_key=True),
        sa.Column("stream_version", sa.Integer, primary_key=True),
        sa.Column("since", sa.DateTime(timezone=True)),
        sa.Column("product_version", sa.Text),
    )
