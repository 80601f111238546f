"""Scoring: how likely a lead is to buy, how well a customer does and what a ticket is about, with what says why."""

from nexa_chassis.service import Service
from nexa_scoring.aggregates import (
    account_health,
    health_rules,
    lead_score,
    scoring_rules,
    ticket_analysis,
    ticket_rules,
)
from nexa_scoring.api import accounts, leads, rules_of_health, rules_of_leads, rules_of_tickets, tickets
from nexa_scoring.api import what_if_of_leads as what_if
from nexa_scoring.lead_score.rescoring import rescore_leads
from nexa_scoring.reactions.analyse_ticket import analyse_ticket
from nexa_scoring.reactions.score_account import score_account
from nexa_scoring.reactions.score_lead import score_lead
from nexa_scoring.read_models import (
    health_rules_in_force,
    how_accounts_do,
    how_right_analysis_is,
    lead_scores,
    rules_in_force,
    ticket_analyses,
    ticket_rules_in_force,
    which_tickets_resemble,
)
from nexa_scoring.tables import metadata

scoring = Service(
    name="scoring",
    migrations="nexa_scoring.migrations",
    metadata=metadata,
    aggregates=[scoring_rules, lead_score, health_rules, account_health, ticket_rules, ticket_analysis],
    reactions=[score_lead, score_account, analyse_ticket],
    read_models=[
        lead_scores.model,
        rules_in_force.model,
        how_accounts_do.model,
        health_rules_in_force.model,
        ticket_rules_in_force.model,
        ticket_analyses.model,
        which_tickets_resemble.model,
        how_right_analysis_is.model,
    ],
    jobs=[rescore_leads],
    routes=[
        leads.routes,
        rules_of_leads.routes,
        what_if.routes,
        accounts.routes,
        rules_of_health.routes,
        tickets.routes,
        rules_of_tickets.routes,
    ],
)
