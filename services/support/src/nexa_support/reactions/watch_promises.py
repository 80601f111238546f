"""What has been promised is watched: a warning before the time is up, a breach when it is, and who hears of it later on.

A promise whose time moved gets a deadline at its new time; the one at the old time finds that it is not due then.
"""

from collections.abc import Iterator
from datetime import datetime

from nexa_chassis.domain import Deadline, Recorded
from nexa_chassis.reactions import Reaction
from nexa_contracts.support import SlaBreached, SlaClocksMoved, SlaWarned
from nexa_support.ticket.commands import BreachSla, WarnSla


def react(fact: Recorded, now: datetime) -> Iterator[Deadline]:
    match fact.event:
        case SlaClocksMoved(ticket_id=ticket_id, clocks=clocks):
            for each in clocks:
                if each.next_at is None or each.due_at is None:
                    continue
                key = f"{each.clock.value} {each.began_at.isoformat()}"
                command = (
                    BreachSla(ticket_id=ticket_id, clock=each.clock, due_at=each.due_at, step=each.next_step)
                    if each.next_step
                    else WarnSla(ticket_id=ticket_id, clock=each.clock, due_at=each.due_at)
                )
                yield Deadline(at=each.next_at, command=command, key=key)
        case SlaWarned(ticket_id=ticket_id, clock=clock, due_at=due_at):
            yield Deadline(at=due_at, command=BreachSla(ticket_id=ticket_id, clock=clock, due_at=due_at))
        case SlaBreached(ticket_id=ticket_id, clock=clock, due_at=due_at, step=step, next_at=datetime() as next_at):
            following = BreachSla(ticket_id=ticket_id, clock=clock, due_at=due_at, step=step + 1)
            yield Deadline(at=next_at, command=following)
        case _:
            return


watch_promises = Reaction(name="watch_promises", on=(SlaClocksMoved, SlaWarned, SlaBreached), react=react)
