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
    op.create_table(
        "mails",
        sa.Column("mail_id", sa.Uuid, primary_key=True),
        sa.Column("message_id", sa.Text),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("via", sa.Text, nullable=False),
        sa.Column("from_address", sa.Text, nullable=False),
        sa.Column("from_name", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("raw", sa.LargeBinary, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("faults", sa.JSON, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("ticket_id", sa.Uuid),
    )
    op.create_index("mails_message_id_idx", "mails", ["message_id"])
    op.create_index("mails_received_idx", "mails", [sa.text("received_at desc"), sa.text("mail_id desc")])
    op.create_index("mails_sender_idx", "mails", ["from_address", "received_at"])
    op.create_table(
        "ticket_files",
        sa.Column("attachment_id", sa.Uuid, primary_key=True),
        sa.Column("ticket_id", sa.Uuid, nullable=False),
        sa.Column("filename", sa.Text, nullable=False),
        sa.Column("media_type", sa.Text, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "sent_mails",
        sa.Column("notification_id", sa.Uuid, primary_key=True),
        sa.Column("ticket_id", sa.Uuid),
    )
