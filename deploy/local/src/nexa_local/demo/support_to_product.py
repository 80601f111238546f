"""Support to product: six customers cannot export, a bug is found, mended within twelve hours, and everybody hears of it."""

import hmac
import json
import re
import smtplib
import time
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from rich.panel import Panel
from rich.table import Table

from nexa_local.demo.handoff import recipients
from nexa_local.demo.telling import Story, chapter, console, every, get, rep_id, send
from nexa_local.mailsink import kept
from nexa_local.tokens import webhook_secret

HOUR = timedelta(hours=1)
FRIDAY = datetime(2025, 12, 26, 10, 0, tzinfo=UTC)
MONDAY = datetime(2025, 12, 29, 9, 0, tzinfo=UTC)
TUESDAY = datetime(2025, 12, 30, 9, 0, tzinfo=UTC)
WEEK = "2026-W01"
ON_OLD_VERSION = 52
SARAH = "sarah.okafor@acme-corp.example"
EXPORTS = (
    ("CSV export fails", "Exporting our contacts to CSV stops with an error message."),
    ("Cannot export contacts", "The export to CSV shows an error message, nothing is downloaded."),
    ("Export function broken", "Export of contacts as CSV is not working, there is an error message every time."),
    ("Error when exporting to CSV", "I get an error message when I export my contacts to CSV."),
    ("Contacts export not working", "CSV export of contacts fails with an error message since yesterday."),
)
SYNC = (
    "E-mail sync stopped working urgently, new mails do not arrive: sync error, our team is blocked, mailbox {number}"
)
SLOW = "The dashboard is broken and does not load its chart, widget {number}. Not urgent."
NOTE = """Reproduced issue:
Steps: Dashboard → Contacts → Export → Select CSV
Error: "Module csv-parser not found"
Impact: All customers on v2.1.5 affected
Root cause: Missing dependency in deployment
Severity: Critical - blocks core functionality"""
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


class Team:
    """The people of support and product with their clients."""

    def __init__(self, story: Story) -> None:
        self.agent = story.client("support", "support_agent", "lea.brandt")
        self.lead = story.client("support", "support_manager", "mia.winter")
        self.product = story.client("support", "product_manager", "pria.nair")
        self.engineer = story.client("support", "engineer", "omar.haddad")
        self.public = httpx.Client(base_url=story.stack.url_of("support"), timeout=30)


def tell(story: Story, acme: Mapping[str, Any]) -> None:
    team = Team(story)
    with chapter("A support team, and who runs which version"):
        list_team(story, team)
        accounts = report_versions(story, acme)
    with chapter("Tickets come in"):
        similar = report_similar(story, team, accounts)
        report_others(story, team, accounts)
        ticket = acme_writes(story, team)
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
        figures(story, team)


def list_team(story: Story, team: Team) -> None:
    people = (
        ("Mia Winter", "support_manager", "standard"),
        ("Lea Brandt", "agent", "senior"),
        ("Theo Kranz", "agent", "standard"),
        ("Ines Moreau", "agent", "standard"),
        ("Pria Nair", "product_manager", "standard"),
        ("Omar Haddad", "engineer", "standard"),
    )
    for name, role, level in people:
        body = {
            "name": name,
            "email": f"{name.lower().replace(' ', '.')}@nexa.example",
            "role": role,
            "level": level,
            "skills": ["data_export"] if name in ("Lea Brandt", "Pria Nair") else [],
            "capacity": 40,
            "manager_id": str(rep_id("Mia Winter")) if role == "agent" else None,
        }
        send(team.lead, "PUT", f"/agents/{rep_id(name)}", body)


def report_versions(story: Story, acme: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """52 accounts run 2.1.5, Acme first; gives them."""
    accounts = sorted(every(story.manager, "/accounts"), key=lambda each: (each["name"] != "Acme Corp", each["name"]))
    chosen: list[Mapping[str, Any]] = [*accounts[:ON_OLD_VERSION]]
    for account in chosen:
        send(story.csm, "PUT", f"/accounts/{account['account_id']}/version", {"version": "2.1.5"})
    story.settle()
    versions = {each["version"]: each["accounts"] for each in get(story.success, "/versions")["items"]}
    story.checks.expect("accounts on v2.1.5", ON_OLD_VERSION, versions["2.1.5"])
    return chosen


def report_similar(story: Story, team: Team, accounts: Sequence[Mapping[str, Any]]) -> list[str]:
    """Five accounts report the export in the seven days before Acme does, by the public form; the first of them a week ago."""
    references = []
    moments = (FRIDAY, MONDAY, MONDAY + HOUR, MONDAY + 2 * HOUR, TUESDAY - HOUR)
    for (subject, text), account, moment in zip(EXPORTS, accounts[1:], moments, strict=False):
        story.advance_to(moment)
        contact = contact_of(story, account)
        form = {**contact, "subject": subject, "description": text, "product_version": "2.1.5"}
        answer = team.public.post("/public/tickets", data=form, headers={"accept": "application/json"})
        references.append(answer.raise_for_status().json()["reference"])
        story.settle()
    tickets = {each["reference"]: each for each in every(team.agent, "/tickets")}
    found = [tickets[reference] for reference in references]
    named = [account["name"] for account in accounts[1 : len(EXPORTS) + 1]]
    story.checks.expect("whose they are, by the sender's address", named, [each["account_name"] for each in found])
    for each in found:
        send(team.agent, "POST", f"/tickets/{each['ticket_id']}/reply", {"text": "Thank you, we are looking into it."})
    return [str(each["ticket_id"]) for each in found]


def contact_of(story: Story, account: Mapping[str, Any]) -> dict[str, str]:
    """Name and address of somebody there."""
    (first, *_) = get(story.manager, "/contacts", account_id=account["account_id"])["items"]
    return {"name": f"{first['first_name']} {first['last_name']}", "email": first["email"]}


def report_others(story: Story, team: Team, accounts: Sequence[Mapping[str, Any]]) -> None:
    """Three tickets about e-mail sync and eight about the dashboard, by phone and chat."""
    for feature, text, count in (("email_sync", SYNC, 3), ("dashboard_load", SLOW, 8)):
        for number in range(count):
            account = accounts[10 + number]
            body = {
                "subject": text.partition(",")[0].partition(":")[0],
                "description": text.format(number=number + 1),
                "channel": "phone" if number % 2 else "chat",
                "requester": contact_of(story, account),
                "account_id": account["account_id"],
                "account_name": account["name"],
            }
            send(team.agent, "POST", "/tickets", body)
        story.settle()
        console.print(f"  {count} tickets about {feature}")


def acme_writes(story: Story, team: Team) -> dict[str, Any]:
    """Acme's ticket comes by mail; what the analysis says of it, and who is told."""
    story.advance_to(TUESDAY)
    mail = EmailMessage()
    mail["From"] = f"Sarah Okafor <{SARAH}>"
    mail["To"] = "support@nexa.example"
    mail["Subject"] = "Export function not working"
    mail["Message-ID"] = f"<{uuid4()}@acme-corp.example>"
    mail.set_content("When I try to export contacts to CSV, I get an error message\n\nImpact: blocking work\n")
    with smtplib.SMTP("127.0.0.1", story.stack.support_smtp_port, timeout=30) as smtp:
        smtp.send_message(mail)
    story.settle()
    (ticket,) = every(team.agent, "/tickets", account_id=account_id_of(story, "Acme Corp"))
    analysis = get(story.client("scoring", "support_agent", "lea.brandt"), f"/tickets/{ticket['ticket_id']}/analysis")
    checks = story.checks
    checks.expect(
        "channel, impact and version",
        ("email", "blocking work", "2.1.5"),
        pick(ticket, "channel impact product_version"),
    )
    checks.expect("type and priority", ("bug", "high"), pick(ticket, "type priority"))
    checks.expect("sentiment and urgency", ("frustrated", "high"), pick(ticket, "sentiment urgency"))
    checks.expect("category and feature", ("product_bug", "data_export"), (analysis["category"], ticket["feature"]))
    checks.expect("similar tickets", 5, ticket["similar"])
    checks.expect("recommended priority", "p1", ticket["recommended_priority"])
    checks.expect("assigned to a senior agent", "Lea Brandt", ticket["agent_name"])
    checks.expect("what to do", "Investigate within 2 hours", ticket["instruction"])
    table = Table("similar ticket", "score", "why")
    for each in analysis["similar"][:5]:
        table.add_row(str(each["ticket_id"])[:8], str(each["score"]), each["reason"])
    console.print(table)
    told = notices(story, "lea.brandt@nexa.example", "Urgent bug ticket assigned", "Investigate within 2 hours")
    checks.expect(
        "told to the agent: Urgent bug ticket assigned", True, any(ticket["reference"] in each for each in told)
    )
    headline = "Potential P1 bug: Export function"
    told = notices(story, "pria.nair@nexa.example", headline, "5 similar tickets in last week")
    checks.expect(f"told to the product manager, once: {headline}", 1, len(told))
    return ticket


def account_id_of(story: Story, name: str) -> str:
    (account,) = every(story.manager, "/accounts", name=name)
    return str(account["account_id"])


def pick(row: Mapping[str, Any], names: str) -> tuple[Any, ...]:
    return tuple(row[name] for name in names.split())


def mails_to(story: Story, address: str, subject: str) -> Iterator[tuple[str, str]]:
    """(subject, text) of each mail to this address whose subject has this in it."""
    directory = Path(story.stack.mail_directory)
    for mail in kept(directory):
        if address in recipients(mail) and subject in str(mail["subject"]):
            message = message_from_bytes((directory / str(mail["file"])).read_bytes(), policy=default)
            body = message.get_body(("plain",)) if isinstance(message, EmailMessage) else None
            yield str(mail["subject"]), str(body.get_content()) if body else ""


def notices(story: Story, address: str, headline: str, text: str) -> list[str]:
    return [said for _, said in mails_to(story, address, headline) if text in said]


def investigate(story: Story, team: Team, ticket: Mapping[str, Any]) -> None:
    path = f"/tickets/{ticket['ticket_id']}"
    note = {"text": NOTE, "next_steps": "Escalate to engineering immediately"}
    send(team.agent, "POST", f"{path}/notes", note)
    reason = {"escalated_to": "engineering_team", "reason": "Critical - blocks core functionality"}
    send(team.agent, "POST", f"{path}/escalate", reason)
    escalated = get(team.agent, path)
    expected = ("critical", "escalated", "engineering_team", "p1")
    found = pick(escalated, "priority status escalated_to severity")
    story.checks.expect("priority, status, team and severity", expected, found)
    seen = team.agent.get(f"{path}/customer-view").text
    story.checks.expect("the note is in what the customer sees", False, "csv-parser" in seen)


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
    ((subject, text),) = mails_to(story, SARAH, "We are working on it")
    console.print(Panel(text.strip(), title=subject, width=100))
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
    ((_, text),) = mails_to(story, SARAH, "Fixed: Export function not working")
    story.checks.expect("the customer is told", True, "has been fixed and deployed" in text)
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
    ((_, text),) = mails_to(story, SARAH, "How content are you")
    (nine,) = re.findall(r"^9: (http\S+)", text, re.MULTILINE)
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


def figures(story: Story, team: Team) -> None:
    recurrence = get(team.product, "/bugs/recurrence", **{"from": "2025-12-01", "to": "2026-01-04"})
    story.checks.expect("bug recurrence, of one fix", (0, 1), (recurrence["recurred"], recurrence["fixes"]))
