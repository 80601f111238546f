"""Bugs, deployments and whom they reach."""

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    pass
