"""`python -m nexa_<service> admin …`: what the engineer on call does, straight on the database, so also with the service down.

Who acted is recorded as `NEXA_OPERATOR`, else the name of the logged-in user.
"""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import getpass
import os
import sys
from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

import orjson

from nexa_chassis import deadlines, jobs
from nexa_chassis.consumer import Consumer, consumers_of
from nexa_chassis.parking import NothingParked, discard, parked_keys, redrive
from nexa_chassis.relay import publish_again
from nexa_chassis.runtime import Runtime
from nexa_chassis.service import Service
from nexa_chassis.settings import Settings

FAILED = 1


class NotPossible(Exception):
    """The operator asked for what cannot be done; the message says why and what can."""


def admin(service: Service, settings: Settings, arguments: Sequence[str]) -> int:
    """Do what the arguments say; 0, or 1 with a message on standard error."""
    parsed = _parser(service).parse_args(arguments)
    try:
        asyncio.run(_do(service, settings, parsed))
    except (NotPossible, NothingParked, LookupError, ValueError) as error:
        print(error, file=sys.stderr)
        return FAILED
    return 0


async def _do(service: Service, settings: Settings, parsed: argparse.Namespace) -> None:
    from nexa_chassis.process import create_runtime

    runtime = create_runtime(service, settings)
    act: Callable[[Runtime, argparse.Namespace], Awaitable[None]] = parsed.act
    try:
        await act(runtime, parsed)
    finally:
        await runtime.store.close()
        await runtime.engine.dispose()


def _parser(service: Service) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=f"python -m nexa_{service.name} admin", description=__doc__)
    acts = parser.add_subparsers(dest="name", metavar="act", required=True)

    def add(
        name: str, act: Callable[[Runtime, argparse.Namespace], Awaitable[None]], help: str
    ) -> argparse.ArgumentParser:
        found = acts.add_parser(name, help=help)
        found.set_defaults(act=act)
        return found

    add("parked", _parked, "what waits, and why").add_argument("--json", action="store_true")
    again = add("redrive", _redrive, "try a parked key, or all of a consumer, again now")
    again.add_argument("--consumer", required=True)
    again.add_argument("--stream")
    away = add("discard", _discard, "pass over the first parked record of a key for ever")
    away.add_argument("--consumer", required=True)
    away.add_argument("--stream")
    away.add_argument("--place", help="topic/partition@offset, for a record that belongs to no key")
    away.add_argument("--reason", required=True)
    add("lag", _lag, "how far behind each consumer is").add_argument("--json", action="store_true")
    add("rebuild", _rebuild, "make a read model anew from the events").add_argument("read_model")
    add("republish", _republish, "send all events of a topic again").add_argument("topic")
    add("retry-job", _retry_job, "let a failed job go on").add_argument("job_id", type=UUID)
    add("retry-deadlines", _retry_deadlines, "let deadlines that were given up be tried again")
    return parser


def _operator() -> str:
    return os.environ.get("NEXA_OPERATOR") or f"operator:{getpass.getuser()}"


async def _parked(runtime: Runtime, parsed: argparse.Namespace) -> None:
    async with runtime.engine.connect() as connection:
        keys = await parked_keys(connection)
    if parsed.json:
        print(orjson.dumps([dataclasses.asdict(key) for key in keys]).decode())
        return
    if not keys:
        print(f"Nothing is parked in {runtime.service.name}.")
    for key in keys:
        print(
            f"{key.consumer}  {key.stream or key.place}  {key.reason}, {key.status}, {key.waiting} waiting, {key.error or ''}"
        )


async def _redrive(runtime: Runtime, parsed: argparse.Namespace) -> None:
    _known_consumer(runtime, parsed.consumer)
    async with runtime.engine.begin() as connection:
        count = await redrive(connection, _operator(), parsed.consumer, parsed.stream)
    print(f"{count} records will be tried again within a second, if the service runs.")


async def _discard(runtime: Runtime, parsed: argparse.Namespace) -> None:
    _known_consumer(runtime, parsed.consumer)
    if (parsed.stream is None) == (parsed.place is None):
        raise NotPossible("Give either --stream, or --place for a record that belongs to no key.")
    async with runtime.engine.begin() as connection:
        what = await discard(connection, _operator(), parsed.consumer, parsed.stream, parsed.reason, parsed.place)
    print(f"{what} was discarded; what waits behind it goes on within a second, if the service runs.")


async def _lag(runtime: Runtime, parsed: argparse.Namespace) -> None:
    from nexa_chassis.consumer import lag_of

    consumers = consumers_of(runtime)
    lags = await lag_of(runtime, consumers)
    if parsed.json:
        print(orjson.dumps(lags).decode())
        return
    for name, lag in lags.items():
        print(f"{name}  {lag}")


async def _rebuild(runtime: Runtime, parsed: argparse.Namespace) -> None:
    from nexa_chassis.rebuild import rebuild

    model = next((each for each in runtime.service.read_models if each.name == parsed.read_model), None)
    if model is None:
        known = ", ".join(sorted(each.name for each in runtime.service.read_models))
        raise NotPossible(f"{runtime.service.name} has no read model {parsed.read_model!r}; it has {known}.")
    done = await rebuild(runtime, model)
    print(f"{model.name} was made anew from {done.events} events in {done.seconds:.1f} s.")


async def _republish(runtime: Runtime, parsed: argparse.Namespace) -> None:
    count = await publish_again(runtime, parsed.topic, actor=_operator())
    print(f"{count} events of {parsed.topic} are in the outbox again.")


async def _retry_job(runtime: Runtime, parsed: argparse.Namespace) -> None:
    async with runtime.engine.begin() as connection:
        if not await jobs.retry(connection, parsed.job_id, _operator()):
            raise NotPossible(f"There is no failed job {parsed.job_id}.")
    print(f"Job {parsed.job_id} goes on from where it failed.")


async def _retry_deadlines(runtime: Runtime, parsed: argparse.Namespace) -> None:
    async with runtime.engine.begin() as connection:
        print(f"{await deadlines.retry(connection, _operator())} deadlines will be tried again.")


def _known_consumer(runtime: Runtime, name: str) -> Consumer:
    consumers = {each.name: each for each in consumers_of(runtime)}
    if name not in consumers:
        raise NotPossible(f"{runtime.service.name} has no consumer {name!r}; it has {', '.join(sorted(consumers))}.")
    return consumers[name]
