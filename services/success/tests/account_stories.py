"""The facts that the tests of signals, churn alerts and renewals tell their stories with, and what follows from them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from nexa_chassis.domain import Deadline, Recorded
from nexa_chassis.reactions import Process
from nexa_contracts.envelope import Event
from nexa_contracts.sales import (
    AccountBecameCustomer,
    AccountBecameProspect,
    AccountChurned,
    AccountContractChanged,
)
from nexa_contracts.scoring import ChurnRiskCleared, ChurnRiskDetected
from nexa_contracts.success import OnboardingAssigned, OnboardingStarted, Person
from nexa_contracts.values import Because, Money

from .stories import ACCOUNT, DEAL, FIFTY_THOUSAND, MONDAY, PROJECT, SARAH, id_of

END = date(2026, 11, 24)
SIXTY_THOUSAND = Money.model_validate({"amount": "60000.00"})
PLAY = "Schedule executive business review"
REASON = "Usage declining, support tickets increasing"


def person(name: str) -> Person:
    return Person(person_id=id_of(name), name=name)


def risk_detected(episode: int = 1, score: int = 65) -> ChurnRiskDetected:
    return ChurnRiskDetected(
        account_id=ACCOUNT,
        account_name="Acme Corp",
        episode=episode,
        score=score,
        previous_score=74,
        play=PLAY,
        reason=REASON,
    )


def risk_cleared(episode: int = 1) -> ChurnRiskCleared:
    return ChurnRiskCleared(account_id=ACCOUNT, account_name="Acme Corp", episode=episode, score=74)


def onboarding_started(csm: str | None = "Nora Vance", **changes: Any) -> OnboardingStarted:
    given: dict[str, Any] = {
        "project_id": PROJECT,
        "account_id": ACCOUNT,
        "account_name": "Acme Corp",
        "deal_id": DEAL,
        "name": "Acme Corp Onboarding",
        "arr": FIFTY_THOUSAND,
        "won_at": MONDAY,
        "due_on": date(2025, 12, 24),
        "csm": person(csm) if csm else None,
        "contact": SARAH,
        "template_version": 1,
        "because": Because(rule="least recently assigned"),
    }
    return OnboardingStarted(**(given | changes))


def onboarding_assigned(csm: str, project_id: UUID = PROJECT) -> OnboardingAssigned:
    return OnboardingAssigned(
        project_id=project_id, account_id=ACCOUNT, account_name="Acme Corp", csm=person(csm), reason="Nora is on leave"
    )


def became_customer(end: date = END, arr: Money = FIFTY_THOUSAND, **changes: Any) -> AccountBecameCustomer:
    given: dict[str, Any] = {
        "account_id": ACCOUNT,
        "account_name": "Acme Corp",
        "deal_id": DEAL,
        "customer_since": date(2025, 11, 24),
        "arr": arr,
        "contract_end": end,
    }
    return AccountBecameCustomer(**(given | changes))


def contract_changed(end: date, arr: Money = FIFTY_THOUSAND) -> AccountContractChanged:
    return AccountContractChanged(
        account_id=ACCOUNT,
        arr=arr,
        previous_arr=FIFTY_THOUSAND,
        contract_end=end,
        previous_contract_end=END,
        reason="renewal won",
        caused_by="renewal",
    )


def churned() -> AccountChurned:
    return AccountChurned(
        account_id=ACCOUNT,
        account_name="Acme Corp",
        churned_on=END,
        arr=FIFTY_THOUSAND,
        reason="Project was stopped",
    )


def became_prospect() -> AccountBecameProspect:
    return AccountBecameProspect(account_id=ACCOUNT, deal_id=DEAL, reason="Signature was withdrawn")


@dataclass
class Choreography:
    """A process with the streams it leads to: facts go in, commands are decided, deadlines wait for their time."""

    process: Process[Any]
    aggregate: Any
    known: Any = None
    states: dict[UUID, Any] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    deadlines: list[Deadline] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.known = self.process.initial

    def tell(self, facts: Iterable[Recorded], now: datetime = MONDAY) -> "Choreography":
        for fact in facts:
            self.known = self.process.evolve(self.known, fact)
            for output in self.process.react(self.known, fact, now):
                if isinstance(output, Deadline):
                    self.deadlines.append(output)
                else:
                    self.execute(output, now)
        return self

    def execute(self, command: Any, now: datetime = MONDAY) -> Sequence[Event]:
        key = getattr(command, self.aggregate.key)
        state = self.states.get(key, self.aggregate.initial)
        new = list(self.aggregate.decide(command, state, now))
        for event in new:
            state = self.aggregate.evolve(state, event)
        self.states[key] = state
        self.events += new
        return new

    def pass_time(self, until: datetime) -> "Choreography":
        """What is due until then happens, in order."""
        due = sorted((each for each in self.deadlines if each.at <= until), key=lambda each: each.at)
        self.deadlines = [each for each in self.deadlines if each.at > until]
        for deadline in due:
            self.execute(deadline.command, deadline.at)
        return self

    def of(self, kind: type[Event]) -> list[Any]:
        return [event for event in self.events if type(event) is kind]
