"""When each lead that an import created has been routed once, sales says so, with counts per rep."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from nexa_chassis.domain import Recorded
from nexa_chassis.reactions import Process
from nexa_contracts.envelope import Event
from nexa_contracts.marketing import LeadImportCompleted
from nexa_contracts.sales import (
    AssignmentReason,
    LeadAssigned,
    LeadQueued,
    LeadReleased,
    LeadSentToNurture,
    RepCount,
)
from nexa_contracts.values import Band
from nexa_sales.import_routing.decisions import ReportImportRouted

NO_IMPORT = UUID(int=0)
"""Leads that came alone share this instance, which never completes and never changes."""


@dataclass(frozen=True)
class Completed:
    campaign_id: UUID
    campaign_name: str
    created: int


@dataclass(frozen=True)
class Tally:
    """First routings so far; `completed` once marketing has said how many leads there are.

    An event says of itself whether it is its lead's first routing, so counts are enough. `gone` were withdrawn before it.
    """

    high: Mapping[UUID, int] = field(default_factory=dict)
    medium: Mapping[UUID, int] = field(default_factory=dict)
    waiting: int = 0
    nurture: int = 0
    gone: int = 0
    completed: Completed | None = None

    @property
    def routed(self) -> int:
        return sum(self.high.values()) + sum(self.medium.values()) + self.waiting + self.nurture + self.gone


def evolve(tally: Tally, fact: Recorded) -> Tally:
    match fact.event:
        case LeadImportCompleted() as done:
            return replace(tally, completed=Completed(done.campaign_id, done.campaign_name, done.created))
        case LeadAssigned() | LeadQueued() | LeadSentToNurture() | LeadReleased() as routed if routed.import_id is None:
            return tally
        case LeadAssigned(rep_id=rep_id, band=Band.HIGH, reason=AssignmentReason.FIRST):
            return replace(tally, high=_one_more(tally.high, rep_id))
        case LeadAssigned(rep_id=rep_id, reason=AssignmentReason.FIRST):
            return replace(tally, medium=_one_more(tally.medium, rep_id))
        case LeadQueued(first=True):
            return replace(tally, waiting=tally.waiting + 1)
        case LeadSentToNurture():
            return replace(tally, nurture=tally.nurture + 1)
        case LeadReleased(first=True):
            return replace(tally, gone=tally.gone + 1)
        case _:
            return tally


def _one_more(counts: Mapping[UUID, int], rep_id: UUID) -> Mapping[UUID, int]:
    return {**counts, rep_id: counts.get(rep_id, 0) + 1}


def react(tally: Tally, fact: Recorded, now: datetime) -> Iterator[ReportImportRouted]:
    match tally:
        case Tally(completed=Completed() as completed) if tally.routed == completed.created:
            reps = sorted({*tally.high, *tally.medium})
            yield ReportImportRouted(
                import_id=import_of(fact.event),
                campaign_id=completed.campaign_id,
                campaign_name=completed.campaign_name,
                reps=tuple(
                    RepCount(rep_id=rep, high=tally.high.get(rep, 0), medium=tally.medium.get(rep, 0)) for rep in reps
                ),
                waiting=tally.waiting,
                nurture=tally.nurture,
                total=completed.created,
            )
        case _:
            return


def import_of(event: Event) -> UUID:
    assert isinstance(event, LeadImportCompleted | LeadAssigned | LeadQueued | LeadSentToNurture | LeadReleased)
    return event.import_id or NO_IMPORT


report_routed_import = Process(
    name="report_routed_import",
    on=(LeadImportCompleted, LeadAssigned, LeadQueued, LeadSentToNurture, LeadReleased),
    key=import_of,
    initial=Tally(),
    states=(Tally,),
    evolve=evolve,
    react=react,
)
