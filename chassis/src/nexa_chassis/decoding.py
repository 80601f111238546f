"""A record off a topic, taken apart as far as it can be. Nothing here raises: what cannot be read is *poison*, and says why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

import orjson
from aiokafka import ConsumerRecord

from nexa_chassis.domain import Recorded
from nexa_contracts.envelope import Event

Place: TypeAlias = tuple[str, int, int]
"""Topic, partition, offset."""

_GREATEST_VERSION = 2**31 - 1
"""What the column of a version can hold."""


@dataclass(slots=True)
class Delivery:
    """One record. `poison` says why it is none of ours; else `stream` (`<service>/<subject>`), `version`, `envelope` are set.

    `previous` is the version of the stream's published event before it, 0 before the first. `fact` is what `fact_of` made of
    it, for the next consumer that asks. Not frozen: one is made for every record, and a frozen one takes three times as long
    to make.
    """

    place: Place
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]
    poison: str | None = None
    stream: str | None = None
    version: int = 0
    previous: int = 0
    type: str = ""
    traceparent: str | None = None
    envelope: Mapping[str, Any] | None = None
    fact: Recorded | None = None


def decode(record: ConsumerRecord[bytes, bytes]) -> Delivery:
    """The delivery that a record is."""
    return decode_parts((record.topic, record.partition, record.offset), record.key, record.value, record.headers)


def decode_parts(
    place: Place, key: bytes | None, value: bytes | None, headers: Sequence[tuple[str, bytes]]
) -> Delivery:
    """The same for a record that was kept in the table of parked ones."""
    if value is None:
        return Delivery(place, key, value, headers, "the record has no value")
    if not key:
        return Delivery(place, key, value, headers, "the record has no key")
    try:
        envelope = orjson.loads(value)
    except orjson.JSONDecodeError as error:
        return Delivery(place, key, value, headers, f"the value is not JSON: {error}")
    poison = _what_is_wrong(envelope, key)
    if poison is not None:
        return Delivery(place, key, value, headers, poison)
    source: str = envelope["source"]
    return Delivery(
        place,
        key,
        value,
        headers,
        None,
        f"{source[6:]}/{envelope['subject']}",
        envelope["streamversion"],
        envelope.get("prevversion") or 0,
        envelope["type"],
        envelope.get("traceparent"),
        envelope,
    )


def _what_is_wrong(envelope: Any, key: bytes) -> str | None:
    """Why this is no place in a stream of ours, None if it is one."""
    if type(envelope) is not dict or envelope.get("specversion") != "1.0":
        return "the value is no CloudEvent 1.0"
    source, subject, type_name = envelope.get("source"), envelope.get("subject"), envelope.get("type")
    if type(source) is not str or not source.startswith("/nexa/") or type(subject) is not str or not subject:
        return "source or subject is missing"
    if type(type_name) is not str:
        return "the type is missing"
    if not subject.isprintable() or not source.isprintable():
        return "source or subject holds characters that a name cannot have"
    version, previous = envelope.get("streamversion"), envelope.get("prevversion") or 0
    if type(version) is not int or type(previous) is not int or not 0 <= previous < version <= _GREATEST_VERSION:
        return f"streamversion {version!r} after prevversion {previous!r} is no place in a stream"
    if not subject.encode().endswith(b"-" + key):
        return "the key is not the subject's id"
    traceparent = envelope.get("traceparent")
    if traceparent is not None and type(traceparent) is not str:
        return "traceparent is no text"
    return None


def fact_of(delivery: Delivery, model: type[Event]) -> Recorded:
    """The fact in a delivery that is not poison. Raises ValueError or KeyError where it does not fit the model."""
    if delivery.fact is not None and type(delivery.fact.event) is model:
        return delivery.fact
    envelope = delivery.envelope
    if envelope is None:
        raise ValueError("poison holds no fact")
    delivery.fact = Recorded(
        envelope["subject"],
        envelope["source"],
        delivery.version,
        envelope.get("prevversion"),
        delivery.type,
        model.model_validate(envelope["data"]),
        _time(envelope["time"]),
        _time(envelope["recordedtime"]),
        _text(envelope["actor"]),
        _text(envelope["correlationid"]),
        _text(envelope.get("causationid") or "") or None,
        delivery.traceparent,
    )
    return delivery.fact


def _time(text: str) -> datetime:
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError(f"the time {text!r} has no zone")
    return time


def _text(value: object) -> str:
    if type(value) is not str:
        raise ValueError(f"{value!r} stands where a text is expected")
    return value
