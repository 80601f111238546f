"""Tickets whose promises are watched: every deadline that was ever set fires at its time, none is cancelled."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from nexa_chassis.domain import Deadline
from nexa_chassis.testing import recorded
from nexa_contracts.envelope import Event
from nexa_contracts.support import BusinessCalendar, ClockReading, Severity, SlaClock, SlaPoliciesChanged, SlaPolicy
from nexa_support.reactions.watch_promises import watch_promises
from nexa_support.sla.clocks import standing
from nexa_support.sla.policies import DEFAULT_POLICIES, POLICIES_ID, Policies
from nexa_support.ticket import desk as desks
from nexa_support.ticket.desk import Desk

from .stories import MONDAY, TEAM, TICKET, Story

MINUTE = timedelta(minutes=1)


def local(zone: str, text: str, fold: int = 0) -> datetime:
    """A reading of a wall's clock, in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


def policy(calendar: str = "always", **changes: Any) -> SlaPolicy:
    given: dict[str, Any] = {
        "name": "all",
        "calendar": calendar,
        "acknowledge_minutes": 60,
        "next_response_minutes": 120,
        "resolve_minutes": 480,
    }
    return SlaPolicy(**(given | changes))


def policies(*given: SlaPolicy, calendars: Sequence[BusinessCalendar] = (), version: int = 1) -> Policies:
    return Policies(version, given or (policy(),), (*DEFAULT_POLICIES.calendars, *calendars))


class Watched(Story):
    """`now` goes on only by `until`, which fires what is due on the way."""

    def __init__(self, by: Policies | None = None, at: Desk = TEAM) -> None:
        super().__init__(replace(at, policies=by or policies()))
        self.now = MONDAY
        self.deadlines: list[Deadline] = []

    def tell(self, command: Any, now: datetime | None = None) -> Sequence[Event]:
        events = super().tell(command, now or self.now)
        for event in events:
            if type(event) in watch_promises.on:
                self.deadlines += [
                    each for each in watch_promises.react(recorded(event), self.now) if isinstance(each, Deadline)
                ]
        return events

    def until(self, moment: datetime) -> None:
        while due := [each for each in self.deadlines if each.at <= moment]:
            first = min(due, key=lambda each: each.at)
            self.deadlines.remove(first)
            self.now = max(self.now, first.at)
            self.tell(first.command)
        self.now = moment

    def after(self, minutes: float) -> None:
        self.until(self.now + minutes * MINUTE)

    def change(self, *given: SlaPolicy, calendars: Sequence[BusinessCalendar] = ()) -> None:
        assert self.desk.policies is not None
        new = policies(*given, calendars=calendars, version=self.desk.policies.version + 1)
        changed = SlaPoliciesChanged(
            policies_id=POLICIES_ID, version=new.version, policies=new.policies, calendars=new.calendars
        )
        self.desk = desks.evolve(self.desk, changed)

    def clock(self, clock: SlaClock = SlaClock.RESOLVE) -> ClockReading:
        """The last promise of this kind, as it stands now."""
        ticket = self.state.ticket
        severity: Severity = ticket.severity
        assert self.desk.policies is not None
        readings = standing(ticket.clocks, severity, self.desk.policies, self.now).clocks
        return [each for each in readings if each.clock is clock][-1]

    @property
    def ticket_id(self) -> object:
        return TICKET
