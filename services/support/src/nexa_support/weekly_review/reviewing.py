"""What a week's bug tickets say about the product: which features, how badly, and what should follow."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

from nexa_contracts.support import Recommendation, ReviewedFeature, Severity
from nexa_contracts.values import Money

IMPACTS = {Severity.P1: "high", Severity.P2: "medium", Severity.P3: "low", Severity.P4: "low"}
"""A feature is hit as badly as the worst of its tickets and open bugs."""
ORDER = ("high", "medium", "low")
QUOTING_AN_ERROR = 3
"""So many tickets that quote an error message say that messages do not help."""


@dataclass(frozen=True)
class BugTicket:
    """A bug ticket of the week; what was merged into another one is not counted."""

    feature: str
    severity: Severity
    account_id: UUID | None
    quotes_error: bool


@dataclass(frozen=True)
class KnownBug:
    """A bug that was open in the week."""

    bug_id: UUID
    feature: str
    severity: Severity
    title: str
    is_dependency: bool
    recurred: bool


@dataclass(frozen=True)
class Wish:
    """An open feature request of a feature, the one with most votes."""

    title: str
    votes: int
    target_quarter: str | None


@dataclass(frozen=True)
class WeekFacts:
    """What was known of a week when it was reviewed. `before`: bug tickets of the week before, by feature."""

    tickets: Sequence[BugTicket] = ()
    before: Mapping[str, int] = field(default_factory=dict)
    bugs: Sequence[KnownBug] = ()
    arr: Mapping[UUID, Money] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    wishes: Mapping[str, Wish] = field(default_factory=dict)


def top_bugs(facts: WeekFacts) -> tuple[ReviewedFeature, ...]:
    """The features with bug tickets, by impact, then count, then name."""
    by_feature: dict[str, list[BugTicket]] = defaultdict(list)
    for ticket in facts.tickets:
        by_feature[ticket.feature].append(ticket)
    reviewed = [_reviewed(feature, tickets, facts) for feature, tickets in by_feature.items()]
    return tuple(sorted(reviewed, key=lambda each: (ORDER.index(each.impact), -each.tickets, each.feature)))


def rising(reviewed: Sequence[ReviewedFeature]) -> tuple[ReviewedFeature, ...]:
    """Those with more tickets than the week before, by how many more."""
    more = [each for each in reviewed if each.tickets > each.before]
    return tuple(sorted(more, key=lambda each: (each.before - each.tickets, each.feature)))


def recommendations(reviewed: Sequence[ReviewedFeature], facts: WeekFacts) -> tuple[Recommendation, ...]:
    """Each with what it rests on; none without."""
    return tuple(_recommended(reviewed, facts))


def roadmap_effect(reviewed: Sequence[ReviewedFeature], facts: WeekFacts) -> str:
    """What the worst hit feature that customers also have wishes for means for the roadmap; empty without one."""
    for each in reviewed:
        wish = facts.wishes.get(each.feature)
        if each.impact == "high" and wish is not None:
            when = f" in {wish.target_quarter.split()[0]}" if wish.target_quarter else ""
            return f"Prioritize {each.feature.replace('_', ' ')} improvements{when}"
    return ""


def _reviewed(feature: str, tickets: Sequence[BugTicket], facts: WeekFacts) -> ReviewedFeature:
    bugs = [bug for bug in facts.bugs if bug.feature == feature]
    worst = min([ticket.severity for ticket in tickets] + [bug.severity for bug in bugs])
    accounts = {ticket.account_id for ticket in tickets if ticket.account_id is not None}
    return ReviewedFeature(
        feature=feature,
        feature_name=facts.names.get(feature, feature.replace("_", " ").capitalize()),
        tickets=len(tickets),
        before=facts.before.get(feature, 0),
        impact=IMPACTS[worst],
        accounts=len(accounts),
        arr=_together(facts.arr[each] for each in sorted(accounts, key=str) if each in facts.arr),
        bug_ids=tuple(bug.bug_id for bug in bugs),
    )


def _together(amounts: Iterator[Money]) -> Money:
    """The sum in the currency that most is paid in; amounts in others are left out, never converted."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for money in amounts:
        sums[money.currency] += money.amount
    if not sums:
        return Money(amount=Decimal(0))
    currency = max(sums, key=lambda each: (sums[each], each))
    return Money(amount=sums[currency], currency=currency)


def _recommended(reviewed: Sequence[ReviewedFeature], facts: WeekFacts) -> Iterator[Recommendation]:
    worst = next((each for each in reviewed if each.impact == "high"), None)
    if worst is not None:
        bugs = [bug for bug in facts.bugs if bug.feature == worst.feature]
        severe, again = sum(bug.severity is Severity.P1 for bug in bugs), sum(bug.recurred for bug in bugs)
        yield Recommendation(
            text=f"Invest in {worst.feature.split('_')[-1]} feature testing",
            evidence=f"{_count(worst.tickets, 'bug ticket')}, {_count(severe, 'p1 bug')}, {_count(again, 'recurrence')}",
        )
    missing = [bug for bug in facts.bugs if bug.is_dependency]
    if missing:
        yield Recommendation(
            text="Add integration tests for dependencies",
            evidence=f"{_count(len(missing), 'bug')} of a dependency: {missing[0].title}",
        )
    quoting = Counter(ticket.feature for ticket in facts.tickets if ticket.quotes_error)
    if quoting.total() >= QUOTING_AN_ERROR:
        yield Recommendation(
            text="Improve error messaging",
            evidence=f"{quoting.total()} of {_count(len(facts.tickets), 'bug ticket')} quote an error message",
        )
    recurred = [bug for bug in facts.bugs if bug.recurred]
    if recurred:
        yield Recommendation(
            text="Verify fixes with who reported them", evidence=f"reported again after its fix: {recurred[0].title}"
        )


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
