"""The page that says of each event who owns it, where it travels, who reacts, what is personal in it, and shows one."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from nexa_contracts.envelope import Event, event_name
from nexa_contracts.examples import ENVELOPE, EXAMPLES
from nexa_contracts.publishing.json_schemas import Schema, personal_paths, resolved, schema_of, schemas
from nexa_contracts.topics import ALL_TOPICS, Topic

HEAD = """# Events

Generated from `contracts`; change the models and run `python contracts/tools/generate.py`.

Each event is a CloudEvent 1.0 in structured JSON on the topic of its aggregate; the record's key is the aggregate's id, so
the events of one aggregate stay in order. Its schema is `contracts/schemas/<type>.json`; `contracts/asyncapi.json` holds all
topics together. Readers pass over fields and types they do not know. Topics keep everything: a reader added later sees all
history. Personal data is marked below, and never stands in a key, a header or an id.
"""


def page(consumers: Mapping[str, Sequence[str]]) -> str:
    """`consumers`: the names of the consumers of each type, `<service>.<reaction or read model>`."""
    return "\n".join([HEAD, *_overview(), *_envelope(), *_sections(consumers), *_values()])


def _overview() -> Iterator[str]:
    yield "| owner | topic | key | events |"
    yield "|---|---|---|---|"
    for topic in ALL_TOPICS:
        events = ", ".join(f"[{event_name(model)}](#{event_name(model).lower()})" for model in topic.events)
        yield f"| {topic.service} | `{topic.name}` | `{topic.key}` | {events} |"
    yield ""


def _envelope() -> Iterator[str]:
    yield "## The envelope"
    yield ""
    yield "One record's value, a won deal:"
    yield ""
    yield from _json(ENVELOPE.model_dump(mode="json", exclude_none=True))


def _sections(consumers: Mapping[str, Sequence[str]]) -> Iterator[str]:
    for owner in dict.fromkeys(topic.service for topic in ALL_TOPICS):
        yield f"## {owner.capitalize()}"
        yield ""
        for topic in ALL_TOPICS:
            if topic.service == owner:
                for model in topic.events:
                    yield from _event(topic, model, consumers.get(topic.type_of(model), ()))


def _event(topic: Topic, model: type[Event], consumers: Sequence[str]) -> Iterator[str]:
    schema = schema_of(model, topic)
    personal = personal_paths(schema)
    yield f"### {event_name(model)}"
    yield ""
    yield schema["description"]
    yield ""
    yield f"- type `{topic.type_of(model)}`, owner {topic.service}, topic `{topic.name}`, key `{topic.key}`"
    yield f"- consumers: {', '.join(f'`{name}`' for name in consumers) or 'none yet'}"
    yield f"- personal: {', '.join(f'`{path}`' for path in personal) or 'nothing'}"
    yield ""
    yield from _fields(schema, schema)
    yield from _json(EXAMPLES[model].model_dump(mode="json"))


def _fields(schema: Schema, root: Schema) -> Iterator[str]:
    yield "| field | type | required | meaning |"
    yield "|---|---|---|---|"
    for name, part in schema["properties"].items():
        required = "yes" if name in schema.get("required", ()) else "no"
        yield f"| `{name}` | {_form(part, root)} | {required} | {part.get('description', '')} |"
    yield ""


def _values() -> Iterator[str]:
    """The values that fields of several events are made of, such as Money and Because."""
    yield "## Values"
    yield ""
    roots = schemas().values()
    found = {
        name: (value, root) for root in roots for name, value in root.get("$defs", {}).items() if "properties" in value
    }
    for name, (value, root) in sorted(found.items()):
        yield f"### {name}"
        yield ""
        yield value["description"]
        yield ""
        yield from _fields(value, root)


def _form(schema: Schema, root: Schema) -> str:
    """The type of a field in a few words: `uuid`, `list of text`, `high, medium, low`."""
    if "anyOf" in schema:
        return " or ".join(_form(branch, root) for branch in schema["anyOf"])
    if "$ref" in schema:
        target = resolved(schema, root)
        return _form({key: part for key, part in target.items() if key != "$ref"}, root)
    if "enum" in schema or "const" in schema:
        return ", ".join(f"`{json.dumps(value).strip(chr(34))}`" for value in schema.get("enum", [schema.get("const")]))
    match schema.get("type"):
        case "object" if "properties" in schema:
            return f"[{schema['title']}](#{schema['title'].lower()})"
        case "object":
            return f"map of {_form(schema.get('additionalProperties', {}), root)}"
        case "array":
            return f"list of {_form(schema.get('items', {}), root)}"
        case "string":
            return str(
                schema.get("format", "decimal" if "pattern" in schema and "\\d" in schema["pattern"] else "text")
            )
        case other:
            return str(other or "anything")


def _json(value: Any) -> Iterator[str]:
    yield "```json"
    yield json.dumps(value, indent=2, ensure_ascii=False)
    yield "```"
    yield ""
