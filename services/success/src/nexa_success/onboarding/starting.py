"""A won deal becomes an onboarding: a CSM, the template's tasks, a kickoff and the handoff note, in one decision."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import assert_never

from nexa_contracts.envelope import Event
from nexa_contracts.success import (
    HandoffNoteWritten,
    OnboardingCancelled,
    OnboardingPaused,
    OnboardingResumed,
    OnboardingStarted,
    Role,
    TaskCreated,
    TaskRescheduled,
)
from nexa_success.csm.calendar import Calendar
from nexa_success.onboarding import kickoff, tasks
from nexa_success.onboarding.commands import CancelOnboarding, PauseOnboarding, StartOnboarding
from nexa_success.onboarding.desk import Desk, choose
from nexa_success.onboarding.events import HandoffNoteFiled
from nexa_success.onboarding.handing_over import ACCEPT_WITHIN
from nexa_success.onboarding.state import Cancelled, Live, NotStarted, Onboarding, Paused, Project, Running


def start(command: StartOnboarding, state: Onboarding, now: datetime, desk: Desk) -> Sequence[Event]:
    match state:
        case NotStarted():
            return list(_begin(command, now, desk))
        case Paused(project=project, since=since):
            return list(_resume(project, now - since, now, desk, was_cancelled=False))
        case Cancelled(project=project, since=since):
            return list(_resume(project, now - since, now, desk, was_cancelled=True))
        case Running() | Live():  # the same deal won again changes nothing
            return []
        case _:
            assert_never(state)


def _begin(command: StartOnboarding, now: datetime, desk: Desk) -> Iterator[Event]:
    template = desk.template
    choice = choose(desk, Role.CSM, now.date())
    implements = choose(desk, Role.SPECIALIST, now.date())
    calendar = choice.seat.calendar if choice.seat else Calendar()
    won_on = calendar.day_of(command.won_at)
    started = OnboardingStarted(
        project_id=command.project_id,
        account_id=command.account_id,
        account_name=command.account_name,
        deal_id=command.deal_id,
        name=f"{command.account_name} Onboarding",
        arr=command.arr,
        won_at=command.won_at,
        due_on=won_on + timedelta(days=template.due_in_days),
        csm=choice.seat.person if choice.seat else None,
        specialist=implements.seat.person if implements.seat else None,
        manager_id=desk.manager_of(choice.seat.person if choice.seat else None),
        contact=command.contact,
        rep_id=command.rep_id,
        template_version=template.version,
        training_documents=template.training_documents,
        turn=desk.turn + 1,
        because=choice.because,
        specialist_because=implements.because,
    )
    yield started
    for task in template.tasks:
        owner = (started.specialist if task.owner is Role.SPECIALIST else None) or started.csm
        yield TaskCreated(
            project_id=command.project_id,
            account_id=command.account_id,
            key=task.key,
            title=task.title,
            owner_id=owner.person_id if owner else None,
            priority=task.priority,
            due_at=calendar.end_of(won_on + timedelta(days=task.day)),
            proved_by=task.proved_by,
            owner_role=task.owner,
        )
    if choice.seat is not None:
        yield kickoff.first(started, choice.seat, started.specialist, now, desk)
    yield HandoffNoteFiled(
        project_id=command.project_id,
        deal_name=command.deal_name,
        amount=command.arr,
        details=command.details,
        rep_id=command.rep_id,
    )
    yield HandoffNoteWritten(
        project_id=command.project_id,
        account_id=command.account_id,
        account_name=command.account_name,
        deal_id=command.deal_id,
        csm_id=choice.seat.csm_id if choice.seat else None,
        rep_id=command.rep_id,
        accept_by=now + ACCEPT_WITHIN,
    )


def _resume(project: Project, lost: timedelta, now: datetime, desk: Desk, *, was_cancelled: bool) -> Iterator[Event]:
    """What was open gets the lost days back, and a kickoff that was called off a new time.

    Who worked on a cancelled one takes it up again, whatever their load.
    """
    started = project.started
    again = project if was_cancelled else None
    yield OnboardingResumed(
        project_id=started.project_id,
        account_id=started.account_id,
        csm_id=again.csm.person_id if again and again.csm else None,
        specialist_id=again.specialist.person_id if again and again.specialist else None,
    )
    days = timedelta(days=-(-lost // timedelta(days=1)))
    for task in project.open_tasks if days else ():
        yield TaskRescheduled(
            project_id=started.project_id,
            account_id=started.account_id,
            key=task.key,
            title=task.title,
            due_at=task.due_at + days,
            previous_due_at=task.due_at,
        )
    yield from kickoff.again(project, now, desk)
    if not project.open_tasks:
        yield tasks.live(project, now)


def pause(command: PauseOnboarding, state: Onboarding, now: datetime) -> Sequence[Event]:
    match state:
        case Running(project=project):
            started = project.started
            paused = OnboardingPaused(
                project_id=command.project_id, account_id=started.account_id, reason=command.reason, paused_at=now
            )
            called_off = kickoff.call_off(project, "The onboarding is on hold")
            return [*called_off, paused]
        case NotStarted() | Paused() | Cancelled() | Live():
            return []
        case _:
            assert_never(state)


def cancel(command: CancelOnboarding, state: Onboarding, now: datetime) -> Sequence[Event]:
    """A customer who is live stays so: what becomes of a contract is told by sales."""
    match state:
        case Running(project=project) | Paused(project=project):
            cancelled = OnboardingCancelled(
                project_id=command.project_id,
                account_id=project.started.account_id,
                account_name=project.started.account_name,
                reason=command.reason,
                cancelled_at=now,
                csm_id=project.csm.person_id if project.csm else None,
                specialist_id=project.specialist.person_id if project.specialist else None,
            )
            return [*kickoff.call_off(project, "The onboarding does not go on"), cancelled]
        case NotStarted() | Cancelled() | Live():
            return []
        case _:
            assert_never(state)
