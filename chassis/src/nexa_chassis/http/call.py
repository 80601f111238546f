"""One request as a route sees it: who asks, the ids it may use, and the way to execute commands exactly once."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID, uuid4

import orjson
from fastapi import Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.domain import derive
from nexa_chassis.engines import connect_for
from nexa_chassis.http.identity import ANYONE, Identity, Verifier, forbidden
from nexa_chassis.http.problems import FieldError, Problem
from nexa_chassis.origin import Origin
from nexa_chassis.store import Done, Idempotency
from nexa_chassis.telemetry import current_traceparent

if TYPE_CHECKING:
    from nexa_chassis.jobs import StartJob
    from nexa_chassis.runtime import Runtime

ADMIN = "admin"
LONGEST_KEY = 255
LONGEST_CORRELATION = 100


class Call:
    """Given to a route by `Depends(allow(…))` or `Depends(public)`."""

    def __init__(self, request: Request, identity: Identity, runtime: "Runtime") -> None:
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
        return derive(self._stored_key(None), *kind)

    async def execute(
        self,
        *commands: object,
        jobs: Sequence["StartJob"] = (),
        key: str | None = None,
        time: datetime | None = None,
    ) -> Done:
        """Execute the commands in one transaction, exactly once for this Idempotency-Key and actor.

        A command that meets a conflict is decided again on fresh state, unless the request carries If-Match. `key`
        stands in for the header where the request is idempotent by itself, such as a PUT. `time` is when it happened,
        where that is not now.
        """
        settings = self.runtime.settings
        async with asyncio.timeout(settings.request_timeout):
            return await self.runtime.store.execute(
                commands,
                self._origin(time),
                idempotency=Idempotency(self._stored_key(key), await self._fingerprint()),
                expected_version=self._expected_version(),
                jobs=jobs,
            )

    @asynccontextmanager
    async def query(self) -> AsyncIterator[AsyncConnection]:
        """A connection to read with."""
        async with connect_for(self.runtime.engine, self.runtime.settings.request_timeout) as connection:
            yield connection

    async def ask(self, sql: str, *parameters: object) -> Any:
        """What one statement with `%s` placeholders, committed as it ends, tells as a JSON value; None for NULL or no row.

        Several times quicker than `query`, for the questions that many wait for.
        """
        async with asyncio.timeout(self.runtime.settings.request_timeout):
            rows = await self.runtime.store.fetch(sql, parameters)
        return orjson.loads(rows[0][0]) if rows and rows[0][0] is not None else None

    def etag(self, response: Response, version: int) -> None:
        """Say which version of the stream this answer shows; a client sends it back as If-Match."""
        response.headers["etag"] = f'"{version}"'

    def _origin(self, time: datetime | None) -> Origin:
        correlation = self._request.headers.get("x-correlation-id", "")
        if not correlation:
            correlation = str(uuid4())
        elif not _printable(correlation, LONGEST_CORRELATION):
            raise _bad_header("X-Correlation-Id", f"must be 1 to {LONGEST_CORRELATION} printable ASCII characters.")
        return Origin(self.actor, correlation, traceparent=current_traceparent(), time=time)

    def _stored_key(self, given: str | None) -> str:
        """Actor and key as one hash: keys of two callers never meet, and the table holds nothing personal."""
        key = given if given is not None else self._request.headers.get("idempotency-key", "")
        if not _printable(key, LONGEST_KEY):
            raise _bad_header(
                "Idempotency-Key",
                f"is needed: 1 to {LONGEST_KEY} printable ASCII characters, new for each new request, the same when this"
                " one is sent again.",
            )
        return hashlib.sha256(f"{self.actor}\x1f{key}".encode()).hexdigest()

    async def _fingerprint(self) -> str:
        """Tells requests apart that carry the same key. A body that a route reads as a stream is told by its length."""
        request = self._request
        try:
            body = await request.body()
        except RuntimeError:  # the stream is consumed
            body = request.headers.get("content-length", "").encode()
        scope = request.scope
        digest = hashlib.sha256(f"{scope['method']}\x1f{scope['path']}\x1f".encode() + scope["query_string"] + b"\x1f")
        digest.update(request.headers.get("if-match", "").encode())
        digest.update(b"\x1f")
        digest.update(body)
        return digest.hexdigest()

    def _expected_version(self) -> int | None:
        tag = self._request.headers.get("if-match")
        if tag is None or tag.strip() == "*":
            return None
        bare = tag.strip().removeprefix("W/").strip('"')
        if not bare.isascii() or not bare.isdigit() or len(bare) > 10:
            raise _bad_header("If-Match", f'must be one ETag as an answer gave it, such as "3"; it is {tag!r}.')
        return int(bare)


def _printable(text: str, longest: int) -> bool:
    return 0 < len(text) <= longest and text.isascii() and text.isprintable()


def _bad_header(name: str, what: str) -> Problem:
    return Problem(
        400,
        f"The header {name} {what}",
        kind="header",
        title="Header missing or unusable",
        errors=[FieldError(field=f"header.{name}", message=what)],
    )


class Admission:
    """The dependency behind `allow`: verifies the bearer token and checks its roles."""

    def __init__(self, roles: frozenset[str]) -> None:
        self.roles = roles
        self._passing = roles | {ADMIN}

    async def __call__(self, request: Request) -> Call:
        state = request.app.state
        identity = cast(Verifier, state.verifier).identify(request.headers.get("authorization"))
        if self.roles and self._passing.isdisjoint(identity.roles):
            raise forbidden(identity, self.roles)
        return Call(request, identity, state.runtime)


def allow(*roles: str) -> Admission:
    """A dependency that lets pass who has one of these roles or is `admin`; without roles, any known caller."""
    return Admission(frozenset(roles))


async def public(request: Request) -> Call:
    """A dependency for routes that anybody may call."""
    return Call(request, ANYONE, request.app.state.runtime)
