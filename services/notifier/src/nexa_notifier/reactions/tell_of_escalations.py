"""An escalated ticket is told once to whoever acts on it: product management opens the bug, support's managers stand in.

First the product manager who looks after its feature, then the agent's manager, then the first manager of support. Whom that
is, support's roster says; an escalation that is known before anybody of them waits for the first.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from nexa_chassis.domain import Recorded, derive
from nexa_chassis.reactions import Process
from nexa_contracts.support import AgentUpdated, SupportRole, TicketEscalated
from nexa_notifier.notification.decisions import Notify

ROSTER = derive("support", "roster")


@dataclass(frozen=True)
class Person:
    """Of the roster. `looks_after`: features."""

    role: SupportRole
    manager_id: UUID | None
    looks_after: frozenset[str]
    available: bool


@dataclass(frozen=True)
class Escalation:
    """`version`: of the ticket's stream, which tells one escalation of a ticket from the next."""

    event: TicketEscalated
    version: int


@dataclass(frozen=True)
class Roster:
    """`waiting`: escalations that nobody could be told of yet; `due`: those that the last fact lets be told."""

    people: Mapping[UUID, Person] = field(default_factory=dict)
    waiting: tuple[Escalation, ...] = ()
    due: tuple[Escalation, ...] = ()


def evolve(roster: Roster, fact: Recorded) -> Roster:
    people, waiting = roster.people, roster.waiting
    match fact.event:
        case AgentUpdated() as agent:
            person = Person(agent.role, agent.manager_id, frozenset(agent.skills), agent.available)
            people = {**people, agent.agent_id: person}
        case TicketEscalated() as escalated:
            waiting = (*waiting, Escalation(escalated, fact.version))
        case _:
            return roster
    due = tuple(each for each in waiting if whom_to_tell(people, each.event) is not None)
    return Roster(people, tuple(each for each in waiting if each not in due), due)


def whom_to_tell(people: Mapping[UUID, Person], escalated: TicketEscalated) -> UUID | None:
    """None: nobody of those is in the roster."""
    managers = [each for each in people if people[each].role is SupportRole.PRODUCT_MANAGER]
    if managers:
        return min(managers, key=lambda each: (*_further_from(people[each], escalated.feature), each))
    agent = people.get(escalated.agent.agent_id) if escalated.agent else None
    if agent is not None and agent.manager_id is not None:
        return agent.manager_id
    return min((each for each in people if people[each].role is SupportRole.MANAGER), default=None)


def _further_from(manager: Person, feature: str | None) -> tuple[bool, bool]:
    """As with suspected bugs: who looks after the feature first, then who is there."""
    return feature not in manager.looks_after, not manager.available


def react(roster: Roster, fact: Recorded, now: datetime) -> Iterator[Notify]:
    for each in roster.due:
        escalated, to = each.event, whom_to_tell(roster.people, each.event)
        agent = f" {escalated.agent.name} is responsible." if escalated.agent else ""
        yield Notify(
            notification_id=derive(escalated.ticket_id, each.version, "ticket_escalated"),
            kind="ticket_escalated",
            about=escalated.ticket_id,
            person_id=to,
            template="notice.v1",
            variables={
                "headline": f"{escalated.reference} escalated to {escalated.escalated_to.replace('_', ' ')}",
                "text": f"{escalated.subject} ({escalated.account_name or 'unknown account'})."
                f" Why: {escalated.reason.rstrip('.')}.{agent}",
            },
        )


def the_roster(event: AgentUpdated | TicketEscalated) -> UUID:
    return ROSTER


tell_of_escalations = Process(
    name="tell_of_escalations",
    on=(AgentUpdated, TicketEscalated),
    key=the_roster,
    initial=Roster(),
    states=(Roster,),
    evolve=evolve,
    react=react,
)
