"""Account health over HTTP."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, Field

from nexa_chassis.domain import NotFound
from nexa_chassis.http.call import Call, allow
from nexa_chassis.http.history import After, AsOfQuery, Change, Since, changes
from nexa_chassis.http.paging import Page
from nexa_contracts.scoring import HealthFactor, Risk
from nexa_scoring.aggregates import account_health
from nexa_scoring.read_models.how_accounts_do import accounts_by_health, health_at, health_history

routes = APIRouter(tags=["account health"])

Reader = Annotated[Call, Depends(allow("csm", "success_manager", "sales_rep", "sales_manager", "analyst"))]
Limit = Annotated[int, Query(ge=1, le=200, description="How many to return, at most 200.")]
Cursor = Annotated[str | None, Query(description="`next` of the page before.")]
PERCENT = Decimal("0.1")
WHOLE = Decimal(1)


class RenewalView(BaseModel):
    """How probable the renewal is."""

    percent: float = Field(description="With one decimal.", examples=[97.9])
    rounded: int = Field(description="As it is shown.", examples=[98])
    label: str = Field(description="`uncalibrated` until it has been fitted on outcomes.", examples=["uncalibrated"])


class HealthView(BaseModel):
    """One score: 100 × the sum of the factors' points ÷ the sum of their `most`. A factor that is unknown has `most` 0."""

    account_id: UUID
    account_name: str
    version: int = Field(description="Rises with each event of this account's health.")
    on: date = Field(description="The day it is about.")
    late: bool = Field(description="Was reported when a later day was known already.")
    score: int | None = Field(description="0 to 100; null with the label `stopped`.")
    label: str = Field(
        description="`onboarding` while nothing was reported yet, `stopped` when the account was no customer any more."
    )
    risk: Risk | None
    previous_score: int | None
    change: int
    factors: list[HealthFactor]
    renewal: RenewalView | None
    rules_version: int | None
    caused_by: str = Field(description="Id of the event that brought this about.")
    recorded_at: datetime


class AccountRow(BaseModel):
    """The present health of a customer. `episode`, `play` and `reason` are given while it is at risk."""

    account_id: UUID
    account_name: str
    on: date
    score: int
    label: str
    risk: Risk
    change: int
    renewal: RenewalView | None
    episode: int | None
    play: str | None
    reason: str | None
    scored_at: datetime


class FactorChange(BaseModel):
    """A factor that differs; null where it was not known, or nothing was scored."""

    factor: str
    before: str | None
    now: str | None
    points_before: Decimal | None
    points_now: Decimal | None


class ChangesView(BaseModel):
    """What has been recorded since a time."""

    since: datetime
    before: HealthView | None = Field(description="As it was known then; null before the first score.")
    now: HealthView
    change: int | None = Field(description="Points more or less than then; null where one of them is not scored.")
    factors: list[FactorChange]
    events: Page[Change] = Field(description="Each score and each turn of an episode since; late scores too.")


@routes.get("/accounts/health")
async def accounts(
    call: Reader, risk: Risk | None = None, limit: Limit = 50, cursor: Cursor = None
) -> Page[AccountRow]:
    """The present health of each customer, the lowest first."""
    async with call.query() as connection:
        page = await accounts_by_health(connection, risk, limit=limit, cursor=cursor)
    return Page(items=[_account_row(row) for row in page.items], next=page.next)


@routes.get("/accounts/{account_id}/health")
async def health(account_id: UUID, call: Reader, response: Response, as_of: AsOfQuery) -> HealthView:
    """How well an account does: now, as it was known at a time (`as_of`), or as it did then (`as_happened`).

    `as_of` is about recorded time and gives what this answer was then: a late report shows only from when it was
    recorded, and only where it changed the present score. `as_happened` is about the days themselves: the score of the
    newest day up to that time (UTC), late reports included; with both, as far as they were recorded by `as_of`.
    """
    happened = as_of.happened.astimezone(UTC).date() if as_of.happened else None
    async with call.query() as connection:
        row = await health_at(connection, account_id, as_of=as_of.recorded, happened=happened)
    if row is None:
        raise _unknown(account_id)
    if as_of.is_now:
        call.etag(response, row["version"])
    return _view(row)


@routes.get("/accounts/{account_id}/health/history")
async def history(account_id: UUID, call: Reader, limit: Limit = 50, cursor: Cursor = None) -> Page[HealthView]:
    """All scores of an account, the last recorded first, late ones among them."""
    async with call.query() as connection:
        page = await health_history(connection, account_id, limit=limit, cursor=cursor)
    if not page.items and cursor is None:
        raise _unknown(account_id)
    return Page(items=[_view(row) for row in page.items], next=page.next)


@routes.get("/accounts/{account_id}/health/changes")
async def changes_since(account_id: UUID, call: Reader, since: Since, after: After = 0) -> ChangesView:
    """What has changed since a time: the score then and now, the factors that differ, and each event between."""
    async with call.query() as connection:
        now = await health_at(connection, account_id)
        before = await health_at(connection, account_id, as_of=since)
    if now is None:
        raise _unknown(account_id)
    scores = (before["score"] if before else None, now["score"])
    return ChangesView(
        since=since,
        before=_view(before) if before else None,
        now=_view(now),
        change=scores[1] - scores[0] if None not in scores else None,
        factors=_differing(before["factors"] if before else [], now["factors"]),
        events=await changes(call, account_health, f"account_health-{account_id}", since, after),
    )


def _unknown(account_id: UUID) -> NotFound:
    return NotFound(
        f"No health of account {account_id} is known for that time; it is scored once it is a customer.",
        rule="health.unknown",
    )


def _differing(before: Sequence[Mapping[str, Any]], now: Sequence[Mapping[str, Any]]) -> list[FactorChange]:
    then, present = ({each["factor"]: HealthFactor.model_validate(each) for each in side} for side in (before, now))
    return [
        FactorChange(
            factor=factor,
            before=was.value if was else None,
            now=is_now.value if is_now else None,
            points_before=was.points if was and was.most else None,
            points_now=is_now.points if is_now and is_now.most else None,
        )
        for factor in dict.fromkeys((*present, *then))
        if _known(was := then.get(factor)) != _known(is_now := present.get(factor))
    ]


def _known(factor: HealthFactor | None) -> tuple[object, ...] | None:
    return (factor.value, factor.points, factor.most) if factor else None


def _view(row: Mapping[str, Any]) -> HealthView:
    return HealthView.model_validate({**row, "on": row["day"], "renewal": _renewal(row)})


def _account_row(row: Mapping[str, Any]) -> AccountRow:
    return AccountRow.model_validate({**row, "on": row["day"], "renewal": _renewal(row)})


def _renewal(row: Mapping[str, Any]) -> RenewalView | None:
    probability: Decimal | None = row["renewal_probability"]
    if probability is None:
        return None
    percent = probability * 100
    return RenewalView(
        percent=float(percent.quantize(PERCENT, ROUND_HALF_UP)),
        rounded=int(percent.quantize(WHOLE, ROUND_HALF_UP)),
        label="calibrated" if row["calibrated"] else "uncalibrated",
    )
