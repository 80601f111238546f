"""What other scoring rules would make of the leads there are. Nothing is written."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, time, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from nexa_chassis.domain import NotFound, Refused
from nexa_chassis.http.call import Call
from nexa_chassis.http.limits import rate_limit
from nexa_chassis.http.paging import Page
from nexa_contracts.values import Band
from nexa_scoring.aggregates import scoring_rules
from nexa_scoring.api.leads import Limit
from nexa_scoring.api.rules_of_leads import RuleEditor, RulesBody
from nexa_scoring.lead_score.known_leads import scored_leads
from nexa_scoring.rules.decisions import check
from nexa_scoring.rules.state import RULES_ID, Rules
from nexa_scoring.rules.what_if import Tally, Verdict, judged

routes = APIRouter(tags=["scoring rules"])

SOME = Depends(rate_limit(20, 60))
RISING = (Band.LOW, Band.MEDIUM, Band.HIGH)


class WhatIfBody(BaseModel):
    """Which rules to try, on which leads."""

    model_config = ConfigDict(extra="forbid")

    days: int = Field(
        default=30, ge=1, le=3_660, description="Leads that came this many days back or later, from midnight by UTC."
    )
    rules: RulesBody | None = Field(default=None, description="Other rules. Left out: the draft there is.")


class BandsView(BaseModel):
    """Leads that go from one band to another."""

    from_band: Band
    to_band: Band
    leads: int


class MoveView(BaseModel):
    """A lead that would be in another band."""

    model_config = ConfigDict(from_attributes=True)

    lead_id: UUID
    campaign_id: UUID
    score: int
    band: Band
    score_then: int
    band_then: Band


class WhatIfView(BaseModel):
    """The leads as they are and as they would be, each with what is known of it today."""

    since: datetime | None = Field(description="Null: all leads.")
    leads: int
    bands: dict[Band, int] = Field(description="Leads per band as it is.")
    bands_then: dict[Band, int]
    rescored: int = Field(description="Leads with another score.")
    moved: int = Field(description="Leads that would change band.")
    up: int = Field(description="Of these, upwards: sales routes those anew that no rep has worked.")
    down: int = Field(description="Of these, downwards: they stay with whom they are.")
    moved_between: list[BandsView] = Field(description="From which band to which, the most first.")
    moves: list[MoveView] = Field(description="The first 500 of them, in the order of their ids.")


@routes.post("/scoring-rules/what-if", dependencies=[SOME])
async def what_if(body: WhatIfBody, call: RuleEditor) -> WhatIfView:
    """Score the leads of the last days by other rules: how many change band, and which. Nothing is written."""
    rules = await _draft(call) if body.rules is None else await _told(call, body.rules)
    since = datetime.combine(call.now.date() - timedelta(days=body.days), time(), UTC)
    return _view(since, await _tally(call, rules, since))


@routes.get("/scoring-rules/draft/preview", dependencies=[SOME])
async def preview(call: RuleEditor) -> WhatIfView:
    """What the draft would make of all leads."""
    return _view(None, await _tally(call, await _draft(call), None))


@routes.get("/scoring-rules/draft/preview/leads")
async def preview_leads(
    call: RuleEditor,
    from_band: Band | None = None,
    to_band: Band | None = None,
    limit: Limit = 50,
    cursor: Annotated[UUID | None, Query(description="`next` of the page before.")] = None,
) -> Page[MoveView]:
    """The leads that would change band by the draft, in the order of their ids."""
    rules = await _draft(call)
    found: list[Verdict] = []
    async with call.query() as connection:
        async for part in scored_leads(connection, after=cursor):
            found += [
                verdict
                for verdict in await asyncio.to_thread(list, judged(part, rules))
                if verdict.moves and from_band in (None, verdict.band) and to_band in (None, verdict.band_then)
            ]
            if len(found) > limit:
                break
    following = str(found[limit - 1].lead_id) if len(found) > limit else None
    return Page(items=[MoveView.model_validate(verdict) for verdict in found[:limit]], next=following)


async def _draft(call: Call) -> Rules:
    draft = (await call.runtime.store.load(scoring_rules, RULES_ID)).state.draft
    if draft is None:
        raise NotFound("There is no draft to try; PUT /scoring-rules/draft makes one.", rule="rules.no_draft")
    return draft.rules


async def _told(call: Call, body: RulesBody) -> Rules:
    in_force = (await call.runtime.store.load(scoring_rules, RULES_ID)).state.in_force
    told = body.model_dump()
    rules = Rules(version=0, **(told | {"points": {**in_force.points, **body.points}}))
    try:
        check(rules)
    except Refused as refused:
        raise Refused(refused.message, rule=refused.rule, field=f"rules.{refused.field}") from None
    return rules


async def _tally(call: Call, rules: Rules, since: datetime | None) -> Tally:
    tally = Tally()
    async with call.query() as connection:
        async for part in scored_leads(connection, since=since):
            await asyncio.to_thread(tally.count, part, rules)
    return tally


def _view(since: datetime | None, tally: Tally) -> WhatIfView:
    before, then = Counter[Band](), Counter[Band]()
    for (old, new), leads in tally.between.items():
        before[old] += leads
        then[new] += leads
    moved = {pair: leads for pair, leads in tally.between.items() if pair[0] is not pair[1]}
    up = sum(leads for (old, new), leads in moved.items() if RISING.index(new) > RISING.index(old))
    total = sum(moved.values())
    by_size = sorted(moved.items(), key=lambda each: (-each[1], each[0]))
    return WhatIfView(
        since=since,
        leads=tally.leads,
        bands={band: before[band] for band in RISING},
        bands_then={band: then[band] for band in RISING},
        rescored=tally.rescored,
        moved=total,
        up=up,
        down=total - up,
        moved_between=[BandsView(from_band=old, to_band=new, leads=leads) for (old, new), leads in by_size],
        moves=[MoveView.model_validate(verdict) for verdict in tally.moves],
    )
