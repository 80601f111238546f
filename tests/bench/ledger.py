"""The service that is measured: ledgers that are booked on, and a journal that a reaction keeps of the bookings."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel
from sqlalchemy import BigInteger, Column, Integer, MetaData, Table, Uuid, text

from nexa_chassis.domain import Aggregate, Recorded, derive
from nexa_chassis.http.call import Call, allow
from nexa_chassis.reactions import Reaction
from nexa_chassis.read_models import Add, Change, ReadModel
from nexa_chassis.service import Service
from nexa_contracts import topics
from nexa_contracts.envelope import Event
from nexa_contracts.topics import Topic

metadata = MetaData()
balances = Table(
    "balances",
    metadata,
    Column("ledger_id", Uuid, primary_key=True),
    Column("bookings", Integer, server_default=text("0")),
    Column("total", BigInteger, server_default=text("0")),
)
journal_lines = Table(
    "journal_lines",
    metadata,
    Column("ledger_id", Uuid, primary_key=True),
    Column("lines", Integer, server_default=text("0")),
)
NOTE = "A booking with a note of the length that an event of a business has. " * 7


class Booked(Event):
    ledger_id: UUID
    booking_id: UUID
    amount: int
    note: str


class Noted(Event):
    entry_id: UUID
    ledger_id: UUID
    amount: int


LEDGER = Topic("bench", "ledger", "ledger_id", (Booked,))
ENTRY = Topic("bench", "entry", "entry_id", (Noted,))
topics._TOPIC_OF.update({model: topic for topic in (LEDGER, ENTRY) for model in topic.events})


@dataclass(frozen=True)
class Ledger:
    bookings: int = 0
    total: int = 0


@dataclass(frozen=True, kw_only=True)
class Book:
    ledger_id: UUID
    booking_id: UUID
    amount: int
    note: str = NOTE


@dataclass(frozen=True, kw_only=True)
class Note:
    entry_id: UUID
    ledger_id: UUID
    amount: int


def evolve(state: Ledger, event: Booked) -> Ledger:
    return Ledger(state.bookings + 1, state.total + event.amount)


def book(command: Book, state: Ledger, now: datetime) -> Sequence[Booked]:
    return [
        Booked(ledger_id=command.ledger_id, booking_id=command.booking_id, amount=command.amount, note=command.note)
    ]


def note(command: Note, state: bool, now: datetime) -> Sequence[Noted]:
    return [] if state else [Noted(entry_id=command.entry_id, ledger_id=command.ledger_id, amount=command.amount)]


def keep_journal(fact: Recorded, now: datetime) -> Iterator[Note]:
    match fact.event:
        case Booked(ledger_id=ledger_id, booking_id=booking_id, amount=amount):
            yield Note(entry_id=derive(booking_id, "entry"), ledger_id=ledger_id, amount=amount)


def balance(fact: Recorded) -> Iterator[Change]:
    match fact.event:
        case Booked(ledger_id=ledger_id, amount=amount):
            yield Add(balances, {"ledger_id": ledger_id}, {"bookings": 1, "total": amount})


def line(fact: Recorded) -> Iterator[Change]:
    match fact.event:
        case Noted(ledger_id=ledger_id):
            yield Add(journal_lines, {"ledger_id": ledger_id}, {"lines": 1})


class BookBody(BaseModel):
    booking_id: UUID
    amount: int
    note: str = NOTE


routes = APIRouter()


@routes.post("/ledgers/{ledger_id}/bookings", status_code=201)
async def post_booking(
    ledger_id: UUID, body: BookBody, call: Annotated[Call, Depends(allow("booker"))]
) -> dict[str, int]:
    done = await call.execute(Book(ledger_id=ledger_id, booking_id=body.booking_id, amount=body.amount, note=body.note))
    return {"version": done.version_of(f"ledger-{ledger_id}")}


ledger = Aggregate[Book, Ledger](
    name="ledger", key="ledger_id", topic=LEDGER, commands=(Book,), initial=Ledger(), evolve=evolve, decide=book
)
entry = Aggregate[Note, bool](
    name="entry",
    key="entry_id",
    topic=ENTRY,
    commands=(Note,),
    initial=False,
    evolve=lambda state, event: True,
    decide=note,
)
balances_model = ReadModel(name="balances", tables=(balances,), on=(Booked,), project=balance)
journal_model = ReadModel(name="journal", tables=(journal_lines,), on=(Noted,), project=line)
journal = Reaction(name="keep_journal", on=(Booked,), react=keep_journal)

bench = Service(
    name="bench",
    migrations="bench_migrations",
    metadata=metadata,
    aggregates=[ledger, entry],
    reactions=[journal],
    read_models=[journal_model],
    routes=[routes],
)
with_balances = Service(
    name="bench",
    migrations="bench_migrations",
    metadata=metadata,
    aggregates=[ledger, entry],
    read_models=[balances_model],
)


def ledger_id(number: int) -> UUID:
    return UUID(f"00000000-0000-4000-8000-{number:012d}")


if __name__ == "__main__":
    from nexa_chassis.main import run

    run(bench, sys.argv[1:])
