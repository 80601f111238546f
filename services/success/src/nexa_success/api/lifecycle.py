"""A customer's life over HTTP: its stages, and what the stages of all of them tell."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, TypeAlias
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from nexa_chassis.domain import NotFound, Refused
from nexa_chassis.history import AsOf
from nexa_chassis.http.call import Call
from nexa_chassis.http.history import AsOfQuery, Since
from nexa_chassis.http.paging import Page
from nexa_contracts.success import Stage
from nexa_success.api.access import Reader, Writer
from nexa_success.api.bodies import Body, Cursor, Limit, Text
from nexa_success.lifecycle.decisions import SetStage
from nexa_success.lifecycle.next_best import LIMITS, NEXT_BEST, why
from nexa_success.lifecycle.stages import ORDER
from nexa_success.read_models.lifecycle_cohorts import ASIDE, ON_THE_WAY, cohort_page
from nexa_success.read_models.lifecycle_funnel import funnel_rows
from nexa_success.read_models.stuck_customers import stuck_page
from nexa_success.read_models.where_customers_stand import entry_rows, hindsight_rows, standing_row
from nexa_success.read_models.who_is_whom import party_of

routes = APIRouter(tags=["lifecycle"])

NOW = AsOf()
MOST_DAYS = 36_500
LongerThan: TypeAlias = Annotated[
    list[str] | None,
    Query(
        description="Other limits than the usual: `stage:days`, as often as needed.",
        examples=[["mql:3", "live:400"]],
    ),
]


class EntryView(BaseModel):
    """One stage, from when to when."""

    party_id: UUID = Field(description="The account's party, or the lead's that it was before.")
    stage: Stage
    entered_at: datetime = Field(description="When it happened.")
    left_at: datetime | None = Field(description="Null: it is there still.")
    days: float = Field(description="How long it was there, or is.")
    recorded_at: datetime = Field(description="When it became known.")
    cause: str = Field(description="Id of the event that led to it, or the subject of who decided it.")
    reason: str
    backwards: bool = Field(description="Somebody set it back to an earlier stage.")


class LifecycleView(BaseModel):
    """Where a customer stands, and how it came there; with `as_of` or `as_happened`, as it was then."""

    party_id: UUID
    stage: Stage | None = Field(description="Null: nothing was known of it then.")
    since: datetime | None
    days_in_stage: float | None
    campaign_id: UUID | None = Field(description="The campaign that brought the customer.")
    continues: UUID | None = Field(description="The lead whose life the account goes on with.")
    history: list[EntryView]


class StageBody(Body):
    stage: Stage
    reason: Text = Field(examples=["Budget was withdrawn"])


class FunnelStage(BaseModel):
    """One stage of the funnel."""

    stage: Stage
    now: int = Field(description="Parties that are there.")
    entered: int = Field(description="Parties that ever were.")
    went_on: int = Field(description="Those of them that reached the next stage afterwards, or one beyond it.")
    conversion: float | None = Field(description="went_on ÷ entered; null where nobody ever was.")
    median_days: float | None = Field(description="Of the stays that ended; null where none did.")
    mean_days: float | None = Field(description="Of the stays that ended; null where none did.")


class Funnel(BaseModel):
    stages: list[FunnelStage]


class StuckView(BaseModel):
    """A customer that is longer at its stage than is good."""

    party_id: UUID
    account_name: str | None = Field(description="Null for a lead.")
    csm_id: UUID | None
    stage: Stage
    since: datetime
    days: float
    limit_days: int
    campaign_id: UUID | None
    next_best_action: str = Field(examples=["Call"])
    because: str = Field(examples=["no follow-up found interest in 9 days"])


class Reached(BaseModel):
    stage: Stage
    customers: int
    conversion: float = Field(description="Their share of the campaign's customers.")


class Cohort(BaseModel):
    """The customers that one campaign brought; campaign_id is null for those that none did."""

    campaign_id: UUID | None
    customers: int
    reached: list[Reached] = Field(description="On the way a stage counts as reached by who got beyond it.")


@routes.get("/customers/{any_id}/lifecycle")
async def lifecycle(any_id: UUID, call: Reader, response: Response, as_of: AsOfQuery) -> LifecycleView:
    """Where the customer stands, since when, and all its stages. Takes the id of a lead, a contact or an account.

    `as_of` shows the stages as they were told by then, `as_happened` as they really followed each other by then: what
    came to be known late stands where it happened.
    """
    return await _read(call, response, any_id, as_of)


@routes.get("/customers/{any_id}/lifecycle/changes")
async def lifecycle_changes(any_id: UUID, since: Since, call: Reader) -> list[EntryView]:
    """The stages that became known since a time."""
    async with call.query() as connection:
        party_id = await party_of(connection, any_id)
        rows = await entry_rows(connection, party_id)
    if not rows:
        raise _unknown(any_id)
    return [_entry(row, call.now) for row in rows if row["recorded_at"] > since]


@routes.post("/customers/{any_id}/stage")
async def set_stage(any_id: UUID, body: StageBody, call: Writer, response: Response) -> LifecycleView:
    """Put the customer at another stage, for this reason. The stage it is at already changes nothing."""
    async with call.query() as connection:
        party_id = await party_of(connection, any_id)
    await call.execute(SetStage(party_id=party_id, stage=body.stage, reason=body.reason, by=call.actor))
    return await _read(call, response, party_id)


@routes.get("/lifecycle/funnel")
async def funnel(call: Reader, campaign_id: UUID | None = None) -> Funnel:
    """Each stage: who is there, who ever was, who went on, and how long that took."""
    async with call.query() as connection:
        rows = await funnel_rows(connection, campaign_id)
    return Funnel(stages=[_funnel_stage(stage, rows.get(stage.value, {})) for stage in ORDER])


@routes.get("/lifecycle/stuck")
async def stuck(
    call: Reader,
    longer_than: LongerThan = None,
    stage: Stage | None = None,
    limit: Limit = None,
    cursor: Cursor = None,
) -> Page[StuckView]:
    """Customers longer at their stage than its limit, those that are there the longest first, with what to do next.

    The limits in days: subscriber 90, recycled 60, lead 30, mql 7, sql 14, opportunity 45, onboarding 30, at_risk 14,
    reactivated 30; the other stages have none. `longer_than` sets others.
    """
    limits = {**LIMITS, **dict(map(_limit, longer_than or ()))}
    now = call.now
    async with call.query() as connection:
        page = await stuck_page(connection, limits, now, stage=stage, limit=limit, cursor=cursor)
    return Page(items=[_stuck(row, limits, now) for row in page.items], next=page.next)


@routes.get("/lifecycle/cohorts")
async def cohorts(call: Reader, limit: Limit = None, cursor: Cursor = None) -> Page[Cohort]:
    """The customers by the campaign that brought them, and how many of them reached each stage."""
    async with call.query() as connection:
        page = await cohort_page(connection, limit=limit, cursor=cursor)
    return Page(items=[_cohort(row) for row in page.items], next=page.next)


async def _read(call: Call, response: Response, any_id: UUID, as_of: AsOf = NOW) -> LifecycleView:
    async with call.query() as connection:
        party_id = await party_of(connection, any_id)
        standing = await standing_row(connection, party_id) or {}
        known = await entry_rows(connection, party_id)
        if as_of.happened is not None:
            rows = await hindsight_rows(connection, call.runtime.store, party_id, as_of)
        else:
            rows = await entry_rows(connection, party_id, as_of.recorded) if as_of.recorded else known
    if not known:
        raise _unknown(any_id)
    until = min(time for time in (call.now, as_of.recorded, as_of.happened) if time is not None)
    history = [_entry(row, until) for row in rows]
    if as_of.is_now and standing:
        call.etag(response, standing["version"])
    last = history[-1] if history else None
    return LifecycleView(
        party_id=party_id,
        stage=last.stage if last else None,
        since=last.entered_at if last else None,
        days_in_stage=last.days if last else None,
        campaign_id=standing.get("campaign_id"),
        continues=standing.get("continues"),
        history=history,
    )


def _entry(row: Mapping[str, Any], until: datetime) -> EntryView:
    return EntryView.model_validate({**row, "days": _days(row["entered_at"], row["left_at"] or until)})


def _days(start: datetime, end: datetime) -> float:
    return round(max((end - start).total_seconds(), 0) / 86_400, 2)


def _unknown(any_id: UUID) -> NotFound:
    return NotFound(f"Nothing is known of the life of {any_id}.", rule="lifecycle.unknown")


def _funnel_stage(stage: Stage, row: Mapping[str, Any]) -> FunnelStage:
    entered, went_on = row.get("entered", 0), row.get("went_on", 0)
    return FunnelStage(
        stage=stage,
        now=row.get("now", 0),
        entered=entered,
        went_on=went_on,
        conversion=round(went_on / entered, 4) if entered else None,
        median_days=_rounded(row.get("median_days")),
        mean_days=_rounded(row.get("mean_days")),
    )


def _rounded(days: Any) -> float | None:
    return None if days is None else round(float(days), 2)


def _limit(text: str) -> tuple[Stage, int]:
    name, _, days = text.partition(":")
    if name not in set(Stage) or not days.isascii() or not days.isdigit() or int(days) > MOST_DAYS:
        raise Refused(
            f"A limit is a stage and days, such as mql:3; this is {text!r}.", rule="stuck.limit", field="longer_than"
        )
    return Stage(name), int(days)


def _stuck(row: Mapping[str, Any], limits: Mapping[Stage, int], now: datetime) -> StuckView:
    stage = Stage(row["stage"])
    days = _days(row["since"], now)
    because = why(stage, int(days), limits[stage])
    told = {"days": days, "limit_days": limits[stage], "next_best_action": NEXT_BEST[stage].action, "because": because}
    return StuckView.model_validate({**row, **told})


def _cohort(row: Mapping[str, Any]) -> Cohort:
    customers = row["customers"]
    reached = [
        Reached(stage=stage, customers=row[stage.value], conversion=round(row[stage.value] / customers, 4))
        for stage in (*ON_THE_WAY, *ASIDE)
    ]
    return Cohort(campaign_id=row["campaign_id"], customers=customers, reached=reached)
