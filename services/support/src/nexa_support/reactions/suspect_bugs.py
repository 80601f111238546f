"""Five similar tickets of a week point to one bug, of which a product manager hears once a week."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from nexa_chassis.domain import Recorded
from nexa_chassis.reactions import Reaction
from nexa_contracts.scoring import TicketAnalyzed
from nexa_contracts.support import Severity, TicketType
from nexa_support.bug.words import feature_in_words
from nexa_support.suspicion.decisions import SuspectBug, suspicion_of, week_of

ENOUGH = 5
WEEK = timedelta(days=7)


def react(fact: Recorded, now: datetime) -> Iterator[SuspectBug]:
    match fact.event:
        case TicketAnalyzed(similar_in_week=similar) as analysis if similar >= ENOUGH:
            feature = analysis.feature.value
            if analysis.type.value != TicketType.BUG.value or feature is None:
                return
            week = week_of(fact.time)
            alike = (each.ticket_id for each in analysis.similar if each.submitted_at > fact.time - WEEK)
            yield SuspectBug(
                suspicion_id=suspicion_of(feature, week),
                feature=feature,
                feature_name=feature_in_words(feature, analysis.feature_name) or feature,
                severity=Severity(analysis.recommended_priority.value or Severity.P2),
                similar=similar,
                ticket_ids=(analysis.ticket_id, *alike),
                week=week,
            )
        case _:
            return


suspect_bugs = Reaction(name="suspect_bugs", on=(TicketAnalyzed,), react=react)
