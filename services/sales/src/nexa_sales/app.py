"""Sales: who follows up which lead, what there is to do by when, and what comes of it: accounts, contacts, deals."""

from nexa_chassis.service import Service
from nexa_sales.aggregates import account, assignment, contact, deal, import_routing, rep, routing_rules, task
from nexa_sales.api import accounts, deals, follow_ups, imports, leads, pipeline, reps, routing, tasks, what_if
from nexa_sales.hand_over_leads import hand_over_leads
from nexa_sales.offer_waiting_leads import offer_waiting_leads
from nexa_sales.reactions.make_account_a_customer import make_account_a_customer
from nexa_sales.reactions.mind_the_calendar import mind_the_calendar
from nexa_sales.reactions.open_follow_up import open_follow_up
from nexa_sales.reactions.renew_contract import renew_contract
from nexa_sales.reactions.report_routed_import import report_routed_import
from nexa_sales.reactions.return_handoff import return_handoff
from nexa_sales.reactions.route_scored_lead import route_scored_lead
from nexa_sales.read_models import routing_rule_versions
from nexa_sales.read_models.account_book import account_book
from nexa_sales.read_models.account_history import account_history
from nexa_sales.read_models.deal_stages import deal_stages
from nexa_sales.read_models.desk_at_a_day import desk_at_a_day
from nexa_sales.read_models.follow_ups_due import follow_ups_due
from nexa_sales.read_models.how_an_import_was_routed import how_an_import_was_routed
from nexa_sales.read_models.lead_history import lead_history, lead_history_elsewhere
from nexa_sales.read_models.lead_profile import lead_profile
from nexa_sales.read_models.pipeline_board import pipeline_board
from nexa_sales.read_models.rep_desk import rep_desk
from nexa_sales.read_models.where_leads_stand import where_leads_stand
from nexa_sales.read_models.who_is_waiting_for_a_rep import who_is_waiting_for_a_rep
from nexa_sales.tables import metadata

sales = Service(
    name="sales",
    migrations="nexa_sales.migrations",
    metadata=metadata,
    aggregates=[rep, routing_rules, assignment, task, import_routing, account, contact, deal],
    reactions=[
        route_scored_lead,
        mind_the_calendar,
        open_follow_up,
        report_routed_import,
        make_account_a_customer,
        renew_contract,
        return_handoff,
    ],
    read_models=[
        rep_desk,
        desk_at_a_day,
        routing_rule_versions.model,
        who_is_waiting_for_a_rep,
        where_leads_stand,
        follow_ups_due,
        pipeline_board,
        deal_stages,
        account_book,
        account_history,
        how_an_import_was_routed,
        lead_history,
        lead_history_elsewhere,
        lead_profile,
    ],
    jobs=[hand_over_leads],
    workers=[offer_waiting_leads],
    routes=[
        reps.routes,
        routing.routes,
        what_if.routes,
        leads.routes,
        tasks.routes,
        follow_ups.routes,
        accounts.routes,
        pipeline.routes,
        deals.routes,
        imports.routes,
    ],
)
