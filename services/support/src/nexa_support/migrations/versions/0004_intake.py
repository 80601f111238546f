"""Mails as they came and the files with them."""

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    pass
