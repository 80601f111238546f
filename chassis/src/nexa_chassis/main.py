"""What `python -m nexa_<service>` does: `run(service)`."""

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from typing import NoReturn

from nexa_chassis.service import Service
from nexa_chassis.settings import Settings, SettingsError

FAILED = 1
MISCONFIGURED = 2
KILLED = 130
ROLES = ("serve", "react", "relay", "tick")


def run(service: Service, arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the service as the command line says and end the process.

    `serve` answers HTTP, `react` consumes topics, `tick` fires deadlines and runs jobs and workers, `relay` only publishes;
    without an argument all of them in one process. `migrate` brings the database up to date, `admin` is the operator's.
    Ends with 0 after SIGTERM or SIGINT, 1 after a failure, 2 if the environment lacks something.
    """
    parsed = _parser(service).parse_args(arguments)
    try:
        settings = Settings.from_environment()
    except SettingsError as error:
        sys.exit(_complain(str(error), MISCONFIGURED))
    match parsed.command:
        case "migrate":
            code = _migrate(service, settings)
        case "admin":
            code = _admin(service, settings, parsed.rest)
        case role:
            code = _work(service, settings, role)
    _leave(code)


def _parser(service: Service) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=f"python -m nexa_{service.name}", description=run.__doc__)
    commands = parser.add_subparsers(dest="command", metavar="command")
    for role, does in {
        "serve": "answer HTTP",
        "react": "consume topics: reactions, and read models fed by topics",
        "relay": "publish what the outbox holds",
        "tick": "fire deadlines, run jobs and workers",
        "migrate": "bring the database up to date, as the owner of its tables",
    }.items():
        commands.add_parser(role, help=does)
    admin = commands.add_parser("admin", help="parked records, redrive, discard, lag, rebuild", add_help=False)
    admin.add_argument("rest", nargs=argparse.REMAINDER)
    return parser


def _work(service: Service, settings: Settings, role: str | None) -> int:
    import uvloop

    from nexa_chassis import telemetry
    from nexa_chassis.garbage import settle_garbage
    from nexa_chassis.process import ALL_ROLES, Process, Role

    telemetry.configure(service.name, settings)
    roles: Sequence[Role] = [one for one in ALL_ROLES if role in (None, one)]

    async def work() -> None:
        stopping = asyncio.Event()
        for wish in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(wish, _stop_or_leave, stopping)
        await Process(service, settings, roles).run(stopping)

    settle_garbage()
    try:
        uvloop.run(work())
    except Exception as error:
        telemetry.logger("process").critical("process.failed", exc_info=error)
        return FAILED
    finally:
        telemetry.shut_down()
    return 0


def _stop_or_leave(stopping: asyncio.Event) -> None:
    """The first signal asks to stop in order; the second means at once."""
    if stopping.is_set():
        _leave(KILLED)
    stopping.set()


def _migrate(service: Service, settings: Settings) -> int:
    from nexa_chassis.migrate import migrate

    asyncio.run(migrate(settings, service))
    return 0


def _admin(service: Service, settings: Settings, arguments: Sequence[str]) -> int:
    from nexa_chassis.admin import admin

    return admin(service, settings, arguments)


def _complain(message: str, code: int) -> int:
    print(message, file=sys.stderr)
    return code


def _leave(code: int) -> NoReturn:
    """End the process for certain: a library's thread or a broker connection that cannot be closed must not hold it."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
