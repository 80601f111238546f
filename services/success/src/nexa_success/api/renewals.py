"""Renewals over HTTP: which contracts end, and how their renewals end."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from nexa_chassis.domain import NotFound
from nexa_chassis.http.call import Call
from nexa_chassis.http.paging import Page
from nexa_contracts.values import Money
from nexa_success.api.access import Reader, Writer
from nexa_success.api.bodies import Body, Cursor, Limit, Mine, Text, whose
from nexa_success.read_models.renewals_due import RenewalStatus, list_renewals, renewal_row
from nexa_success.renewal.decisions import ExpandRenewal, LoseRenewal, WinRenewal

routes = APIRouter(tags=["renewals"])


class RenewalView(BaseModel):
    """The renewal of one contract end of an account. It opens by itself 90 days before."""

    renewal_id: UUID
    version: int
    account_id: UUID
    account_name: str
    csm_id: UUID | None = Field(description="Who works on it; null while nobody is responsible for the account.")
    status: RenewalStatus = Field(description="withdrawn: the contract does not end on that day any more.")
    contract_end: date
    arr: Money = Field(description="What is to be renewed, a year.")
    opened_at: datetime | None
    closed_at: datetime | None
    closed_by: str | None
    new_arr: Money | None = Field(description="What the contract brings from now on; null unless it was renewed.")
    new_contract_end: date | None
    reason: str | None = Field(description="Why it was lost.")


class WinBody(Body):
    arr: Money | None = Field(default=None, description="What it brings from now on; the same unless given, not more.")
    contract_end: date | None = Field(default=None, description="The new end; twelve months later unless given.")


class ExpandBody(Body):
    arr: Money = Field(description="What it brings from now on: more than before, in the same currency.")
    contract_end: date | None = Field(default=None, description="The new end; twelve months later unless given.")


class LoseBody(Body):
    reason: Text = Field(description="Why.", examples=["Project was stopped"])


@routes.get("/renewals")
async def renewals(
    call: Reader,
    status: Annotated[RenewalStatus | None, Query(description="All but the withdrawn ones unless given.")] = None,
    due_before: Annotated[date | None, Query(description="Only contracts that end before this day.")] = None,
    mine: Mine = False,
    csm_id: UUID | None = None,
    account_id: Annotated[UUID | None, Query(description="Only those of this account.")] = None,
    limit: Limit = None,
    cursor: Cursor = None,
) -> Page[RenewalView]:
    """Renewals, by the end of their contract."""
    async with call.query() as connection:
        page = await list_renewals(
            connection,
            status=status,
            due_before=due_before,
            csm_id=await whose(connection, call, mine, csm_id),
            account_id=account_id,
            limit=limit,
            cursor=cursor,
        )
    return Page(items=[_shown(row) for row in page.items], next=page.next)


@routes.get("/renewals/{renewal_id}")
async def read_renewal(renewal_id: UUID, call: Reader, response: Response) -> RenewalView:
    """One renewal."""
    view = await _view(call, renewal_id)
    call.etag(response, view.version)
    return view


@routes.post("/renewals/{renewal_id}/win")
async def win_renewal(renewal_id: UUID, body: WinBody, call: Writer, response: Response) -> RenewalView:
    """The customer stays: for the same and another twelve months, unless said otherwise."""
    command = WinRenewal(renewal_id=renewal_id, arr=body.arr, contract_end=body.contract_end)
    return await _executed(call, response, renewal_id, command)


@routes.post("/renewals/{renewal_id}/expand")
async def expand_renewal(renewal_id: UUID, body: ExpandBody, call: Writer, response: Response) -> RenewalView:
    """The customer stays and pays more."""
    command = ExpandRenewal(renewal_id=renewal_id, arr=body.arr, contract_end=body.contract_end)
    return await _executed(call, response, renewal_id, command)


@routes.post("/renewals/{renewal_id}/lose")
async def lose_renewal(renewal_id: UUID, body: LoseBody, call: Writer, response: Response) -> RenewalView:
    """The customer goes, with a reason."""
    return await _executed(call, response, renewal_id, LoseRenewal(renewal_id=renewal_id, reason=body.reason))


async def _executed(call: Call, response: Response, renewal_id: UUID, command: object) -> RenewalView:
    done = await call.execute(command)
    call.etag(response, done.version_of(f"renewal-{renewal_id}"))
    return await _view(call, renewal_id)


async def _view(call: Call, renewal_id: UUID) -> RenewalView:
    async with call.query() as connection:
        row = await renewal_row(connection, renewal_id)
    if row is None:
        raise NotFound(f"There is no renewal {renewal_id}.", rule="renewal.unknown")
    return _shown(row)


def _shown(row: Mapping[str, Any]) -> RenewalView:
    new_arr = None if row["new_arr"] is None else Money(amount=row["new_arr"], currency=row["currency"])
    return RenewalView.model_validate(
        {**row, "arr": Money(amount=row["arr"], currency=row["currency"]), "new_arr": new_arr}
    )
