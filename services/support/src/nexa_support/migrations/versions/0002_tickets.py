"""Tickets, agents and whom a ticket is of."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "agents",
        sa.Column("agent_id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.Integer),
        sa.Column("name", sa.Text),
        sa.Column("email", sa.Text),
        sa.Column("role", sa.Text),
        sa.Column("level", sa.Text),
        sa.Column("skills", sa.JSON),
        sa.Column("languages", sa.JSON),
        sa.Column("capacity", sa.Integer),
        sa.Column("available", sa.Boolean),
        sa.Column("manager_id", sa.Uuid),
        sa.Column("time_zone", sa.Text),
        sa.Column("shifts", sa.JSON),
        sa.Column("absences", sa.JSON),
        sa.Column("open_tickets", sa.Integer, server_default=sa.text("0")),
        sa.Column("last_turn", sa.Integer, server_default=sa.text("0")),
    )
    op.create_table(
        "tickets",
        sa.Column("ticket_id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.Integer),
        sa.Column("reference", sa.Text),
        sa.Column("subject", sa.Text),
        sa.Column("description", sa.Text),
        sa.Column("channel", sa.Text),
        sa.Column("account_id", sa.Uuid),
        sa.Column("account_name", sa.Text),
        sa.Column("contact_id", sa.Uuid),
        sa.Column("requester_name", sa.Text),
        sa.Column("requester_email", sa.Text),
        sa.Column("submitted_at", sa.DateTime(timezone=True)),
        sa.Column("changed_at", sa.DateTime(timezone=True)),
        sa.Column("impact", sa.Text),
        sa.Column("product_version", sa.Text),
        sa.Column("language", sa.Text),
        sa.Column("type", sa.Text),
        sa.Column("priority", sa.Text, server_default=sa.text("'normal'")),
        sa.Column("severity", sa.Text, server_default=sa.text("'p3'")),
        sa.Column("feature", sa.Text),
        sa.Column("sentiment", sa.Text),
        sa.Column("urgency", sa.Text),
        sa.Column("similar", sa.Integer, server_default=sa.text("0")),
        sa.Column("recommended_priority", sa.Text),
        sa.Column("needs_person", sa.Boolean, server_default=sa.text("false")),
        sa.Column("priority_seen", sa.Boolean, server_default=sa.text("false")),
        sa.Column("analysis_id", sa.Text),
        sa.Column("work_status", sa.Text),
        sa.Column("agent_id", sa.Uuid),
        sa.Column("agent_name", sa.Text),
        sa.Column("instruction", sa.Text),
        sa.Column("due_at", sa.DateTime(timezone=True)),
        sa.Column("because", sa.JSON),
        sa.Column("waiting_since", sa.DateTime(timezone=True)),
        sa.Column("escalated_to", sa.Text),
        sa.Column("bug_id", sa.Uuid),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True)),
        sa.Column("bug_status", sa.Text),
        sa.Column("eta", sa.Text),
        sa.Column("workaround", sa.Text),
        sa.Column("resolution", sa.Text),
        sa.Column("resolved_at", sa.DateTime(timezone=True)),
        sa.Column("resolved_bug_id", sa.Uuid),
        sa.Column("deployment_id", sa.Uuid),
        sa.Column("fixed_version", sa.Text),
        sa.Column("reopened", sa.Integer, server_default=sa.text("0")),
        sa.Column("into_id", sa.Uuid),
        sa.Column("into_reference", sa.Text),
        sa.Column("split_from", sa.Uuid),
        sa.Column("follows_id", sa.Uuid),
        sa.Column("last_message_at", sa.DateTime(timezone=True)),
        sa.Column("customer_waits", sa.Boolean),
        sa.Column("csat_asked_at", sa.DateTime(timezone=True)),
        sa.Column("csat", sa.Integer),
        sa.Column("csat_comment", sa.Text),
    )
    op.create_index("tickets_account_idx", "tickets", ["account_id", "submitted_at"])
    op.create_index("tickets_agent_idx", "tickets", ["agent_id", "work_status"])
    op.create_index("tickets_bug_idx", "tickets", ["bug_id"])
    op.create_index("tickets_feature_idx", "tickets", ["feature", "submitted_at"])
    op.create_index("tickets_reference_idx", "tickets", ["reference"])
    op.create_index(
        "tickets_search_idx",
        "tickets",
        [
            sa.text(
                "to_tsvector('simple', coalesce(reference, '') || ' ' || coalesce(subject, '') || ' ' ||"
                " coalesce(account_name, '') || ' ' || coalesce(requester_name, ''))"
            )
        ],
        postgresql_using="gin",
    )
    op.create_index("tickets_submitted_idx", "tickets", [sa.text("submitted_at desc"), sa.text("ticket_id desc")])
    op.create_index("tickets_triage_idx", "tickets", ["submitted_at"], postgresql_where=sa.text("needs_person"))
    op.create_index(
        "tickets_unknown_account_idx", "tickets", ["submitted_at"], postgresql_where=sa.text("account_id is null")
    )
    op.create_index("tickets_waiting_idx", "tickets", ["waiting_since", "ticket_id"])
    op.create_table(
        "ticket_messages",
        sa.Column("reply_id", sa.Uuid, primary_key=True),
        sa.Column("ticket_id", sa.Uuid),
        sa.Column("reference", sa.Text),
        sa.Column("version", sa.Integer),
        sa.Column("from_customer", sa.Boolean),
        sa.Column("contact_id", sa.Uuid),
        sa.Column("email", sa.Text),
        sa.Column("author", sa.Text),
        sa.Column("text", sa.Text),
        sa.Column("channel", sa.Text),
        sa.Column("attachments", sa.JSON),
        sa.Column("at", sa.DateTime(timezone=True)),
    )
    op.create_index(
        "ticket_messages_search_idx",
        "ticket_messages",
        [sa.text("to_tsvector('simple', translate(coalesce(text, ''), '<_', '  '))")],
        postgresql_using="gin",
    )
    op.create_index("ticket_messages_ticket_idx", "ticket_messages", ["ticket_id", "at", "version"])
    op.create_table(
        "ticket_moved_messages",
        sa.Column("reply_id", sa.Uuid, primary_key=True),
        sa.Column("new_ticket_id", sa.Uuid, primary_key=True),
    )
    op.create_index("ticket_moved_messages_new_idx", "ticket_moved_messages", ["new_ticket_id"])
    op.create_table(
        "ticket_splits",
        sa.Column("new_ticket_id", sa.Uuid, primary_key=True),
        sa.Column("ticket_id", sa.Uuid),
        sa.Column("undone", sa.Boolean),
    )
    op.create_table(
        "ticket_mergers",
        sa.Column("ticket_id", sa.Uuid, primary_key=True),
        sa.Column("into_id", sa.Uuid),
    )
    op.create_index("ticket_mergers_into_idx", "ticket_mergers", ["into_id"])
    op.create_table(
        "ticket_notes",
        sa.Column("note_id", sa.Uuid, primary_key=True),
        sa.Column("ticket_id", sa.Uuid),
        sa.Column("version", sa.Integer),
        sa.Column("author", sa.Text),
        sa.Column("text", sa.Text),
        sa.Column("next_steps", sa.Text),
        sa.Column("at", sa.DateTime(timezone=True)),
    )
    op.create_index("ticket_notes_ticket_idx", "ticket_notes", ["ticket_id", "at", "version"])
