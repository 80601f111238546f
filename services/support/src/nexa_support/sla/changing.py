"""Changing the policies: the whole set, as it is to be."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import pairwise
from uuid import UUID
from zoneinfo import available_timezones

from nexa_chassis.domain import Refused
from nexa_contracts.support import BusinessCalendar, Interval, SlaClock, SlaPoliciesChanged, SlaPolicy
from nexa_support.sla.calendar import HORIZON, counted_by, countries
from nexa_support.sla.measuring import target_of
from nexa_support.sla.policies import POLICIES_ID, Policies

MOST_POLICIES = 100
MOST_CALENDARS = 50
MOST_INTERVALS = 70
MOST_HOLIDAYS = 1_000
MOST_STEPS = 10
MOST_PERCENT = 1_000


@dataclass(frozen=True, kw_only=True)
class ChangePolicies:
    """Replace policies and calendars; the clocks of open tickets are measured anew, over their whole history."""

    policies: tuple[SlaPolicy, ...]
    calendars: tuple[BusinessCalendar, ...]
    policies_id: UUID = POLICIES_ID


def decide(command: ChangePolicies, state: Policies, now: datetime) -> Sequence[SlaPoliciesChanged]:
    check(command.policies, command.calendars, now)
    if (command.policies, command.calendars) == (state.policies, state.calendars):
        return []
    return [
        SlaPoliciesChanged(
            policies_id=command.policies_id,
            version=state.version + 1,
            policies=command.policies,
            calendars=command.calendars,
        )
    ]


def check(policies: Sequence[SlaPolicy], calendars: Sequence[BusinessCalendar], now: datetime) -> None:
    """Raises Refused for a set that no clock could go by."""
    if not 0 < len(policies) <= MOST_POLICIES:
        raise _refused(f"A set has 1 to {MOST_POLICIES} policies.", "count", "policies")
    if not 0 < len(calendars) <= MOST_CALENDARS:
        raise _refused(f"A set has 1 to {MOST_CALENDARS} calendars.", "count", "calendars")
    _check_names("policies", (policy.name for policy in policies))
    _check_names("calendars", (calendar.name for calendar in calendars))
    for place, calendar in enumerate(calendars):
        _check_calendar(calendar, f"calendars[{place}]")
    known = {calendar.name: calendar for calendar in calendars}
    for place, policy in enumerate(policies):
        _check_policy(policy, known, f"policies[{place}]", now)


def _refused(message: str, rule: str, field: str) -> Refused:
    return Refused(message, rule=f"sla.{rule}", field=field)


def _check_names(field: str, names: Iterable[str]) -> None:
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise _refused(f"Two {field} are called {twice[0]!r}; give each a name of its own.", "name", field)


def _check_calendar(calendar: BusinessCalendar, field: str) -> None:
    called = f"Calendar {calendar.name!r}"
    if calendar.time_zone not in available_timezones():
        raise _refused(
            f"{called}: {calendar.time_zone!r} is no time zone; write it as Europe/Berlin.",
            "time_zone",
            f"{field}.time_zone",
        )
    if calendar.holidays_of is not None and calendar.holidays_of not in countries():
        raise _refused(
            f"{called}: no public holidays are known of {calendar.holidays_of!r}; write a country as DE, or leave it out"
            " and list the holidays.",
            "country",
            f"{field}.holidays_of",
        )
    if len(calendar.intervals) > MOST_INTERVALS or len(calendar.holidays) > MOST_HOLIDAYS:
        raise _refused(
            f"{called} has more than {MOST_INTERVALS} intervals or {MOST_HOLIDAYS} holidays.", "count", field
        )
    if not calendar.intervals and (calendar.holidays_of is not None or calendar.holidays):
        raise _refused(
            f"{called} has no intervals, so it counts around the clock and has no holidays; give it an interval from 00:00"
            " to 00:00 for each weekday, or leave the holidays out.",
            "holidays",
            f"{field}.intervals",
        )
    _check_intervals(called, calendar.intervals, f"{field}.intervals")


def _check_intervals(called: str, intervals: Sequence[Interval], field: str) -> None:
    for each in intervals:
        if each.ends != time() and each.ends <= each.begins:
            raise _refused(
                f"{called}: the interval of weekday {each.weekday} ends at {each.ends}, not after it begins at"
                f" {each.begins}; one over midnight is two, the first until 00:00.",
                "interval",
                field,
            )
        if each.begins.tzinfo is not None or each.ends.tzinfo is not None:
            raise _refused(
                f"{called}: times of intervals are the calendar's own; leave the offset out.", "interval", field
            )
    for earlier, later in pairwise(sorted(intervals, key=lambda each: (each.weekday, each.begins))):
        if earlier.weekday == later.weekday and (earlier.ends == time() or later.begins < earlier.ends):
            raise _refused(
                f"{called}: two intervals of weekday {later.weekday} overlap at {later.begins}; make them one.",
                "interval",
                field,
            )


def _check_policy(policy: SlaPolicy, calendars: dict[str, BusinessCalendar], field: str, now: datetime) -> None:
    called = f"Policy {policy.name!r}"
    calendar = calendars.get(policy.calendar)
    if calendar is None:
        raise _refused(
            f"{called}: there is no calendar {policy.calendar!r}; known are {', '.join(sorted(calendars))}.",
            "calendar",
            f"{field}.calendar",
        )
    steps = policy.escalate_percent
    rising = all(earlier < later for earlier, later in pairwise((0, *steps)))
    if len(steps) > MOST_STEPS or not rising or any(step > MOST_PERCENT for step in steps):
        raise _refused(
            f"{called}: steps of the ladder rise from 1 to {MOST_PERCENT} percent, at most {MOST_STEPS} of them.",
            "ladder",
            f"{field}.escalate_percent",
        )
    longest = max(target_of(policy, clock) for clock in SlaClock) * (100 + max(steps, default=0)) / 100
    if longest > timedelta(days=3_650) or counted_by(calendar).after(now, longest) is None:
        raise _refused(
            f"{called}: calendar {calendar.name!r} has too little working time or none for {longest // timedelta(hours=1)}"
            f" hours within {HORIZON} years; check its intervals and holidays, or lower the target.",
            "unreachable",
            f"{field}.calendar",
        )
