"""The simulated clock: one file that all processes of a stack read, frozen between advances.

An advance never jumps. It waits until the stack is quiet, sets the clock to the earliest deadline that is due anywhere, lets
it fire, and goes on so until the target. Quiet: nothing unpublished, unhandled, due or at work, and the same counters in two
looks.
"""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

STEP_TIMEOUT = 120.0
BETWEEN_LOOKS = 0.06


class NotQuiet(Exception):
    """The stack did not come to rest in time; the message names who is busy with what."""


def read(file: Path) -> datetime:
    return datetime.fromisoformat(file.read_text().strip())


def write(file: Path, now: datetime) -> None:
    """Set the clock for every process at once."""
    if now.tzinfo is None:
        raise ValueError(f"{now.isoformat()} has no time zone; write 2025-11-15T09:00:00+00:00")
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_suffix(".new")
    new.write_text(now.astimezone(UTC).isoformat() + "\n")
    os.replace(new, file)


@dataclass(frozen=True)
class Look:
    """What one look at all services saw: who is busy with what, the counters, and when the next deadline is due."""

    busy: tuple[str, ...]
    counters: tuple[tuple[str, int], ...]
    next_due_at: datetime | None


def look_at(statuses: Sequence[dict[str, Any]]) -> Look:
    """Fold the services' `/status` answers."""
    busy: list[str] = []
    counters: list[tuple[str, int]] = []
    due: list[datetime] = []
    for status in statuses:
        service = status["service"]
        if status["outbox"]["rows"]:
            busy.append(f"{service}: {status['outbox']['rows']} events unpublished")
        for consumer in status["consumers"]:
            if consumer["lag"] < 0:
                busy.append(f"{consumer['name']}: does not know how far behind it is")
            elif consumer["lag"]:
                busy.append(f"{consumer['name']}: {consumer['lag']} records behind")
        if status["jobs"]["active"]:
            busy.append(f"{service}: {status['jobs']['active']} jobs at work")
        if status["deadlines"]["due"]:
            busy.append(f"{service}: {status['deadlines']['due']} deadlines due")
        busy += [f"{service}: {count} {name}" for name, count in status["busy"].items() if count]
        counters += [(f"{service}.{name}", count) for name, count in sorted(status["counters"].items())]
        if status["deadlines"]["next_due_at"]:
            due.append(datetime.fromisoformat(status["deadlines"]["next_due_at"]))
    return Look(tuple(busy), tuple(counters), min(due, default=None))


def await_quiet(look: Callable[[], Look], timeout: float = STEP_TIMEOUT) -> Look:
    """Two looks in a row that see nobody busy and the same counters. Raises NotQuiet."""
    deadline = time.monotonic() + timeout
    before: Look | None = None
    while True:
        now = look()
        if not now.busy and before is not None and not before.busy and before.counters == now.counters:
            return now
        if time.monotonic() > deadline:
            raise NotQuiet(f"not quiet after {timeout:.0f} s: {'; '.join(now.busy) or 'counters keep moving'}")
        before = now
        time.sleep(BETWEEN_LOOKS)


def advance(
    file: Path,
    by: timedelta,
    look: Callable[[], Look],
    *,
    timeout: float = STEP_TIMEOUT,
    on_step: Callable[[datetime], None] = lambda now: None,
) -> datetime:
    """Move the clock on by `by`, stopping at every deadline on the way; gives the time reached. Raises NotQuiet."""
    target = read(file) + by
    while True:
        seen = await_quiet(look, timeout)
        now = read(file)
        if seen.next_due_at is not None and now < seen.next_due_at <= target:
            write(file, seen.next_due_at)
            on_step(seen.next_due_at)
        elif now < target:
            write(file, target)
            on_step(target)
        else:
            return now


def looker(urls: Sequence[str]) -> Callable[[], Look]:
    """Looks at the services at these addresses."""
    client = httpx.Client(timeout=10)

    def look() -> Look:
        statuses = []
        for url in urls:
            try:
                answer = client.get(f"{url}/status")
                answer.raise_for_status()
                statuses.append(answer.json())
            except httpx.HTTPError as error:
                return Look((f"{url} does not answer: {type(error).__name__}",), (), None)
        return look_at(statuses)

    return look
