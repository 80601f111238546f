"""What can be done with an onboarding: one line for each command, the rules in the files beside this one."""

from collections.abc import Sequence
from datetime import datetime
from typing import assert_never

from nexa_contracts.envelope import Event
from nexa_success.onboarding import assigning, handing_over, kickoff, starting, tasks
from nexa_success.onboarding.commands import (
    AcceptHandoff,
    AddTask,
    AssignOnboarding,
    AssignSpecialist,
    AssignWaiting,
    CancelKickoff,
    CancelOnboarding,
    Command,
    CommentTask,
    CompleteProvedTasks,
    DeclineHandoff,
    EscalateHandoff,
    HoldKickoff,
    MarkTaskOverdue,
    MoveTask,
    PauseOnboarding,
    PlanKickoff,
    ReadNote,
    ReassignTask,
    RemindUnread,
    RescheduleTask,
    ResubmitHandoff,
    StartOnboarding,
)
from nexa_success.onboarding.desk import Desk
from nexa_success.onboarding.state import Onboarding


def decide(command: Command, state: Onboarding, now: datetime, desk: Desk) -> Sequence[Event]:
    match command:
        case StartOnboarding():
            return starting.start(command, state, now, desk)
        case PauseOnboarding():
            return starting.pause(command, state, now)
        case CancelOnboarding():
            return starting.cancel(command, state, now)
        case AssignWaiting():
            return assigning.assign_waiting(command, state, now, desk)
        case AssignSpecialist():
            return assigning.assign_specialist(command, state, now, desk)
        case AssignOnboarding():
            return assigning.assign(command, state, now, desk)
        case AddTask():
            return tasks.add(command, state, now, desk)
        case MoveTask():
            return tasks.move(command, state, now)
        case ReassignTask():
            return tasks.reassign(command, state, desk)
        case RescheduleTask():
            return tasks.reschedule(command, state, now)
        case CommentTask():
            return tasks.comment(command, state)
        case CompleteProvedTasks():
            return tasks.complete_proved(command, state, now)
        case MarkTaskOverdue():
            return tasks.mark_overdue(command, state, desk)
        case PlanKickoff():
            return kickoff.plan(command, state, now, desk)
        case CancelKickoff():
            return kickoff.cancel(command, state)
        case HoldKickoff():
            return kickoff.hold(command, state)
        case ReadNote():
            return handing_over.read(command, state)
        case AcceptHandoff():
            return handing_over.accept(command, state)
        case DeclineHandoff():
            return handing_over.decline(command, state)
        case ResubmitHandoff():
            return handing_over.resubmit(command, state, now)
        case RemindUnread():
            return handing_over.remind(command, state, now)
        case EscalateHandoff():
            return handing_over.escalate(command, state, now, desk)
        case _:
            assert_never(command)
