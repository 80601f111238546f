"""Somebody who asks for pages while the stack is busy with something else, and how long each answer takes."""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx

ASK_EVERY = 0.1


@dataclass
class Visitor:
    """Asks for each of the `pages` ten times a second; `taken` are the milliseconds of each answer."""

    pages: Sequence[tuple[httpx.Client, str]]
    taken: list[float] = field(default_factory=list)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        leaving = threading.Event()
        thread = threading.Thread(target=self._ask, args=(leaving,))
        thread.start()
        try:
            yield
        finally:
            leaving.set()
            thread.join()

    def p95(self) -> float:
        return sorted(self.taken)[len(self.taken) * 95 // 100]

    def _ask(self, leaving: threading.Event) -> None:
        while not leaving.is_set():
            for client, path in self.pages:
                began = time.perf_counter()
                client.get(path).raise_for_status()
                self.taken.append((time.perf_counter() - began) * 1_000)
            leaving.wait(ASK_EVERY)
