"""The AsyncAPI 3.0 document of all topics: a channel per topic, a message per event, who sends it and who receives it."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic.json_schema import models_json_schema

from nexa_contracts.envelope import Envelope, Event, event_name
from nexa_contracts.examples import EXAMPLES
from nexa_contracts.publishing.json_schemas import Schema, published
from nexa_contracts.topics import ALL_TOPICS, Topic

CONTENT_TYPE = "application/cloudevents+json"
REFERENCE = "#/components/schemas/{model}"


def document(version: str, consumers: Mapping[str, Sequence[str]]) -> Schema:
    """`consumers`: the names of the consumers of each type, `<service>.<reaction or read model>`."""
    references, schemas = _schemas()
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Nexa CRM events",
            "version": version,
            "description": "CloudEvents 1.0 in structured JSON, attributes mirrored as `ce_` headers. The record's key is "
            "the aggregate's id, so the events of one aggregate stay in order. Topics keep everything.",
        },
        "defaultContentType": CONTENT_TYPE,
        "channels": {topic.name: _channel(topic) for topic in ALL_TOPICS},
        "operations": {**_sends(), **_receives(consumers)},
        "components": {
            "schemas": schemas,
            "messages": {name: _message(name, topic, model, references) for name, topic, model in published()},
        },
    }


def _channel(topic: Topic) -> Schema:
    return {
        "address": topic.name,
        "description": f"The published events of {topic.service}'s {topic.aggregate.replace('_', ' ')}s.",
        "messages": {
            topic.type_of(model): {"$ref": f"#/components/messages/{topic.type_of(model)}"} for model in topic.events
        },
        "bindings": {
            "kafka": {"topic": topic.name, "topicConfiguration": {"cleanup.policy": ["delete"], "retention.ms": -1}}
        },
    }


def _message(type_name: str, topic: Topic, model: type[Event], references: Mapping[type, Schema]) -> Schema:
    return {
        "name": type_name,
        "title": event_name(model),
        "summary": (model.__doc__ or "").strip().splitlines()[0],
        "contentType": CONTENT_TYPE,
        "payload": {
            "allOf": [
                references[Envelope],
                {
                    "type": "object",
                    "properties": {
                        "type": {"const": type_name},
                        "source": {"const": f"/nexa/{topic.service}"},
                        "data": references[model],
                    },
                },
            ]
        },
        "bindings": {"kafka": {"key": {"type": "string", "format": "uuid", "description": f"`data.{topic.key}`"}}},
        "examples": [{"name": event_name(model), "payload": {"data": EXAMPLES[model].model_dump(mode="json")}}],
    }


def _sends() -> Schema:
    return {
        f"{topic.service}.{topic.aggregate}.send": {
            "action": "send",
            "channel": _reference("channels", topic.name),
            "summary": f"{topic.service} publishes what happened to a {topic.aggregate.replace('_', ' ')}.",
        }
        for topic in ALL_TOPICS
    }


def _receives(consumers: Mapping[str, Sequence[str]]) -> Schema:
    operations: dict[str, Any] = {}
    for topic in ALL_TOPICS:
        handled: dict[str, list[str]] = {}
        for type_name in map(topic.type_of, topic.events):
            for consumer in consumers.get(type_name, ()):
                handled.setdefault(consumer, []).append(type_name)
        for consumer, types in sorted(handled.items()):
            operations[f"{consumer}.receive.{topic.aggregate}"] = {
                "action": "receive",
                "channel": _reference("channels", topic.name),
                "messages": [
                    {"$ref": f"#/channels/{_escaped(topic.name)}/messages/{_escaped(name)}"} for name in types
                ],
            }
    return operations


def _schemas() -> tuple[Mapping[type, Schema], Schema]:
    """Where each model's schema is, and the schemas; models of one name in two services get longer names."""
    models: list[Any] = [(Envelope, "validation"), *((model, "validation") for _, _, model in published())]
    references, definitions = models_json_schema(models, ref_template=REFERENCE)
    found = {model: dict(reference) for (model, _), reference in references.items()}
    return found, dict(sorted(definitions["$defs"].items()))


def _reference(section: str, name: str) -> Schema:
    return {"$ref": f"#/{section}/{_escaped(name)}"}


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
