"""The chassis' tables, the read models, and what an import keeps beside its events."""

import sqlalchemy as sa
from alembic import op

from nexa_chassis.schema import create_chassis_tables

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_chassis_tables(op)
    op.create_table(
        "campaigns",
        sa.Column("campaign_id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.Integer),
        sa.Column("name", sa.Text),
        sa.Column("type", sa.Text),
        sa.Column("start_date", sa.Date),
        sa.Column("goal", sa.Text),
        sa.Column("budget", sa.Numeric(18, 2)),
        sa.Column("currency", sa.Text),
        sa.Column("target_audience", sa.Text),
        sa.Column("audience", sa.JSON),
        sa.Column("source_label", sa.Text),
        sa.Column("created_at", sa.DateTime(timezone=True)),
    )
    op.create_table(
        "leads",
        sa.Column("lead_id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.Integer),
        sa.Column("campaign_id", sa.Uuid),
        sa.Column("import_id", sa.Uuid),
        sa.Column("import_line", sa.Integer),
        sa.Column("email", sa.Text),
        sa.Column("first_name", sa.Text),
        sa.Column("last_name", sa.Text),
        sa.Column("company", sa.Text),
        sa.Column("title", sa.Text),
        sa.Column("company_size", sa.Text),
        sa.Column("country", sa.Text),
        sa.Column("source_label", sa.Text),
        sa.Column("source_kind", sa.Text),
        sa.Column("unsubscribed", sa.Boolean),
        sa.Column("withdrawn_because", sa.Text),
        sa.Column("created_at", sa.DateTime(timezone=True)),
        sa.Column("changed_at", sa.DateTime(timezone=True)),
    )
    op.create_index("leads_campaign_idx", "leads", ["campaign_id", "created_at", "lead_id"])
    op.create_index("leads_created_idx", "leads", ["created_at", "lead_id"])
    op.create_table(
        "imports",
        sa.Column("import_id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.Integer),
        sa.Column("campaign_id", sa.Uuid),
        sa.Column("filename", sa.Text),
        sa.Column("status", sa.Text),
        sa.Column("size", sa.BigInteger),
        sa.Column("sha256", sa.Text),
        sa.Column("dry_runs", sa.Integer),
        sa.Column("opened_at", sa.DateTime(timezone=True)),
        sa.Column("started_at", sa.DateTime(timezone=True)),
        sa.Column("completed_at", sa.DateTime(timezone=True)),
    )
    op.create_index("imports_opened_idx", "imports", ["opened_at", "import_id"])
    op.create_table(
        "nurture_enrolments",
        sa.Column("enrolment_id", sa.Uuid, primary_key=True),
        sa.Column("lead_id", sa.Uuid),
        sa.Column("campaign_id", sa.Uuid),
        sa.Column("series", sa.Text),
        sa.Column("series_version", sa.Integer),
        sa.Column("status", sa.Text),
        sa.Column("reason", sa.Text),
        sa.Column("has_address", sa.Boolean),
        sa.Column("step", sa.Integer),
        sa.Column("enrolled_at", sa.DateTime(timezone=True)),
        sa.Column("step_at", sa.DateTime(timezone=True)),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
    )
    op.create_index("nurture_enrolled_idx", "nurture_enrolments", ["enrolled_at", "enrolment_id"])
    op.create_index("nurture_lead_idx", "nurture_enrolments", ["lead_id"])
    op.create_table(
        "campaign_leads",
        sa.Column("lead_id", sa.Uuid, primary_key=True),
        sa.Column("campaign_id", sa.Uuid),
        sa.Column("known", sa.Boolean),
        sa.Column("withdrawn", sa.Boolean),
        sa.Column("score", sa.Integer),
        sa.Column("band", sa.Text),
        sa.Column("converted", sa.Boolean),
        sa.Column("converted_band", sa.Text),
    )
    op.create_index("campaign_leads_campaign_idx", "campaign_leads", ["campaign_id"])
    op.create_table(
        "campaign_deals",
        sa.Column("deal_id", sa.Uuid, primary_key=True),
        sa.Column("campaign_id", sa.Uuid),
        sa.Column("amount", sa.Numeric(18, 2)),
        sa.Column("status", sa.Text),
    )
    op.create_index("campaign_deals_campaign_idx", "campaign_deals", ["campaign_id"])
    op.create_table(
        "campaign_changes",
        sa.Column("campaign_id", sa.Uuid, primary_key=True),
        sa.Column("changes", sa.BigInteger),
    )
    op.create_table(
        "figures_published",
        sa.Column("campaign_id", sa.Uuid, primary_key=True),
        sa.Column("changes", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "import_chunks",
        sa.Column("upload_id", sa.Uuid, primary_key=True),
        sa.Column("start", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "match_keys",
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("value", sa.Text, primary_key=True),
        sa.Column("lead_id", sa.Uuid, nullable=False),
    )
    op.create_table(
        "import_rows",
        sa.Column("import_id", sa.Uuid, primary_key=True),
        sa.Column("dry", sa.Boolean, primary_key=True),
        sa.Column("line", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("lead_id", sa.Uuid),
        sa.Column("key_digest", sa.Uuid),
        sa.Column("column_name", sa.Text),
        sa.Column("reason", sa.Text),
        sa.Column("cells", sa.JSON),
    )
    op.create_index("import_rows_key_idx", "import_rows", ["import_id", "dry", "key_digest"])
    op.create_index("import_rows_outcome_idx", "import_rows", ["import_id", "dry", "outcome", "line"])
    op.create_table(
        "import_progress",
        sa.Column("import_id", sa.Uuid, primary_key=True),
        sa.Column("dry", sa.Boolean, primary_key=True),
        sa.Column("created", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("updated", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("duplicate", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("rejected", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("blank", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("bytes_done", sa.BigInteger, nullable=False, server_default=sa.text("0")),
        sa.Column("finished", sa.Boolean, nullable=False, server_default=sa.text("false")),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stepped_at", sa.DateTime(timezone=True), nullable=False),
    )
