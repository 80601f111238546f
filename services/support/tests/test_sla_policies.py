"""A set of policies: what is refused, what is warned of, which policy a ticket gets, what would have been otherwise."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from nexa_chassis.testing import given
from nexa_contracts.support import (
    BusinessCalendar,
    ClockMove,
    Interval,
    MomentOfClocks,
    Severity,
    SlaClock,
    SlaPoliciesChanged,
    SlaPolicy,
)
from nexa_support.aggregates import sla_policies
from nexa_support.sla.changing import ChangePolicies
from nexa_support.sla.policies import DEFAULT_POLICIES, POLICIES_ID, warnings_of
from nexa_support.sla.what_if import Difference, compare, past_tickets

from .promises import policies, policy
from .stories import HOUR, id_of

ALWAYS = DEFAULT_POLICIES.calendars[0]


def calendar(**changes: Any) -> BusinessCalendar:
    hours = (Interval(weekday=0, begins=time(9), ends=time(17)),)
    return BusinessCalendar.model_validate(
        {"name": "office", "time_zone": "Europe/Berlin", "intervals": hours, **changes}
    )


def interval(begins: str, ends: str) -> dict[str, object]:
    return {"weekday": 0, "begins": begins, "ends": ends}


def change(*given: SlaPolicy, calendars: tuple[BusinessCalendar, ...] = (ALWAYS,)) -> ChangePolicies:
    return ChangePolicies(policies=given, calendars=calendars)


MONDAYS = tuple(date(2026, 1, 5) + timedelta(weeks=n) for n in range(600))


@pytest.mark.parametrize(
    ("command", "rule"),
    [
        (change(), "sla.count"),
        (change(policy(), calendars=()), "sla.count"),
        (change(policy(), policy()), "sla.name"),
        (change(policy(), calendars=(ALWAYS, ALWAYS)), "sla.name"),
        (change(policy(calendar="night")), "sla.calendar"),
        (change(policy("office"), calendars=(calendar(time_zone="Europe/Bonn"),)), "sla.time_zone"),
        (change(policy("office"), calendars=(calendar(holidays_of="XX"),)), "sla.country"),
        (change(policy("office"), calendars=(calendar(intervals=[], holidays_of="DE"),)), "sla.holidays"),
        (change(policy("office"), calendars=(calendar(intervals=[interval("17:00", "09:00")]),)), "sla.interval"),
        (
            change(
                policy("office"),
                calendars=(calendar(intervals=[interval("09:00", "12:00"), interval("11:59", "13:00")]),),
            ),
            "sla.interval",
        ),
        (
            change(
                policy("office"),
                calendars=(calendar(intervals=[interval("09:00", "00:00"), interval("11:59", "13:00")]),),
            ),
            "sla.interval",
        ),
        (change(policy("office"), calendars=(calendar(holidays=MONDAYS),)), "sla.unreachable"),
        (change(policy(escalate_percent=(50, 50))), "sla.ladder"),
        (change(policy(escalate_percent=(0,))), "sla.ladder"),
    ],
)
def test_a_set_that_no_clock_could_go_by_is_refused(command: ChangePolicies, rule: str) -> None:
    given(sla_policies).when(command, now=datetime(2026, 1, 1, tzinfo=UTC)).then_refused(rule=rule)


def test_a_change_is_the_next_version_and_the_same_set_again_none() -> None:
    changed = SlaPoliciesChanged(policies_id=POLICIES_ID, version=2, policies=(policy(),), calendars=(ALWAYS,))
    given(sla_policies).when(change(policy())).then(changed)
    given(sla_policies, changed).when(change(policy())).then()


def test_intervals_may_touch() -> None:
    touching = calendar(intervals=[interval("09:00", "12:00"), interval("12:00", "00:00")])
    (changed,) = given(sla_policies).when(change(policy("office"), calendars=(touching,))).produced
    assert isinstance(changed, SlaPoliciesChanged)


def test_the_default_set_can_be_gone_by_and_leaves_nobody_out() -> None:
    command = change(*DEFAULT_POLICIES.policies[::-1], calendars=DEFAULT_POLICIES.calendars)
    assert len(given(sla_policies).when(command).produced) == 1
    assert list(warnings_of(DEFAULT_POLICIES)) == []
    p1 = DEFAULT_POLICIES.matching(Severity.P1, None)
    assert p1 is not None
    assert (p1.acknowledge_minutes, p1.resolve_minutes, p1.calendar) == (60, 1_440, "always")


def test_the_first_policy_that_matches_counts() -> None:
    chosen = policies(
        policy(name="gold p1", severities=(Severity.P1,), plans=("Gold",)),
        policy(name="gold", plans=("gold",)),
        policy(name="all"),
    )
    names = [
        found.name
        for each in ((Severity.P1, "GOLD"), (Severity.P2, "gold"), (Severity.P1, None))
        if (found := chosen.matching(*each))
    ]
    assert names == ["gold p1", "gold", "all"]


def test_a_policy_behind_those_that_take_all_its_tickets_is_warned_of() -> None:
    shadowed = policies(
        policy(name="severe", severities=(Severity.P1, Severity.P2)),
        policy(name="rest", severities=(Severity.P3, Severity.P4)),
        policy(name="gold", plans=("gold",)),
    )
    assert [each.split(":")[0] for each in warnings_of(shadowed)] == ["Policy 'gold' is never reached"]


def test_tickets_that_are_promised_nothing_are_warned_of() -> None:
    bare = policies(policy(severities=(Severity.P1, Severity.P2, Severity.P3)), policy(name="gold", plans=("gold",)))
    assert list(warnings_of(bare)) == [
        "Tickets of severity p4 are promised nothing (any other plan); add a policy for them."
    ]


def row(name: str, severity: Severity, *moments: tuple[ClockMove, int]) -> dict[str, object]:
    begin = datetime(2026, 1, 5, 9, tzinfo=UTC)
    told = [MomentOfClocks(move=move, at=begin + minutes * HOUR / 60) for move, minutes in moments]
    return {
        "ticket_id": id_of(name),
        "reference": name,
        "severity": severity.value,
        "plan": None,
        "moments": [each.model_dump(mode="json") for each in told],
    }


def test_what_would_have_been_is_counted_by_clock_and_severity() -> None:
    submitted, answered, settled = ClockMove.SUBMITTED, ClockMove.ANSWERED, ClockMove.SETTLED
    rows = [
        row("T-1", Severity.P1, (submitted, 0), (answered, 30)),
        row("T-1", Severity.P1, (settled, 400)),
        row("T-2", Severity.P1, (submitted, 0), (answered, 90), (settled, 100)),
        row("T-3", Severity.P3, (submitted, 0), (settled, 10)),
    ]
    before, after = policies(policy()), policies(policy(acknowledge_minutes=20, resolve_minutes=480))
    found = compare(past_tickets(rows), before, after, datetime(2026, 2, 1, tzinfo=UTC))
    counted = found.counts[SlaClock.ACKNOWLEDGE, Severity.P1]
    assert (found.tickets, counted.promises_before, counted.breached_before, counted.breached_after) == (3, 2, 1, 2)
    assert found.counts[SlaClock.RESOLVE, Severity.P1].breached_after == 0
    ((ticket, differences),) = found.changed
    begin = datetime(2026, 1, 5, 9, tzinfo=UTC)
    assert ticket.reference == "T-1"
    assert differences == (Difference(SlaClock.ACKNOWLEDGE, begin, None, begin + HOUR / 3),)
