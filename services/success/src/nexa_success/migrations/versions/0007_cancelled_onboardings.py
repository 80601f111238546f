"""Read models: onboardings that are cancelled, why a specialist was chosen, and timelines with tickets and feature requests."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("onboardings", sa.Column("specialist_because", sa.JSON))
    op.add_column("onboardings", sa.Column("cancelled_because", sa.Text))
    op.add_column("account_onboardings", sa.Column("cancelled", sa.Boolean, server_default="false"))
    op.create_table("cancelled_onboardings", sa.Column("project_id", sa.Uuid, primary_key=True))
    op.execute("delete from timeline_entries where type = 'nexa.notifier.SurveyAnswered.v1'")
    op.execute(
        "update timeline_entries set place = place + 2 where place >= 15"
    )  # tickets and requests come before mails
