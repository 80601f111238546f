"""Feature requests, weekly reviews and figures."""

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    pass
