"""The ticket that an answer belongs to, and what a survey was answered with."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("mail_queue", sa.Column("ticket", sa.Text))
    op.add_column("mail_queue", sa.Column("survey_score", sa.Integer))
