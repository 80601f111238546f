"""The handoff: everything that a won deal leads to, exactly once each, and how the CSM takes it over."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

from rich.panel import Panel
from rich.table import Table

from nexa_local.demo.telling import Story, console, every, get, rep_id, send
from nexa_local.mailsink import kept

TASKS = (
    (0, "Assign customer success manager", "urgent"),
    (1, "Send welcome email", "high"),
    (1, "Create customer portal account", "high"),
    (2, "Schedule kickoff call", "urgent"),
    (2, "Review handoff note", "high"),
    (3, "Hold kickoff meeting", "urgent"),
    (3, "Provision user accounts", "high"),
    (5, "Confirm success criteria", "normal"),
    (7, "Schedule product training", "normal"),
    (7, "Setup data import", "high"),
    (10, "Customize dashboard", "normal"),
    (14, "Configure integrations", "high"),
    (14, "First team training session", "normal"),
    (15, "Verify single sign-on", "high"),
    (18, "Validate imported data", "normal"),
    (21, "Second training session", "normal"),
    (21, "Identify power users", "normal"),
    (25, "Go-live readiness review", "high"),
    (30, "Go-live", "urgent"),
    (30, "30-day check-in meeting", "high"),
)
"""Days after the won deal, as the template has them."""
NOTICE = "New customer: Acme Corp ($50K ARR) - Kickoff in 3 days"


def show_handoff(story: Story, deal: Mapping[str, Any]) -> str:
    """Everything that the won deal leads to, exactly once each; gives the onboarding's path."""
    account = get(story.manager, f"/accounts/{deal['account_id']}")
    story.checks.expect("Acme is a", "customer", account["type"])
    story.checks.expect("customer since", "2025-11-24", account["customer_since"])
    story.checks.expect("ARR", "50000.00", account["arr"]["amount"])
    story.checks.expect("contract ends in twelve months", "2026-11-24", account["contract_end"])
    health = get(story.scoring, f"/accounts/{deal['account_id']}/health")
    story.checks.expect("health", (100, "onboarding"), (health["score"], health["label"]))
    (project,) = every(story.success, "/onboardings", account_id=deal["account_id"])
    path = f"/onboardings/{project['project_id']}"
    story.checks.expect("project", "Acme Corp Onboarding", project["name"])
    story.checks.expect("owner", ("Nora Vance", str(rep_id("Nora Vance"))), (project["csm_name"], project["csm_id"]))
    story.checks.expect("due in 30 days", "2025-12-24", project["due_on"])
    _show_tasks(story, path, datetime.fromisoformat(project["won_at"]).date())
    _show_kickoff(story, path)
    _show_notice(story)
    _show_mails_to_the_customer(story, project)
    why = project["because"]
    taken = next(each for each in why["candidates"] if each["taken"])
    console.print(f"  Why {taken['name']}? {taken['reason']}")
    refused = story.client("success", "sales_rep", "maria.lind").get(f"{path}/handoff-note")
    story.checks.expect("the note is not for sales", 403, refused.status_code)
    return path


def _show_tasks(story: Story, path: str, won_on: date) -> None:
    board = get(story.success, f"{path}/board")
    tasks = [task for column in board["columns"] for task in column["tasks"]]
    tasks.sort(key=lambda task: str(task["due_at"]))
    table = Table("due", "task", "priority", "status")
    for task in tasks:
        table.add_row(str(_day_of(task)), task["title"], task["priority"], task["status"])
    console.print(table)
    laid_out = sorted(((_day_of(task) - won_on).days, task["title"], task["priority"]) for task in tasks)
    story.checks.expect("tasks", 20, len(tasks))
    story.checks.expect("of these with title, day and priority as the story has them", 20, len({*laid_out} & {*TASKS}))
    proved = sorted(task["key"] for task in tasks if task["status"] == "done")
    story.checks.expect("proved done by an event", ["assign_csm", "schedule_kickoff", "send_welcome_email"], proved)


def _day_of(task: Mapping[str, Any]) -> date:
    due = datetime.fromisoformat(task["due_at"])
    return (due - timedelta(minutes=1)).astimezone(UTC).date()


def _show_kickoff(story: Story, path: str) -> None:
    meeting = get(story.success, f"{path}/kickoff")
    story.checks.expect("meeting", "Acme Corp - Implementation Kickoff", meeting["title"])
    story.checks.expect("kickoff on day 3", "2025-11-27", meeting["starts_at"][:10])
    story.checks.expect("agenda", "Review timeline, roles, deliverables", meeting["agenda"])
    invited = ["primary contact", "csm", "implementation specialist"]
    story.checks.expect("invited", invited, [each["role"] for each in meeting["attendees"]])


def _show_notice(story: Story) -> None:
    mails = kept(Path(story.stack.mail_directory))
    told = sorted(to for mail in mails if mail["subject"] == NOTICE for to in recipients(mail))
    story.checks.expect(NOTICE, ["ivan.petrov@nexa.example", "nora.vance@nexa.example"], told)


def _show_mails_to_the_customer(story: Story, project: Mapping[str, Any]) -> None:
    mails = [mail for mail in kept(Path(story.stack.mail_directory)) if "Acme Corp" in str(mail["subject"])]
    customer = [mail for mail in mails if "sarah.okafor@acme-corp.example" in recipients(mail)]
    story.checks.expect("mails to the customer: welcome and invitation", 2, len(customer))
    files = [(Path(story.stack.mail_directory) / str(mail["file"])).read_bytes() for mail in customer]
    parts = [part for file in files for part in message_from_bytes(file, policy=default).walk()]
    calendars = [part for part in parts if part.get_content_type() == "text/calendar"]
    methods = {part.get_param("method") for part in calendars}
    story.checks.expect("the invitation asks mail programs to", {"REQUEST"}, methods)
    entries = "".join(str(part.get_content()) for part in calendars)
    story.checks.expect("and is the first version of its entry", True, "SEQUENCE:0" in entries)
    said = "".join(str(part.get_content()) for part in parts if part.get_content_type() == "text/plain")
    wanted = [
        "Hi Sarah,",
        "Nora Vance",
        "nora.vance@nexa.example",
        project["kickoff_url"],
        *project["training_documents"],
    ]
    missing = [each for each in wanted if each not in said]
    story.checks.expect("name, CSM, address, link and training documents missing in the welcome", [], missing)


def recipients(mail: Mapping[str, object]) -> list[str]:
    found = mail["to"]
    return [str(each) for each in found] if isinstance(found, list) else []


def take_over(story: Story, path: str, handed_over: Mapping[str, Any]) -> None:
    note = get(story.csm, f"{path}/handoff-note")
    details = note["details"]
    products = ", ".join(f"{each['product']} ({each['seats']} users)" for each in details["products"])
    people = ", ".join(f"{each['name']} ({each['role']})" for each in details["key_contacts"])
    console.print(
        Panel(
            f"Deal: ${Decimal(note['amount']['amount']):,.0f} a year\n"
            f"Products: {products}\n"
            f"Special requirements: {', '.join(details['special_requirements'])}\n"
            f"Key contacts: {people}\n"
            f"Sales notes: {details['sales_notes']}\nTimeline: {details['timeline']}",
            title="Handoff note",
            width=100,
        )
    )
    story.checks.expect("the note's deal", ("50000.00", "Acme Corp"), (note["amount"]["amount"], note["account_name"]))
    said = {name: details[name] for name in ("special_requirements", "sales_notes", "timeline")}
    handed = {name: handed_over[name] for name in said}
    story.checks.expect("requirements, sales notes and timeline", handed, said)
    story.checks.expect("products", "Enterprise Plan (50 users)", products)
    story.checks.expect("key contacts", "Sarah (primary), Tom (IT), Lisa (admin)", people)
    story.checks.expect("that it was read is recorded", ["nora.vance"], note["readers"])
    accepted = send(story.csm, "POST", f"{path}/handoff/accept")
    story.checks.expect("handoff", "accepted", accepted["handoff_status"])
    story.settle()
