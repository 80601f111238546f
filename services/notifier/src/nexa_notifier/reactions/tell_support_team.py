"""Agents, managers, product managers and engineers hear what asks for them: tickets, suspicions, promises, bugs."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from nexa_chassis.domain import Recorded, derive
from nexa_chassis.reactions import Reaction
from nexa_contracts.support import (
    BugReopened,
    BugStatus,
    BugSuspected,
    BugTriaged,
    SlaBreached,
    SlaClockFields,
    SlaWarned,
    TicketAssigned,
    TicketPriority,
    TicketType,
)
from nexa_notifier.notification.decisions import Notify

URGENT = frozenset({TicketPriority.CRITICAL, TicketPriority.HIGH})


def react(fact: Recorded, now: datetime) -> Iterator[Notify]:
    match fact.event:
        case TicketAssigned() as given:
            urgent = given.type is TicketType.BUG and given.priority in URGENT
            yield _notice(
                derive(given.ticket_id, fact.version, "ticket_assigned"),
                "ticket_assigned",
                about=given.ticket_id,
                to=given.agent.agent_id,
                headline="Urgent bug ticket assigned" if urgent else "Ticket assigned",
                text=f"{given.reference}: {given.subject}. {given.instruction}".strip(),
            )
        case BugSuspected(product_manager_id=UUID() as to) as suspicion:
            yield _notice(
                derive(suspicion.suspicion_id, "bug_suspected"),
                "bug_suspected",
                about=suspicion.suspicion_id,
                to=to,
                headline=f"Potential {suspicion.severity.upper()} bug: {suspicion.feature_name}",
                text=f"{suspicion.similar} similar tickets in last week",
            )
        case SlaWarned(agent=agent) as clock if agent is not None:
            yield _notice(
                derive(clock.ticket_id, fact.version, "sla_warned"),
                "sla_warned",
                about=clock.ticket_id,
                to=agent.agent_id,
                headline=f"{clock.reference}: {_promise(clock)} is due soon",
                text=f"Promised by {_moment(clock.due_at)} ({clock.policy}).",
            )
        case SlaBreached(tell_id=UUID() as to) as clock:
            yield _notice(
                derive(clock.ticket_id, fact.version, "sla_breached"),
                "sla_breached",
                about=clock.ticket_id,
                to=to,
                headline=f"{clock.reference}: {_promise(clock)} is late",
                text=f"It was promised by {_moment(clock.due_at)} ({clock.policy}).",
            )
        case BugTriaged(engineer=engineer) as bug if engineer is not None and bug.status is not BugStatus.FIXED:
            yield _notice(
                derive(bug.bug_id, engineer.agent_id, "bug_given"),
                "bug_given",
                about=bug.bug_id,
                to=engineer.agent_id,
                headline=f"{bug.severity.upper()} bug: {bug.title}",
                text=f"Planned for {bug.sprint or 'no sprint yet'}.",
            )
        case BugReopened(engineer=engineer) as bug if engineer is not None:
            yield _notice(
                derive(bug.bug_id, fact.version, "bug_reopened"),
                "bug_reopened",
                about=bug.bug_id,
                to=engineer.agent_id,
                headline=f"Open again: {bug.title}",
                text=f"Why: {bug.reason}.",
            )
        case _:
            return


def _notice(notification_id: UUID, kind: str, *, about: UUID, to: UUID, headline: str, text: str) -> Notify:
    return Notify(
        notification_id=notification_id,
        kind=kind,
        about=about,
        person_id=to,
        template="notice.v1",
        variables={"headline": headline, "text": text},
    )


def _promise(clock: SlaClockFields) -> str:
    return {"acknowledge": "the first answer", "next_response": "the next answer", "resolve": "the solution"}[
        clock.clock.value
    ]


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


tell_support_team = Reaction(
    name="tell_support_team",
    on=(TicketAssigned, BugSuspected, SlaWarned, SlaBreached, BugTriaged, BugReopened),
    react=react,
)
