"""A task that an event proves done completes itself, and says which event it was."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from nexa_chassis.domain import Recorded
from nexa_chassis.reactions import Reaction
from nexa_contracts.notifier import EmailSent
from nexa_contracts.success import (
    HandoffNoteRead,
    KickoffHeld,
    KickoffScheduled,
    OnboardingAssigned,
    OnboardingStarted,
    Person,
)
from nexa_success.onboarding.commands import CompleteProvedTasks
from nexa_success.template.state import CSM_ASSIGNED, KICKOFF_HELD, KICKOFF_SCHEDULED, NOTE_READ, WELCOME_MAIL_SENT


def react(fact: Recorded, now: datetime) -> Iterator[CompleteProvedTasks]:
    match fact.event:
        case OnboardingStarted(project_id=project_id, csm=Person()) | OnboardingAssigned(project_id=project_id):
            yield _proved(project_id, CSM_ASSIGNED, fact)
        case KickoffScheduled(project_id=project_id):
            yield _proved(project_id, KICKOFF_SCHEDULED, fact)
        case KickoffHeld(project_id=project_id):
            yield _proved(project_id, KICKOFF_HELD, fact)
        case HandoffNoteRead(project_id=project_id):
            yield _proved(project_id, NOTE_READ, fact)
        case EmailSent(kind="welcome", about=project_id):
            yield _proved(project_id, WELCOME_MAIL_SENT, fact)
        case _:
            return


def _proved(project_id: UUID, proof: str, fact: Recorded) -> CompleteProvedTasks:
    return CompleteProvedTasks(project_id=project_id, proof=proof, event_id=fact.id)


complete_proved_tasks = Reaction(
    name="complete_proved_tasks",
    on=(OnboardingStarted, OnboardingAssigned, KickoffScheduled, KickoffHeld, HandoffNoteRead, EmailSent),
    react=react,
)
