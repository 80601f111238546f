"""The chassis' tables and the read models."""

import sqlalchemy as sa
from alembic import op

from nexa_chassis.schema import create_chassis_tables

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_chassis_tables(op)
    op.create_table(
        "reps",
        sa.Column("rep_id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.Integer),
        sa.Column("name", sa.Text),
        sa.Column("email", sa.Text),
        sa.Column("level", sa.Text),
        sa.Column("territories", sa.JSON),
        sa.Column("products", sa.JSON),
        sa.Column("capacity", sa.Integer),
        sa.Column("available", sa.Boolean),
        sa.Column("manager_id", sa.Uuid),
        sa.Column("open_leads", sa.Integer, server_default="0"),
        sa.Column("last_turn", sa.Integer, server_default="0"),
    )
    op.create_table(
        "accounts",
        sa.Column("account_id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.Integer),
        sa.Column("name", sa.Text),
        sa.Column("country", sa.Text),
        sa.Column("company_size", sa.Text),
        sa.Column("created_at", sa.DateTime(timezone=True)),
    )
    op.create_index("accounts_name_idx", "accounts", ["name", "account_id"])
    op.create_table(
        "contacts",
        sa.Column("contact_id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.Integer),
        sa.Column("account_id", sa.Uuid),
        sa.Column("lead_id", sa.Uuid),
        sa.Column("first_name", sa.Text),
        sa.Column("last_name", sa.Text),
        sa.Column("email", sa.Text),
        sa.Column("phone", sa.Text),
        sa.Column("title", sa.Text),
        sa.Column("created_at", sa.DateTime(timezone=True)),
    )
    op.create_index("contacts_account_idx", "contacts", ["account_id"])
    op.create_index("contacts_created_idx", "contacts", ["created_at", "contact_id"])
    op.create_table(
        "deals",
        sa.Column("deal_id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.Integer),
        sa.Column("name", sa.Text),
        sa.Column("account_id", sa.Uuid),
        sa.Column("primary_contact_id", sa.Uuid),
        sa.Column("lead_id", sa.Uuid),
        sa.Column("campaign_id", sa.Uuid),
        sa.Column("rep_id", sa.Uuid),
        sa.Column("stage", sa.Text),
        sa.Column("open_stage", sa.Text),
        sa.Column("amount", sa.Numeric(18, 2)),
        sa.Column("currency", sa.Text),
        sa.Column("source_label", sa.Text),
        sa.Column("source_kind", sa.Text),
        sa.Column("contract_url", sa.Text),
        sa.Column("reason", sa.Text),
        sa.Column("created_at", sa.DateTime(timezone=True)),
        sa.Column("stage_since", sa.DateTime(timezone=True)),
        sa.Column("closed_at", sa.DateTime(timezone=True)),
    )
    op.create_index("deals_account_idx", "deals", ["account_id"])
    op.create_index("deals_created_idx", "deals", ["created_at", "deal_id"])
    op.create_index("deals_stage_idx", "deals", ["stage", "stage_since", "deal_id"])
    op.create_table(
        "routed_imports",
        sa.Column("import_id", sa.Uuid, primary_key=True),
        sa.Column("campaign_id", sa.Uuid),
        sa.Column("campaign_name", sa.Text),
        sa.Column("reps", sa.JSON),
        sa.Column("waiting", sa.Integer),
        sa.Column("nurture", sa.Integer),
        sa.Column("total", sa.Integer),
        sa.Column("routed_at", sa.DateTime(timezone=True)),
    )
    op.create_table(
        "lead_profiles",
        sa.Column("lead_id", sa.Uuid, primary_key=True),
        sa.Column("campaign_id", sa.Uuid),
        sa.Column("campaign_name", sa.Text),
        sa.Column("import_id", sa.Uuid),
        sa.Column("email", sa.Text),
        sa.Column("first_name", sa.Text),
        sa.Column("last_name", sa.Text),
        sa.Column("phone", sa.Text),
        sa.Column("company", sa.Text),
        sa.Column("title", sa.Text),
        sa.Column("company_size", sa.Text),
        sa.Column("country", sa.Text),
        sa.Column("territory", sa.Text),
        sa.Column("product_interest", sa.Text),
        sa.Column("source_label", sa.Text),
        sa.Column("source_kind", sa.Text),
        sa.Column("in_target_audience", sa.Boolean),
        sa.Column("attributes", sa.JSON),
        sa.Column("registered_early", sa.Boolean),
        sa.Column("attended", sa.Boolean),
        sa.Column("questions_asked", sa.Integer),
        sa.Column("emails_opened", sa.Integer),
        sa.Column("emails_clicked", sa.Integer),
        sa.Column("pricing_visits", sa.Integer),
        sa.Column("unsubscribed", sa.Boolean),
        sa.Column("withdrawn_because", sa.Text),
        sa.Column("score", sa.Integer),
        sa.Column("band", sa.Text),
        sa.Column("factors", sa.JSON),
        sa.Column("recommendation", sa.Text),
        sa.Column("rules_version", sa.Integer),
        sa.Column("scored_at", sa.DateTime(timezone=True)),
    )
    op.create_table(
        "lead_downloads",
        sa.Column("lead_id", sa.Uuid, primary_key=True),
        sa.Column("name", sa.Text, primary_key=True),
    )
    op.create_table(
        "tasks",
        sa.Column("task_id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.Integer),
        sa.Column("kind", sa.Text),
        sa.Column("title", sa.Text),
        sa.Column("rep_id", sa.Uuid),
        sa.Column("lead_id", sa.Uuid),
        sa.Column("campaign_id", sa.Uuid),
        sa.Column("import_id", sa.Uuid),
        sa.Column("priority", sa.Text),
        sa.Column("created_at", sa.DateTime(timezone=True)),
        sa.Column("due_at", sa.DateTime(timezone=True)),
        sa.Column("overdue", sa.Boolean),
        sa.Column("completed_at", sa.DateTime(timezone=True)),
        sa.Column("outcome", sa.Text),
        sa.Column("completed_by", sa.Text),
    )
    op.create_index("tasks_due_idx", "tasks", ["due_at", "task_id"])
    op.create_index("tasks_lead_idx", "tasks", ["lead_id"])
    op.create_index("tasks_rep_idx", "tasks", ["rep_id", "due_at", "task_id"])
    op.create_table(
        "lead_history",
        sa.Column("event_id", sa.Text, primary_key=True),
        sa.Column("lead_id", sa.Uuid),
        sa.Column("deal_id", sa.Uuid),
        sa.Column("event", sa.Text),
        sa.Column("occurred_at", sa.DateTime(timezone=True)),
        sa.Column("recorded_at", sa.DateTime(timezone=True)),
        sa.Column("actor", sa.Text),
        sa.Column("summary", sa.Text),
    )
    op.create_index("lead_history_deal_idx", "lead_history", ["deal_id"])
    op.create_index("lead_history_lead_idx", "lead_history", ["lead_id"])
    op.create_table(
        "lead_history_elsewhere",
        sa.Column("event_id", sa.Text, primary_key=True),
        sa.Column("lead_id", sa.Uuid),
        sa.Column("deal_id", sa.Uuid),
        sa.Column("event", sa.Text),
        sa.Column("occurred_at", sa.DateTime(timezone=True)),
        sa.Column("recorded_at", sa.DateTime(timezone=True)),
        sa.Column("actor", sa.Text),
        sa.Column("summary", sa.Text),
    )
    op.create_index("lead_history_elsewhere_deal_idx", "lead_history_elsewhere", ["deal_id"])
    op.create_index("lead_history_elsewhere_lead_idx", "lead_history_elsewhere", ["lead_id"])
    op.create_table(
        "lead_standings",
        sa.Column("lead_id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.Integer),
        sa.Column("status", sa.Text),
        sa.Column("campaign_id", sa.Uuid),
        sa.Column("import_id", sa.Uuid),
        sa.Column("band", sa.Text),
        sa.Column("routed_score", sa.Integer),
        sa.Column("territory", sa.Text),
        sa.Column("product_interest", sa.Text),
        sa.Column("source_label", sa.Text),
        sa.Column("source_kind", sa.Text),
        sa.Column("rep_id", sa.Uuid),
        sa.Column("assigned_because", sa.Text),
        sa.Column("worked", sa.Boolean),
        sa.Column("decided_at_version", sa.Integer),
        sa.Column("reason", sa.Text),
        sa.Column("since", sa.DateTime(timezone=True)),
        sa.Column("account_id", sa.Uuid),
        sa.Column("contact_id", sa.Uuid),
        sa.Column("deal_id", sa.Uuid),
    )
    op.create_index("lead_standings_rep_idx", "lead_standings", ["rep_id", "since", "lead_id"])
    op.create_index("lead_standings_since_idx", "lead_standings", ["since", "lead_id"])
    op.create_table(
        "waiting_leads",
        sa.Column("lead_id", sa.Uuid, primary_key=True),
        sa.Column("campaign_id", sa.Uuid),
        sa.Column("import_id", sa.Uuid),
        sa.Column("band", sa.Text),
        sa.Column("score", sa.Integer),
        sa.Column("territory", sa.Text),
        sa.Column("product_interest", sa.Text),
        sa.Column("reason", sa.Text),
        sa.Column("since", sa.DateTime(timezone=True)),
        sa.Column("correlation_id", sa.Text),
        sa.Column("event_id", sa.Text),
    )
    op.create_index("waiting_leads_since_idx", "waiting_leads", ["since", "lead_id"])
