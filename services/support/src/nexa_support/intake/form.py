"""The public form: what it takes, and the ticket that it becomes."""

import hashlib
from collections.abc import Sequence
from typing import Annotated, TypeAlias
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, field_validator

from nexa_chassis.domain import Refused, derive
from nexa_chassis.origin import Origin
from nexa_chassis.runtime import Runtime
from nexa_chassis.transacting import transact
from nexa_chassis.transaction import Transaction
from nexa_contracts.support import Channel, Requester
from nexa_support.api.bodies import address
from nexa_support.intake.charsets import clean
from nexa_support.intake.files import keep_files
from nexa_support.intake.parts import MailFile
from nexa_support.read_models.account_directory import whose_address
from nexa_support.ticket.commands import SubmitTicket


def _readable(given: object) -> object:
    return clean(given).strip() if isinstance(given, str) else given


Line: TypeAlias = Annotated[str, BeforeValidator(_readable), StringConstraints(min_length=1, max_length=200)]
Extra: TypeAlias = Annotated[str, BeforeValidator(_readable), StringConstraints(max_length=200)]


class Form(BaseModel):
    """The fields of the form. `website` is hidden from people: who fills it in is a program."""

    model_config = ConfigDict(extra="ignore")

    name: Line = Field(examples=["Sarah Miller"])
    email: Line = Field(examples=["sarah.miller@acme.example"])
    subject: Line = Field(examples=["Export function not working"])
    description: Annotated[str, BeforeValidator(_readable), StringConstraints(min_length=1, max_length=20_000)]
    impact: Extra = Field(default="", examples=["blocking work"])
    product_version: Annotated[Extra, StringConstraints(max_length=50)] = Field(default="", examples=["2.1.5"])
    form_id: Extra = Field(
        default="", description="Tells one page that was opened from another; the page brings it along."
    )
    website: str = Field(default="", description="Stays empty.")

    @field_validator("email")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        try:
            return address(value, "ticket.email")
        except Refused as refused:
            raise ValueError(refused.message) from None

    def ticket_id(self, day: str, files: Sequence[MailFile]) -> UUID:
        """The same form with the same files, sent again from the same page or on the same day, is the same ticket."""
        said = [self.form_id or day, self.email, self.name, self.subject, self.description]
        said += [f"{file.filename}\x1f{hashlib.sha256(file.content).hexdigest()}" for file in files]
        return derive("web form", hashlib.sha256("\x1e".join(said).encode()).hexdigest())


async def submit(
    runtime: Runtime, form: Form, ticket_id: UUID, files: Sequence[MailFile], *, actor: str, traceparent: str | None
) -> None:
    """Make a ticket of the form, once."""

    async def work(tx: Transaction) -> None:
        found = await whose_address(tx.connection, form.email)
        ticket = SubmitTicket(
            ticket_id=ticket_id,
            subject=form.subject,
            description=form.description,
            channel=Channel.WEB,
            requester=Requester(name=form.name, email=form.email, contact_id=found.contact_id if found else None),
            account_id=found.account_id if found else None,
            account_name=found.account_name if found else None,
            impact=form.impact or None,
            product_version=form.product_version or (found.product_version if found else None),
            attachments=await keep_files(tx, ticket_id, ticket_id, files),
        )
        await tx.execute([ticket])

    await transact(runtime, Origin(actor, str(ticket_id), traceparent=traceparent), work)
