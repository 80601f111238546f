"""The chassis' tables and the two read models."""

import sqlalchemy as sa
from alembic import op

from nexa_chassis.schema import create_chassis_tables

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_chassis_tables(op)
    op.create_table(
        "balances",
        sa.Column("ledger_id", sa.Uuid, primary_key=True),
        sa.Column("bookings", sa.Integer, server_default=sa.text("0")),
        sa.Column("total", sa.BigInteger, server_default=sa.text("0")),
    )
    op.create_table(
        "journal_lines",
        sa.Column("ledger_id", sa.Uuid, primary_key=True),
        sa.Column("lines", sa.Integer, server_default=sa.text("0")),
    )
