"""Several consumers of a process read the same topics, one soon after another: a record is taken apart once for all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from aiokafka import ConsumerRecord

from nexa_chassis.decoding import Delivery, Place, decode


class SharedDecoder:
    """Keeps a delivery until each reader of its topic has had it, and the latest `keep` bytes of them at most.

    `readers` are the topics of each consumer. One that is far behind takes its records apart itself. A record in a known place
    with other contents, as in a topic that was made anew, is another one.
    """

    def __init__(self, readers: Iterable[Sequence[str]], keep: int = 12_000_000) -> None:
        self._readers = Counter(topic for topics in readers for topic in set(topics))
        self._room = keep
        self._kept: dict[Place, tuple[Delivery, int]] = {}

    def decode(self, record: ConsumerRecord[bytes, bytes]) -> Delivery:
        readers = self._readers[record.topic]
        if readers <= 1:
            return decode(record)
        place = (record.topic, record.partition, record.offset)
        delivery, left = self._kept.pop(place, (None, readers))
        self._room += _size(delivery)
        if delivery is None or delivery.value != record.value or delivery.key != record.key:
            delivery, left = decode(record), readers
        if left > 1:
            self._kept[place] = delivery, left - 1
            self._room -= _size(delivery)
            while self._room < 0:
                oldest, _ = self._kept.pop(next(iter(self._kept)))
                self._room += _size(oldest)
        return delivery

    def __len__(self) -> int:
        return len(self._kept)


def _size(delivery: Delivery | None) -> int:
    return len(delivery.value or b"") if delivery is not None else 0
