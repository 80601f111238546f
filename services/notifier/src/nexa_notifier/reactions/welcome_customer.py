"""A new customer is welcomed once: who is there for them, where the kickoff is, what to read until then."""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from nexa_chassis.domain import Recorded, derive
from nexa_chassis.reactions import Reaction
from nexa_contracts.success import KickoffFields, KickoffScheduled
from nexa_notifier.notification.decisions import Notify


def react(fact: Recorded, now: datetime) -> Iterator[Notify]:
    match fact.event:
        case KickoffScheduled() as kickoff if kickoff.contact.email is not None:
            yield Notify(
                notification_id=derive(kickoff.project_id, "welcome"),
                kind="welcome",
                about=kickoff.project_id,
                address=kickoff.contact.email,
                template="customer_welcome.v1",
                variables={
                    "first_name": kickoff.contact.name.split(" ")[0],
                    "account_name": kickoff.account_name,
                    "csm_name": kickoff.csm.name,
                    "csm_email": kickoff.csm.email or "",
                    "kickoff_at": in_words(kickoff),
                    "kickoff_link": kickoff.join_url,
                    "documents": "\n".join(f"- {title}" for title in kickoff.training_documents),
                },
            )
        case _:
            return


def in_words(meeting: KickoffFields) -> str:
    """Such as "Thursday, 27 November 2025, 10:00 (Europe/Berlin)"."""
    local = meeting.starts_at.astimezone(ZoneInfo(meeting.time_zone))
    return f"{local:%A}, {local.day} {local:%B %Y, %H:%M} ({meeting.time_zone})"


welcome_customer = Reaction(name="welcome_customer", on=(KickoffScheduled,), react=react)
