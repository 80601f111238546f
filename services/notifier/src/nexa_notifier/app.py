"""Notifier: who is told what, and whether it got through. The only service that calls out, over SMTP."""

from nexa_chassis.service import Service
from nexa_chassis.workers import Worker
from nexa_notifier import api
from nexa_notifier.aggregates import notification
from nexa_notifier.mail.sending import mails_in_hand, send_mail
from nexa_notifier.reactions.mail_nurture_step import mail_nurture_step
from nexa_notifier.reactions.tell_manager_of_overdue_task import tell_manager_of_overdue_task
from nexa_notifier.reactions.tell_rep_of_new_leads import tell_rep_of_new_leads
from nexa_notifier.reactions.thank_new_lead import thank_new_lead
from nexa_notifier.read_models import directory, mail_queue
from nexa_notifier.tables import metadata

notifier = Service(
    name="notifier",
    migrations="nexa_notifier.migrations",
    metadata=metadata,
    aggregates=[notification],
    reactions=[thank_new_lead, tell_rep_of_new_leads, tell_manager_of_overdue_task, mail_nurture_step],
    read_models=[mail_queue.model, directory.model],
    workers=[Worker(name="send_mail", run=send_mail, busy=mails_in_hand)],
    routes=[api.routes],
)
