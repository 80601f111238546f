"""Mails that did not get through, and those of one colleague, are found among all that were ever sent."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_index(
        "mail_queue_not_sent",
        "mail_queue",
        ["status", sa.text("queued_at desc"), "notification_id"],
        postgresql_where=sa.text("status in ('failed', 'unknown', 'suppressed')"),
    )
    op.create_index(
        "mail_queue_by_person",
        "mail_queue",
        ["person_id", sa.text("queued_at desc"), "notification_id"],
        postgresql_where=sa.text("person_id is not null"),
    )
