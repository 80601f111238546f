"""A service run inside a test's own process: HTTP on a free port, consumers, relay."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Protocol

import httpx

if TYPE_CHECKING:
    from nexa_chassis.runtime import Runtime
    from nexa_chassis.service import Service


class DatabaseAddresses(Protocol):
    """What a test's database has to say: where it is, for the application's role and for the owner's."""

    @property
    def url(self) -> str: ...
    @property
    def owner_url(self) -> str: ...


class Infra(Protocol):
    """What a test's infrastructure has to say."""

    @property
    def kafka_bootstrap(self) -> str: ...


class RunningService:
    """A service at work: its runtime, and clients that call it in a role."""

    runtime: Runtime

    def client(self, *roles: str, subject: str | None = None) -> httpx.AsyncClient:
        """An HTTP client with a token in these roles; close it or leave it to the end of `running`."""
        raise NotImplementedError


@asynccontextmanager
async def running(service: Service, database: DatabaseAddresses, infra: Infra) -> AsyncIterator[RunningService]:
    """Migrate the database, make the topics and run the service until the block ends."""
    raise NotImplementedError
    yield RunningService()
