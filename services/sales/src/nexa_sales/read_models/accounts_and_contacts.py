"""Which companies does sales deal with, and who are their people?"""

from collections.abc import Iterator

from sqlalchemy import Column, DateTime, Index, Integer, Table, Text, Uuid

from nexa_chassis.domain import Recorded
from nexa_chassis.read_models import Change, Put, ReadModel
from nexa_contracts.sales import AccountCreated, AccountUpdated, ContactCreated
from nexa_sales.tables import metadata

accounts = Table(
    "accounts",
    metadata,
    Column("account_id", Uuid, primary_key=True),
    Column("name", Text),
    Column("country", Text),
    Column("company_size", Text),
    Column("created_at", DateTime(timezone=True)),
    Column("version", Integer),
    Index("accounts_by_name", "name", "account_id"),
)
contacts = Table(
    "contacts",
    metadata,
    Column("contact_id", Uuid, primary_key=True),
    Column("account_id", Uuid),
    Column("lead_id", Uuid),
    Column("first_name", Text),
    Column("last_name", Text),
    Column("email", Text),
    Column("phone", Text),
    Column("title", Text),
    Column("created_at", DateTime(timezone=True)),
    Index("contacts_by_account", "account_id", "created_at", "contact_id"),
)


def project(fact: Recorded) -> Iterator[Change]:
    match fact.event:
        case AccountCreated() | AccountUpdated() as account:
            size = account.company_size.value if account.company_size else None
            values: dict[str, object] = {"name": account.name, "country": account.country, "company_size": size}
            if isinstance(account, AccountCreated):
                values["created_at"] = fact.time
            yield Put(accounts, {"account_id": account.account_id}, {**values, "version": fact.version})
        case ContactCreated() as contact:
            yield Put(
                contacts,
                {"contact_id": contact.contact_id},
                {
                    "account_id": contact.account_id,
                    "lead_id": contact.lead_id,
                    "first_name": contact.first_name,
                    "last_name": contact.last_name,
                    "email": contact.email,
                    "phone": contact.phone,
                    "title": contact.title,
                    "created_at": fact.time,
                },
            )


model = ReadModel(
    name="accounts_and_contacts",
    tables=(accounts, contacts),
    on=(AccountCreated, AccountUpdated, ContactCreated),
    project=project,
)
