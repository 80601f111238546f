"""Support's tickets: the team, six customers who cannot export, what the analysis says of it, and the investigation."""

import smtplib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from rich.table import Table

from nexa_local.demo.handoff import recipients
from nexa_local.demo.telling import Story, console, every, get, rep_id, send
from nexa_local.mailsink import kept

HOUR = timedelta(hours=1)
FRIDAY = datetime(2025, 12, 26, 10, 0, tzinfo=UTC)
MONDAY = datetime(2025, 12, 29, 9, 0, tzinfo=UTC)
TUESDAY = datetime(2025, 12, 30, 9, 0, tzinfo=UTC)
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


class Team:
    """The people of support and product with their clients."""

    def __init__(self, story: Story) -> None:
        self.agent = story.client("support", "support_agent", "lea.brandt")
        self.lead = story.client("support", "support_manager", "mia.winter")
        self.product = story.client("support", "product_manager", "pria.nair")
        self.engineer = story.client("support", "engineer", "omar.haddad")
        self.public = httpx.Client(base_url=story.stack.url_of("support"), timeout=30)


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
    text = "When I try to export contacts to CSV, I get an error message\n\nImpact: blocking work\n"
    mail_from_sarah(story, "support@nexa.example", "Export function not working", text)
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
    show_who_is_told(story, ticket)
    return ticket


def show_who_is_told(story: Story, ticket: Mapping[str, Any]) -> None:
    checks = story.checks
    told = notices(story, "lea.brandt@nexa.example", "Urgent bug ticket assigned", "Investigate within 2 hours")
    checks.expect(
        "told to the agent: Urgent bug ticket assigned", True, any(ticket["reference"] in each for each in told)
    )
    headline = "Potential P1 bug: Export function"
    told = notices(story, "pria.nair@nexa.example", headline, "5 similar tickets in last week")
    checks.expect(f"told to the product manager, once: {headline}", 1, len(told))


def mail_from_sarah(story: Story, to: str, subject: str, text: str, in_reply_to: str | None = None) -> None:
    mail = EmailMessage()
    mail["From"] = f"Sarah Okafor <{SARAH}>"
    mail["To"] = to
    mail["Subject"] = subject
    mail["Message-ID"] = f"<{uuid4()}@acme-corp.example>"
    if in_reply_to is not None:
        mail["In-Reply-To"] = in_reply_to
    mail.set_content(text)
    with smtplib.SMTP("127.0.0.1", story.stack.support_smtp_port, timeout=30) as smtp:
        smtp.send_message(mail)
    story.settle()


def acme_adds(story: Story, team: Team, ticket: Mapping[str, Any]) -> None:
    """Sarah answers the confirmation, with what she was sent below: what she wrote becomes part of the ticket."""
    (received,) = mails_to(story, SARAH, "We have your message")
    quoted = "".join(f"> {line}\n" for line in body_of(received).splitlines())
    added = "It happens with every list, even with ten contacts."
    subject = f"Re: {received['Subject']}"
    text = f"{added}\n\n{quoted}"
    mail_from_sarah(story, str(received["Reply-To"]), subject, text, str(received["Message-ID"]))
    said = list(every(team.agent, f"/tickets/{ticket['ticket_id']}/conversation"))
    checks = story.checks
    checks.expect("a mail in reply is part of the ticket", (True, added), (said[-1]["from_customer"], said[-1]["text"]))
    checks.expect("tickets of Acme", 1, len(list(every(team.agent, "/tickets", account_id=ticket["account_id"]))))


def account_id_of(story: Story, name: str) -> str:
    (account,) = every(story.manager, "/accounts", name=name)
    return str(account["account_id"])


def pick(row: Mapping[str, Any], names: str) -> tuple[Any, ...]:
    return tuple(row[name] for name in names.split())


def mails_to(story: Story, address: str, subject: str) -> Iterator[EmailMessage]:
    """Each mail to this address whose subject has this in it."""
    directory = Path(story.stack.mail_directory)
    for mail in kept(directory):
        if address in recipients(mail) and subject in str(mail["subject"]):
            message = message_from_bytes((directory / str(mail["file"])).read_bytes(), policy=default)
            assert isinstance(message, EmailMessage)
            yield message


def body_of(mail: EmailMessage) -> str:
    """Its plain text."""
    part = mail.get_body(("plain",))
    return str(part.get_content()) if part else ""


def notices(story: Story, address: str, headline: str, text: str) -> list[str]:
    return [said for mail in mails_to(story, address, headline) if text in (said := body_of(mail))]


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
