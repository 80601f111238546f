"""How long a loop waits when there is nothing to do: briefly at first, then longer, and not at all after a commit here."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nexa_chassis.store import Store


class Pace:
    """Waits from `shortest` doubling to `longest` seconds; a commit of this process' store or `stopping` ends a wait."""

    def __init__(self, store: Store, stopping: asyncio.Event, *, longest: float, shortest: float = 0.02) -> None:
        self._shortest = shortest
        self._longest = longest
        self._wait = shortest
        self._woken = asyncio.Event()
        self._stopping = stopping
        store.on_commit.append(self._woken.set)

    def reset(self) -> None:
        self._wait = self._shortest

    async def pause(self) -> None:
        sleeping = asyncio.ensure_future(self._woken.wait())
        ending = asyncio.ensure_future(self._stopping.wait())
        try:
            done, _ = await asyncio.wait((sleeping, ending), timeout=self._wait, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeping.cancel()
            ending.cancel()
        self._woken.clear()
        self._wait = self._shortest if done else min(self._wait * 2, self._longest)
