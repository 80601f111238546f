"""Sales to customer success: Acme's deal is won on a Monday, handed over, onboarded in thirty days, watched and renewed."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

from rich.table import Table

from nexa_local.demo.handoff import recipients, show_handoff, take_over
from nexa_local.demo.telling import Story, chapter, console, every, get, rep_id, send, value_of
from nexa_local.mailsink import kept

WON_ON = datetime(2025, 11, 24, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
DETAILS = {
    "products": [{"product": "Enterprise Plan", "seats": 50}],
    "special_requirements": ["Salesforce integration", "SSO"],
    "key_contacts": [
        {"name": "Sarah", "role": "primary"},
        {"name": "Tom", "role": "IT"},
        {"name": "Lisa", "role": "admin"},
    ],
    "sales_notes": "Very engaged, high adoption likely",
    "timeline": "Go-live by end of month",
}
JOURNEY = (
    (1, ("create_portal_account",), 5),
    (3, ("confirm_success_criteria",), 7),
    (7, ("provision_users", "schedule_training", "set_up_data_import"), 10),
    (14, ("configure_integrations", "hold_first_training", "verify_single_sign_on"), 13),
    (21, ("customize_dashboard", "validate_imported_data", "hold_second_training", "identify_power_users"), 17),
    (30, ("review_readiness", "go_live", "hold_check_in"), 20),
)
"""The days on which people did what no event proves, and how many tasks were done by then."""
LATE = ["customize_dashboard", "provision_users", "review_readiness", "validate_imported_data"]
HEALTHY = {"usage": 85, "adoption": 70, "support_tickets": 2, "payment": "current", "engagement": "high", "nps": 9}
STEADY = {"usage": 70, "adoption": 63, "support_tickets": 2, "payment": "current", "engagement": "medium", "nps": 8}
FALLING = {"usage": 40, "support_tickets": 6}


def tell(story: Story, campaign: str) -> Mapping[str, Any]:
    """From the won deal to the account's health; gives Acme's deal."""
    with chapter("A customer success team"):
        list_team(story)
    with chapter("Monday: Acme's deal is won"):
        acme, other = win(story, campaign)
    with chapter("The handoff"):
        project = show_handoff(story, acme)
    with chapter("The CSM takes over"):
        take_over(story, project, DETAILS)
    with chapter("Thirty days of onboarding"):
        onboard(story, acme, project)
    with chapter("Health"):
        show_health(story, acme)
        show_churn_risk(story, other)
    return acme


def tell_the_end(story: Story, acme: Mapping[str, Any]) -> None:
    """The renewal, and the customer's whole life."""
    with chapter("The renewal"):
        renew(story, acme)
    with chapter("One customer, one timeline"):
        show_life(story, acme)


def list_team(story: Story) -> None:
    _put(story, "Petra Falk", "manager", capacity=0)
    _put(story, "Nora Vance", "csm", capacity=15)
    _put(story, "Ivan Petrov", "implementation_specialist", capacity=30)
    story.settle()


def _put(story: Story, name: str, role: str, *, capacity: int) -> None:
    body = {
        "name": name,
        "email": f"{name.lower().replace(' ', '.')}@nexa.example",
        "role": role,
        "capacity": capacity,
        "time_zone": "Europe/Berlin",
        "country": "DE",
        "manager_id": None if role == "manager" else str(rep_id("Petra Falk")),
    }
    send(story.success, "PUT", f"/csms/{rep_id(name)}", body)


def win(story: Story, campaign: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Acme's deal and another one, in that order, as they stand after both were won."""
    deals = {deal["account_name"]: deal for deal in every(story.manager, "/deals", campaign_id=campaign)}
    acme = deals.pop("Acme Corp")
    other = deals[min(deals)]
    path = f"/deals/{acme['deal_id']}"
    before = get(story.manager, f"/accounts/{acme['account_id']}")["type"]
    story.checks.expect("before its deal is won Acme is a", "prospect", before)
    story.advance_to(WON_ON)
    send(story.rep, "PUT", f"{path}/details", DETAILS)
    for stage in ("proposal", "negotiation"):
        send(story.rep, "POST", f"{path}/stage", {"stage": stage})
    forecast = get(story.manager, "/deals/forecast")
    console.print(f"  weighted forecast: {_forecast_in_words(forecast)}")
    refused = story.rep.post(f"{path}/win", json={"contract_signed": False}, headers={"Idempotency-Key": str(uuid4())})
    story.checks.expect("a deal without a signed contract is refused", True, refused.status_code in {409, 422})
    signed = {"contract_signed": True, "contract_url": "s3://contracts/acme_2025.pdf"}
    won = send(story.rep, "POST", f"{path}/win", signed)
    send(story.rep, "POST", f"{path}/win", signed)
    story.settle()
    closed = (won["stage"], won["closed_at"][:10], won["amount"]["amount"], won["contract_url"])
    expected = ("closed_won", "2025-11-24", "50000.00", "s3://contracts/acme_2025.pdf")
    story.checks.expect("stage, close date, amount and contract", expected, closed)
    metrics = get(story.marketing, f"/campaigns/{campaign}/metrics")
    story.checks.expect("won revenue", Decimal("50000.00"), Decimal(metrics["won_revenue"]["amount"]))
    story.checks.expect("ROI on won revenue ((won − cost) ÷ cost)", Decimal(9), value_of(metrics["roi_on_won_revenue"]))
    send(story.rep, "POST", f"/deals/{other['deal_id']}/win", {"contract_signed": True})
    story.settle()
    return won, other


def _forecast_in_words(forecast: Mapping[str, Any]) -> str:
    totals = forecast["totals"]
    return ", ".join(f"{Decimal(each['weighted']):,.0f} {each['currency']}" for each in totals)


def onboard(story: Story, deal: Mapping[str, Any], path: str) -> None:
    for day, keys, done_by_then in JOURNEY:
        story.advance_to(WON_ON + day * DAY)
        if day == 3:
            send(story.csm, "POST", f"{path}/kickoff/held")
        for key in keys:
            send(story.csm, "POST", f"{path}/tasks/{key}/status", {"status": "done"})
        story.settle()
        view = get(story.success, path)
        risk = f", at risk: {view['at_risk_because']}" if view["at_risk_because"] else ""
        console.print(f"  day {day:2}: {view['done']} of {view['tasks']} done, {view['overdue']} overdue{risk}")
        story.checks.expect(f"done by day {day}", done_by_then, view["done"])
    board = get(story.success, f"{path}/board")
    done = [task for column in board["columns"] for task in column["tasks"] if task["status"] == "done"]
    story.checks.expect("tasks done", 20, len(done))
    story.checks.expect("later than their due day, shown as overdue", LATE, sorted(t["key"] for t in done if t["late"]))
    mails = kept(Path(story.stack.mail_directory))
    chased = [mail for mail in mails if str(mail["subject"]).startswith("Overdue at Acme Corp: ")]
    told = Counter(to for mail in chased for to in recipients(mail))
    expected = {"petra.falk@nexa.example": 4, "ivan.petrov@nexa.example": 3, "nora.vance@nexa.example": 1}
    story.checks.expect("of each its owner and the manager were told", expected, dict(told))
    view = board["onboarding"]
    story.checks.expect(
        "go-live on day 30, on time", ("live", 30, True), (view["status"], view["days"], view["on_time"])
    )


def show_health(story: Story, deal: Mapping[str, Any]) -> None:
    account = deal["account_id"]
    send(story.csm, "POST", f"/accounts/{account}/signals", {"on": str(story.now().date()), **HEALTHY})
    story.settle()
    health = get(story.scoring, f"/accounts/{account}/health")
    table = Table("factor", "reported", "points", "of", title="Acme's health")
    for factor in health["factors"]:
        table.add_row(
            factor["factor"],
            str(factor["value"]),
            str(Decimal(factor["points"]).quantize(Decimal("0.01"))),
            str(factor["most"]),
        )
    console.print(table)
    points = sum((Decimal(factor["points"]) for factor in health["factors"]), Decimal(0)).quantize(Decimal("0.01"))
    story.checks.expect("points", Decimal("94.56"), points)
    story.checks.expect("health score and risk", (95, "low"), (health["score"], health["risk"]))
    renewal = health["renewal"]
    story.checks.expect("renewal probability", (98, "uncalibrated"), (renewal["rounded"], renewal["label"]))


def show_churn_risk(story: Story, deal: Mapping[str, Any]) -> None:
    account = deal["account_id"]
    for signals in (STEADY, FALLING):
        send(story.csm, "POST", f"/accounts/{account}/signals", {"on": str(story.now().date()), **signals})
        story.settle()
    health = get(story.scoring, f"/accounts/{account}/health")
    story.checks.expect(f"health of {deal['account_name']}", (65, "high"), (health["score"], health["risk"]))
    (alert,) = every(story.success, "/alerts", account_id=account)
    story.checks.expect("alert", "Health score dropped to 65, immediate action needed", alert["message"])
    story.checks.expect(
        "play and reason",
        ("Schedule executive business review", "Usage declining, support tickets increasing"),
        (alert["play"], alert["reason"]),
    )
    story.checks.expect("assigned to the CSM", str(rep_id("Nora Vance")), alert["csm_id"])
    best = get(story.csm, f"/customers/{account}/next-best-action")["best"]
    console.print(f"  Next: {best['action']}, because {best['because']}")
    story.checks.expect("next best action", alert["play"], best["action"])
    told = [mail for mail in kept(Path(story.stack.mail_directory)) if "dropped to 65" in str(mail["subject"])]
    story.checks.expect(
        "told to the CSM once", ["nora.vance@nexa.example"], [to for mail in told for to in recipients(mail)]
    )


def renew(story: Story, deal: Mapping[str, Any]) -> None:
    account = deal["account_id"]
    before = list(every(story.success, "/renewals", account_id=account, status="open"))
    story.advance_to(datetime(2026, 8, 26, 9, 0, tzinfo=UTC))
    opened = list(every(story.success, "/renewals", account_id=account, status="open"))
    story.checks.expect("renewals before and 90 days before the contract ends", (0, 1), (len(before), len(opened)))
    body = {"arr": {"amount": "60000.00", "currency": "USD"}}
    send(story.csm, "POST", f"/renewals/{opened[0]['renewal_id']}/expand", body)
    story.settle()
    now = get(story.manager, f"/accounts/{account}")
    story.checks.expect("ARR after the expansion", "60000.00", now["arr"]["amount"])
    story.checks.expect("contract end", "2027-11-24", now["contract_end"])


def show_life(story: Story, deal: Mapping[str, Any]) -> None:
    account = deal["account_id"]
    life = get(story.success, f"/customers/{account}/lifecycle")
    passed = [entry["stage"] for entry in life["history"]]
    expected = ["lead", "mql", "sql", "opportunity", "onboarding", "live", "expansion"]
    story.checks.expect("stages of Acme's life", expected, list(dict.fromkeys(passed)))
    entries = list(every(story.success, f"/customers/{account}/timeline"))
    kinds = Counter(entry["kind"] for entry in entries)
    console.print(f"  {len(entries)} entries: {', '.join(f'{count} {kind}' for kind, count in sorted(kinds.items()))}")
    table = Table("when", "what", "who")
    for entry in [*entries[:4], *entries[-4:]]:
        table.add_row(str(entry["occurred_at"])[:16], entry["summary"], entry["actor"] or "")
    console.print(table)
    types = [entry["type"] for entry in entries]
    story.checks.expect("the timeline begins with the webinar row", True, "LeadCreated" in types[0])
    story.checks.expect("and has the renewal", True, any("RenewalClosed" in each for each in types))
    seen = every(story.success, f"/customers/{account}/timeline/customer-view")
    inside = {entry["entry_id"] for entry in entries if entry["visibility"] == "internal"}
    story.checks.expect("internal entries that a customer sees", 0, sum(entry["entry_id"] in inside for entry in seen))
    then = get(story.manager, f"/accounts/{account}", as_of="2025-11-20T00:00:00Z")
    story.checks.expect("as of the week before, Acme was a", "prospect", then["type"])
