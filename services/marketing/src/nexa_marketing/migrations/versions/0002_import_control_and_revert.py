"""Where an import stands, so that it can pause; further match keys; what a revert did to each lead."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    _place_of_an_import()
    op.create_table(
        "import_other_keys",
        sa.Column("import_id", sa.Uuid, primary_key=True),
        sa.Column("dry", sa.Boolean, primary_key=True),
        sa.Column("key_digest", sa.Uuid, primary_key=True),
        sa.Column("line", sa.Integer, nullable=False),
    )
    op.create_index("match_keys_lead_idx", "match_keys", ["lead_id"])
    op.add_column("imports", sa.Column("legs", sa.Integer))
    op.add_column("imports", sa.Column("revert_previews", sa.Integer))
    op.add_column("imports", sa.Column("reverted_at", sa.DateTime(timezone=True)))
    op.create_table(
        "import_reverts",
        sa.Column("import_id", sa.Uuid, primary_key=True),
        sa.Column("dry", sa.Boolean, primary_key=True),
        sa.Column("run", sa.Integer, nullable=False),
        sa.Column("line", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("rows_done", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("rows_total", sa.Integer, nullable=False),
        sa.Column("finished", sa.Boolean, nullable=False, server_default=sa.text("false")),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stepped_at", sa.DateTime(timezone=True), nullable=False),
        *(
            sa.Column(name, sa.Integer, nullable=False, server_default=sa.text("0"))
            for name in ("withdrawn", "restored", "conflicts", "converted", "unchanged")
        ),
    )
    op.create_table(
        "import_revert_rows",
        sa.Column("import_id", sa.Uuid, primary_key=True),
        sa.Column("dry", sa.Boolean, primary_key=True),
        sa.Column("line", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("lead_id", sa.Uuid, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("restored", sa.JSON, nullable=False),
        sa.Column("conflicts", sa.JSON, nullable=False),
    )
    op.create_index("import_revert_rows_outcome_idx", "import_revert_rows", ["import_id", "dry", "outcome", "line"])


def _place_of_an_import() -> None:
    """Columns for the place that used to stand in the job's state; what is running goes on from there."""
    op.add_column("import_progress", sa.Column("run", sa.Integer, nullable=False, server_default=sa.text("0")))
    op.add_column("import_progress", sa.Column("leg", sa.Integer, nullable=False, server_default=sa.text("0")))
    op.add_column("import_progress", sa.Column("line", sa.Integer, nullable=False, server_default=sa.text("0")))
    op.add_column("import_progress", sa.Column("skipping", sa.Boolean, nullable=False, server_default=sa.text("false")))
    op.add_column("import_progress", sa.Column("seconds", sa.Double, nullable=False, server_default=sa.text("0")))
    op.execute(
        "update import_progress p set line = (j.state ->> 'line')::int, skipping = (j.state ->> 'skipping')::boolean"
        " from jobs j where j.name = 'import_leads' and j.status in ('active', 'failed')"
        " and j.state ->> 'import_id' = p.import_id::text and (j.state ->> 'dry_run')::boolean = p.dry"
    )
    op.execute("update import_progress p set run = i.dry_runs from imports i where i.import_id = p.import_id and p.dry")
