"""The chassis' tables."""

from alembic import op

from nexa_chassis.schema import create_chassis_tables

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_chassis_tables(op)
