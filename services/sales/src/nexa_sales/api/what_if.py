"""What other rules or another roster would have made of the leads of the last days. Nothing is written."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from nexa_chassis.domain import Refused, derive
from nexa_chassis.http.limits import body_limit, rate_limit
from nexa_contracts.sales import RepLevel
from nexa_contracts.values import Band
from nexa_sales.aggregates import routing_rules
from nexa_sales.api.bodies import Body, Manager, Word
from nexa_sales.api.routing import RuleBody
from nexa_sales.assignment.desk import Seat
from nexa_sales.routing_rules.decisions import check
from nexa_sales.routing_rules.state import RULES_ID, Rules
from nexa_sales.what_if.comparison import compare
from nexa_sales.what_if.history import History, read_history
from nexa_sales.what_if.replay import Change, Plan

routes = APIRouter(tags=["routing"])

MOST_BYTES = 5_000_000
"""Of a question: 50,000 bands are 2.5 MB, indented 3 MB."""


class SeatBody(Body):
    """A rep as they would be; what is left out stays as it was. Without rep_id, somebody new."""

    rep_id: UUID | None = None
    name: Word | None = Field(default=None, description="Of somebody new.")
    level: RepLevel | None = None
    territories: list[Word] | None = Field(default=None, max_length=100)
    products: list[Word] | None = Field(default=None, max_length=100)
    capacity: int | None = Field(default=None, ge=0, le=100_000)
    window_capacity: int | None = Field(default=None, ge=0, le=100_000)
    available: bool | None = None
    leaves: bool = Field(default=False, description="They would take no leads of the period.")

    def fields(self) -> dict[str, object]:
        given = self.model_dump(exclude={"rep_id", "leaves"}, exclude_none=True)
        return {name: tuple(value) if isinstance(value, list) else value for name, value in given.items()}


class WhatIfBody(Body):
    days: int = Field(default=30, ge=1, le=366, description="How many days back; they begin at midnight, by UTC.")
    rules: list[RuleBody] | None = Field(default=None, max_length=200, description="Other rules, in their order.")
    draft: bool = Field(default=False, description="Try the draft there is, instead of `rules`.")
    roster: list[SeatBody] = Field(default_factory=list, max_length=500, description="Changes of the roster.")
    bands: dict[UUID, Band] = Field(
        default_factory=dict,
        max_length=50_000,
        description="Leads (at most 50,000) that other scoring rules would put in another band, as scoring's what-if says.",
    )


class TotalsView(BaseModel):
    assigned: int
    unassigned: int = Field(description="Leads that wait at the end.")
    past_due: int = Field(
        description="Leads whose first contact is late: 24 h (High) or 48 h after they came. Whoever has a lead is taken to"
        " need as long for it as its real rep did."
    )


class LoadView(BaseModel):
    rep_id: UUID
    name: str
    given_as_is: int = Field(description="Leads given to them in the period.")
    given_then: int
    open_as_is: int = Field(description="Open leads at the end.")
    open_then: int


class MovesView(BaseModel):
    """Leads that go from one rep to another; null: nobody."""

    from_rep_id: UUID | None
    from_name: str | None
    to_rep_id: UUID | None
    to_name: str | None
    leads: int


class MoveView(BaseModel):
    lead_id: UUID
    from_rep_id: UUID | None
    to_rep_id: UUID | None


class WhatIfView(BaseModel):
    """The period as it is, routed again by what was in force, and as it would be."""

    since: datetime
    until: datetime
    leads: int = Field(description="Leads that came to reps or the queue, and those that waited as the period began.")
    as_is: TotalsView
    then: TotalsView
    reps: list[LoadView]
    moved: int = Field(description="Leads that another rep would have, or nobody.")
    moved_between: list[MovesView] = Field(description="From whom to whom, the most first.")
    moves: list[MoveView] = Field(description="The first 500 of them, in the order in which they came.")
    compared: int = Field(description="Leads that a rep really got.")
    as_really: int = Field(description="Of these, how many the period as it is, routed again, gives to the same rep.")


@routes.post("/routing/what-if", dependencies=[Depends(rate_limit(20, 60)), Depends(body_limit(MOST_BYTES))])
async def what_if(body: WhatIfBody, call: Manager) -> WhatIfView:
    """Route the leads of the last days once more: load per rep, who waits, which leads move, first contacts past due.

    Rules, bands and changes of the roster hold from the first day on. Nothing is written.
    """
    rules = await _rules(body, call)
    until = call.now
    since = datetime.combine(until.date() - timedelta(days=body.days), time(), UTC)
    async with call.query() as connection:
        history = await read_history(
            connection, call.runtime.store.catalog.codec, since, until, low_too=bool(body.bands)
        )
    return await asyncio.to_thread(_answer, history, rules, body)


async def _rules(body: WhatIfBody, call: Manager) -> Rules | None:
    if not body.draft:
        if body.rules is None:
            return None
        rules = tuple(rule.rule() for rule in body.rules)
        check(rules)
        return Rules(0, rules)
    draft = (await call.runtime.store.load(routing_rules, RULES_ID)).state.draft
    if draft is None:
        raise Refused("There is no draft to try; send rules instead.", rule="rules.no_draft", field="draft")
    return Rules(draft.version, draft.rules)


def _plan(history: History, rules: Rules | None, body: WhatIfBody) -> Plan:
    changes: dict[UUID, Change] = {}
    newcomers: list[Seat] = []
    for place, seat in enumerate(body.roster):
        if seat.rep_id is None:
            newcomers.append(_newcomer(seat, place))
        elif seat.rep_id in history.names:
            changes[seat.rep_id] = _change(seat)
        else:
            raise Refused(
                f"There is nobody with the id {seat.rep_id} on the roster.",
                rule="rep.unknown",
                field=f"roster.{place}.rep_id",
            )
    return Plan(rules, changes, newcomers, {str(lead_id): band for lead_id, band in body.bands.items()})


def _change(body: SeatBody) -> Change:
    fields = body.fields()

    def changed(seat: Seat) -> Seat | None:
        return None if body.leaves else replace(seat, **fields)  # type: ignore[arg-type]

    return changed


def _newcomer(body: SeatBody, place: int) -> Seat:
    if body.name is None or body.level is None or body.capacity is None:
        raise Refused(
            "Somebody new needs a name, a level and a capacity.", rule="what_if.newcomer", field=f"roster.{place}"
        )
    nobody = Seat(rep_id=derive("what-if", place), name=body.name, level=body.level)
    return replace(nobody, **body.fields())  # type: ignore[arg-type]


def _answer(history: History, rules: Rules | None, body: WhatIfBody) -> WhatIfView:
    found = compare(history, _plan(history, rules, body))
    names = {load.rep_id: load.name for load in found.loads}
    between = [
        MovesView(
            from_rep_id=old,
            from_name=None if old is None else names.get(old),
            to_rep_id=new,
            to_name=None if new is None else names.get(new),
            leads=leads,
        )
        for old, new, leads in found.moved_between
    ]
    return WhatIfView(
        since=history.since,
        until=history.until,
        leads=found.leads,
        as_is=TotalsView(**vars(found.as_is)),
        then=TotalsView(**vars(found.then)),
        reps=[LoadView(**vars(load)) for load in found.loads],
        moved=found.moved,
        moved_between=between,
        moves=[MoveView(**vars(move)) for move in found.moves],
        compared=found.compared,
        as_really=found.as_really,
    )
