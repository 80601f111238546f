"""Support to product: six customers cannot export, a bug is found, mended within twelve hours, and everybody hears of it."""

import hmac
import json
import re
import time
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from rich.panel import Panel
from rich.table import Table

from nexa_local.demo.handoff import recipients
from nexa_local.demo.support_tickets import (
    HOUR,
    ON_OLD_VERSION,
    SARAH,
    TUESDAY,
    Team,
    acme_adds,
    acme_writes,
    body_of,
    investigate,
    list_team,
    mails_to,
    pick,
    report_others,
    report_similar,
    report_versions,
)
from nexa_local.demo.telling import Story, chapter, console, every, get, rep_id, send
from nexa_local.mailsink import kept
from nexa_local.tokens import webhook_secret

WEEK = "2026-W01"
BUG = {
    "title": "CSV export failing - missing dependency",
    "description": "Export feature broken for all users on v2.1.5",
    "severity": "p1",
    "feature": "data_export",
    "affected_version": "2.1.5",
    "customer_impact": "50+ customers affected",
    "workaround": "Use JSON export temporarily",
}
REQUEST = {
    "title": "Enhanced export options (Excel, bulk, scheduled)",
    "feature": "data_export",
    "source": "customer_feedback",
    "business_value": "High - frequently requested",
    "engineering_effort": "Medium",
    "target_quarter": "Q1 2026",
    "roadmap_effect": "Prioritize data export improvements in Q1",
}


def tell(story: Story, acme: Mapping[str, Any]) -> None:
    team = Team(story)
    with chapter("A support team, and who runs which version"):
        list_team(story, team)
        accounts = report_versions(story, acme)
    with chapter("Tickets come in"):
        similar = report_similar(story, team, accounts)
        report_others(story, team, accounts)
        ticket = acme_writes(story, team)
        acme_adds(story, team, ticket)
    with chapter("Investigation and escalation"):
        investigate(story, team, ticket)
    with chapter("The bug"):
        bug = open_bug(story, team, [*similar, ticket["ticket_id"]])
    with chapter("Twelve hours later: v2.1.6"):
        deploy(story, team, bug, ticket)
    with chapter("How content are they?"):
        answer_survey(story, team, ticket)
    with chapter("What the product learns"):
        wish(story, team, accounts)
        review(story, team)
        figures(story, team, ticket)


def open_bug(story: Story, team: Team, tickets: Sequence[str]) -> str:
    """Opened out of all six tickets, planned, and told to their customers within a quarter of an hour."""
    bug = send(team.product, "POST", "/bugs", {**BUG, "ticket_ids": list(tickets)})
    path = f"/bugs/{bug['bug_id']}"
    plan = {
        "engineer_id": str(rep_id("Omar Haddad")),
        "sprint": "current_sprint",
        "story_points": 2,
        "status": "in_progress",
        "eta_at": (story.now() + 24 * HOUR).isoformat(),
    }
    send(team.product, "POST", f"{path}/triage", plan)
    story.settle()
    story.advance(timedelta(minutes=15))
    send(team.agent, "POST", f"{path}/acknowledge", {"eta": "Fix deployed within 24 hours"})
    story.settle()
    view = get(team.product, path)
    expected = (
        "CSV export failing - missing dependency",
        "p1",
        "Omar Haddad",
        "current_sprint",
        2,
        "Use JSON export temporarily",
    )
    found = pick(view, "title severity engineer_name sprint story_points workaround")
    story.checks.expect("bug", expected, found)
    impact = view["impact"]
    story.checks.expect("reporting tickets", 6, impact["tickets"])
    story.checks.expect("affected accounts: 50+", ON_OLD_VERSION, impact["accounts"])
    (mail,) = mails_to(story, SARAH, "We are working on it")
    text = body_of(mail)
    console.print(Panel(text.strip(), title=str(mail["Subject"]), width=100))
    said = ("Status: In Progress", "Priority: Critical (P1)", "ETA: Fix deployed within 24 hours", "Workaround: ")
    story.checks.expect("status, priority, ETA and workaround are in the mail", 4, sum(each in text for each in said))
    clocks = {each["clock"]: each for each in get(team.agent, f"/tickets/{tickets[-1]}/sla")["clocks"]}
    story.checks.expect("minutes to acknowledge, of at most 60", (15, 60), minutes(clocks["acknowledge"]))
    return str(bug["bug_id"])


def deploy(story: Story, team: Team, bug: str, ticket: Mapping[str, Any]) -> None:
    story.advance_to(TUESDAY + 12 * HOUR)
    body = {
        "version": "2.1.6",
        "changes": ["Fixed CSV export dependency issue"],
        "affected_features": ["data_export"],
        "deployment_type": "hotfix",
        "fixed_bugs": [bug],
        "rollout_percent": 100,
    }
    tell_by_webhook(story, team, {"type": "deployment.completed", "data": body})
    story.settle()
    tickets = list(every(team.agent, "/tickets", bug_id=bug))
    story.checks.expect("tickets resolved", {"resolved": 6}, dict(Counter(each["status"] for each in tickets)))
    mine = get(team.agent, f"/tickets/{ticket['ticket_id']}")
    story.checks.expect("resolution", "Fix deployed in v2.1.6", mine["resolution"])
    story.checks.expect("resolved after", "12:00:00", str(_moment(mine["resolved_at"]) - _moment(mine["submitted_at"])))
    (mail,) = mails_to(story, SARAH, "Fixed: Export function not working")
    story.checks.expect("the customer is told", True, "has been fixed and deployed" in body_of(mail))
    told = [
        to
        for mail in kept(Path(story.stack.mail_directory))
        if "] Fixed: " in str(mail["subject"])
        for to in recipients(mail)
    ]
    story.checks.expect("customers told, each once", (6, 6), (len(told), len(set(told))))
    clocks = {each["clock"]: each for each in get(team.agent, f"/tickets/{ticket['ticket_id']}/sla")["clocks"]}
    story.checks.expect("minutes to resolve, of at most 24 h", (720, 1440), minutes(clocks["resolve"]))


def tell_by_webhook(story: Story, team: Team, event: Mapping[str, Any]) -> None:
    """As a CI system does, signed as Standard Webhooks has it; told twice, as such systems do, and once tampered with."""
    secret = b64decode(webhook_secret(Path(story.stack.signing_key)).removeprefix("whsec_"))
    content, webhook_id, timestamp = json.dumps(event), "msg_2f1c", str(int(time.time()))
    mac = hmac.digest(secret, f"{webhook_id}.{timestamp}.{content}".encode(), "sha256")
    signed = {
        "webhook-id": webhook_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{b64encode(mac).decode()}",
    }
    headers = {**signed, "content-type": "application/json"}
    codes = [
        team.public.post("/webhooks/deployments", content=each, headers=headers).status_code
        for each in (content, content, content.replace("2.1.6", "6.6.6"))
    ]
    story.checks.expect("the signed webhook, again, and tampered with", [200, 200, 401], codes)


def minutes(promise: Mapping[str, Any]) -> tuple[int, int]:
    """Used, and promised."""
    return promise["used_seconds"] // 60, promise["target_minutes"]


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def answer_survey(story: Story, team: Team, ticket: Mapping[str, Any]) -> None:
    story.advance(2 * HOUR)
    (mail,) = mails_to(story, SARAH, "How content are you")
    (nine,) = re.findall(r"^9: (http\S+)", body_of(mail), re.MULTILINE)
    with httpx.Client(timeout=30) as browser:
        browser.get(nine).raise_for_status()
        browser.post(nine, data={"score": "9", "comment": "Quick fix, thank you!"}).raise_for_status()
    story.settle()
    story.checks.expect("customer satisfaction", 9, get(team.agent, f"/tickets/{ticket['ticket_id']}")["csat"])


def wish(story: Story, team: Team, accounts: Sequence[Mapping[str, Any]]) -> None:
    request = send(team.product, "POST", "/feature-requests", REQUEST)
    path = f"/feature-requests/{request['request_id']}"
    for account in (*accounts[:15], accounts[0]):
        send(team.agent, "POST", f"{path}/votes", {"account_id": account["account_id"]})
    story.settle()
    view = get(team.product, path)
    story.checks.expect("votes, one for each account", 15, view["votes"])
    expected = ("High - frequently requested", "Medium", "Q1 2026")
    story.checks.expect(
        "value, effort and quarter", expected, pick(view, "business_value engineering_effort target_quarter")
    )


def review(story: Story, team: Team) -> None:
    story.advance_to(datetime(2026, 1, 5, 9, 0, tzinfo=UTC))
    published = get(team.product, f"/weekly-reviews/{WEEK}")
    table = Table("feature", "tickets", "week before", "impact", "accounts", title=f"Review of {WEEK}")
    for each in published["top_bugs"]:
        table.add_row(each["feature_name"], *(str(each[name]) for name in ("tickets", "before", "impact", "accounts")))
    console.print(table)
    found = [pick(each, "feature tickets impact") for each in published["top_bugs"]]
    expected = [("data_export", 5, "high"), ("email_sync", 3, "medium"), ("dashboard_load", 8, "low")]
    story.checks.expect("top bugs, by impact then count", expected, found)
    said = [each["text"] for each in published["recommendations"]]
    wanted = ["Invest in export feature testing", "Add integration tests for dependencies", "Improve error messaging"]
    story.checks.expect("recommendations", wanted, said)
    story.checks.expect("roadmap", "Prioritize data export improvements in Q1", published["roadmap_effect"])


def figures(story: Story, team: Team, ticket: Mapping[str, Any]) -> None:
    """Acme's ticket, by the days it came in on, and the fix, by what it closed."""
    day = {"from": "2025-12-30", "to": "2025-12-30", "account_id": ticket["account_id"]}
    of_acme = get(team.product, "/figures", **day)["total"]
    checks = story.checks
    acknowledged, resolved = of_acme["time_to_acknowledge"], of_acme["time_to_resolve"]
    checks.expect("time to acknowledge: 15 minutes", 15 * 60, acknowledged["median_seconds"])
    checks.expect("within the promised hour", (1, 1), (acknowledged["kept"], acknowledged["promises"]))
    checks.expect("time to resolve: 12 hours", 12 * 3600, resolved["median_seconds"])
    checks.expect("within the promised 24 hours", (1, 1), (resolved["kept"], resolved["promises"]))
    checks.expect("customer satisfaction", 9.0, of_acme["csat"]["average"])
    period = {"from": "2025-12-01", "to": "2026-01-04"}
    closed = get(team.product, "/figures", **period)["total"]["closed_by_fixes"]
    checks.expect("similar tickets closed, all by the same fix", (5, 1), (closed["similar_closed"], closed["fixes"]))
    recurrence = get(team.product, "/bugs/recurrence", **period)
    checks.expect("bug recurrence, of one fix", (0, 1), (recurrence["recurred"], recurrence["fixes"]))
