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


@dataclass(frozen=True, slots=True)
class Delivery:
    """One record. `poison` says why it is none of ours; else `stream` (`<service>/<subject>`), `version`, `envelope` are set.

    `previous` is the version of the stream's published event before it, 0 before the first.
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


def decode(record: ConsumerRecord[bytes, bytes]) -> Delivery:
    """The delivery that a record is."""
    return decode_parts((record.topic, record.partition, record.offset), record.key, record.value, record.headers)


def decode_parts(
    place: Place, key: bytes | None, value: bytes | None, headers: Sequence[tuple[str, bytes]]
) -> Delivery:
    """The same for a record that was kept in the table of parked ones."""

    def poison(why: str) -> Delivery:
        return Delivery(place, key, value, headers, poison=why)

    if value is None:
        return poison("the record has no value")
    if key is None:
        return poison("the record has no key")
    try:
        envelope = orjson.loads(value)
    except orjson.JSONDecodeError as error:
        return poison(f"the value is not JSON: {error}")
    if not isinstance(envelope, dict) or envelope.get("specversion") != "1.0":
        return poison("the value is no CloudEvent 1.0")
    source, subject, version = envelope.get("source"), envelope.get("subject"), envelope.get("streamversion")
    previous, type_name = envelope.get("prevversion", 0), envelope.get("type")
    if not (isinstance(source, str) and source.startswith("/nexa/") and isinstance(subject, str)):
        return poison("source or subject is missing")
    if not (isinstance(version, int) and isinstance(previous, int) and 0 <= previous < version):
        return poison(f"streamversion {version!r} after prevversion {previous!r} is no place in a stream")
    if not isinstance(type_name, str) or not subject.endswith(key.decode(errors="replace")):
        return poison("the type is missing, or the key is not the subject's id")
    return Delivery(
        place,
        key,
        value,
        headers,
        stream=f"{source[6:]}/{subject}",
        version=version,
        previous=previous,
        type=type_name,
        traceparent=envelope.get("traceparent"),
        envelope=envelope,
    )


def fact_of(delivery: Delivery, model: type[Event]) -> Recorded:
    """The fact in a delivery that is not poison. Raises ValueError or KeyError where it does not fit the model."""
    envelope = delivery.envelope
    if envelope is None:
        raise ValueError("poison holds no fact")
    return Recorded(
        stream=envelope["subject"],
        source=envelope["source"],
        version=delivery.version,
        previous=envelope.get("prevversion"),
        type=delivery.type,
        event=model.model_validate(envelope["data"]),
        time=datetime.fromisoformat(envelope["time"]),
        recorded_at=datetime.fromisoformat(envelope["recordedtime"]),
        actor=envelope["actor"],
        correlation_id=envelope["correlationid"],
        causation_id=envelope.get("causationid"),
        traceparent=delivery.traceparent,
    )
