"""Notifier: who is told what, and whether it got through. The only service that calls out, over SMTP."""

from nexa_chassis.service import Service
from nexa_chassis.workers import Worker
from nexa_notifier.aggregates import notification, suppression
from nexa_notifier.api import answers, notifications, suppressions, surveys
from nexa_notifier.mail.sending import send_mail, send_marketing_mail
from nexa_notifier.mail.waiting import mails_in_hand, marketing_mails_in_hand
from nexa_notifier.reactions.invite_to_kickoff import invite_to_kickoff
from nexa_notifier.reactions.mail_nurture_step import mail_nurture_step
from nexa_notifier.reactions.tell_cs_team import tell_cs_team
from nexa_notifier.reactions.tell_csm_of_risk_and_renewal import tell_csm_of_risk_and_renewal
from nexa_notifier.reactions.tell_manager_of_overdue_task import tell_manager_of_overdue_task
from nexa_notifier.reactions.tell_of_escalations import tell_of_escalations
from nexa_notifier.reactions.tell_of_overdue_onboarding_task import tell_of_overdue_onboarding_task
from nexa_notifier.reactions.tell_rep_of_new_leads import tell_rep_of_new_leads
from nexa_notifier.reactions.tell_support_team import tell_support_team
from nexa_notifier.reactions.tell_voters import tell_voters
from nexa_notifier.reactions.thank_new_lead import thank_new_lead
from nexa_notifier.reactions.watch_handoff import watch_handoff
from nexa_notifier.reactions.welcome_customer import welcome_customer
from nexa_notifier.reactions.write_to_customer import write_to_customer
from nexa_notifier.read_models import directory, mail_queue, suppression_list
from nexa_notifier.tables import metadata

notifier = Service(
    name="notifier",
    migrations="nexa_notifier.migrations",
    metadata=metadata,
    aggregates=[notification, suppression],
    reactions=[
        thank_new_lead,
        tell_rep_of_new_leads,
        tell_manager_of_overdue_task,
        mail_nurture_step,
        welcome_customer,
        invite_to_kickoff,
        tell_cs_team,
        watch_handoff,
        tell_of_overdue_onboarding_task,
        tell_csm_of_risk_and_renewal,
        write_to_customer,
        tell_support_team,
        tell_of_escalations,
        tell_voters,
    ],
    read_models=[mail_queue.model, directory.model, suppression_list.model, suppression_list.leads_model],
    workers=[
        Worker(name="send_mail", run=send_mail, busy=mails_in_hand),
        Worker(name="send_marketing_mail", run=send_marketing_mail, busy=marketing_mails_in_hand),
    ],
    routes=[notifications.routes, suppressions.routes, answers.routes, surveys.routes],
)
