"""The handoff: a note for the CSM and the implementation team, read, then accepted or sent back to sales, in time."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import assert_never

from nexa_chassis.domain import Refused
from nexa_contracts.envelope import Event
from nexa_contracts.success import (
    HandoffAccepted,
    HandoffDeclined,
    HandoffEscalated,
    HandoffNoteRead,
    HandoffNoteWritten,
    HandoffReminded,
)
from nexa_success.onboarding import reaching
from nexa_success.onboarding.commands import (
    AcceptHandoff,
    DeclineHandoff,
    EscalateHandoff,
    ReadNote,
    RemindUnread,
    ResubmitHandoff,
)
from nexa_success.onboarding.desk import Desk
from nexa_success.onboarding.events import HandoffNoteFiled
from nexa_success.onboarding.state import Accepted, Declined, Live, NotStarted, Offered, Onboarding, Project, Running

ACCEPT_WITHIN = timedelta(hours=24)
READ_WITHIN = timedelta(hours=24)


def read(command: ReadNote, state: Onboarding) -> Sequence[Event]:
    project = reaching.of(state, command.project_id)
    readers = project.handoff.readers
    if command.reader in readers:
        return []
    return [HandoffNoteRead(**_of(project), reader=command.reader, first=not readers)]


def accept(command: AcceptHandoff, state: Onboarding) -> Sequence[Event]:
    project = reaching.running(state, command.project_id)
    match project.handoff:
        case Offered():
            return [HandoffAccepted(**_of(project), accepted_by=command.by)]
        case Accepted():
            return []
        case Declined():
            raise Refused("The handoff was sent back; sales has to hand it over again.", rule="handoff.declined")
        case _:
            assert_never(project.handoff)


def decline(command: DeclineHandoff, state: Onboarding) -> Sequence[Event]:
    project = reaching.running(state, command.project_id)
    match project.handoff:
        case Offered(round=round_):
            return [
                HandoffDeclined(
                    **_of(project),
                    rep_id=project.started.rep_id,
                    declined_by=command.by,
                    reason=command.reason,
                    round=round_,
                )
            ]
        case Declined():
            return []
        case Accepted():
            raise Refused("The handoff was accepted already.", rule="handoff.accepted")
        case _:
            assert_never(project.handoff)


def resubmit(command: ResubmitHandoff, state: Onboarding, now: datetime) -> Sequence[Event]:
    match state:
        case NotStarted():
            return []
        case _:
            project = reaching.of(state, command.project_id)
    match project.handoff:
        case Declined(round=round_):
            started = project.started
            filed = HandoffNoteFiled(
                project_id=command.project_id,
                deal_name=project.note.deal_name if project.note else started.account_name,
                amount=started.arr,
                details=command.details,
                rep_id=started.rep_id,
                note=command.note,
                round=round_ + 1,
            )
            written = HandoffNoteWritten(
                **_of(project), rep_id=started.rep_id, accept_by=now + ACCEPT_WITHIN, round=round_ + 1
            )
            return [filed, written]
        case Offered() | Accepted():
            return []
        case _:
            assert_never(project.handoff)


def remind(command: RemindUnread, state: Onboarding, now: datetime) -> Sequence[Event]:
    """Of a note that nobody is responsible for nobody is reminded; its time begins when somebody is."""
    match state:
        case Running(project=project) | Live(project=project) if project.csm is not None:
            match project.handoff:
                case Offered(readers=readers, reminded=False) as offered if not readers:
                    return [HandoffReminded(**_of(project))] if offered.has_had_its_time(command.round, now) else []
    return []


def escalate(command: EscalateHandoff, state: Onboarding, now: datetime, desk: Desk) -> Sequence[Event]:
    match state:
        case Running(project=project):
            match project.handoff:
                case Offered(escalated=False) as offered if offered.has_had_its_time(command.round, now):
                    manager_id = desk.manager_of(project.csm) or project.manager_id
                    return [HandoffEscalated(**_of(project), manager_id=manager_id, round=offered.round)]
    return []


def _of(project: Project) -> dict[str, object]:
    started = project.started
    return {
        "project_id": started.project_id,
        "account_id": started.account_id,
        "account_name": started.account_name,
        "deal_id": started.deal_id,
        "csm_id": project.csm.person_id if project.csm else None,
    }
