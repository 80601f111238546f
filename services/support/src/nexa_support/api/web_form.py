"""The public form: anybody may report something, without a login."""

import hashlib
from typing import Annotated

from fastapi import APIRouter, Depends, Form
from pydantic import BaseModel, ConfigDict, Field

from nexa_chassis.domain import derive
from nexa_chassis.http.call import Call, public
from nexa_chassis.http.limits import rate_limit
from nexa_contracts.support import Channel, Requester
from nexa_support.api.bodies import LongText, Optional, Word, address
from nexa_support.read_models.account_directory import whose_address
from nexa_support.ticket.commands import SubmitTicket
from nexa_support.ticket.reference import reference_of

routes = APIRouter(tags=["public form"])

Visitor = Annotated[Call, Depends(public)]


class FormBody(BaseModel):
    """The fields of the form. `website` is hidden from people: who fills it in is a program."""

    model_config = ConfigDict(extra="ignore", str_strip_whitespace=True)

    name: Word = Field(examples=["Sarah Miller"])
    email: Word = Field(examples=["sarah.miller@acme.example"])
    subject: Word = Field(examples=["Export function not working"])
    description: LongText = Field(max_length=20_000)
    impact: Optional = Field(default="", examples=["blocking work"])
    product_version: Optional = Field(default="", max_length=50, examples=["2.1.5"])
    website: str = Field(default="", description="Stays empty.")


class FormAnswer(BaseModel):
    message: str
    reference: str = Field(description="What to call the ticket by.")


@routes.post("/public/tickets", status_code=202, dependencies=[Depends(rate_limit(5, 60))])
async def submit_form(body: Annotated[FormBody, Form()], call: Visitor) -> FormAnswer:
    """Report something as a form (`application/x-www-form-urlencoded` or `multipart/form-data`). The same form sent again is
    the same ticket. At most five a minute from one place.
    """
    email = address(body.email, "ticket.email")
    said = "\x1f".join([email, body.subject, body.description])
    key = hashlib.sha256(f"{said}\x1f{call.now:%Y-%m-%d}".encode()).hexdigest()
    ticket_id = derive("web form", key)
    answer = FormAnswer(message="Thank you, we have received your message.", reference=reference_of(ticket_id))
    if body.website:
        return answer
    async with call.query() as connection:
        found = await whose_address(connection, email)
    command = SubmitTicket(
        ticket_id=ticket_id,
        subject=body.subject,
        description=body.description,
        channel=Channel.WEB,
        requester=Requester(name=body.name, email=email, contact_id=found.contact_id if found else None),
        account_id=found.account_id if found else None,
        account_name=found.account_name if found else None,
        impact=body.impact or None,
        product_version=body.product_version or None,
    )
    await call.execute(command, key=key)
    return answer
