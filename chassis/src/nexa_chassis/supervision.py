"""Keeps the parts of a process at work: one that fails is said to be down and started again, later each time."""

import asyncio
import time
from collections.abc import Sequence

from prometheus_client import Counter

from nexa_chassis.logs import logger, without_personal_data
from nexa_chassis.status import Part, Vitals

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
RECOVERED_SECONDS = 60.0
RESTARTS = Counter(
    "nexa_part_restarts_total", "Parts of a process that failed and were started again", ["service", "part"]
)


class EndedByItself(Exception):
    """A part returned although nobody asked it to stop."""


async def supervise(part: Part, vitals: Vitals, stopping: asyncio.Event) -> None:
    """Run the part until `stopping`. It never ends the process: what a new attempt heals is healed here.

    Meanwhile the process is not ready and says why, which is what an orchestrator acts on.
    """
    log = logger("supervision")
    service = vitals.runtime.service.name
    pause = FIRST_PAUSE
    while not stopping.is_set():
        started = time.monotonic()
        try:
            await part.run(stopping)
            if stopping.is_set():
                return
            raise EndedByItself(part.name)
        except Exception as error:
            vitals.down[part.name] = f"{type(error).__name__}: {without_personal_data(str(error))[:300]}"
            if time.monotonic() - started > RECOVERED_SECONDS:
                pause = FIRST_PAUSE
            log.error("part.failed", failed=part.name, again_in=pause, exc_info=error)
        RESTARTS.labels(service, part.name).inc()
        await wait(stopping, pause)
        pause = min(pause * 2, LONGEST_PAUSE)
        vitals.down.pop(part.name, None)


async def wait(stopping: asyncio.Event, seconds: float) -> None:
    """Sleep, but not past the wish to stop."""
    try:
        async with asyncio.timeout(seconds):
            await stopping.wait()
    except TimeoutError:
        return


async def finish(tasks: Sequence[asyncio.Task[None]], seconds: float) -> None:
    """Give the tasks this long to end, then cancel them, and give up on those that do not even hear that."""
    if not tasks:
        return
    _, late = await asyncio.wait(tasks, timeout=seconds)
    for task in late:
        logger("supervision").warning("part.cancelled", part=task.get_name(), after=seconds)
        task.cancel()
    if late:
        await asyncio.wait(late, timeout=2)
