"""Customers over HTTP: who is whom, what is noted about them, and which of them are one."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field, StringConstraints

from nexa_chassis.domain import NotFound
from nexa_chassis.http.call import Call
from nexa_contracts.success import MemberKind, Stage
from nexa_success.api.access import Merger, Reader, Writer
from nexa_success.api.bodies import Body, Text
from nexa_success.identity.decisions import DismissConflict, NoteProfile
from nexa_success.identity.merging import merge, unmerge
from nexa_success.identity.state import PROFILE_FIELDS
from nexa_success.read_models.account_directory import account_row
from nexa_success.read_models.where_customers_stand import standing_row
from nexa_success.read_models.who_is_whom import conflict_rows, member_rows, parts_of, party_of, party_rows

routes = APIRouter(tags=["customers"])


class Profile(BaseModel):
    """What success noted about the customer."""

    display_name: str | None = None
    segment: str | None = None
    website: str | None = Field(default=None, description="Kept as text; nothing fetches it.")
    notes: str | None = None


class MemberView(BaseModel):
    """A record that the customer is known by."""

    kind: MemberKind
    member_id: UUID
    party_id: UUID = Field(description="The party it is linked to: this one, or a part of it.")
    linked_at: datetime


class NotedBefore(BaseModel):
    """What was noted about a lead before it became part of this customer."""

    party_id: UUID
    profile: Profile


class ConflictView(BaseModel):
    """An edit that was made while two parties were one, and is left over since they are two again."""

    party_id: UUID
    merged_id: UUID = Field(description="The party that was split off.")
    field: str
    restored: str | None = Field(description="What it was before the merge, and is again.")
    edited: str | None = Field(description="What it was edited to while they were one; null: to nothing.")
    since: datetime


class CustomerView(BaseModel):
    """One customer, however many records and parties it is known by."""

    party_id: UUID
    version: int
    name: str | None = Field(description="Its display name, or else the account's name.")
    profile: Profile
    members: list[MemberView]
    parts: list[UUID] = Field(description="Parties that were merged into it, or into one of those.")
    stage: Stage | None
    stage_since: datetime | None
    conflicts: list[ConflictView]
    noted_before: list[NotedBefore]


class UnmergedView(BaseModel):
    """Two customers again, and the edits made in between, which somebody has to place."""

    customer: CustomerView
    split_off: CustomerView
    conflicts: list[ConflictView]


class ProfileBody(Body):
    """Fields that are not given stay as they are; null or an empty text blanks one."""

    display_name: Annotated[str, StringConstraints(max_length=200)] | None = Field(default=None, examples=["Acme"])
    segment: Annotated[str, StringConstraints(max_length=200)] | None = Field(default=None, examples=["enterprise"])
    website: Annotated[str, StringConstraints(max_length=2_000)] | None = Field(
        default=None, description="Kept as text; nothing fetches it.", examples=["https://acme.example"]
    )
    notes: Annotated[str, StringConstraints(max_length=10_000)] | None = Field(
        default=None, examples=["Prefers mail over calls"]
    )


class MergeBody(Body):
    merged_id: UUID = Field(description="The party that goes on as part of the other.")
    reason: Text = Field(examples=["Same company under two names"])


class UnmergeBody(Body):
    merged_id: UUID = Field(description="The party that is to be by itself again.")
    reason: Text = Field(examples=["Two companies after all"])


@routes.get("/customers/{any_id}")
async def read_customer(any_id: UUID, call: Reader, response: Response) -> CustomerView:
    """The customer that a lead, a contact, an account or a party belongs to."""
    return await _read(call, any_id, response)


@routes.put("/customers/{any_id}/profile")
async def put_profile(any_id: UUID, body: ProfileBody, call: Writer, response: Response) -> CustomerView:
    """Note this about the customer. A field that is given also settles the conflicts about it."""
    async with call.query() as connection:
        party_id = await party_of(connection, any_id)
    changes = {name: getattr(body, name) or "" for name in PROFILE_FIELDS if name in body.model_fields_set}
    await call.execute(NoteProfile(party_id=party_id, changes=changes))
    return await _read(call, party_id, response)


@routes.post("/customers/{party_id}/merge")
async def merge_customers(party_id: UUID, body: MergeBody, call: Merger, response: Response) -> CustomerView:
    """Two parties are one customer: this one stays and wins, its blanks are filled from the other."""
    await merge(call, party_id, body.merged_id, body.reason)
    return await _read(call, party_id, response)


@routes.post("/customers/{party_id}/unmerge")
async def unmerge_customers(party_id: UUID, body: UnmergeBody, call: Merger, response: Response) -> UnmergedView:
    """Two customers after all: both are what they were. Edits made in between are conflicts until somebody settles them."""
    await unmerge(call, party_id, body.merged_id, body.reason)
    split_off = await _read(call, body.merged_id)
    customer = await _read(call, party_id, response)
    left_over = [each for each in customer.conflicts if (each.party_id, each.merged_id) == (party_id, body.merged_id)]
    return UnmergedView(customer=customer, split_off=split_off, conflicts=left_over)


@routes.get("/customers/{any_id}/conflicts")
async def conflicts(any_id: UUID, call: Reader) -> list[ConflictView]:
    """Edits that undone merges left over and nobody has settled, the oldest first."""
    return (await _read(call, any_id)).conflicts


@routes.post("/customers/{party_id}/conflicts/{field}/dismiss")
async def dismiss_conflict(party_id: UUID, field: str, call: Writer, response: Response) -> CustomerView:
    """The edit is not needed. Takes the party as the conflict names it."""
    await call.execute(DismissConflict(party_id=party_id, field=field))
    return await _read(call, party_id, response)


async def _read(call: Call, any_id: UUID, response: Response | None = None) -> CustomerView:
    async with call.query() as connection:
        party_id = await party_of(connection, any_id)
        parts = await parts_of(connection, party_id)
        if not parts:
            raise NotFound(f"Nobody knows a lead, contact or account {any_id}.", rule="customer.unknown")
        members = await member_rows(connection, parts)
        leads = [row["member_id"] for row in members if row["member_id"] not in parts]
        noted = {row["party_id"]: row for row in await party_rows(connection, [party_id, *leads])}
        standing: Any = await standing_row(connection, party_id) or {}
        account: Any = await account_row(connection, party_id) or {}
        left_over = await conflict_rows(connection, parts)
    party = noted[party_id]
    if response is not None:
        call.etag(response, party["version"])
    profile = Profile.model_validate(party["fields"])
    before = [
        NotedBefore(party_id=lead, profile=Profile.model_validate(noted[lead]["fields"]))
        for lead in leads
        if lead in noted and noted[lead]["fields"]
    ]
    return CustomerView(
        party_id=party_id,
        version=party["version"],
        name=profile.display_name or account.get("name"),
        profile=profile,
        members=[MemberView.model_validate(row) for row in members],
        parts=[part for part in parts if part != party_id],
        stage=standing.get("stage"),
        stage_since=standing.get("since"),
        conflicts=[ConflictView.model_validate(row) for row in left_over],
        noted_before=before,
    )
