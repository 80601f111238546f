"""An account as scoring meets it in tests: the facts about it, and what comes of them without broker or database."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

from nexa_chassis.testing import NOW, recorded
from nexa_contracts.envelope import Event
from nexa_contracts.sales import AccountBecameCustomer, AccountBecameProspect, AccountChurned, AccountUpdated
from nexa_contracts.scoring import HealthScored, SupportLoadChanged
from nexa_contracts.success import AccountSignalReported
from nexa_contracts.topics import topic_of
from nexa_contracts.values import Money
from nexa_scoring.account_health.state import Scored
from nexa_scoring.aggregates import account_health
from nexa_scoring.health_rules.state import DEFAULT_RULES
from nexa_scoring.reactions.score_account import score_account

ACCOUNT, DEAL = UUID(int=11), UUID(int=12)
ARR = Money(amount="50000.00", currency="USD")

BEFORE_FIRST = date(2025, 12, 31).toordinal()

GOLDEN: dict[str, Any] = {
    "usage": 85,
    "adoption": 70,
    "support_tickets": 2,
    "payment": "current",
    "engagement": "high",
    "nps": 9,
}


def day(number: int) -> date:
    return date.fromordinal(BEFORE_FIRST + number)


def won(on: int = 1, name: str = "Acme Corp", account_id: UUID = ACCOUNT) -> AccountBecameCustomer:
    return AccountBecameCustomer(
        account_id=account_id,
        account_name=name,
        deal_id=DEAL,
        customer_since=day(on),
        arr=ARR,
        contract_end=date(2027, 1, 1),
    )


def renamed(name: str) -> AccountUpdated:
    return AccountUpdated(account_id=ACCOUNT, name=name)


def churned(on: int, account_id: UUID = ACCOUNT) -> AccountChurned:
    return AccountChurned(
        account_id=account_id, account_name="Acme Corp", churned_on=day(on), arr=ARR, reason="stopped"
    )


def reopened() -> AccountBecameProspect:
    return AccountBecameProspect(account_id=ACCOUNT, deal_id=DEAL, reason="Signature was withdrawn")


def report(on: int, account_id: UUID = ACCOUNT, **signals: Any) -> AccountSignalReported:
    return AccountSignalReported(account_id=account_id, on=day(on), **signals)


def ticket(number: int, on: int, account_id: UUID = ACCOUNT, *, counts: bool = True) -> SupportLoadChanged:
    """A ticket of the account that came in on a day at noon."""
    ticket_id = UUID(int=1_000 + number)
    return SupportLoadChanged(
        ticket_id=ticket_id,
        account_id=account_id,
        submitted_at=datetime.combine(day(on), time(12), UTC),
        counts=counts,
        caused_by=f"ticket-{ticket_id}@1",
    )


@dataclass
class Scoring:
    """The reaction and the aggregate on one account, fact by fact."""

    account: Any = score_account.initial
    health: Any = account_health.initial
    rules: Any = DEFAULT_RULES
    told: list[Event] = field(default_factory=list)
    versions: dict[str, int] = field(default_factory=dict)

    def hear(self, *facts: Event) -> list[Event]:
        """What is published because of these facts."""
        told: list[Event] = []
        for event in facts:
            stream = f"{topic_of(type(event)).aggregate}-{ACCOUNT}"
            version = self.versions[stream] = self.versions.get(stream, 0) + 1
            fact = recorded(event, stream=stream, version=version)
            self.account = score_account.evolve(self.account, fact)
            for command in score_account.react(self.account, fact, NOW):
                for new in account_health.decide(command, self.health, NOW, self.rules):
                    self.health = account_health.evolve(self.health, new)
                    told.append(new)
        self.told += told
        return told

    @property
    def present(self) -> Scored:
        assert isinstance(self.health, Scored), self.health
        return self.health

    @property
    def scores(self) -> list[tuple[int, bool, int]]:
        """Day, late and score of each one told so far."""
        return scores_of(self.told)

    def on(self, number: int) -> int:
        """The score of the newest day up to this one, the last told of it."""
        return self.on_day(day(number))

    def on_day(self, until: date) -> int:
        told = [each for each in self.told if isinstance(each, HealthScored) and each.on <= until]
        return max(enumerate(told), key=lambda place: (place[1].on, place[0]))[1].score


def scores_of(events: Iterable[Event]) -> list[tuple[int, bool, int]]:
    return [
        (each.on.toordinal() - BEFORE_FIRST, each.late, each.score) for each in events if isinstance(each, HealthScored)
    ]
