"""Leads from the upload of their file to the last task, enrolment and queued mail, on the whole stack."""

import csv
import re
import time
from pathlib import Path
from uuid import uuid4

import psycopg
from figures import Figure

from nexa_local import operations
from nexa_local.demo import marketing_to_sales as webinar
from nexa_local.demo.telling import Checks, Story, rep_id, send
from nexa_local.home import Home
from nexa_local.importing import run_import

WELL_FORMED = re.compile(r"[a-z0-9.-]+@[a-z0-9-]+\.example")


def file_of(directory: Path, leads: int) -> Path:
    """The demo's registrants over and over, with addresses of their own."""
    with webinar.REGISTRANTS.open(newline="") as source:
        rows = [row for row in csv.DictReader(source) if None not in row.values() and None not in row]
    rows = [
        row
        for row in rows
        if WELL_FORMED.fullmatch(row["Email"].lower())
        and row["Questions Asked"].isdigit()
        and re.fullmatch(r"20\d\d-\d\d-\d\d \d\d:\d\d:\d\d", row["Registration Time"])
    ]
    good: dict[str, dict[str, str]] = {}
    for row in rows:
        good.setdefault(row["Email"].strip().lower(), row)
    pattern = list(good.values())[:500]
    path = directory / f"leads-{leads}.csv"
    with path.open("w", newline="") as target:
        writer = csv.DictWriter(target, fieldnames=list(pattern[0]))
        writer.writeheader()
        for number in range(leads):
            writer.writerow({**pattern[number % len(pattern)], "Email": f"lead{number}.{leads}@bench.example"})
    return path


def measure(directory: Path) -> list[Figure]:
    home = Home(directory / "stack")
    figures = []
    with operations.stack_up(home) as stack:
        checks = Checks()
        story = Story(stack, checks)
        webinar.list_roster(story)
        mails_before = 0
        for leads, limit in ((500, 2.0), (5_000, 8.0)):
            campaign = webinar.plan_campaign(story)
            for name in (*webinar.SENIORS, *webinar.STANDARDS):
                _make_room(story, name)
            file = file_of(directory, leads)
            began = time.perf_counter()
            body = {
                "campaign_id": campaign,
                "filename": file.name,
                "source_label": str(uuid4()),
                "source_kind": "webinar",
            }
            done = run_import(story.marketing, file, body, quiet=True)
            counts = _await_all(stack.postgres_admin_url, campaign, done["import_id"], leads, mails_before)
            taken = time.perf_counter() - began
            assert done["created"] == leads, done
            mails_before += leads
            figures.append(
                Figure(
                    f"{leads:,} leads, upload to last task, enrolment and queued mail",
                    taken,
                    "s",
                    at_most=limit,
                    checked=counts,
                )
            )
    operations.reset(home)
    return figures


def _make_room(story: Story, name: str) -> None:
    level = "senior" if name in webinar.SENIORS else "standard"
    body = {
        "name": name,
        "email": f"{name.lower().replace(' ', '.')}@nexa.example",
        "level": level,
        "capacity": 100_000,
        "manager_id": None,
    }
    send(story.manager, "PUT", f"/reps/{rep_id(name)}", body)


def _await_all(
    admin_url: str, campaign: str, import_id: str, leads: int, mails_before: int, seconds: float = 120
) -> str:
    """Wait until each lead has its task or its enrolment, and its mails stand in the queue; gives the counts."""
    sales, marketing, notifier = (
        psycopg.connect(admin_url.rpartition("/")[0] + f"/nexa_{name}", autocommit=True)
        for name in ("sales", "marketing", "notifier")
    )
    until = time.perf_counter() + seconds
    while True:
        tasks = _one(
            sales,
            "select count(*) from events where type = 'nexa.sales.TaskCreated.v1' and data->>'campaign_id' = %s",
            campaign,
        )
        enrolled = _one(
            marketing,
            "select count(*) from events where type = 'nexa.marketing.LeadEnrolledInNurture.v1' and data->>'campaign_id' = %s",
            campaign,
        )
        mails = _one(notifier, "select count(*) from mail_queue where kind = %s", "thank_you") - mails_before
        reports = _one(
            sales,
            "select count(*) from events where type = 'nexa.sales.ImportRouted.v1' and data->>'import_id' = %s",
            import_id,
        )
        notices = _one(
            notifier, "select count(*) from mail_queue where kind = 'rep_notice' and about::text = %s", import_id
        )
        if tasks + enrolled == leads and mails >= leads and reports == 1 and notices == 30:
            return f"{tasks:,} tasks, {enrolled:,} enrolments, {mails:,} mails, {notices} notices"
        assert time.perf_counter() < until, (
            f"{tasks} tasks, {enrolled} enrolments, {mails} mails, {reports} reports, {notices} notices"
        )
        time.sleep(0.02)


def _one(connection: psycopg.Connection[tuple[object, ...]], query: str, *parameters: str) -> int:
    row = connection.execute(query, parameters).fetchone()  # type: ignore[arg-type]
    return int(str(row[0])) if row else 0
