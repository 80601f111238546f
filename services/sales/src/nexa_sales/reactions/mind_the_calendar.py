"""A rep's absence begins and ends on its days, and each window of new leads is followed by the next."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

from nexa_chassis.domain import Deadline, Recorded
from nexa_chassis.reactions import Reaction
from nexa_contracts.sales import RepUpdated, RepWindowOpened
from nexa_sales.rep.commands import LookAtAbsences, OpenNextWindow


def react(fact: Recorded, now: datetime) -> Iterator[Deadline]:
    match fact.event:
        case RepUpdated(rep_id=rep_id, absences=absences):
            for absence in absences:
                for day in (absence.first_day, absence.last_day + timedelta(days=1)):
                    if _begins(day) > fact.time:
                        yield Deadline(at=_begins(day), command=LookAtAbsences(rep_id=rep_id), key=day.isoformat())
        case RepWindowOpened(rep_id=rep_id, until=until):
            yield Deadline(at=until, command=OpenNextWindow(rep_id=rep_id, until=until))
        case _:
            return


def _begins(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


mind_the_calendar = Reaction(name="mind_the_calendar", on=(RepUpdated, RepWindowOpened), react=react)
