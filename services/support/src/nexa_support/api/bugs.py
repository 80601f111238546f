"""Bugs over HTTP: finding them, opening, triaging, changing, declining and reopening them, telling their customers."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import Field

from nexa_chassis.domain import Refused
from nexa_chassis.http.call import Call
from nexa_chassis.http.history import After, AsOfQuery, Change, Since, changes
from nexa_chassis.http.paging import Page
from nexa_contracts.support import AgentName, BugStatus, Severity, SupportRole
from nexa_support.aggregates import bug
from nexa_support.api.access import Developer, Reader, Teammate
from nexa_support.api.bodies import Body, Cursor, Day, Limit, Moment, Optional, Text, Word, emptied
from nexa_support.api.bug_view import (
    MOST_SHOWN,
    BugDetail,
    BugView,
    ImpactView,
    RecurrenceView,
    linked,
    measure,
    read_bug,
    read_bug_as_of,
)
from nexa_support.bug.commands import ChangeBug, DeclineBug, OpenBug, ReopenBug, TellCustomers, TriageBug
from nexa_support.read_models.agent_desk import agent_row
from nexa_support.read_models.bug_list import count_recurrences, list_bugs
from nexa_support.read_models.bug_reports import ticket_rows

routes = APIRouter(tags=["bugs"])

MOST_TICKETS = 1_000
MONTH = timedelta(days=30)
Key = Annotated[str, Field(pattern="^[a-z][a-z0-9_]{0,99}$", description="Key of a feature.", examples=["data_export"])]


class BugBody(Body):
    title: Word = Field(examples=["CSV export failing - missing dependency"])
    description: Optional = Field(default="", examples=["Export feature broken for all users on v2.1.5"])
    severity: Severity
    feature: Key | None = None
    feature_name: Word | None = Field(default=None, description="As customers call it.", examples=["CSV export"])
    affected_version: Word | None = Field(default=None, examples=["2.1.5"])
    ticket_ids: list[UUID] = Field(default_factory=list, max_length=MOST_TICKETS, description="That report it.")
    customer_impact: Optional = Field(default="", examples=["50+ customers affected"])
    workaround: Optional = Field(default="", examples=["Use JSON export temporarily"])


class TriageBody(Body):
    """What is left out stays; null takes it away."""

    engineer_id: UUID | None = Field(default=None, description="An engineer of the roster.")
    sprint: Word | None = Field(default=None, examples=["2025-W47"])
    story_points: int | None = Field(default=None, ge=0, le=100, examples=[2])
    status: BugStatus | None = Field(default=None, description="triaged or in_progress; triaged unless said.")
    eta_at: Moment | None = Field(default=None, description="When the fix should be out.")


class ChangeBody(Body):
    """What is left out stays; null takes away feature, its name, or the affected version."""

    title: Word | None = None
    description: Optional | None = None
    severity: Severity | None = None
    feature: Key | None = None
    feature_name: Word | None = None
    affected_version: Word | None = None
    customer_impact: Optional | None = None
    workaround: Optional | None = None


class ReasonBody(Body):
    reason: Text


class AcknowledgeBody(Body):
    eta: Optional = Field(default="", description="Instead of what the time of the fix says, in words.")


@routes.post("/bugs", status_code=201)
async def open_bug(body: BugBody, call: Teammate, response: Response) -> BugView:
    """Open a bug, from tickets or by the team itself. The tickets are linked a moment later."""
    await check_tickets(call, body.ticket_ids)
    bug_id = call.new_id("bug")
    given = body.model_dump(exclude={"ticket_ids"})
    command = OpenBug(bug_id=bug_id, reported_by=call.actor, ticket_ids=tuple(body.ticket_ids), **given)
    return await _executed(call, response, bug_id, command)


@routes.get("/bugs")
async def bugs(
    call: Reader,
    status: Annotated[BugStatus | None, Query(description="Only those in this status.")] = None,
    severity: Annotated[Severity | None, Query(description="Only those of this severity.")] = None,
    feature: Annotated[str | None, Query(max_length=200, description="Only those of this feature, by its key.")] = None,
    engineer_id: Annotated[UUID | None, Query(description="Only those of this engineer.")] = None,
    sprint: Annotated[str | None, Query(max_length=200, description="Only those of this sprint.")] = None,
    unsettled: Annotated[bool, Query(description="Only those that are neither fixed nor declined.")] = False,
    q: Annotated[str | None, Query(max_length=200, description="A part of title or description.")] = None,
    limit: Limit = None,
    cursor: Cursor = None,
) -> Page[BugView]:
    """Bugs, the newest first."""
    async with call.query() as connection:
        page = await list_bugs(
            connection,
            status=status,
            severity=severity,
            feature=feature,
            engineer_id=engineer_id,
            sprint=sprint,
            unsettled=unsettled,
            q=q,
            limit=limit,
            cursor=cursor,
        )
    return Page(items=[BugView.model_validate(row) for row in page.items], next=page.next)


@routes.get("/bugs/recurrence")
async def recurrence(
    call: Reader,
    first: Annotated[Day | None, Query(alias="from", description="First day, UTC: 30 days ago unless said.")] = None,
    last: Annotated[Day | None, Query(alias="to", description="Last day, UTC: today unless said.")] = None,
    feature: Annotated[str | None, Query(max_length=200, description="Only of bugs of this feature.")] = None,
) -> RecurrenceView:
    """How many fixes of a period did not hold, of how many."""
    last = last or call.now.astimezone(UTC).date()
    first = first or last - MONTH
    if last < first:
        raise Refused(f"The period ends on {last}, before it begins on {first}.", rule="period.order", field="to")
    begin, end = _midnight(first), _midnight(last) + timedelta(days=1)
    async with call.query() as connection:
        counted = await count_recurrences(connection, begin, end, call.now, feature)
    return RecurrenceView(
        from_=first,
        to=last,
        fixes=counted.fixes,
        recurred=counted.recurred,
        rate=counted.recurred / counted.fixes if counted.fixes else None,
        still_watched=counted.still_watched,
    )


@routes.get("/bugs/{bug_id}")
async def show_bug(bug_id: UUID, call: Reader, as_of: AsOfQuery, response: Response) -> BugDetail:
    """One bug with what it does and who reports it, now or as of a time."""
    view = await read_bug_as_of(call, bug_id, as_of)
    impact, tickets = await measure(call, view, as_of)
    call.etag(response, view.version)
    shown = await linked(call, tickets[:MOST_SHOWN])
    return BugDetail(**view.model_dump(), impact=impact, tickets=shown)


@routes.get("/bugs/{bug_id}/impact")
async def show_impact(bug_id: UUID, call: Reader, as_of: AsOfQuery) -> ImpactView:
    """What it does, counted three ways, now or as of a time."""
    impact, _ = await measure(call, await read_bug_as_of(call, bug_id, as_of), as_of)
    return impact


@routes.get("/bugs/{bug_id}/changes")
async def show_changes(bug_id: UUID, call: Reader, since: Since, after: After = 0) -> Page[Change]:
    """What changed since a time, event by event."""
    await read_bug(call, bug_id)
    return await changes(call, bug, f"bug-{bug_id}", since, after)


@routes.post("/bugs/{bug_id}/triage")
async def triage(bug_id: UUID, body: TriageBody, call: Developer, response: Response) -> BugView:
    """Say who mends it, when, and how much work it is."""
    taken_away = frozenset("engineer" if name == "engineer_id" else name for name in emptied(body) - {"status"})
    command = TriageBug(
        bug_id=bug_id,
        engineer=await _engineer(call, body.engineer_id) if body.engineer_id else None,
        sprint=body.sprint,
        story_points=body.story_points,
        status=body.status,
        eta_at=body.eta_at,
        emptied=taken_away,
    )
    return await _executed(call, response, bug_id, command)


@routes.post("/bugs/{bug_id}/change")
async def change(bug_id: UUID, body: ChangeBody, call: Teammate, response: Response) -> BugView:
    """Describe it better; what its tickets say of it is not changed."""
    command = ChangeBug(bug_id=bug_id, emptied=emptied(body), **body.model_dump())
    return await _executed(call, response, bug_id, command)


@routes.post("/bugs/{bug_id}/decline")
async def decline(bug_id: UUID, body: ReasonBody, call: Developer, response: Response) -> BugView:
    """It will not be mended; its tickets are left to their agents."""
    return await _executed(call, response, bug_id, DeclineBug(bug_id=bug_id, reason=body.reason))


@routes.post("/bugs/{bug_id}/reopen")
async def reopen(bug_id: UUID, body: ReasonBody, call: Teammate, response: Response) -> BugView:
    """It is not mended, or is to be after all. What its fix has settled stays settled."""
    return await _executed(call, response, bug_id, ReopenBug(bug_id=bug_id, reason=body.reason))


@routes.post("/bugs/{bug_id}/acknowledge")
async def acknowledge(bug_id: UUID, body: AcknowledgeBody, call: Teammate, response: Response) -> BugView:
    """Tell everybody who reports it how it stands, by when it is fixed and what helps; who reports it later is told too."""
    return await _executed(call, response, bug_id, TellCustomers(bug_id=bug_id, eta=body.eta))


async def check_tickets(call: Call, ticket_ids: list[UUID]) -> None:
    """Raises Refused that names those that are none."""
    async with call.query() as connection:
        known = await ticket_rows(connection, ticket_ids)
    unknown = [str(each) for each in ticket_ids if each not in known]
    if unknown:
        raise Refused(
            f"There is no ticket {' and none '.join(unknown[:10])}.", rule="ticket.unknown", field="ticket_ids"
        )


async def _engineer(call: Call, engineer_id: UUID) -> AgentName:
    async with call.query() as connection:
        row = await agent_row(connection, engineer_id)
    if row is None or row["role"] != SupportRole.ENGINEER.value:
        raise Refused(
            f"{engineer_id} is no engineer of the roster; list them with PUT /agents first.",
            rule="bug.engineer",
            field="engineer_id",
        )
    return AgentName(agent_id=engineer_id, name=row["name"])


async def _executed(call: Call, response: Response, bug_id: UUID, command: object) -> BugView:
    done = await call.execute(command)
    call.etag(response, done.version_of(f"bug-{bug_id}"))
    return await read_bug(call, bug_id)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
