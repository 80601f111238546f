"""What to do with a delivery, given how far its stream has been handled and what of it is parked. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

from nexa_chassis.decoding import Delivery


class Verdict(Enum):
    """Seen before; next in line; behind a failed event of its key; after one that has not come."""

    DUPLICATE = "duplicate"
    APPLY = "apply"
    BEHIND = "behind"
    GAP = "gap"


@dataclass(frozen=True, slots=True)
class Parked:
    """A delivery that waits in the table of parked ones. `failed`: it is the head that its key waits for."""

    id: int
    delivery: Delivery
    failed: bool


class Ledger:
    """The watermarks and parked deliveries of a batch's streams, moved forward in memory as the batch is worked through."""

    def __init__(self, watermarks: Mapping[str, int], parked: Iterable[Parked]) -> None:
        self._found = dict(watermarks)
        self._now = dict(watermarks)
        self._blocked: set[str] = set()
        self._waiting: dict[str, dict[int, Parked]] = {}
        for each in parked:
            stream = each.delivery.stream
            if stream is None:
                continue
            if each.failed:
                self._blocked.add(stream)
            self._waiting.setdefault(stream, {})[each.delivery.version] = each

    def verdict(self, stream: str, version: int, previous: int) -> Verdict:
        watermark = self._now.get(stream, 0)
        if version <= watermark:
            return Verdict.DUPLICATE
        if stream in self._blocked:
            return Verdict.BEHIND
        return Verdict.APPLY if previous == watermark else Verdict.GAP

    def advance(self, stream: str, version: int) -> None:
        self._now[stream] = version

    def block(self, stream: str) -> None:
        """The event after the watermark failed: nothing of this stream is applied before it."""
        self._blocked.add(stream)

    def release(self, stream: str) -> None:
        """The failed head is about to be tried again."""
        self._blocked.discard(stream)

    def next_waiting(self, stream: str) -> Parked | None:
        """The parked delivery that is next in line now, each only once."""
        waiting = self._waiting.get(stream)
        if not waiting or stream in self._blocked:
            return None
        watermark = self._now.get(stream, 0)
        for version in sorted(waiting):
            if version <= watermark or waiting[version].delivery.previous == watermark:
                return waiting.pop(version)
        return None

    def waiting_deliveries(self) -> list[Delivery]:
        return [parked.delivery for waiting in self._waiting.values() for parked in waiting.values()]

    def moves(self) -> list[tuple[str, int, int]]:
        """(stream, version found, version reached) of each stream that moved, sorted by stream."""
        return sorted(
            (stream, self._found.get(stream, 0), version)
            for stream, version in self._now.items()
            if version != self._found.get(stream, 0)
        )
