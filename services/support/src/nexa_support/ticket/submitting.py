"""A ticket comes in, and whose it is becomes known."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from nexa_contracts.envelope import Event
from nexa_contracts.support import TicketAccountFound, TicketSubmitted
from nexa_support.ticket import reaching
from nexa_support.ticket.commands import FindAccount, SubmitTicket
from nexa_support.ticket.events import TicketFollows
from nexa_support.ticket.reference import reference_of
from nexa_support.ticket.state import NotSubmitted, State

NO_SUBJECT = "(no subject)"
LONGEST_SUBJECT = 500


def submit(command: SubmitTicket, state: State, now: datetime) -> Sequence[Event]:
    return list(_submitted(command, now)) if isinstance(state, NotSubmitted) else []


def _submitted(command: SubmitTicket, now: datetime) -> Iterator[Event]:
    yield TicketSubmitted(
        ticket_id=command.ticket_id,
        reference=reference_of(command.ticket_id),
        subject=" ".join(command.subject.split())[:LONGEST_SUBJECT] or NO_SUBJECT,
        account_id=command.account_id,
        account_name=command.account_name,
        description=command.description,
        channel=command.channel,
        requester=command.requester,
        submitted_at=command.submitted_at or now,
        impact=command.impact,
        product_version=command.product_version,
        language=command.language,
        attachments=command.attachments,
        type=command.type,
        split_from=command.split_from,
    )
    if command.follows is not None:
        yield TicketFollows(
            ticket_id=command.ticket_id,
            follows_id=command.follows,
            follows_reference=reference_of(command.follows),
        )


def find_account(command: FindAccount, state: State) -> Sequence[Event]:
    ticket = reaching.of(state, command.ticket_id)
    if (ticket.account_id, ticket.account_name) == (command.account_id, command.account_name):
        return []
    found = {"account_id": command.account_id, "account_name": command.account_name}
    return [TicketAccountFound(**{**ticket.fields, **found}, because=command.because)]
