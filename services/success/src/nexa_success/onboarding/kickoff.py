"""The kickoff meeting: a working day of the CSM, one calendar entry that is updated and called off as plans change."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, time, timedelta

from nexa_chassis.domain import NotFound, Refused, derive
from nexa_contracts.envelope import Event
from nexa_contracts.success import (
    Attendee,
    KickoffCancelled,
    KickoffFields,
    KickoffHeld,
    KickoffMoved,
    KickoffScheduled,
    OnboardingStarted,
    Person,
)
from nexa_success.csm.calendar import Calendar
from nexa_success.onboarding import reaching
from nexa_success.onboarding.commands import CancelKickoff, HoldKickoff, PlanKickoff
from nexa_success.onboarding.desk import Desk, Seat
from nexa_success.onboarding.state import CalledOff, Held, NoKickoff, Onboarding, Planned, Project

BEGINS = time(10)
LASTS = timedelta(minutes=60)


def first(
    started: OnboardingStarted, seat: Seat, specialist: Person | None, now: datetime, desk: Desk, *, sequence: int = 0
) -> KickoffScheduled:
    """On the template's day after the won deal, or the CSM's next working day; never in the past."""
    calendar, planned = seat.calendar, desk.kickoff_of(started.template_version)
    won_on = calendar.day_of(started.won_at)
    wanted = max(won_on + timedelta(days=planned.in_days), calendar.day_of(now))
    if wanted == calendar.day_of(now) and calendar.at(wanted, BEGINS) <= now:
        wanted += timedelta(days=1)
    starts_at = calendar.at(calendar.working_day_from(wanted), BEGINS)
    meeting_id = derive(started.deal_id, "kickoff")
    return KickoffScheduled(
        project_id=started.project_id,
        account_id=started.account_id,
        meeting_id=meeting_id,
        sequence=sequence,
        title=f"{started.account_name} - Implementation Kickoff",
        starts_at=starts_at,
        ends_at=starts_at + LASTS,
        time_zone=calendar.time_zone,
        attendees=_attendees(started, seat.person, specialist),
        join_url=desk.join_url.replace("{meeting_id}", str(meeting_id)),
        agenda=planned.agenda,
        account_name=started.account_name,
        arr=started.arr,
        won_at=started.won_at,
        csm=seat.person,
        contact=started.contact,
        days=(calendar.day_of(starts_at) - won_on).days,
        training_documents=started.training_documents,
    )


def again(project: Project, now: datetime, desk: Desk) -> Iterator[Event]:
    """The kickoff of an onboarding that goes on: a new time if it was called off."""
    seat = desk.seats.get(project.csm.person_id) if project.csm else None
    if seat is not None and isinstance(project.kickoff, CalledOff):
        sequence = project.kickoff.meeting.sequence + 1
        yield first(project.started, seat, project.specialist, now, desk, sequence=sequence)


def with_other_people(
    project: Project, meeting: KickoffFields, csm: Person, specialist: Person | None, reason: str
) -> KickoffMoved:
    attendees = _attendees(project.started, csm, specialist)
    changed = {"attendees": attendees, "sequence": meeting.sequence + 1, "reason": reason}
    return KickoffMoved.model_validate(_fields(meeting) | changed)


def plan(command: PlanKickoff, state: Onboarding, now: datetime, desk: Desk) -> Sequence[Event]:
    project = reaching.running(state, command.project_id)
    seat = desk.seats.get(project.csm.person_id) if project.csm else None
    if seat is None:
        raise Refused("Nobody is responsible for the onboarding; assign a CSM first.", rule="kickoff.csm")
    if command.starts_at <= now:
        raise Refused("The kickoff begins in the past.", rule="kickoff.past", field="starts_at")
    _check_day(seat.calendar, command.starts_at, seat.name)
    times = {"starts_at": command.starts_at, "ends_at": command.starts_at + timedelta(minutes=command.minutes)}
    match project.kickoff:
        case NoKickoff():
            return [_at(first(project.started, seat, project.specialist, now, desk), seat, times)]
        case Held():
            raise Refused("The kickoff was held already.", rule="kickoff.held")
        case Planned(meeting=meeting) if (meeting.starts_at, meeting.ends_at) == (times["starts_at"], times["ends_at"]):
            return []
        case Planned(meeting=meeting):
            changed = {**times, "sequence": meeting.sequence + 1, "reason": command.reason}
            return [KickoffMoved.model_validate(_fields(meeting) | changed)]
        case CalledOff(meeting=meeting):
            sequence = meeting.sequence + 1
            again = first(project.started, seat, project.specialist, now, desk, sequence=sequence)
            return [_at(again, seat, times)]


def _at(planned: KickoffScheduled, seat: Seat, times: Mapping[str, datetime]) -> KickoffScheduled:
    days = (seat.calendar.day_of(times["starts_at"]) - seat.calendar.day_of(planned.won_at)).days
    return planned.model_copy(update={**times, "days": max(0, days)})


def _check_day(calendar: Calendar, moment: datetime, name: str) -> None:
    day = calendar.day_of(moment)
    if not calendar.is_working_day(day):
        nearest = calendar.working_day_from(day)
        raise Refused(
            f"{day} is no working day of {name}; the next one is {nearest}.", rule="kickoff.day", field="starts_at"
        )


def cancel(command: CancelKickoff, state: Onboarding) -> Sequence[Event]:
    project = reaching.running(state, command.project_id)
    match project.kickoff:
        case NoKickoff():
            raise NotFound("The onboarding has no kickoff yet.", rule="kickoff.none")
        case Held():
            raise Refused("The kickoff was held already.", rule="kickoff.held")
        case Planned() | CalledOff():
            return list(call_off(project, command.reason))


def call_off(project: Project, reason: str) -> Iterator[Event]:
    """Only a planned kickoff is called off."""
    if isinstance(project.kickoff, Planned):
        meeting = project.kickoff.meeting
        changed = {"sequence": meeting.sequence + 1, "reason": reason}
        yield KickoffCancelled.model_validate(_fields(meeting) | changed)


def hold(command: HoldKickoff, state: Onboarding) -> Sequence[Event]:
    project = reaching.running(state, command.project_id)
    match project.kickoff:
        case NoKickoff():
            raise NotFound("The onboarding has no kickoff yet.", rule="kickoff.none")
        case CalledOff():
            raise Refused("The kickoff was called off; plan it anew first.", rule="kickoff.called_off")
        case Held():
            return []
        case Planned(meeting=meeting):
            return [
                KickoffHeld(
                    project_id=command.project_id,
                    account_id=project.started.account_id,
                    meeting_id=meeting.meeting_id,
                )
            ]


def _attendees(started: OnboardingStarted, csm: Person, specialist: Person | None) -> tuple[Attendee, ...]:
    people = [(started.contact, "primary contact"), (csm, "csm")]
    if specialist is not None:
        people.append((specialist, "implementation specialist"))
    return tuple(
        Attendee(person_id=person.person_id, name=person.name, email=person.email, role=role) for person, role in people
    )


def _fields(meeting: KickoffFields) -> dict[str, object]:
    return {name: getattr(meeting, name) for name in KickoffFields.model_fields}
