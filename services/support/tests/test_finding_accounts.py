"""Tickets of nobody known find their account once sales knows the contact, or one company at its domain."""

from typing import Any

import pytest

from nexa_chassis.running import eventually
from nexa_contracts.sales import AccountCreated, ContactCreated
from nexa_support.intake.finding_accounts import busy

from .conftest import Support
from .stories import id_of

pytestmark = pytest.mark.timeout(120)


def account(name: str) -> AccountCreated:
    return AccountCreated(account_id=id_of(name), name=name)


def contact(name: str, company: str, email: str) -> ContactCreated:
    first, _, last = name.partition(" ")
    return ContactCreated(
        contact_id=id_of(name), account_id=id_of(company), first_name=first, last_name=last, email=email
    )


async def written(service: Support, sender: str) -> str:
    raw = f"From: {sender}\r\nSubject: Help\r\nMessage-ID: <{id_of(sender)}@x.example>\r\n\r\nIt fails\r\n".encode()
    receipt = await service.ask("POST", "/mails", 201, content=raw)
    assert receipt["outcome"] == "ticket"
    return str(receipt["ticket_id"])


async def unknown(service: Support) -> set[str]:
    page = await service.ask("GET", "/tickets", params={"unknown_account": "true"})
    return {each["ticket_id"] for each in page["items"]}


async def known_contacts(service: Support, count: int) -> None:
    async def ask() -> bool:
        rows = await service.rows(
            "select count(*) from contacts c join accounts a using (account_id) where a.name is not null"
        )
        return bool(rows[0][0] == count)

    await eventually(ask, what=f"{count} contacts to be known")


async def nothing_to_find(service: Support) -> None:
    async def ask() -> bool:
        async with service.service.runtime.engine.connect() as connection:
            return await busy(connection) == 0

    await eventually(ask, what="no ticket to be told its account any more")


async def of(service: Support, ticket_id: str) -> tuple[Any, list[str]]:
    ticket = await service.ask("GET", f"/tickets/{ticket_id}")
    told = (await service.ask("GET", f"/tickets/{ticket_id}/timeline"))["items"]
    return ticket["account_name"], [each["summary"] for each in told if each["event"] == "TicketAccountFound"]


async def test_a_ticket_waits_until_sales_publishes_the_contact(support_service: Support) -> None:
    ticket_id = await written(support_service, "Sarah.Miller@acme.example")
    assert await unknown(support_service) == {ticket_id}
    await support_service.others.say(
        contact("Sarah Miller", "Acme Corp", "sarah.miller@ACME.example"), account("Acme Corp")
    )
    await support_service.until(
        f"/tickets/{ticket_id}", lambda ticket: ticket["account_name"] is not None, "its account"
    )
    assert await unknown(support_service) == set()
    assert await of(support_service, ticket_id) == ("Acme Corp", ["It is Acme Corp's: address of a contact"])
    again = await written(support_service, "sarah.miller@acme.example")
    assert (await of(support_service, again))[0] == "Acme Corp"
    assert await unknown(support_service) == set()


async def test_a_domain_tells_the_account_only_where_one_account_alone_has_it(support_service: Support) -> None:
    alone = await written(support_service, "tom@acme.example")
    shared = await written(support_service, "tom@coworking.example")
    free = await written(support_service, "tom@gmail.com")
    below = await written(support_service, "tom@mail.acme.example")
    await support_service.others.say(
        *(account(name) for name in ("Acme Corp", "One", "Two", "Shop")),
        contact("Sarah Miller", "Acme Corp", "sarah@acme.example"),
        contact("Ann One", "One", "ann@coworking.example"),
        contact("Bob Two", "Two", "bob@coworking.example"),
        contact("Cay Shop", "Shop", "cay.shop@gmail.com"),
    )
    await known_contacts(support_service, 4)
    await nothing_to_find(support_service)
    assert await unknown(support_service) == {shared, free, below}
    assert await of(support_service, alone) == ("Acme Corp", ["It is Acme Corp's: domain of the account"])
    late = {name: await written(support_service, f"{name}@gmail.com") for name in ("cay.shop", "dan")}
    assert (await of(support_service, late["cay.shop"]))[0] == "Shop"
    assert (await of(support_service, late["dan"]))[0] is None
