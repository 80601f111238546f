"""What customers are promised, and how the promises stand, over HTTP."""

import asyncio
from datetime import date, datetime, time
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime, BaseModel, Field

from nexa_chassis.domain import NotFound, Refused
from nexa_chassis.http.call import Call
from nexa_chassis.http.paging import Page
from nexa_chassis.jobs import StartJob
from nexa_contracts.support import BusinessCalendar, ClockReading, ClockState, Severity, SlaClock, SlaPolicy
from nexa_support.aggregates import sla_policies, ticket
from nexa_support.api.access import Manager, Reader
from nexa_support.api.bodies import Body, Cursor, Limit, Word
from nexa_support.read_models.promises_due import at_risk, clock_history, tickets_of
from nexa_support.read_models.sla_policies import policies_in_force, policies_of
from nexa_support.sla.changing import ChangePolicies, check
from nexa_support.sla.clocks import standing_last
from nexa_support.sla.measuring_anew import JOB
from nexa_support.sla.policies import POLICIES_ID, Policies, warnings_of
from nexa_support.sla.what_if import Comparison, compare, past_tickets
from nexa_support.ticket.state import NotSubmitted

routes = APIRouter(tags=["SLA"])

MOST_TICKETS = 20_000
MOST_CHANGED = 200

Minutes = Annotated[int, Field(ge=1, le=525_600, description="Minutes of the policy's calendar.")]


class IntervalBody(Body):
    weekday: int = Field(ge=0, le=6, description="Monday is 0.")
    begins: time = Field(examples=["09:00:00"])
    ends: time = Field(description="Later than it begins; 00:00 is the end of the day.", examples=["12:30:00"])


class CalendarBody(Body):
    name: Word = Field(examples=["Berlin office"])
    time_zone: Word = Field(description="IANA name.", examples=["Europe/Berlin"])
    intervals: list[IntervalBody] = Field(
        default_factory=list, description="Several a day are allowed; none at all: around the clock."
    )
    holidays_of: str | None = Field(
        default=None, description="ISO 3166-1 alpha-2, whose public holidays are free.", examples=["DE"]
    )
    holidays: list[date] = Field(default_factory=list, description="Further free days.")


class PolicyBody(Body):
    name: Word = Field(examples=["p1 around the clock"])
    severities: list[Severity] = Field(default_factory=list, description="For these; none: for all.")
    plans: list[Word] = Field(default_factory=list, description="For accounts with these plans; none: for all.")
    calendar: Word = Field(description="Name of the calendar.")
    acknowledge_minutes: Minutes
    next_response_minutes: Minutes
    resolve_minutes: Minutes
    warn_percent: int = Field(default=75, ge=1, le=99, description="Warned when so much of the time is used.")
    escalate_percent: list[int] = Field(
        default_factory=lambda: [50, 100],
        description="Further steps of the escalation ladder, in percent of the target beyond it, rising.",
    )


class PoliciesBody(Body):
    """The whole set, as it is to be."""

    policies: list[PolicyBody] = Field(
        description="In the order in which they are tried: the first that matches counts."
    )
    calendars: list[CalendarBody]


class PoliciesView(BaseModel):
    version: int
    policies: list[SlaPolicy]
    calendars: list[BusinessCalendar]
    warnings: list[str] = Field(description="What is allowed and hardly meant.")


class Clock(ClockReading):
    """A promise as it stands; used and paused add up to the calendar's time since it began."""

    breached_at: datetime | None = Field(description="When it was broken; it stays so, though it be kept later.")


class TicketClocks(BaseModel):
    """The promises of a ticket. What is settled stays as it was measured last."""

    ticket_id: UUID
    severity: Severity
    plan: str | None = Field(description="Of the account, where it is known.")
    policy: str | None = Field(description="Null: none matches, nothing is promised.")
    policy_version: int
    waiting: bool = Field(description="Whether the clocks stand still until the customer answers.")
    read_at: datetime
    clocks: list[Clock]


class AtRisk(BaseModel):
    ticket_id: UUID
    reference: str
    subject: str
    account_id: UUID | None
    account_name: str | None
    agent_id: UUID | None
    agent_name: str | None
    severity: Severity
    policy: str | None
    policy_version: int
    next_due_at: datetime
    next_clock: SlaClock
    breached: bool = Field(description="Whether that is past.")


class WhatIfBody(Body):
    """Other policies, other calendars, or both; what is left out is as it is in force."""

    submitted_from: AwareDatetime = Field(description="Tickets submitted from then on …")
    submitted_before: AwareDatetime = Field(description="… until then.")
    policies: list[PolicyBody] | None = None
    calendars: list[CalendarBody] | None = None


class BreachCount(BaseModel):
    clock: SlaClock
    severity: Severity
    promises_before: int
    promises_after: int
    breached_before: int
    breached_after: int


class ChangedPromise(BaseModel):
    clock: SlaClock
    began_at: datetime
    breached_before: datetime | None = Field(description="When it was broken; null: it was kept.")
    breached_after: datetime | None


class ChangedTicket(BaseModel):
    ticket_id: UUID
    reference: str
    severity: Severity
    promises: list[ChangedPromise]


class WhatIf(BaseModel):
    """Before: by the policies in force. After: by those of the request. Severities and plans are those of now."""

    policy_version: int
    tickets: int = Field(description="Tickets of the period.")
    counts: list[BreachCount]
    changed: int = Field(description="Tickets of which a promise would be broken, or kept, that was not.")
    changed_tickets: list[ChangedTicket] = Field(description=f"The first {MOST_CHANGED} of them.")
    warnings: list[str]


@routes.get("/sla/policies")
async def read_policies(call: Reader, response: Response) -> PoliciesView:
    """The policies and calendars in force."""
    return await _in_force(call, response)


@routes.get("/sla/policies/versions/{version}")
async def read_version(version: int, call: Reader) -> PoliciesView:
    """The set as it was in a version."""
    async with call.query() as connection:
        found = await policies_of(connection, version)
    if found is None:
        raise NotFound(f"The policies have no version {version}.", rule="sla.version")
    return _view(found)


@routes.put("/sla/policies")
async def change_policies(body: PoliciesBody, call: Manager, response: Response) -> PoliciesView:
    """Replace the set. The clocks of open tickets are measured anew, over their whole history; no pause is lost."""
    command = ChangePolicies(policies=_policies(body.policies), calendars=_calendars(body.calendars))
    await call.execute(command, jobs=[StartJob(name=JOB, job_id=call.new_id("measure-clocks"))])
    return await _in_force(call, response)


@routes.get("/tickets/{ticket_id}/sla")
async def read_clocks(ticket_id: UUID, call: Reader) -> TicketClocks:
    """Each promise of the ticket as it stands now."""
    async with call.query() as connection:
        policies = await policies_in_force(connection)
    loaded = await call.runtime.store.load(ticket, ticket_id)
    if isinstance(loaded.state, NotSubmitted):
        raise NotFound(f"There is no ticket {ticket_id}.", rule="ticket.unknown")
    found = loaded.state.ticket
    shown = standing_last(found.clocks, found.severity, policies, call.now)
    return TicketClocks(
        ticket_id=ticket_id,
        severity=found.severity,
        plan=found.clocks.plan,
        policy=shown.policy,
        policy_version=shown.version,
        waiting=found.clocks.course.waiting,
        read_at=call.now,
        clocks=[_clock(each) for each in shown.clocks],
    )


def _clock(reading: ClockReading) -> Clock:
    broken = reading.state is ClockState.BREACHED
    return Clock(**reading.model_dump(), breached_at=reading.due_at if broken else None)


@routes.get("/sla/at-risk")
async def list_at_risk(
    call: Reader,
    due_before: Annotated[AwareDatetime | None, Query(description="Only what is due before then.")] = None,
    severity: Annotated[Severity | None, Query(description="Only tickets of this severity.")] = None,
    agent_id: Annotated[UUID | None, Query(description="Only tickets of this agent.")] = None,
    limit: Limit = None,
    cursor: Cursor = None,
) -> Page[AtRisk]:
    """Tickets with a promise that runs or is broken, what has been due longest, or is due next, first."""
    async with call.query() as connection:
        page = await at_risk(
            connection, due_before=due_before, severity=severity, agent_id=agent_id, limit=limit, cursor=cursor
        )
    return Page(items=[_at_risk(row, call.now) for row in page.items], next=page.next)


@routes.post("/sla/what-if")
async def what_if(body: WhatIfBody, call: Reader) -> WhatIf:
    """What the breaches of a period's tickets would have been by other policies or calendars. Nothing is written."""
    if body.submitted_before <= body.submitted_from:
        raise Refused("The period ends before it begins.", rule="sla.period", field="submitted_before")
    async with call.query() as connection:
        before = await policies_in_force(connection)
        after = _drafted(body, before, call.now)
        count = await tickets_of(connection, body.submitted_from, body.submitted_before)
        if count > MOST_TICKETS:
            raise Refused(
                f"The period has {count} tickets; ask about at most {MOST_TICKETS} at a time.",
                rule="sla.period",
                field="submitted_from",
            )
        rows = await clock_history(connection, body.submitted_from, body.submitted_before)
    now = call.now
    found = await asyncio.to_thread(lambda: compare(past_tickets(rows), before, after, now))
    return _compared(found, before.version, list(warnings_of(after)))


def _drafted(body: WhatIfBody, in_force: Policies, now: datetime) -> Policies:
    policies = in_force.policies if body.policies is None else _policies(body.policies)
    calendars = in_force.calendars if body.calendars is None else _calendars(body.calendars)
    check(policies, calendars, now)
    return Policies(in_force.version, policies, calendars)


def _compared(found: Comparison, version: int, warnings: list[str]) -> WhatIf:
    changed = [
        ChangedTicket(
            ticket_id=each.ticket_id,
            reference=each.reference,
            severity=each.severity,
            promises=[ChangedPromise(**vars(difference)) for difference in differences],
        )
        for each, differences in found.changed[:MOST_CHANGED]
    ]
    counts = [
        BreachCount(clock=clock, severity=severity, **vars(count))
        for (clock, severity), count in sorted(found.counts.items(), key=lambda pair: (pair[0][1], pair[0][0]))
    ]
    return WhatIf(
        policy_version=version,
        tickets=found.tickets,
        counts=counts,
        changed=len(found.changed),
        changed_tickets=changed,
        warnings=warnings,
    )


async def _in_force(call: Call, response: Response) -> PoliciesView:
    loaded = await call.runtime.store.load(sla_policies, POLICIES_ID)
    call.etag(response, loaded.version)
    return _view(loaded.state)


def _view(policies: Policies) -> PoliciesView:
    return PoliciesView(
        version=policies.version,
        policies=list(policies.policies),
        calendars=list(policies.calendars),
        warnings=list(warnings_of(policies)),
    )


def _policies(bodies: list[PolicyBody]) -> tuple[SlaPolicy, ...]:
    return tuple(SlaPolicy.model_validate(body.model_dump()) for body in bodies)


def _calendars(bodies: list[CalendarBody]) -> tuple[BusinessCalendar, ...]:
    return tuple(BusinessCalendar.model_validate(body.model_dump()) for body in bodies)


def _at_risk(row: dict[str, object], now: datetime) -> AtRisk:
    dues = {clock: row[f"{clock.value}_due_at"] for clock in SlaClock}
    clock = next(clock for clock, due_at in dues.items() if due_at == row["next_due_at"])
    at_risk_row = AtRisk.model_validate({**row, "next_clock": clock, "breached": False})
    return at_risk_row.model_copy(update={"breached": at_risk_row.next_due_at <= now})
