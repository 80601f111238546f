"""An enrolment in an e-mail series: one mail per step, ever, until it ends."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from nexa_chassis.domain import Aggregate
from nexa_contracts.envelope import Event
from nexa_contracts.marketing import LeadEnrolledInNurture, NurtureStepDue, NurtureStopped
from nexa_contracts.topics import NURTURE
from nexa_marketing.nurture.events import RecipientKnown
from nexa_marketing.nurture.series import series_of


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
    """In the series; `sent` is the last step that fell due."""

    enrolment_id: UUID
    lead_id: UUID
    campaign_id: UUID
    series: str
    series_version: int
    recipient: Recipient
    sent: int = 0


@dataclass(frozen=True)
class Ended:
    """Out of the series for good."""

    reason: str


Enrolment: TypeAlias = NotEnrolled | Enrolled | Ended


@dataclass(frozen=True)
class EnrolLead:
    enrolment_id: UUID
    lead_id: UUID
    campaign_id: UUID
    series: str
    series_version: int
    recipient: Recipient


@dataclass(frozen=True)
class UpdateRecipient:
    """The lead's address, name or company changed. An address that comes late starts the series."""

    enrolment_id: UUID
    recipient: Recipient


@dataclass(frozen=True)
class SendStep:
    """The time of this step has come."""

    enrolment_id: UUID
    step: int


@dataclass(frozen=True)
class StopNurture:
    """`reason`: unsubscribed, converted, withdrawn or promoted."""

    enrolment_id: UUID
    reason: str


NurtureCommand: TypeAlias = EnrolLead | UpdateRecipient | SendStep | StopNurture


def decide(command: NurtureCommand, state: Enrolment, now: datetime) -> Sequence[Event]:
    match command, state:
        case EnrolLead(), NotEnrolled():
            return _enrolled(command)
        case UpdateRecipient(recipient=recipient), Enrolled() if recipient != state.recipient:
            first = _due(replace(state, recipient=recipient), 1) if state.sent == 0 else []
            return [_recipient_known(state.enrolment_id, recipient), *first]
        case SendStep(step=step), Enrolled():
            return _due(state, step)
        case StopNurture(reason=reason), Enrolled():
            return [_stopped(state, reason)]
        case _:  # enrolled before, never enrolled, or ended: what comes now no longer matters
            return []


def _enrolled(command: EnrolLead) -> Sequence[Event]:
    enrolled = LeadEnrolledInNurture(
        enrolment_id=command.enrolment_id,
        lead_id=command.lead_id,
        campaign_id=command.campaign_id,
        series=command.series,
        series_version=command.series_version,
    )
    recipient = _recipient_known(command.enrolment_id, command.recipient)
    state = evolve(evolve(NotEnrolled(), enrolled), recipient)
    assert isinstance(state, Enrolled)
    return [enrolled, recipient, *_due(state, 1)]


def _due(state: Enrolled, number: int) -> Sequence[Event]:
    """The step if it is the next one and there is an address to send it to; the last one ends the series."""
    series = series_of(state.series, state.series_version)
    step = series.step(number)
    if step is None or number != state.sent + 1 or state.recipient.email is None:
        return []
    due = NurtureStepDue(
        enrolment_id=state.enrolment_id,
        lead_id=state.lead_id,
        campaign_id=state.campaign_id,
        series=state.series,
        step=number,
        template=step.template,
        **vars(state.recipient),
    )
    return [due, _stopped(state, "finished")] if series.step(number + 1) is None else [due]


def _recipient_known(enrolment_id: UUID, recipient: Recipient) -> RecipientKnown:
    return RecipientKnown(enrolment_id=enrolment_id, **vars(recipient))


def _stopped(state: Enrolled, reason: str) -> NurtureStopped:
    return NurtureStopped(
        enrolment_id=state.enrolment_id, lead_id=state.lead_id, campaign_id=state.campaign_id, reason=reason
    )


def evolve(state: Enrolment, event: Event) -> Enrolment:
    match state, event:
        case _, LeadEnrolledInNurture():
            return Enrolled(
                event.enrolment_id, event.lead_id, event.campaign_id, event.series, event.series_version, Recipient("")
            )
        case Enrolled(), RecipientKnown():
            known = Recipient(event.campaign_name, event.email, event.first_name, event.company)
            return replace(state, recipient=known)
        case Enrolled(), NurtureStepDue():
            return replace(state, sent=event.step)
        case _, NurtureStopped():
            return Ended(event.reason)
        case _:
            return state


enrolment: Aggregate[NurtureCommand, Enrolment] = Aggregate(
    name="nurture",
    key="enrolment_id",
    commands=(EnrolLead, UpdateRecipient, SendStep, StopNurture),
    initial=NotEnrolled(),
    evolve=evolve,
    decide=decide,
    topic=NURTURE,
    private=(RecipientKnown,),
)
