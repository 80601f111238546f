"""An account that is about to be lost raises an alert of its CSM, once for each episode.

It closes itself when the health is back, and when the account is lost after all.

The facts of scoring and of the onboarding arrive in any order: an episode that is over before its beginning is known leaves
no open alert behind, and an alert that found nobody responsible goes to the CSM who is found later.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from nexa_chassis.domain import Recorded, derive
from nexa_chassis.reactions import Process
from nexa_contracts.sales import AccountChurned
from nexa_contracts.scoring import ChurnRiskCleared, ChurnRiskDetected
from nexa_contracts.success import (
    AlertOutcome,
    OnboardingAssigned,
    OnboardingCancelled,
    OnboardingResumed,
    OnboardingStarted,
)
from nexa_success import responsible
from nexa_success.churn_alert.decisions import ChangeAlertOwner, EndAlert, RaiseAlert
from nexa_success.responsible import Responsible, TeamFact


@dataclass(frozen=True)
class Ending:
    """How an episode ended, and the event that said so."""

    outcome: AlertOutcome
    cause: str


@dataclass(frozen=True)
class Watch:
    """Who is responsible, the episodes that are not over, and the others with the event that said they are."""

    team: Responsible = field(default_factory=Responsible)
    going_on: tuple[int, ...] = ()
    over: Mapping[int, Ending] = field(default_factory=dict)


def evolve(watch: Watch, fact: Recorded) -> Watch:
    match fact.event:
        case OnboardingStarted() | OnboardingAssigned() | OnboardingCancelled() | OnboardingResumed() as told:
            return replace(watch, team=responsible.evolve(watch.team, told))
        case ChurnRiskDetected(episode=episode) if episode not in watch.over and episode not in watch.going_on:
            return replace(watch, going_on=(*watch.going_on, episode))
        case ChurnRiskCleared(episode=episode) if episode not in watch.over:
            left = tuple(each for each in watch.going_on if each != episode)
            return replace(watch, going_on=left, over={**watch.over, episode: Ending(AlertOutcome.RECOVERED, fact.id)})
        case AccountChurned():
            ended = {episode: Ending(AlertOutcome.CHURNED, fact.id) for episode in watch.going_on}
            return replace(watch, going_on=(), over={**watch.over, **ended})
        case _:
            return watch


def react(watch: Watch, fact: Recorded, now: datetime) -> Iterator[RaiseAlert | EndAlert | ChangeAlertOwner]:
    match fact.event:
        case ChurnRiskDetected() as risk:
            alert_id = alert_of(risk.account_id, risk.episode)
            yield RaiseAlert(
                alert_id=alert_id,
                account_id=risk.account_id,
                account_name=risk.account_name,
                episode=risk.episode,
                csm_id=watch.team.csm_id,
                score=risk.score,
                play=risk.play,
                reason=risk.reason,
            )
            if risk.episode in watch.over:
                yield _end(alert_id, watch.over[risk.episode])
        case ChurnRiskCleared(account_id=account_id, episode=episode):
            yield _end(alert_of(account_id, episode), watch.over[episode])
        case AccountChurned(account_id=account_id):
            for episode, ending in watch.over.items():
                if ending.cause == fact.id:
                    yield _end(alert_of(account_id, episode), ending)
        case (
            OnboardingStarted(account_id=account_id)
            | OnboardingAssigned(account_id=account_id)
            | OnboardingCancelled(account_id=account_id)
            | OnboardingResumed(account_id=account_id)
        ):
            for episode in watch.going_on:
                yield ChangeAlertOwner(alert_id=alert_of(account_id, episode), csm_id=watch.team.csm_id)
        case _:
            return


def _end(alert_id: UUID, ending: Ending) -> EndAlert:
    return EndAlert(alert_id=alert_id, outcome=ending.outcome, cause=ending.cause)


def alert_of(account_id: UUID, episode: int) -> UUID:
    """The id of the alert of an account's episode: there is one, ever."""
    return derive(account_id, "churn", episode)


def account_of(event: ChurnRiskDetected | ChurnRiskCleared | AccountChurned | TeamFact) -> UUID:
    return event.account_id


raise_churn_alert = Process(
    name="raise_churn_alert",
    on=(
        ChurnRiskDetected,
        ChurnRiskCleared,
        AccountChurned,
        OnboardingStarted,
        OnboardingAssigned,
        OnboardingCancelled,
        OnboardingResumed,
    ),
    key=account_of,
    initial=Watch(),
    states=(Watch,),
    evolve=evolve,
    react=react,
)
