"""Success: from the won deal to the renewed contract, and one account of each customer's whole life."""

from nexa_chassis.service import Service
from nexa_success.aggregates import (
    account_signals,
    account_version,
    churn_alert,
    csm,
    identity,
    lifecycle,
    onboarding,
    onboarding_template,
    renewal,
)
from nexa_success.api import (
    alerts,
    csms,
    customers,
    next_best_action,
    onboardings,
    renewals,
    signals,
    tasks,
    templates,
    versions,
)
from nexa_success.api import lifecycle as lifecycle_api
from nexa_success.api import timeline as timeline_api
from nexa_success.reactions.assign_waiting_onboardings import assign_waiting_onboardings
from nexa_success.reactions.chase_overdue_tasks import chase_overdue_tasks
from nexa_success.reactions.complete_proved_tasks import complete_proved_tasks
from nexa_success.reactions.follow_lifecycle import follow_lifecycle
from nexa_success.reactions.link_identities import link_identities
from nexa_success.reactions.onboard_won_customer import onboard_won_customer
from nexa_success.reactions.open_renewal import open_renewal
from nexa_success.reactions.raise_churn_alert import raise_churn_alert
from nexa_success.reactions.resume_snoozed_alert import resume_snoozed_alert
from nexa_success.reactions.watch_handoff import watch_handoff
from nexa_success.read_models.account_directory import account_directory
from nexa_success.read_models.churn_alerts import churn_alerts
from nexa_success.read_models.csm_desk import csm_desk
from nexa_success.read_models.onboarding_board import onboarding_board
from nexa_success.read_models.onboarding_tasks import onboarding_tasks
from nexa_success.read_models.onboarding_templates import onboarding_templates
from nexa_success.read_models.renewals_due import renewals_due
from nexa_success.read_models.signals_by_day import signals_by_day
from nexa_success.read_models.timeline import timeline
from nexa_success.read_models.versions_in_use import versions_in_use
from nexa_success.read_models.where_customers_stand import where_customers_stand
from nexa_success.read_models.who_is_whom import who_is_whom
from nexa_success.signals.importing import import_signals
from nexa_success.tables import metadata

success = Service(
    name="success",
    migrations="nexa_success.migrations",
    metadata=metadata,
    aggregates=[
        csm,
        onboarding_template,
        onboarding,
        account_signals,
        account_version,
        churn_alert,
        renewal,
        identity,
        lifecycle,
    ],
    reactions=[
        onboard_won_customer,
        complete_proved_tasks,
        watch_handoff,
        chase_overdue_tasks,
        assign_waiting_onboardings,
        raise_churn_alert,
        resume_snoozed_alert,
        open_renewal,
        link_identities,
        follow_lifecycle,
    ],
    read_models=[
        account_directory,
        csm_desk,
        onboarding_templates,
        onboarding_board,
        onboarding_tasks,
        signals_by_day,
        versions_in_use,
        churn_alerts,
        renewals_due,
        who_is_whom,
        where_customers_stand,
        timeline,
    ],
    jobs=[import_signals],
    routes=[
        csms.routes,
        templates.routes,
        onboardings.routes,
        tasks.routes,
        signals.routes,
        versions.routes,
        alerts.routes,
        renewals.routes,
        customers.routes,
        lifecycle_api.routes,
        next_best_action.routes,
        timeline_api.routes,
    ],
)
