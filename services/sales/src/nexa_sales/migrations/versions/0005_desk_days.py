"""What each rep had open, and whose turn it was, day by day: where a replay of the last days begins.

`admin rebuild desk_at_a_day` fills it for what was recorded before.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "desk_days",
        sa.Column("rep_id", sa.Uuid, primary_key=True),
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("last_turn", sa.Integer),
        sa.Column("more_open", sa.Integer, server_default="0"),
    )
