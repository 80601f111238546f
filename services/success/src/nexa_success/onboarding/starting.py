"""A won deal becomes an onboarding: a CSM, the template's tasks, a kickoff and the handoff note, in one decision."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import assert_never

from nexa_chassis.domain import NotFound, Refused
from nexa_contracts.envelope import Event
from nexa_contracts.success import (
    HandoffNoteWritten,
    OnboardingAssigned,
    OnboardingPaused,
    OnboardingResumed,
    OnboardingStarted,
    Role,
    TaskCreated,
    TaskReassigned,
    TaskRescheduled,
)
from nexa_success.csm.calendar import Calendar
from nexa_success.onboarding import kickoff, reaching, tasks
from nexa_success.onboarding.commands import AssignOnboarding, AssignWaiting, PauseOnboarding, StartOnboarding
from nexa_success.onboarding.desk import Choice, Desk, Seat, choose
from nexa_success.onboarding.events import HandoffNoteFiled
from nexa_success.onboarding.handing_over import ACCEPT_WITHIN
from nexa_success.onboarding.state import Live, NotStarted, Onboarding, Paused, Planned, Project, Running


def start(command: StartOnboarding, state: Onboarding, now: datetime, desk: Desk) -> Sequence[Event]:
    match state:
        case NotStarted():
            return list(_begin(command, now, desk))
        case Paused(project=project, since=since):
            return list(_resume(project, now - since, now, desk))
        case Running() | Live():  # the same deal won again changes nothing
            return []
        case _:
            assert_never(state)


def _begin(command: StartOnboarding, now: datetime, desk: Desk) -> Iterator[Event]:
    template = desk.template
    choice = choose(desk, Role.CSM, now.date())
    specialist = choose(desk, Role.SPECIALIST, now.date()).seat
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
        specialist=specialist.person if specialist else None,
        manager_id=desk.manager_of(choice.seat.person if choice.seat else None),
        contact=command.contact,
        rep_id=command.rep_id,
        template_version=template.version,
        training_documents=template.training_documents,
        turn=desk.turn + 1,
        because=choice.because,
    )
    yield started
    for task in template.tasks:
        implements = task.owner is Role.SPECIALIST and started.specialist is not None
        owner = started.specialist if implements else started.csm
        yield TaskCreated(
            project_id=command.project_id,
            account_id=command.account_id,
            key=task.key,
            title=task.title,
            owner_id=owner.person_id if owner else None,
            priority=task.priority,
            due_at=calendar.end_of(won_on + timedelta(days=task.day)),
            proved_by=task.proved_by,
        )
    if choice.seat is not None:
        yield kickoff.first(started, choice.seat, now, desk)
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


def _resume(project: Project, lost: timedelta, now: datetime, desk: Desk) -> Iterator[Event]:
    """What was open gets the days back that the pause took, and a kickoff that was called off a new time."""
    started = project.started
    yield OnboardingResumed(project_id=started.project_id, account_id=started.account_id)
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
        case NotStarted() | Paused() | Live():
            return []
        case _:
            assert_never(state)


def assign_waiting(command: AssignWaiting, state: Onboarding, now: datetime, desk: Desk) -> Sequence[Event]:
    match state:
        case Running(project=project) if project.csm is None:
            choice = choose(desk, Role.CSM, now.date())
            return list(_hand_to(choice, project, "somebody has room now", now, desk)) if choice.seat else []
        case _:
            return []


def assign(command: AssignOnboarding, state: Onboarding, now: datetime, desk: Desk) -> Sequence[Event]:
    project = reaching.running(state, command.project_id)
    seat = desk.seats.get(command.csm_id)
    if seat is None:
        raise NotFound(f"There is nobody with the id {command.csm_id} on the roster.", rule="csm.unknown")
    if seat.role is not Role.CSM:
        raise Refused(f"{seat.name} is no CSM but {seat.role.value}.", rule="onboarding.csm", field="csm_id")
    if project.csm is not None and project.csm.person_id == command.csm_id:
        return []
    chosen = choose(desk, Role.CSM, now.date())
    because = chosen.because.model_copy(update={"rule": "a person decided", "candidates": ()})
    return list(_hand_to(Choice(seat, because), project, command.reason, now, desk))


def _hand_to(choice: Choice, project: Project, reason: str, now: datetime, desk: Desk) -> Iterator[Event]:
    seat, started, previous = choice.seat, project.started, project.csm
    assert seat is not None
    yield OnboardingAssigned(
        project_id=started.project_id,
        account_id=started.account_id,
        account_name=started.account_name,
        csm=seat.person,
        previous_csm_id=previous.person_id if previous else None,
        manager_id=desk.manager_of(seat.person),
        turn=desk.turn + 1,
        reason=reason,
        because=choice.because,
    )
    yield from _tasks_along(project, seat)
    if isinstance(project.kickoff, Planned):
        yield kickoff.with_other_people(project, project.kickoff.meeting, seat)
    elif previous is None:
        yield kickoff.first(started, seat, now, desk)


def _tasks_along(project: Project, seat: Seat) -> Iterator[Event]:
    """The open tasks of who was responsible go along; those of a specialist stay."""
    previous = project.csm.person_id if project.csm else None
    for task in project.open_tasks:
        if task.owner_id == previous:
            yield TaskReassigned(
                project_id=project.started.project_id,
                account_id=project.started.account_id,
                key=task.key,
                title=task.title,
                owner_id=seat.csm_id,
                previous_owner_id=previous,
            )
