"""States that this process has folded already, so that a load reads only what was appended since.

A stream only ever grows and its state is a pure fold of it, so what is kept is never wrong, at most behind. Nothing is
written for it: a lost cache costs one full read of the stream. (Why not state rows: docs/decisions/state_cache.md.)
"""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Head:
    """A stream up to a version: its state there, and the version of its last published event (None before the first)."""

    state: Any
    version: int
    published: int | None


class StateCache:
    """The heads used last, up to `capacity` of them; 0 keeps none."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._heads: OrderedDict[str, Head] = OrderedDict()

    def get(self, stream: str) -> Head | None:
        head = self._heads.get(stream)
        if head is not None:
            self._heads.move_to_end(stream)
        return head

    def put(self, stream: str, head: Head) -> None:
        """Keep the head unless a later one is known; two loads of one stream may end in either order."""
        known = self._heads.get(stream)
        if known is not None and known.version > head.version:
            return
        self._heads[stream] = head
        self._heads.move_to_end(stream)
        if len(self._heads) > self._capacity:
            self._heads.popitem(last=False)

    def forget(self, stream: str) -> None:
        self._heads.pop(stream, None)
