"""A deployment with 1,000 linked tickets on the whole stack, to the last one resolved and its mail queued, by commit times."""

import asyncio
import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psycopg
from figures import Figure

from nexa_local import operations
from nexa_local.demo.telling import Checks, Story, rep_id, send
from nexa_local.home import Home, Stack
from nexa_local.infra import infrastructure

LINKED = 1_000
AGENTS = 20
CLIENTS = 4
WITHIN = 120.0

DEPLOYED = "select pg_xact_commit_timestamp(xmin) from events where type = 'nexa.support.DeploymentCompleted.v1'"
RESOLVED = (
    "select data->>'ticket_id', pg_xact_commit_timestamp(xmin) from events"
    " where type = 'nexa.support.TicketResolved.v1'"
)
QUEUED = (
    "select data->>'about', pg_xact_commit_timestamp(xmin) from events"
    " where type = 'nexa.notifier.NotificationQueued.v1' and data->>'kind' = 'bug_resolved'"
)


def measure(directory: Path) -> list[Figure]:
    home = Home(directory / "deployment")
    home.path.mkdir()
    home.path.chmod(0o755)
    with infrastructure(home.path) as infra, psycopg.connect(infra.postgres_admin_url, autocommit=True) as connection:
        connection.execute("alter system set track_commit_timestamp = on")
    with operations.stack_up(home) as stack:
        story = Story(stack, Checks())
        for number in range(AGENTS):
            _hire(story, number)
        tickets = asyncio.run(_submit(stack))
        developer = story.client("support", "product_manager", "pria.nair")
        bug = {
            "title": "CSV export failing - missing dependency",
            "severity": "p1",
            "feature": "data_export",
            "feature_name": "CSV export",
            "affected_version": "2.1.5",
        }
        bug_id = send(developer, "POST", "/bugs", bug)["bug_id"]
        story.settle()
        linking = time.perf_counter()
        linked = send(developer, "POST", f"/bugs/{bug_id}/tickets", {"ticket_ids": tickets})
        linking = time.perf_counter() - linking
        assert linked == {"linked": LINKED}, linked
        story.settle()
        send(developer, "POST", "/deployments", {"version": "2.1.6", "fixed_bugs": [bug_id]})
        deployed, resolved, queued = _course(stack, set(tickets))
    operations.reset(home)
    checked = f"{len(resolved):,} tickets, {len(queued):,} mails"
    settled = (max(resolved.values()) - deployed).total_seconds()
    told = (max(queued.values()) - deployed).total_seconds()
    return [
        Figure(f"{LINKED:,} tickets linked to a bug by one request", linking, "s", checked=f"{LINKED:,} linked"),
        Figure(
            f"deployment to the last of {LINKED:,} linked tickets resolved", settled, "s", at_most=5, checked=checked
        ),
        Figure("deployment to the last mail of it queued", told, "s", at_most=5, checked=checked),
    ]


def _hire(story: Story, number: int) -> None:
    name = f"Agent {number}"
    body = {
        "name": name,
        "email": f"agent{number}@nexa.example",
        "level": "senior" if number % 2 else "standard",
        "capacity": 100_000,
    }
    send(story.client("support", "support_manager", "mia.manager"), "PUT", f"/agents/{rep_id(name)}", body)


async def _submit(stack: Stack) -> list[str]:
    """A ticket of each of as many customers."""
    gate = asyncio.Semaphore(CLIENTS)
    own = operations.client(stack, "support", ["support_agent"], "lea.brandt")
    headers = {"authorization": own.headers["authorization"]}

    async def one(client: httpx.AsyncClient, number: int) -> str:
        body = {
            "subject": f"Export function not working for list {number}",
            "description": "When I try to export contacts to CSV, I get an error message",
            "requester": {"name": f"Customer {number}", "email": f"person@customer{number}.example"},
            "account_id": str(rep_id(f"Customer {number}")),
            "account_name": f"Customer {number}",
            "product_version": "2.1.5",
        }
        async with gate:
            return str((await _post(client, "/tickets", body))["ticket_id"])

    async with httpx.AsyncClient(base_url=stack.url_of("support"), headers=headers, timeout=60) as client:
        return list(await asyncio.gather(*(one(client, number) for number in range(LINKED))))


async def _post(client: httpx.AsyncClient, path: str, body: Mapping[str, Any]) -> Any:
    """The tickets that came before are routed meanwhile, so a request may have to be sent again."""
    headers = {"idempotency-key": str(uuid4())}
    while True:
        answer = await client.post(path, json=body, headers=headers)
        if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
            assert answer.is_success, answer.text
            return answer.json()
        await asyncio.sleep(1)


def _course(stack: Stack, tickets: set[str]) -> tuple[datetime, dict[str, datetime], dict[str, datetime]]:
    """When it was deployed, and each ticket resolved and its mail queued; waits until all are."""
    until = time.monotonic() + WITHIN
    while True:
        resolved = dict(_ask(stack, "support", RESOLVED))
        queued = dict(_ask(stack, "notifier", QUEUED))
        if set(resolved) == tickets == set(queued):
            ((deployed,),) = _ask(stack, "support", DEPLOYED)
            return deployed, resolved, queued
        assert time.monotonic() < until, f"{len(resolved)} resolved and {len(queued)} told of {len(tickets)}"
        time.sleep(0.2)


def _ask(stack: Stack, service: str, query: str) -> list[tuple[Any, ...]]:
    address = stack.postgres_admin_url.rpartition("/")[0] + f"/nexa_{service}"
    with psycopg.connect(address) as connection:
        return connection.execute(query.encode()).fetchall()
