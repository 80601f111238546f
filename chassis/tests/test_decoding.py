"""Nothing that can stand on a topic makes decoding raise, and what is decoded is what was written."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexa_chassis.decoding import decode_parts, fact_of
from nexa_chassis.domain import Aggregate
from nexa_chassis.event_codec import EventCodec, EventRow
from nexa_chassis.origin import Origin
from nexa_contracts.envelope import Event
from nexa_contracts.topics import Topic

PLACE = ("nexa.test.note.v1", 0, 7)
NOTE = UUID(int=5)


class Noted(Event):
    note_id: UUID
    text: str


def envelope(**changes: Any) -> bytes:
    usual = {
        "specversion": "1.0",
        "id": f"note-{NOTE}@2",
        "source": "/nexa/test",
        "type": "nexa.test.Noted.v1",
        "subject": f"note-{NOTE}",
        "time": "2026-01-05T09:00:00+00:00",
        "recordedtime": "2026-01-05T09:00:01Z",
        "streamversion": 2,
        "prevversion": 1,
        "correlationid": "c",
        "actor": "a",
        "data": {"note_id": str(NOTE), "text": "hello", "later": True},
    }
    return orjson.dumps({name: value for name, value in (usual | changes).items() if value != "absent"})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)
FIELDS = st.sampled_from(
    ["specversion", "source", "subject", "type", "streamversion", "prevversion", "traceparent", "time", "actor", "data"]
)


@given(st.none() | st.binary(), st.none() | st.binary(), st.lists(st.tuples(st.text(), st.binary()), max_size=2))
def test_any_bytes_are_a_delivery(key: bytes | None, value: bytes | None, headers: list[tuple[str, bytes]]) -> None:
    assert decode_parts(PLACE, key, value, headers).poison


@given(JSON)
def test_any_json_is_a_delivery(value: Any) -> None:
    assert decode_parts(PLACE, b"k", orjson.dumps(value), ()).poison


@given(FIELDS, JSON | st.just("absent"))
def test_an_envelope_with_anything_in_a_field_is_poison_or_a_place_in_a_stream(name: str, value: Any) -> None:
    delivery = decode_parts(PLACE, str(NOTE).encode(), envelope(**{name: value}), ())
    if delivery.poison is None:
        assert delivery.stream is not None
        assert "\x00" not in delivery.stream
        assert 0 <= delivery.previous < delivery.version < 2**31
        try:
            fact_of(delivery, Noted)
        except (ValueError, KeyError, TypeError):
            return  # what the consumer counts as a failure of this key
    else:
        assert "\x00" not in delivery.poison


@given(st.text(), st.integers(1, 2**31 - 1), st.none() | st.text(min_size=1))
def test_a_record_of_the_store_decodes_to_the_fact_that_was_recorded(
    text: str, version: int, cause: str | None
) -> None:
    aggregate = Aggregate[object, None](
        name="note",
        key="note_id",
        commands=(),
        initial=None,
        evolve=lambda state, event: None,
        decide=lambda command, state, now: [],
        topic=Topic("test", "note", "note_id", (Noted,)),
    )
    codec = EventCodec("test", [aggregate])
    event = Noted(note_id=NOTE, text=text)
    now = datetime(2026, 1, 5, 9, tzinfo=UTC)
    meta = codec.meta(Origin("actor", "process", cause), now, version - 1 or None)
    row = EventRow(1, f"note-{NOTE}", version, "nexa.test.Noted.v1", True, codec.encode(event), meta, now)
    record = codec.record_of(row)
    delivery = decode_parts(PLACE, record.key, record.value, record.headers)
    assert delivery.stream == f"test/note-{NOTE}"
    assert fact_of(delivery, Noted) == codec.recorded(row)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"specversion": "0.3"}, "CloudEvent"),
        ({"source": "/elsewhere/test"}, "source"),
        ({"subject": "absent"}, "source or subject"),
        ({"type": 7}, "type"),
        ({"streamversion": True}, "streamversion"),
        ({"streamversion": 2**31}, "streamversion"),
        ({"prevversion": 2}, "prevversion"),
        ({"subject": "note-other"}, "key"),
        ({"subject": "note\x00"}, "characters"),
    ],
    ids=str,
)
def test_poison_says_what_is_wrong(changes: dict[str, Any], why: str) -> None:
    assert why in (decode_parts(PLACE, str(NOTE).encode(), envelope(**changes), ()).poison or "")


def test_a_key_that_is_only_the_end_of_the_id_is_not_the_key() -> None:
    assert decode_parts(PLACE, str(NOTE).encode()[-4:], envelope(), ()).poison


def test_a_time_without_a_zone_is_no_time() -> None:
    delivery = decode_parts(PLACE, str(NOTE).encode(), envelope(time="2026-01-05T09:00:00"), ())
    with pytest.raises(ValueError, match="zone"):
        fact_of(delivery, Noted)


def test_unknown_fields_are_ignored() -> None:
    delivery = decode_parts(PLACE, str(NOTE).encode(), envelope(extension="x"), ())
    assert fact_of(delivery, Noted).event == Noted(note_id=NOTE, text="hello")
