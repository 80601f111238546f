"""The next best action for a customer, and why: what is burning first, then what is due, then what its stage asks for."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from nexa_contracts.success import Stage

LIMITS: Final[Mapping[Stage, int]] = {
    Stage.SUBSCRIBER: 90,
    Stage.RECYCLED: 60,
    Stage.LEAD: 30,
    Stage.MQL: 7,
    Stage.SQL: 14,
    Stage.OPPORTUNITY: 45,
    Stage.ONBOARDING: 30,
    Stage.AT_RISK: 14,
    Stage.REACTIVATED: 30,
}
"""Days after which a party counts as stuck. At the other stages it may stay as long as it likes."""

SOON = 30
"""Days before the end of its contract from which on an open renewal comes before overdue tasks."""


class About(StrEnum):
    """What an action deals with."""

    ALERT = "alert"
    RENEWAL = "renewal"
    ONBOARDING = "onboarding"
    TASK = "task"
    STAGE = "stage"


@dataclass(frozen=True)
class NextBest:
    """What to do next; `because` is completed with the days it has been there and the days that are usual."""

    action: str
    because: str


NEXT_BEST: Final[Mapping[Stage, NextBest]] = {
    Stage.SUBSCRIBER: NextBest("Invite to the next webinar", "reads along for {days} days without asking for more"),
    Stage.RECYCLED: NextBest("Enrol in a nurture series again", "nothing new since it was recycled {days} days ago"),
    Stage.LEAD: NextBest("Offer content that fits its interest", "did not reach band Medium in {days} days"),
    Stage.MQL: NextBest("Call", "no follow-up found interest in {days} days"),
    Stage.SQL: NextBest("Convert or disqualify", "interest was found {days} days ago and no deal was opened"),
    Stage.OPPORTUNITY: NextBest("Review the deal with the rep", "the deal is open for {days} days, {limit} are usual"),
    Stage.ONBOARDING: NextBest("Hold a go-live review", "not live after {days} days, {limit} were agreed"),
    Stage.AT_RISK: NextBest("Schedule executive business review", "at risk for {days} days without recovery"),
    Stage.REACTIVATED: NextBest("Agree on new success criteria", "came back {days} days ago and is not live"),
    Stage.LIVE: NextBest("Ask for a reference", "live for {days} days"),
    Stage.RENEWED: NextBest("Look for room to expand", "renewed {days} days ago"),
    Stage.EXPANSION: NextBest("Ask for a reference", "expanded {days} days ago"),
    Stage.CHURNED: NextBest("Try to win back", "churned {days} days ago"),
    Stage.DISQUALIFIED: NextBest("Recycle if the reason is gone", "disqualified {days} days ago"),
}


@dataclass(frozen=True)
class OpenAlert:
    """A churn alert that nobody closed or put aside."""

    alert_id: UUID
    score: int
    play: str
    reason: str
    raised_at: datetime


@dataclass(frozen=True)
class OpenRenewal:
    renewal_id: UUID
    contract_end: date


@dataclass(frozen=True)
class RunningOnboarding:
    """`handoff` as the board has it: offered, accepted, declined or escalated."""

    project_id: UUID
    has_csm: bool
    handoff: str
    won_at: datetime


@dataclass(frozen=True)
class OpenTask:
    """The one that is due first, of the urgent ones where some are overdue; `overdue` counts all that are."""

    project_id: UUID
    title: str
    due_at: datetime
    overdue: int


@dataclass(frozen=True)
class Situation:
    """What is known of a customer at a time."""

    stage: Stage | None = None
    since: datetime | None = None
    alert: OpenAlert | None = None
    renewal: OpenRenewal | None = None
    onboarding: RunningOnboarding | None = None
    task: OpenTask | None = None


@dataclass(frozen=True)
class Action:
    """`subject_id` names the alert, renewal or onboarding it deals with; None where it follows from the stage alone."""

    action: str
    because: str
    about: About
    subject_id: UUID | None = None


def next_best(known: Situation, now: datetime) -> list[Action]:
    """All that could be done, the best first; empty where nothing is due."""
    return [*_burning(known, now), *_due(known, now), *_of_the_stage(known, now)]


def _burning(known: Situation, now: datetime) -> Iterator[Action]:
    alert, renewal, onboarding = known.alert, known.renewal, known.onboarding
    if alert is not None:
        days = (now - alert.raised_at).days
        because = f"{alert.reason}; health dropped to {alert.score} {_ago(days)}"
        yield Action(alert.play, because, About.ALERT, alert.alert_id)
    if renewal is not None and _days_left(renewal, now) <= SOON:
        yield _renew(renewal, now)
    if onboarding is not None and not onboarding.has_csm:
        because = f"nobody is responsible for the onboarding; the deal was won {_ago((now - onboarding.won_at).days)}"
        yield Action("Assign a customer success manager", because, About.ONBOARDING, onboarding.project_id)
    if onboarding is not None and onboarding.handoff == "escalated":
        because = "the handoff was not accepted in time"
        yield Action("Accept the handoff or give it to somebody else", because, About.ONBOARDING, onboarding.project_id)
    if onboarding is not None and onboarding.handoff == "declined":
        because = "the handoff was sent back and did not come again"
        yield Action("Complete the handoff with sales", because, About.ONBOARDING, onboarding.project_id)


def _due(known: Situation, now: datetime) -> Iterator[Action]:
    task, renewal = known.task, known.renewal
    if task is not None and task.overdue:
        others = f", with {task.overdue - 1} more overdue" if task.overdue > 1 else ""
        because = f"was due on {task.due_at:%Y-%m-%d}{others}"
        yield Action(task.title, because, About.TASK, task.project_id)
    if renewal is not None and _days_left(renewal, now) > SOON:
        yield _renew(renewal, now)
    if task is not None and not task.overdue:
        because = f"next task of the onboarding, due on {task.due_at:%Y-%m-%d}"
        yield Action(task.title, because, About.TASK, task.project_id)


def _of_the_stage(known: Situation, now: datetime) -> Iterator[Action]:
    """A stage that has a usual length asks for nothing before it is over."""
    if known.stage is None or known.since is None:
        return
    days, limit = (now - known.since).days, LIMITS.get(known.stage, 0)
    if days >= limit:
        yield Action(NEXT_BEST[known.stage].action, why(known.stage, days, limit), About.STAGE)


def why(stage: Stage, days: int, limit: int) -> str:
    """The reason for what the stage asks for."""
    return NEXT_BEST[stage].because.format(days=days, limit=limit)


def _renew(renewal: OpenRenewal, now: datetime) -> Action:
    left = _days_left(renewal, now)
    ends = f"ends in {left} days" if left > 0 else "has ended"
    because = f"the contract {ends}, on {renewal.contract_end}"
    return Action("Agree on the renewal", because, About.RENEWAL, renewal.renewal_id)


def _days_left(renewal: OpenRenewal, now: datetime) -> int:
    return (renewal.contract_end - now.date()).days


def _ago(days: int) -> str:
    match days:
        case 0:
            return "today"
        case 1:
            return "yesterday"
        case _:
            return f"{days} days ago"
