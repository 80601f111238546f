"""Sales: who follows up which lead and by when, and what comes of it."""

from nexa_chassis.service import Service
from nexa_sales.aggregates import account, assignment, contact, deal, import_routing, rep, task
from nexa_sales.api import deals, leads, reps, tasks
from nexa_sales.offer_waiting_leads import offer_waiting_leads
from nexa_sales.reactions.open_follow_up import open_follow_up
from nexa_sales.reactions.report_routed_import import report_routed_import
from nexa_sales.reactions.route_scored_lead import route_scored_lead
from nexa_sales.read_models import (
    accounts_and_contacts,
    follow_ups_due,
    lead_page,
    pipeline_board,
    rep_desk,
    what_is_known_of_a_lead,
    who_is_waiting_for_a_rep,
)
from nexa_sales.tables import metadata

sales = Service(
    name="sales",
    migrations="nexa_sales.migrations",
    metadata=metadata,
    aggregates=[rep, assignment, import_routing, task, account, contact, deal],
    reactions=[route_scored_lead, open_follow_up, report_routed_import],
    read_models=[
        rep_desk.model,
        who_is_waiting_for_a_rep.model,
        follow_ups_due.model,
        lead_page.model,
        what_is_known_of_a_lead.model,
        pipeline_board.model,
        accounts_and_contacts.model,
    ],
    workers=[offer_waiting_leads],
    routes=[reps.routes, leads.routes, tasks.routes, deals.routes],
)
