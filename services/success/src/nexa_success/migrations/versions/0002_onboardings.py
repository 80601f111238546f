"""Read models: roster, template, onboardings and their tasks."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "csms",
        sa.Column("csm_id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.Integer),
        sa.Column("name", sa.Text),
        sa.Column("email", sa.Text),
        sa.Column("role", sa.Text),
        sa.Column("capacity", sa.Integer),
        sa.Column("available", sa.Boolean),
        sa.Column("manager_id", sa.Uuid),
        sa.Column("time_zone", sa.Text),
        sa.Column("country", sa.Text),
        sa.Column("working_days", sa.JSON),
        sa.Column("absences", sa.JSON),
        sa.Column("open_onboardings", sa.Integer, server_default=sa.text("0")),
        sa.Column("last_turn", sa.Integer, server_default=sa.text("0")),
    )
    op.create_table(
        "onboarding_templates",
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("template", sa.JSON),
        sa.Column("changed_at", sa.DateTime(timezone=True)),
        sa.Column("changed_by", sa.Text),
    )
    op.create_table(
        "onboardings",
        sa.Column("project_id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.Integer),
        sa.Column("account_id", sa.Uuid),
        sa.Column("account_name", sa.Text),
        sa.Column("deal_id", sa.Uuid),
        sa.Column("name", sa.Text),
        sa.Column("status", sa.Text),
        sa.Column("arr", sa.Numeric(18, 2)),
        sa.Column("currency", sa.Text),
        sa.Column("csm_id", sa.Uuid),
        sa.Column("csm_name", sa.Text),
        sa.Column("specialist_id", sa.Uuid),
        sa.Column("specialist_name", sa.Text),
        sa.Column("manager_id", sa.Uuid),
        sa.Column("contact_id", sa.Uuid),
        sa.Column("contact_name", sa.Text),
        sa.Column("rep_id", sa.Uuid),
        sa.Column("because", sa.JSON),
        sa.Column("template_version", sa.Integer),
        sa.Column("training_documents", sa.JSON),
        sa.Column("won_at", sa.DateTime(timezone=True)),
        sa.Column("due_on", sa.Date),
        sa.Column("started_at", sa.DateTime(timezone=True)),
        sa.Column("completed_at", sa.DateTime(timezone=True)),
        sa.Column("days", sa.Integer),
        sa.Column("on_time", sa.Boolean),
        sa.Column("kickoff_status", sa.Text),
        sa.Column("kickoff_at", sa.DateTime(timezone=True)),
        sa.Column("kickoff_url", sa.Text),
        sa.Column("handoff_status", sa.Text),
        sa.Column("handoff_round", sa.Integer),
        sa.Column("accept_by", sa.DateTime(timezone=True)),
        sa.Column("note_read", sa.Boolean),
        sa.Column("paused_because", sa.Text),
    )
    op.create_index("onboardings_account_idx", "onboardings", ["account_id"])
    op.create_index("onboardings_csm_idx", "onboardings", ["csm_id", "status", "due_on"])
    op.create_index("onboardings_due_idx", "onboardings", ["due_on", "project_id"])
    op.create_table(
        "onboarding_tasks",
        sa.Column("project_id", sa.Uuid, primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("account_id", sa.Uuid),
        sa.Column("title", sa.Text),
        sa.Column("priority", sa.Text),
        sa.Column("status", sa.Text),
        sa.Column("done", sa.Boolean),
        sa.Column("owner_id", sa.Uuid),
        sa.Column("proved_by", sa.Text),
        sa.Column("created_at", sa.DateTime(timezone=True)),
        sa.Column("position", sa.Integer),
        sa.Column("due_at", sa.DateTime(timezone=True)),
        sa.Column("overdue", sa.Boolean),
        sa.Column("completed_at", sa.DateTime(timezone=True)),
        sa.Column("completed_by", sa.Text),
        sa.Column("late", sa.Boolean),
    )
    op.create_index("onboarding_tasks_due_idx", "onboarding_tasks", ["due_at", "project_id", "key"])
    op.create_index("onboarding_tasks_owner_idx", "onboarding_tasks", ["owner_id", "done", "due_at"])
    op.create_table(
        "onboarding_task_comments",
        sa.Column("project_id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("key", sa.Text),
        sa.Column("text", sa.Text),
        sa.Column("actor", sa.Text),
        sa.Column("at", sa.DateTime(timezone=True)),
    )
