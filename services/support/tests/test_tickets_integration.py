"""Tickets over HTTP and topics, on a real broker and database."""

import asyncio
from uuid import UUID, uuid4

import pytest

from nexa_chassis.rebuild import rebuild
from nexa_contracts.support import AgentLevel
from nexa_support.read_models.agent_desk import agent_desk
from nexa_support.read_models.conversation import conversation
from nexa_support.read_models.ticket_list import ticket_list
from nexa_support.read_models.ticket_notes import ticket_notes
from nexa_support.settings import SupportSettings

from .conftest import Support
from .stories import analyzed, id_of

SECRET = "zebra-17 the customer is on thin ice"


async def analysed(support: Support, ticket_id: str, **changes: object) -> None:
    await support.others.say(analyzed(UUID(ticket_id), **changes))


async def test_a_ticket_is_analysed_routed_worked_on_and_settled(support_service: Support) -> None:
    support = support_service
    lea = await support.hire("Lea Brandt", senior=True, skills=["data_export"])
    await support.hire("Tom Weber")
    ticket = await support.submit()
    path = f"/tickets/{ticket['ticket_id']}"
    assert ticket["status"] == "open"
    await analysed(support, ticket["ticket_id"])
    view = await support.until(path, lambda view: view["agent_id"] == lea, "routed to the senior agent")
    assert (view["type"], view["priority"], view["similar"]) == ("bug", "high", 5)
    assert view["instruction"] == "Investigate within 2 hours"
    assert {each["name"] for each in view["because"]["candidates"]} == {"Lea Brandt", "Tom Weber"}

    await support.ask("POST", f"{path}/reply", json={"text": "We look into it", "then": "waiting_for_customer"})
    heard = {"text": "It fails for every list", "from_customer": True, "channel": "phone"}
    view = await support.ask("POST", f"{path}/reply", json=heard)
    assert (view["status"], view["customer_waits"]) == ("in_progress", True)
    note = {"text": SECRET, "next_steps": "Escalate to engineering immediately"}
    await support.ask("POST", f"{path}/notes", json=note)
    escalate = {"escalated_to": "engineering_team", "reason": "Blocks core functionality"}
    view = await support.ask("POST", f"{path}/escalate", json=escalate)
    assert (view["status"], view["priority"], view["severity"]) == ("escalated", "critical", "p1")
    view = await support.ask("POST", f"{path}/correct", json={"field": "feature", "value": "email_sync"})
    assert view["feature"] == "email_sync"
    await support.ask("POST", f"{path}/acknowledge", 409, json={"status": "x", "priority": "y", "eta": "z"})
    bug = await support.ask("POST", "/bugs", 201, json={"title": "CSV export failing", "severity": "p1"})
    await support.ask("POST", f"{path}/link", json={"bug_id": bug["bug_id"]})
    told = {"status": "In Progress", "priority": "Critical (P1)", "eta": "Fix deployed within 24 hours"}
    view = await support.ask("POST", f"{path}/acknowledge", json=told | {"workaround": "Use JSON export"})
    assert (view["bug_status"], view["workaround"]) == ("In Progress", "Use JSON export")
    view = await support.ask("POST", f"{path}/resolve", json={"resolution": "Fix deployed in v2.1.6"})
    assert view["status"] == "resolved"
    assert (await support.ask("GET", f"/agents/{lea}"))["open_tickets"] == 0

    page = await support.ask("GET", f"{path}/timeline", params={"limit": 10})
    timeline = page["items"]
    while page["next"]:
        page = await support.ask("GET", f"{path}/timeline", params={"limit": 10, "cursor": page["next"]})
        timeline += page["items"]
    assert [each["event"] for each in timeline] == [
        "TicketSubmitted",
        "TicketClassified",
        "TicketAssigned",
        "TicketReplied",
        "TicketStatusChanged",
        "TicketStatusChanged",
        "TicketReplied",
        "TicketStatusChanged",
        "InternalNoteAdded",
        "TicketEscalated",
        "TicketCorrected",
        "TicketLinked",
        "TicketAcknowledged",
        "TicketResolved",
    ]
    assert timeline[1]["caused_by"] == f"ticket_analysis-{ticket['ticket_id']}@1"
    assert timeline[1]["actor"] == "system:support.take_analysis"
    assert timeline[0]["actor"] == "lea.brandt"


async def test_no_text_of_a_note_is_in_any_answer_that_a_customer_may_see(support_service: Support) -> None:
    support = support_service
    ticket = await support.submit()
    other = await support.submit(subject="The same again")
    path = f"/tickets/{ticket['ticket_id']}"
    await support.ask("POST", f"{path}/notes", json={"text": SECRET, "next_steps": SECRET})
    await support.ask("POST", f"{path}/reply", json={"text": "We look into it"})
    await support.ask("POST", f"{path}/merge", json={"into_id": other["ticket_id"]})
    for of in (path, f"/tickets/{other['ticket_id']}"):
        for part in ("", "/conversation", "/customer-view", "/timeline"):
            answer = await support.agent.get(of + part)
            assert answer.status_code == 200
            assert "zebra-17" not in answer.text, of + part
    assert "zebra-17" not in (await support.agent.get("/tickets")).text
    assert (await support.ask("GET", "/tickets", params={"q": "zebra-17"}))["items"] == []
    assert (await support.ask("GET", f"{path}/notes"))["items"][0]["text"] == SECRET
    reader = support.service.client("sales_rep", subject="maria")
    await support.ask("GET", f"{path}/notes", 403, by=reader)
    await support.ask("GET", f"{path}/changes", 403, by=reader, params={"since": "2020-01-01T00:00:00Z"})
    await support.ask("POST", f"{path}/reply", 403, by=reader, json={"text": "Buy more"})
    said = "select type, data::text from events where data::text like '%%zebra-17%%'"
    assert [row[0] for row in await support.rows(said)] == ["nexa.support.InternalNoteAdded.v1"]
    shown = "select count(*) from ticket_messages where text like '%%zebra-17%%'"
    assert (await support.rows(shown))[0][0] == 0


async def test_who_cannot_be_served_waits_in_order_and_is_given_to_the_next_with_room(support_service: Support) -> None:
    support = support_service
    tickets = [(await support.submit(subject=f"Ticket {number}"))["ticket_id"] for number in range(3)]
    for ticket_id in tickets:
        await analysed(support, ticket_id, type="question", priority="normal")
        await support.until("/tickets/waiting", lambda page, of=ticket_id: of in str(page), "the ticket waits")
    waiting = await support.ask("GET", "/tickets/waiting")
    assert [each["ticket_id"] for each in waiting["items"]] == tickets
    assert waiting["items"][0]["waiting_minutes"] == 0
    tom = await support.hire("Tom Weber", capacity=1)
    await support.until(f"/tickets/{tickets[0]}", lambda view: view["agent_id"] == tom, "the oldest is Tom's")
    await support.ask("POST", f"/tickets/{tickets[0]}/resolve", json={"resolution": "Answered"})
    await support.until(f"/tickets/{tickets[1]}", lambda view: view["agent_id"] == tom, "then the next")
    tom_himself = support.service.client("support_agent", subject="tom.weber")
    desk = await support.ask("GET", "/agents/me/tickets", by=tom_himself)
    assert [each["ticket_id"] for each in desk["tickets"]] == [tickets[1]]
    assert desk["agent"]["open_tickets"] == 1
    assert [each["ticket_id"] for each in (await support.ask("GET", "/tickets/waiting"))["items"]] == [tickets[2]]


async def test_tickets_that_come_at_once_never_give_an_agent_more_than_they_can_take(support_service: Support) -> None:
    support = support_service
    people = [await support.hire(name, senior=True, capacity=4) for name in ("Lea Brandt", "Ida Holm")]
    tickets = [(await support.submit(subject=f"Ticket {number}"))["ticket_id"] for number in range(11)]
    await asyncio.gather(*(analysed(support, ticket_id) for ticket_id in tickets))
    await support.until("/tickets/waiting", lambda page: len(page["items"]) == 3, "three find nobody")
    assert [(await support.ask("GET", f"/agents/{each}"))["open_tickets"] for each in people] == [4, 4]
    desks = [await support.ask("GET", f"/agents/{each}/desk") for each in people]
    assert [len(desk["tickets"]) for desk in desks] == [4, 4]
    turns = sorted(each["last_turn"] for each in (await support.ask("GET", "/agents"))["items"])
    assert turns == [7, 8]


async def test_tickets_are_found_by_what_they_are(support_service: Support) -> None:
    support = support_service
    one = await support.submit()
    french = {"subject": "Où est la facture", "description": "Je ne la trouve pas", "language": "fr"}
    two = await support.submit(account_id=None, account_name=None, **french)
    await analysed(support, one["ticket_id"], type=None)
    await support.until(f"/tickets/{one['ticket_id']}", lambda view: view["needs_person"], "a person is needed")

    async def found(**params: object) -> list[str]:
        page = await support.ask("GET", "/tickets", params=params)
        return [each["reference"] for each in page["items"]]

    assert await found() == [two["reference"], one["reference"]]
    assert await found(unknown_account=True) == [two["reference"]]
    assert await found(needs_person=True) == [one["reference"]]
    assert await found(feature="data_export", severity="p2", status="open") == [one["reference"]]
    assert await found(q="facture") == [two["reference"]]
    assert await found(q="error message") == [one["reference"]]
    assert await found(q=one["reference"]) == [one["reference"]]
    assert await found(q="Acme") == [one["reference"]]
    assert await found(account_id=str(id_of("Acme Corp"))) == [one["reference"]]
    first = await support.ask("GET", "/tickets", params={"limit": 1})
    rest = await support.ask("GET", "/tickets", params={"limit": 1, "cursor": first["next"]})
    assert [each["reference"] for each in rest["items"]] == [one["reference"]]
    globex = {"account_id": str(id_of("Globex"))}
    problem = await support.ask("POST", f"/tickets/{two['ticket_id']}/account", 422, json=globex)
    assert problem["errors"][0]["field"].endswith("account_id")
    account = globex | {"account_name": "Globex"}
    view = await support.ask("POST", f"/tickets/{two['ticket_id']}/account", json=account)
    assert view["account_name"] == "Globex"
    assert await found(unknown_account=True) == []


async def test_merged_tickets_are_read_as_one_share_their_fate_and_are_two_again_when_undone(
    support_service: Support,
) -> None:
    support = support_service
    globex = {"name": "Gil", "email": "gil@globex.example"}
    one = (await support.submit(requester=globex, description="Ours fails too"))["ticket_id"]
    into = (await support.submit())["ticket_id"]
    await support.ask("POST", f"/tickets/{one}/merge", 404, json={"into_id": str(uuid4())})
    await support.ask("POST", f"/tickets/{one}/merge", 422, json={"into_id": one})
    view = await support.ask("POST", f"/tickets/{one}/merge", json={"into_id": into})
    assert (view["status"], view["into_id"]) == ("merged", into)
    await support.ask("POST", f"/tickets/{into}/merge", 409, json={"into_id": one})
    await support.ask("POST", f"/tickets/{one}/reply", 409, json={"text": "Hello"})
    await support.ask("POST", f"/tickets/{into}/status", json={"status": "waiting_for_customer"})
    heard = {"text": "Any news?", "from_customer": True}
    await support.ask("POST", f"/tickets/{one}/reply", json=heard)
    await support.until(f"/tickets/{into}", lambda view: view["status"] == "open", "the customer was heard")
    said = (await support.ask("GET", f"/tickets/{into}/conversation"))["items"]
    assert [each["author"] for each in said] == ["Gil", "Sarah Miller", "Gil"]
    seen = await support.ask("GET", f"/tickets/{into}/customer-view")
    assert {each["author"] for each in seen["messages"]} == {"Sarah Miller"}
    await support.ask("POST", f"/tickets/{into}/resolve", json={"resolution": "Fixed"})
    view = await support.until(f"/tickets/{one}", lambda view: view["resolution"] == "Fixed", "settled with the other")
    assert view["status"] == "merged"
    told = "select data->>'tell_customer' from events where type = 'nexa.support.TicketResolved.v1' order by position"
    assert [row[0] for row in await support.rows(told)] == ["true", "true"]
    view = await support.ask("POST", f"/tickets/{one}/unmerge", json={"reason": "Another matter"})
    assert (view["status"], view["into_id"]) == ("resolved", None)
    said = (await support.ask("GET", f"/tickets/{into}/conversation"))["items"]
    assert [each["author"] for each in said] == ["Sarah Miller"]


async def test_two_tickets_merged_into_each_other_at_once_are_never_lost_in_a_circle(support_service: Support) -> None:
    support = support_service
    one, two = [(await support.submit())["ticket_id"] for _ in range(2)]
    answers = await asyncio.gather(
        support.agent.post(f"/tickets/{one}/merge", json={"into_id": two}),
        support.agent.post(f"/tickets/{two}/merge", json={"into_id": one}),
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]


async def test_a_split_takes_messages_along_and_undone_they_are_back(support_service: Support) -> None:
    support = support_service
    one = (await support.submit())["ticket_id"]
    for text in ("Also, the invoice is wrong", "The invoice of May"):
        await support.ask("POST", f"/tickets/{one}/reply", json={"text": text, "from_customer": True})
    said = (await support.ask("GET", f"/tickets/{one}/conversation"))["items"]
    moved = [each["reply_id"] for each in said[1:]]
    both = await support.ask("POST", f"/tickets/{one}/split", 201, json={"reply_ids": moved, "subject": "Invoice"})
    new = both["new_ticket"]
    assert (new["split_from"], new["requester_name"]) == (one, "Sarah Miller")
    assert new["description"] == "Also, the invoice is wrong\n\nThe invoice of May"
    here = (await support.ask("GET", f"/tickets/{one}/conversation"))["items"]
    there = (await support.ask("GET", f"/tickets/{new['ticket_id']}/conversation"))["items"]
    assert [each["reply_id"] for each in here] == [one]
    assert [each["reply_id"] for each in there] == moved
    await support.ask("POST", f"/tickets/{new['ticket_id']}/reply", json={"text": "We check the invoice"})
    again = {"reply_ids": moved, "subject": "Again"}
    await support.ask("POST", f"/tickets/{one}/split", 422, json=again)
    view = await support.ask("POST", f"/tickets/{one}/split/undo", json={"new_ticket_id": new["ticket_id"]})
    assert view["status"] == "open"
    here = (await support.ask("GET", f"/tickets/{one}/conversation"))["items"]
    assert [each["text"] for each in here[1:]] == [
        "Also, the invoice is wrong",
        "The invoice of May",
        "We check the invoice",
    ]
    assert (await support.ask("GET", f"/tickets/{new['ticket_id']}"))["into_id"] == one


async def test_a_ticket_is_shown_as_of_a_time_and_its_changes_since(support_service: Support) -> None:
    support = support_service
    ticket = await support.submit()
    path = f"/tickets/{ticket['ticket_id']}"
    view = await support.ask("POST", f"{path}/status", json={"status": "in_progress"})
    then = view["changed_at"]
    priority = {"priority": "critical", "severity": "p1", "reason": "Go-live tomorrow"}
    await support.ask("POST", f"{path}/priority", json=priority)
    was = await support.ask("GET", path, params={"as_happened": then})
    assert (was["status"], was["priority"], was["version"]) == ("in_progress", "normal", view["version"])
    await support.ask("GET", path, 404, params={"as_of": "2020-01-01T00:00:00Z"})
    since = await support.ask("GET", f"{path}/changes", params={"since": "2020-01-01T00:00:00Z"})
    types = [kind for each in since["items"] if not (kind := each["type"].split(".")[2]).startswith("Sla")]
    assert types == ["TicketSubmitted", "TicketStatusChanged", "TicketPrioritised"]


async def test_a_stale_write_is_refused_and_a_request_sent_twice_is_done_once(support_service: Support) -> None:
    support = support_service
    ticket = await support.submit()
    path = f"/tickets/{ticket['ticket_id']}"
    note = {"headers": {"idempotency-key": "one"}, "json": {"text": "Once"}}
    first = await support.ask("POST", f"{path}/notes", **note)
    again = await support.ask("POST", f"{path}/notes", **note)
    assert first["version"] == again["version"]
    stale = {"headers": {"if-match": f'"{ticket["version"]}"'}, "json": {"status": "in_progress"}}
    await support.ask("POST", f"{path}/status", 412, **stale)


async def test_a_rejected_request_names_the_field(support_service: Support) -> None:
    support = support_service
    ticket = await support.submit()
    path = f"/tickets/{ticket['ticket_id']}"
    problem = await support.ask("POST", f"{path}/correct", 422, json={"field": "type", "value": "nonsense"})
    assert "bug, question, feature, incident" in problem["detail"]
    problem = await support.ask("POST", f"{path}/reply", 422, json={"text": "Done", "then": "resolved"})
    assert problem["errors"][0]["field"] == "body.then"
    await support.ask("POST", f"{path}/status", 422, json={"status": "merged"})
    mail = {"name": "Sarah", "email": "sarah at acme"}
    body = {"subject": "x", "description": "y", "requester": mail}
    await support.ask("POST", "/tickets", 422, json=body)
    await support.ask("POST", "/tickets", 422, json=body | {"requester": {"name": "S"}, "channel": "email"})
    await support.ask("GET", f"/tickets/{uuid4()}", 404)
    nobodys = str(uuid4())
    problem = await support.ask("POST", f"{path}/link", 422, json={"bug_id": nobodys})
    assert (problem["errors"][0]["field"], nobodys in problem["detail"]) == ("bug_id", True)
    assert (await support.ask("GET", path))["bug_id"] is None
    shift = {"weekday": 0, "begins": "22:00", "ends": "06:00"}
    listing = {"name": "N", "email": "n@nexa.example", "level": AgentLevel.SENIOR.value, "shifts": [shift]}
    await support.ask("PUT", f"/agents/{uuid4()}", 422, by=support.manager, json=listing)
    await support.ask("PUT", f"/agents/{uuid4()}", 403, json=listing | {"shifts": []})


async def test_times_that_nobody_means_are_refused_before_they_are_written(support_service: Support) -> None:
    support = support_service
    pria = support.service.client("product_manager", subject="pria.nair")
    bug = await support.ask("POST", "/bugs", 201, by=pria, json={"title": "x", "severity": "p1"})
    for at in ("9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00"):
        path = f"/bugs/{bug['bug_id']}/triage"
        problem = await support.ask("POST", path, 422, by=pria, json={"eta_at": at})
        assert problem["errors"][0]["field"] == "body.eta_at"
        deployment = {"version": "9.9.9", "deployed_at": at}
        await support.ask("POST", "/deployments", 422, by=pria, json=deployment)
    await support.ask("GET", "/bugs")
    await support.ask("GET", "/deployments")
    for day in ("0001-01-01", "9999-12-31"):
        for path in ("/figures", "/figures/fixes", "/bugs/recurrence"):
            await support.ask("GET", path, 422, params={"to": day})
    for week in ("0001-W01", "9999-W52"):
        await support.ask("POST", f"/weekly-reviews/{week}/run", 422, by=pria)


async def test_a_customer_who_writes_long_after_gets_a_new_ticket_that_says_what_it_follows(
    support_service: Support, monkeypatch: pytest.MonkeyPatch
) -> None:
    support = support_service
    monkeypatch.setattr("nexa_support.read_models.agent_desk.support_settings", lambda: SupportSettings(reopen_days=0))
    old = await support.submit()
    await support.ask("POST", f"/tickets/{old['ticket_id']}/resolve", json={"resolution": "Fixed"})
    heard = {"text": "It is back", "from_customer": True}
    view = await support.ask("POST", f"/tickets/{old['ticket_id']}/reply", json=heard)
    assert view["status"] == "resolved"
    page = await support.until("/tickets", lambda page: len(page["items"]) > 1, "a new ticket", params={"q": "back"})
    (new,) = [each for each in page["items"] if each["ticket_id"] != old["ticket_id"]]
    assert (new["follows_id"], new["description"]) == (old["ticket_id"], "It is back")
    timeline = (await support.ask("GET", f"/tickets/{new['ticket_id']}/timeline"))["items"]
    assert f"It follows {old['reference']}" in timeline[1]["summary"]


async def test_what_is_known_of_tickets_is_the_same_when_it_is_made_anew(support_service: Support) -> None:
    support = support_service
    await support.hire("Tom Weber")
    one, two = [(await support.submit())["ticket_id"] for _ in range(2)]
    await analysed(support, one, type="question")
    await support.until(f"/tickets/{one}", lambda view: view["agent_id"] is not None, "Tom has it")
    await support.ask("POST", f"/tickets/{one}/reply", json={"text": "Also this", "from_customer": True})
    moved = [each["reply_id"] for each in (await support.ask("GET", f"/tickets/{one}/conversation"))["items"][1:]]
    split = {"reply_ids": moved, "subject": "Other"}
    await support.ask("POST", f"/tickets/{one}/split", 201, json=split)
    await support.ask("POST", f"/tickets/{two}/merge", json={"into_id": one})
    await support.ask("POST", f"/tickets/{one}/notes", json={"text": "Mind the gap"})
    tables = ("agents", "tickets", "ticket_messages", "ticket_moved_messages", "ticket_splits", "ticket_notes")

    async def everything() -> list[list[str]]:
        return [[str(row) for row in await support.rows(f"select * from {name} order by 1")] for name in tables]

    before = await everything()
    assert all(before)
    for read_model in (agent_desk, ticket_list, conversation, ticket_notes):
        await rebuild(support.service.runtime, read_model)
    assert await everything() == before
