"""Acme's life as the told stack has it: one timeline, the same after every rebuild, and as it was on a day."""

import os
import subprocess
import sys
from typing import Any

import psycopg

from nexa_local import operations
from nexa_local.demo.telling import Checks, every, get
from nexa_local.home import Home, Stack

FED_BY_TOPICS = ("account_directory", "timeline")
FED_BY_OWN_EVENTS = (
    "csm_desk",
    "onboarding_templates",
    "onboarding_board",
    "onboarding_tasks",
    "signals_by_day",
    "versions_in_use",
    "churn_alerts",
    "renewals_due",
    "where_customers_stand",
    "who_is_whom",
)
CHASSIS = """select table_name from information_schema.tables where table_schema = 'public' and table_name not in (
    'events', 'outbox', 'commands', 'watermarks', 'parked', 'handled_offsets', 'process_states', 'deadlines', 'jobs',
    'operator_acts', 'alembic_version') order by 1"""


def acme(stack: Stack) -> dict[str, Any]:
    sales = operations.client(stack, "sales", ["sales_manager"], "victor")
    (account,) = every(sales, "/accounts", name="Acme Corp")
    return account


def rebuilt(home: Home, model: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "nexa_local.cli", "rebuild", "success", model],
        env={**os.environ, "NEXA_HOME": str(home.path), "COLUMNS": "200"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "was made anew" in done.stdout


def tables_of_success(stack: Stack) -> dict[str, list[str]]:
    """Every row of each table that a question is answered from, as text."""
    address = stack.postgres_admin_url.rpartition("/")[0] + "/nexa_success"
    with psycopg.connect(address) as connection:
        names = [str(row[0]) for row in connection.execute(CHASSIS).fetchall()]
        return {
            name: [str(row[0]) for row in connection.execute(f"select row_to_json(t)::text from {name} t order by 1")]  # type: ignore[arg-type]
            for name in names
        }


def test_from_the_webinar_row_to_the_renewal_is_one_timeline_the_same_bytes_after_a_rebuild(
    told: Checks, stack: Stack, home: Home
) -> None:
    success = operations.client(stack, "success", ["csm"], "nora.vance")
    path = f"/customers/{acme(stack)['account_id']}/timeline"
    entries = list(every(success, path))
    types = [entry["type"].split(".")[2] for entry in entries]
    assert types[0] == "LeadCreated"
    milestones = (
        "LeadCreated",
        "LeadScored",
        "LeadAssigned",
        "LeadConverted",
        "DealClosedWon",
        "OnboardingStarted",
        "KickoffHeld",
        "OnboardingCompleted",
        "RenewalOpened",
        "RenewalClosed",
    )
    places = [types.index(each) for each in milestones]
    assert places == sorted(places), dict(zip(milestones, places, strict=True))
    assert {"HealthScored", "EmailSent", "LifecycleStageChanged", "IdentityLinked"} <= set(types)
    assert len({entry["entry_id"] for entry in entries}) == len(entries)
    told_before = success.get(path, params={"limit": 200}).content
    rebuilt(home, "timeline")
    assert success.get(path, params={"limit": 200}).content == told_before


def test_every_read_model_of_success_is_the_same_after_it_was_made_anew(told: Checks, stack: Stack, home: Home) -> None:
    before = tables_of_success(stack)
    assert len(before["timeline_entries"]) > 1_000
    for model in (*FED_BY_OWN_EVENTS, *FED_BY_TOPICS):
        rebuilt(home, model)
    after = tables_of_success(stack)
    for name, rows in before.items():
        assert after[name] == rows, f"{name} differs after its rebuild"


def test_each_service_answers_as_of_the_friday_before_the_win_and_as_of_today(told: Checks, stack: Stack) -> None:
    account = acme(stack)["account_id"]
    sales = operations.client(stack, "sales", ["sales_manager"], "victor")
    scoring = operations.client(stack, "scoring", ["csm"], "nora.vance")
    success = operations.client(stack, "success", ["csm"], "nora.vance")
    friday, tuesday, today = "2025-11-21T12:00:00Z", "2025-11-25T12:00:00Z", "2027-01-01T00:00:00Z"
    assert get(sales, f"/accounts/{account}", as_of=friday)["type"] == "prospect"
    assert get(sales, f"/accounts/{account}", as_of=tuesday)["arr"]["amount"] == "50000.00"
    assert get(sales, f"/accounts/{account}", as_of=today) == get(sales, f"/accounts/{account}")
    assert scoring.get(f"/accounts/{account}/health", params={"as_of": friday}).status_code == 404
    assert get(scoring, f"/accounts/{account}/health", as_happened=tuesday)["label"] == "onboarding"
    (project,) = every(success, "/onboardings", account_id=account)
    path = f"/onboardings/{project['project_id']}"
    assert success.get(path, params={"as_of": friday}).status_code == 404
    on_tuesday = get(success, path, as_of=tuesday)
    assert (on_tuesday["status"], on_tuesday["done"]) == ("running", 5)
    assert get(success, path, as_happened=tuesday)["done"] == 5
    stages = {when: get(success, f"/customers/{account}/lifecycle", as_of=when)["stage"] for when in (friday, tuesday)}
    assert stages == {friday: "opportunity", tuesday: "onboarding"}
    changed = get(success, f"{path}/changes", since=tuesday)["items"]
    assert "KickoffHeld" in {each["type"].split(".")[2] for each in changed}
