"""Black-box stories over the real stack: HTTP, topics, mail and the operator's commands, no service code."""

import csv
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import nexa_local.demo
from nexa_local import clock, operations, traces
from nexa_local.demo.marketing_to_sales import REGISTRANTS
from nexa_local.demo.telling import Checks, every, get, send
from nexa_local.home import Home, Stack, alive
from nexa_local.importing import run_import
from nexa_local.mailsink import kept


def eventually(ask: Callable[[], object], what: str, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not ask():
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}"
        time.sleep(0.05)


def settle(stack: Stack) -> None:
    clock.await_quiet(clock.looker(list(stack.service_urls().values())))


def test_the_story_ends_as_it_was_written_down(told: Checks) -> None:
    acts = Path(nexa_local.demo.__file__).parent.glob("*.py")
    written = sum(act.read_text().count("checks.expect(") for act in acts)
    assert told.count >= written > 0, "a part of the story was written down, but not told"
    assert told.wrong == []


def test_the_same_file_sent_twice_adds_nothing_and_mails_nobody(told: Checks, stack: Stack) -> None:
    marketing = operations.client(stack, "marketing", ["marketing_manager"], "mona")
    campaigns = {each["name"]: each["campaign_id"] for each in every(marketing, "/campaigns")}
    campaign = campaigns["Q4 Product Webinar"]
    before = len(kept(Path(stack.mail_directory)))
    again = run_import(marketing, REGISTRANTS, {"campaign_id": campaign, "filename": "again.csv"}, quiet=True)
    settle(stack)
    assert (again["created"], again["updated"]) == (0, 0)
    assert again["rows"] == again["duplicate"] + again["rejected"]
    assert len(kept(Path(stack.mail_directory))) == before


def test_one_trace_leads_from_the_upload_to_the_mail(told: Checks, stack: Stack, home: Home) -> None:
    directory = home.path / "traces"
    roots = traces.latest(directory, sys.maxsize)
    first_import = next(
        trace for trace, root, _ in reversed(roots) if root == "marketing: POST /imports/{import_id}/start"
    )

    def is_whole() -> bool:
        return {"marketing", "scoring", "sales", "notifier"} <= {
            span["service"] for span in traces.spans_of(directory, first_import)
        }

    eventually(is_whole, f"spans of four services in the trace {first_import}")


def test_a_killed_service_is_started_again_and_nothing_is_lost(told: Checks, stack: Stack, home: Home) -> None:
    marketing = operations.client(stack, "marketing", ["marketing_manager"], "mona")
    sales = operations.client(stack, "sales", ["sales_manager"], "victor")
    campaign = send(
        marketing,
        "POST",
        "/campaigns",
        {"name": f"Kill {uuid4()}", "type": "webinar", "start_date": "2025-12-01", "budget": 100},
    )["campaign_id"]
    pid = stack.processes["scoring"].pid
    os.kill(pid, signal.SIGKILL)
    lead = send(
        marketing,
        "POST",
        "/leads",
        {"campaign_id": campaign, "email": f"{uuid4()}@kill.example", "title": "CTO", "company_size": "enterprise"},
    )["lead_id"]
    eventually(
        lambda: sales.get(f"/leads/{lead}").is_success and get(sales, f"/leads/{lead}")["score"], "the lead's score"
    )
    now = home.read()
    assert now is not None
    assert now.processes["scoring"].restarts == 1
    assert alive(now.processes["scoring"].pid)


def test_the_operators_commands_work(told: Checks, stack: Stack, home: Home) -> None:
    def nexa(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "nexa_local.cli", *arguments],
            env={**os.environ, "NEXA_HOME": str(home.path), "COLUMNS": "200"},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    assert "sales.route_scored_lead" in nexa("status")
    assert nexa("parked").count("Nothing is parked") == len(stack.services)
    sales = operations.client(stack, "sales", ["sales_manager"], "victor")
    before = list(every(sales, "/deals"))
    assert "was made anew" in nexa("rebuild", "sales", "pipeline_board")
    assert list(every(sales, "/deals")) == before
    assert nexa("token", "--role", "sales_rep").count(".") == 2


def test_any_csv_is_imported_with_another_key(told: Checks, stack: Stack, x_education: Path) -> None:
    marketing = operations.client(stack, "marketing", ["marketing_manager"], "mona", timeout=600)
    campaign = send(
        marketing,
        "POST",
        "/campaigns",
        {"name": f"X Education {uuid4()}", "type": "other", "start_date": "2025-12-01", "budget": 0},
    )["campaign_id"]
    done = run_import(
        marketing,
        x_education,
        {"campaign_id": campaign, "filename": x_education.name, "match_key": "Prospect ID"},
        quiet=True,
    )
    with x_education.open(newline="") as file:
        rows = sum(1 for _ in csv.reader(file)) - 1
    assert done["rows"] == rows == 6468
    assert done["created"] + done["updated"] + done["duplicate"] + done["rejected"] == rows
    assert done["created"] == rows
