"""An onboarding that found no CSM with room is given to the first who has: the roster changed, or another one is done."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from nexa_chassis.domain import Recorded, derive
from nexa_chassis.reactions import Process
from nexa_contracts.envelope import Event
from nexa_contracts.success import CsmUpdated, OnboardingAssigned, OnboardingCompleted, OnboardingStarted
from nexa_success.onboarding.commands import AssignWaiting

THE_QUEUE = derive("success", "waiting-onboardings")


@dataclass(frozen=True)
class Queue:
    """Onboardings without a CSM, in the order in which they began."""

    waiting: tuple[UUID, ...] = ()


def evolve(queue: Queue, fact: Recorded) -> Queue:
    match fact.event:
        case OnboardingStarted(project_id=project_id, csm=None):
            return replace(queue, waiting=(*queue.waiting, project_id))
        case OnboardingAssigned(project_id=project_id):
            return replace(queue, waiting=tuple(each for each in queue.waiting if each != project_id))
        case _:
            return queue


def react(queue: Queue, fact: Recorded, now: datetime) -> Iterator[AssignWaiting]:
    match fact.event:
        case CsmUpdated() | OnboardingCompleted():
            for project_id in queue.waiting:
                yield AssignWaiting(project_id=project_id)
        case OnboardingStarted(project_id=project_id, csm=None):  # the roster may have changed since it began
            yield AssignWaiting(project_id=project_id)
        case _:
            return


def the_queue(event: Event) -> UUID:
    return THE_QUEUE


assign_waiting_onboardings = Process(
    name="assign_waiting_onboardings",
    on=(CsmUpdated, OnboardingStarted, OnboardingAssigned, OnboardingCompleted),
    key=the_queue,
    initial=Queue(),
    states=(Queue,),
    evolve=evolve,
    react=react,
)
