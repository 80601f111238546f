"""The bug a ticket is about, and what its customer is told of it."""

from collections.abc import Sequence

from nexa_contracts.envelope import Event
from nexa_contracts.support import TicketAcknowledged, TicketLinked, TicketUnlinked
from nexa_support.ticket import reaching
from nexa_support.ticket.commands import AcknowledgeBug, LinkBug, UnlinkBug
from nexa_support.ticket.state import Open, State


def link(command: LinkBug, state: State) -> Sequence[Event]:
    """A settled or merged ticket can be linked too. One that is about another bug is not any more."""
    ticket = reaching.of(state, command.ticket_id)
    if ticket.bug_id == command.bug_id:
        return []
    linked = TicketLinked(
        **ticket.fields,
        bug_id=command.bug_id,
        because=command.because,
        product_version=ticket.submitted.product_version,
        requester=ticket.requester,
    )
    if ticket.bug_id is None:
        return [linked]
    return [TicketUnlinked(**ticket.fields, bug_id=ticket.bug_id, reason="It is about another bug"), linked]


def unlink(command: UnlinkBug, state: State) -> Sequence[Event]:
    ticket = reaching.of(state, command.ticket_id)
    if ticket.bug_id != command.bug_id:
        return []
    return [TicketUnlinked(**ticket.fields, bug_id=command.bug_id, reason=command.reason)]


def acknowledge(command: AcknowledgeBug, state: State) -> Sequence[Event]:
    """The customer of a merged ticket is told too; nobody is told of what is settled, or of another bug."""
    stage = reaching.stage(state, command.ticket_id)
    ticket = stage.ticket
    if not isinstance(stage, Open) or ticket.bug_id != command.bug_id:
        return []
    acknowledged = TicketAcknowledged(
        **ticket.fields,
        requester=ticket.requester,
        bug_id=command.bug_id,
        status=command.status,
        priority=command.priority,
        eta=command.eta,
        eta_at=command.eta_at,
        workaround=command.workaround,
        notice_id=command.notice_id,
    )
    said = ticket.acknowledged
    words = {"bug_id", "status", "priority", "eta", "eta_at", "workaround"}
    if said is not None and said.model_dump(include=words) == acknowledged.model_dump(include=words):
        return []
    return [acknowledged]
