"""What routing had to do with in the last days: the desk as they began, then what happened, in its order."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import TextClause, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.domain import Refused
from nexa_chassis.event_codec import EVENT_COLUMNS, EventCodec, EventRow
from nexa_contracts.envelope import Event
from nexa_contracts.sales import (
    AssignmentReason,
    LeadAssigned,
    LeadConverted,
    LeadDisqualified,
    LeadQueued,
    LeadRecycled,
    LeadReleased,
    LeadSentToNurture,
    RepLeft,
    RepUpdated,
    RepWindowOpened,
    RoutingRulesChanged,
)
from nexa_contracts.values import Band
from nexa_sales.assignment.choosing import Demand
from nexa_sales.assignment.desk import Desk, evolve
from nexa_sales.assignment.events import LeadWorked
from nexa_sales.read_models.desk_at_a_day import stood_before
from nexa_sales.read_models.who_is_waiting_for_a_rep import waiting_leads

MOST_EVENTS = 1_000_000
"""Of leads, in one question; about 400 MB of memory."""

OF_LEADS = (LeadAssigned, LeadQueued, LeadRecycled, LeadWorked, LeadConverted, LeadDisqualified, LeadReleased)
OF_THE_DESK = (RepUpdated, RepLeft, RepWindowOpened, RoutingRulesChanged)


class LeadRow(NamedTuple):
    """An event of a lead, as far as routing cares; `kind` is one of `OF_LEADS`.

    The lead's id stays the text that was read, which is made and compared faster than a UUID, hundreds of thousands of times.
    """

    position: int
    at: datetime
    kind: type[Event]
    lead_id: str
    rep_id: UUID | None
    previous_rep_id: UUID | None
    demand: Demand | None
    reason: AssignmentReason | None
    first: bool


class DeskRow(NamedTuple):
    """An event of the roster or the rules."""

    position: int
    at: datetime
    event: Event


@dataclass(frozen=True)
class History:
    """`desk` and `waiting` are as the period began; `happened` is in the order of the log. `nurtured` came as Low leads; they
    are there where they were asked for.

    A window of new leads that was open as the period began counts from then.
    """

    since: datetime
    until: datetime
    desk: Desk
    waiting: tuple[tuple[str, Demand, datetime], ...]
    happened: Sequence[LeadRow | DeskRow]
    names: dict[UUID, str]
    nurtured: Sequence[LeadRow] = ()


_LEADS = """
    select e.position, e.recorded_at, e.type, d.lead_id, d.rep_id, d.previous_rep_id, d.band, d.territory,
           d.product_interest, d.reason, d.first
      from events e cross join lateral json_to_record(e.data)
           as d(lead_id text, rep_id text, previous_rep_id text, band text, territory text, product_interest text,
                reason text, first boolean)
     where e.type = any(:types) and e.recorded_at >= :since
     order by e.position limit :most"""


async def read_history(
    connection: AsyncConnection, codec: EventCodec, since: datetime, until: datetime, *, low_too: bool = False
) -> History:
    """Read the period, which begins at a midnight of UTC. Raises Refused where it holds more than can be held at once."""
    everything = await _lead_rows(connection, codec, since, (*OF_LEADS, LeadSentToNurture) if low_too else OF_LEADS)
    nurtured = [row for row in everything if row.kind is LeadSentToNurture]
    rows = [row for row in everything if row.kind is not LeadSentToNurture] if nurtured else everything
    desk_rows = await _desk_rows(connection, codec)
    stood = await stood_before(connection, since.date())
    still_waiting = await connection.execute(select(waiting_leads).where(waiting_leads.c.since < since))
    waiting = [
        (str(row.lead_id), _demand(row.band, row.territory, row.product_interest), row.since) for row in still_waiting
    ]

    def put_together() -> History:
        desk = Desk({})
        for row in desk_rows:
            if row.at < since:
                desk = evolve(desk, row.event)
        seats = {
            rep_id: replace(seat, open_leads=stood[rep_id].open_leads, last_turn=stood[rep_id].last_turn)
            if rep_id in stood
            else seat
            for rep_id, seat in desk.seats.items()
        }
        turn = max((each.last_turn for each in stood.values()), default=0)
        happened: list[LeadRow | DeskRow] = [*rows, *(row for row in desk_rows if row.at >= since)]
        happened.sort(key=lambda row: row.position)
        return History(
            since,
            until,
            replace(desk, seats=seats, turn=turn),
            tuple(sorted([*waiting, *_taken_from_before(rows, since)], key=lambda each: (each[2], each[0]))),
            happened,
            {row.event.rep_id: row.event.name for row in desk_rows if isinstance(row.event, RepUpdated)},
            nurtured,
        )

    return await asyncio.to_thread(put_together)


async def _lead_rows(
    connection: AsyncConnection, codec: EventCodec, since: datetime, models: Sequence[type[Event]]
) -> list[LeadRow]:
    kinds: dict[str, type[Event]] = {codec.kind_of(model).type: model for model in models}
    given = {"types": list(kinds), "since": since, "most": MOST_EVENTS + 1}
    rows: list[LeadRow] = []
    stream = await connection.stream(text(_LEADS), given)
    async for part in stream.partitions(1_000):
        rows += [_lead_row(row, kinds) for row in part]
    if len(rows) > MOST_EVENTS:
        raise Refused(
            f"There are more than {MOST_EVENTS:,} events of leads in that time; give fewer days.",
            rule="what_if.size",
            field="days",
        )
    return rows


def _lead_row(row: Any, kinds: dict[str, type[Event]]) -> LeadRow:
    position, at, kind, lead_id, rep_id, previous, band, territory, product, reason, first = row
    model = kinds[kind]
    demand = None if band is None else _demand(band, territory, product)
    why = AssignmentReason(reason) if model is LeadAssigned else None
    return LeadRow(position, at, model, lead_id, _id(rep_id), _id(previous), demand, why, bool(first))


@lru_cache(maxsize=10_000)
def _demand(band: str, territory: str | None, product: str | None) -> Demand:
    return Demand(Band(band), territory, product)


@lru_cache(maxsize=10_000)
def _id(text: str | None) -> UUID | None:
    return None if text is None else UUID(text)


async def _desk_rows(connection: AsyncConnection, codec: EventCodec) -> list[DeskRow]:
    query: TextClause = text(f"select {EVENT_COLUMNS} from events where type = any(:types) order by position")
    rows = await connection.execute(query, {"types": [codec.kind_of(model).type for model in OF_THE_DESK]})
    stored = [EventRow(*row) for row in rows]
    return [DeskRow(row.position, row.recorded_at, codec.decode(row.type, row.data)) for row in stored]


def _taken_from_before(rows: Sequence[LeadRow], since: datetime) -> list[tuple[str, Demand, datetime]]:
    """Leads that waited as the period began, and were taken in it: their first event in it takes them from the queue."""
    seen: set[str] = set()
    taken: list[tuple[str, Demand, datetime]] = []
    for row in rows:
        if row.lead_id in seen:
            continue
        seen.add(row.lead_id)
        if row.reason is AssignmentReason.FROM_QUEUE and row.demand is not None:
            taken.append((row.lead_id, row.demand, since))
    return taken
