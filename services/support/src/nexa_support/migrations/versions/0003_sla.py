"""Clocks of tickets and what they were."""

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    pass
