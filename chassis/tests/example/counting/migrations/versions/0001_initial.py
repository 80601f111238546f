"""The tables that counting starts with."""

import sqlalchemy as sa
from alembic import op

from nexa_chassis.schema import create_chassis_tables

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_chassis_tables(op)
    op.create_table(
        "counters",
        sa.Column("counter_id", sa.Uuid, primary_key=True),
        sa.Column("total", sa.BigInteger),
        sa.Column("version", sa.Integer),
        sa.Column("times", sa.Integer),
    )
    op.create_index("counters_greatest", "counters", [sa.text("total desc"), "counter_id"])
    op.create_table(
        "bells",
        sa.Column("bell_id", sa.Uuid, primary_key=True),
        sa.Column("counter_id", sa.Uuid),
        sa.Column("times", sa.Integer),
    )
