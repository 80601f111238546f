"""What every part of the demo tells its story with: people with their clients, checks of what comes, chapters."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

import httpx
from rich.console import Console

from nexa_local import clock, operations
from nexa_local.home import Stack

MONDAY = datetime(2025, 11, 17, 9, 0, tzinfo=UTC)

console = Console()


@dataclass
class Checks:
    """What was expected and what came."""

    wrong: list[str] = field(default_factory=list)
    count: int = 0

    def expect(self, what: str, expected: object, actual: object) -> None:
        self.count += 1
        if expected == actual:
            console.print(f"  [green]✓[/] {what}: {actual}")
        else:
            self.wrong.append(f"{what}: expected {expected}, got {actual}")
            console.print(f"  [red]✗ {what}: expected {expected}, got {actual}[/]")


class Story:
    """The people of the story with their clients, and the stack they work on."""

    def __init__(self, stack: Stack, checks: Checks) -> None:
        self.stack = stack
        self.checks = checks
        self.marketing = self.client("marketing", "marketing_manager", "mona.marketing")
        self.manager = self.client("sales", "sales_manager", "victor.stone")
        self.rep = self.client("sales", "sales_rep", "maria.lind")
        self.csm = self.client("success", "csm", "nora.vance")
        self.success = self.client("success", "success_manager", "petra.falk")
        self.scoring = self.client("scoring", "csm", "nora.vance")
        self.notifier = self.client("notifier", "sales_manager", "victor.stone")
        self._look = clock.looker(list(stack.service_urls().values()))

    def client(self, service: str, role: str, subject: str) -> httpx.Client:
        return operations.client(self.stack, service, [role], subject)

    def settle(self) -> None:
        """Wait until every fact has reached everyone."""
        clock.await_quiet(self._look)

    def now(self) -> datetime:
        assert self.stack.clock_file is not None
        return clock.read(Path(self.stack.clock_file))

    def advance(self, by: timedelta) -> datetime:
        assert self.stack.clock_file is not None
        return clock.advance(Path(self.stack.clock_file), by, self._look)

    def advance_to(self, moment: datetime) -> None:
        reached = self.advance(moment - self.now())
        console.print(f"  it is {reached:%A, %Y-%m-%d %H:%M} now")


def send(client: httpx.Client, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
    """A command, with an idempotency key. Raises RuntimeError with what the service said when it refuses."""
    answer = client.request(method, path, json=body, headers={"Idempotency-Key": str(uuid4())})
    if not answer.is_success:
        raise RuntimeError(f"{method} {path} answered {answer.status_code}: {answer.text}")
    return answer.json()


def get(client: httpx.Client, path: str, **parameters: object) -> Any:
    answer = client.get(path, params={name: str(value) for name, value in parameters.items()})
    if not answer.is_success:
        raise RuntimeError(f"GET {path} answered {answer.status_code}: {answer.text}")
    return answer.json()


def every(client: httpx.Client, path: str, **parameters: object) -> Iterator[dict[str, Any]]:
    """All items of a paged list."""
    cursor: dict[str, object] = {}
    while True:
        page = get(client, path, limit=200, **parameters, **cursor)
        yield from page["items"]
        if page["next"] is None:
            return
        cursor = {"cursor": page["next"]}


def rep_id(name: str) -> UUID:
    """The id that the demo gives to a person of a roster."""
    return uuid5(NAMESPACE_URL, f"nexa-demo/{name}")


def value_of(figure: Any) -> Decimal:
    """A figure of marketing comes with its formula."""
    return Decimal(f"{Decimal(str(figure['value'] if isinstance(figure, dict) else figure)).normalize():f}")


@contextmanager
def chapter(title: str) -> Iterator[None]:
    console.rule(f"[bold]{title}", align="left")
    began = time.monotonic()
    yield
    console.print(f"  [dim]{time.monotonic() - began:.1f} s[/]")
