"""Events as text and as records: strict on the way out, the same bytes every time."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import orjson
import pytest
from pydantic import ValidationError
from pydantic_core import PydanticSerializationError

from nexa_chassis.event_codec import EventCodec, EventRow, UnknownEventType
from nexa_contracts.envelope import Envelope, Event
from nexa_contracts.topics import Topic

from .shop import BasketOpened, ItemAdded, NoteTaken, basket

AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
ID = UUID(int=5)
META = '{"time":"2026-02-01T00:00:00+00:00","actor":"anna","correlation":"c","causation":null,"traceparent":null,"previous":3}'
codec = EventCodec("shop", [basket])


def row(**changes: object) -> EventRow:
    fields: dict[str, object] = {
        "position": 9,
        "stream": f"basket-{ID}",
        "version": 4,
        "type": "nexa.shop.ItemAdded.v1",
        "published": True,
        "data": codec.encode(ItemAdded(basket_id=ID, item='tea "\\" \x00 ü', amount=1)),
        "meta": META,
        "recorded_at": AT,
    }
    return EventRow(**{**fields, **changes})  # type: ignore[arg-type]


def test_what_is_encoded_is_decoded() -> None:
    event = ItemAdded(basket_id=ID, item="tea\0", amount=1)
    assert codec.decode("nexa.shop.ItemAdded.v1", codec.encode(event)) == event


def test_a_record_is_an_envelope_around_the_stored_text() -> None:
    record = codec.record_of(row())

    envelope = Envelope.model_validate_json(record.value)
    assert (record.topic, record.key) == ("nexa.shop.basket.v1", str(ID).encode())
    assert (envelope.id, envelope.source, envelope.subject) == (f"basket-{ID}@4", "/nexa/shop", f"basket-{ID}")
    assert (envelope.streamversion, envelope.prevversion, envelope.recordedtime) == (4, 3, AT)
    assert record.value.endswith(row().data.encode() + b"}")


def test_absent_attributes_are_absent_and_the_others_are_mirrored_in_headers() -> None:
    record = codec.record_of(row())
    value = orjson.loads(record.value)

    assert not {"causationid", "traceparent"} & value.keys()
    mirrored = {name.removeprefix("ce_"): text.decode() for name, text in record.headers if name.startswith("ce_")}
    assert mirrored == {name: str(value[name]) for name in value.keys() - {"data", "datacontenttype"}}


def test_the_record_is_the_same_whatever_the_sessions_time_zone_is() -> None:
    elsewhere = row(recorded_at=AT.astimezone(datetime.fromisoformat("2026-01-01T00:00:00+05:00").tzinfo))
    assert codec.record_of(elsewhere) == codec.record_of(row())


def test_a_private_event_has_no_record() -> None:
    with pytest.raises(UnknownEventType, match="is not published"):
        codec.record_of(row(type="nexa.shop.NoteTaken.v1", published=False))


def test_a_value_of_the_wrong_type_is_an_error_of_the_producer() -> None:
    wrong = BasketOpened.model_construct(basket_id=ID, owner=7)  # type: ignore[arg-type]
    with pytest.raises(PydanticSerializationError):
        codec.encode(wrong)


def test_an_unknown_type_and_data_that_does_not_fit_are_errors_that_name_what_is_wrong() -> None:
    with pytest.raises(UnknownEventType, match=r"no model for the stored type nexa\.shop\.Gone\.v1"):
        codec.decode("nexa.shop.Gone.v1", "{}")
    with pytest.raises(ValidationError, match="amount"):
        codec.decode("nexa.shop.ItemAdded.v1", f'{{"basket_id":"{ID}","item":"tea"}}')


def test_fields_a_later_version_has_added_are_passed_over() -> None:
    assert codec.decode("nexa.shop.NoteTaken.v1", '{"note":"n","colour":"red"}') == NoteTaken(note="n")


def test_two_models_of_one_type_are_an_error_when_the_service_starts() -> None:
    class Other(Event):
        pass

    Other.__name__ = "NoteTaken"
    with pytest.raises(TypeError, match=r"share the type nexa\.shop\.NoteTaken\.v1"):
        EventCodec("shop", [basket, replace(basket, name="other", topic=Topic("shop", "other", "id", (Other,)))])
