"""Versions of the e-mail series, and where each enrolment stands in its own."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "nurture_series_versions",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("series", sa.JSON),
        sa.Column("published_at", sa.DateTime(timezone=True)),
        sa.Column("published_by", sa.Text),
    )
    op.add_column("nurture_enrolments", sa.Column("detail", sa.Text))
    op.add_column("nurture_enrolments", sa.Column("next_step", sa.Text))
    op.add_column("nurture_enrolments", sa.Column("next_at", sa.DateTime(timezone=True)))
    op.add_column("nurture_enrolments", sa.Column("since", sa.DateTime(timezone=True)))
    op.add_column("nurture_enrolments", sa.Column("passed", sa.Text))
    op.create_index("nurture_series_idx", "nurture_enrolments", ["series", "status", "series_version"])
