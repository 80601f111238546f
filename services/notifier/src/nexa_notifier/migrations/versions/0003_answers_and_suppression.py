"""What recipients did with their mails, and the addresses that get none."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

ANSWERS = ("opened_at", "clicked_at", "machine_opened_at", "machine_clicked_at", "unsubscribed_at")


def upgrade() -> None:
    op.add_column("mail_queue", sa.Column("failure", sa.Text))
    for name in ANSWERS:
        op.add_column("mail_queue", sa.Column(name, sa.DateTime(timezone=True)))
    op.create_table(
        "suppressions",
        sa.Column("suppression_id", sa.Uuid, primary_key=True),
        sa.Column("address", sa.Text),
        sa.Column("cause", sa.Text),
        sa.Column("reason", sa.Text),
        sa.Column("added_at", sa.DateTime(timezone=True)),
        sa.Column("added_by", sa.Text),
        sa.Column("lifted_at", sa.DateTime(timezone=True)),
        sa.Column("lifted_by", sa.Text),
        sa.Column("lifted_because", sa.Text),
    )
    op.create_index("suppressions_by_address", "suppressions", ["address"])
    op.create_index("suppressions_by_time", "suppressions", ["added_at", "suppression_id"])
    op.create_table(
        "unsubscribed_leads",
        sa.Column("lead_id", sa.Uuid, primary_key=True),
        sa.Column("unsubscribed_at", sa.DateTime(timezone=True)),
    )
