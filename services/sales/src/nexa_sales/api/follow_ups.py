"""Following up leads over HTTP: a rep's day, what came of a call or mail, and whether first contacts are in time."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime, BaseModel, Field

from nexa_chassis.domain import Refused
from nexa_chassis.http.paging import Page
from nexa_contracts.sales import FollowUpChannel, FollowUpOutcome, FollowUpRecorded, NextStep
from nexa_contracts.values import Band
from nexa_sales.api.bodies import Body, Cursor, Limit, Mine, Reader, Salesperson, whose
from nexa_sales.api.lead_views import FirstContact, first_contact
from nexa_sales.api.tasks import TaskView
from nexa_sales.assignment.commands import RecordFollowUp
from nexa_sales.assignment.events import LeadWorked
from nexa_sales.read_models.day_of_a_rep import counts_of_day, day_of
from nexa_sales.read_models.first_contacts import first_contacts_per_band, list_first_contacts
from nexa_sales.read_models.follow_ups_due import task_row
from nexa_sales.task.commands import CompleteTask, TakeNextStep

routes = APIRouter(tags=["follow-up"])


class FollowUpBody(Body):
    """A call or mail, and what came of it."""

    channel: FollowUpChannel
    outcome: FollowUpOutcome = Field(
        description="Of a call: reached, no_answer, voicemail, call_back. Of a mail: sent, replied."
    )
    found_interest: bool | None = Field(default=None, description="Whether there is interest, if you can tell.")
    note: str = Field(default="", max_length=2_000, examples=["Wants an offer for 50 users"])
    call_back_at: AwareDatetime | None = Field(default=None, description="With call_back: the time they asked for.")
    task_id: UUID | None = Field(default=None, description="The lead's task that is done by it, if one is.")
    take_next_step: bool = Field(default=False, description="Make a task of the proposal at once, for the lead's rep.")


class FollowUpView(BaseModel):
    lead_id: UUID
    version: int
    attempt: int = Field(description="Counts calls and mails since the lead was last reached, this one too.")
    first_contact: bool = Field(description="The first call or mail of all; it stops the clock.")
    next_step: NextStep = Field(description="A proposal; `take_next_step` makes a task of it, or you do, with changes.")
    next_task_id: UUID | None = Field(description="The task that was made of it; null where none was asked for.")


class DayItem(TaskView):
    """A task of the day, with what a rep needs to begin."""

    section: Literal["overdue", "due", "new"]
    new_lead: bool = Field(description="Nobody has called or written to the lead yet.")
    band: Band | None
    score: int | None
    phone: str | None
    recommendation: str | None
    first_contact: FirstContact | None


class Day(BaseModel):
    """A rep's day. A new lead whose task is due later stands under `new`."""

    rep_id: UUID
    day: date
    overdue: int
    due: int
    new: int
    items: list[DayItem]
    next: str | None = Field(description="Send it as `cursor` to get the next page.")


class FirstContactRow(FirstContact):
    lead_id: UUID
    status: str
    rep_id: UUID | None
    rep_name: str | None
    first_name: str | None
    last_name: str | None
    company: str | None


class FirstContactsOfBand(BaseModel):
    """How well the leads of a band are called or written to in time."""

    band: Band
    met: int = Field(description="Contacted within the target.")
    missed: int = Field(description="Contacted later, or closed without it after the target had passed.")
    running: int = Field(description="Not yet contacted, and still in time.")
    running_late: int = Field(description="Not yet contacted, and beyond the target.")
    closed_before: int = Field(description="Closed without a contact before the target had passed.")
    median_seconds: float | None = Field(description="Half of the contacts came sooner than that.")


@routes.post("/leads/{lead_id}/follow-ups", status_code=201)
async def record_follow_up(lead_id: UUID, body: FollowUpBody, call: Salesperson, response: Response) -> FollowUpView:
    """Write down a call or mail. The answer proposes what to do next, with the reason; taken, it is a task already."""
    commands: list[object] = [
        RecordFollowUp(
            lead_id=lead_id,
            channel=body.channel,
            outcome=body.outcome,
            found_interest=body.found_interest,
            note=body.note,
            recorded_by=call.actor,
            task_id=body.task_id,
            call_back_at=body.call_back_at,
        )
    ]
    if body.task_id is not None:
        commands.append(await _done(call, lead_id, body.task_id, body))
    next_task_id = call.new_id("next step") if body.take_next_step else None
    if next_task_id is not None:
        commands.append(TakeNextStep(task_id=next_task_id, lead_id=lead_id))
    done = await call.execute(*commands)
    version = done.version_of(f"assignment-{lead_id}")
    call.etag(response, version)
    recorded = next(fact.event for fact in done.facts if isinstance(fact.event, FollowUpRecorded))
    return FollowUpView(
        lead_id=lead_id,
        version=version,
        attempt=recorded.attempt,
        first_contact=any(isinstance(fact.event, LeadWorked) for fact in done.facts),
        next_step=recorded.next_step,
        next_task_id=next_task_id,
    )


async def _done(call: Salesperson, lead_id: UUID, task_id: UUID, body: FollowUpBody) -> CompleteTask:
    async with call.query() as connection:
        task = await task_row(connection, task_id)
    if task is None or task["lead_id"] != lead_id:
        raise Refused(f"The lead has no task {task_id}.", rule="follow_up.task", field="task_id")
    outcome = f"{body.channel.value}: {body.outcome.value.replace('_', ' ')}" + (f", {body.note}" if body.note else "")
    return CompleteTask(task_id=task_id, outcome=outcome, completed_by=call.actor, found_interest=body.found_interest)


@routes.get("/day")
async def day(
    call: Reader,
    rep_id: Annotated[UUID | None, Query(description="Whose; the caller's own unless given.")] = None,
    on: Annotated[date | None, Query(description="Which day, by UTC; today unless given.")] = None,
    limit: Limit = None,
    cursor: Cursor = None,
) -> Day:
    """What a rep has to do on a day: overdue, due before it ends, and leads nobody has called or written to yet."""
    shown = on or call.now.date()
    ends = datetime.combine(shown, time(), UTC) + timedelta(days=1)
    async with call.query() as connection:
        who = await whose(connection, call, rep_id is None, rep_id)
        assert who is not None
        page = await day_of(connection, who, call.now, ends, limit=limit, cursor=cursor)
        counts = await counts_of_day(connection, who, call.now, ends)
    return Day(
        rep_id=who,
        day=shown,
        overdue=counts.get("overdue", 0),
        due=counts.get("due", 0),
        new=counts.get("new", 0),
        items=[_item(row, call.now) for row in page.items],
        next=page.next,
    )


def _item(row: Mapping[str, Any], now: datetime) -> DayItem:
    return DayItem.model_validate({**row, "first_contact": first_contact(row, now)})


@routes.get("/first-contacts")
async def first_contacts(
    call: Reader,
    mine: Mine = False,
    rep_id: UUID | None = None,
    band: Band | None = None,
    running: Annotated[bool | None, Query(description="Only clocks that run, or that have stopped.")] = None,
    breached: Annotated[bool | None, Query(description="Only those beyond their target, or within it.")] = None,
    limit: Limit = None,
    cursor: Cursor = None,
) -> Page[FirstContactRow]:
    """The clock of each lead's first contact, the one that began first first."""
    async with call.query() as connection:
        page = await list_first_contacts(
            connection,
            band=band,
            rep_id=await whose(connection, call, mine, rep_id),
            running=running,
            breached=breached,
            now=call.now,
            limit=limit,
            cursor=cursor,
        )
    return Page(items=[_clock_row(row, call.now) for row in page.items], next=page.next)


def _clock_row(row: Mapping[str, Any], now: datetime) -> FirstContactRow:
    clock = first_contact(row, now)
    assert clock is not None
    return FirstContactRow.model_validate({**row, **clock.model_dump()})


@routes.get("/first-contacts/bands")
async def first_contacts_of_bands(call: Reader) -> list[FirstContactsOfBand]:
    """For each band, how many first contacts were in time, late, or are still to come."""
    async with call.query() as connection:
        rows = await first_contacts_per_band(connection, call.now)
    return sorted((FirstContactsOfBand.model_validate(row) for row in rows), key=lambda each: each.band)
