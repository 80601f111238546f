"""The scores of a campaign are read from the highest on, a page at a time."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.drop_index("lead_scores_by_campaign", "lead_scores")
    op.create_index("lead_scores_highest", "lead_scores", ["campaign_id", sa.text("score desc"), "lead_id"])
