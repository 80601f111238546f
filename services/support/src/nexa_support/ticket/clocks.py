"""Promises that are about to be broken, or are."""

from collections.abc import Sequence
from datetime import datetime

from nexa_contracts.envelope import Event
from nexa_support.ticket.commands import BreachSla, WarnSla
from nexa_support.ticket.desk import Desk
from nexa_support.ticket.state import State


def warn(command: WarnSla, state: State, now: datetime, desk: Desk) -> Sequence[Event]:
    return []


def breach(command: BreachSla, state: State, now: datetime, desk: Desk) -> Sequence[Event]:
    return []
