"""What the breaches of past tickets would have been under other policies or calendars. Nothing is written."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from nexa_contracts.support import ClockState, MomentOfClocks, Severity, SlaClock
from nexa_support.sla.course import Course, course_of
from nexa_support.sla.measuring import Reading, measure
from nexa_support.sla.policies import Policies


@dataclass(frozen=True)
class PastTicket:
    """A ticket's course, with the severity and plan that it has now."""

    ticket_id: UUID
    reference: str
    severity: Severity
    plan: str | None
    course: Course


@dataclass(frozen=True)
class Difference:
    """A promise that was broken under one set and not under the other; None: not broken."""

    clock: SlaClock
    began_at: datetime
    breached_before: datetime | None
    breached_after: datetime | None


@dataclass
class Count:
    """Promises of a clock and severity, and how many of them were broken."""

    promises_before: int = 0
    promises_after: int = 0
    breached_before: int = 0
    breached_after: int = 0

    def add_before(self, breached: bool) -> None:
        self.promises_before += 1
        self.breached_before += breached

    def add_after(self, breached: bool) -> None:
        self.promises_after += 1
        self.breached_after += breached


@dataclass
class Comparison:
    tickets: int = 0
    counts: dict[tuple[SlaClock, Severity], Count] = field(default_factory=dict)
    changed: list[tuple[PastTicket, tuple[Difference, ...]]] = field(default_factory=list)


def past_tickets(rows: Iterable[Mapping[str, Any]]) -> Iterator[PastTicket]:
    """Tickets of rows that stand together: what moved their clocks, in the order in which it came."""
    for ticket_id, group in groupby(rows, key=lambda row: row["ticket_id"]):
        history = list(group)
        moments = (MomentOfClocks.model_validate(each) for row in history for each in row["moments"])
        last = history[-1]
        yield PastTicket(ticket_id, last["reference"], Severity(last["severity"]), last["plan"], course_of(moments))


def compare(tickets: Iterable[PastTicket], before: Policies, after: Policies, now: datetime) -> Comparison:
    comparison = Comparison()
    for ticket in tickets:
        comparison.tickets += 1
        one, other = _breaches(ticket, before, now), _breaches(ticket, after, now)
        for clock, _ in {**one, **other}:
            comparison.counts.setdefault((clock, ticket.severity), Count())
        for (clock, _), at in one.items():
            comparison.counts[clock, ticket.severity].add_before(at is not None)
        for (clock, _), at in other.items():
            comparison.counts[clock, ticket.severity].add_after(at is not None)
        differences = tuple(_differences(one, other))
        if differences:
            comparison.changed.append((ticket, differences))
    return comparison


def _breaches(
    ticket: PastTicket, policies: Policies, now: datetime
) -> dict[tuple[SlaClock, datetime], datetime | None]:
    """Each promise, and when it was broken."""
    policy = policies.matching(ticket.severity, ticket.plan)
    readings: Sequence[Reading] = measure(ticket.course, policy, policies.time_of(policy), now) if policy else ()
    return {
        (each.clock, each.began_at): each.due_at if each.state is ClockState.BREACHED else None for each in readings
    }


def _differences(
    one: Mapping[tuple[SlaClock, datetime], datetime | None], other: Mapping[tuple[SlaClock, datetime], datetime | None]
) -> Iterator[Difference]:
    for clock, began_at in {**one, **other}:
        before, after = one.get((clock, began_at)), other.get((clock, began_at))
        if (before is None) != (after is None):
            yield Difference(clock, began_at, before, after)
