"""Events as text: in the store's columns, and as the record that stands for them on a topic."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from nexa_chassis.domain import AnyAggregate, Recorded, Refused
from nexa_chassis.origin import Origin
from nexa_contracts.envelope import Event, event_name

RECORD_LIMIT = 900_000
"""Largest value of a record in bytes; the broker's own limit is 1 MiB, and headers need room too."""

EVENT_COLUMNS = "position, stream, version, type, published, data::text, meta::text, recorded_at"
"""What to select from `events`, in the order of `EventRow`'s fields."""

_ENVELOPE_ROOM = 2_048


class UnknownEventType(Exception):
    """The store holds an event whose type this version of the service has no model for."""


@dataclass(frozen=True, slots=True)
class EventRow:
    """One row of `events`, with `data` and `meta` as the text that was written."""

    position: int
    stream: str
    version: int
    type: str
    published: bool
    data: str
    meta: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Record:
    """An event as it travels: the topic, the key that keeps a stream in one partition, the CloudEvent, its attributes."""

    topic: str
    key: bytes
    value: bytes
    headers: list[tuple[str, bytes]]


@dataclass(frozen=True, slots=True)
class EventKind:
    """How a class of events is written by this service: its type's name, and whether the world may know it."""

    type: str
    published: bool


class EventCodec:
    """Turns the events of one service into text and back; the tables are made once, from the service's aggregates."""

    def __init__(self, service: str, aggregates: Iterable[AnyAggregate]) -> None:
        self.service = service
        self.source = f"/nexa/{service}"
        self._kinds: dict[type[Event], EventKind] = {}
        self._models: dict[str, type[Event]] = {}
        self._topics: dict[str, str] = {}
        for aggregate in aggregates:
            published = aggregate.topic.events if aggregate.topic else ()
            if aggregate.topic is not None:
                self._topics[aggregate.name] = aggregate.topic.name
            for model in aggregate.events:
                self._register(model, published=model in published)

    def _register(self, model: type[Event], *, published: bool) -> None:
        kind = EventKind(f"nexa.{self.service}.{event_name(model)}.v{model.schema_version}", published)
        known = self._models.setdefault(kind.type, model)
        if known is not model or self._kinds.setdefault(model, kind) != kind:
            raise TypeError(f"Two events of {self.service} share the type {kind.type}: {known!r} and {model!r}.")

    def kind_of(self, model: type[Event]) -> EventKind:
        """Raises TypeError for an event that no aggregate of the service lists."""
        try:
            return self._kinds[model]
        except KeyError:
            raise TypeError(
                f"{model.__name__} is no event of {self.service}: list it in the topic or in `private` of its aggregate."
            ) from None

    def types_of(self, models: Iterable[type[Event]]) -> list[str]:
        """The type names of those models that are this service's own."""
        return [self._kinds[model].type for model in models if model in self._kinds]

    def encode(self, event: Event) -> str:
        """The event's data as JSON. A value that is not of its field's type is an error here, never on the reader's side."""
        return event.model_dump_json(warnings="error")

    def decode(self, type_name: str, data: str | bytes) -> Event:
        """The event that this text stands for; raises `UnknownEventType`, or pydantic's ValidationError."""
        return self.decoder(type_name)(data)

    def decoder(self, type_name: str) -> Callable[[str | bytes], Event]:
        """What decodes events of this type, without the layers above pydantic-core that a call for each event would pay."""
        model = self._models.get(type_name)
        if model is None:
            raise UnknownEventType(
                f"{self.source} has no model for the stored type {type_name}; keep a model for every type ever recorded."
            )
        return model.__pydantic_validator__.validate_json

    def meta(self, origin: Origin, now: datetime, previous: int | None) -> str:
        """What is recorded beside the data, in the order that `record_of` and `recorded` expect."""
        return orjson.dumps(
            {
                "time": (origin.time or now).astimezone(UTC).isoformat(),
                "actor": origin.actor,
                "correlation": origin.correlation_id,
                "causation": origin.causation_id,
                "traceparent": origin.traceparent,
                "previous": previous,
            }
        ).decode()

    def recorded(self, row: EventRow, event: Event | None = None) -> Recorded:
        """The fact a row stands for; `event` where the caller has decoded it already."""
        meta = orjson.loads(row.meta)
        return Recorded(
            stream=row.stream,
            source=self.source,
            version=row.version,
            previous=meta["previous"],
            type=row.type,
            event=self.decode(row.type, row.data) if event is None else event,
            time=datetime.fromisoformat(meta["time"]),
            recorded_at=row.recorded_at.astimezone(UTC),
            actor=meta["actor"],
            correlation_id=meta["correlation"],
            causation_id=meta["causation"],
            traceparent=meta["traceparent"],
        )

    def record_of(self, row: EventRow) -> Record:
        """The record of a published event: the same bytes each time it is asked for, today's and a republished one."""
        aggregate, key = split_stream(row.stream)
        topic = self._topics.get(aggregate)
        if topic is None or not row.published:
            raise UnknownEventType(f"Event {row.position} ({row.type} of {row.stream}) is not published on any topic.")
        attributes = _attributes(row, self.source)
        head = orjson.dumps({**attributes, "datacontenttype": "application/json"})
        headers = [(f"ce_{name}", str(value).encode()) for name, value in attributes.items()]
        headers.append(("content-type", b"application/cloudevents+json; charset=UTF-8"))
        return Record(topic, key.encode(), b'%b,"data":%b}' % (head[:-1], row.data.encode()), headers)

    def check_size(self, row: EventRow) -> None:
        """Refuse an event whose record the broker could not take."""
        if 4 * len(row.data) + _ENVELOPE_ROOM <= RECORD_LIMIT:
            return
        size = len(row.data.encode()) + len(row.meta.encode()) + _ENVELOPE_ROOM
        if row.published and size > RECORD_LIMIT:
            raise Refused(
                f"{row.type} of {row.stream} would be {size} bytes on its topic; the limit is {RECORD_LIMIT}.",
                rule="event.size",
            )


def split_stream(stream: str) -> tuple[str, str]:
    """The aggregate and the id in a stream's name: `lead_import-<uuid>` is (`lead_import`, `<uuid>`)."""
    aggregate, _, key = stream.partition("-")
    return aggregate, key


def _attributes(row: EventRow, source: str) -> Mapping[str, Any]:
    meta = orjson.loads(row.meta)
    attributes = {
        "specversion": "1.0",
        "id": f"{row.stream}@{row.version}",
        "source": source,
        "type": row.type,
        "subject": row.stream,
        "time": meta["time"],
        "recordedtime": row.recorded_at.astimezone(UTC).isoformat(),
        "streamversion": row.version,
        "prevversion": meta["previous"],
        "correlationid": meta["correlation"],
        "causationid": meta["causation"],
        "actor": meta["actor"],
        "traceparent": meta["traceparent"],
    }
    return {name: value for name, value in attributes.items() if value is not None}
