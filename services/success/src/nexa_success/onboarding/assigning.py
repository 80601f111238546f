"""Who is responsible for an onboarding, and who implements it, where that was not settled when it began or changes later."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from nexa_chassis.domain import NotFound, Refused
from nexa_contracts.envelope import Event
from nexa_contracts.success import OnboardingAssigned, OnboardingSpecialistAssigned, Role, TaskReassigned
from nexa_success.onboarding import kickoff, reaching
from nexa_success.onboarding.commands import AssignOnboarding, AssignSpecialist, AssignWaiting
from nexa_success.onboarding.desk import Choice, Desk, Seat, choose
from nexa_success.onboarding.state import Onboarding, Planned, Project, Running, Task

ROOM_NOW = "somebody has room now"


def assign_waiting(command: AssignWaiting, state: Onboarding, now: datetime, desk: Desk) -> Sequence[Event]:
    match state:
        case Running(project=project) if project.csm is None:
            choice = choose(desk, Role.CSM, now.date())
            return list(_hand_to(choice, project, ROOM_NOW, now, desk)) if choice.seat else []
        case _:
            return []


def assign_specialist(command: AssignSpecialist, state: Onboarding, now: datetime, desk: Desk) -> Sequence[Event]:
    match state:
        case Running(project=project) if project.specialist is None:
            choice = choose(desk, Role.SPECIALIST, now.date())
            return list(_implemented_by(choice.seat, choice, project, desk)) if choice.seat else []
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
    previous_id = previous.person_id if previous else None
    yield from _given_to(seat, project, [task for task in project.open_tasks if task.owner_id == previous_id])
    if isinstance(project.kickoff, Planned):
        meeting = project.kickoff.meeting
        yield kickoff.with_other_people(project, meeting, seat.person, project.specialist, f"{seat.name} took over")
    elif previous is None:
        yield kickoff.first(started, seat, project.specialist, now, desk)


def _implemented_by(seat: Seat, choice: Choice, project: Project, desk: Desk) -> Iterator[Event]:
    """The open tasks that the template means for a specialist go to them, unless somebody else was given one by hand."""
    started = project.started
    yield OnboardingSpecialistAssigned(
        project_id=started.project_id,
        account_id=started.account_id,
        account_name=started.account_name,
        specialist=seat.person,
        turn=desk.turn + 1,
        reason=ROOM_NOW,
        because=choice.because,
    )
    csm_id = project.csm.person_id if project.csm else None
    meant = [task for task in project.open_tasks if task.owner_role is Role.SPECIALIST and task.owner_id == csm_id]
    yield from _given_to(seat, project, meant)
    if isinstance(project.kickoff, Planned) and project.csm is not None:
        reason = f"{seat.name} implements it"
        yield kickoff.with_other_people(project, project.kickoff.meeting, project.csm, seat.person, reason)


def _given_to(seat: Seat, project: Project, tasks: Sequence[Task]) -> Iterator[Event]:
    for task in tasks:
        yield TaskReassigned(
            project_id=project.started.project_id,
            account_id=project.started.account_id,
            key=task.key,
            title=task.title,
            owner_id=seat.csm_id,
            previous_owner_id=task.owner_id,
        )
