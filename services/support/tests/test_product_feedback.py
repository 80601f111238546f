"""The seed's week over HTTP and topics, on a clock that is set: tickets come in, and on Monday the week is reviewed."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

from nexa_chassis.clock import write_clock
from nexa_chassis.origin import Origin
from nexa_chassis.running import eventually
from nexa_contracts.notifier import SurveyAnswered
from nexa_contracts.sales import AccountBecameCustomer, AccountCreated
from nexa_contracts.scoring import SimilarTicket
from nexa_contracts.support import SupportRole
from nexa_contracts.values import Money

from .conftest import Support
from .stories import analyzed, id_of, submit

FRIDAY = datetime(2025, 11, 21, 10, tzinfo=UTC)
MONDAY = datetime(2025, 11, 24, 9, tzinfo=UTC)
WEDNESDAY = datetime(2025, 11, 26, 9, tzinfo=UTC)
REVIEWED = datetime(2025, 12, 1, 6, tzinfo=UTC)
COMPANIES = ("Acme Corp", "Birch Ltd", "Cedar AG", "Dune SA", "Elm Inc", "Fern BV", "Grove Oy", "Heath plc")
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
BUG = {
    "data_export": {"subject": "CSV export fails", "description": "I get an error message: missing module"},
    "email_sync": {"subject": "Mail is not synchronised", "description": "Nothing has come in since this morning"},
    "dashboard_load": {"subject": "Dashboard is slow", "description": "It takes half a minute"},
}
PRIORITY = {"data_export": "high", "email_sync": "high", "dashboard_load": "normal"}
DEFECT = {"title": "CSV export failing - missing dependency", "severity": "p1", "feature": "data_export"}
NAME = {"data_export": "Export function", "email_sync": "E-mail sync", "dashboard_load": "Dashboard"}


@dataclass
class Week:
    """What customers report in the seed's week, at the time that the clock says."""

    support: Support
    clock: Path

    async def customers(self) -> None:
        for company in COMPANIES:
            account_id, arr = id_of(company), Money(amount=Decimal(50_000))
            customer = AccountBecameCustomer(
                account_id=account_id,
                account_name=company,
                deal_id=id_of(f"{company}'s deal"),
                customer_since=date(2025, 1, 1),
                arr=arr,
                contract_end=date(2026, 1, 1),
            )
            created = AccountCreated(account_id=account_id, name=company)
            await self.support.others.say(created, customer, time=FRIDAY - timedelta(days=30))

        async def known() -> bool:
            rows = await self.support.rows("select count(*) from accounts where arr > 0 and name is not null")
            return bool(rows[0][0] == len(COMPANIES))

        await eventually(known, what="all accounts are known")

    async def report(self, company: str, feature: str) -> str:
        """A bug ticket, once it is known to be one."""
        account = {"account_id": str(id_of(company)), "account_name": company}
        ticket_id = str((await self.support.submit(**BUG[feature], **account))["ticket_id"])
        analysis = analyzed(UUID(ticket_id), feature=feature, priority=PRIORITY[feature])
        await self.support.others.say(analysis.model_copy(update={"feature_name": NAME[feature]}))
        await self.support.until(f"/tickets/{ticket_id}", lambda view: view["feature"] == feature, "analysed")
        return ticket_id

    async def reported(self) -> list[str]:
        """One the week before, and five, three and eight in the week; Acme's is the last. Those of the export."""
        write_clock(self.clock, FRIDAY)
        exports = [await self.report("Birch Ltd", "data_export")]
        write_clock(self.clock, MONDAY)
        exports += [await self.report(company, "data_export") for company in COMPANIES[2:6]]
        for company in COMPANIES[:3]:
            await self.report(company, "email_sync")
        for company in COMPANIES:
            await self.report(company, "dashboard_load")
        write_clock(self.clock, WEDNESDAY)
        return [*exports, await self.report("Acme Corp", "data_export")]


async def due(support: Support, at: datetime) -> None:
    async def set_() -> bool:
        rows = await support.rows("select due_at from deadlines where command_type = 'ReviewWeek'")
        return any(row.due_at == at for row in rows)

    await eventually(set_, what=f"the week is to be reviewed at {at}")


def counted(review: Any, part: str = "top_bugs") -> list[tuple[str, int, str]]:
    return [(each["feature"], each["tickets"], each["impact"]) for each in review[part]]


async def test_the_seeds_week_is_reviewed_when_it_is_over(simulated: Support, clock: Path) -> None:
    support, week = simulated, Week(simulated, clock)
    await support.hire("Lea Brandt", senior=True, skills=["data_export"])
    await support.hire("Pria Nair", SupportRole.PRODUCT_MANAGER)
    planner = support.service.client("product_manager", subject="pria.nair")
    await week.customers()
    *_, acmes = await week.reported()
    escalation = {"reason": "Critical - blocks core functionality", "escalated_to": "engineering_team"}
    await support.ask("POST", f"/tickets/{acmes}/escalate", json=escalation)
    bug = await support.ask("POST", "/bugs", 201, by=planner, json=DEFECT | {"ticket_ids": [acmes]})
    wish = {
        "title": "Enhanced export options (Excel, bulk, scheduled)",
        "feature": "data_export",
        "business_value": "High - frequently requested",
        "engineering_effort": "Medium",
        "target_quarter": "Q1 2026",
    }
    request = await support.ask("POST", "/feature-requests", 201, by=planner, json=wish)
    votes = f"/feature-requests/{request['request_id']}/votes"
    await support.ask("POST", votes, 201, json={"ticket_id": acmes})
    (vote,) = (await support.ask("GET", votes))["items"]
    assert (vote["account_name"], vote["ticket_id"], vote["subject"]) == ("Acme Corp", acmes, "CSV export fails")
    assert vote["reference"].startswith("T-")

    run = "/weekly-reviews/2025-W48/run"
    refused = await support.ask("POST", run, 409, by=planner)
    assert refused["detail"] == "2025-W48 ends at 2025-12-01 00:00 UTC."
    write_clock(clock, REVIEWED)
    review = await support.until("/weekly-reviews/2025-W48", lambda view: view["revision"] == 1, "published")
    assert counted(review) == [("data_export", 5, "high"), ("email_sync", 3, "medium"), ("dashboard_load", 8, "low")]
    assert review["quiet"] is False
    export = review["top_bugs"][0]
    assert (export["feature_name"], export["before"], export["accounts"]) == ("Export function", 1, 5)
    assert export["arr"] == {"amount": "250000.00", "currency": "USD"}
    assert export["bug_ids"] == [bug["bug_id"]]
    assert [each["text"] for each in review["recommendations"]] == [
        "Invest in export feature testing",
        "Add integration tests for dependencies",
        "Improve error messaging",
    ]
    assert review["roadmap_effect"] == "Prioritize data export improvements in Q1"

    await support.ask("POST", run, 200, by=planner)
    assert (await support.ask("GET", "/weekly-reviews/2025-W48"))["revision"] == 1
    listed = await support.ask("GET", "/weekly-reviews", params={"limit": 1})
    assert ([each["week"] for each in listed["items"]], bool(listed["next"])) == (["2025-W48"], True)
    correction = {"field": "type", "value": "question"}
    await support.ask("POST", f"/tickets/{acmes}/correct", json=correction)
    revised = await support.ask("POST", run, 200, by=planner)
    assert (revised["revision"], counted(revised)[0]) == (2, ("data_export", 4, "high"))

    late = id_of("a ticket that was on its way for a week")
    write_clock(clock, REVIEWED + 7 * DAY)
    command = submit(late, submitted_at=MONDAY)
    await support.service.runtime.store.execute([command], Origin("test", "test"))
    await support.others.say(analyzed(late, feature="email_sync"))
    await support.until(f"/tickets/{late}", lambda view: view["feature"] == "email_sync", "analysed")
    await due(support, REVIEWED + 7 * DAY + 20 * MINUTE)
    write_clock(clock, REVIEWED + 7 * DAY + 20 * MINUTE)
    review = await support.until("/weekly-reviews/2025-W48", lambda view: view["revision"] == 3, "reviewed again")
    assert counted(review)[1] == ("email_sync", 4, "medium")


async def test_weeks_without_a_ticket_are_reviewed_too_and_say_that_they_were_quiet(
    simulated: Support, clock: Path
) -> None:
    support = simulated
    write_clock(clock, WEDNESDAY)
    await support.submit()
    for number, week in enumerate(("2025-W48", "2025-W49", "2025-W50")):
        await due(support, REVIEWED + number * 7 * DAY)
        write_clock(clock, REVIEWED + number * 7 * DAY)
        review = await support.until(f"/weekly-reviews/{week}", lambda view: view["revision"] == 1, "published")
        assert (review["quiet"], review["top_bugs"], review["recommendations"]) == (True, [], [])
    listed = await support.ask("GET", "/weekly-reviews")
    assert [each["week"] for each in listed["items"]] == ["2025-W50", "2025-W49", "2025-W48"]


async def test_an_incident_is_a_bug_ticket_once_a_bug_is_behind_it(simulated: Support, clock: Path) -> None:
    support, week = simulated, Week(simulated, clock)
    planner = support.service.client("product_manager", subject="pria.nair")
    write_clock(clock, MONDAY)
    await week.report("Acme Corp", "data_export")
    outages = [(await support.submit(type="incident"))["ticket_id"] for _ in range(2)]
    await support.ask("POST", f"/tickets/{outages[0]}/correct", json={"field": "feature", "value": "data_export"})
    write_clock(clock, REVIEWED)
    run = "/weekly-reviews/2025-W48/run"
    review = await support.ask("POST", run, by=planner)
    assert counted(review) == [("data_export", 1, "medium")]
    bug = await support.ask("POST", "/bugs", 201, by=planner, json=DEFECT)
    for each in outages:
        await support.ask("POST", f"/tickets/{each}/link", json={"bug_id": bug["bug_id"]})
    review = await support.ask("POST", run, by=planner)
    assert [(each["feature"], each["tickets"]) for each in review["top_bugs"]] == [("data_export", 3)]


async def test_weeks_that_are_none_are_refused_and_those_without_a_review_unknown(support_service: Support) -> None:
    support = support_service
    await support.ask("GET", "/weekly-reviews/2025-W54", 422)
    await support.ask("GET", "/weekly-reviews/last", 422)
    await support.ask("GET", "/weekly-reviews/2024-W10", 404)
    await support.ask("POST", "/weekly-reviews/2024-W10/run", 403)
    quiet = await support.ask("POST", "/weekly-reviews/2024-W10/run", by=support.manager)
    assert (quiet["revision"], quiet["top_bugs"], quiet["recommendations"]) == (1, [], [])


async def test_the_figures_of_the_seed(simulated: Support, clock: Path) -> None:
    """Six tickets, each answered after 15 minutes; the last is escalated, and a fix closes all six, 12 hours after it."""
    support, week = simulated, Week(simulated, clock)
    mia = await support.hire("Mia Manager", SupportRole.MANAGER)
    await support.hire("Lea Brandt", senior=True, skills=["data_export"], manager_id=mia)
    await week.customers()
    tickets = []
    for day, company in enumerate(COMPANIES[5::-1]):
        write_clock(clock, WEDNESDAY - (5 - day) * DAY)
        tickets.append(await week.report(company, "data_export"))
        path = f"/tickets/{tickets[-1]}"
        await support.until(path, lambda view: view["agent_name"] == "Lea Brandt", "routed")
        write_clock(clock, WEDNESDAY - (5 - day) * DAY + 15 * MINUTE)
        await support.ask("POST", f"{path}/reply", json={"text": "We look into it"})
    escalation = {"reason": "Critical - blocks core functionality", "escalated_to": "engineering_team"}
    await support.ask("POST", f"{path}/escalate", json=escalation)
    write_clock(clock, WEDNESDAY + 12 * HOUR)
    bug = await support.ask("POST", "/bugs", 201, json=DEFECT | {"ticket_ids": tickets})
    for each in tickets:
        await support.until(f"/tickets/{each}", lambda view: view["bug_id"] == bug["bug_id"], "linked")
    release = support.service.client("integration", subject="ci")
    hotfix = {"version": "2.1.6", "deployment_type": "hotfix", "changes": ["Fixed CSV export dependency issue"]}
    await support.ask("POST", "/deployments", 201, by=release, json=hotfix | {"fixed_bugs": [bug["bug_id"]]})
    for each in tickets:
        await support.until(f"/tickets/{each}", lambda view: view["fixed_version"] == "2.1.6", "resolved by the fix")
    acme = {"from": "2025-11-21", "to": "2025-11-26", "account_id": str(id_of("Acme Corp"))}
    figures = (await support.ask("GET", "/figures", params=acme))["total"]
    acknowledged, resolved = figures["time_to_acknowledge"], figures["time_to_resolve"]
    assert (acknowledged["median_seconds"], acknowledged["within_target"]) == (15 * 60, 1)
    assert (resolved["median_seconds"], resolved["within_target"]) == (12 * 3600, 1)
    assert figures["csat"] == {"average": None, "answers": 0, "asked": 0, "answered": None}

    write_clock(clock, WEDNESDAY + 3 * DAY)
    await support.until(path, lambda view: view["csat_asked_at"] is not None, "asked")
    answer = SurveyAnswered(
        notification_id=id_of("survey"), kind="csat", about=UUID(tickets[-1]), score=9, occurred_at=WEDNESDAY + 3 * DAY
    )
    await support.others.say(answer)
    await support.until(path, lambda view: view["csat"] == 9, "answered")
    all_six = {"from": "2025-11-21", "to": "2025-11-26", "by": "team"}
    view = await support.ask("GET", "/figures", params=all_six)
    (team,) = view["groups"]
    assert (team["name"], team["tickets"], team["time_to_acknowledge"]["p90_seconds"]) == ("Mia Manager", 6, 15 * 60)
    assert (view["total"]["csat"]["average"], view["total"]["csat"]["answers"]) == (9, 1)
    assert view["total"]["recurrence"] == {"fixes": 1, "recurred": 0, "rate": 0}
    assert view["total"]["closed_by_fixes"] == {"fixes": 1, "tickets": 6, "similar_closed": 5, "per_fix": 6}
    (closed,) = (await support.ask("GET", "/figures/fixes", params={"from": "2025-11-26"}))["items"]
    assert (closed["version"], closed["tickets"], closed["similar_closed"], closed["accounts"]) == ("2.1.6", 6, 5, 6)
    weeks = (await support.ask("GET", "/figures", params=all_six | {"by": "week"}))["groups"]
    assert {each["key"]: each["tickets"] for each in weeks} == {"2025-W47": 3, "2025-W48": 3}

    assert (await support.ask("GET", "/figures/backlog"))["total"]["tickets"] == 0
    noon = {"at": (WEDNESDAY + 3 * HOUR).isoformat(), "by": "severity"}
    lay = await support.ask("GET", "/figures/backlog", params=noon)
    assert (lay["total"]["tickets"], lay["total"]["oldest_age_seconds"]) == (6, 5 * 86_400 + 3 * 3600)
    assert [(each["key"], each["tickets"]) for each in lay["groups"]] == [("p1", 1), ("p2", 5)]

    again = UUID((await support.submit(**BUG["data_export"], product_version="2.1.6"))["ticket_id"])
    alike = SimilarTicket(ticket_id=UUID(tickets[-1]), score=Decimal("0.9"), reason="csv", submitted_at=WEDNESDAY)
    await support.others.say(analyzed(again, similar=(alike,)), time=WEDNESDAY + 3 * DAY)
    view = await support.until(
        "/figures", lambda view: view["total"]["recurrence"]["recurred"], "recurred", params=all_six
    )
    assert view["total"]["recurrence"] == {"fixes": 1, "recurred": 1, "rate": 1}


async def test_a_merged_ticket_is_counted_where_it_goes_on_and_nothing_is_a_share_of_nothing(
    simulated: Support, clock: Path
) -> None:
    support = simulated
    one, other = [(await support.submit())["ticket_id"] for _ in range(2)]
    write_clock(clock, WEDNESDAY)
    await support.ask("POST", f"/tickets/{one}/merge", json={"into_id": other})
    view = await support.ask("GET", "/figures", params={"by": "team"})
    assert (view["from"], view["to"], view["total"]["tickets"]) == ("2025-10-30", "2025-11-26", 1)
    assert [(each["key"], each["name"], each["tickets"]) for each in view["groups"]] == [(None, None, 1)]
    total = view["total"]
    assert (total["time_to_resolve"]["median_seconds"], total["recurrence"]["rate"]) == (None, None)
    assert (total["csat"]["answered"], total["closed_by_fixes"]["per_fix"]) == (None, None)
    assert (await support.ask("GET", "/figures/backlog"))["total"]["tickets"] == 1
    before = {"at": (WEDNESDAY - DAY).isoformat()}
    assert (await support.ask("GET", "/figures/backlog", params=before))["total"]["tickets"] == 2
    await support.ask("GET", "/figures", 422, params={"from": "2025-11-26", "to": "2025-11-25"})
    await support.ask("GET", "/figures", 422, params={"by": "mood"})
