"""What to do with a delivery, given how far its stream has been handled and what of it is parked. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from heapq import heappop, heappush
from itertools import count

from nexa_chassis.decoding import Delivery


class Verdict(Enum):
    """Seen before; next in line; behind a failed event of its key; after one that has not come."""

    DUPLICATE = "duplicate"
    APPLY = "apply"
    BEHIND = "behind"
    GAP = "gap"


@dataclass(slots=True)
class Candidate:
    """A delivery to be handled; `parked_id` is its row if it comes out of the table of parked ones."""

    delivery: Delivery
    parked_id: int | None = None


class Ledger:
    """The watermarks and waiting deliveries of a batch's streams, moved forward in memory as the batch is worked through.

    `parked` are the streams of which anything is parked, `blocked` those whose next event has failed before; `waiting` are
    parked deliveries that may come in line.
    """

    def __init__(
        self,
        watermarks: Mapping[str, int],
        parked: Iterable[str] = (),
        blocked: Iterable[str] = (),
        waiting: Iterable[Candidate] = (),
    ) -> None:
        self._found = watermarks
        self._parked = set(parked)
        self._now = dict(watermarks)
        self._moved: set[str] = set()
        self._blocked = set(blocked)
        self._waiting: dict[str, list[tuple[int, int, Candidate]]] = {}
        self._number = count()
        for each in waiting:
            self.wait(each)

    def verdict(self, delivery: Delivery) -> Verdict:
        """Of a delivery that belongs to a stream."""
        stream = delivery.stream
        assert stream is not None
        watermark = self._now.get(stream, 0)
        if delivery.version <= watermark:
            return Verdict.DUPLICATE
        if stream in self._blocked:
            return Verdict.BEHIND
        return Verdict.APPLY if delivery.previous == watermark else Verdict.GAP

    def handled(self, delivery: Delivery) -> bool:
        """Whether it was at or below the watermark before this batch."""
        return delivery.stream is None or delivery.version <= self._found.get(delivery.stream, 0)

    def advance(self, stream: str, version: int) -> None:
        """The event of this version is handled."""
        self._now[stream] = version
        self._moved.add(stream)

    def block(self, stream: str) -> None:
        """The event after the watermark failed: nothing of this stream is applied before it."""
        self._blocked.add(stream)

    def release(self, stream: str) -> None:
        """The failed head is about to be tried again."""
        self._blocked.discard(stream)

    def wait(self, candidate: Candidate) -> None:
        """It may come in line once what it waits for has come."""
        stream = candidate.delivery.stream
        if stream is not None:
            heap = self._waiting.setdefault(stream, [])
            heappush(heap, (candidate.delivery.version, next(self._number), candidate))

    def next_waiting(self, stream: str) -> Candidate | None:
        """The waiting delivery that is in line now, or that has been passed; each only once."""
        waiting = self._waiting.get(stream)
        if not waiting or stream in self._blocked:
            return None
        version, _, candidate = waiting[0]
        watermark = self._now.get(stream, 0)
        if version > watermark and candidate.delivery.previous != watermark:
            return None
        heappop(waiting)
        return candidate

    def waiting_deliveries(self) -> list[Delivery]:
        return [candidate.delivery for waiting in self._waiting.values() for _, _, candidate in waiting]

    def moves(self) -> list[tuple[str, int, int]]:
        """(stream, version found, version reached) of each stream that moved, sorted by stream."""
        return [(stream, self._found.get(stream, 0), self._now[stream]) for stream in sorted(self._moved)]

    def moved_with_parked(self) -> list[str]:
        """The streams that moved and of which something was parked before."""
        return sorted(self._moved & self._parked)
