"""The seed's week over HTTP and topics, on a clock that is set: tickets come in, and on Monday the week is reviewed."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

from nexa_chassis.clock import write_clock
from nexa_chassis.running import eventually
from nexa_contracts.sales import AccountBecameCustomer, AccountCreated
from nexa_contracts.support import SupportRole
from nexa_contracts.values import Money

from .conftest import Support
from .stories import analyzed, id_of

FRIDAY = datetime(2025, 11, 21, 10, tzinfo=UTC)
MONDAY = datetime(2025, 11, 24, 9, tzinfo=UTC)
WEDNESDAY = datetime(2025, 11, 26, 9, tzinfo=UTC)
REVIEWED = datetime(2025, 12, 1, 6, tzinfo=UTC)
COMPANIES = ("Acme Corp", "Birch Ltd", "Cedar AG", "Dune SA", "Elm Inc", "Fern BV", "Grove Oy", "Heath plc")
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
BUG = {
    "data_export": {"subject": "CSV export fails", "description": "I get an error message: missing module"},
    "email_sync": {"subject": "Mail is not synchronised", "description": "Nothing has come in since this morning"},
    "dashboard_load": {"subject": "Dashboard is slow", "description": "It takes half a minute"},
}
PRIORITY = {"data_export": "high", "email_sync": "high", "dashboard_load": "normal"}
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
            return rows[0][0] == len(COMPANIES)

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
    export = review["top_bugs"][0]
    assert (export["feature_name"], export["before"], export["accounts"]) == ("Export function", 1, 5)
    assert export["arr"] == {"amount": "250000.00", "currency": "USD"}
    assert review["roadmap_effect"] == "Prioritize data export improvements in Q1"

    await support.ask("POST", run, 200, by=planner)
    assert (await support.ask("GET", "/weekly-reviews/2025-W48"))["revision"] == 1
    listed = await support.ask("GET", "/weekly-reviews", params={"limit": 1})
    assert ([each["week"] for each in listed["items"]], bool(listed["next"])) == (["2025-W48"], True)
    correction = {"field": "type", "value": "question"}
    await support.ask("POST", f"/tickets/{acmes}/correct", json=correction)
    revised = await support.ask("POST", run, 200, by=planner)
    assert (revised["revision"], counted(revised)[0]) == (2, ("data_export", 4, "medium"))


async def test_weeks_that_are_none_are_refused_and_those_without_a_review_unknown(support_service: Support) -> None:
    support = support_service
    await support.ask("GET", "/weekly-reviews/2025-W54", 422)
    await support.ask("GET", "/weekly-reviews/last", 422)
    await support.ask("GET", "/weekly-reviews/2024-W10", 404)
    await support.ask("POST", "/weekly-reviews/2024-W10/run", 403)
    quiet = await support.ask("POST", "/weekly-reviews/2024-W10/run", by=support.manager)
    assert (quiet["revision"], quiet["top_bugs"], quiet["recommendations"]) == (1, [], [])
