"""How much two tickets resemble each other, and what that says of how urgent one is.

Likeness is the cosine of their terms (words without endings; little words of the rules weigh less), times the rules' factors
for the same feature, the same product version, and for another feature or kind. Tickets that share little words only do not
resemble each other. Likeness depends on the two tickets alone, so that it is the same whichever came first.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import sqrt
from uuid import UUID

from nexa_contracts.scoring import Finding, SimilarTicket
from nexa_scoring.ticket_analysis.questions import rounded
from nexa_scoring.ticket_rules.state import TicketRules

MOST_NAMED = 20
WORDS_NAMED = 5
A_WEEK = timedelta(days=7)
TROUBLE = frozenset({"bug", "incident"})
BY_PRIORITY = {"critical": "p1", "high": "p2", "normal": "p3", "low": "p4"}


@dataclass(frozen=True, slots=True)
class Known:
    """A ticket as far as likeness goes. `terms` in the order in which they stand in it."""

    ticket_id: UUID
    submitted_at: datetime
    terms: tuple[str, ...]
    account_id: UUID | None = None
    product_version: str | None = None
    feature: str | None = None
    type: str | None = None
    bag: frozenset[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "bag", frozenset(self.terms))

    @property
    def place(self) -> tuple[datetime, UUID]:
        """Its place among all tickets: by its own time, whenever it was heard of."""
        return self.submitted_at, self.ticket_id


@dataclass(frozen=True, slots=True)
class Likeness:
    """The similar tickets before a ticket, and those after it that were there already."""

    before: tuple[SimilarTicket, ...] = ()
    in_week: int = 0
    accounts_in_week: int = 0
    later: tuple[UUID, ...] = ()


def likeness(ticket: Known, others: Iterable[Known], rules: TicketRules) -> Likeness:
    """Among the others, each of which may be given more than once."""
    weighed = {other.ticket_id: other for other in others if other.ticket_id != ticket.ticket_id}
    size = _size(ticket, rules)
    alike: list[tuple[float, Known]] = []
    for other in weighed.values():
        score = _score(ticket, size, other, rules)
        if score >= rules.similar_from:
            alike.append((score, other))
    first = ticket.submitted_at - timedelta(days=rules.window_days)
    before = [pair for pair in alike if pair[1].place < ticket.place and pair[1].submitted_at >= first]
    before.sort(key=lambda pair: (-pair[0], -pair[1].submitted_at.timestamp(), pair[1].ticket_id))
    last = ticket.submitted_at + timedelta(days=rules.window_days)
    week = [other for _, other in before if other.submitted_at >= ticket.submitted_at - A_WEEK]
    return Likeness(
        before=tuple(_similar(ticket, other, score, rules) for score, other in before[:MOST_NAMED]),
        in_week=len(week),
        accounts_in_week=len({other.account_id or other.ticket_id for other in week}),
        later=tuple(
            sorted(other.ticket_id for _, other in alike if other.place > ticket.place and other.submitted_at <= last)
        ),
    )


def _size(ticket: Known, rules: TicketRules) -> float:
    weights = rules.weights
    return sum([weights[term] for term in ticket.bag])


def _score(ticket: Known, size: float, other: Known, rules: TicketRules) -> float:
    weights = rules.weights
    shared = [weights[term] for term in ticket.bag & other.bag]
    if not shared or max(shared) < 1.0:
        return 0.0
    score = sum(shared) / sqrt(size * _size(other, rules))
    if ticket.feature is not None and other.feature is not None:
        score *= rules.same_feature if ticket.feature == other.feature else rules.other_kind
    if ticket.product_version is not None and ticket.product_version == other.product_version:
        score *= rules.same_version
    if ticket.type is not None and other.type is not None and (ticket.type in TROUBLE) != (other.type in TROUBLE):
        score *= rules.other_kind
    return min(1.0, score)


def _similar(ticket: Known, other: Known, score: float, rules: TicketRules) -> SimilarTicket:
    reasons = []
    if ticket.feature is not None and ticket.feature == other.feature:
        reasons.append(f"same feature {ticket.feature}")
    if ticket.product_version is not None and ticket.product_version == other.product_version:
        reasons.append(f"same version {ticket.product_version}")
    shared = [term for term in ticket.terms if term in other.bag]
    shared.sort(key=lambda term: -rules.weights[term])
    reasons.append(f"words: {', '.join(shared[:WORDS_NAMED])}")
    return SimilarTicket(
        ticket_id=other.ticket_id,
        score=rounded(score),
        reason=", ".join(reasons),
        account_id=other.account_id,
        submitted_at=other.submitted_at,
    )


def recommended(priority: Finding, found: Likeness, rules: TicketRules) -> Finding:
    """p1 for what is critical, and for a high priority that many reported within a week; else as the priority says."""
    if priority.value is None:
        return Finding(value=None, confidence=priority.confidence, because="its priority is uncertain")
    several = found.in_week >= rules.p1_from and priority.value in ("high", "critical")
    if not several:
        return Finding(
            value=BY_PRIORITY[priority.value],
            confidence=priority.confidence,
            because=f"priority {priority.value}, {_similar_in_week(found)}",
        )
    customers = "Multiple customers affected" if found.accounts_in_week > 1 else "Reported again and again"
    return Finding(
        value="p1",
        confidence=priority.confidence,
        because=f"{customers}: {_similar_in_week(found)}, priority {priority.value}",
    )


def _similar_in_week(found: Likeness) -> str:
    return f"{found.in_week} similar ticket{'' if found.in_week == 1 else 's'} in seven days"


def same_likeness(one: Sequence[SimilarTicket], other: Sequence[SimilarTicket]) -> bool:
    return [(each.ticket_id, each.score) for each in one] == [(each.ticket_id, each.score) for each in other]
