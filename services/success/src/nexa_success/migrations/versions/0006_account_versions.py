"""Read model: which version each account runs, and what was reported of it."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "account_versions",
        sa.Column("account_id", sa.Uuid, primary_key=True),
        sa.Column("stream_version", sa.Integer),
        sa.Column("version", sa.Text),
        sa.Column("since", sa.DateTime(timezone=True)),
        sa.Column("reported_at", sa.DateTime(timezone=True)),
        sa.Column("reported_by", sa.Text),
    )
    op.create_index("account_versions_version_idx", "account_versions", ["version", "since", "account_id"])
    op.create_table(
        "account_version_reports",
        sa.Column("account_id", sa.Uuid, primary_key=True),
        sa.Column("since", sa.DateTime(timezone=True), primary_key=True),
        sa.Column("version", sa.Text),
        sa.Column("reported_at", sa.DateTime(timezone=True)),
        sa.Column("reported_by", sa.Text),
    )
