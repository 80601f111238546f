"""Which records are one customer, what is noted about it, and which customers turned out to be one, or two after all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias, assert_never
from uuid import UUID

from nexa_chassis.domain import NotFound, Refused
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
from nexa_success.identity.state import (
    PROFILE_FIELDS,
    Identity,
    Layers,
    NoParty,
    PartOf,
    Party,
    noted,
    place_of,
    unedited,
    with_part_noted,
    without,
)

CHANGED_MEANWHILE = "party.changed"


@dataclass(frozen=True)
class LinkMember:
    """A record is known to belong to the party."""

    party_id: UUID
    member: Member


@dataclass(frozen=True)
class NoteProfile:
    """Somebody notes this about the customer; an empty text blanks a field, fields that are not named stay."""

    party_id: UUID
    changes: Mapping[str, str]


@dataclass(frozen=True)
class DismissConflict:
    """The edit that an undone merge left over is not needed."""

    party_id: UUID
    field: str


@dataclass(frozen=True)
class TakeIn:
    """The merged party, with these records and notes, goes on as part of this one. Comes with its `BecomePart`."""

    party_id: UUID
    merged_id: UUID
    members: tuple[Member, ...]
    fields: Mapping[str, str]
    reason: str


@dataclass(frozen=True)
class BecomePart:
    """This party goes on as part of `into`, which was told that it is known by `members` and noted as `fields`.

    `belongs_to`: the party that its own record is linked to by now, if that is another.
    """

    party_id: UUID
    into: UUID
    members: tuple[Member, ...]
    fields: Mapping[str, str]
    belongs_to: UUID | None = None


@dataclass(frozen=True)
class TakeOut:
    """The merged party is by itself again; `leaves` is what the party above was told that this leaves here."""

    party_id: UUID
    merged_id: UUID
    reason: str
    leaves: Mapping[str, str]


@dataclass(frozen=True)
class NotePart:
    """A part of this party is noted otherwise by now; `leaves` is what the party above was told that this leaves here."""

    party_id: UUID
    merged_id: UUID
    fields: Mapping[str, str]
    leaves: Mapping[str, str]


@dataclass(frozen=True)
class LeaveParty:
    """This party is by itself again. Comes with its `TakeOut`."""

    party_id: UUID
    was_in: UUID


Command: TypeAlias = LinkMember | NoteProfile | DismissConflict | TakeIn | BecomePart | TakeOut | NotePart | LeaveParty
COMMANDS = (LinkMember, NoteProfile, DismissConflict, TakeIn, BecomePart, TakeOut, NotePart, LeaveParty)


def decide(command: Command, state: Identity, now: datetime) -> Sequence[Event]:
    match command:
        case LinkMember(party_id, member):
            known = _self(state).members if not isinstance(state, NoParty) else ()
            return [] if member in known else [IdentityLinked(party_id=party_id, member=member)]
        case NoteProfile():
            return note_profile(command, _by_itself(command.party_id, state))
        case DismissConflict(party_id, field):
            return dismiss(party_id, field, _known(party_id, state))
        case TakeIn():
            return take_in(command, _by_itself(command.party_id, state))
        case BecomePart():
            return become_part(command, _by_itself(command.party_id, state))
        case TakeOut():
            return take_out(command, _known(command.party_id, state))
        case NotePart():
            return note_part(command, _known(command.party_id, state))
        case LeaveParty(party_id, was_in):
            if not isinstance(state, PartOf) or state.into != was_in:
                raise _no_part(was_in, party_id)
            return [SplitOff(party_id=party_id, was_in=was_in)]
        case _:
            assert_never(command)


def note_profile(command: NoteProfile, party: Party) -> Sequence[Event]:
    known = noted(party.layers)
    changed = tuple(
        name for name in PROFILE_FIELDS if name in command.changes and command.changes[name] != known.get(name, "")
    )
    events: list[Event] = []
    if changed:
        fields = {name: value for name, value in {**known, **command.changes}.items() if value}
        events.append(CustomerProfileChanged(party_id=command.party_id, fields=fields, changed=changed))
    return [*events, *_settled(command.party_id, party, set(command.changes))]


def dismiss(party_id: UUID, field: str, party: Party) -> Sequence[Event]:
    settled = _settled(party_id, party, {field})
    if not settled:
        raise NotFound(f"Party {party_id} has no conflict about {field!r}.", rule="conflict.unknown")
    return settled


def _settled(party_id: UUID, party: Party, fields: set[str]) -> Sequence[Event]:
    return [
        ConflictSettled(party_id=party_id, merged_id=each.merged_id, field=each.conflict.field)
        for each in party.left_over
        if each.conflict.field in fields
    ]


def take_in(command: TakeIn, party: Party) -> Sequence[Event]:
    if command.merged_id == command.party_id:
        raise Refused("A party is one with itself already.", rule="party.itself", field="merged_id")
    fields = {**command.fields, **noted(party.layers)}
    merged = IdentitiesMerged(
        party_id=command.party_id,
        merged_id=command.merged_id,
        members=command.members,
        fields=fields,
        reason=command.reason,
    )
    part = PartNoted(party_id=command.party_id, merged_id=command.merged_id, fields=dict(command.fields))
    return [merged, part]


def become_part(command: BecomePart, party: Party) -> Sequence[Event]:
    if command.belongs_to is not None:
        raise Refused(
            f"{command.party_id} belongs to party {command.belongs_to} by now; merge that one.",
            rule="party.belongs",
            field="merged_id",
        )
    if noted(party.layers) != command.fields or party.members != command.members[: len(party.members)]:
        raise _changed_meanwhile(command.party_id)
    return [MergedAway(party_id=command.party_id, into=command.into)]


def take_out(command: TakeOut, party: Party) -> Sequence[Event]:
    if place_of(party.layers, command.merged_id) is None:
        raise _no_part(command.party_id, command.merged_id)
    fields = noted(without(party.layers, command.merged_id))
    if fields != command.leaves:
        raise _changed_meanwhile(command.party_id)
    unmerged = IdentitiesUnmerged(
        party_id=command.party_id,
        merged_id=command.merged_id,
        fields=fields,
        conflicts=conflicts_of(party.layers, command.merged_id),
        reason=command.reason,
    )
    return [unmerged]


def conflicts_of(layers: Layers, merged_id: UUID) -> tuple[FieldConflict, ...]:
    """The fields that read otherwise now than if nobody had edited them since the merge."""
    now, then, restored = noted(layers), noted(unedited(layers, merged_id)), noted(without(layers, merged_id))
    return tuple(
        FieldConflict(field=name, restored=restored.get(name), edited=now.get(name))
        for name in PROFILE_FIELDS
        if now.get(name) != then.get(name)
    )


def note_part(command: NotePart, party: Party) -> Sequence[Event]:
    """What the part brings changes; what that changes in here is told like any other change of the profile."""
    known = noted(party.layers)
    fields = noted(with_part_noted(party.layers, command.merged_id, command.fields))
    if fields != command.leaves:
        raise _changed_meanwhile(command.party_id)
    events: list[Event] = [
        PartNoted(party_id=command.party_id, merged_id=command.merged_id, fields=dict(command.fields))
    ]
    changed = tuple(name for name in PROFILE_FIELDS if fields.get(name) != known.get(name))
    if changed:
        events.append(CustomerProfileChanged(party_id=command.party_id, fields=fields, changed=changed))
    return events


def _self(state: Party | PartOf) -> Party:
    return state.was if isinstance(state, PartOf) else state


def _known(party_id: UUID, state: Identity) -> Party:
    if isinstance(state, NoParty):
        raise NotFound(f"There is no customer party {party_id}.", rule="party.unknown")
    return _self(state)


def _by_itself(party_id: UUID, state: Identity) -> Party:
    if isinstance(state, PartOf):
        raise Refused(f"Party {party_id} was merged into {state.into}; use that one.", rule="party.merged_away")
    return _known(party_id, state)


def _no_part(party_id: UUID, merged_id: UUID) -> Refused:
    return Refused(f"Party {merged_id} is no part of {party_id}.", rule="party.not_merged", field="merged_id")


def _changed_meanwhile(party_id: UUID) -> Refused:
    return Refused(f"Party {party_id} was changed at this very moment; send it again.", rule=CHANGED_MEANWHILE)
