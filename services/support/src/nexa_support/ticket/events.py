"""What happens to a ticket and is told to nobody outside support."""

from uuid import UUID

from pydantic import AwareDatetime, Field

from nexa_contracts.envelope import Event


class TicketFollows(Event):
    """The ticket goes on with what was settled too long ago in another one."""

    ticket_id: UUID
    follows_id: UUID
    follows_reference: str


class ClosingNoted(Event):
    """When the ticket was closed: a customer's answer reopens it for some time after."""

    ticket_id: UUID
    closed_at: AwareDatetime


class TicketAbsorbed(Event):
    """Another ticket goes on in this one."""

    ticket_id: UUID
    from_id: UUID
    from_reference: str


class TicketReleased(Event):
    """The other ticket goes on by itself again."""

    ticket_id: UUID
    from_id: UUID
    from_reference: str


class SeatTaken(Event):
    """An open ticket counts for this agent from now on."""

    ticket_id: UUID
    agent_id: UUID
    turn: int | None = Field(description="Counts assignments: the agent with the lowest is next; null: no new one.")


class SeatFreed(Event):
    """The ticket does not count for this agent any more: it is settled, merged, or another one's."""

    ticket_id: UUID
    agent_id: UUID


class FixOffered(Event):
    """A deployment mends its bug, and has not reached its account yet, as far as is known, or the ticket is settled."""

    ticket_id: UUID
    deployment_id: UUID
    version: str
    rollout_percent: int
    notice_id: UUID
    feature_name: str | None = None


class FixWithdrawn(Event):
    """That deployment does not mend it."""

    ticket_id: UUID
    deployment_id: UUID
    version: str


class AccountVersionNoted(Event):
    """Which version its account runs."""

    ticket_id: UUID
    version: str


PRIVATE: tuple[type[Event], ...] = (
    TicketFollows,
    ClosingNoted,
    TicketAbsorbed,
    TicketReleased,
    SeatTaken,
    SeatFreed,
    FixOffered,
    FixWithdrawn,
    AccountVersionNoted,
)
