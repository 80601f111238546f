"""The currency of a campaign's deals, so that sums of several are told apart.

Deals that were noted before count as if in the currency of the budget: `nexa rebuild marketing campaign_results` corrects it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("campaign_deals", sa.Column("currency", sa.Text))
