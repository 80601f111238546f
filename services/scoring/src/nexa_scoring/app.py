"""Scoring: how likely a lead is to buy and how well a customer does, with the points that say why."""

from nexa_chassis.service import Service
from nexa_scoring.aggregates import account_health, health_rules, lead_score, scoring_rules
from nexa_scoring.api import accounts, leads, rules_of_health
from nexa_scoring.reactions.score_account import score_account
from nexa_scoring.reactions.score_lead import score_lead
from nexa_scoring.read_models import health_rules_in_force, how_accounts_do, lead_scores, rules_in_force
from nexa_scoring.tables import metadata

scoring = Service(
    name="scoring",
    migrations="nexa_scoring.migrations",
    metadata=metadata,
    aggregates=[scoring_rules, lead_score, health_rules, account_health],
    reactions=[score_lead, score_account],
    read_models=[lead_scores.model, rules_in_force.model, how_accounts_do.model, health_rules_in_force.model],
    routes=[leads.routes, accounts.routes, rules_of_health.routes],
)
