"""A ticket is settled once its bug is mended and the fix has reached its account, in whatever order that becomes known."""

from collections.abc import Sequence
from datetime import datetime

from nexa_contracts.envelope import Event
from nexa_contracts.support import TicketResolved
from nexa_support.bug.versions import has_fix
from nexa_support.ticket import reaching, settling
from nexa_support.ticket.commands import NoteAccountVersion, OfferFix, ReopenTicket, WithdrawFix
from nexa_support.ticket.desk import Desk
from nexa_support.ticket.events import AccountVersionNoted, FixOffered, FixWithdrawn
from nexa_support.ticket.state import Merged, Open, State, Ticket, evolve

ALL = 100


def offer(command: OfferFix, state: State, now: datetime) -> Sequence[Event]:
    """A deployment that has settled it once does not do so again: the customer said that it did not help."""
    stage = reaching.stage(state, command.ticket_id)
    ticket = stage.ticket
    if ticket.bug_id != command.bug_id or command.deployment_id in ticket.mended_by:
        return []
    fix = FixOffered(
        ticket_id=command.ticket_id,
        deployment_id=command.deployment_id,
        version=command.version,
        rollout_percent=command.rollout_percent,
        notice_id=command.notice_id,
        feature_name=command.feature_name,
    )
    if isinstance(stage, Open) and _has_reached(ticket, fix):
        return [_resolved(ticket, fix, now)]
    return [] if ticket.fixes.get(command.deployment_id) == fix else [fix]


def note_account_version(command: NoteAccountVersion, state: State, now: datetime) -> Sequence[Event]:
    ticket = reaching.of(state, command.ticket_id)
    if ticket.account_id != command.account_id or ticket.account_version == command.version:
        return []
    noted = AccountVersionNoted(ticket_id=command.ticket_id, version=command.version)
    return [noted, *_settle(evolve(state, noted), now)]


def withdraw(command: WithdrawFix, state: State, now: datetime, desk: Desk) -> Sequence[Event]:
    """Where another deployment mends it as well, the ticket is settled by that one: the bug is not open again for it, and
    its customer knows already.
    """
    ticket = reaching.of(state, command.ticket_id)
    if ticket.bug_id != command.bug_id:
        return []
    events: list[Event] = []
    if (known := ticket.fixes.get(command.deployment_id)) is not None:
        events.append(
            FixWithdrawn(ticket_id=command.ticket_id, deployment_id=command.deployment_id, version=known.version)
        )
        state = evolve(state, events[0])
    if not command.reopen:
        return events
    reopen = ReopenTicket(
        ticket_id=command.ticket_id,
        reason=command.reason,
        bug_id=command.bug_id if _mended_by(reaching.of(state, command.ticket_id)) is None else None,
        deployment_id=command.deployment_id,
    )
    reopened = settling.reopen(reopen, state, now, desk)
    for event in reopened:
        state = evolve(state, event)
    return [*events, *reopened, *(_settle(state, now, tell_customer=False) if reopened else ())]


def _settle(state: State, now: datetime, *, tell_customer: bool = True) -> Sequence[Event]:
    """Resolved by the first of its fixes that has reached its account; not at all where it is settled already."""
    stage = state.before if isinstance(state, Merged) else state
    if not isinstance(stage, Open):
        return []
    found = _mended_by(stage.ticket)
    return [] if found is None else [_resolved(stage.ticket, found, now, tell_customer=tell_customer)]


def _mended_by(ticket: Ticket) -> FixOffered | None:
    return next((fix for fix in ticket.fixes.values() if _has_reached(ticket, fix)), None)


def _has_reached(ticket: Ticket, fix: FixOffered) -> bool:
    if fix.rollout_percent >= ALL:
        return True
    return ticket.account_version is not None and has_fix(ticket.account_version, fix.version)


def _resolved(ticket: Ticket, fix: FixOffered, now: datetime, *, tell_customer: bool = True) -> TicketResolved:
    version = fix.version if fix.version.startswith("v") else f"v{fix.version}"
    return TicketResolved(
        **ticket.fields,
        requester=ticket.requester,
        resolution=f"Fix deployed in {version}",
        resolved_at=now,
        bug_id=ticket.bug_id,
        deployment_id=fix.deployment_id,
        version=fix.version,
        tell_customer=tell_customer,
        feature_name=fix.feature_name,
        notice_id=fix.notice_id,
    )
