"""A handoff has its time: unread after 24 hours its CSM is reminded, not accepted by then their manager hears of it.

An onboarding that was paused, or waited for a CSM, let that time pass; it gets the time again once it goes on.
"""

from collections.abc import Iterator
from datetime import datetime

from nexa_chassis.domain import Deadline, Recorded
from nexa_chassis.reactions import Reaction
from nexa_contracts.success import HandoffNoteWritten, OnboardingAssigned, OnboardingResumed
from nexa_success.onboarding.commands import EscalateHandoff, RemindUnread
from nexa_success.onboarding.handing_over import ACCEPT_WITHIN, READ_WITHIN


def react(fact: Recorded, now: datetime) -> Iterator[Deadline]:
    match fact.event:
        case HandoffNoteWritten(project_id=project_id, accept_by=accept_by, round=round_):
            remind = RemindUnread(project_id=project_id, round=round_)
            yield Deadline(at=fact.time + READ_WITHIN, command=remind, key="remind")
            yield Deadline(at=accept_by, command=EscalateHandoff(project_id=project_id, round=round_), key="escalate")
        case OnboardingResumed(project_id=project_id) | OnboardingAssigned(project_id=project_id, previous_csm_id=None):
            remind = RemindUnread(project_id=project_id, round=None)
            escalate = EscalateHandoff(project_id=project_id, round=None)
            yield Deadline(at=fact.time + READ_WITHIN, command=remind, key="remind")
            yield Deadline(at=fact.time + ACCEPT_WITHIN, command=escalate, key="escalate")
        case _:
            return


watch_handoff = Reaction(
    name="watch_handoff", on=(HandoffNoteWritten, OnboardingResumed, OnboardingAssigned), react=react
)
