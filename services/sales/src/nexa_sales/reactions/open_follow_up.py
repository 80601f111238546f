"""An assigned lead gets its follow-up, High within 24 hours, others within 48. It goes and ends with the lead.

A lead that waits is looked at again when its rule says that managers are to know, a disqualified one when it is to come back.
That is here because a further consumer of all assignments takes a tenth of what routing a lead takes.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from nexa_chassis.domain import Deadline, Recorded, derive
from nexa_chassis.reactions import Reaction
from nexa_contracts.marketing import LeadSourceKind
from nexa_contracts.sales import (
    LeadAssigned,
    LeadConverted,
    LeadDisqualified,
    LeadQueued,
    LeadReleased,
    TaskKind,
    TaskPriority,
)
from nexa_contracts.values import Band
from nexa_sales.assignment.commands import AlertOfWait, RecycleLead
from nexa_sales.assignment.first_contact import FIRST_CONTACT_WITHIN
from nexa_sales.task.commands import GiveTask, SettleTask

VISITED = frozenset({LeadSourceKind.WEBINAR, LeadSourceKind.EVENT})


def follow_up_of(lead_id: UUID, band: Band, round: int = 1) -> UUID:
    """The id of a lead's follow-up in a band, another one each time the lead comes back."""
    return derive(lead_id, "follow_up", band.value, *((round,) if round > 1 else ()))


def react(fact: Recorded, now: datetime) -> Iterator[GiveTask | SettleTask | Deadline]:
    match fact.event:
        case LeadAssigned() as assigned:
            yield from _settle(assigned, f"the lead moved up to {assigned.band.value}", fact, assigned.band)
            yield _follow_up(assigned, fact.time)
        case LeadQueued(lead_id=lead_id, since=since, alert_at=datetime() as alert_at):
            yield Deadline(at=alert_at, command=AlertOfWait(lead_id=lead_id, since=since))
        case LeadConverted() as converted:
            yield from _settle(converted, "the lead was converted", fact)
        case LeadDisqualified() as disqualified:
            yield from _settle(disqualified, "the lead was disqualified", fact)
            if (back_at := disqualified.recycle_at) is not None:
                yield Deadline(at=back_at, command=RecycleLead(lead_id=disqualified.lead_id, planned_for=back_at))
        case LeadReleased() as released:
            yield from _settle(released, "the lead was withdrawn", fact)
        case _:
            return


def _follow_up(assigned: LeadAssigned, since: datetime) -> GiveTask:
    hot = assigned.band is Band.HIGH
    return GiveTask(
        task_id=follow_up_of(assigned.lead_id, assigned.band, assigned.round),
        kind=TaskKind.CALL_HOT_LEAD if hot else TaskKind.FOLLOW_UP,
        title=title(assigned.band, assigned.source_kind),
        rep_id=assigned.rep_id,
        lead_id=assigned.lead_id,
        campaign_id=assigned.campaign_id,
        import_id=assigned.import_id,
        priority=TaskPriority.URGENT if hot else TaskPriority.NORMAL,
        due_at=since + FIRST_CONTACT_WITHIN[assigned.band],
    )


def title(band: Band, source: LeadSourceKind) -> str:
    """As in: Call hot webinar lead, Follow up on webinar attendee; without a telling source just "lead"."""
    kind = "" if source is LeadSourceKind.OTHER else f"{source.value} "
    if band is Band.HIGH:
        return f"Call hot {kind}lead"
    return f"Follow up on {kind}{'attendee' if source in VISITED else 'lead'}"


Settling: TypeAlias = LeadAssigned | LeadConverted | LeadDisqualified | LeadReleased


def _settle(event: Settling, outcome: str, fact: Recorded, keep: Band | None = None) -> Iterator[SettleTask]:
    """Its open follow-ups are no longer needed; of a lead on its first assignment there are none to look for."""
    if isinstance(event, LeadAssigned) and event.previous_rep_id is None:
        return
    for band in FIRST_CONTACT_WITHIN:
        if band is not keep:
            yield SettleTask(task_id=follow_up_of(event.lead_id, band, event.round), outcome=outcome, event_id=fact.id)


open_follow_up = Reaction(
    name="open_follow_up",
    on=(LeadAssigned, LeadQueued, LeadConverted, LeadDisqualified, LeadReleased),
    react=react,
)
