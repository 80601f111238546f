"""Bugs as they are shown."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from nexa_chassis.domain import NotFound, Refused
from nexa_chassis.history import AsOf, facts_of
from nexa_chassis.http.call import Call
from nexa_chassis.rows_in_memory import rows_after
from nexa_contracts.support import BugStatus, Severity, TicketStatus
from nexa_contracts.values import Money
from nexa_support.bug.impact import Impact, impact
from nexa_support.read_models.account_directory import arr_of, who_runs
from nexa_support.read_models.bug_list import bug_list, bug_row
from nexa_support.read_models.bug_reports import Reported, reported, ticket_rows
from nexa_support.ticket.reference import reference_of

MOST_SHOWN = 200


class BugView(BaseModel):
    bug_id: UUID
    version: int
    title: str
    description: str
    severity: Severity
    feature: str | None
    feature_name: str | None
    affected_version: str | None
    customer_impact: str
    workaround: str
    status: BugStatus
    engineer_id: UUID | None
    engineer_name: str | None
    sprint: str | None
    story_points: int | None
    eta_at: datetime | None
    reported_by: str
    opened_at: datetime
    changed_at: datetime
    acknowledged_at: datetime | None
    fixed_at: datetime | None
    fixed_version: str | None
    deployment_id: UUID | None
    rollout_percent: int | None
    reason: str | None = Field(description="Why it was declined or is open again.")
    reopened: int = Field(description="How often it was open again.")
    recurred: int = Field(description="How often because it was seen again.")


class ImpactView(BaseModel):
    """What it does: `accounts` report it or run the affected version. ARR in each currency, nothing converted."""

    tickets: int
    accounts: int
    arr: list[Money]
    reporting_accounts: int
    running_accounts: int


class LinkedTicket(BaseModel):
    """`status` and `subject` are how it stands now."""

    ticket_id: UUID
    reference: str
    account_id: UUID | None
    account_name: str | None
    because: str | None = Field(description="Why it is linked.")
    subject: str | None
    status: TicketStatus | None


class BugDetail(BugView):
    """A bug with what it does and who reports it."""

    impact: ImpactView
    tickets: list[LinkedTicket] = Field(description=f"The first {MOST_SHOWN} that were linked.")


class RecurrenceView(BaseModel):
    """Of the fixes that came out in the period and were not withdrawn, those that did not hold for 30 days."""

    from_: date = Field(serialization_alias="from", description="First day, in UTC.")
    to: date = Field(description="Last day, in UTC.")
    fixes: int = Field(description="The denominator: a fix is one bug in one deployment.")
    recurred: int
    rate: float | None = Field(description="recurred ÷ fixes, 0 to 1; null where nothing was fixed.")
    still_watched: int = Field(description="Fixes whose 30 days are not over, which may still not hold.")


async def read_bug(call: Call, bug_id: UUID) -> BugView:
    """The bug as it stands. Raises NotFound."""
    async with call.query() as connection:
        row = await bug_row(connection, bug_id)
    if row is None:
        raise unknown_bug(bug_id)
    return BugView.model_validate(row)


async def read_bug_as_of(call: Call, bug_id: UUID, as_of: AsOf) -> BugView:
    """The same, made of the events that count for that time. Raises NotFound."""
    if as_of.is_now:
        return await read_bug(call, bug_id)
    facts = [fact for fact in await facts_of(call.runtime.store, f"bug-{bug_id}") if as_of.covers(fact)]
    rows: list[Any] = rows_after(bug_list, facts)
    if not rows or rows[0]["opened_at"] is None:
        raise NotFound(f"There was no bug {bug_id} at that time.", rule="bug.unknown")
    row = rows[0]
    return BugView.model_validate({**row, "reopened": row["reopened"] or 0, "recurred": row["recurred"] or 0})


async def measure(call: Call, bug: BugView, as_of: AsOf) -> tuple[ImpactView, list[Reported]]:
    """What the bug does, and which tickets say so, as of a time; what accounts run and pay goes by when it was so."""
    at = as_of.happened or as_of.recorded
    async with call.query() as connection:
        tickets = await reported(connection, bug.bug_id, as_of)
        running = await who_runs(connection, bug.affected_version, at) if bug.affected_version else []
        reporting = [each.account_id for each in tickets]
        hit = sorted({*running, *(each for each in reporting if each is not None)})
        counted: Impact = impact(reporting, running, await arr_of(connection, hit, at))
    view = ImpactView(
        tickets=counted.tickets,
        accounts=counted.accounts,
        arr=list(counted.arr),
        reporting_accounts=counted.reporting_accounts,
        running_accounts=counted.running_accounts,
    )
    return view, tickets


async def linked(call: Call, tickets: list[Reported]) -> list[LinkedTicket]:
    async with call.query() as connection:
        rows = await ticket_rows(connection, [each.ticket_id for each in tickets])
    return [
        LinkedTicket(
            ticket_id=each.ticket_id,
            reference=reference_of(each.ticket_id),
            account_id=each.account_id,
            account_name=each.account_name,
            because=each.because,
            subject=rows.get(each.ticket_id, {}).get("subject"),
            status=rows.get(each.ticket_id, {}).get("work_status"),
        )
        for each in tickets
    ]


async def check_bug(call: Call, bug_id: UUID) -> None:
    """Raises Refused, about the field `bug_id`, where there is none such."""
    async with call.query() as connection:
        if await bug_row(connection, bug_id) is None:
            raise Refused(f"There is no bug {bug_id}; open it with POST /bugs.", rule="bug.unknown", field="bug_id")


def unknown_bug(bug_id: UUID) -> NotFound:
    return NotFound(f"There is no bug {bug_id}.", rule="bug.unknown")
