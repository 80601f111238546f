"""The chassis' own tables, one set in each service's database.

The tables are created by versioned SQL that never changes once it has been released; the `Table` values beside it are what
queries are written with, and a test holds the two in step.
"""

from typing import Protocol

from sqlalchemy import (
    ARRAY,
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)

REBUILD_SCHEMA = "nexa_rebuild"
"""Where a read model's new tables stand until they take the old ones' place."""

metadata = MetaData()
_time = DateTime(timezone=True)
_now = text("now()")

events = Table(
    "events",
    metadata,
    Column("position", BigInteger, Identity(always=False), primary_key=True),
    Column("stream", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("type", Text, nullable=False),
    Column("published", Boolean, nullable=False),
    Column("data", JSON, nullable=False),
    Column("meta", JSON, nullable=False),
    Column("recorded_at", _time, nullable=False),
    UniqueConstraint("stream", "version", name="events_stream_version_key"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("position", BigInteger, primary_key=True, autoincrement=False),
)

commands = Table(
    "commands",
    metadata,
    Column("key", Text, primary_key=True),
    Column("fingerprint", Text, nullable=False),
    Column("positions", ARRAY(BigInteger), nullable=False),
    Column("at", _time, nullable=False, server_default=_now),
    Index("commands_at_idx", "at"),
)

watermarks = Table(
    "watermarks",
    metadata,
    Column("consumer", Text, primary_key=True),
    Column("stream", Text, primary_key=True),
    Column("version", Integer, nullable=False),
)

process_states = Table(
    "process_states",
    metadata,
    Column("consumer", Text, primary_key=True),
    Column("key", Uuid, primary_key=True),
    Column("state", JSON, nullable=False),
)

parked = Table(
    "parked",
    metadata,
    Column("id", BigInteger, Identity(always=False), primary_key=True),
    Column("consumer", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("partition", Integer, nullable=False),
    Column("record_offset", BigInteger, nullable=False),
    Column("stream", Text),
    Column("version", Integer),
    Column("key", LargeBinary),
    Column("value", LargeBinary),
    Column("headers", JSON, nullable=False),
    Column("reason", Text, nullable=False),
    Column("error", Text),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("next_attempt_at", _time),
    Column("status", Text, nullable=False, server_default=text("'waiting'")),
    Column("parked_at", _time, nullable=False, server_default=_now),
    UniqueConstraint("consumer", "topic", "partition", "record_offset", name="parked_record_key"),
    Index("parked_stream_idx", "consumer", "stream", "version"),
    Index("parked_due_idx", "consumer", "next_attempt_at"),
)

operator_acts = Table(
    "operator_acts",
    metadata,
    Column("id", BigInteger, Identity(always=False), primary_key=True),
    Column("at", _time, nullable=False, server_default=_now),
    Column("actor", Text, nullable=False),
    Column("act", Text, nullable=False),
    Column("consumer", Text),
    Column("stream", Text),
    Column("detail", Text),
)

deadlines = Table(
    "deadlines",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("due_at", _time, nullable=False),
    Column("command_type", Text, nullable=False),
    Column("command", JSON, nullable=False),
    Column("origin", JSON, nullable=False),
    Column("status", Text, nullable=False, server_default=text("'waiting'")),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("next_attempt_at", _time),
    Column("error", Text),
    Index("deadlines_due_idx", "status", "due_at"),
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("state", JSON, nullable=False),
    Column("status", Text, nullable=False, server_default=text("'active'")),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("next_attempt_at", _time),
    Column("error", Text),
    Column("started_at", _time, nullable=False, server_default=_now),
    Column("updated_at", _time, nullable=False, server_default=_now),
    Index("jobs_status_idx", "status", "next_attempt_at"),
)

relay_acks = Table(
    "relay_acks",
    metadata,
    Column("topic", Text, primary_key=True),
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("last_offset", BigInteger, nullable=False),
    Column("cluster_id", Text, nullable=False),
)

handled_offsets = Table(
    "handled_offsets",
    metadata,
    Column("consumer", Text, primary_key=True),
    Column("topic", Text, primary_key=True),
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("next_offset", BigInteger, nullable=False),
    Column("cluster_id", Text, nullable=False),
)

_VERSIONS: dict[int, tuple[str, ...]] = {
    1: (
        f"create schema if not exists {REBUILD_SCHEMA}",
        """create table events (
            position bigint generated by default as identity primary key, stream text not null, version integer not null,
            type text not null, published boolean not null, data json not null, meta json not null,
            recorded_at timestamptz not null, constraint events_stream_version_key unique (stream, version))""",
        "create table outbox (position bigint primary key)",
        # Rows come and go by the thousand: vacuum by count, not by share, or the relay reads over dead rows.
        """alter table outbox set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
            autovacuum_vacuum_insert_threshold = 5000)""",
        """create table commands (key text primary key, fingerprint text not null, positions bigint[] not null,
            at timestamptz not null default now())""",
        "create index commands_at_idx on commands (at)",
        # Each batch rewrites rows in place: room on the page keeps that out of the index.
        """create table watermarks (consumer text, stream text, version integer not null, primary key (consumer, stream))
            with (fillfactor = 70)""",
        "create table process_states (consumer text, key uuid, state json not null, primary key (consumer, key))",
        """create table parked (id bigint generated by default as identity primary key, consumer text not null,
            topic text not null, partition integer not null, record_offset bigint not null, stream text, version integer,
            key bytea, value bytea, headers json not null, reason text not null, error text,
            attempts integer not null default 0, next_attempt_at timestamptz, status text not null default 'waiting',
            parked_at timestamptz not null default now(),
            constraint parked_record_key unique (consumer, topic, partition, record_offset))""",
        "create index parked_stream_idx on parked (consumer, stream, version)",
        "create index parked_due_idx on parked (consumer, next_attempt_at)",
        """create table operator_acts (id bigint generated by default as identity primary key,
            at timestamptz not null default now(), actor text not null, act text not null, consumer text, stream text,
            detail text)""",
        """create table deadlines (id uuid primary key, due_at timestamptz not null, command_type text not null,
            command json not null, origin json not null, status text not null default 'waiting',
            attempts integer not null default 0, next_attempt_at timestamptz, error text)""",
        "create index deadlines_due_idx on deadlines (status, due_at)",
        """create table jobs (id uuid primary key, name text not null, state json not null,
            status text not null default 'active', attempts integer not null default 0, next_attempt_at timestamptz,
            error text, started_at timestamptz not null default now(), updated_at timestamptz not null default now())""",
        "create index jobs_status_idx on jobs (status, next_attempt_at)",
        """create table relay_acks (topic text, partition integer, last_offset bigint not null, cluster_id text not null,
            primary key (topic, partition))""",
        """create table handled_offsets (consumer text, topic text, partition integer, next_offset bigint not null,
            cluster_id text not null, primary key (consumer, topic, partition))""",
    ),
}


class Operations(Protocol):
    """The part of Alembic's `op` that is needed here."""

    def execute(self, sqltext: str) -> None: ...


def create_chassis_tables(op: Operations, version: int = 1) -> None:
    """Bring the chassis' tables to this version from the one before; called in a service's migration with Alembic's `op`."""
    for statement in _VERSIONS[version]:
        op.execute(statement)
