"""The JSON Schema (2020-12) of each published event's data, for readers in any language and for the compatibility check."""

from collections.abc import Iterator
from typing import Any, TypeAlias

from nexa_contracts.envelope import Event
from nexa_contracts.examples import EXAMPLES
from nexa_contracts.topics import ALL_TOPICS, Topic

Schema: TypeAlias = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def published() -> Iterator[tuple[str, Topic, type[Event]]]:
    """Type name, topic and model of each published event, in the order of the topics."""
    for topic in ALL_TOPICS:
        for model in topic.events:
            yield topic.type_of(model), topic, model


def schema_of(model: type[Event], topic: Topic) -> Schema:
    """What a reader may rely on in the data of this event, and where it travels."""
    schema = model.model_json_schema()
    return {
        "$schema": DIALECT,
        "$id": f"urn:nexa:event:{topic.type_of(model)}",
        "title": model.__name__,
        "description": schema.pop("description", ""),
        "x-owner": topic.service,
        "x-topic": topic.name,
        "x-key": topic.key,
        **{name: part for name, part in schema.items() if name != "title"},
        "examples": [EXAMPLES[model].model_dump(mode="json")],
    }


def schemas() -> dict[str, Schema]:
    """All schemas, by type name."""
    return {type_name: schema_of(model, topic) for type_name, topic, model in published()}


def resolved(schema: Schema, root: Schema) -> Schema:
    """The schema that a local `$ref` leads to, what stands beside the reference laid over it."""
    while "$ref" in schema:
        name = schema["$ref"].removeprefix("#/$defs/")
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        schema = {**root["$defs"][name], **beside}
    return schema


def personal_paths(schema: Schema) -> list[str]:
    """The fields that hold personal data, nested ones as `because.candidates[].name`."""
    return list(_personal(schema, schema, ""))


def _personal(schema: Schema, root: Schema, path: str) -> Iterator[str]:
    schema = resolved(schema, root)
    if schema.get("x-personal"):
        yield path
        return
    for name, part in schema.get("properties", {}).items():
        yield from _personal(part, root, f"{path}.{name}" if path else name)
    for part in schema.get("anyOf", ()):
        yield from _personal(part, root, path)
    if isinstance(schema.get("items"), dict):
        yield from _personal(schema["items"], root, f"{path}[]")
    if isinstance(schema.get("additionalProperties"), dict):
        yield from _personal(schema["additionalProperties"], root, f"{path}.*")
