"""What several consumers of a process read is taken apart once, and is kept no longer than somebody is still to have it."""

from collections.abc import Sequence
from uuid import UUID

import orjson
from aiokafka import ConsumerRecord

from nexa_chassis.decoding import fact_of
from nexa_chassis.shared_decoding import SharedDecoder
from nexa_contracts.envelope import Event

NOTES, LISTS = "nexa.test.note.v1", "nexa.test.list.v1"
NOTE = UUID(int=5)


class Noted(Event):
    text: str


class NotedOtherwise(Event):
    text: str


def record(offset: int, text: str = "hello", topic: str = NOTES) -> ConsumerRecord[bytes, bytes]:
    value = orjson.dumps(
        {
            "specversion": "1.0",
            "source": "/nexa/test",
            "type": "nexa.test.Noted.v1",
            "subject": f"note-{NOTE}",
            "time": "2026-01-05T09:00:00Z",
            "recordedtime": "2026-01-05T09:00:01Z",
            "streamversion": offset + 1,
            "correlationid": "c",
            "actor": "a",
            "data": {"text": text},
        }
    )
    headers: Sequence[tuple[str, bytes]] = (("ce_type", b"nexa.test.Noted.v1"),)
    return ConsumerRecord(topic, 0, offset, 0, 0, str(NOTE).encode(), value, None, 36, len(value), headers)


def test_each_reader_of_a_topic_gets_the_same_delivery_and_then_it_is_forgotten() -> None:
    decoder = SharedDecoder([[NOTES, LISTS], [NOTES], [NOTES]])
    first = decoder.decode(record(0))
    assert fact_of(first, Noted) is fact_of(first, Noted)
    assert decoder.decode(record(0)) is first
    assert len(decoder) == 1
    assert decoder.decode(record(0)) is first
    assert len(decoder) == 0


def test_what_one_consumer_alone_reads_is_not_kept() -> None:
    decoder = SharedDecoder([[NOTES, LISTS], [NOTES]])
    assert decoder.decode(record(0, topic=LISTS)) is not decoder.decode(record(0, topic=LISTS))
    assert len(decoder) == 0


def test_another_record_in_the_same_place_is_another_one() -> None:
    decoder = SharedDecoder([[NOTES], [NOTES]])
    before = decoder.decode(record(0, "before the topic was made anew"))
    after = decoder.decode(record(0, "after"))
    assert (fact_of(before, Noted).event.text, fact_of(after, Noted).event.text) == (  # type: ignore[attr-defined]
        "before the topic was made anew",
        "after",
    )
    assert decoder.decode(record(0, "after")) is after


def test_a_reader_that_is_far_behind_costs_no_more_than_the_latest_records() -> None:
    decoder = SharedDecoder([[NOTES], [NOTES]], keep=10 * len(record(10).value))
    made = [decoder.decode(record(offset)) for offset in range(10, 50)]
    assert len(decoder) == 10
    assert decoder.decode(record(49)) is made[-1]
    assert decoder.decode(record(10)) is not made[0]
    decoder.decode(record(50, "long" * 1_000))
    assert len(decoder) == 0, "one that has no room alone is not kept"


def test_a_consumer_that_knows_the_type_by_another_model_gets_its_own() -> None:
    delivery = SharedDecoder([[NOTES], [NOTES]]).decode(record(0))
    assert isinstance(fact_of(delivery, Noted).event, Noted)
    assert isinstance(fact_of(delivery, NotedOtherwise).event, NotedOtherwise)
