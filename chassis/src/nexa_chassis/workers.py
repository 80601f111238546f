"""A loop of a service's own beside its consumers, such as the one that hands mails to the mail server."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.status import Health

if TYPE_CHECKING:
    from nexa_chassis.runtime import Runtime

Run: TypeAlias = "Callable[[Runtime, asyncio.Event], Awaitable[None]]"
Busy: TypeAlias = Callable[[AsyncConnection], Awaitable[int]]


@dataclass(frozen=True, kw_only=True)
class Worker:
    """`run(runtime, stopping)` works until `stopping` is set; `busy(connection)` counts what it still has to do."""

    name: str
    run: Run
    busy: Busy


class WorkerRunner:
    """A worker as a part of the process. One that raises is started again by the process, with back-off."""

    def __init__(self, runtime: Runtime, worker: Worker) -> None:
        self._runtime = runtime
        self._worker = worker
        self.name = f"worker.{worker.name}"

    def health(self) -> Health:
        return Health(True)

    async def run(self, stopping: asyncio.Event) -> None:
        await self._worker.run(self._runtime, stopping)
