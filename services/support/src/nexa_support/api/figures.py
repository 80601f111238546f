"""How well support works, in figures, each with its formula and what it is a share of."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Annotated, Any, TypeAlias
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, Field

from nexa_chassis.domain import Refused
from nexa_chassis.http.call import Call
from nexa_chassis.http.paging import Page
from nexa_support.api.access import Reader
from nexa_support.api.bodies import Cursor, Day, Limit
from nexa_support.read_models.closed_by_one_fix import list_fixes
from nexa_support.read_models.support_figures import By, backlog_figures, course_figures

routes = APIRouter(tags=["figures"])

DEFAULT_PERIOD = timedelta(days=27)

From: TypeAlias = Annotated[Day | None, Query(alias="from", description="First day, in UTC; 28 days unless said.")]
To: TypeAlias = Annotated[Day | None, Query(description="Last day, in UTC; today unless said.")]
Seconds: TypeAlias = int | None
Share: TypeAlias = float | None


class TimeToAcknowledge(BaseModel):
    """First message of an agent, or first acknowledgement, minus submission, in calendar time."""

    tickets: int = Field(description="Tickets of the period that were answered: what median and p90 are of.")
    median_seconds: Seconds = Field(description="Half of them took at most so long; null where there are none.")
    p90_seconds: Seconds = Field(description="Nine of ten took at most so long (interpolated).")
    kept: int = Field(description="Promises of the SLA kept in time.")
    promises: int = Field(description="Promises kept or broken; those still running are not counted.")
    within_target: Share = Field(description="kept ÷ promises; null where nothing was promised.")


class TimeToResolve(BaseModel):
    """Last resolution minus submission; what is open again is not counted."""

    tickets: int = Field(description="Tickets of the period that are resolved: what median and p90 are of.")
    median_seconds: Seconds = Field(description="In calendar time; null where there are none.")
    p90_seconds: Seconds = Field(description="In calendar time (interpolated).")
    working_median_seconds: Seconds = Field(
        description="In time of the calendar of the SLA policy, without waiting for the customer."
    )
    working_p90_seconds: Seconds
    kept: int = Field(description="Promises of the SLA kept in time.")
    promises: int = Field(description="Promises kept or broken; those still running are not counted.")
    within_target: Share = Field(description="kept ÷ promises; null where nothing was promised.")


class Csat(BaseModel):
    average: float | None = Field(description="Mean of the answers, 0 to 10; null where nobody answered.")
    answers: int
    asked: int = Field(description="Tickets of the period whose customer was asked.")
    answered: Share = Field(description="answers ÷ asked; null where nobody was asked.")


class Recurrence(BaseModel):
    fixes: int = Field(description="Fixes, a bug and a deployment each, that closed a ticket of the period.")
    recurred: int = Field(
        description="Those whose bug was reported again, within 30 days, by an account that had the fix."
    )
    rate: Share = Field(description="recurred ÷ fixes; null where nothing was fixed.")


class ClosedByFixes(BaseModel):
    fixes: int = Field(description="As in `recurrence`.")
    tickets: int = Field(description="Tickets of the period that they closed.")
    similar_closed: int = Field(description="tickets − fixes: those that a fix closed beside the one it was made for.")
    per_fix: float | None = Field(description="tickets ÷ fixes; null where nothing was fixed.")


class Figures(BaseModel):
    """Of the tickets submitted in the period, as they stand now. Tickets that go on in another one are not counted."""

    tickets: int
    time_to_acknowledge: TimeToAcknowledge
    time_to_resolve: TimeToResolve
    csat: Csat
    recurrence: Recurrence
    closed_by_fixes: ClosedByFixes


class FiguresOfGroup(Figures):
    key: str | None = Field(description="Null: the tickets that have none, such as no agent.")
    name: str | None


class FiguresView(BaseModel):
    from_: date = Field(serialization_alias="from")
    to: date
    by: By | None
    total: Figures
    groups: list[FiguresOfGroup] = Field(description="A team is the agents of one manager.")


class Backlog(BaseModel):
    """Tickets that were neither settled nor merged at that time; age is the time since submission."""

    tickets: int
    median_age_seconds: Seconds = Field(description="Null where there are none.")
    p90_age_seconds: Seconds
    oldest_age_seconds: Seconds


class BacklogOfGroup(Backlog):
    key: str | None = Field(description="Null: the tickets that have none, such as no agent.")
    name: str | None


class BacklogView(BaseModel):
    at: datetime
    by: By | None
    total: Backlog
    groups: list[BacklogOfGroup] = Field(description="By agent, severity and so on as they are now.")


class FixView(BaseModel):
    """What one fix closed in the period."""

    bug_id: UUID
    deployment_id: UUID
    version: str | None
    tickets: int = Field(description="Tickets that it closed in the period and that are closed by it still.")
    similar_closed: int = Field(description="tickets − 1: beside the one it was made for.")
    accounts: int = Field(description="Accounts of these tickets.")
    closed_from: datetime
    closed_until: datetime
    recurred_at: datetime | None = Field(description="When its bug was reported again in spite of it.")


@routes.get("/figures")
async def figures(
    call: Reader,
    first: From = None,
    to: To = None,
    by: Annotated[By | None, Query(description="Told apart by; only the total unless said.")] = None,
    account_id: Annotated[UUID | None, Query(description="Only of this account.")] = None,
) -> FiguresView:
    """Of the tickets submitted in a period: how soon answered and resolved, how content, how many by one fix."""
    first, last = _period(call, first, to)
    async with call.query() as connection:
        total, *groups = await course_figures(connection, _begin(first), _end(last), by, account_id)
    return FiguresView(
        from_=first,
        to=last,
        by=by,
        total=_figures(total),
        groups=[FiguresOfGroup(key=row["key"], name=row["name"], **dict(_figures(row))) for row in groups],
    )


@routes.get("/figures/backlog")
async def backlog(
    call: Reader,
    at: Annotated[AwareDatetime | None, Query(description="As it was then; now unless said.")] = None,
    by: Annotated[By | None, Query(description="Told apart by; only the total unless said.")] = None,
) -> BacklogView:
    """What there was to do at a time, and how old it was."""
    then = at or call.now
    async with call.query() as connection:
        total, *groups = await backlog_figures(connection, then, by)
    return BacklogView(
        at=then,
        by=by,
        total=_backlog(total),
        groups=[BacklogOfGroup(key=row["key"], name=row["name"], **dict(_backlog(row))) for row in groups],
    )


@routes.get("/figures/fixes")
async def fixes(
    call: Reader, first: From = None, to: To = None, limit: Limit = None, cursor: Cursor = None
) -> Page[FixView]:
    """The fixes that closed tickets in a period, those that closed most first."""
    first, last = _period(call, first, to)
    async with call.query() as connection:
        page = await list_fixes(connection, _begin(first), _end(last), limit=limit, cursor=cursor)
    return Page(items=[FixView.model_validate(row) for row in page.items], next=page.next)


def _period(call: Call, first: date | None, last: date | None) -> tuple[date, date]:
    last = last or call.now.astimezone(UTC).date()
    first = first or last - DEFAULT_PERIOD
    if last < first:
        raise Refused(f"The period ends on {last}, before it begins on {first}.", rule="figures.period", field="to")
    return first, last


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _end(day: date) -> datetime:
    """The first moment after it."""
    return _begin(day) + timedelta(days=1)


def _figures(row: Mapping[str, Any]) -> Figures:
    return Figures(
        tickets=row["tickets"],
        time_to_acknowledge=TimeToAcknowledge(
            tickets=row["acknowledged"],
            median_seconds=_seconds(row["acknowledge_median"]),
            p90_seconds=_seconds(row["acknowledge_p90"]),
            kept=row["acknowledge_kept"],
            promises=row["acknowledge_promises"],
            within_target=_share(row["acknowledge_kept"], row["acknowledge_promises"]),
        ),
        time_to_resolve=TimeToResolve(
            tickets=row["resolved"],
            median_seconds=_seconds(row["resolve_median"]),
            p90_seconds=_seconds(row["resolve_p90"]),
            working_median_seconds=_seconds(row["working_median"]),
            working_p90_seconds=_seconds(row["working_p90"]),
            kept=row["resolve_kept"],
            promises=row["resolve_promises"],
            within_target=_share(row["resolve_kept"], row["resolve_promises"]),
        ),
        csat=Csat(
            average=None if row["csat_average"] is None else round(float(row["csat_average"]), 2),
            answers=row["csat_answers"],
            asked=row["csat_asked"],
            answered=_share(row["csat_answers"], row["csat_asked"]),
        ),
        recurrence=Recurrence(fixes=row["fixes"], recurred=row["recurred"], rate=_share(row["recurred"], row["fixes"])),
        closed_by_fixes=ClosedByFixes(
            fixes=row["fixes"],
            tickets=row["closed_by_fix"],
            similar_closed=row["closed_by_fix"] - row["fixes"],
            per_fix=_share(row["closed_by_fix"], row["fixes"]),
        ),
    )


def _backlog(row: Mapping[str, Any]) -> Backlog:
    return Backlog(
        tickets=row["tickets"],
        median_age_seconds=_seconds(row["age_median"]),
        p90_age_seconds=_seconds(row["age_p90"]),
        oldest_age_seconds=_seconds(row["age_oldest"]),
    )


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _seconds(value: float | Decimal | None) -> int | None:
    return None if value is None else round(value)
