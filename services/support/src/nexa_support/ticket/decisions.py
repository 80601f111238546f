"""What can be done with a ticket: one line for each command, the rules in the files beside this one."""

from collections.abc import Sequence
from datetime import datetime
from typing import assert_never

from nexa_contracts.envelope import Event
from nexa_support.ticket import (
    analysing,
    clocks,
    conversing,
    fixing,
    linking,
    merging,
    reaching,
    routing,
    settling,
    submitting,
    working,
)
from nexa_support.ticket import commands as c
from nexa_support.ticket.commands import Command
from nexa_support.ticket.desk import Desk
from nexa_support.ticket.state import State, evolve


def decide(command: Command, state: State, now: datetime, desk: Desk) -> Sequence[Event]:
    """The command's own events, for whom the ticket counts after them, and how its clocks stand."""
    events = _decided(command, state, now, desk)
    after = state
    for event in events:
        after = evolve(after, event)
    seats = routing.seats_moved(state, after, events, desk)
    return [*events, *seats, *clocks.moved(command, after, events, now, desk)]


def _decided(command: Command, state: State, now: datetime, desk: Desk) -> Sequence[Event]:
    match command:
        case c.SubmitTicket():
            return submitting.submit(command, state, now)
        case c.FindAccount():
            return submitting.find_account(command, state)
        case c.TakeAnalysis():
            return analysing.take(command, state, now, desk)
        case c.CorrectTicket():
            return analysing.correct(command, state, now, desk)
        case c.AssignTicket():
            return routing.assign(command, state, now, desk)
        case c.RouteTicket():
            return routing.route(command, state, now, desk)
        case c.AddReply():
            return conversing.reply(command, state, now, desk)
        case c.AddNote():
            return conversing.note(command, state)
        case c.ChangeStatus():
            return working.change_status(command, state, now)
        case c.PrioritiseTicket():
            return working.prioritise(command, state)
        case c.EscalateTicket():
            return working.escalate(command, state)
        case c.LinkBug():
            return linking.link(command, state)
        case c.UnlinkBug():
            return linking.unlink(command, state)
        case c.OfferFix():
            return fixing.offer(command, state, now)
        case c.WithdrawFix():
            return fixing.withdraw(command, state, now, desk)
        case c.NoteAccountVersion():
            return fixing.note_account_version(command, state, now)
        case c.AcknowledgeBug():
            return linking.acknowledge(command, state)
        case c.ResolveTicket():
            return settling.resolve(command, state, now)
        case c.ReopenTicket():
            return settling.reopen(command, state, now, desk)
        case c.HearFromMerged():
            return settling.hear_from_merged(command, state, now, desk)
        case c.MergeTicket():
            return merging.merge(command, state)
        case c.UnmergeTicket():
            return merging.unmerge(command, state, now)
        case c.AbsorbTicket():
            return merging.absorb(command, state)
        case c.ReleaseTicket():
            return merging.release(command, state)
        case c.SplitTicket():
            return merging.split(command, state)
        case c.UndoSplit():
            return merging.undo_split(command, state)
        case c.WarnSla():
            return clocks.warn(command, state, now, desk)
        case c.BreachSla():
            return clocks.breach(command, state, now, desk)
        case c.MeasureClocks() | c.TakePlan():
            reaching.of(state, command.ticket_id)
            return []
        case c.AskCsat():
            return settling.ask_csat(command, state)
        case c.RecordCsat():
            return settling.record_csat(command, state)
        case _:
            assert_never(command)
