"""Each lead of an import gets one mail: thank you, with the resources."""

from collections.abc import Iterator
from datetime import datetime

from nexa_chassis.domain import Recorded, derive
from nexa_chassis.reactions import Reaction
from nexa_contracts.marketing import LeadCreated
from nexa_notifier.notification.decisions import Notify


def react(fact: Recorded, now: datetime) -> Iterator[Notify]:
    match fact.event:
        case LeadCreated(email=str(), import_id=import_id) as lead if import_id is not None:
            yield Notify(
                notification_id=derive(lead.lead_id, "thank_you"),
                kind="thank_you",
                about=lead.lead_id,
                address=lead.email,
                template="thank_you.v1",
                variables={
                    "first_name": lead.first_name or "",
                    "campaign_name": lead.campaign_name,
                    "attended": "yes" if lead.engagement.attended else "",
                },
            )
        case _:
            return


thank_new_lead = Reaction(name="thank_new_lead", on=(LeadCreated,), react=react)
