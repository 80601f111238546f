"""The chassis' tables, the mail queue with its leases and retries, and the directory."""

import sqlalchemy as sa
from alembic import op

from nexa_chassis.schema import create_chassis_tables

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_chassis_tables(op)
    op.create_table(
        "directory",
        sa.Column("person_id", sa.Uuid, primary_key=True),
        sa.Column("name", sa.Text),
        sa.Column("email", sa.Text),
    )
    op.create_table(
        "mail_queue",
        sa.Column("notification_id", sa.Uuid, primary_key=True),
        sa.Column("status", sa.Text),
        sa.Column("kind", sa.Text),
        sa.Column("about", sa.Uuid),
        sa.Column("person_id", sa.Uuid),
        sa.Column("address", sa.Text),
        sa.Column("template", sa.Text),
        sa.Column("variables", sa.JSON),
        sa.Column("attempts", sa.Integer, server_default=sa.text("0")),
        sa.Column("reason", sa.Text),
        sa.Column("queued_at", sa.DateTime(timezone=True)),
        sa.Column("settled_at", sa.DateTime(timezone=True)),
    )
    op.create_index(
        "mail_queue_unsettled",
        "mail_queue",
        ["status", "queued_at"],
        postgresql_where=sa.text("status in ('queued', 'sending')"),
    )
    op.create_index("mail_queue_by_about", "mail_queue", ["about"])
    op.create_index("mail_queue_by_time", "mail_queue", ["queued_at", "notification_id"])
    op.create_table(
        "mail_leases",
        sa.Column("notification_id", sa.Uuid, primary_key=True),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "mail_retries",
        sa.Column("notification_id", sa.Uuid, primary_key=True),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
    )
