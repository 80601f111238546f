"""A rep hears of new leads: once an import, however many it brought; once a lead that came alone.

Managers hear, once a day, that leads wait too long for a rep.
"""

from collections.abc import Iterator
from datetime import datetime

from nexa_chassis.domain import Recorded, derive
from nexa_chassis.reactions import Reaction
from nexa_contracts.sales import ImportRouted, LeadAssigned, LeadWaitedTooLong, RepCount
from nexa_contracts.values import Band
from nexa_notifier.notification.decisions import Notify


def react(fact: Recorded, now: datetime) -> Iterator[Notify]:
    match fact.event:
        case ImportRouted() as routed:
            for count in routed.reps:
                yield Notify(
                    notification_id=derive(routed.import_id, count.rep_id, "rep_notice"),
                    kind="rep_notice",
                    about=routed.import_id,
                    person_id=count.rep_id,
                    template="rep_notice.v1",
                    variables={"headline": headline(count), "campaign_name": routed.campaign_name},
                )
        case LeadAssigned(import_id=None) as assigned:
            yield Notify(
                notification_id=derive(assigned.lead_id, assigned.rep_id, fact.version, "rep_notice"),
                kind="rep_notice",
                about=assigned.lead_id,
                person_id=assigned.rep_id,
                template="rep_notice.v1",
                variables={"headline": headline(alone(assigned)), "campaign_name": ""},
            )
        case LeadWaitedTooLong() as waiting:
            for manager_id in waiting.manager_ids:
                yield Notify(
                    notification_id=derive(manager_id, fact.time.date().isoformat(), "leads_waiting"),
                    kind="leads_waiting",
                    about=waiting.lead_id,
                    person_id=manager_id,
                    template="notice.v1",
                    variables={
                        "headline": f"A {waiting.band.value} lead waits too long for a rep",
                        "text": f"It waits since {waiting.since:%Y-%m-%d %H:%M} UTC. {waiting.reason}."
                        " The waiting queue shows whether there are more; today you are not told again.",
                    },
                )
        case _:
            return


def alone(assigned: LeadAssigned) -> RepCount:
    high = assigned.band is Band.HIGH
    return RepCount(rep_id=assigned.rep_id, high=1 if high else 0, medium=0 if high else 1)


def headline(count: RepCount) -> str:
    """Such as "5 new high-priority leads assigned" or "2 new high-priority leads and 1 other assigned"."""
    match count.high, count.medium:
        case 0, medium:
            return f"{medium} new {_leads(medium)} assigned"
        case high, 0:
            return f"{high} new high-priority {_leads(high)} assigned"
        case high, medium:
            return (
                f"{high} new high-priority {_leads(high)} and {medium} {'other' if medium == 1 else 'others'} assigned"
            )


def _leads(count: int) -> str:
    return "lead" if count == 1 else "leads"


tell_rep_of_new_leads = Reaction(
    name="tell_rep_of_new_leads", on=(ImportRouted, LeadAssigned, LeadWaitedTooLong), react=react
)
