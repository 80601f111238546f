"""Feature requests over HTTP: what customers wish for, who, and what became of it."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, Field, model_validator
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.domain import NotFound, Refused
from nexa_chassis.http.call import Call, allow
from nexa_chassis.http.paging import Page
from nexa_contracts.support import Requester, RequestStatus
from nexa_contracts.values import Money
from nexa_support.api.access import SUPPORT, Planner, Reader
from nexa_support.api.bodies import Body, Cursor, Limit, Optional, Word, emptied
from nexa_support.feature_request.decisions import (
    ChangeRequest,
    Command,
    RequestFeature,
    ShipFeature,
    Vote,
    WithdrawVote,
)
from nexa_support.read_models.account_directory import account_row
from nexa_support.read_models.ticket_list import ticket_row
from nexa_support.read_models.wished_features import list_requests, list_votes, request_row

routes = APIRouter(tags=["feature requests"])

Voter = Annotated[Call, Depends(allow(*SUPPORT, "product_manager", "csm"))]
Quarter = Annotated[str, Field(pattern=r"^Q[1-4] 20\d\d$", examples=["Q1 2026"])]
Feature = Annotated[str, Field(pattern="^[a-z][a-z0-9_]*$", examples=["data_export"])]


class RequestBody(Body):
    """What is wished for."""

    title: Word = Field(examples=["Enhanced export options (Excel, bulk, scheduled)"])
    description: Optional = ""
    feature: Feature | None = None
    source: Word = Field(default="customer_feedback", description="Where it comes from.")
    business_value: Optional = Field(default="", examples=["High - frequently requested"])
    engineering_effort: Optional = Field(default="", examples=["Medium"])
    target_quarter: Quarter | None = None
    roadmap_effect: Optional = Field(default="", examples=["Prioritize data export improvements in Q1"])


class ChangeBody(Body):
    """What is left out stays as it is; null takes away the feature or the quarter."""

    title: Word | None = None
    feature: Feature | None = None
    status: RequestStatus | None = Field(default=None, description="All but shipped, which has a route of its own.")
    business_value: Optional | None = None
    engineering_effort: Optional | None = None
    target_quarter: Quarter | None = None
    roadmap_effect: Optional | None = None
    reason: Optional = Field(default="", description="Needed to decline it.")


class VoteBody(Body):
    """Either the ticket that says so, whose account votes, or the account."""

    ticket_id: UUID | None = None
    account_id: UUID | None = None

    @model_validator(mode="after")
    def one_of_both(self) -> "VoteBody":
        if (self.ticket_id is None) == (self.account_id is None):
            raise ValueError("give either ticket_id or account_id")
        return self


class ShipBody(Body):
    version: Word | None = Field(default=None, examples=["2.2.0"])


class RequestView(BaseModel):
    """A feature request with its votes; one for each account."""

    request_id: UUID
    title: str
    description: str
    feature: str | None
    source: str
    status: RequestStatus
    business_value: str
    engineering_effort: str
    target_quarter: str | None
    roadmap_effect: str
    votes: int
    arr: list[Money] = Field(description="What the accounts that wish for it pay a year, by currency.")
    requested_at: datetime
    shipped_at: datetime | None
    shipped_version: str | None


class VoteView(BaseModel):
    """The vote of an account, with its evidence."""

    account_id: UUID
    account_name: str
    ticket_id: UUID | None
    reference: str | None = Field(description="What people call the ticket by that says so.", examples=["T-7K3QX2M9AB"])
    subject: str | None = Field(description="What that ticket is about.")
    voted_at: datetime
    arr: Money | None = Field(description="What the account pays a year; null: nothing, or nobody knows.")


@routes.post("/feature-requests", status_code=201)
async def request_feature(body: RequestBody, call: Planner, response: Response) -> RequestView:
    """Write down what customers wish for."""
    request_id = call.new_id("feature request")
    return await _execute(call, response, RequestFeature(request_id=request_id, **body.model_dump()))


@routes.get("/feature-requests")
async def feature_requests(
    call: Reader,
    status: Annotated[RequestStatus | None, Query(description="Only those in this status.")] = None,
    feature: Annotated[str | None, Query(max_length=200, description="Only those of this feature, by its key.")] = None,
    limit: Limit = None,
    cursor: Cursor = None,
) -> Page[RequestView]:
    """What is wished for, by most accounts first."""
    async with call.query() as connection:
        page = await list_requests(connection, status=status, feature=feature, limit=limit, cursor=cursor)
    return Page(items=[RequestView.model_validate(row) for row in page.items], next=page.next)


@routes.get("/feature-requests/{request_id}")
async def read_request(request_id: UUID, call: Reader, response: Response) -> RequestView:
    """One request."""
    async with call.query() as connection:
        row = await _row(connection, request_id)
    call.etag(response, row["stream_version"])
    return RequestView.model_validate(row)


@routes.patch("/feature-requests/{request_id}")
async def change_request(request_id: UUID, body: ChangeBody, call: Planner, response: Response) -> RequestView:
    """Plan it, decline it, or say it better."""
    command = ChangeRequest(request_id=request_id, emptied=emptied(body), **body.model_dump())
    return await _execute(call, response, command)


@routes.post("/feature-requests/{request_id}/votes", status_code=201)
async def vote(request_id: UUID, body: VoteBody, call: Voter, response: Response) -> RequestView:
    """An account wishes for it. Its second vote changes nothing."""
    async with call.query() as connection:
        account_id, name, voter = await _voter(connection, body)
    command = Vote(
        request_id=request_id, account_id=account_id, account_name=name, ticket_id=body.ticket_id, voter=voter
    )
    return await _execute(call, response, command)


@routes.delete("/feature-requests/{request_id}/votes/{account_id}")
async def withdraw_vote(request_id: UUID, account_id: UUID, call: Voter, response: Response) -> RequestView:
    """The account does not wish for it any more."""
    return await _execute(call, response, WithdrawVote(request_id=request_id, account_id=account_id))


@routes.get("/feature-requests/{request_id}/votes")
async def votes(request_id: UUID, call: Reader, limit: Limit = None, cursor: Cursor = None) -> Page[VoteView]:
    """The evidence: which accounts, by which tickets, and what they pay."""
    async with call.query() as connection:
        await _row(connection, request_id)
        page = await list_votes(connection, request_id, limit=limit, cursor=cursor)
    paid = [
        {**row, "arr": Money(amount=row["arr"], currency=row["currency"]) if row["arr"] else None} for row in page.items
    ]
    return Page(items=[VoteView.model_validate(row) for row in paid], next=page.next)


@routes.post("/feature-requests/{request_id}/ship")
async def ship(request_id: UUID, body: ShipBody, call: Planner, response: Response) -> RequestView:
    """It is out: who wished for it is told."""
    return await _execute(call, response, ShipFeature(request_id=request_id, version=body.version))


async def _execute(call: Call, response: Response, command: Command) -> RequestView:
    done = await call.execute(command)
    call.etag(response, done.version_of(f"feature_request-{command.request_id}"))
    async with call.query() as connection:
        return RequestView.model_validate(await _row(connection, command.request_id))


async def _row(connection: AsyncConnection, request_id: UUID) -> Any:
    row = await request_row(connection, request_id)
    if row is None:
        raise NotFound(f"There is no feature request {request_id}.", rule="feature_request.unknown")
    return row


async def _voter(connection: AsyncConnection, body: VoteBody) -> tuple[UUID, str, Requester | None]:
    """Account, its name, and whom to tell when it ships."""
    if body.ticket_id is not None:
        ticket = await ticket_row(connection, body.ticket_id)
        if ticket is None:
            raise NotFound(f"There is no ticket {body.ticket_id}.", rule="ticket.unknown")
        if ticket["account_id"] is None:
            raise Refused(
                f"Nobody knows the account of {ticket['reference']} yet; say it first.",
                rule="feature_request.no_account",
                field="ticket_id",
            )
        told = Requester(
            name=ticket["requester_name"], email=ticket["requester_email"], contact_id=ticket["contact_id"]
        )
        return ticket["account_id"], ticket["account_name"] or "", told
    assert body.account_id is not None
    account = await account_row(connection, body.account_id)
    if account is None or account["name"] is None:
        raise NotFound(f"Support does not know an account {body.account_id}.", rule="account.unknown")
    return body.account_id, account["name"], None
