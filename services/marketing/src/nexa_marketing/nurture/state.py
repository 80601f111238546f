"""A lead's place in an e-mail series, as its events tell it."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from nexa_contracts.envelope import Event
from nexa_contracts.marketing import (
    LeadEnrolledInNurture,
    NurtureMoved,
    NurtureStepDue,
    NurtureStepScheduled,
    NurtureStepSkipped,
    NurtureStopped,
)
from nexa_marketing.nurture.events import RecipientKnown, StepAnswered


@dataclass(frozen=True)
class Recipient:
    """Whom the mails go to."""

    campaign_name: str
    email: str | None = None
    first_name: str | None = None
    company: str | None = None


@dataclass(frozen=True)
class NotEnrolled:
    """No enrolment under this id."""


@dataclass(frozen=True)
class Enrolled:
    """In the series. Steps are known by their keys, which are the same in all versions.

    `passed` were sent or passed over, in order; `mailed` is the last one that was sent. `next_at` is when `next_step` is due
    and `since` what its delay counts from; both are None in streams that began before a step's time was an event.
    """

    enrolment_id: UUID
    lead_id: UUID
    campaign_id: UUID
    series: str
    series_version: int
    recipient: Recipient
    next_step: int = 1
    next_at: datetime | None = None
    since: datetime | None = None
    passed: tuple[str, ...] = ()
    mailed: str | None = None
    opened: frozenset[str] = frozenset()
    clicked: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Ended:
    """Out of the series for good."""

    reason: str


Enrolment: TypeAlias = NotEnrolled | Enrolled | Ended


def evolve(state: Enrolment, event: Event) -> Enrolment:
    match state, event:
        case _, LeadEnrolledInNurture():
            return Enrolled(
                event.enrolment_id, event.lead_id, event.campaign_id, event.series, event.series_version, Recipient("")
            )
        case _, NurtureStopped():
            return Ended(event.reason)
        case Enrolled(), _:
            return _further(state, event)
        case _:
            return state


def _further(state: Enrolled, event: Event) -> Enrolled:
    match event:
        case RecipientKnown():
            known = Recipient(event.campaign_name, event.email, event.first_name, event.company)
            return replace(state, recipient=known)
        case NurtureStepScheduled():
            return replace(state, next_step=event.step, next_at=event.at, since=event.since)
        case NurtureStepDue():
            key = event.step_key or str(event.step)
            return replace(state, passed=(*state.passed, key), mailed=key, next_step=event.step + 1, next_at=None)
        case NurtureStepSkipped():
            return replace(state, passed=(*state.passed, event.step_key), next_step=event.step + 1, next_at=None)
        case StepAnswered(step=key, clicked=clicked):
            if clicked:
                return replace(state, clicked=state.clicked | {key})
            return replace(state, opened=state.opened | {key})
        case NurtureMoved():
            return replace(state, series_version=event.series_version)
        case _:
            return state
