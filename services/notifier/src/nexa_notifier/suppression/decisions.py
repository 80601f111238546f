"""An entry of the suppression list: put on, taken off. An address may have several; it is mailed once none stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from nexa_chassis.domain import NotFound
from nexa_contracts.envelope import Event
from nexa_notifier.mail.classes import Cause
from nexa_notifier.suppression.events import AddressSuppressed, SuppressionLifted


@dataclass(frozen=True)
class NoEntry:
    pass


@dataclass(frozen=True)
class Standing:
    pass


@dataclass(frozen=True)
class Lifted:
    pass


Suppression: TypeAlias = NoEntry | Standing | Lifted


@dataclass(frozen=True, kw_only=True)
class SuppressAddress:
    """`suppression_id` is derived from what led to it, such as the mail that bounced; never from the address."""

    suppression_id: UUID
    address: str
    cause: Cause
    reason: str


@dataclass(frozen=True, kw_only=True)
class LiftSuppression:
    suppression_id: UUID
    reason: str


Command: TypeAlias = SuppressAddress | LiftSuppression


def decide(command: Command, state: Suppression, now: datetime) -> Sequence[Event]:
    match command, state:
        case SuppressAddress(), NoEntry() | Lifted():
            return [
                AddressSuppressed(
                    suppression_id=command.suppression_id,
                    address=normalised(command.address),
                    cause=command.cause,
                    reason=command.reason,
                )
            ]
        case LiftSuppression(), Standing():
            return [SuppressionLifted(suppression_id=command.suppression_id, reason=command.reason)]
        case LiftSuppression(), NoEntry():
            raise NotFound(f"The list has no entry {command.suppression_id}.", rule="suppression.unknown")
        case _:
            return []


def evolve(state: Suppression, event: Event) -> Suppression:
    return Standing() if isinstance(event, AddressSuppressed) else Lifted()


def normalised(address: str) -> str:
    return address.strip().lower()
