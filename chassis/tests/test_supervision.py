"""Parts that fail are started again, and said to be down until then; limits of callers; ages on a simulated clock."""

import asyncio
import time
from types import SimpleNamespace
from typing import cast

import pytest

from nexa_chassis import supervision
from nexa_chassis.http.limits import RateLimit
from nexa_chassis.runtime import Runtime
from nexa_chassis.status import Health, Since, Vitals
from nexa_chassis.supervision import finish, supervise
from nexa_chassis.testing import eventually


class Failing:
    """Fails as often as told, then works."""

    name = "part"

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.starts = 0
        self.down_at_start: list[dict[str, str]] = []
        self.works = asyncio.Event()
        self.vitals: Vitals | None = None

    def health(self) -> Health:
        return Health(True)

    async def run(self, stopping: asyncio.Event) -> None:
        self.starts += 1
        assert self.vitals is not None
        self.down_at_start.append(dict(self.vitals.down))
        if self.starts <= self.failures:
            raise RuntimeError(f"failure {self.starts} for maria@example.com")
        self.works.set()
        await stopping.wait()


def vitals() -> Vitals:
    runtime = SimpleNamespace(service=SimpleNamespace(name="counting"), settings=SimpleNamespace(clock_file=None))
    return Vitals(cast(Runtime, runtime))


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervision, "FIRST_PAUSE", 0.01)


async def test_a_part_that_fails_is_started_again_until_it_works() -> None:
    part, look = Failing(3), vitals()
    part.vitals = look
    stopping = asyncio.Event()
    task = asyncio.create_task(supervise(part, look, stopping))
    await asyncio.wait_for(part.works.wait(), 5)
    assert part.starts == 4
    assert look.down == {}
    stopping.set()
    await asyncio.wait_for(task, 5)


async def test_a_part_that_is_down_says_why_without_personal_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervision, "FIRST_PAUSE", 60.0)
    part, look = Failing(1), vitals()
    part.vitals = look
    stopping = asyncio.Event()
    task = asyncio.create_task(supervise(part, look, stopping))
    await eventually(lambda: said(look), what="the part is said to be down")
    assert look.down == {"part": "RuntimeError: failure 1 for <address>"}
    stopping.set()
    await asyncio.wait_for(task, 5)
    assert part.starts == 1


async def said(look: Vitals) -> dict[str, str] | None:
    return look.down or None


async def test_a_part_that_just_ends_is_started_again() -> None:
    part, look = Failing(0), vitals()
    part.vitals = look
    stopping, ended = asyncio.Event(), asyncio.Event()

    async def run(stopping: asyncio.Event) -> None:
        part.starts += 1
        if part.starts == 2:
            ended.set()

    part.run = run  # type: ignore[method-assign]
    task = asyncio.create_task(supervise(part, look, stopping))
    await asyncio.wait_for(ended.wait(), 5)
    stopping.set()
    await asyncio.wait_for(task, 5)


async def test_what_does_not_end_in_time_is_cancelled() -> None:
    task: asyncio.Task[None] = asyncio.create_task(asyncio.Event().wait())  # type: ignore[arg-type]
    await finish([task], 0.01)
    assert task.cancelled()


async def test_a_blocked_loop_is_not_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    look = vitals()
    assert look.liveness() == {}
    heard = time.monotonic()
    monkeypatch.setattr("nexa_chassis.status.time.monotonic", lambda: heard + 60)
    assert look.liveness() == {"loop": "blocked for 60 s"}


def test_a_callers_bucket_fills_again_with_time() -> None:
    now = 0.0
    limit = RateLimit(3, 60, clock=lambda: now)
    assert [limit.take("maria") for _ in range(4)] == [0, 0, 0, 20]
    assert limit.take("jonas") == 0
    now = 19.0
    assert limit.take("maria") == pytest.approx(1)
    now = 20.5
    assert limit.take("maria") == 0
    now = 10_000.0
    assert [limit.take("maria") for _ in range(4)] == [0, 0, 0, 20]


def test_only_so_many_callers_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nexa_chassis.http.limits.REMEMBERED_CALLERS", 2)
    limit = RateLimit(1, 60, clock=lambda: 0.0)
    assert [limit.take(caller) for caller in ("a", "b", "b", "c", "a")] == [0, 0, 60, 0, 0]


def test_the_age_of_what_stays_the_same_counts_from_when_it_was_first_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("nexa_chassis.status.time.monotonic", lambda: now)
    since = Since()
    assert since.age("outbox", 7) == 0
    now = 105.0
    assert since.age("outbox", 7) == 5
    assert since.age("outbox", 8) == 0
    assert since.age("outbox", None) == 0
    now = 110.0
    assert since.age("outbox", 8) == 0
