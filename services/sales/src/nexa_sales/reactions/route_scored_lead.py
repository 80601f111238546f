"""A lead that is known and scored is routed. Either fact may come first, and a later score is looked at again.

Scores that come before their lead are kept and handled one after the other when it comes, so every order of arrival leads to
the same assignments.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from nexa_chassis.domain import Recorded
from nexa_chassis.reactions import Process
from nexa_contracts.marketing import LeadCreated, LeadSourceKind, LeadUpdated, LeadWithdrawn
from nexa_contracts.scoring import LeadScored
from nexa_contracts.values import Band
from nexa_sales.assignment.commands import LetLeadGo, ReconsiderLead, RouteLead

ASKED_FIELDS = frozenset({"territory", "country", "product_interest"})
"""Fields of a lead that decide who can take it."""


@dataclass(frozen=True)
class Score:
    points: int
    band: Band
    band_from: int | None = None


def _score(event: LeadScored) -> Score:
    return Score(event.score, event.band, event.band_from)


@dataclass(frozen=True)
class Unknown:
    """The lead itself has not come yet; its scores have, if any."""

    scores: tuple[Score, ...] = ()


@dataclass(frozen=True)
class Known:
    """What routing needs of a lead. `scores` came before it."""

    campaign_id: UUID
    import_id: UUID | None
    territory: str | None
    product_interest: str | None
    source_label: str
    source_kind: LeadSourceKind
    scores: tuple[Score, ...] = ()


@dataclass(frozen=True)
class Gone:
    """Withdrawn by marketing; no score matters any more."""

    campaign_id: UUID
    import_id: UUID | None


State: TypeAlias = Unknown | Known | Gone


def evolve(state: State, fact: Recorded) -> State:
    match state, fact.event:
        case Unknown(scores=scores), LeadCreated() as lead:
            return _known(lead, scores)
        case Known(), LeadUpdated() as lead:
            return _known(lead, state.scores)
        case Unknown(scores=scores), LeadScored() as scored:
            return replace(state, scores=(*scores, _score(scored)))
        case Known(campaign_id=campaign_id, import_id=import_id), LeadWithdrawn():
            return Gone(campaign_id, import_id)
        case _:
            return state


def _known(lead: LeadCreated | LeadUpdated, scores: tuple[Score, ...]) -> Known:
    return Known(
        lead.campaign_id,
        lead.import_id,
        lead.territory or lead.country,
        lead.product_interest,
        lead.source_label,
        lead.source_kind,
        scores,
    )


def react(state: State, fact: Recorded, now: datetime) -> Iterator[RouteLead | ReconsiderLead | LetLeadGo]:
    match state, fact.event:
        case Known(scores=scores), LeadCreated(lead_id=lead_id):
            for score in scores:
                yield _route(lead_id, state, score)
        case Known(), LeadScored(lead_id=lead_id) as scored:
            yield _route(lead_id, state, _score(scored))
        case Known(), LeadUpdated(lead_id=lead_id, changed=changed) if not ASKED_FIELDS.isdisjoint(changed):
            yield ReconsiderLead(lead_id=lead_id, territory=state.territory, product_interest=state.product_interest)
        case Gone(campaign_id=campaign_id, import_id=import_id), LeadWithdrawn(lead_id=lead_id):
            yield LetLeadGo(lead_id=lead_id, campaign_id=campaign_id, import_id=import_id)
        case _:
            return


def _route(lead_id: UUID, lead: Known, score: Score) -> RouteLead:
    return RouteLead(
        lead_id=lead_id,
        campaign_id=lead.campaign_id,
        import_id=lead.import_id,
        band=score.band,
        score=score.points,
        band_from=score.band_from,
        territory=lead.territory,
        product_interest=lead.product_interest,
        source_label=lead.source_label,
        source_kind=lead.source_kind,
    )


def lead_of(event: LeadCreated | LeadUpdated | LeadScored | LeadWithdrawn) -> UUID:
    return event.lead_id


route_scored_lead = Process[State](
    name="route_scored_lead",
    on=(LeadCreated, LeadUpdated, LeadScored, LeadWithdrawn),
    key=lead_of,
    initial=Unknown(),
    states=(Unknown, Known, Gone),
    evolve=evolve,
    react=react,
)
