"""The launcher: which infrastructure, what is started again, what the simulated clock waits for."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from nexa_local import clock, operations, processes, supervisor
from nexa_local.clock import Look, NotQuiet
from nexa_local.home import Home, ProcessEntry
from nexa_local.infra import Kind, choose
from nexa_local.supervisor import FIRST_PAUSE, Child, roll

NOON = datetime(2025, 11, 17, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
QUIET = Look((), (("sales.handled", 7),), None)


@pytest.mark.parametrize(
    ("environment", "docker", "system", "expected"),
    [
        ({}, True, True, Kind.DOCKER),
        ({}, False, True, Kind.SYSTEM),
        ({}, False, False, Kind.WHEELS),
        ({"NEXA_INFRA": "wheels"}, True, True, Kind.WHEELS),
        ({"NEXA_INFRA": "system"}, True, False, Kind.SYSTEM),
        ({"NEXA_POSTGRES_ADMIN_URL": "postgresql://x", "NEXA_KAFKA_BOOTSTRAP": "x:9092"}, True, True, Kind.ENV),
    ],
)
def test_addresses_come_before_containers_before_the_system_before_wheels(
    environment: dict[str, str], docker: bool, system: bool, expected: Kind
) -> None:
    assert choose(environment, docker=lambda: docker, system=lambda: system) is expected


def child(log: Path, code: str) -> Child:
    return Child("worker", [sys.executable, "-c", code], {}, log, ProcessEntry(0, str(log), 0, None))


def looked_at_until(one: Child, state: str, seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while one.entry.state != state:
        one.look()
        assert time.monotonic() < deadline, f"not {state} within {seconds} s: {one.entry}"
        time.sleep(0.01)


def test_a_process_that_ends_is_started_again_later_each_time(tmp_path: Path) -> None:
    one = child(tmp_path / "worker.log", "raise SystemExit(3)")
    one.start()
    pauses = []
    for _ in range(2):
        pauses.append(one.pause)
        looked_at_until(one, "restarting")
        assert "code 3" in str(one.entry.said)
        looked_at_until(one, "running")
    assert pauses == [FIRST_PAUSE, FIRST_PAUSE * 2]
    assert one.entry.restarts == 2


def test_one_that_was_steady_is_started_again_at_once(tmp_path: Path) -> None:
    one = child(tmp_path / "worker.log", "raise SystemExit(3)")
    one.start()
    one.pause, one.started = 30.0, time.monotonic() - supervisor.STEADY_AFTER - 1
    looked_at_until(one, "restarting")
    assert f"{FIRST_PAUSE} s" in str(one.entry.said)


def test_a_process_that_does_not_end_is_killed_and_one_that_is_asked_once_ends_in_its_own_way(tmp_path: Path) -> None:
    patient = (
        "import signal,time; signal.signal(signal.SIGTERM, lambda *_: None); print('up', flush=True); time.sleep(60)"
    )
    orderly = """
import signal, sys, time
asked = 0
def stop(*_):
    global asked
    asked += 1
    if asked == 2:
        sys.exit(130)
signal.signal(signal.SIGTERM, stop)
print("up", flush=True)
while not asked:
    time.sleep(0.01)
time.sleep(0.3)
"""
    codes = []
    for code in (patient, orderly):
        process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        process.terminate()
        processes.await_end(process, seconds=2)
        codes.append(process.returncode)
    assert codes == [-signal.SIGKILL, 0]


def test_a_large_log_is_put_aside_and_a_small_one_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "LARGEST_LOG", 10)
    small, large = tmp_path / "small.log", tmp_path / "large.log"
    small.write_text("short")
    large.write_text("much longer than that")
    roll(small)
    roll(large)
    assert small.read_text() == "short"
    assert not large.exists()
    assert (tmp_path / "large.log.1").read_text() == "much longer than that"


@pytest.mark.parametrize(
    ("text", "expected"),
    [("24h", timedelta(hours=24)), ("1d12h", timedelta(days=1, hours=12)), ("90s", timedelta(seconds=90))],
)
def test_a_length_of_time_is_read_as_it_is_written(text: str, expected: timedelta) -> None:
    assert operations.duration(text) == expected


@pytest.mark.parametrize("text", ["", "24", "h", "24h and more"])
def test_what_is_no_length_of_time_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="24h"):
        operations.duration(text)


def status(**changes: Any) -> dict[str, Any]:
    usual: dict[str, Any] = {
        "service": "sales",
        "outbox": {"rows": 0},
        "consumers": [{"name": "sales.route_scored_lead", "lag": 0}],
        "jobs": {"active": 0},
        "deadlines": {"due": 0, "next_due_at": None},
        "busy": {},
        "counters": {"handled": 7},
    }
    return usual | changes


@pytest.mark.parametrize(
    ("changes", "who"),
    [
        ({"outbox": {"rows": 3}}, "3 events unpublished"),
        ({"consumers": [{"name": "sales.route_scored_lead", "lag": 2}]}, "2 records behind"),
        ({"consumers": [{"name": "sales.route_scored_lead", "lag": -1}]}, "does not know"),
        ({"jobs": {"active": 1}}, "1 jobs at work"),
        ({"deadlines": {"due": 4, "next_due_at": None}}, "4 deadlines due"),
        ({"busy": {"mails": 5}}, "5 mails"),
    ],
)
def test_each_kind_of_work_keeps_the_stack_from_being_quiet_and_is_named(changes: dict[str, Any], who: str) -> None:
    assert clock.look_at([status()]).busy == ()
    (said,) = clock.look_at([status(**changes)]).busy
    assert who in said


def looks(*seen: Look) -> Iterator[Look]:
    yield from seen
    while True:
        yield seen[-1]


def test_quiet_is_two_looks_that_see_nobody_busy_and_the_same_counters() -> None:
    told = looks(
        Look(("sales: 1 events unpublished",), (), None), Look((), (("a", 1),), None), Look((), (("a", 2),), None)
    )
    assert clock.await_quiet(lambda: next(told)).counters == (("a", 2),)


def test_a_stack_that_does_not_come_to_rest_says_who_is_busy() -> None:
    with pytest.raises(NotQuiet, match="sales: 1 events unpublished"):
        clock.await_quiet(lambda: Look(("sales: 1 events unpublished",), (), None), timeout=0.2)


def test_the_clock_stops_at_each_deadline_on_the_way(tmp_path: Path) -> None:
    file = tmp_path / "clock"
    clock.write(file, NOON)
    deadlines = [NOON + HOUR, NOON + 2 * HOUR, NOON + 9 * HOUR]
    steps: list[datetime] = []

    def look() -> Look:
        ahead: Sequence[datetime] = [each for each in deadlines if each > clock.read(file)]
        return Look((), QUIET.counters, min(ahead, default=None))

    reached = clock.advance(file, 3 * HOUR, look, on_step=steps.append)
    assert reached == clock.read(file) == NOON + 3 * HOUR
    assert steps == [NOON + HOUR, NOON + 2 * HOUR, NOON + 3 * HOUR]


def test_a_time_without_a_zone_is_no_time(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="time zone"):
        clock.write(tmp_path / "clock", datetime(2025, 11, 17))


def test_a_service_apart_is_three_processes_and_only_one_of_them_has_its_routes(tmp_path: Path) -> None:
    home = Home(tmp_path / "stack")
    home.path.mkdir()
    tmp_path.chmod(0o755)
    try:
        stack = operations.up(home, only=["scoring"], apart=True)
        urls = stack.service_urls()
        assert set(urls) == {"scoring", "scoring.react", "scoring.tick"}
        parts = {
            name: {each["name"] for each in httpx.get(f"{url}/status").json()["consumers"]}
            for name, url in urls.items()
        }
        assert "scoring.score_lead" in parts["scoring.react"]
        assert not parts["scoring"] | parts["scoring.tick"]
        found = {name: httpx.get(f"{url}/scoring-rules").status_code for name, url in urls.items()}
        assert found == {"scoring": 401, "scoring.react": 404, "scoring.tick": 404}
    finally:
        operations.reset(home)
