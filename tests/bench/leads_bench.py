"""Leads from the upload of their file to the last task, enrolment and queued mail, on the whole stack."""

import csv
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import LiteralString, TypeAlias
from uuid import uuid4

import psycopg
from figures import Figure
from processors import processor_seconds
from visitor import Visitor

from nexa_local import operations
from nexa_local.demo import marketing_to_sales as webinar
from nexa_local.demo.telling import Checks, Story, rep_id, send
from nexa_local.home import Home, Stack
from nexa_local.importing import run_import

WELL_FORMED = re.compile(r"[a-z0-9.-]+@[a-z0-9-]+\.example")
SIZES = {500: 2.0, 1_000: None, 5_000: 8.0, 50_000: 60.0}
"""Leads in a file, and the seconds they may take."""
APART = 5_000
CALM = 10.0
WITHIN = 600.0
LOOK_EVERY = 0.1
Connection: TypeAlias = psycopg.Connection[tuple[int]]


@dataclass(frozen=True)
class Imported:
    """`cost`: milliseconds of processor time a lead, of all processes together. `p95`: of others' requests meanwhile, in ms."""

    seconds: float
    cost: float
    p95: float
    checked: str
    shares: str


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
    done, calm = _import_all(directory / "together", list(SIZES), apart=False)
    others, calm_apart = _import_all(directory / "apart", [APART], apart=True)
    small, *_, large = SIZES
    flat = done[large].cost / done[small * 2].cost
    return [
        *(
            Figure(
                f"{leads:,} leads, upload to last task, enrolment and queued mail",
                one.seconds,
                "s",
                at_most=SIZES[leads],
                checked=f"{one.checked}; {one.cost:.2f} ms of processor time a lead",
            )
            for leads, one in done.items()
        ),
        Figure(
            f"processor time a lead, {large:,} by {small * 2:,} leads",
            flat,
            "",
            at_most=1.15,
            checked=done[large].shares,
        ),
        Figure(
            f"others' requests, p95 while {large:,} leads come in by p95 when calm",
            done[large].p95 / calm,
            "",
            at_most=2,
            checked=f"{done[large].p95:.0f} and {calm:.1f} ms",
        ),
        Figure(
            f"the same with {APART:,} leads, each service as three processes",
            others[APART].p95 / calm_apart,
            "",
            at_most=2,
            checked=f"{others[APART].p95:.0f} and {calm_apart:.1f} ms; the leads took {others[APART].seconds:.1f} s",
        ),
    ]


def _import_all(path: Path, sizes: Sequence[int], *, apart: bool) -> tuple[dict[int, Imported], float]:
    """What each file took, one after another on one stack, and the p95 of others' requests before, in milliseconds."""
    home = Home(path)
    done: dict[int, Imported] = {}
    with operations.stack_up(home, apart=apart) as stack:
        story = Story(stack, Checks())
        webinar.list_roster(story)
        for name in (*webinar.SENIORS, *webinar.STANDARDS):
            _make_room(story, name)
        calm = _visitor(story, webinar.plan_campaign(story))
        with calm.at_work():
            time.sleep(CALM)
        mails_before = 0
        for leads in sizes:
            done[leads] = _import(stack, story, path, leads, mails_before)
            mails_before += leads
            if leads != sizes[-1]:
                story.settle()
    operations.reset(home)
    return done, calm.p95()


def _import(stack: Stack, story: Story, path: Path, leads: int, mails_before: int) -> Imported:
    campaign = webinar.plan_campaign(story)
    file = file_of(path, leads)
    body = {
        "campaign_id": campaign,
        "filename": file.name,
        "source_label": str(uuid4()),
        "source_kind": "webinar",
    }
    visitor = _visitor(story, campaign)
    before = processor_seconds(stack)
    with visitor.at_work():
        began = time.perf_counter()
        told = run_import(story.marketing, file, body, quiet=True)
        imported = time.perf_counter() - began
        counts = _await_all(stack.postgres_admin_url, campaign, told["import_id"], leads, mails_before)
        taken = time.perf_counter() - began
    assert told["created"] == leads, told
    spent = {name: seconds - before.get(name, 0.0) for name, seconds in processor_seconds(stack).items()}
    busiest = sorted(spent.items(), key=lambda one: -one[1])[:7]
    return Imported(
        taken,
        sum(spent.values()) * 1_000 / leads,
        visitor.p95(),
        f"{counts}; imported after {imported:.1f} s",
        ", ".join(f"{name} {seconds * 1_000 / leads:.2f}" for name, seconds in busiest) + " ms",
    )


def _visitor(story: Story, campaign: str) -> Visitor:
    return Visitor(
        [
            (story.client("marketing", "marketing_manager", "visitor"), f"/campaigns/{campaign}"),
            (story.client("sales", "sales_manager", "visitor"), f"/reps/{rep_id(webinar.SENIORS[0])}"),
        ]
    )


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


def _await_all(admin_url: str, campaign: str, import_id: str, leads: int, mails_before: int) -> str:
    """Wait until each lead has its task or its enrolment, and its mails stand in the queue; gives the counts."""
    server = admin_url.rpartition("/")[0]
    sales, marketing, notifier = (
        psycopg.connect(f"{server}/nexa_{name}", autocommit=True) for name in ("sales", "marketing", "notifier")
    )
    mails = "select count(*) from mail_queue where kind = 'thank_you'"
    _await(notifier, mails, (), mails_before + leads)
    _await(sales, "select count(*) from routed_imports where import_id = %s", (import_id,), 1)
    nurture = _count(sales, "select nurture from routed_imports where import_id = %s", (import_id,))
    tasks = "select count(*) from tasks where campaign_id = %s"
    _await(sales, tasks, (campaign,), leads - nurture)
    enrolments = "select count(*) from nurture_enrolments where campaign_id = %s"
    _await(marketing, enrolments, (campaign,), nurture)
    notices = "select count(*) from mail_queue where kind = 'rep_notice' and about = %s"
    _await(notifier, notices, (import_id,), 30)
    found = (
        _count(sales, tasks, (campaign,)),
        _count(marketing, enrolments, (campaign,)),
        _count(notifier, mails, ()) - mails_before,
        _count(notifier, notices, (import_id,)),
    )
    assert found == (leads - nurture, nurture, leads, 30), found
    return "{:,} tasks, {:,} enrolments, {:,} mails, {} notices".format(*found)


def _await(connection: Connection, query: LiteralString, parameters: Sequence[str], expected: int) -> None:
    until = time.perf_counter() + WITHIN
    while (found := _count(connection, query, parameters)) < expected:
        assert time.perf_counter() < until, f"{found} of {expected}: {query}"
        time.sleep(LOOK_EVERY)


def _count(connection: Connection, query: LiteralString, parameters: Sequence[str]) -> int:
    row = connection.execute(query, parameters).fetchone()
    return row[0] if row else 0
