"""An assigned lead gets its follow-up, High within 24 hours, others within 48. What is to be done goes and ends with the lead.

Follow-ups of routing have ids that are known; of other tasks the process keeps which are open. Whoever gets a lead whose tasks
are all done has one to take it over. A task is looked at when it is due. A lead that waits is looked at again when its rule
says that managers are to know, a disqualified one when it is to come back.
All of that is here because a further consumer of all assignments, or of all tasks, takes a tenth of what routing a lead takes.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from nexa_chassis.domain import Deadline, Recorded, derive
from nexa_chassis.reactions import Process
from nexa_contracts.marketing import LeadSourceKind
from nexa_contracts.sales import (
    LeadAssigned,
    LeadConverted,
    LeadDisqualified,
    LeadQueued,
    LeadReleased,
    TaskCompleted,
    TaskCreated,
    TaskKind,
    TaskPriority,
)
from nexa_contracts.values import Band
from nexa_sales.assignment.commands import AlertOfWait, RecycleLead
from nexa_sales.assignment.first_contact import FIRST_CONTACT_WITHIN
from nexa_sales.task.commands import GiveTask, MarkOverdue, MoveTask, SettleTask, TakeOver

VISITED = frozenset({LeadSourceKind.WEBINAR, LeadSourceKind.EVENT})
OUTCOMES: dict[type, str] = {
    LeadConverted: "the lead was converted",
    LeadDisqualified: "the lead was disqualified",
    LeadReleased: "the lead was withdrawn",
}


@dataclass(frozen=True)
class Handed:
    """From another rep to this one, recorded at this time. `previous` are all others who had it since it was routed."""

    rep_id: UUID
    at: datetime
    previous: frozenset[UUID] = frozenset()


@dataclass(frozen=True)
class Ended:
    """By this event, recorded at this time."""

    event_id: str
    outcome: str
    at: datetime


@dataclass(frozen=True)
class Followed:
    """What is kept of a lead; nothing as long as all it has is the follow-up of its routing.

    `tasks` are the open ones besides follow-ups. `left_by`: it waits, and this rep had it before. `handed` is how its rep got
    it, where that was from another one; `ended` is its latest end, though it may have come back. Both may be heard before a
    task that was made earlier.
    """

    tasks: tuple[UUID, ...] = ()
    left_by: UUID | None = None
    handed: Handed | None = None
    ended: Ended | None = None


def follow_up_of(lead_id: UUID, band: Band, round: int = 1) -> UUID:
    """The id of a lead's follow-up in a band, another one each time the lead comes back."""
    return derive(lead_id, "follow_up", band.value, *((round,) if round > 1 else ()))


def evolve(known: Followed, fact: Recorded) -> Followed:
    match fact.event:
        case LeadAssigned() as assigned:
            return replace(known, left_by=None, handed=_handed(known, assigned, fact.recorded_at))
        case LeadQueued(previous_rep_id=UUID() as rep_id):
            return replace(known, left_by=rep_id)
        case LeadReleased(first=True):  # it was never routed
            return known
        case LeadConverted() | LeadDisqualified() | LeadReleased() as end:
            ended = Ended(fact.id, OUTCOMES[type(end)], fact.recorded_at)
            return replace(known, left_by=None, handed=None, ended=ended)
        case TaskCreated(task_id=task_id, kind=TaskKind.OTHER):
            return replace(known, tasks=(*known.tasks, task_id))
        case TaskCompleted(task_id=task_id) if task_id in known.tasks:
            return replace(known, tasks=tuple(each for each in known.tasks if each != task_id))
        case _:
            return known


def _handed(known: Followed, assigned: LeadAssigned, at: datetime) -> Handed | None:
    previous = assigned.previous_rep_id or known.left_by
    if previous is None:
        return None
    earlier = known.handed.previous if known.handed else frozenset[UUID]()
    return Handed(assigned.rep_id, at, (earlier | {previous}) - {assigned.rep_id})


Command: TypeAlias = GiveTask | MoveTask | TakeOver | SettleTask


def react(known: Followed, fact: Recorded, now: datetime) -> Iterator[Command | Deadline]:
    match fact.event:
        case LeadAssigned() as assigned:
            yield from _give(known, assigned, fact)
        case LeadQueued(lead_id=lead_id, since=since, alert_at=datetime() as alert_at):
            yield Deadline(at=alert_at, command=AlertOfWait(lead_id=lead_id, since=since))
        case LeadDisqualified(lead_id=lead_id, recycle_at=recycle_at) as disqualified:
            yield from _end(known, disqualified, fact)
            if recycle_at is not None:
                yield Deadline(at=recycle_at, command=RecycleLead(lead_id=lead_id, planned_for=recycle_at))
        case LeadReleased(first=True):
            return
        case LeadConverted() | LeadReleased() as end:
            yield from _end(known, end, fact)
        case TaskCreated() as task:
            yield Deadline(at=task.due_at, command=MarkOverdue(task_id=task.task_id))
            yield from _catch_up(known, task, fact)
        case _:
            return


def _give(known: Followed, assigned: LeadAssigned, fact: Recorded) -> Iterator[Command]:
    """Its follow-up; of a lead that another rep had, all other tasks too, and one to take it over if all are done."""
    if assigned.previous_rep_id is not None:
        for task_id in _follow_ups(assigned, besides=assigned.band):
            outcome = f"the lead moved up to {assigned.band.value}"
            yield SettleTask(task_id=task_id, outcome=outcome, event_id=fact.id)
    follow_up = _follow_up(assigned, fact.time)
    yield follow_up
    if known.handed is None:
        return
    for task_id in known.tasks:
        yield MoveTask(task_id=task_id, rep_id=assigned.rep_id)
    yield TakeOver(
        task_id=derive(assigned.lead_id, "take over", assigned.turn),
        title=f"Take over {_kind(assigned.source_kind)}lead",
        rep_id=assigned.rep_id,
        lead_id=assigned.lead_id,
        campaign_id=assigned.campaign_id,
        import_id=assigned.import_id,
        priority=follow_up.priority,
        due_at=follow_up.due_at,
    )


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
    if band is Band.HIGH:
        return f"Call hot {_kind(source)}lead"
    return f"Follow up on {_kind(source)}{'attendee' if source in VISITED else 'lead'}"


def _kind(source: LeadSourceKind) -> str:
    return "" if source is LeadSourceKind.OTHER else f"{source.value} "


def _end(known: Followed, end: LeadConverted | LeadDisqualified | LeadReleased, fact: Recorded) -> Iterator[SettleTask]:
    """Nothing is to be done any more."""
    for task_id in (*_follow_ups(end), *known.tasks):
        yield SettleTask(task_id=task_id, outcome=OUTCOMES[type(end)], event_id=fact.id)


def _follow_ups(
    event: LeadAssigned | LeadConverted | LeadDisqualified | LeadReleased, besides: Band | None = None
) -> Iterator[UUID]:
    """Those that its lead may have in this round; of a lead on its first assignment there are none to look for."""
    return (follow_up_of(event.lead_id, band, event.round) for band in FIRST_CONTACT_WITHIN if band is not besides)


def _catch_up(known: Followed, task: TaskCreated, fact: Recorded) -> Iterator[SettleTask | MoveTask]:
    """A task that is heard of only after its lead has ended, or gone to another rep, does so too.

    Times are taken when a transaction begins, and a simulated clock may stand: they do not tell which of two facts was
    written first. So a task of a rep who no longer has the lead goes to whoever has it, whatever the times.
    """
    if task.kind is not TaskKind.OTHER:
        return
    ended, handed = known.ended, known.handed
    if ended is not None and fact.recorded_at <= ended.at:
        yield SettleTask(task_id=task.task_id, outcome=ended.outcome, event_id=ended.event_id)
    elif handed is not None and (task.rep_id in handed.previous or fact.recorded_at <= handed.at):
        yield MoveTask(task_id=task.task_id, rep_id=handed.rep_id)


def lead_of(
    event: LeadAssigned | LeadQueued | LeadConverted | LeadDisqualified | LeadReleased | TaskCreated | TaskCompleted,
) -> UUID:
    return event.lead_id


open_follow_up = Process(
    name="open_follow_up",
    on=(LeadAssigned, LeadQueued, LeadConverted, LeadDisqualified, LeadReleased, TaskCreated, TaskCompleted),
    key=lead_of,
    initial=Followed(),
    states=(Followed,),
    evolve=evolve,
    react=react,
)
