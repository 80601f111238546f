"""A step of a nurture series that is due becomes a mail, one per enrolment and step, ever."""

from collections.abc import Iterator
from datetime import datetime

from nexa_chassis.domain import Recorded, derive
from nexa_chassis.reactions import Reaction
from nexa_contracts.marketing import NurtureStepDue
from nexa_notifier.notification.decisions import Notify


def react(fact: Recorded, now: datetime) -> Iterator[Notify]:
    match fact.event:
        case NurtureStepDue() as due:
            step = due.step_key or str(due.step)
            yield Notify(
                notification_id=derive(due.enrolment_id, step, "nurture_step"),
                kind="nurture_step",
                about=due.lead_id,
                address=due.email,
                template=due.template,
                variables={
                    "first_name": due.first_name or "",
                    "campaign_name": due.campaign_name,
                    "company": due.company or "",
                    **_letter(due),
                },
                enrolment_id=due.enrolment_id,
                step=step,
            )
        case _:
            return


def _letter(due: NurtureStepDue) -> dict[str, str]:
    """What the series itself says, where its step has words of its own."""
    if due.subject is None:
        return {}
    link, label = due.link or "", due.link_label or due.link or ""
    return {"subject": due.subject, "text": due.text or "", "link": link, "link_label": label}


mail_nurture_step = Reaction(name="mail_nurture_step", on=(NurtureStepDue,), react=react)
