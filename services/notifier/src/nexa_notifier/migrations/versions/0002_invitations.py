"""Calendar entries that go with a mail."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("mail_queue", sa.Column("invitation", sa.JSON))
