"""Support: from a ticket to the fix and back to every customer."""

from nexa_chassis.service import Service
from nexa_support.aggregates import (
    agent,
    bug,
    deployment,
    feature_request,
    sla_policies,
    suspicion,
    ticket,
    weekly_review,
)
from nexa_support.api import (
    agents,
    bug_tickets,
    bugs,
    deployments,
    feature_requests,
    figures,
    mails,
    sla,
    ticket_merging,
    ticket_work,
    tickets,
    web_form,
    webhooks,
    weekly_reviews,
)
from nexa_support.intake.finding_accounts import find_accounts
from nexa_support.intake.smtp_listener import receive_mail
from nexa_support.reactions.ask_for_csat import ask_for_csat
from nexa_support.reactions.follow_merged_tickets import follow_merged_tickets
from nexa_support.reactions.hear_late_customers import hear_late_customers
from nexa_support.reactions.link_reported_tickets import link_reported_tickets
from nexa_support.reactions.mark_bugs_fixed import mark_bugs_fixed
from nexa_support.reactions.note_account_versions import note_account_versions
from nexa_support.reactions.offer_fixes_to_tickets import offer_fixes_to_tickets
from nexa_support.reactions.record_csat import record_csat
from nexa_support.reactions.review_weeks import review_weeks
from nexa_support.reactions.route_unanalysed_tickets import route_unanalysed_tickets
from nexa_support.reactions.route_waiting_tickets import route_waiting_tickets
from nexa_support.reactions.ship_requested_features import ship_requested_features
from nexa_support.reactions.suspect_bugs import suspect_bugs
from nexa_support.reactions.take_analysis import take_analysis
from nexa_support.reactions.take_plan import take_plan
from nexa_support.reactions.tell_of_known_bugs import tell_of_known_bugs
from nexa_support.reactions.watch_for_recurrence import watch_for_recurrence
from nexa_support.reactions.watch_promises import watch_promises
from nexa_support.read_models.account_directory import account_directory
from nexa_support.read_models.agent_desk import agent_desk
from nexa_support.read_models.bug_course import bug_course
from nexa_support.read_models.bug_list import bug_list
from nexa_support.read_models.bug_reports import bug_reports
from nexa_support.read_models.conversation import conversation
from nexa_support.read_models.deployment_list import deployment_list
from nexa_support.read_models.feature_names import feature_names
from nexa_support.read_models.promises_due import promises_due
from nexa_support.read_models.sent_mails import sent_mails
from nexa_support.read_models.similar_tickets import similar_tickets
from nexa_support.read_models.sla_policies import sla_policies as sla_policies_in_force
from nexa_support.read_models.ticket_course import ticket_course
from nexa_support.read_models.ticket_list import ticket_list
from nexa_support.read_models.ticket_notes import ticket_notes
from nexa_support.read_models.weekly_reviews import weekly_reviews as reviewed_weeks
from nexa_support.read_models.wished_features import wished_features
from nexa_support.sla.measuring_anew import measure_clocks
from nexa_support.tables import metadata

support = Service(
    name="support",
    migrations="nexa_support.migrations",
    metadata=metadata,
    aggregates=[
        agent,
        bug,
        deployment,
        suspicion,
        feature_request,
        ticket,
        sla_policies,
        weekly_review,
    ],
    reactions=[
        record_csat,
        ship_requested_features,
        review_weeks,
        take_analysis,
        route_unanalysed_tickets,
        route_waiting_tickets,
        follow_merged_tickets,
        hear_late_customers,
        ask_for_csat,
        watch_promises,
        take_plan,
        suspect_bugs,
        link_reported_tickets,
        tell_of_known_bugs,
        mark_bugs_fixed,
        note_account_versions,
        offer_fixes_to_tickets,
        watch_for_recurrence,
    ],
    read_models=[
        sent_mails,
        wished_features,
        feature_names,
        ticket_course,
        reviewed_weeks,
        account_directory,
        agent_desk,
        ticket_list,
        conversation,
        ticket_notes,
        sla_policies_in_force,
        promises_due,
        bug_list,
        bug_course,
        bug_reports,
        similar_tickets,
        deployment_list,
    ],
    jobs=[measure_clocks],
    workers=[receive_mail, find_accounts],
    routes=[
        mails.routes,
        web_form.routes,
        feature_requests.routes,
        weekly_reviews.routes,
        figures.routes,
        agents.routes,
        tickets.routes,
        ticket_work.routes,
        ticket_merging.routes,
        sla.routes,
        bugs.routes,
        bug_tickets.routes,
        deployments.routes,
        webhooks.routes,
    ],
)
