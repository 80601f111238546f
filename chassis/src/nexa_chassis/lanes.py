"""Connections for the two hot statements: opened by SQLAlchemy's engine, then driven as plainly as libpq allows.

A checkout from the pool costs a greenlet switch, a rollback and two wrappers, and psycopg's cursor a dozen objects and two
calls of epoll_ctl for each statement; together that is more than the rest of a command. A lane is taken from a list, stays
registered with the event loop, and knows text parameters and prepared statements, nothing else.
(Figures: docs/decisions/store_hot_path.md.)
"""

import asyncio
import select
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, cast

import psycopg
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus, TransactionStatus
from psycopg.pq.abc import PGresult
from sqlalchemy.ext.asyncio import AsyncEngine

DriverConnection = psycopg.AsyncConnection[tuple[Any, ...]]
TextRow = tuple[bytes | None, ...]

_MOST_PREPARED = 500


class Lane:
    """One connection in autocommit, for one statement at a time."""

    def __init__(self, connection: DriverConnection) -> None:
        self._connection = connection
        self._libpq = connection.pgconn
        self._socket = self._libpq.socket  # libpq forgets it when the connection is lost
        self._loop = asyncio.get_running_loop()
        self._prepared: dict[str, bytes] = {}
        self._results: list[PGresult] = []
        self._waiter: asyncio.Future[list[PGresult]] | None = None
        self._open = True
        self._loop.add_reader(self._socket, self._readable)

    @property
    def usable(self) -> bool:
        """Whether the next statement can be sent: open, and not in the middle of one that was given up."""
        return self._open and self._libpq.transaction_status == TransactionStatus.IDLE and not _has_input(self._socket)

    async def close(self) -> None:
        if self._open:
            self._open = False
            self._loop.remove_reader(self._socket)
        await self._connection.close()

    async def fetch(self, sql: str, parameters: Sequence[object]) -> list[TextRow]:
        """The rows of a statement with `%s` placeholders, values as the text the server sent. Raises psycopg's errors."""
        name = self._prepared.get(sql)
        if name is None:
            name = await self._prepare(sql)
        self._libpq.send_query_prepared(name, [_text(value) for value in parameters])
        result = await self._result()
        columns = range(result.nfields)
        value = result.get_value
        return [tuple([value(row, column) for column in columns]) for row in range(result.ntuples)]

    async def _prepare(self, sql: str) -> bytes:
        if len(self._prepared) >= _MOST_PREPARED:
            self._libpq.send_query(b"deallocate all")
            await self._result()
            self._prepared.clear()
        head, *rest = sql.split("%s")
        numbered = head + "".join(f"${number}{part}" for number, part in enumerate(rest, 1))
        name = b"lane_%d" % len(self._prepared)
        self._libpq.send_prepare(name, numbered.encode())
        await self._result()
        self._prepared[sql] = name
        return name

    async def _result(self) -> PGresult:
        waiter: asyncio.Future[list[PGresult]] = self._loop.create_future()
        self._waiter = waiter
        try:
            if self._libpq.flush():
                self._loop.add_writer(self._socket, self._writable)
            results = await waiter
        finally:
            self._waiter = None
        for result in results:
            if result.status not in (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK):
                raise error_from_result(result)
        return results[-1]

    def _writable(self) -> None:
        try:
            if not self._libpq.flush():
                self._loop.remove_writer(self._socket)
        except psycopg.OperationalError as error:
            self._loop.remove_writer(self._socket)
            self._fail(error)

    def _readable(self) -> None:
        libpq = self._libpq
        try:
            libpq.consume_input()
            while not libpq.is_busy():
                result = libpq.get_result()
                if result is None:
                    self._answer()
                    return
                self._results.append(result)
        except psycopg.OperationalError as error:
            self._fail(error)

    def _answer(self) -> None:
        results, self._results = self._results, []
        if self._waiter is not None and not self._waiter.done():
            if results:
                self._waiter.set_result(results)
            else:
                self._fail(psycopg.OperationalError("the server closed the connection"))

    def _fail(self, error: psycopg.OperationalError) -> None:
        """The connection is gone; whoever waits is told, and nobody is given this lane again."""
        if self._open:
            self._open = False
            self._loop.remove_reader(self._socket)
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(error)


class Lanes:
    """At most `limit` lanes; who comes when all are busy waits for one."""

    def __init__(self, engine: AsyncEngine, limit: int) -> None:
        self._engine = engine
        self._turns = asyncio.Semaphore(limit)
        self._idle: list[Lane] = []
        self._closed = False

    @asynccontextmanager
    async def take(self) -> AsyncIterator[Lane]:
        async with self._turns:
            lane = await self._idle_one() or await self._open()
            try:
                yield lane
            finally:
                if lane.usable and not self._closed:
                    self._idle.append(lane)
                else:
                    await lane.close()

    async def close(self) -> None:
        self._closed = True
        while self._idle:
            await self._idle.pop().close()

    async def _idle_one(self) -> Lane | None:
        while self._idle:
            lane = self._idle.pop()
            if lane.usable:
                return lane
            await lane.close()
        return None

    async def _open(self) -> Lane:
        pooled = await self._engine.raw_connection()
        connection = cast(DriverConnection, pooled.driver_connection)
        pooled.detach()
        await connection.rollback()
        await connection.set_autocommit(True)
        return Lane(connection)


def has_hung_up(connection: DriverConnection) -> bool:
    """Whether the server has closed this idle connection: nothing else makes an idle connection's socket readable."""
    return connection.closed or _has_input(connection.pgconn.socket)


def _has_input(socket: int) -> bool:
    poll = select.poll()
    poll.register(socket, select.POLLIN)
    return bool(poll.poll(0))


def prepare_at_once(connection: DriverConnection) -> None:
    """Prepare every statement on its first use: there are few different ones, and each is used for ever."""
    connection.prepare_threshold = 0
    connection.prepared_max = 500


def _text(value: object) -> bytes | None:
    match value:
        case str():
            return value.encode()
        case bool():
            return b"t" if value else b"f"
        case int():
            return b"%d" % value
        case datetime():
            return value.isoformat().encode()
        case None:
            return None
        case list():
            return b"{%b}" % b",".join(_element(one) for one in value)
    raise TypeError(f"A lane takes no {type(value).__name__} as a parameter.")


def _element(value: object) -> bytes:
    text = _text(value)
    if text is None:
        return b"NULL"
    return b'"%b"' % text.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
