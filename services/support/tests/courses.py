"""The course of a bug's tickets in memory: what is decided is told to the reactions, in whatever order is chosen."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from nexa_chassis.domain import Deadline, Recorded
from nexa_chassis.reactions import Process, Reaction
from nexa_chassis.testing import recorded
from nexa_contracts.envelope import Event
from nexa_contracts.success import AccountVersionReported
from nexa_contracts.support import TicketResolved
from nexa_contracts.topics import topic_of
from nexa_support.aggregates import bug, deployment, ticket
from nexa_support.bug.recurrence import Evidence
from nexa_support.reactions.follow_merged_tickets import follow_merged_tickets
from nexa_support.reactions.link_reported_tickets import link_reported_tickets
from nexa_support.reactions.mark_bugs_fixed import mark_bugs_fixed
from nexa_support.reactions.note_account_versions import note_account_versions
from nexa_support.reactions.offer_fixes_to_tickets import offer_fixes_to_tickets
from nexa_support.reactions.tell_of_known_bugs import tell_of_known_bugs
from nexa_support.ticket import desk as desks
from nexa_support.ticket.desk import Desk

from .stories import MONDAY

REACTIONS: Sequence[Reaction | Process[Any]] = (
    link_reported_tickets,
    mark_bugs_fixed,
    tell_of_known_bugs,
    note_account_versions,
    offer_fixes_to_tickets,
    follow_merged_tickets,
)


@dataclass(repr=False)
class Course:
    """Tickets, bugs and deployments with their reactions. Each reaction hears each stream in its order; which stream comes
    next is `chance`'s to say, as between the partitions of topics.
    """

    chance: random.Random = field(default_factory=lambda: random.Random(0))
    now: datetime = MONDAY
    evidence: Evidence = field(default_factory=Evidence)
    events: list[Event] = field(default_factory=list)
    desk: Desk = field(default_factory=Desk)
    _states: dict[str, Any] = field(default_factory=dict)
    _versions: dict[str, int] = field(default_factory=dict)
    _processes: dict[tuple[str, UUID], Any] = field(default_factory=dict)
    _waiting: dict[tuple[str, str], list[Recorded]] = field(default_factory=dict)

    def do(self, *commands: object) -> None:
        for command in commands:
            aggregate: Any = next(each for each in (ticket, bug, deployment) if type(command) in each.commands)
            stream = aggregate.stream_of(command)
            state = self._states.get(stream, aggregate.initial)
            seen: dict[str, tuple[object, ...]] = {"ticket": (self.desk,), "bug": (self.evidence,)}
            for event in aggregate.decide(command, state, self.now, *seen.get(aggregate.name, ())):
                state = aggregate.evolve(state, event)
                self.desk = desks.evolve(self.desk, event)
                self._tell(stream, event, published=event.__class__ in aggregate.topic.events)
            self._states[stream] = state

    def report(self, account_id: UUID, version: str) -> None:
        """Another service says which version the account runs."""
        event = AccountVersionReported(account_id=account_id, version=version, since=self.now)
        self._tell(f"account_version-{account_id}", event, published=True)

    def _tell(self, stream: str, event: Event, *, published: bool) -> None:
        self._versions[stream] = self._versions.get(stream, 0) + 1
        self.events.append(event)
        if published:
            fact = recorded(event, stream=stream, version=self._versions[stream], time=self.now)
            for reaction in REACTIONS:
                if type(event) in reaction.on:
                    lane = f"{topic_of(type(event)).name} {stream}"
                    self._waiting.setdefault((reaction.name, lane), []).append(fact)

    def step(self) -> bool:
        """One reaction hears one fact; False where none waits."""
        lanes = sorted(key for key, facts in self._waiting.items() if facts)
        if not lanes:
            return False
        name, lane = self.chance.choice(lanes)
        fact = self._waiting[name, lane].pop(0)
        reaction = next(each for each in REACTIONS if each.name == name)
        outputs = self._heard(reaction, fact)
        self.do(*(each for each in outputs if not isinstance(each, Deadline)))
        return True

    def _heard(self, reaction: Reaction | Process[Any], fact: Recorded) -> list[object]:
        if isinstance(reaction, Reaction):
            return list(reaction.react(fact, self.now))
        key = (reaction.name, reaction.key(fact.event))
        state = reaction.evolve(self._processes.get(key, reaction.initial), fact)
        self._processes[key] = state
        return list(reaction.react(state, fact, self.now))

    def settle(self) -> None:
        while self.step():
            pass

    def play(self, *acts: Callable[[], None]) -> None:
        """The acts in their order, with as many facts heard between them as `chance` says, and all of them at the end."""
        for act in acts:
            act()
            for _ in range(self.chance.randrange(8)):
                self.step()
        self.settle()

    def ticket(self, ticket_id: UUID) -> Any:
        return self._states[f"ticket-{ticket_id}"]

    def bug(self, bug_id: UUID) -> Any:
        return self._states[f"bug-{bug_id}"]

    def of(self, kind: type[Event]) -> list[Any]:
        return [event for event in self.events if type(event) is kind]

    def notices(self) -> list[tuple[str, UUID]]:
        """Each mail that a fix leads to: to whom, and the notice that makes it one."""
        told = [event for event in self.of(TicketResolved) if event.tell_customer and event.requester.email]
        return sorted({(event.requester.email.casefold(), event.notice_id or event.ticket_id) for event in told})
