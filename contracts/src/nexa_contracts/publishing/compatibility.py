"""Can readers and writers of two versions of a schema live side by side? Judged as closed writer, open reader.

A writer writes what its schema names and nothing else; a reader passes over what it does not know. Whatever either version
may write, the other must be able to read (full compatibility), and that holds against every release, not only the last
(transitive). What follows: an optional field may be added or removed; a field that is required on one side only, another
type, another set of enum values, another limit breaks one of the two directions and needs a new event version.

Of JSON Schema this knows what pydantic writes for event models; any other keyword counts as a difference if it differs.
"""

from collections.abc import Iterator
from typing import Any

from nexa_contracts.publishing.json_schemas import Schema, resolved

ANNOTATIONS = frozenset(
    {"title", "description", "examples", "default", "deprecated", "$defs", "$id", "$schema", "x-owner", "x-personal"}
)
"""Keywords that say nothing about which data is valid."""

COMPARED_APART = frozenset(
    {"properties", "required", "items", "prefixItems", "additionalProperties", "anyOf", "enum", "const"}
)


def breaks(old: Schema, new: Schema) -> list[str]:
    """What keeps one of the two from reading what the other writes, one sentence each; empty if nothing does."""
    return list(_differences(old, new, old, new, "the event"))


def renames(last: Schema, new: Schema) -> list[str]:
    """Optional fields that went while another of the same kind came: in one step, that reads like a rename.

    Readers of the old name would silently get nothing. Add the new field in one release, remove the old in a later one.
    """
    gone = _optional_fields(last) - _optional_fields(new)
    come = _optional_fields(new) - _optional_fields(last)
    return [
        f"{before} looks renamed to {after}: add {after} in one release and remove {before} in a later one"
        for before in sorted(gone)
        for after in sorted(come)
        if not breaks(_field(last, before), _field(new, after))
    ]


def _optional_fields(schema: Schema) -> set[str]:
    return set(schema.get("properties", {})) - set(schema.get("required", ()))


def _field(schema: Schema, name: str) -> Schema:
    return {**schema["properties"][name], "$defs": schema.get("$defs", {})}


def _differences(old: Schema, new: Schema, old_root: Schema, new_root: Schema, where: str) -> Iterator[str]:
    old, new = resolved(old, old_root), resolved(new, new_root)
    if "anyOf" in old or "anyOf" in new:
        yield from _alternatives(old, new, old_root, new_root, where)
        return
    if _values(old) != _values(new):
        yield f"{where}: the allowed values were {_shown(_values(old))} and are {_shown(_values(new))}"
    for keyword in sorted((set(old) | set(new)) - ANNOTATIONS - COMPARED_APART):
        if old.get(keyword) != new.get(keyword):
            yield f"{where}: {keyword} was {_shown(old.get(keyword))} and is {_shown(new.get(keyword))}"
    yield from _objects(old, new, old_root, new_root, where)
    yield from _elements(old, new, old_root, new_root, where)


def _objects(old: Schema, new: Schema, old_root: Schema, new_root: Schema, where: str) -> Iterator[str]:
    required_before, required_now = set(old.get("required", ())), set(new.get("required", ()))
    before, now = old.get("properties", {}), new.get("properties", {})
    for name in sorted(required_now - required_before):
        if name in before:
            yield f"{where}: {name} was optional and is required"
        else:
            yield f"{where}: required field {name} was added"
    for name in sorted(required_before - required_now):
        if name in now:
            yield f"{where}: {name} was required and is optional"
        else:
            yield f"{where}: required field {name} was removed"
    for name in sorted(set(before) & set(now)):
        yield from _differences(before[name], now[name], old_root, new_root, f"{where}.{name}")
    yield from _parts(
        old.get("additionalProperties", True), new.get("additionalProperties", True), old_root, new_root, f"{where}.*"
    )


def _elements(old: Schema, new: Schema, old_root: Schema, new_root: Schema, where: str) -> Iterator[str]:
    yield from _parts(old.get("items", True), new.get("items", True), old_root, new_root, f"{where}[]")
    before, now = old.get("prefixItems", ()), new.get("prefixItems", ())
    if len(before) != len(now):
        yield f"{where}: had {len(before)} elements and has {len(now)}"
        return
    for index, (one, other) in enumerate(zip(before, now, strict=True)):
        yield from _differences(one, other, old_root, new_root, f"{where}[{index}]")


def _parts(old: Schema | bool, new: Schema | bool, old_root: Schema, new_root: Schema, where: str) -> Iterator[str]:
    if isinstance(old, dict) and isinstance(new, dict):
        yield from _differences(old, new, old_root, new_root, where)
    elif old != new:
        yield f"{where}: was {_shown(old)} and is {_shown(new)}"


def _alternatives(old: Schema, new: Schema, old_root: Schema, new_root: Schema, where: str) -> Iterator[str]:
    before = {_name(branch): branch for branch in _branches(old, old_root)}
    now = {_name(branch): branch for branch in _branches(new, new_root)}
    for name in sorted(set(before) - set(now)):
        yield f"{where}: could be {name} and no longer can"
    for name in sorted(set(now) - set(before)):
        yield f"{where}: can be {name} and could not"
    for name in sorted(set(now) & set(before)):
        yield from _differences(before[name], now[name], old_root, new_root, where)


def _branches(schema: Schema, root: Schema) -> list[Schema]:
    return [resolved(branch, root) for branch in schema.get("anyOf", [schema])]


def _values(schema: Schema) -> list[str] | None:
    """The closed set of values, in an order that does not matter; None where there is none."""
    if "const" in schema:
        return [repr(schema["const"])]
    return sorted(map(repr, schema["enum"])) if "enum" in schema else None


def _name(schema: Schema) -> str:
    """What tells one alternative from another: the class it was written as, else its form."""
    if "properties" in schema or "enum" in schema:
        return str(schema.get("title", "object"))
    return str(schema.get("format") or schema.get("type") or "anything")


def _shown(value: Any) -> str:
    match value:
        case None:
            return "open"
        case list():
            return ", ".join(map(str, value))
        case dict():
            return _name(value)
        case _:
            return str(value)
