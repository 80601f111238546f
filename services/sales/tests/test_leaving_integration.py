"""On the real database and broker: a rep leaves, rules change, days away pass on a simulated clock."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from nexa_chassis.clock import write_clock

from .conftest import Sales
from .stories import MONDAY, id_of, lead_created, lead_scored

TO_STANDARD = {"name": "EMEA to standard reps", "band": "high", "level": "standard", "territories": ["emea"]}


async def test_days_away_windows_and_alerts_come_by_themselves(simulated: tuple[Sales, Path]) -> None:
    story, clock = simulated
    victor = await story.hire("victor", "manager", capacity=0)
    maria = await story.hire("maria", manager_id=str(victor), window_capacity=1, window_days=2)
    absences = {"absences": [{"first_day": "2026-01-07", "last_day": "2026-01-12"}]}
    await story.ask("PUT", f"/reps/{maria}/absences", json=absences)
    await story.count("select count(*) from deadlines where command_type = 'LookAtAbsences'", 2)
    await story.count("select count(*) from deadlines where command_type = 'OpenNextWindow'", 1)
    for lead in ("first", "second", "third"):
        await story.others.say(lead_created(lead), lead_scored(lead, 90))
    await story.count("select count(*) from waiting_leads", 2)
    await story.count("select count(*) from deadlines where command_type = 'AlertOfWait'", 2)
    write_clock(clock, MONDAY + timedelta(hours=4))
    await story.count("select count(*) from waiting_leads where alerted_at is not null", 2)
    assert len(await story.every("/leads/waiting", alerted=True)) == 2
    write_clock(clock, MONDAY + timedelta(days=3))
    await story.count("select count(*) from reps where away", 1)
    await story.count("select count(*) from waiting_leads", 2)
    write_clock(clock, MONDAY + timedelta(days=6))
    await story.count("select count(*) from reps where window_until = '2026-01-13 09:00+00'", 1)
    write_clock(clock, MONDAY.replace(day=13, hour=0))
    await story.count("select count(*) from waiting_leads", 1)
    row = await story.ask("GET", f"/reps/{maria}")
    assert (row["away"], row["absences"], row["given"], row["open_leads"]) == (False, [], 1, 2)


async def test_a_leavers_leads_and_tasks_go_to_others_each_with_its_reason(sales_service: Any) -> None:
    victor = await sales_service.hire("victor", "manager", capacity=0)
    maria = await sales_service.hire("maria", manager_id=str(victor))
    leads = [f"lead {number}" for number in range(5)]
    await sales_service.others.say(*(lead_created(lead) for lead in leads))
    await sales_service.others.say(*(lead_scored(lead, 90) for lead in leads))
    await sales_service.count("select count(*) from tasks", 5)
    body = {"title": "Send the price list", "due_at": "2030-01-01T09:00:00Z"}
    await sales_service.ask("POST", f"/leads/{id_of('lead 0')}/tasks", 201, json=body)
    await sales_service.others.say(lead_created("sold"), lead_scored("sold", 90))
    await sales_service.count("select count(*) from tasks", 7)
    amount = {"company": "Acme Corp", "amount": {"amount": "50000.00", "currency": "USD"}}
    sold = await sales_service.ask("POST", f"/leads/{id_of('sold')}/convert", 201, json=amount)
    jonas = await sales_service.hire("jonas", capacity=3, manager_id=str(victor))
    await sales_service.ask("POST", f"/reps/{maria}/leave", json={"reason": "Moved to marketing"})
    await sales_service.count("select count(*) from jobs where status = 'finished'", 1)
    stands = await sales_service.rows(
        "select status, rep_id, count(*) from lead_standings where status <> 'converted' group by 1, 2 order by 1"
    )
    assert stands == [("assigned", jonas, 3), ("waiting", None, 2)]
    owners = await sales_service.rows("select rep_id, count(*) from tasks where completed_at is null group by 1")
    assert {owner for owner, _ in owners} == {jonas, victor}
    assert sum(count for _, count in owners) == 6
    assert await sales_service.rows("select open_leads from reps where name = 'maria'") == [(0,)]
    page = await sales_service.ask("GET", f"/leads/{id_of('lead 0')}")
    told = [entry["summary"] for entry in page["timeline"]]
    assert any("The task went to another rep" in summary for summary in told), told
    assert await sales_service.every("/reps", left=True) != []
    reassign = {"rep_id": str(maria), "reason": "x"}
    gone = await sales_service.ask("POST", f"/leads/{id_of('lead 0')}/reassign", 422, json=reassign)
    assert gone["rule"] == "assignment.rep"
    deal = await sales_service.ask("GET", f"/deals/{sold['deal_id']}")
    assert (deal["rep_id"], deal["rep_name"]) == (str(victor), "victor")
    to_jonas = {"rep_id": str(jonas), "reason": "Knows the company"}
    await sales_service.ask("POST", f"/deals/{sold['deal_id']}/reassign", json=to_jonas)
    assert len(await sales_service.every("/deals", rep_id=str(jonas))) == 1
    gone = await sales_service.ask("POST", f"/deals/{sold['deal_id']}/reassign", 422, json=reassign)
    assert gone["rule"] == "rep.unknown"
    boss = await sales_service.ask("POST", f"/reps/{victor}/leave", 409, json={"reason": "x"})
    assert boss["rule"] == "rep.reports"
    await sales_service.hire("priya")
    await sales_service.count("select count(*) from waiting_leads", 0)


async def test_no_deal_stays_silently_with_somebody_gone(sales_service: Any) -> None:
    maria = await sales_service.hire("maria")
    await sales_service.others.say(lead_created("sold"), lead_scored("sold", 90))
    await sales_service.count("select count(*) from tasks", 1)
    amount = {"company": "Acme Corp", "amount": {"amount": "50000.00", "currency": "USD"}}
    deal_id = (await sales_service.ask("POST", f"/leads/{id_of('sold')}/convert", 201, json=amount))["deal_id"]
    jonas = await sales_service.hire("jonas")

    async def leave(rep_id: UUID, status: int = 200, **body: str) -> Any:
        return await sales_service.ask("POST", f"/reps/{rep_id}/leave", status, json={"reason": "Moved on", **body})

    refused = await leave(maria, 422)
    assert (refused["rule"], refused["errors"][0]["field"]) == ("rep.heir", "hand_over_to")
    assert "Acme Corp" in refused["detail"], refused["detail"]
    for nobody in (maria, id_of("nobody")):
        assert (await leave(maria, 422, hand_over_to=str(nobody)))["rule"] == "rep.heir"
    still_there = await sales_service.ask("GET", f"/reps/{maria}")
    assert (still_there["left_at"], still_there["open_deals"]) == (None, 1)

    await leave(maria, hand_over_to=str(jonas))
    await sales_service.count(f"select count(*) from deals where rep_id = '{jonas}'", 1)
    assert (await sales_service.ask("GET", f"/reps/{maria}"))["open_deals"] == 0
    assert await sales_service.every("/deals", without_rep=True) == []

    await sales_service.ask("POST", f"/deals/{deal_id}/lose", json={"reason": "No budget"})
    await sales_service.count("select count(*) from tasks where completed_at is null", 0)
    await leave(jonas)
    await sales_service.count("select count(*) from jobs where status = 'finished'", 2)
    assert await sales_service.every("/deals", without_rep=True) == [], "a lost deal asks for nobody"
    await sales_service.ask("POST", f"/deals/{deal_id}/reopen", json={"reason": "They have one after all"})
    (orphan,) = await sales_service.every("/deals", without_rep=True)
    assert (orphan["deal_id"], orphan["rep_name"], orphan["rep_left_at"] is not None) == (deal_id, "jonas", True)
    assert await sales_service.every("/deals", without_rep=False) == []
    assert (await leave(jonas, 422))["rule"] == "rep.heir"
    priya = await sales_service.hire("priya")
    await leave(jonas, hand_over_to=str(priya))
    await sales_service.count(f"select count(*) from deals where rep_id = '{priya}'", 1)

    by_hand = {"account_id": orphan["account_id"], "primary_contact_id": orphan["primary_contact_id"], "amount": 10}
    gone = await sales_service.ask("POST", "/deals", 422, json={**by_hand, "rep_id": str(jonas)})
    assert (gone["rule"], gone["errors"][0]["field"]) == ("rep.unknown", "rep_id")


async def test_mine_is_whoever_is_there_under_that_name_not_who_left(sales_service: Any) -> None:
    former = await sales_service.hire("maria")
    mine = {"mine": True}
    assert (await sales_service.rep.get("/tasks", params=mine)).status_code == 200
    await sales_service.ask("POST", f"/reps/{former}/leave", json={"reason": "Moved on"})
    assert (await sales_service.rep.get("/tasks", params=mine)).json()["rule"] == "rep.nobody"
    successor = await sales_service.hire("another maria", email="maria@nexa.example")
    assert (await sales_service.rep.get("/day")).json()["rep_id"] == str(successor)


async def test_rules_are_drafted_approved_and_published_over_http(sales_service: Any) -> None:
    await sales_service.hire("jonas", "standard")
    await sales_service.others.say(lead_created("dana", territory="emea"), lead_scored("dana", 90))
    await sales_service.count("select count(*) from waiting_leads", 1)
    now = await sales_service.ask("GET", "/routing/rules")
    assert (now["in_force"]["version"], now["draft"]) == (1, None)
    rules = {"rules": [TO_STANDARD, *now["in_force"]["rules"]]}
    draft = await sales_service.ask("PUT", "/routing/rules/draft", json=rules)
    assert (draft["version"], draft["drafted_by"]) == (2, "victor")
    own = await sales_service.ask("POST", "/routing/rules/2/approve", 409)
    assert own["rule"] == "rules.approver"
    wilma = sales_service.service.client("sales_manager", subject="wilma")
    assert (await wilma.post("/routing/rules/2/approve")).json()["approved_by"] == "wilma"
    rules["rules"][0]["name"] = "EMEA to the standard reps"
    assert (await sales_service.ask("PUT", "/routing/rules/draft", json=rules))["approved_by"] is None
    void = await sales_service.ask("POST", "/routing/rules/3/publish", 409)
    assert void["rule"] == "rules.approval"
    assert (await wilma.post("/routing/rules/3/approve")).status_code == 200
    published = await sales_service.ask("POST", "/routing/rules/3/publish")
    assert published["in_force_since"] is not None
    await sales_service.count("select count(*) from waiting_leads", 0)
    page = await sales_service.ask("GET", f"/leads/{id_of('dana')}")
    assert (page["rep_name"], page["because"]["rule_version"]) == ("jonas", 3)
    assert [each["version"] for each in await sales_service.every("/routing/rules/versions")] == [3, 2]
    bad = await sales_service.ask("PUT", "/routing/rules/draft", 422, json={"rules": [TO_STANDARD]})
    assert (bad["rule"], bad["errors"][0]["field"]) == ("rules.complete", "rules")
