"""Sales on the real database and broker: from facts on the topics to assignments, tasks, pages and deals."""

import asyncio
from collections import Counter
from typing import Any
from uuid import UUID

from nexa_chassis.origin import Origin
from nexa_chassis.running import eventually
from nexa_contracts.marketing import EngagementKind, LeadEngaged, LeadImportCompleted, LeadWithdrawn
from nexa_contracts.scoring import FactorPoints
from nexa_sales.assignment.commands import LetLeadGo

from .stories import CAMPAIGN, IMPORT, MONDAY, id_of, lead_created, lead_scored, route


def assigned(page: Any) -> bool:
    return bool(page["status"] == "assigned" and page["tasks"] and page["score"] and page["company"])


async def test_an_import_is_routed_with_tasks_counts_and_a_report(sales_service: Any) -> None:
    for number in range(10):
        await sales_service.hire(f"senior {number}")
        await sales_service.hire(f"standard {number}", "standard", capacity=100)
    scores = [80] * 50 + [60] * 200 + [20] * 250
    leads = [f"lead {number}" for number in range(500)]
    await sales_service.others.say(*(lead_created(lead) for lead in leads))
    await sales_service.others.say(*(lead_scored(lead, score) for lead, score in zip(leads, scores, strict=True)))
    await sales_service.others.say(
        LeadImportCompleted(
            import_id=IMPORT,
            campaign_id=CAMPAIGN,
            campaign_name="Q4 Product Webinar",
            total=500,
            created=500,
            updated=0,
            duplicate=0,
            rejected=0,
        )
    )

    async def routed() -> Any:
        answer = await sales_service.manager.get(f"/imports/{IMPORT}/routing")
        return answer.json() if answer.status_code == 200 else None

    report = await eventually(routed, what="the import is wholly routed")
    assert (report["total"], report["waiting"], report["nurture"]) == (500, 0, 250)
    assert sorted((count["high"], count["medium"]) for count in report["reps"]) == [(0, 20)] * 10 + [(5, 0)] * 10
    await sales_service.count("select count(*) from tasks", 250)
    tasks = await sales_service.every("/tasks")
    assert Counter((task["title"], task["priority"]) for task in tasks) == {
        ("Call hot webinar lead", "urgent"): 50,
        ("Follow up on webinar attendee", "normal"): 200,
    }
    await sales_service.count("select count(*) from deadlines", 250)
    roster = await sales_service.every("/reps", level="senior")
    assert [rep["open_leads"] for rep in roster] == [5] * 10


async def test_the_lead_page_tells_all_in_one_request(sales_service: Any) -> None:
    await sales_service.hire("maria")
    await sales_service.hire("jonas", capacity=0)
    factor = FactorPoints(factor="attended", points=15, because="attended")
    await sales_service.others.say(
        lead_created("dana", first_name="Dana", title="IT Director", attributes={"Badge": "Blue"}),
        lead_scored("dana", 85, factors=(factor,)),
        LeadEngaged(
            lead_id=id_of("dana"), campaign_id=CAMPAIGN, kind=EngagementKind.ATTENDED, occurred_at=MONDAY, detail=""
        ),
        *(
            LeadEngaged(lead_id=id_of("dana"), campaign_id=CAMPAIGN, kind=kind, occurred_at=MONDAY, detail=detail)
            for kind, detail in (
                (EngagementKind.QUESTION_ASKED, "Does it export CSV?"),
                (EngagementKind.QUESTION_ASKED, "And Excel?"),
                (EngagementKind.CONTENT_DOWNLOADED, "Product brochure"),
            )
        ),
    )
    page = await sales_service.lead(
        "dana",
        until=lambda page: (
            assigned(page) and page["engagement"]["content_downloaded"] != [] and len(page["timeline"]) >= 8
        ),
        what="assigned, with engagement and timeline",
    )
    assert (page["first_name"], page["title"], page["attributes"]) == ("Dana", "IT Director", {"Badge": "Blue"})
    assert (page["score"], page["band"], page["factors"][0]["factor"]) == (85, "high", "attended")
    assert page["recommendation"] == "High buying intent, call within 24h"
    did = page["engagement"]
    assert (did["attended"], did["questions_asked"], did["content_downloaded"]) == (True, 2, ["Product brochure"])
    assert page["rep_name"] == "maria"
    assert [(each["name"], each["taken"]) for each in page["because"]["candidates"]] == [
        ("maria", True),
        ("jonas", False),
    ]
    assert [task["title"] for task in page["tasks"]] == ["Call hot webinar lead"]
    order = [entry["event"] for entry in page["timeline"]]
    assert [order.index(name) for name in ("LeadCreated", "LeadScored", "LeadAssigned", "TaskCreated")] == sorted(
        order.index(name) for name in ("LeadCreated", "LeadScored", "LeadAssigned", "TaskCreated")
    )
    told = {entry["summary"]: entry["actor"] for entry in page["timeline"]}
    assert told["Assigned to maria as high lead (first)"] == "system:sales.route_scored_lead"
    assert told["Asked a question: Does it export CSV?"] == "test"
    assert all(entry["occurred_at"] and entry["recorded_at"] for entry in page["timeline"])


async def test_a_waiting_lead_is_seen_with_its_age_and_taken_when_a_rep_comes(sales_service: Any) -> None:
    await sales_service.others.say(lead_created("dana", first_name="Dana"), lead_scored("dana", 90))
    await sales_service.lead("dana", until=lambda page: page["status"] == "waiting" and page["company"], what="waits")
    (row,) = await sales_service.every("/leads/waiting")
    assert row["reason"] == "There is no senior rep on the roster"
    assert row["age_seconds"] >= 0
    await sales_service.hire("maria", available=False)
    (row,) = await sales_service.every("/leads/waiting", band="high")
    await sales_service.ask("POST", f"/reps/{id_of('maria')}/availability", json={"available": True})
    page = await sales_service.lead("dana", until=assigned, what="is taken by the rep that came")
    assert page["assigned_because"] == "from_queue"
    assert await sales_service.every("/leads/waiting") == []


async def test_room_that_comes_free_goes_to_the_lead_that_waited_longest(sales_service: Any) -> None:
    await sales_service.hire("maria", capacity=1)
    for lead in ("first", "second", "third"):
        await sales_service.others.say(lead_created(lead), lead_scored(lead, 90))
        await sales_service.lead(
            lead, until=lambda page: page["status"] in ("assigned", "waiting") and page["company"], what="routed"
        )
    await sales_service.ask("POST", f"/leads/{id_of('first')}/disqualify", json={"reason": "Student, no budget"})
    await sales_service.lead("second", until=assigned, what="is next")
    (waits,) = await sales_service.every("/leads/waiting")
    assert waits["lead_id"] == str(id_of("third"))


async def test_a_completed_task_counts_as_contact_and_the_lead_stays(sales_service: Any) -> None:
    await sales_service.hire("maria")
    await sales_service.hire("jonas", "standard")
    await sales_service.others.say(lead_created("dana"), lead_scored("dana", 60))
    page = await sales_service.lead("dana", until=assigned, what="assigned")
    task_id = page["tasks"][0]["task_id"]
    done = await sales_service.rep.post(f"/tasks/{task_id}/complete", json={"outcome": "Reached, wants a demo"})
    assert (done.status_code, done.json()["completed_by"]) == (200, "maria")
    again = await sales_service.rep.post(f"/tasks/{task_id}/complete", json={"outcome": "Something else"})
    assert (again.status_code, again.json()["rule"]) == (409, "task.completed")
    await sales_service.others.say(lead_scored("dana", 90))
    page = await sales_service.lead("dana", until=lambda page: page["score"] == 90, what="scored again")
    assert (page["rep_name"], page["worked"]) == ("jonas", True)


async def test_a_reassigned_lead_takes_its_task_along(sales_service: Any) -> None:
    await sales_service.hire("maria")
    await sales_service.others.say(lead_created("dana"), lead_scored("dana", 90))
    await sales_service.lead("dana", until=assigned, what="assigned")
    jonas = await sales_service.hire("jonas")
    body = {"rep_id": str(jonas), "reason": "Knows the company"}
    await sales_service.ask("POST", f"/leads/{id_of('dana')}/reassign", json=body)
    refused = await sales_service.rep.post(f"/leads/{id_of('dana')}/reassign", json=body)
    assert refused.status_code == 403
    page = await sales_service.lead(
        "dana", until=lambda page: page["tasks"][0]["rep_id"] == str(jonas), what="its task is the new rep's"
    )
    assert page["because"]["rule"] == "given by a person"
    mine = await sales_service.service.client("sales_rep", subject="jonas").get("/tasks", params={"mine": True})
    assert [task["lead_id"] for task in mine.json()["items"]] == [str(id_of("dana"))]


async def test_a_lead_becomes_contact_account_and_deal_and_the_second_of_the_company_finds_the_account(
    sales_service: Any,
) -> None:
    await sales_service.hire("maria")
    await sales_service.others.say(
        lead_created("dana", first_name="Dana", company="Acme Corp", email="dana@acme.example"),
        lead_created("eli", first_name="Eli", company="ACME"),
        lead_scored("dana", 90),
        lead_scored("eli", 90),
    )
    for lead in ("dana", "eli"):
        await sales_service.lead(lead, until=assigned, what="assigned")
    first = await sales_service.rep.post(
        f"/leads/{id_of('dana')}/convert", json={"amount": 50000}, headers={"idempotency-key": "once"}
    )
    again = await sales_service.rep.post(
        f"/leads/{id_of('dana')}/convert", json={"amount": 50000}, headers={"idempotency-key": "once"}
    )
    assert (first.status_code, again.status_code) == (201, 201), first.text
    assert first.json() == again.json()
    assert first.json()["account_matched"] is False
    twice = await sales_service.rep.post(f"/leads/{id_of('dana')}/convert", json={"amount": 50000})
    assert (twice.status_code, twice.json()["rule"]) == (409, "lead.converted")
    second = (await sales_service.rep.post(f"/leads/{id_of('eli')}/convert", json={"amount": "10000.50"})).json()
    assert (second["account_matched"], second["account_id"]) == (True, first.json()["account_id"])
    deal = await sales_service.ask("GET", f"/deals/{first.json()['deal_id']}")
    assert (deal["stage"], deal["amount"]) == ("qualification", {"amount": "50000.00", "currency": "USD"})
    assert (deal["source_label"], deal["source_kind"], deal["campaign_id"]) == ("Webinar Q4", "webinar", str(CAMPAIGN))
    assert (deal["account_name"], deal["rep_name"]) == ("Acme Corp", "maria")
    contacts = await sales_service.every("/contacts", account_id=second["account_id"])
    assert [contact["first_name"] for contact in contacts] == ["Dana", "Eli"]
    await sales_service.lead(
        "dana", until=lambda page: all(task["completed_at"] for task in page["tasks"]), what="its task is settled"
    )


async def test_two_leads_of_one_new_company_converted_at_once_share_one_account(sales_service: Any) -> None:
    await sales_service.hire("maria")
    leads = [f"lead {number}" for number in range(8)]
    await sales_service.others.say(*(lead_created(lead, company="Acme Corp") for lead in leads))
    await sales_service.others.say(*(lead_scored(lead, 90) for lead in leads))
    for lead in leads:
        await sales_service.lead(lead, until=assigned, what="assigned")
    answers = await asyncio.gather(
        *(sales_service.rep.post(f"/leads/{id_of(lead)}/convert", json={"amount": 1}) for lead in leads)
    )
    assert [answer.status_code for answer in answers] == [201] * 8, [answer.text for answer in answers]
    assert sorted(answer.json()["account_matched"] for answer in answers) == [False] + [True] * 7
    assert await sales_service.rows("select count(*) from accounts") == [(1,)]


async def test_a_deal_is_won_with_its_contract_and_the_board_follows(sales_service: Any) -> None:
    await sales_service.hire("maria")
    await sales_service.others.say(lead_created("dana"), lead_scored("dana", 90))
    await sales_service.lead("dana", until=assigned, what="assigned")
    made = await sales_service.ask("POST", f"/leads/{id_of('dana')}/convert", 201, json={"amount": 50000})
    deal = f"/deals/{made['deal_id']}"
    moved = await sales_service.manager.post(f"{deal}/stage", json={"stage": "proposal"}, headers={"if-match": '"1"'})
    assert (moved.status_code, moved.headers["etag"]) == (200, '"2"')
    stale = await sales_service.manager.post(f"{deal}/lose", json={"reason": "x"}, headers={"if-match": '"1"'})
    assert stale.status_code == 412
    unsigned = await sales_service.ask("POST", f"{deal}/win", 422, json={"contract_signed": False})
    assert unsigned["rule"] == "deal.contract_signed"
    won = await sales_service.ask(
        "POST", f"{deal}/win", json={"contract_signed": True, "contract_url": "s3://contracts/acme_2025.pdf"}
    )
    assert (won["stage"], won["contract_url"]) == ("closed_won", "s3://contracts/acme_2025.pdf")
    board = await sales_service.ask("GET", "/deals/board")
    sums = {
        column["stage"]: (column["deals"], [total["amount"] for total in column["totals"]])
        for column in board["columns"]
    }
    assert sums["closed_won"] == (1, ["50000.00"])
    assert sums["proposal"] == (0, [])
    reopened = await sales_service.ask("POST", f"{deal}/reopen", json={"reason": "Signature withdrawn"})
    assert (reopened["stage"], reopened["contract_url"]) == ("proposal", None)
    lost = await sales_service.ask("POST", f"{deal}/lose", json={"reason": "Chose another vendor"})
    assert (lost["stage"], lost["reason"]) == ("closed_lost", "Chose another vendor")
    page = await sales_service.ask("GET", f"/leads/{id_of('dana')}")
    assert "Deal lost: Chose another vendor" in [entry["summary"] for entry in page["timeline"]]


async def test_a_withdrawn_lead_leaves_its_rep_and_the_queue(sales_service: Any) -> None:
    maria = await sales_service.hire("maria")
    await sales_service.others.say(lead_created("dana"), lead_scored("dana", 90))
    await sales_service.lead("dana", until=assigned, what="assigned")
    await sales_service.others.say(LeadWithdrawn(lead_id=id_of("dana"), campaign_id=CAMPAIGN, reason="Asked us to"))
    await sales_service.lead("dana", until=lambda page: page["status"] == "withdrawn", what="let go")
    assert (await sales_service.ask("GET", f"/reps/{maria}"))["open_leads"] == 0


async def test_a_next_step_ends_with_a_withdrawn_lead_and_a_worked_lead_is_taken_over(sales_service: Any) -> None:
    maria, jonas = await sales_service.hire("maria"), await sales_service.hire("jonas", capacity=0)
    for lead in ("dana", "omar"):
        await sales_service.others.say(lead_created(lead), lead_scored(lead, 90))
    await sales_service.count(f"select count(*) from tasks where rep_id = '{maria}'", 2)
    called = {"channel": "call", "outcome": "no_answer"}
    for lead, take in (("dana", True), ("omar", False)):
        (task,) = await sales_service.every("/tasks", lead_id=str(id_of(lead)))
        body = {**called, "task_id": task["task_id"], "take_next_step": take}
        await sales_service.ask("POST", f"/leads/{id_of(lead)}/follow-ups", 201, json=body)
    await sales_service.others.say(LeadWithdrawn(lead_id=id_of("dana"), campaign_id=CAMPAIGN, reason="Asked us to"))
    await sales_service.count("select count(*) from tasks where completed_at is null", 0)
    done = await sales_service.every("/tasks", status="done", lead_id=str(id_of("dana")))
    assert {task["title"]: task["outcome"] for task in done}["Call again"] == "the lead was withdrawn"
    reassign = {"rep_id": str(jonas), "reason": "Knows them"}
    await sales_service.ask("POST", f"/leads/{id_of('omar')}/reassign", json=reassign)
    await sales_service.count("select count(*) from tasks where completed_at is null", 1)
    (task,) = await sales_service.every("/tasks", rep_id=str(jonas))
    day = await sales_service.ask("GET", "/day", params={"rep_id": str(jonas), "on": task["due_at"][:10]})
    assert [(item["title"], item["priority"]) for item in day["items"]] == [("Take over webinar lead", "urgent")]


async def test_lists_are_paged_filtered_and_helpful_about_mistakes(sales_service: Any) -> None:
    maria = await sales_service.hire("maria")
    leads = [f"lead {number}" for number in range(7)]
    await sales_service.others.say(*(lead_created(lead) for lead in leads))
    await sales_service.others.say(*(lead_scored(lead, 90) for lead in leads))
    await sales_service.count("select count(*) from lead_standings", 7)
    page = await sales_service.ask("GET", "/leads", params={"limit": 3, "rep_id": str(maria), "band": "high"})
    assert len(page["items"]) == 3
    rest = await sales_service.ask("GET", "/leads", params={"limit": 10, "cursor": page["next"]})
    assert len({UUID(row["lead_id"]) for row in page["items"] + rest["items"]}) == 7
    assert rest["next"] is None
    mine = await sales_service.rep.get("/leads", params={"mine": True})
    assert len(mine.json()["items"]) == 7
    nobody = await sales_service.manager.get("/leads", params={"mine": True})
    assert (nobody.status_code, nobody.json()["rule"]) == (422, "rep.nobody")
    unknown = await sales_service.manager.get(f"/leads/{id_of('nobody')}")
    assert (unknown.status_code, unknown.json()["rule"]) == (404, "lead.unknown")
    bad = await sales_service.manager.put(
        f"/reps/{maria}", json={"name": "m", "email": "no address", "level": "senior"}
    )
    assert (bad.status_code, bad.json()["errors"][0]["field"]) == (422, "email")
    negative = await sales_service.manager.post(f"/leads/{id_of('lead 1')}/convert", json={"amount": -1})
    assert negative.status_code == 422
    assert (await sales_service.service.client("marketing_user").get("/leads")).status_code == 403


async def test_a_lead_without_a_company_asks_for_one(sales_service: Any) -> None:
    await sales_service.hire("maria")
    await sales_service.others.say(lead_created("dana", company=None, first_name="Dana"), lead_scored("dana", 90))
    await sales_service.lead(
        "dana", until=lambda page: page["status"] == "assigned" and page["first_name"], what="assigned"
    )
    asked = await sales_service.ask("POST", f"/leads/{id_of('dana')}/convert", 422, json={"amount": 1})
    assert (asked["rule"], asked["errors"][0]["field"]) == ("lead.company", "company")
    body = {"amount": 1, "company": "Reyes Consulting"}
    await sales_service.ask("POST", f"/leads/{id_of('dana')}/convert", 201, json=body)
    (account,) = await sales_service.every("/accounts", name="reyes")
    assert account["name"] == "Reyes Consulting"


async def test_batches_that_route_at_the_same_time_never_count_the_same_free_place(sales_service: Any) -> None:
    for name in ("maria", "jonas", "priya"):
        await sales_service.hire(name, capacity=10)
    store = sales_service.service.runtime.store

    async def batch(number: int) -> None:
        async with store.transaction(Origin("test", "test")) as tx:
            await tx.execute([route(f"lead {number}/{place}", 90) for place in range(10)])

    await asyncio.gather(*(batch(number) for number in range(5)))
    assert await sales_service.rows("select open_leads from reps") == [(10,)] * 3
    assert await sales_service.rows("select count(*) from waiting_leads") == [(20,)]
    turns = await sales_service.rows(
        "select (data->>'turn')::int from events where type = 'nexa.sales.LeadAssigned.v1' order by 1"
    )
    assert [turn for (turn,) in turns] == list(range(1, 31))


async def test_a_batch_of_leads_is_let_go_while_others_are_routed_and_neither_stands_in_the_others_way(
    sales_service: Any,
) -> None:
    await sales_service.hire("maria", capacity=30)
    store = sales_service.service.runtime.store
    leads = [f"lead {number}" for number in range(10)]
    await store.execute([route(lead, 90) for lead in leads], Origin("test", "test"))

    async def let_go() -> None:
        async with store.transaction(Origin("test", "test")) as tx:
            await tx.execute([LetLeadGo(lead_id=id_of(lead), campaign_id=CAMPAIGN, import_id=IMPORT) for lead in leads])

    async def waits() -> bool:
        waiting = "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
        return bool(await sales_service.rows(waiting))

    async with asyncio.TaskGroup() as both, store.transaction(Origin("test", "test")) as tx:
        more = [route(f"more {number}", 90) for number in range(10)]
        await tx.load(more)
        both.create_task(let_go())
        await eventually(waits, what="letting go waits for routing")
        tx.decide(more)
        await tx.write()
    assert await sales_service.rows("select open_leads from reps") == [(10,)]
    assert await sales_service.rows("select sum(more_open) from desk_days") == [(10,)]


async def test_a_person_writes_down_a_task_of_their_own(sales_service: Any) -> None:
    maria = await sales_service.hire("maria")
    await sales_service.others.say(lead_created("dana"), lead_scored("dana", 90))
    await sales_service.lead("dana", until=assigned, what="assigned")
    body = {"title": "Send the price list", "due_at": "2030-01-01T09:00:00Z"}
    made = await sales_service.ask("POST", f"/leads/{id_of('dana')}/tasks", 201, json=body)
    assert (made["kind"], made["rep_id"], made["priority"]) == ("other", str(maria), "normal")
    await sales_service.count("select count(*) from deadlines", 2)
    unknown = await sales_service.ask("POST", f"/leads/{id_of('nobody')}/tasks", 404, json=body)
    assert unknown["rule"] == "lead.unknown"


async def test_the_description_of_the_api_says_of_each_operation_what_it_does(sales_service: Any) -> None:
    document = await sales_service.ask("GET", "/openapi.json")
    ours = {
        path: operations for path, operations in document["paths"].items() if not path.startswith(("/livez", "/readyz"))
    }
    operations = [(path, verb, each) for path, verbs in ours.items() for verb, each in verbs.items()]
    assert len(operations) > 20
    assert [(path, verb) for path, verb, each in operations if "tags" in each and not each.get("description")] == []
    assert document["paths"]["/leads/{lead_id}/convert"]["post"]["x-roles"] == ["sales_manager", "sales_rep"]
