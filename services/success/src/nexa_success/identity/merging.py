"""Two customers become one, or two again: one transaction over the streams of both, and of those they are part of."""

from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

from nexa_chassis.domain import Refused
from nexa_chassis.http.call import Call
from nexa_chassis.store import Done
from nexa_success.aggregates import identity
from nexa_success.identity.decisions import (
    CHANGED_MEANWHILE,
    BecomePart,
    LeaveParty,
    NotePart,
    TakeIn,
    TakeOut,
)
from nexa_success.identity.state import NoParty, PartOf, Party, members_with_parts, noted, with_part_noted, without
from nexa_success.read_models.who_is_whom import linked_party

ATTEMPTS = 5


async def merge(call: Call, party_id: UUID, merged_id: UUID, reason: str) -> Done:
    """The second goes on as part of the first. Raises Refused unless both are parties by themselves."""
    return await _executed(call, lambda: _merging(call, party_id, merged_id, reason))


async def unmerge(call: Call, party_id: UUID, merged_id: UUID, reason: str) -> Done:
    """Both are what they were before. Raises Refused if the second is not part of the first."""
    return await _executed(call, lambda: _unmerging(call, party_id, merged_id, reason))


async def _executed(call: Call, commands: Callable[[], Awaitable[Sequence[object]]]) -> Done:
    """Once more on what stands there now, where somebody changed one of the parties at this very moment."""
    for _ in range(ATTEMPTS - 1):
        try:
            return await call.execute(*await commands())
        except Refused as refused:
            if refused.rule != CHANGED_MEANWHILE:
                raise
    return await call.execute(*await commands())


async def _merging(call: Call, party_id: UUID, merged_id: UUID, reason: str) -> Sequence[object]:
    _, other = await _load(call, merged_id)
    async with call.query() as connection:
        belongs_to = await linked_party(connection, merged_id)
    members, fields = members_with_parts(other), noted(other.layers)
    return [
        TakeIn(party_id=party_id, merged_id=merged_id, members=members, fields=fields, reason=reason),
        BecomePart(party_id=merged_id, into=party_id, members=members, fields=fields, belongs_to=belongs_to),
    ]


async def _unmerging(call: Call, party_id: UUID, merged_id: UUID, reason: str) -> Sequence[object]:
    into, party = await _load(call, party_id)
    fields = noted(without(party.layers, merged_id))
    commands: list[object] = [
        TakeOut(party_id=party_id, merged_id=merged_id, reason=reason, leaves=fields),
        LeaveParty(party_id=merged_id, was_in=party_id),
    ]
    part_id = party_id
    while into is not None:
        above, party = await _load(call, into)
        left = noted(with_part_noted(party.layers, part_id, fields))
        commands.append(NotePart(party_id=into, merged_id=part_id, fields=fields, leaves=left))
        part_id, fields, into = into, left, above
    return commands


async def _load(call: Call, party_id: UUID) -> tuple[UUID | None, Party]:
    """The party, and the one that it is part of. One that does not exist has nothing; the decision refuses it."""
    match (await call.runtime.store.load(identity, party_id)).state:
        case PartOf(into=into, was=was):
            return into, was
        case Party() as party:
            return None, party
        case NoParty():
            return None, Party(())
