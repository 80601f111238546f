"""An assigned lead gets its follow-up: High within 24 hours, Medium within 48. It goes where the lead goes and ends with it."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

from nexa_chassis.domain import Deadline, Recorded, derive
from nexa_chassis.reactions import Reaction
from nexa_contracts.marketing import LeadSourceKind
from nexa_contracts.sales import (
    AssignmentReason,
    LeadAssigned,
    LeadConverted,
    LeadDisqualified,
    TaskCompleted,
    TaskKind,
    TaskPriority,
)
from nexa_contracts.values import Band
from nexa_sales.assignment.decisions import NoteContact
from nexa_sales.task.decisions import CreateTask, HandOnTask, MarkOverdue, SettleTask

DUE_WITHIN = {Band.HIGH: timedelta(hours=24), Band.MEDIUM: timedelta(hours=48)}


def task_of(lead_id: UUID, band: Band) -> UUID:
    """The follow-up of a lead in a band."""
    return derive(lead_id, "follow_up", band.value)


def react(fact: Recorded, now: datetime) -> Iterator[object]:
    match fact.event:
        case LeadAssigned() as assigned if assigned.band in DUE_WITHIN:
            yield from _follow_up(assigned, fact)
        case LeadConverted(lead_id=lead_id):
            yield from _settle(lead_id, "the lead was converted", fact)
        case LeadDisqualified(lead_id=lead_id):
            yield from _settle(lead_id, "the lead was disqualified", fact)
        case TaskCompleted(lead_id=lead_id, completed_by=by) if "@" not in by:
            yield NoteContact(lead_id=lead_id)
        case _:
            return


def _follow_up(assigned: LeadAssigned, fact: Recorded) -> Iterator[object]:
    task_id = task_of(assigned.lead_id, assigned.band)
    if assigned.reason is AssignmentReason.REROUTED:
        lower = task_of(assigned.lead_id, Band.MEDIUM)
        yield SettleTask(task_id=lower, outcome="the lead moved up to High", event_id=fact.id)
    due_at = fact.time + DUE_WITHIN[assigned.band]
    hot = assigned.band is Band.HIGH
    yield CreateTask(
        task_id=task_id,
        kind=TaskKind.CALL_HOT_LEAD if hot else TaskKind.FOLLOW_UP,
        title=title(assigned.band, assigned.source_kind),
        rep_id=assigned.rep_id,
        lead_id=assigned.lead_id,
        campaign_id=assigned.campaign_id,
        import_id=assigned.import_id,
        priority=TaskPriority.URGENT if hot else TaskPriority.NORMAL,
        due_at=due_at,
    )
    yield HandOnTask(task_id=task_id, rep_id=assigned.rep_id)
    yield Deadline(at=due_at, command=MarkOverdue(task_id=task_id, manager_id=assigned.manager_id))


def title(band: Band, source: LeadSourceKind) -> str:
    """Such as "Call hot webinar lead" or "Follow up on webinar attendee"; without a telling source just "lead"."""
    if source is LeadSourceKind.OTHER:
        return "Call hot lead" if band is Band.HIGH else "Follow up on lead"
    kind = source.value.replace("_", " ")
    if band is Band.HIGH:
        return f"Call hot {kind} lead"
    attended = source in {LeadSourceKind.WEBINAR, LeadSourceKind.EVENT}
    return f"Follow up on {kind} {'attendee' if attended else 'lead'}"


def _settle(lead_id: UUID, outcome: str, fact: Recorded) -> Iterator[SettleTask]:
    for band in DUE_WITHIN:
        yield SettleTask(task_id=task_of(lead_id, band), outcome=outcome, event_id=fact.id)


open_follow_up = Reaction(
    name="open_follow_up", on=(LeadAssigned, LeadConverted, LeadDisqualified, TaskCompleted), react=react
)
