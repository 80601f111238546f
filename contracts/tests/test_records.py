"""The records that the services' own store makes are what the contracts promise to readers."""

import importlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from nexa_chassis.event_codec import EventCodec, EventRow
from nexa_chassis.origin import Origin
from nexa_contracts.envelope import Envelope
from nexa_contracts.examples import EXAMPLES
from nexa_contracts.topics import ALL_TOPICS, Topic

NOW = datetime(2025, 11, 15, 18, tzinfo=UTC)
SERVICES = sorted({topic.service for topic in ALL_TOPICS})


@pytest.fixture(scope="module")
def messages(contracts: Path) -> dict[str, Any]:
    """The committed AsyncAPI document."""
    document: dict[str, Any] = json.loads((contracts / "asyncapi.json").read_text())
    return document


def codec_of(service: str) -> EventCodec:
    app = importlib.import_module(f"nexa_{service}.app")
    return EventCodec(service, getattr(app, service).aggregates)


def records(service: str) -> list[tuple[Topic, str, Any]]:
    """The record of the example of each event that this service publishes, as (topic, key field's value, record)."""
    codec, made = codec_of(service), []
    for topic in (topic for topic in ALL_TOPICS if topic.service == service):
        for model in topic.events:
            event = EXAMPLES[model]
            key = str(getattr(event, topic.key))
            meta = codec.meta(Origin(actor="maria", correlation_id="a run"), NOW, 1)
            kind = codec.kind_of(model)
            row = EventRow(7, f"{topic.aggregate}-{key}", 2, kind.type, kind.published, codec.encode(event), meta, NOW)
            made.append((topic, key, codec.record_of(row)))
    return made


@pytest.mark.parametrize("service", SERVICES)
def test_every_event_of_a_service_travels_as_the_contracts_say(service: str, messages: dict[str, Any]) -> None:
    made = records(service)
    assert made
    for topic, key, record in made:
        told = json.loads(record.value)
        envelope = Envelope.model_validate_json(record.value)
        payload = messages["components"]["messages"][envelope.type]["payload"]
        Draft202012Validator({**payload, "components": messages["components"]}).validate(told)
        assert (record.topic, record.key.decode()) == (topic.name, key)
        assert envelope.id == f"{envelope.subject}@2"
        assert envelope.subject == f"{topic.aggregate}-{key}"


@pytest.mark.parametrize("service", SERVICES)
def test_no_personal_data_stands_in_a_key_or_a_header(service: str) -> None:
    personal = {
        "dana.reyes@acme.example",
        "maria.lind@nexa.example",
        "lena.ostrow@harbor.example",
        "Dana",
        "Reyes",
        "Maria Lind",
    }
    for _, _, record in records(service):
        outside = b" ".join([record.key, *(value for _, value in record.headers)]).decode()
        assert not [each for each in personal if each in outside]
