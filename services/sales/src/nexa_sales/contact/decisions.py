"""Contacts: the people of an account."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from nexa_contracts.sales import ContactCreated
from nexa_sales.contact.state import Known, NoContact


@dataclass(frozen=True, kw_only=True)
class AddContact:
    contact_id: UUID
    account_id: UUID
    lead_id: UUID | None
    first_name: str | None
    last_name: str | None
    email: str | None
    phone: str | None
    title: str | None


def decide(command: AddContact, state: NoContact | Known, now: datetime) -> Sequence[ContactCreated]:
    match state:
        case Known():
            return []
        case NoContact():
            return [
                ContactCreated(
                    contact_id=command.contact_id,
                    account_id=command.account_id,
                    lead_id=command.lead_id,
                    first_name=command.first_name,
                    last_name=command.last_name,
                    email=command.email,
                    phone=command.phone,
                    title=command.title,
                )
            ]
