"""Read models: lifecycle and identities."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0004"
down_revision = "0003"

time = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "lifecycle_now",
        sa.Column("party_id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.Integer),
        sa.Column("stage", sa.Text),
        sa.Column("since", time),
        sa.Column("cause", sa.Text),
        sa.Column("reason", sa.Text),
        sa.Column("campaign_id", sa.Uuid),
        sa.Column("continues", sa.Uuid),
        sa.Column("continued_by", sa.Uuid),
        sa.Column("continued_at", time),
    )
    op.create_index("lifecycle_now_stage_idx", "lifecycle_now", ["stage", "since", "party_id"])
    op.create_index("lifecycle_now_campaign_idx", "lifecycle_now", ["campaign_id"])
    op.create_index("lifecycle_now_continued_idx", "lifecycle_now", ["continued_by"])
    op.create_table(
        "lifecycle_entries",
        sa.Column("party_id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("stage", sa.Text),
        sa.Column("entered_at", time),
        sa.Column("recorded_at", time),
        sa.Column("cause", sa.Text),
        sa.Column("reason", sa.Text),
        sa.Column("backwards", sa.Boolean),
    )
    op.create_table(
        "customer_parties",
        sa.Column("party_id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.Integer),
        sa.Column("merged_into", sa.Uuid),
        sa.Column("fields", JSONB, server_default="{}"),
    )
    op.create_index("customer_parties_merged_idx", "customer_parties", ["merged_into"])
    op.create_table(
        "party_members",
        sa.Column("member_id", sa.Uuid, primary_key=True),
        sa.Column("kind", sa.Text),
        sa.Column("party_id", sa.Uuid),
        sa.Column("linked_at", time),
    )
    op.create_index("party_members_party_idx", "party_members", ["party_id"])
    op.create_table(
        "profile_conflicts",
        sa.Column("party_id", sa.Uuid, primary_key=True),
        sa.Column("merged_id", sa.Uuid, primary_key=True),
        sa.Column("field", sa.Text, primary_key=True),
        sa.Column("restored", sa.Text),
        sa.Column("edited", sa.Text),
        sa.Column("since", time),
    )
