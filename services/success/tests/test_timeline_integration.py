"""The timeline over HTTP: every page of it, what a customer sees, the same rows when it is made anew from the topics."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from nexa_chassis.rebuild_from_topics import rebuild_from_topics
from nexa_chassis.running import eventually
from nexa_contracts.marketing import EngagementKind, LeadCreated, LeadEngaged
from nexa_contracts.notifier import EmailSent
from nexa_contracts.sales import LeadConverted
from nexa_contracts.support import InternalNoteAdded, TicketAccountFound, TicketReplied, TicketSubmitted
from nexa_local import clock
from nexa_success.read_models.timeline import timeline

from .conftest import Success
from .stories import FIFTY_THOUSAND, MONDAY
from .test_handoff_integration import customer
from .test_timeline_tickets import SECRET, ticket

MANY = 1_000


async def every_entry(success: Success, path: str, **params: Any) -> list[Any]:
    entries: list[Any] = []
    cursor: dict[str, Any] = {}
    while True:
        page = await success.ask("GET", path, params={"limit": 200, **params, **cursor})
        entries += page["items"]
        if page["next"] is None:
            return entries
        cursor = {"cursor": page["next"]}


def lead_of(account_id: UUID, contact_id: UUID) -> tuple[LeadCreated, LeadConverted]:
    lead = {"lead_id": uuid4(), "campaign_id": uuid4()}
    came = LeadCreated(**lead, campaign_name="Q4 Product Webinar", source_label="Webinar Q4", company="Acme Corp")
    converted = LeadConverted(
        **lead,
        contact_id=contact_id,
        account_id=account_id,
        account_matched=False,
        deal_id=uuid4(),
        amount=FIFTY_THOUSAND,
        rep_id=None,
    )
    return came, converted


async def test_a_customer_has_one_timeline_from_the_lead_on_and_sees_only_what_is_meant_for_it(
    success_service: Success,
) -> None:
    success = success_service
    await success.hire("Nora Vance")
    acme = customer()
    came, converted = lead_of(acme.account.account_id, acme.contact.contact_id)
    await success.others.say(came, converted, *acme, time=MONDAY)
    path = f"/customers/{acme.account.account_id}/timeline"
    await success.until(path, lambda page: page["next"] is not None, "more than a page is on it", params={"limit": 30})
    await asyncio.to_thread(clock.await_quiet, clock.looker([success.service.url]))
    entries = await every_entry(success, path)
    assert entries[0]["summary"] == "Came in with Q4 Product Webinar"
    assert entries[0]["late"] is True
    assert {"marketing", "sales", "account", "deal", "onboarding", "identity", "lifecycle"} <= {
        entry["kind"] for entry in entries
    }
    told = [(entry["occurred_at"], entry["entry_id"]) for entry in entries]
    newest = await every_entry(success, path, order="newest")
    assert [(entry["occurred_at"], entry["entry_id"]) for entry in newest] == told[::-1]
    by_lead = await every_entry(success, f"/customers/{came.lead_id}/timeline")
    assert by_lead == entries

    deals = await every_entry(success, path, kind=["deal"], type=["nexa.sales.DealClosedWon.v1"])
    assert [entry["summary"] for entry in deals] == ["Deal won: $50,000 a year"]
    contact = str(acme.contact.contact_id)
    theirs = await every_entry(success, path, person_id=contact)
    assert {entry["person_id"] for entry in theirs} == {contact}
    assert [entry for entry in entries if entry["person_id"] == contact] == theirs
    assert await every_entry(success, path, until=MONDAY.isoformat()) == []
    later = await every_entry(success, path, since=(MONDAY + timedelta(seconds=1)).isoformat())
    on_monday = await every_entry(success, path, until=(MONDAY + timedelta(seconds=1)).isoformat())
    assert [*on_monday, *later] == entries
    assert len(on_monday) >= 6
    recorded = max(datetime.fromisoformat(entry["recorded_at"]) for entry in entries)
    assert await every_entry(success, path, as_of=recorded.isoformat()) == entries

    inside = {entry["entry_id"] for entry in entries if entry["visibility"] == "internal"}
    seen = await every_entry(success, f"{path}/customer-view")
    assert seen
    assert all(set(entry) == {"entry_id", "occurred_at", "summary"} for entry in seen)
    assert not inside & {entry["entry_id"] for entry in seen}

    rows = "select row_to_json(entry)::text from timeline_entries entry order by entry_id"
    before = await success.rows(rows)
    await rebuild_from_topics(success.service.runtime, timeline)
    assert await success.rows(rows) == before


async def test_a_ticket_stands_on_the_timeline_from_its_beginning_once_its_account_is_known(
    success_service: Success,
) -> None:
    success = success_service
    acme, ids = customer(), {"ticket_id": uuid4()}
    account_id = acme.account.account_id
    await success.others.say(
        ticket(TicketSubmitted, **ids),
        ticket(InternalNoteAdded, **ids, text=SECRET, next_steps=SECRET),
        EmailSent(notification_id=uuid4(), kind="ticket_received", about=ids["ticket_id"], attempts=1),
    )
    await success.others.say(acme.account, acme.contact)
    path = f"/customers/{account_id}/timeline"
    await success.until(path, lambda page: len(page["items"]) >= 2, "the account is on it")
    assert await every_entry(success, path, kind=["support", "mail"]) == []
    found = ticket(TicketAccountFound, account_id, **ids)
    await success.others.say(found, ticket(TicketReplied, account_id, **ids))
    support = {"kind": ["support", "mail"]}
    await success.until(path, lambda page: len(page["items"]) == 5, "all of the ticket is on it", params=support)
    entries = await every_entry(success, path, **support)
    assert [entry["type"].split(".")[2] for entry in entries if entry["kind"] == "support"] == [
        "TicketSubmitted",
        "InternalNoteAdded",
        "TicketAccountFound",
        "TicketReplied",
    ]
    assert await every_entry(success, f"/customers/{acme.contact.contact_id}/timeline", **support) == entries
    seen = await every_entry(success, f"{path}/customer-view")
    assert sorted(entry["summary"] for entry in seen) == [
        "Mail sent: ticket received",
        "T-7K3QX2M9AB: Answered by email",
        "T-7K3QX2M9AB: Reported by email: Export function not working",
    ]

    rows = "select row_to_json(entry)::text from timeline_entries entry order by entry_id"
    before = await success.rows(rows)
    assert SECRET not in str(before)
    await rebuild_from_topics(success.service.runtime, timeline)
    assert await success.rows(rows) == before
    assert await every_entry(success, path, **support) == entries


async def test_pages_over_many_entries_of_one_moment_have_no_gap_and_no_repetition(success_service: Success) -> None:
    success = success_service
    lead = {"lead_id": uuid4(), "campaign_id": uuid4()}
    came = LeadCreated(**lead, campaign_name="Q4 Product Webinar", source_label="Webinar Q4")
    opened = LeadEngaged(**lead, kind=EngagementKind.EMAIL_OPENED, occurred_at=MONDAY)
    await success.others.say(came, *[opened] * MANY, time=MONDAY)
    path = f"/customers/{lead['lead_id']}/timeline"

    async def count(expected: int) -> bool:
        rows = await success.rows("select count(*) from timeline_entries where kind = 'marketing'")
        return bool(rows[0][0] == expected)

    await eventually(lambda: count(MANY + 1), what="all of them are on it")
    entries = await every_entry(success, path, kind=["marketing"])
    assert len({entry["entry_id"] for entry in entries}) == len(entries) == MANY + 1
    versions = [int(entry["entry_id"].rpartition("@")[2]) for entry in entries]
    assert versions == list(range(1, MANY + 2))
