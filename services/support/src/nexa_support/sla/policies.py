"""The policies and calendars in force: what is promised to whom, and when time counts."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import time
from uuid import UUID

from nexa_chassis.domain import derive
from nexa_contracts.support import BusinessCalendar, Interval, Severity, SlaPoliciesChanged, SlaPolicy
from nexa_support.sla.calendar import WorkingTime, counted_by

POLICIES_ID: UUID = derive("support", "sla-policies")

OTHER_PLAN = "any other plan"


@dataclass(frozen=True)
class Policies:
    """A version of the set. The first policy that matches counts; version 1 is the default set."""

    version: int
    policies: tuple[SlaPolicy, ...]
    calendars: tuple[BusinessCalendar, ...]

    def matching(self, severity: Severity, plan: str | None) -> SlaPolicy | None:
        """The policy of a ticket; None where nothing is promised."""
        return next((policy for policy in self.policies if matches(policy, severity, plan)), None)

    def time_of(self, policy: SlaPolicy) -> WorkingTime:
        return counted_by(next(each for each in self.calendars if each.name == policy.calendar))


def matches(policy: SlaPolicy, severity: Severity, plan: str | None) -> bool:
    """Plans are compared without regard to case; an account whose plan is not known matches policies for all plans."""
    right_plan = not policy.plans or (
        plan is not None and plan.casefold() in {each.casefold() for each in policy.plans}
    )
    return right_plan and (not policy.severities or severity in policy.severities)


def warnings_of(policies: Policies) -> Iterator[str]:
    """What is allowed and hardly meant: a policy that is never reached, tickets that are promised nothing."""
    plans = [OTHER_PLAN, *sorted({plan for policy in policies.policies for plan in policy.plans})]
    cases = [(severity, plan) for severity in Severity for plan in plans]
    reached = {case: policies.matching(*case) for case in cases}
    for policy in policies.policies:
        if not any(found is policy for found in reached.values()):
            yield f"Policy {policy.name!r} is never reached: policies before it take all its tickets. Move it up or drop it."
    for severity in Severity:
        bare = [plan for plan in plans if reached[severity, plan] is None]
        if bare:
            yield f"Tickets of severity {severity.value} are promised nothing ({', '.join(bare)}); add a policy for them."


def evolve(state: Policies, event: SlaPoliciesChanged) -> Policies:
    return Policies(event.version, event.policies, event.calendars)


def _office(*hours: tuple[int, int]) -> tuple[Interval, ...]:
    return tuple(
        Interval(weekday=day, begins=time(begins), ends=time(ends)) for day in range(5) for begins, ends in hours
    )


def _policy(severity: Severity, name: str, calendar: str, acknowledge: int, respond: int, resolve: int) -> SlaPolicy:
    """Targets in hours."""
    return SlaPolicy(
        name=name,
        severities=(severity,),
        calendar=calendar,
        acknowledge_minutes=acknowledge * 60,
        next_response_minutes=respond * 60,
        resolve_minutes=resolve * 60,
    )


DEFAULT_POLICIES = Policies(
    version=1,
    policies=(
        _policy(Severity.P1, "p1 around the clock", "always", 1, 2, 24),
        _policy(Severity.P2, "p2 in office hours", "office", 2, 4, 16),
        _policy(Severity.P3, "p3 in office hours", "office", 4, 8, 40),
        _policy(Severity.P4, "p4 in office hours", "office", 8, 16, 80),
    ),
    calendars=(
        BusinessCalendar(name="always", time_zone="UTC", intervals=()),
        BusinessCalendar(
            name="office", time_zone="Europe/Berlin", intervals=_office((8, 12), (13, 18)), holidays_of="DE"
        ),
    ),
)
