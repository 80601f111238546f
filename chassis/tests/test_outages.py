"""What callers notice when the broker or the database is away: as little as possible, and soon."""

import asyncio
import time
from collections.abc import AsyncIterator

import httpx
import psutil
import pytest
from counting.app import counting

from nexa_chassis.testing import RunningService, eventually, running
from nexa_local.infra import Infra
from nexa_local.postgres import create_database

SOON = 8.0


@pytest.fixture
async def service(own_infra: Infra) -> AsyncIterator[RunningService]:
    own = create_database(own_infra.postgres_admin_url, "counting")
    async with running(counting, own, own_infra, settings={"stop_timeout": 3}) as started:
        yield started


async def reasons(client: httpx.AsyncClient, *parts: str) -> dict[str, str]:
    async def named() -> dict[str, str] | None:
        answer = await client.get("/readyz")
        found: dict[str, str] = answer.json()["reasons"]
        return found if answer.status_code == 503 and set(parts) <= set(found) else None

    return await eventually(named, what=f"/readyz names {', '.join(parts)}", seconds=20)


async def ready_again(client: httpx.AsyncClient) -> None:
    async def ready() -> bool:
        answer = await client.get("/readyz")
        assert answer.status_code == 200, answer.text
        return True

    await eventually(ready, what="the service is ready again", seconds=60)


async def bell_is_heard(client: httpx.AsyncClient, counter_id: str) -> None:
    async def heard() -> bool:
        return (await client.get(f"/counters/{counter_id}/bell")).status_code == 200

    await eventually(heard, what="the bell is heard", seconds=60)


async def test_without_a_broker_commands_are_taken_and_their_effects_follow_when_it_is_back(
    own_infra: Infra, service: RunningService
) -> None:
    assert own_infra.kafka is not None
    client = service.client("clerk")
    await asyncio.to_thread(own_infra.kafka.stop)
    began = time.monotonic()
    opened = await client.post("/counters", json={"amount": 12})
    assert opened.status_code == 201
    assert time.monotonic() - began < 1
    assert "broker" in await reasons(client, "broker")
    assert (await client.get("/livez")).status_code == 200
    status = (await client.get("/status")).json()
    assert status["outbox"]["rows"] == 1
    assert [consumer["lag"] for consumer in status["consumers"]] == [-1, -1]
    await asyncio.to_thread(own_infra.kafka.start)
    await ready_again(client)
    await bell_is_heard(client, opened.json()["counter_id"])


async def test_without_a_database_callers_are_told_soon_to_come_back_and_then_served(
    own_infra: Infra, service: RunningService
) -> None:
    assert own_infra.postgres is not None
    client = service.client("clerk")
    key = {"Idempotency-Key": "kept through the outage"}
    await client.post("/counters", json={"amount": 1})
    await asyncio.to_thread(own_infra.postgres.stop)
    for request in (
        client.post("/counters", json={"amount": 12}, headers=key),
        client.get("/counters"),
        client.get("/status"),
    ):
        began = time.monotonic()
        answer = await request
        assert answer.status_code == 503, answer.text
        assert int(answer.headers["retry-after"]) > 0
        assert time.monotonic() - began < SOON
    assert "database" in await reasons(client, "database")
    assert (await client.get("/metrics")).status_code == 200
    await asyncio.to_thread(own_infra.postgres.start)
    await ready_again(client)
    opened = await client.post("/counters", json={"amount": 12}, headers=key)
    assert opened.status_code == 201, opened.text
    await bell_is_heard(client, opened.json()["counter_id"])


async def test_a_database_that_hangs_is_given_up_on_within_seconds(own_infra: Infra, service: RunningService) -> None:
    assert own_infra.postgres is not None
    client = service.client("clerk")
    await client.post("/counters", json={"amount": 1})
    server = psutil.Process(own_infra.postgres.pid)
    stopped = [*server.children(recursive=True), server]
    for process in stopped:
        process.suspend()
    try:
        began = time.monotonic()
        answers = await asyncio.gather(client.post("/counters", json={"amount": 12}), client.get("/counters"))
        assert [answer.status_code for answer in answers] == [503, 503]
        assert time.monotonic() - began < SOON
        assert (await client.get("/livez")).status_code == 200
    finally:
        for process in stopped:
            process.resume()
    await ready_again(client)
    assert (await client.post("/counters", json={"amount": 12})).status_code == 201


async def test_a_database_restarted_under_load_loses_nothing_that_was_answered(
    own_infra: Infra, service: RunningService
) -> None:
    assert own_infra.postgres is not None
    client = service.client("clerk")
    counter_id = (await client.post("/counters", json={"amount": 1})).json()["counter_id"]
    done, unknown, over = 0, 0, asyncio.Event()

    async def count() -> None:
        nonlocal done, unknown
        while not over.is_set():
            answer = await client.post(f"/counters/{counter_id}/count", json={"amount": 1})
            assert answer.status_code in (200, 409, 503), answer.text
            done += answer.status_code == 200
            unknown += answer.status_code == 503
            await asyncio.sleep(0.02)

    writers = [asyncio.create_task(count()) for _ in range(4)]
    await eventually(lambda: reached(lambda: done > 20), what="20 counts before the restart")
    await asyncio.to_thread(own_infra.postgres.stop)
    await asyncio.to_thread(own_infra.postgres.start)
    before = done
    await eventually(lambda: reached(lambda: done > before + 20), what="20 counts after the restart", seconds=60)
    over.set()
    await asyncio.gather(*writers)
    total = (await client.get(f"/counters/{counter_id}")).json()["total"]
    assert 1 + done <= total <= 1 + done + unknown


async def reached(told: object) -> bool:
    return bool(told()) if callable(told) else False
