"""How long a loop waits when there is nothing to do: briefly at first, then longer, and not at all after a commit here."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Pace:
    """Waits from `shortest` doubling to `longest` seconds; a commit of this process' store or `stopping` ends a wait.

    Commits shorten a wait to no less than `least`, so that a loop does not ask the database once for each of them.
    """

    def __init__(self, stopping: asyncio.Event, *, longest: float, shortest: float = 0.02, least: float = 0.0) -> None:
        self._shortest = shortest
        self._longest = longest
        self._least = least
        self._wait = shortest
        self._stopping = stopping
        self._woken = asyncio.Event()

    @contextmanager
    def woken_by(self, callbacks: list[Callable[[], None]]) -> Iterator[Pace]:
        """Be among a store's callbacks inside the block: `woken_by(store.on_append)`."""
        callbacks.append(self._woken.set)
        try:
            yield self
        finally:
            callbacks.remove(self._woken.set)

    def reset(self) -> None:
        """There was work: wait briefly next time."""
        self._wait = self._shortest

    async def pause(self, least: float | None = None) -> None:
        """Wait for work. `least` overrides the pace's own for this once."""
        if least := self._least if least is None else least:
            await rest(self._stopping, least)
        woken = await self._first_of_both()
        self._woken.clear()
        self._wait = self._shortest if woken else min(self._wait * 2, self._longest)

    async def _first_of_both(self) -> bool:
        if self._woken.is_set() or self._stopping.is_set():
            return True
        waiting = [asyncio.ensure_future(event.wait()) for event in (self._woken, self._stopping)]
        try:
            done, _ = await asyncio.wait(waiting, timeout=self._wait, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waiting:
                each.cancel()
        return bool(done)


async def rest(stopping: asyncio.Event, seconds: float) -> None:
    """Sleep, but not past the wish to stop."""
    try:
        async with asyncio.timeout(seconds):
            await stopping.wait()
    except TimeoutError:
        return
