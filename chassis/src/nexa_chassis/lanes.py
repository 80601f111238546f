"""Driver connections for the two hot statements: opened by SQLAlchemy's engine, kept in autocommit beside its pool.

A checkout from the pool costs a greenlet switch, a rollback and two wrappers each time, more than the statement itself;
a lane is taken from a list.
"""

import asyncio
import select
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import psycopg
from psycopg.pq import TransactionStatus
from sqlalchemy.ext.asyncio import AsyncEngine

DriverConnection = psycopg.AsyncConnection[tuple[Any, ...]]


class Lanes:
    """At most `limit` connections; who comes when all are busy waits for one."""

    def __init__(self, engine: AsyncEngine, limit: int) -> None:
        self._engine = engine
        self._turns = asyncio.Semaphore(limit)
        self._idle: list[DriverConnection] = []
        self._closed = False

    @asynccontextmanager
    async def take(self) -> AsyncIterator[DriverConnection]:
        """A connection in autocommit; one that comes back broken or inside a transaction is closed."""
        async with self._turns:
            connection = await self._idle_one() or await self._open()
            try:
                yield connection
            finally:
                if connection.pgconn.transaction_status == TransactionStatus.IDLE and not self._closed:
                    self._idle.append(connection)
                else:
                    await connection.close()

    async def close(self) -> None:
        self._closed = True
        while self._idle:
            await self._idle.pop().close()

    async def _idle_one(self) -> DriverConnection | None:
        while self._idle:
            connection = self._idle.pop()
            if not has_hung_up(connection):
                return connection
            await connection.close()
        return None

    async def _open(self) -> DriverConnection:
        pooled = await self._engine.raw_connection()
        connection = cast(DriverConnection, pooled.driver_connection)
        pooled.detach()
        await connection.rollback()
        await connection.set_autocommit(True)
        prepare_at_once(connection)
        return connection


def has_hung_up(connection: DriverConnection) -> bool:
    """Whether the server has closed this idle connection: nothing else makes an idle connection's socket readable."""
    if connection.closed:
        return True
    socket = select.poll()
    socket.register(connection.pgconn.socket, select.POLLIN)
    return bool(socket.poll(0))


def prepare_at_once(connection: DriverConnection) -> None:
    """Prepare every statement on its first use: there are few different ones, and each is used for ever."""
    connection.prepare_threshold = 0
    connection.prepared_max = 500
