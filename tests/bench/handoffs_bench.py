"""Won deals to complete handoffs on the whole stack: last task, meeting and queued welcome, by PostgreSQL's commit times."""

import asyncio
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psycopg
from figures import Figure

from nexa_local import operations
from nexa_local.demo import sales_to_success
from nexa_local.demo.telling import Checks, Story, rep_id, send
from nexa_local.home import Home, Stack
from nexa_local.infra import infrastructure

RATE = 10
STEADY = 200
AT_ONCE = 1_000
CLIENTS = 16
CSMS = 20
WITHIN = 180.0

COMMITS = {
    "sales": "select data->>'deal_id', pg_xact_commit_timestamp(xmin) from events where type = 'nexa.sales.DealClosedWon.v1'",
    "success": "select started.data->>'deal_id', pg_xact_commit_timestamp(started.xmin), started.data->>'project_id',"
    " (select count(*) from events task where task.stream = started.stream and task.type = 'nexa.success.TaskCreated.v1'),"
    " (select count(*) from events met where met.stream = started.stream and met.type = 'nexa.success.KickoffScheduled.v1')"
    " from events started where started.type = 'nexa.success.OnboardingStarted.v1'",
    "notifier": "select data->>'about', pg_xact_commit_timestamp(xmin) from events"
    " where type = 'nexa.notifier.NotificationQueued.v1' and data->>'kind' = 'welcome'",
}


def measure(directory: Path) -> list[Figure]:
    home = Home(directory / "handoffs")
    home.path.mkdir()
    home.path.chmod(0o755)
    with infrastructure(home.path) as infra, psycopg.connect(infra.postgres_admin_url, autocommit=True) as connection:
        connection.execute("alter system set track_commit_timestamp = on")
    with operations.stack_up(home) as stack:
        story = Story(stack, Checks())
        sales_to_success.list_team(story)
        for number in range(CSMS):
            _hire(story, number)
        deals = asyncio.run(_open_deals(stack, STEADY + AT_ONCE))
        story.settle()
        asyncio.run(_win_steadily(stack, deals[:STEADY]))
        steady = _handoffs(stack, deals[:STEADY])
        story.settle()
        asyncio.run(_win_at_once(stack, deals[STEADY:]))
        at_once = _handoffs(stack, deals[STEADY:])
    operations.reset(home)
    taken = sorted((whole - won) * 1000 for won, whole in steady)
    first_won = min(won for won, _ in at_once)
    done = sorted(whole - first_won for _, whole in at_once)
    quarter = len(done) // 4
    first_quarter, last_quarter = done[quarter - 1], done[-1] - done[-quarter - 1]
    what = "won deal to complete handoff (20 tasks, meeting, welcome queued)"
    return [
        Figure(f"{what}, {RATE}/s, p50", taken[len(taken) // 2], "ms", checked=f"{len(taken)} handoffs"),
        Figure(
            f"{what}, {RATE}/s, p99", taken[len(taken) * 99 // 100], "ms", at_most=150, checked=f"{len(taken)} handoffs"
        ),
        Figure(
            f"{AT_ONCE:,} won deals at once, the last handoff complete",
            done[-1],
            "s",
            at_most=30,
            checked=f"{len(done):,} handoffs",
        ),
        Figure(
            f"of these, seconds for the last {quarter} by those for the first {quarter}",
            last_quarter / first_quarter,
            "",
            at_most=1.0,
            checked=f"{last_quarter:.2f} s and {first_quarter:.2f} s",
        ),
    ]


def _hire(story: Story, number: int) -> None:
    body = {
        "name": f"CSM {number}",
        "email": f"csm{number}@nexa.example",
        "role": "csm" if number % 2 else "implementation_specialist",
        "capacity": 100_000,
    }
    send(story.success, "PUT", f"/csms/{rep_id(body['name'])}", body)


def _client(stack: Stack) -> httpx.AsyncClient:
    own = operations.client(stack, "sales", ["sales_manager"], "victor")
    headers = {"authorization": own.headers["authorization"]}
    return httpx.AsyncClient(base_url=stack.url_of("sales"), headers=headers, timeout=60)


async def _post(client: httpx.AsyncClient, path: str, body: Mapping[str, Any]) -> Any:
    answer = await client.post(path, json=body, headers={"idempotency-key": str(uuid4())})
    assert answer.is_success, answer.text
    return answer.json()


async def _open_deals(stack: Stack, count: int) -> list[str]:
    """A customer for each: account, contact, deal with its details."""
    gate = asyncio.Semaphore(CLIENTS)

    async def one(client: httpx.AsyncClient, number: int) -> str:
        async with gate:
            account = (await _post(client, "/accounts", {"name": f"Customer {number} {uuid4().hex[:6]}"}))["account_id"]
            person = {"account_id": account, "first_name": "Sarah", "email": f"sarah@customer{number}.example"}
            contact = (await _post(client, "/contacts", person))["contact_id"]
            deal = {
                "account_id": account,
                "primary_contact_id": contact,
                "amount": {"amount": "50000.00", "currency": "USD"},
                "details": sales_to_success.DETAILS,
            }
            return str((await _post(client, "/deals", deal))["deal_id"])

    async with _client(stack) as client:
        return list(await asyncio.gather(*(one(client, number) for number in range(count))))


async def _win_steadily(stack: Stack, deals: list[str]) -> None:
    async with _client(stack) as client:
        began = time.perf_counter()
        winning = []
        for number, deal in enumerate(deals):
            await asyncio.sleep(max(0.0, began + number / RATE - time.perf_counter()))
            winning.append(asyncio.create_task(_post(client, f"/deals/{deal}/win", {"contract_signed": True})))
        await asyncio.gather(*winning)


async def _win_at_once(stack: Stack, deals: list[str]) -> None:
    gate = asyncio.Semaphore(CLIENTS)

    async def one(client: httpx.AsyncClient, deal: str) -> None:
        async with gate:
            await _post(client, f"/deals/{deal}/win", {"contract_signed": True})

    async with _client(stack) as client:
        await asyncio.gather(*(one(client, deal) for deal in deals))


def _handoffs(stack: Stack, deals: list[str]) -> list[tuple[float, float]]:
    """For each deal when it was won and when its handoff was complete, in seconds; waits until all are."""
    until = time.monotonic() + WITHIN
    while True:
        won = {deal: at.timestamp() for deal, at in _ask(stack, "sales")}
        started = {row[0]: row[1:] for row in _ask(stack, "success")}
        welcomed = {about: at.timestamp() for about, at in _ask(stack, "notifier")}
        whole = [deal for deal in deals if deal in started and started[deal][1] in welcomed]
        if len(whole) == len(deals):
            break
        assert time.monotonic() < until, f"{len(whole)} of {len(deals)} handoffs are complete"
        time.sleep(0.2)
    found = []
    for deal in deals:
        at, project, tasks, meetings = started[deal]
        assert (tasks, meetings) == (20, 1), f"deal {deal} has {tasks} tasks and {meetings} meetings"
        found.append((won[deal], max(at.timestamp(), welcomed[project])))
    return found


def _ask(stack: Stack, service: str) -> list[tuple[Any, ...]]:
    address = stack.postgres_admin_url.rpartition("/")[0] + f"/nexa_{service}"
    with psycopg.connect(address) as connection:
        return connection.execute(COMMITS[service]).fetchall()  # type: ignore[arg-type]
