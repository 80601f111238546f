"""When the clock of a lead's first contact began and ended.

`admin rebuild where_leads_stand` fills it for what was recorded before.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("lead_standings", sa.Column("clock_from", sa.DateTime(timezone=True)))
    op.add_column("lead_standings", sa.Column("contacted_at", sa.DateTime(timezone=True)))
    op.add_column("lead_standings", sa.Column("closed_at", sa.DateTime(timezone=True)))
    op.create_index("lead_standings_clock_idx", "lead_standings", ["clock_from", "lead_id"])
