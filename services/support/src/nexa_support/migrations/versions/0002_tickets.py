"""Tickets, agents and whom a ticket is of."""

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    pass
