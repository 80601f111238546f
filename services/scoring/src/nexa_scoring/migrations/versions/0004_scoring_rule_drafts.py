"""Scoring rules in versions with drafts and approvals; scores are found by their time."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("scoring_rules", sa.Column("based_on", sa.Integer))
    op.add_column("scoring_rules", sa.Column("drafted_by", sa.Text))
    op.add_column("scoring_rules", sa.Column("drafted_at", sa.DateTime(timezone=True)))
    op.add_column("scoring_rules", sa.Column("approved_by", sa.Text))
    op.add_column("scoring_rules", sa.Column("approved_at", sa.DateTime(timezone=True)))
    op.add_column("scoring_rules", sa.Column("in_force_since", sa.DateTime(timezone=True)))
    op.add_column("scoring_rules", sa.Column("in_force_by", sa.Text))
    op.execute(
        """update scoring_rules r
              set in_force_since = e.recorded_at, in_force_by = e.stream || '@' || e.version,
                  rules = json_build_object('points', e.data->'points', 'high_from', e.data->'high_from',
                                            'medium_from', e.data->'medium_from',
                                            'question_limit', e.data->'question_limit')
             from events e
            where e.type like '%ScoringRulesChanged%' and (e.data->>'version')::int = r.version"""
    )
    op.create_index("lead_scores_by_time", "lead_scores", ["scored_at", "lead_id"])
