"""Scoring: how likely a lead is to buy, with the points that say why."""

from nexa_chassis.service import Service
from nexa_scoring import api
from nexa_scoring.aggregates import lead_score, scoring_rules
from nexa_scoring.reactions.score_lead import score_lead
from nexa_scoring.read_models import lead_scores, rules_in_force
from nexa_scoring.tables import metadata

scoring = Service(
    name="scoring",
    migrations="nexa_scoring.migrations",
    metadata=metadata,
    aggregates=[scoring_rules, lead_score],
    reactions=[score_lead],
    read_models=[lead_scores.model, rules_in_force.model],
    routes=[api.routes],
)
