"""Lists of what is open (tasks to do, first contacts to come) read no longer through all that is done."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

TO_DO = sa.text("completed_at is null")
RUNNING = sa.text("contacted_at is null and closed_at is null")


def upgrade() -> None:
    op.create_index("tasks_open_idx", "tasks", ["due_at", "task_id"], postgresql_where=TO_DO)
    op.create_index("tasks_open_rep_idx", "tasks", ["rep_id", "due_at", "task_id"], postgresql_where=TO_DO)
    op.create_index("lead_standings_running_idx", "lead_standings", ["clock_from", "lead_id"], postgresql_where=RUNNING)
