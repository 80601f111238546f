"""One request as a route sees it: who asks, the ids it may use, and the way to execute commands exactly once."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, cast
from uuid import UUID, uuid4

from fastapi import Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.domain import Recorded, derive
from nexa_chassis.http.identity import Identity
from nexa_chassis.http.problems import Problem

if TYPE_CHECKING:
    from nexa_chassis.jobs import StartJob
    from nexa_chassis.runtime import Runtime


@dataclass(frozen=True)
class Done:
    """What came of a call: all events it appended, in order; none where nothing had to change.

    `replayed`: this very call had been answered before, and these are the events of that time.
    """

    facts: tuple[Recorded, ...]
    replayed: bool = False

    def version_of(self, stream: str) -> int:
        """The version of this stream after the call; 0 if the call did not touch it."""
        return max((fact.version for fact in self.facts if fact.stream == stream), default=0)


class Call:
    """Given to a route by `Depends(allow(…))` or `Depends(public)`."""

    def __init__(self, request: Request, identity: Identity, runtime: Runtime) -> None:
        self._request = request
        self._identity = identity
        self.runtime = runtime

    @property
    def actor(self) -> str:
        """Who asks: the subject of the token, `public` where none is needed."""
        return self._identity.subject

    @property
    def roles(self) -> frozenset[str]:
        return self._identity.roles

    @property
    def now(self) -> datetime:
        return self.runtime.clock.now()

    def new_id(self, *kind: str | int) -> UUID:
        """An id for something this call makes; the same call sent again gets the same id.

        Several of one kind are told apart by a further part: `call.new_id("task", 2)`.
        """
        raise NotImplementedError

    async def execute(self, *commands: object, jobs: Sequence[StartJob] = (), key: str | None = None) -> Done:
        """Execute the commands in one transaction, exactly once for this Idempotency-Key and actor.

        `key` stands in for the header where the request is idempotent by itself, such as a PUT.
        """
        raise NotImplementedError

    @asynccontextmanager
    async def query(self) -> AsyncIterator[AsyncConnection]:
        """A connection to read with."""
        raise NotImplementedError
        yield

    def etag(self, response: Response, version: int) -> None:
        """Say which version of the stream this answer shows; a client sends it back as If-Match."""
        response.headers["etag"] = f'"{version}"'


def allow(*roles: str) -> Callable[[Request], Awaitable[Call]]:
    """A dependency that lets callers with one of these roles pass, and `admin` always. Without roles: any known caller."""
    raise NotImplementedError


async def public(request: Request) -> Call:
    """A dependency for routes that anybody may call."""
    raise NotImplementedError
