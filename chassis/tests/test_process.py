"""A whole service at work: request, topic, reaction, deadline, read model, job; what it says of itself; how it stops."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from counting.app import counting

from nexa_chassis.clock import write_clock
from nexa_chassis.testing import RunningService, eventually, running
from nexa_local.infra import Infra
from nexa_local.postgres import Database

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def clock(tmp_path: Path) -> Path:
    file = tmp_path / "clock"
    write_clock(file, NOON)
    return file


@pytest.fixture
async def service(infra: Infra, database: Callable[[str], Database], clock: Path) -> AsyncIterator[RunningService]:
    async with running(counting, database("counting"), infra, settings={"clock_file": clock}) as started:
        yield started


async def bell(client: httpx.AsyncClient, counter_id: str, times: int) -> object:
    async def heard() -> object:
        answer = await client.get(f"/counters/{counter_id}/bell")
        return answer.json() if answer.status_code == 200 and answer.json()["times"] == times else None

    return await eventually(heard, what=f"the bell of {counter_id} rang {times} times")


async def quiet(client: httpx.AsyncClient) -> dict[str, object]:
    async def still() -> dict[str, object] | None:
        status = (await client.get("/status")).json()
        idle = not status["outbox"]["rows"] and not status["jobs"]["active"] and not status["deadlines"]["due"]
        return status if idle and all(consumer["lag"] == 0 for consumer in status["consumers"]) else None

    return await eventually(still, what="outbox, jobs and topics are worked off")


async def test_a_request_leads_over_the_topic_to_a_reaction_and_a_read_model_and_later_its_deadline_fires(
    service: RunningService, clock: Path
) -> None:
    client = service.client("clerk")
    counter_id = (await client.post("/counters", json={"amount": 12})).json()["counter_id"]
    await bell(client, counter_id, 1)
    assert (await client.get("/status")).json()["deadlines"]["next_due_at"] == "2026-03-03T12:00:00Z"
    write_clock(clock, NOON + timedelta(days=1))
    await bell(client, counter_id, 2)


async def test_a_muted_bell_does_not_ring_again(service: RunningService, clock: Path) -> None:
    client = service.client("clerk")
    muted = (await client.post("/counters", json={"amount": 12})).json()["counter_id"]
    await bell(client, muted, 1)
    assert (await client.post(f"/counters/{muted}/mute")).status_code == 204
    other = (await client.post("/counters", json={"amount": 12})).json()["counter_id"]
    await bell(client, other, 1)
    write_clock(clock, NOON + timedelta(days=1))
    await bell(client, other, 2)
    await quiet(client)
    await bell(client, muted, 1)


async def test_a_job_goes_on_step_by_step_until_it_is_done(service: RunningService) -> None:
    client = service.client("clerk")
    counter_id = (await client.post("/counters/many", json={"amount": 250})).json()["counter_id"]
    await quiet(client)
    assert (await client.get(f"/counters/{counter_id}")).json()["total"] == 250


async def test_the_status_tells_who_is_busy_and_counters_only_grow(service: RunningService) -> None:
    client = service.client("clerk")
    before = await quiet(client)
    assert {consumer["name"] for consumer in before["consumers"]} == {"counting.ring_bell", "counting.bells_heard"}  # type: ignore[attr-defined]
    assert all(consumer["ready"] and consumer["assigned"] == 4 for consumer in before["consumers"])  # type: ignore[attr-defined]
    counter_id = (await client.post("/counters", json={"amount": 12})).json()["counter_id"]
    await bell(client, counter_id, 1)
    after = await quiet(client)
    assert after["counters"] == before["counters"] | {  # type: ignore[operator]
        "events": 2,
        "relay.published": 2,
        "handled.counting.ring_bell": 1,
        "handled.counting.bells_heard": 1,
    }


async def test_it_is_alive_and_ready_and_measures_itself(service: RunningService) -> None:
    client = service.client("clerk")
    counter_id = (await client.post("/counters", json={"amount": 12})).json()["counter_id"]
    await bell(client, counter_id, 1)
    assert (await client.get("/livez")).json() == {"ok": True, "reasons": {}}
    assert (await client.get("/readyz")).json() == {"ok": True, "reasons": {}}
    figures = (await client.get("/metrics")).text
    assert 'nexa_http_request_seconds_count{method="POST",route="/counters",service="counting",status="201"}' in figures
    for name in (
        "nexa_oldest_unpublished_age_seconds",
        "nexa_oldest_unhandled_age_seconds",
        "nexa_consumer_lag_records",
    ):
        assert f"{name}{{" in figures, name
    assert counter_id not in figures
