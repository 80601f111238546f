"""One deal over HTTP: opened, described, moved, won or lost, given to another rep."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import Field, StringConstraints

from nexa_chassis.domain import NotFound, Refused
from nexa_chassis.http.call import Call
from nexa_contracts.marketing import LeadSourceKind
from nexa_contracts.sales import DealStage
from nexa_sales.api.bodies import Amount, Body, Manager, Reader, Salesperson, Text, not_negative
from nexa_sales.api.deal_views import DealStages, DealView, DetailsBody, deal_stages, deal_view
from nexa_sales.deal.commands import (
    ChangeDetails,
    CloseLost,
    CloseWon,
    MoveDeal,
    OpenDeal,
    ReassignDeal,
    ReopenDeal,
    ResubmitHandoff,
)
from nexa_sales.read_models.account_book import account_row, contact_row
from nexa_sales.read_models.deal_stages import stages_of
from nexa_sales.read_models.pipeline_board import deal_row
from nexa_sales.read_models.rep_desk import is_on_the_roster, rep_of_person

routes = APIRouter(tags=["deals"])


class DealBody(Body):
    """A deal that no lead led to, for an account and one of its contacts."""

    account_id: UUID
    primary_contact_id: UUID = Field(description="A contact of the account.")
    name: Text | None = Field(default=None, description="The account's name unless given.", examples=["Acme Corp"])
    amount: Amount
    rep_id: UUID | None = Field(default=None, description="Who works on it: you, if you are on the roster.")
    campaign_id: UUID | None = Field(default=None, description="The campaign that brought it, if one did.")
    source_label: Annotated[str, StringConstraints(max_length=200)] = Field(default="", examples=["Trade fair"])
    source_kind: LeadSourceKind = LeadSourceKind.OTHER
    details: DetailsBody = Field(default_factory=DetailsBody)


class StageBody(Body):
    stage: DealStage = Field(description="qualification, proposal or negotiation.")


class WonBody(Body):
    contract_signed: bool = Field(description="A deal is won once its contract is signed.")
    contract_url: Annotated[str, StringConstraints(max_length=2_000)] | None = Field(
        default=None, description="Kept as text; nothing fetches it.", examples=["s3://contracts/acme_2025.pdf"]
    )
    amount: Amount | None = Field(default=None, description="What the contract says; the expected amount unless given.")


class ReasonBody(Body):
    reason: Text = Field(examples=["Chose another vendor"])


class ReassignBody(Body):
    rep_id: UUID = Field(description="Somebody on the roster.")
    reason: Text = Field(examples=["Knows the company"])


class NoteBody(Body):
    note: Text = Field(description="What changed.", examples=["Tom (IT) is the technical contact"])


@routes.post("/deals", status_code=201)
async def open_deal(body: DealBody, call: Salesperson, response: Response) -> DealView:
    """Open a deal by hand, in stage qualification."""
    details = body.details.details()
    amount = not_negative(body.amount, "amount")
    assert amount is not None
    async with call.query() as connection:
        account = await account_row(connection, body.account_id)
        contact = await contact_row(connection, body.primary_contact_id)
        person = body.rep_id or await rep_of_person(connection, call.actor)
        present = person is not None and await is_on_the_roster(connection, person)
    if account is None:
        raise Refused(f"There is no account {body.account_id}.", rule="account.unknown", field="account_id")
    if contact is None or contact["account_id"] != body.account_id:
        raise Refused(
            f"{account['name']} has no contact {body.primary_contact_id}.",
            rule="deal.contact",
            field="primary_contact_id",
        )
    if body.rep_id and not present:
        raise _not_on_the_roster(body.rep_id)
    deal_id = call.new_id("deal")
    opening = OpenDeal(
        deal_id=deal_id,
        account_id=body.account_id,
        primary_contact_id=body.primary_contact_id,
        lead_id=None,
        campaign_id=body.campaign_id,
        rep_id=person if present else None,
        name=body.name or account["name"],
        amount=amount,
        source_label=body.source_label,
        source_kind=body.source_kind,
    )
    return await _executed(call, response, deal_id, opening, ChangeDetails(deal_id=deal_id, details=details))


@routes.get("/deals/{deal_id}")
async def read_deal(deal_id: UUID, call: Reader, response: Response) -> DealView:
    """One deal."""
    view = await _read(call, deal_id)
    call.etag(response, view.version)
    return view


@routes.get("/deals/{deal_id}/stages")
async def read_stages(deal_id: UUID, call: Reader) -> DealStages:
    """Where the deal was from when to when, and how long in each stage."""
    await _read(call, deal_id)
    async with call.query() as connection:
        rows = await stages_of(connection, deal_id)
    return deal_stages(deal_id, rows, call.now)


@routes.put("/deals/{deal_id}/details")
async def change_details(deal_id: UUID, body: DetailsBody, call: Salesperson, response: Response) -> DealView:
    """Say what was sold and promised: products, requirements, whom to know. Of a won deal too."""
    return await _executed(call, response, deal_id, ChangeDetails(deal_id=deal_id, details=body.details()))


@routes.post("/deals/{deal_id}/stage")
async def move_deal(deal_id: UUID, body: StageBody, call: Salesperson, response: Response) -> DealView:
    """Move an open deal to another open stage."""
    return await _executed(call, response, deal_id, MoveDeal(deal_id=deal_id, stage=body.stage))


@routes.post("/deals/{deal_id}/win")
async def win_deal(deal_id: UUID, body: WonBody, call: Salesperson, response: Response) -> DealView:
    """The deal is won. Refused without a signed contract; winning it again changes nothing."""
    command = CloseWon(
        deal_id=deal_id,
        contract_signed=body.contract_signed,
        contract_url=body.contract_url,
        actual_amount=not_negative(body.amount, "amount"),
    )
    return await _executed(call, response, deal_id, command)


@routes.post("/deals/{deal_id}/lose")
async def lose_deal(deal_id: UUID, body: ReasonBody, call: Salesperson, response: Response) -> DealView:
    """The deal is lost, for this reason."""
    return await _executed(call, response, deal_id, CloseLost(deal_id=deal_id, reason=body.reason))


@routes.post("/deals/{deal_id}/reopen")
async def reopen_deal(deal_id: UUID, body: ReasonBody, call: Salesperson, response: Response) -> DealView:
    """A closed deal is open again, in the stage it was closed from, with the amount it was opened with."""
    return await _executed(call, response, deal_id, ReopenDeal(deal_id=deal_id, reason=body.reason))


@routes.post("/deals/{deal_id}/reassign")
async def reassign_deal(deal_id: UUID, body: ReassignBody, call: Manager, response: Response) -> DealView:
    """Give the deal to this rep, whoever has it."""
    async with call.query() as connection:
        present = await is_on_the_roster(connection, body.rep_id)
    if not present:
        raise _not_on_the_roster(body.rep_id)
    return await _executed(call, response, deal_id, ReassignDeal(deal_id=deal_id, **body.model_dump()))


@routes.post("/deals/{deal_id}/handoff/resubmit")
async def resubmit_handoff(deal_id: UUID, body: NoteBody, call: Salesperson, response: Response) -> DealView:
    """Hand a returned deal over again, with its details as they are now."""
    return await _executed(call, response, deal_id, ResubmitHandoff(deal_id=deal_id, note=body.note))


async def _executed(call: Call, response: Response, deal_id: UUID, *commands: object) -> DealView:
    done = await call.execute(*commands)
    call.etag(response, done.version_of(f"deal-{deal_id}"))
    return await _read(call, deal_id)


async def _read(call: Call, deal_id: UUID) -> DealView:
    async with call.query() as connection:
        row = await deal_row(connection, deal_id)
    if row is None:
        raise NotFound(f"There is no deal {deal_id}.", rule="deal.unknown")
    return deal_view(row)


def _not_on_the_roster(rep_id: UUID) -> Refused:
    return Refused(f"There is nobody with the id {rep_id} on the roster.", rule="rep.unknown", field="rep_id")
