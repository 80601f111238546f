"""A service run inside a test's own process: HTTP on a free port, consumers, relay, deadlines, jobs and workers."""

import asyncio
import json
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Protocol, TypeVar
from uuid import uuid4

import httpx
import jwt
import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from nexa_chassis.migrate import migrate
from nexa_chassis.process import ALL_ROLES, Process, Role
from nexa_chassis.runtime import Runtime
from nexa_chassis.service import Service
from nexa_chassis.settings import Settings

T = TypeVar("T")

READY_SECONDS = 30.0


class DatabaseAddresses(Protocol):
    """Where a test's database is, for the application's role and for the owner's."""

    @property
    def app_url(self) -> str: ...
    @property
    def owner_url(self) -> str: ...


class Addresses(Protocol):
    """Where a test's infrastructure is."""

    @property
    def kafka_bootstrap(self) -> str: ...


class Signer:
    """Signs tokens as an identity provider does, and publishes the key set that they are verified against."""

    def __init__(self, key_id: str = "test") -> None:
        self._key = Ed25519PrivateKey.generate()
        self._key_id = key_id

    def publish(self, file: Path) -> Path:
        """Write the key set that knows this signer's key."""
        public = jwt.algorithms.OKPAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        file.write_text(json.dumps({"keys": [{**public, "kid": self._key_id, "use": "sig", "alg": "EdDSA"}]}))
        return file

    def token(self, *roles: str, subject: str = "tester", seconds: float = 3600, **claims: object) -> str:
        """A token in these roles. `claims` are laid over the usual ones; one that is None is left out."""
        usual: dict[str, object] = {
            "sub": subject,
            "roles": list(roles),
            "iss": "nexa",
            "aud": "nexa",
            "iat": time.time(),
            "exp": time.time() + seconds,
        }
        chosen = {name: value for name, value in (usual | claims).items() if value is not None}
        return jwt.encode(chosen, self._key, "EdDSA", {"kid": self._key_id})


class RunningService:
    """A service at work: its runtime, and clients that call it in a role."""

    def __init__(self, process: Process, signer: Signer) -> None:
        self.process = process
        self.runtime: Runtime = process.runtime
        self.signer = signer
        self._opened: list[httpx.AsyncClient] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.process.port}"

    def client(self, *roles: str, subject: str = "tester") -> httpx.AsyncClient:
        """A client with a token in these roles (`admin` if none is named), closed when the service stops.

        Each write gets a new Idempotency-Key unless the call sets one.
        """
        client = httpx.AsyncClient(
            base_url=self.url,
            headers={"authorization": f"Bearer {self.signer.token(*(roles or ('admin',)), subject=subject)}"},
            event_hooks={"request": [_with_key]},
            timeout=15,
        )
        self._opened.append(client)
        return client

    async def close_clients(self) -> None:
        for client in self._opened:
            await client.aclose()


async def _with_key(request: httpx.Request) -> None:
    if request.method not in ("GET", "HEAD"):
        request.headers.setdefault("idempotency-key", str(uuid4()))


async def eventually(
    ask: Callable[[], Awaitable[T | None]], *, what: str, seconds: float = 20.0, every: float = 0.02
) -> T:
    """The first answer that is neither None nor False; fails naming `what` was missing and the last exception."""
    until = time.monotonic() + seconds
    last: BaseException | None = None
    while time.monotonic() < until:
        try:
            answer = await ask()
        except (AssertionError, httpx.HTTPError) as error:
            last = error
        else:
            if answer is not None and answer is not False:
                return answer
        await asyncio.sleep(every)
    raise AssertionError(f"Not within {seconds:g} s: {what}" + (f" (last: {last})" if last else ""))


@asynccontextmanager
async def running(
    service: Service,
    database: DatabaseAddresses,
    infra: Addresses,
    *,
    roles: tuple[Role, ...] = ALL_ROLES,
    settings: Mapping[str, Any] | None = None,
    signer: Signer | None = None,
    history: bool = False,
) -> AsyncIterator[RunningService]:
    """Migrate the database, make the topics, also those it only reads, and run the service until the block ends.

    `settings` are laid over those of the test; several services share one `signer` if the same tokens are to be good for
    all of them. The service consumes what is published from now on, or with `history` all that stands in the topics, be
    it of other tests. The block begins when the service says that it is ready.
    """
    _log_for_people()
    signer = signer or Signer()
    with tempfile.TemporaryDirectory() as directory:
        given: dict[str, Any] = {
            "database_url": database.app_url,
            "database_owner_url": database.owner_url,
            "kafka_bootstrap": infra.kafka_bootstrap,
            "http_port": 0,
            "jwks_file": signer.publish(Path(directory) / "jwks.json"),
        }
        chosen = Settings.model_validate(given | dict(settings or {}))
        await migrate(chosen, service)
        process = Process(service, chosen, roles)
        await _prepare_topics(process.runtime, history)
        stopping = asyncio.Event()
        task = asyncio.create_task(process.run(stopping))
        running_service = RunningService(process, signer)
        try:
            await _ready(process, task)
            yield running_service
        finally:
            await running_service.close_clients()
            stopping.set()
            await task


def _log_for_people() -> None:
    """Plain tracebacks: the renderer's usual ones show the values of variables, passwords among them."""
    if not structlog.is_configured():
        renderer = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
        structlog.configure(processors=[*structlog.get_config()["processors"][:-1], renderer])


async def _prepare_topics(runtime: Runtime, history: bool) -> None:
    # Imported here, so that tests of pure functions, which need only the words of `testing`, do not load the broker's client.
    from nexa_chassis.consumer import consumers_of
    from nexa_chassis.fresh_start import pass_over_history
    from nexa_chassis.provisioning import ensure_topics

    consumers = consumers_of(runtime)
    await ensure_topics(runtime.settings, sorted({topic for consumer in consumers for topic in consumer.topics}))
    if not history:
        await pass_over_history(runtime, consumers)


async def _ready(process: Process, task: asyncio.Task[None]) -> None:
    reasons: dict[str, str] = {"process": "not listening yet"}

    async def ready() -> bool:
        nonlocal reasons
        if task.done():
            task.result()
        if not process.listening.is_set():
            return False
        reasons = await process.vitals.readiness()
        return not reasons

    try:
        await eventually(ready, what=f"{process.runtime.service.name} is ready", seconds=READY_SECONDS)
    except AssertionError as error:
        raise AssertionError(f"{error}: {reasons}") from None
