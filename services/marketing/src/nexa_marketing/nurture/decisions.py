"""An enrolment in an e-mail series: one mail per step, ever, until it ends."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

from nexa_chassis.domain import AggregateInContext
from nexa_contracts.envelope import Event
from nexa_contracts.marketing import (
    LeadEnrolledInNurture,
    NurtureMoved,
    NurtureStep,
    NurtureStepDue,
    NurtureStepScheduled,
    NurtureStepSkipped,
    NurtureStopped,
    NurtureStopReason,
    StepCondition,
)
from nexa_contracts.topics import NURTURE
from nexa_marketing.nurture.events import RecipientKnown, StepAnswered
from nexa_marketing.nurture.series import Catalogue, Entrant, Series, choose, fill
from nexa_marketing.nurture.state import Enrolled, Enrolment, NotEnrolled, Recipient, evolve
from nexa_marketing.read_models.nurture_series import published_series


@dataclass(frozen=True)
class EnrolLead:
    """Into the series that takes this lead, if one does."""

    enrolment_id: UUID
    entrant: Entrant
    recipient: Recipient


@dataclass(frozen=True)
class UpdateRecipient:
    """The lead's address, name or company changed. A step that waited for an address is sent when there is one."""

    enrolment_id: UUID
    recipient: Recipient


@dataclass(frozen=True)
class SendStep:
    """The time of this step has come."""

    enrolment_id: UUID
    step: int


@dataclass(frozen=True)
class NoteAnswer:
    """A person opened the mail of the step with this key, or followed a link of it."""

    enrolment_id: UUID
    step: str
    clicked: bool


@dataclass(frozen=True)
class MoveToVersion:
    """Go on in this newer version of the series."""

    enrolment_id: UUID
    version: int


@dataclass(frozen=True)
class StopNurture:
    """`reason`: unsubscribed, converted, withdrawn or promoted; else finished, where `detail` says what ended it."""

    enrolment_id: UUID
    reason: str
    detail: str | None = None


NurtureCommand: TypeAlias = EnrolLead | UpdateRecipient | SendStep | NoteAnswer | MoveToVersion | StopNurture


def decide(command: NurtureCommand, state: Enrolment, now: datetime, catalogue: Catalogue) -> Sequence[Event]:
    match command, state:
        case EnrolLead(), NotEnrolled():
            return _enrolled(command, now, catalogue)
        case UpdateRecipient(recipient=recipient), Enrolled() if recipient != state.recipient:
            known, was_known = _recipient_known(state.enrolment_id, recipient), state.recipient.email is not None
            waited = not was_known and _is_time(state, now)
            return [known, *(_take(replace(state, recipient=recipient), catalogue, now) if waited else [])]
        case SendStep(step=step), Enrolled() if step == state.next_step and _is_time(state, now):
            return _take(state, catalogue, now)
        case NoteAnswer(step=key, clicked=clicked), Enrolled():
            is_news = key in state.passed and key not in (state.clicked if clicked else state.opened)
            return [StepAnswered(enrolment_id=state.enrolment_id, step=key, clicked=clicked)] if is_news else []
        case MoveToVersion(version=version), Enrolled() if version > state.series_version:
            return _moved(state, catalogue.version(state.series, version), now)
        case StopNurture(reason=reason, detail=detail), Enrolled():
            return [_stopped(state, reason, detail)]
        case _:  # enrolled before, never enrolled, or ended: what comes now no longer matters
            return []


def _is_time(state: Enrolled, now: datetime) -> bool:
    return state.next_at is None or now >= state.next_at


def _enrolled(command: EnrolLead, now: datetime, catalogue: Catalogue) -> Sequence[Event]:
    chosen = choose(catalogue, command.entrant, now)
    if chosen is None:
        return []
    series, because = chosen
    enrolled = LeadEnrolledInNurture(
        enrolment_id=command.enrolment_id,
        lead_id=command.entrant.lead_id,
        campaign_id=command.entrant.campaign_id,
        series=series.name,
        series_version=series.version,
        because=because,
    )
    recipient = _recipient_known(command.enrolment_id, command.recipient)
    state = evolve(evolve(NotEnrolled(), enrolled), recipient)
    assert isinstance(state, Enrolled)
    at_once = command.recipient.email is not None and not series.steps[0].delay_hours
    begin = _take(state, catalogue, now) if at_once else [_scheduled(state, series, 1, now, now)]
    return [enrolled, recipient, *begin]


def _take(state: Enrolled, catalogue: Catalogue, now: datetime) -> Sequence[Event]:
    """The step whose time has come is sent or passed over, and the next one gets its time. Without an address it waits."""
    series = catalogue.version(state.series, state.series_version)
    step = series.step(state.next_step)
    if step is None or step.key in state.passed or state.recipient.email is None:
        return []
    outcome = _due(state, step) if is_met(step.condition, state) else _skipped(state, step)
    after = evolve(state, outcome)
    assert isinstance(after, Enrolled)
    number = series.next_after(after.passed)
    if number is None:
        return [outcome, _stopped(after, NurtureStopReason.FINISHED)]
    return [outcome, _scheduled(after, series, number, now, now)]


def is_met(condition: StepCondition, state: Enrolled) -> bool:
    """Whether the last mail was answered so; a followed link means that it was opened, whatever pictures tell."""
    clicked = state.mailed in state.clicked
    opened = clicked or state.mailed in state.opened
    return {
        StepCondition.ALWAYS: True,
        StepCondition.PREVIOUS_OPENED: opened,
        StepCondition.PREVIOUS_NOT_OPENED: not opened,
        StepCondition.PREVIOUS_CLICKED: clicked,
        StepCondition.PREVIOUS_NOT_CLICKED: not clicked,
    }[condition]


def _moved(state: Enrolled, series: Series, now: datetime) -> Sequence[Event]:
    moved = NurtureMoved(
        **_ids(state), series=state.series, from_version=state.series_version, series_version=series.version
    )
    after = replace(state, series_version=series.version)
    number = series.next_after(state.passed)
    if number is None:
        ended = f"version {series.version} has no further step"
        return [moved, _stopped(after, NurtureStopReason.FINISHED, ended)]
    return [moved, _scheduled(after, series, number, state.since or now, now)]


def _scheduled(state: Enrolled, series: Series, number: int, since: datetime, now: datetime) -> NurtureStepScheduled:
    return NurtureStepScheduled(
        **_ids(state),
        series=state.series,
        series_version=series.version,
        step=number,
        step_key=series.steps[number - 1].key,
        since=since,
        at=max(now, since + series.delay_of(number)),
        passed=state.passed,
    )


def _due(state: Enrolled, step: NurtureStep) -> NurtureStepDue:
    reader = vars(state.recipient)
    return NurtureStepDue(
        **_ids(state),
        series=state.series,
        series_version=state.series_version,
        step=state.next_step,
        step_key=step.key,
        template=step.template,
        subject=fill(step.subject, reader) if step.subject else None,
        text=fill(step.text, reader) if step.text else None,
        link=step.link,
        link_label=step.link_label,
        **reader,
    )


def _skipped(state: Enrolled, step: NurtureStep) -> NurtureStepSkipped:
    return NurtureStepSkipped(
        **_ids(state),
        series=state.series,
        series_version=state.series_version,
        step=state.next_step,
        step_key=step.key,
        condition=step.condition,
    )


def _recipient_known(enrolment_id: UUID, recipient: Recipient) -> RecipientKnown:
    return RecipientKnown(enrolment_id=enrolment_id, **vars(recipient))


def _stopped(state: Enrolled, reason: str, detail: str | None = None) -> NurtureStopped:
    return NurtureStopped(**_ids(state), reason=NurtureStopReason(reason), series=state.series, detail=detail)


def _ids(state: Enrolled) -> dict[str, Any]:
    return {"enrolment_id": state.enrolment_id, "lead_id": state.lead_id, "campaign_id": state.campaign_id}


enrolment: AggregateInContext[NurtureCommand, Enrolment, Catalogue] = AggregateInContext(
    name="nurture",
    key="enrolment_id",
    commands=(EnrolLead, UpdateRecipient, SendStep, NoteAnswer, MoveToVersion, StopNurture),
    initial=NotEnrolled(),
    evolve=evolve,
    decide=decide,
    context=published_series,
    topic=NURTURE,
    private=(RecipientKnown, StepAnswered),
)
