"""Which customer is meant by the id of a lead, a contact or an account, and what else is known of that customer?"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Column, DateTime, Index, Integer, Table, Text, Uuid, func, or_, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.domain import Recorded
from nexa_chassis.read_models import Change, Put, ReadModel, Remove
from nexa_contracts.success import (
    CustomerProfileChanged,
    IdentitiesMerged,
    IdentitiesUnmerged,
    IdentityLinked,
    MergedAway,
    SplitOff,
)
from nexa_success.identity.events import ConflictSettled, PartNoted
from nexa_success.tables import metadata

customer_parties = Table(
    "customer_parties",
    metadata,
    Column("party_id", Uuid, primary_key=True),
    Column("version", Integer),
    Column("merged_into", Uuid),
    Column("fields", JSONB, server_default="{}"),
    Index("customer_parties_merged_idx", "merged_into"),
)
party_members = Table(
    "party_members",
    metadata,
    Column("member_id", Uuid, primary_key=True),
    Column("kind", Text),
    Column("party_id", Uuid),
    Column("linked_at", DateTime(timezone=True)),
    Index("party_members_party_idx", "party_id"),
)
profile_conflicts = Table(
    "profile_conflicts",
    metadata,
    Column("party_id", Uuid, primary_key=True),
    Column("merged_id", Uuid, primary_key=True),
    Column("field", Text, primary_key=True),
    Column("restored", Text),
    Column("edited", Text),
    Column("since", DateTime(timezone=True)),
)


def project(fact: Recorded) -> Iterator[Change]:
    event: Any = fact.event
    yield Put(customer_parties, {"party_id": event.party_id}, {"version": fact.version, **_changed(fact)})
    match fact.event:
        case IdentityLinked(party_id=party_id, member=member):
            linked: dict[str, object] = {"kind": member.kind.value, "linked_at": fact.time}
            if member.member_id != party_id:  # a lead's own party never takes it back from its account's
                linked["party_id"] = party_id
            yield Put(party_members, {"member_id": member.member_id}, linked)
        case IdentitiesUnmerged(party_id=party_id, merged_id=merged_id, conflicts=conflicts):
            for conflict in conflicts:
                key = {"party_id": party_id, "merged_id": merged_id, "field": conflict.field}
                values = {"restored": conflict.restored, "edited": conflict.edited, "since": fact.time}
                yield Put(profile_conflicts, key, values)
        case ConflictSettled(party_id=party_id, merged_id=merged_id, field=field):
            yield Remove(profile_conflicts, {"party_id": party_id, "merged_id": merged_id, "field": field})


def _changed(fact: Recorded) -> dict[str, object]:
    match fact.event:
        case (
            CustomerProfileChanged(fields=fields) | IdentitiesMerged(fields=fields) | IdentitiesUnmerged(fields=fields)
        ):
            return {"fields": fields}
        case MergedAway(into=into):
            return {"merged_into": into}
        case SplitOff():
            return {"merged_into": None}
        case _:
            return {}


who_is_whom = ReadModel(
    name="who_is_whom",
    tables=(customer_parties, party_members, profile_conflicts),
    on=(
        IdentityLinked,
        CustomerProfileChanged,
        IdentitiesMerged,
        MergedAway,
        IdentitiesUnmerged,
        SplitOff,
        PartNoted,
        ConflictSettled,
    ),
    project=project,
)


async def members_of(connection: AsyncConnection, any_id: UUID) -> tuple[UUID, list[UUID]]:
    """The party that this lead, contact, account or party belongs to, and the ids of all it is known by, sorted.

    Parties merged into it count. An id that nobody has linked yet is a party of its own.
    """
    party_id = await party_of(connection, any_id)
    members = [row["member_id"] for row in await member_rows(connection, await parts_of(connection, party_id))]
    return party_id, members or [any_id]


async def party_of(connection: AsyncConnection, any_id: UUID) -> UUID:
    """The party that stays after all merges; the id itself if it is unknown."""
    parties = customer_parties.c
    linked = await linked_party(connection, any_id)
    up = (
        select(parties.party_id, parties.merged_into)
        .where(parties.party_id == (linked or any_id))
        .cte("up", recursive=True)
    )
    up = up.union(
        select(parties.party_id, parties.merged_into).join(up, parties.party_id == up.c.merged_into)  # a set: it ends
    )
    top = await connection.scalar(select(up.c.party_id).where(up.c.merged_into.is_(None)))
    return top or linked or any_id


async def linked_party(connection: AsyncConnection, member_id: UUID) -> UUID | None:
    """The party of another id that this record was linked to, None if it is its own; merges are not followed."""
    return await connection.scalar(select(party_members.c.party_id).where(party_members.c.member_id == member_id))


async def parts_of(connection: AsyncConnection, party_id: UUID) -> list[UUID]:
    """The party itself and every party that was merged into it, or into one of those, sorted."""
    parties = customer_parties.c
    down = select(parties.party_id).where(parties.party_id == party_id).cte("down", recursive=True)
    down = down.union(select(parties.party_id).join(down, parties.merged_into == down.c.party_id))
    return list(await connection.scalars(select(down.c.party_id).order_by(down.c.party_id)))


async def member_rows(connection: AsyncConnection, parties: Sequence[UUID]) -> list[Mapping[str, Any]]:
    """What is linked to one of these parties, with the party it is linked to."""
    member = party_members.c
    own = member.party_id.is_(None) & member.member_id.in_(parties)
    columns = (
        member.member_id,
        member.kind,
        func.coalesce(member.party_id, member.member_id).label("party_id"),
        member.linked_at,
    )
    query = select(*columns).where(or_(member.party_id.in_(parties), own)).order_by(member.member_id)
    return [dict(row) for row in (await connection.execute(query)).mappings()]


async def party_rows(connection: AsyncConnection, parties: Sequence[UUID]) -> list[Mapping[str, Any]]:
    """These parties with what was noted about them."""
    query = select(customer_parties).where(customer_parties.c.party_id.in_(parties))
    query = query.order_by(customer_parties.c.party_id)
    return [dict(row) for row in (await connection.execute(query)).mappings()]


async def conflict_rows(connection: AsyncConnection, parties: Sequence[UUID]) -> list[Mapping[str, Any]]:
    """Edits of these parties that nobody has placed since a merge was undone."""
    conflict = profile_conflicts.c
    query = select(profile_conflicts).where(conflict.party_id.in_(parties))
    query = query.order_by(conflict.since, conflict.party_id, conflict.merged_id, conflict.field)
    return [dict(row) for row in (await connection.execute(query)).mappings()]
