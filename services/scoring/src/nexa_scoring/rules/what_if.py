"""What other rules would make of the leads there are: pure, nothing is written."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from uuid import UUID

from nexa_contracts.values import Band
from nexa_scoring.lead_score.known_leads import ScoredLead
from nexa_scoring.lead_score.points import band_of, points_of
from nexa_scoring.rules.state import Rules

MOST_MOVES = 500


@dataclass(frozen=True)
class Verdict:
    """A lead as it is and as it would be."""

    lead_id: UUID
    campaign_id: UUID
    score: int
    band: Band
    score_then: int
    band_then: Band

    @property
    def moves(self) -> bool:
        return self.band is not self.band_then


@dataclass
class Tally:
    """Counts over all leads; of those that would change band, the first ones."""

    leads: int = 0
    rescored: int = 0
    between: Counter[tuple[Band, Band]] = field(default_factory=Counter)
    moves: list[Verdict] = field(default_factory=list)

    def count(self, leads: Iterable[ScoredLead], rules: Rules) -> None:
        for verdict in judged(leads, rules):
            self.leads += 1
            self.rescored += verdict.score_then != verdict.score
            self.between[verdict.band, verdict.band_then] += 1
            if verdict.moves and len(self.moves) < MOST_MOVES:
                self.moves.append(verdict)


def judged(leads: Iterable[ScoredLead], rules: Rules) -> Iterator[Verdict]:
    for lead in leads:
        then = points_of(lead.features, rules)
        yield Verdict(lead.lead_id, lead.campaign_id, lead.score, lead.band, then, band_of(then, rules))
