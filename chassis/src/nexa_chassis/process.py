"""One process of a service: what runs in it, and how it starts and stops."""

import asyncio
from collections.abc import Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, Literal

from nexa_chassis.clock import FileClock, WallClock
from nexa_chassis.engines import create_engine
from nexa_chassis.logs import logger
from nexa_chassis.runtime import Runtime
from nexa_chassis.service import Service
from nexa_chassis.settings import Settings
from nexa_chassis.status import Health, Part, Vitals
from nexa_chassis.store import Store
from nexa_chassis.supervision import finish, supervise

if TYPE_CHECKING:
    import uvicorn

Role = Literal["serve", "react", "relay", "tick"]
ALL_ROLES: tuple[Role, ...] = ("serve", "react", "relay", "tick")


class CannotListen(Exception):
    """The address to serve on is not to be had."""


def create_runtime(service: Service, settings: Settings) -> Runtime:
    """Everything a part works with. Nothing connects yet."""
    engine = create_engine(settings)
    clock = FileClock(settings.clock_file) if settings.clock_file else WallClock()
    return Runtime(
        service=service,
        settings=settings,
        engine=engine,
        store=Store(service, engine, clock),
        clock=clock,
        log=logger(service.name),
    )


class Provisioning:
    """Makes the service's topics, and tries again until the broker is there; commands do not wait for it."""

    name = "topics"

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._made = False

    def health(self) -> Health:
        return Health(self._made, "" if self._made else "the topics are not made yet")

    async def run(self, stopping: asyncio.Event) -> None:
        from nexa_chassis.provisioning import ensure_topics, topics_of

        await ensure_topics(self._runtime.settings, topics_of(self._runtime.service))
        self._made = True
        await stopping.wait()


def parts_of(runtime: Runtime, roles: Sequence[Role]) -> list[Part]:
    """What works in the background in these roles. Every process that writes relays, so its commits go out at once."""
    from nexa_chassis.relay import Relay

    parts: list[Part] = [Provisioning(runtime), Relay(runtime)]
    if "react" in roles:
        from nexa_chassis.consumer import consumers_of

        parts += consumers_of(runtime)
    if "tick" in roles:
        from nexa_chassis.deadlines import DeadlineRunner
        from nexa_chassis.jobs import JobRunner
        from nexa_chassis.workers import WorkerRunner

        parts += [DeadlineRunner(runtime), JobRunner(runtime)]
        parts += [WorkerRunner(runtime, worker) for worker in runtime.service.workers]
    return parts


class Process:
    """A service's process in some of its roles: all of them, unless told otherwise.

    The operator's addresses are served in every role, the service's own routes in the role `serve`.
    """

    def __init__(self, service: Service, settings: Settings, roles: Sequence[Role] = ALL_ROLES) -> None:
        self.runtime = create_runtime(service, settings)
        self.vitals = Vitals(self.runtime, parts_of(self.runtime, roles))
        self.port = 0
        self.listening = asyncio.Event()
        self._serves = "serve" in roles
        self._log = logger("process")

    async def run(self, stopping: asyncio.Event) -> None:
        """Work until `stopping` is set, then stop in order and in bounded time: requests, parts, relay, connections."""
        parts_stop, relay_stop = asyncio.Event(), asyncio.Event()
        server = self._server()
        tasks = [self._start(part, relay_stop if part.name == "relay" else parts_stop) for part in self.vitals.parts]
        pulse = asyncio.create_task(self.vitals.pulse(relay_stop))
        serving = asyncio.create_task(self._serve(server))
        try:
            await _first_of(serving, stopping)
            self._log.info("process.stopping")
            server.should_exit = True
            await self._stop(serving, tasks, parts_stop, relay_stop)
        finally:
            relay_stop.set()
            await finish([pulse], 1)
            await self._disconnect()

    def _start(self, part: Part, stop: asyncio.Event) -> asyncio.Task[None]:
        return asyncio.create_task(supervise(part, self.vitals, stop), name=part.name)

    async def _stop(
        self,
        serving: asyncio.Task[None],
        tasks: Sequence[asyncio.Task[None]],
        parts_stop: asyncio.Event,
        relay_stop: asyncio.Event,
    ) -> None:
        seconds = self.runtime.settings.stop_timeout
        failed = serving.exception() if serving.done() else None
        await finish([serving], seconds)
        parts_stop.set()
        await finish([task for task in tasks if task.get_name() != "relay"], seconds)
        relay_stop.set()
        await finish([task for task in tasks if task.get_name() == "relay"], seconds)
        if failed is not None:
            raise failed

    def _server(self) -> "uvicorn.Server":
        import uvicorn

        from nexa_chassis.http.app import create_app

        settings = self.runtime.settings
        app = create_app(self.runtime.service, self.runtime, self.vitals, routes=self._serves)
        config = uvicorn.Config(
            app,
            settings.http_host,
            settings.http_port,
            http="httptools",
            ws="none",
            lifespan="off",
            access_log=False,
            log_config=None,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=30,
            timeout_graceful_shutdown=round(settings.stop_timeout),
        )
        server = uvicorn.Server(config)
        server.capture_signals = nullcontext  # type: ignore[method-assign,assignment]  # main.run listens to signals
        return server

    async def _serve(self, server: "uvicorn.Server") -> None:
        settings = self.runtime.settings
        try:
            # Bound here and not by uvicorn, which ends the process by itself when it cannot.
            listener = server.config.bind_socket()
        except (OSError, SystemExit):
            raise CannotListen(f"{settings.http_host}:{settings.http_port} is taken; set NEXA_HTTP_PORT.") from None
        self.port = listener.getsockname()[1]
        self.listening.set()
        self._log.info("process.listening", host=settings.http_host, port=self.port)
        await server.serve(sockets=[listener])

    async def _disconnect(self) -> None:
        try:
            async with asyncio.timeout(5):
                await self.runtime.store.close()
                await self.runtime.engine.dispose()
        except TimeoutError:
            self._log.warning("process.connections_left_open")


async def _first_of(serving: asyncio.Task[None], stopping: asyncio.Event) -> None:
    """Until the wish to stop, or the end of a server that cannot go on."""
    wish = asyncio.create_task(stopping.wait())
    await asyncio.wait([serving, wish], return_when=asyncio.FIRST_COMPLETED)
    wish.cancel()
