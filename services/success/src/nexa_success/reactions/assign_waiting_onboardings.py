"""An onboarding that found no CSM or specialist with room is given to the first who has: the roster changed, or one is done."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from nexa_chassis.domain import Recorded, derive
from nexa_chassis.reactions import Process
from nexa_contracts.envelope import Event
from nexa_contracts.success import (
    CsmUpdated,
    OnboardingAssigned,
    OnboardingCancelled,
    OnboardingCompleted,
    OnboardingResumed,
    OnboardingSpecialistAssigned,
    OnboardingStarted,
    Role,
)
from nexa_success.onboarding.commands import AssignSpecialist, AssignWaiting

THE_QUEUE = derive("success", "waiting-onboardings")


@dataclass(frozen=True)
class Queue:
    """Onboardings without a CSM, and those without a specialist, in the order in which they began.

    `specialists`: whether there ever was one on the roster. Without, there is nobody to offer an onboarding to.
    """

    waiting: tuple[UUID, ...] = ()
    without_specialist: tuple[UUID, ...] = ()
    specialists: bool = False


def evolve(queue: Queue, fact: Recorded) -> Queue:
    match fact.event:
        case CsmUpdated(role=Role.SPECIALIST):
            return replace(queue, specialists=True)
        case OnboardingStarted(project_id=project_id, csm=csm, specialist=specialist):
            waiting = queue.waiting if csm else (*queue.waiting, project_id)
            without = queue.without_specialist if specialist else (*queue.without_specialist, project_id)
            return replace(queue, waiting=waiting, without_specialist=without)
        case OnboardingAssigned(project_id=project_id):
            return replace(queue, waiting=_but(queue.waiting, project_id))
        case OnboardingSpecialistAssigned(project_id=project_id):
            return replace(queue, without_specialist=_but(queue.without_specialist, project_id))
        case OnboardingCompleted(project_id=project_id):
            waiting = _but(queue.waiting, project_id)
            return replace(queue, waiting=waiting, without_specialist=_but(queue.without_specialist, project_id))
        case _:
            return queue


def _but(queue: tuple[UUID, ...], project_id: UUID) -> tuple[UUID, ...]:
    return tuple(each for each in queue if each != project_id)


def react(queue: Queue, fact: Recorded, now: datetime) -> Iterator[AssignWaiting | AssignSpecialist]:
    match fact.event:
        case CsmUpdated(role=Role.SPECIALIST):
            yield from _specialist_for(queue.without_specialist)
        case CsmUpdated():
            yield from _csm_for(queue.waiting)
        case OnboardingCompleted(specialist_id=specialist_id) | OnboardingCancelled(specialist_id=specialist_id):
            yield from _csm_for(queue.waiting)
            if specialist_id is not None:
                yield from _specialist_for(queue.without_specialist)
        case OnboardingStarted(project_id=project_id) | OnboardingResumed(project_id=project_id):
            # somebody may have had room since it began, or while it was paused
            yield from _csm_for(each for each in queue.waiting if each == project_id)
            if queue.specialists:
                yield from _specialist_for(each for each in queue.without_specialist if each == project_id)
        case _:
            return


def _csm_for(onboardings: Iterable[UUID]) -> Iterator[AssignWaiting]:
    for project_id in onboardings:
        yield AssignWaiting(project_id=project_id)


def _specialist_for(onboardings: Iterable[UUID]) -> Iterator[AssignSpecialist]:
    for project_id in onboardings:
        yield AssignSpecialist(project_id=project_id)


def the_queue(event: Event) -> UUID:
    return THE_QUEUE


assign_waiting_onboardings = Process(
    name="assign_waiting_onboardings",
    on=(
        CsmUpdated,
        OnboardingStarted,
        OnboardingAssigned,
        OnboardingSpecialistAssigned,
        OnboardingResumed,
        OnboardingCancelled,
        OnboardingCompleted,
    ),
    key=the_queue,
    initial=Queue(),
    states=(Queue,),
    evolve=evolve,
    react=react,
)
