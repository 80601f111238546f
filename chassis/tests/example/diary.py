"""A service whose streams are diaries, under a name that a test chooses, so that its topic is the test's own."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, Integer, MetaData, Table, Text, Uuid

from nexa_chassis.domain import Aggregate, Recorded, Refused
from nexa_chassis.jobs import Job
from nexa_chassis.read_models import Change, Put, ReadModel
from nexa_chassis.service import Service
from nexa_contracts.envelope import Event
from nexa_contracts.topics import Topic


class Written(Event):
    diary_id: UUID
    entry: str


class Whispered(Event):
    """Kept private."""

    entry: str


@dataclass(frozen=True)
class Write:
    """Append these entries, each second one private if `secretly`. An entry that says "refuse" is refused."""

    diary_id: UUID
    entries: tuple[str, ...]
    secretly: bool = False


@dataclass(frozen=True)
class Diary:
    entries: int = 0


def decide(command: Write, diary: Diary, now: datetime) -> Sequence[Event]:
    if "refuse" in command.entries:
        raise Refused("Not into this diary.", rule="diary.refuses")
    return [
        Whispered(entry=entry) if command.secretly and number % 2 else Written(diary_id=command.diary_id, entry=entry)
        for number, entry in enumerate(command.entries)
    ]


def evolve(diary: Diary, event: Event) -> Diary:
    return Diary(diary.entries + 1)


metadata = MetaData()
last_entries = Table(
    "last_entries",
    metadata,
    Column("diary_id", Uuid, primary_key=True),
    Column("entry", Text),
    Column("version", Integer),
)


def project(fact: Recorded) -> Iterator[Change]:
    if isinstance(fact.event, Written):
        values = {"entry": fact.event.entry, "version": fact.version}
        yield Put(last_entries, {"diary_id": fact.event.diary_id}, values)


what_was_written_last = ReadModel(name="what_was_written_last", tables=(last_entries,), on=(Written,), project=project)


def diaries(name: str, jobs: Sequence[Job] = ()) -> Service:
    """The service `name`; its topic is `nexa.<name>.diary.v1`."""
    diary = Aggregate[Write, Diary](
        name="diary",
        key="diary_id",
        commands=(Write,),
        initial=Diary(),
        decide=decide,
        evolve=evolve,
        topic=Topic(name, "diary", "diary_id", (Written,)),
        private=(Whispered,),
    )
    return Service(
        name=name,
        migrations="diary",
        metadata=metadata,
        aggregates=[diary],
        read_models=[what_was_written_last],
        jobs=jobs,
    )
