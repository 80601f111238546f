"""A customer party: what it is known as, what was noted about it, and which other parties it took in.

What was noted lies in layers, oldest first: edits that people made, and the notes of each party that was merged in, which
fill what is blank. Without a merged party's layer, and without the edits made upon it, the party is what it was before.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias
from uuid import UUID

from nexa_contracts.envelope import Event
from nexa_contracts.success import (
    CustomerProfileChanged,
    FieldConflict,
    IdentitiesMerged,
    IdentitiesUnmerged,
    IdentityLinked,
    Member,
    MergedAway,
    SplitOff,
)
from nexa_success.identity.events import ConflictSettled, PartNoted

PROFILE_FIELDS = ("display_name", "segment", "website", "notes")


@dataclass(frozen=True)
class Edit:
    """What somebody changed; an empty text blanks the field."""

    changes: Mapping[str, str]


@dataclass(frozen=True)
class Part:
    """A party that was merged in, with what is noted about it by itself."""

    merged_id: UUID
    fields: Mapping[str, str]
    members: tuple[Member, ...] = ()


Layers: TypeAlias = tuple[Edit | Part, ...]


@dataclass(frozen=True)
class LeftOver:
    """An edit that an undone merge left over and nobody has placed yet."""

    merged_id: UUID
    conflict: FieldConflict


@dataclass(frozen=True)
class NoParty:
    """Nothing is linked to it yet."""


@dataclass(frozen=True)
class Party:
    """A customer by itself."""

    members: tuple[Member, ...]
    layers: Layers = ()
    left_over: tuple[LeftOver, ...] = field(default=())


@dataclass(frozen=True)
class PartOf:
    """Goes on as part of another party; `was` is what it is again when the merge is undone."""

    into: UUID
    was: Party


Identity: TypeAlias = NoParty | Party | PartOf


def evolve(state: Identity, event: Event) -> Identity:
    match state, event:
        case NoParty(), IdentityLinked(member=member):
            return Party((member,))
        case Party(), MergedAway(into=into):
            return PartOf(into, state)
        case PartOf(was=was), SplitOff():
            return was
        case Party(), _:
            return _evolve_party(state, event)
        case PartOf(was=was), _:
            return replace(state, was=_evolve_party(was, event))
        case _:
            return state


def _evolve_party(party: Party, event: Event) -> Party:
    match event:
        case IdentityLinked(member=member):
            return replace(party, members=(*party.members, member))
        case CustomerProfileChanged(fields=fields, changed=changed):
            known = noted(party.layers)
            edited = {name: fields.get(name, "") for name in changed if fields.get(name) != known.get(name)}
            return replace(party, layers=(*party.layers, Edit(edited))) if edited else party
        case IdentitiesMerged(merged_id=merged_id, fields=fields, members=members):
            known = noted(party.layers)
            brought = {name: value for name, value in fields.items() if name not in known}
            return replace(party, layers=(*party.layers, Part(merged_id, brought, members)))
        case PartNoted(merged_id=merged_id, fields=fields):
            return replace(party, layers=with_part_noted(party.layers, merged_id, fields))
        case IdentitiesUnmerged(merged_id=merged_id, conflicts=conflicts):
            left_over = tuple(LeftOver(merged_id, conflict) for conflict in conflicts)
            layers = without(party.layers, merged_id)
            return replace(party, layers=layers, left_over=_apart(party.left_over, left_over))
        case ConflictSettled(merged_id=merged_id, field=name):
            left = (each for each in party.left_over if (each.merged_id, each.conflict.field) != (merged_id, name))
            return replace(party, left_over=tuple(left))
        case _:
            return party


def _apart(known: Iterable[LeftOver], new: tuple[LeftOver, ...]) -> tuple[LeftOver, ...]:
    """One for each split-off party and field: the latest."""
    replaced = {(each.merged_id, each.conflict.field) for each in new}
    return (*(each for each in known if (each.merged_id, each.conflict.field) not in replaced), *new)


def noted(layers: Layers) -> dict[str, str]:
    """The fields as they read: edits overrule, merged parties fill what is blank. Blank fields are left out."""
    fields: dict[str, str] = {}
    for layer in layers:
        match layer:
            case Edit(changes=changes):
                fields |= changes
                fields = {name: value for name, value in fields.items() if value}
            case Part(fields=brought):
                fields = {**brought, **fields}
    return {name: fields[name] for name in PROFILE_FIELDS if name in fields}


def place_of(layers: Layers, merged_id: UUID) -> int | None:
    """Where the merged party's layer lies; None if it is no part."""
    places = (place for place, layer in enumerate(layers) if isinstance(layer, Part) and layer.merged_id == merged_id)
    return next(places, None)


def without(layers: Layers, merged_id: UUID) -> Layers:
    """The layers as if it had never been merged: its own is gone, and the edits made upon it."""
    place = place_of(layers, merged_id)
    if place is None:
        return layers
    return (*layers[:place], *_parts(layers[place + 1 :]))


def unedited(layers: Layers, merged_id: UUID) -> Layers:
    """The layers without the edits made since it was merged."""
    place = place_of(layers, merged_id)
    if place is None:
        return layers
    return (*layers[: place + 1], *_parts(layers[place + 1 :]))


def with_part_noted(layers: Layers, merged_id: UUID, fields: Mapping[str, str]) -> Layers:
    """The layers with this noted about the merged party."""
    return tuple(
        replace(layer, fields=fields) if isinstance(layer, Part) and layer.merged_id == merged_id else layer
        for layer in layers
    )


def _parts(layers: Layers) -> Layers:
    return tuple(layer for layer in layers if isinstance(layer, Part))


def members_with_parts(party: Party) -> tuple[Member, ...]:
    """The records it is known by, its parts' as they were when they were merged."""
    parts = (layer for layer in party.layers if isinstance(layer, Part))
    return (*party.members, *(member for part in parts for member in part.members))
