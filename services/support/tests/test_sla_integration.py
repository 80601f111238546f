"""Promises over HTTP, on a real broker and database, with a clock that is set."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from nexa_chassis.clock import write_clock
from nexa_chassis.origin import Origin
from nexa_chassis.running import eventually
from nexa_contracts.sales import DealClosedWon
from nexa_contracts.support import SupportRole
from nexa_support.sla.policies import DEFAULT_POLICIES

from .conftest import Support
from .promises import MINUTE
from .stories import HOUR, MONDAY, id_of, submit
from .test_plans import bought

P1 = {"priority": "critical", "severity": "p1", "reason": "Blocks core functionality"}


def body(**changes: Any) -> dict[str, Any]:
    """The default set as it would be sent."""
    policies = [each.model_dump(mode="json") for each in DEFAULT_POLICIES.policies]
    calendars = [each.model_dump(mode="json") for each in DEFAULT_POLICIES.calendars]
    return {"policies": [each | changes for each in policies], "calendars": calendars}


async def told(support: Support, ticket_id: str, *events: str) -> list[Any]:
    """What the ticket's timeline tells of its promises, once it is this."""

    async def asked() -> list[Any] | None:
        page = await support.ask("GET", f"/tickets/{ticket_id}/timeline", params={"limit": 200})
        timeline = page["items"]
        sla = [each for each in timeline if each["event"].startswith("Sla")]
        return sla if [each["event"] for each in sla] == list(events) else None

    return await eventually(asked, what=f"the ticket tells {events}")


async def waiting_deadline(support: Support, at: datetime) -> None:
    async def set_() -> bool:
        rows = await support.rows("select due_at from deadlines where command_type in ('WarnSla', 'BreachSla')")
        return any(row.due_at == at for row in rows)

    await eventually(set_, what=f"a deadline at {at}")


def of(view: Any, clock: str) -> Any:
    return [each for each in view["clocks"] if each["clock"] == clock][-1]


async def test_a_p1_is_warned_of_broken_answered_late_and_resolved_in_time(simulated: Support, clock: Path) -> None:
    support = simulated
    mia = await support.hire("Mia Manager", SupportRole.MANAGER)
    lea = await support.hire("Lea Brandt", senior=True, manager_id=mia)
    ticket = await support.submit()
    path = f"/tickets/{ticket['ticket_id']}"
    assert (await support.ask("GET", f"{path}/sla"))["policy"] == "p3 in office hours"
    await support.ask("POST", f"{path}/assign", json={"agent_id": lea, "reason": "Knows the customer"})
    await support.ask("POST", f"{path}/priority", json=P1)
    view = await support.ask("GET", f"{path}/sla")
    assert (view["policy"], view["policy_version"], of(view, "resolve")["target_minutes"]) == (
        "p1 around the clock",
        1,
        1440,
    )
    risk = (await support.ask("GET", "/sla/at-risk"))["items"]
    assert [(each["reference"], each["next_clock"], each["breached"], each["agent_name"]) for each in risk] == [
        (ticket["reference"], "acknowledge", False, "Lea Brandt")
    ]

    await waiting_deadline(support, MONDAY + 45 * MINUTE)
    write_clock(clock, MONDAY + 45 * MINUTE)
    await told(support, ticket["ticket_id"], "SlaWarned")
    await waiting_deadline(support, MONDAY + HOUR)
    write_clock(clock, MONDAY + HOUR)
    await told(support, ticket["ticket_id"], "SlaWarned", "SlaBreached")
    await waiting_deadline(support, MONDAY + 1.5 * HOUR)
    write_clock(clock, MONDAY + 1.5 * HOUR)
    await told(support, ticket["ticket_id"], "SlaWarned", "SlaBreached", "SlaBreached")
    rows = await support.rows(
        "select data::json ->> 'tell_id' as told from events where type = 'nexa.support.SlaBreached.v1' order by version"
    )
    assert [row.told for row in rows] == [lea, mia]

    await support.ask("POST", f"{path}/reply", json={"text": "We look into it"})
    write_clock(clock, MONDAY + 12 * HOUR)
    await support.ask("POST", f"{path}/resolve", json={"resolution": "Fix deployed in v2.1.6"})
    view = await support.ask("GET", f"{path}/sla")
    late, resolved = of(view, "acknowledge"), of(view, "resolve")
    assert (late["state"], late["used_seconds"], late["ended_at"]) == ("breached", 5400, "2025-11-17T10:30:00Z")
    assert (late["breached_at"], resolved["state"]) == ("2025-11-17T10:00:00Z", "met")
    assert (resolved["used_seconds"], resolved["paused_seconds"]) == (12 * 3600, 0)
    assert (await support.ask("GET", "/sla/at-risk"))["items"] == []


async def test_what_waits_for_the_customer_is_no_risk_and_goes_on_with_the_answer(
    simulated: Support, clock: Path
) -> None:
    support = simulated
    await support.hire("Lea Brandt", senior=True)
    ticket = await support.submit()
    path = f"/tickets/{ticket['ticket_id']}"
    await support.ask("POST", f"{path}/priority", json=P1)
    await support.ask("POST", f"{path}/reply", json={"text": "Which browser?", "then": "waiting_for_customer"})
    assert (await support.ask("GET", "/sla/at-risk"))["items"] == []
    write_clock(clock, MONDAY + 30 * HOUR)
    heard = {"text": "Firefox", "from_customer": True, "channel": "phone"}
    await support.ask("POST", f"{path}/reply", json=heard)
    view = await support.ask("GET", f"{path}/sla")
    assert (view["waiting"], of(view, "resolve")["paused_seconds"]) == (False, 30 * 3600)
    (risk,) = (await support.ask("GET", "/sla/at-risk", params={"due_before": "2025-11-18T17:00:01Z"}))["items"]
    assert (risk["next_clock"], risk["next_due_at"]) == ("next_response", "2025-11-18T17:00:00Z")


async def test_other_policies_reach_every_open_ticket_in_steps(simulated: Support, clock: Path) -> None:
    support = simulated
    runtime = support.service.runtime
    many = [submit(id_of(f"ticket {n}")) for n in range(1_203)]
    await runtime.store.execute(many, Origin("test", "test"))
    write_clock(clock, MONDAY + HOUR)
    began = datetime.now(UTC)
    changed = await support.ask("PUT", "/sla/policies", by=support.manager, json=body(acknowledge_minutes=90))
    assert (changed["version"], changed["warnings"]) == (2, [])

    async def all_measured() -> bool:
        rows = await support.rows("select count(*) from promises_due where policy_version = 2 and not settled")
        return bool(rows[0][0] == 1_203)

    await eventually(all_measured, what="1,203 tickets measured by version 2")
    assert datetime.now(UTC) - began < timedelta(seconds=20)
    page = await support.ask("GET", "/sla/at-risk", params={"limit": 200})
    assert {each["next_due_at"] for each in page["items"]} == {"2025-11-17T10:30:00Z"}
    second = await support.ask("GET", "/sla/at-risk", params={"limit": 200, "cursor": page["next"]})
    assert not {each["ticket_id"] for each in page["items"]} & {each["ticket_id"] for each in second["items"]}
    await waiting_deadline(support, MONDAY + 1.5 * HOUR - 90 * MINUTE / 4)


async def test_what_if_answers_from_the_past_and_writes_nothing(simulated: Support, clock: Path) -> None:
    support = simulated
    tickets = [await support.submit(subject=f"Ticket {n}") for n in range(3)]
    for each in tickets[:2]:
        await support.ask("POST", f"/tickets/{each['ticket_id']}/priority", json=P1)
    write_clock(clock, MONDAY + 30 * MINUTE)
    for each in tickets:
        await support.ask("POST", f"/tickets/{each['ticket_id']}/reply", json={"text": "We look into it"})
    before = await support.rows("select count(*) from events")
    stricter = body()["policies"]
    stricter[0]["acknowledge_minutes"] = 20
    period = {"submitted_from": "2025-11-17T00:00:00Z", "submitted_before": "2025-11-18T00:00:00Z"}
    answer = await support.ask("POST", "/sla/what-if", json=period | {"policies": stricter})
    counts = {(each["clock"], each["severity"]): each for each in answer["counts"]}
    counted = counts["acknowledge", "p1"]
    assert (counted["promises_before"], counted["breached_before"], counted["breached_after"]) == (2, 0, 2)
    assert (counts["acknowledge", "p3"]["breached_after"], answer["tickets"], answer["changed"]) == (0, 3, 2)
    assert {each["reference"] for each in answer["changed_tickets"]} == {each["reference"] for each in tickets[:2]}
    assert answer["changed_tickets"][0]["promises"][0]["breached_after"] == "2025-11-17T09:20:00Z"
    assert await support.rows("select count(*) from events") == before
    assert (await support.ask("GET", "/sla/policies"))["version"] == 1
    same = await support.ask("POST", "/sla/what-if", json=period)
    assert (same["changed"], same["changed_tickets"]) == (0, [])
    backwards = {"submitted_from": period["submitted_before"], "submitted_before": period["submitted_from"]}
    await support.ask("POST", "/sla/what-if", 422, json=backwards)


async def test_a_set_is_checked_kept_in_versions_and_changed_by_managers_alone(simulated: Support) -> None:
    support = simulated
    await support.ask("PUT", "/sla/policies", 403, json=body())
    wrong = body()
    wrong["policies"][1]["calendar"] = "night"
    answer = await support.ask("PUT", "/sla/policies", 422, by=support.manager, json=wrong)
    assert "there is no calendar 'night'; known are always, office" in str(answer)
    assert "policies[1].calendar" in str(answer)
    shadowed = body()
    shadowed["policies"].append(shadowed["policies"][0] | {"name": "p1 again"})
    answer = await support.ask("PUT", "/sla/policies", by=support.manager, json=shadowed)
    assert answer["version"] == 2
    assert answer["warnings"][0].startswith("Policy 'p1 again' is never reached")
    assert len((await support.ask("GET", "/sla/policies/versions/1"))["policies"]) == 4
    assert len((await support.ask("GET", "/sla/policies/versions/2"))["policies"]) == 5
    await support.ask("GET", "/sla/policies/versions/3", 404)
    await support.ask("GET", f"/tickets/{UUID(int=7)}/sla", 404)
    headers = {"if-match": '"9"'}
    await support.ask("PUT", "/sla/policies", 412, by=support.manager, json=body(), headers=headers)


async def test_what_an_account_bought_chooses_the_policy_of_its_tickets(simulated: Support) -> None:
    support = simulated
    gold = body()
    gold["policies"].insert(
        0, gold["policies"][2] | {"name": "enterprise", "severities": [], "plans": ["enterprise plan"]}
    )
    await support.ask("PUT", "/sla/policies", by=support.manager, json=gold)
    ticket = await support.submit()
    assert (await support.ask("GET", f"/tickets/{ticket['ticket_id']}/sla"))["policy"] == "p3 in office hours"
    won = bought("Enterprise Plan").event
    assert isinstance(won, DealClosedWon)
    await support.others.say(won)
    path = f"/tickets/{ticket['ticket_id']}/sla"
    view = await support.until(path, lambda view: view["plan"] == "Enterprise Plan", "the plan is known")
    assert view["policy"] == "enterprise"


async def test_two_who_change_a_ticket_and_the_policies_at_once_leave_nobody_behind(simulated: Support) -> None:
    support = simulated
    await support.hire("Lea Brandt")
    changes = [
        support.ask("PUT", "/sla/policies", by=support.manager, json=body(acknowledge_minutes=100 + n))
        for n in range(3)
    ]
    await asyncio.gather(*(support.submit(subject=f"Ticket {n}") for n in range(20)), *changes)

    async def all_measured() -> bool:
        rows = await support.rows(
            "select count(*) from promises_due"
            " where policy_version = (select max(version) from sla_policies) and not settled"
        )
        return bool(rows[0][0] == 20)

    await eventually(all_measured, what="20 tickets measured by the last policies")
