"""The connection pool of a process: bounded waits everywhere, so that an absent database is noticed within seconds."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

import psycopg
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from nexa_chassis.settings import Settings

RECYCLE_SECONDS = 1800


def create_engine(settings: Settings) -> AsyncEngine:
    """A pool of connections as the application role. Connects on first use, never here."""
    return create_async_engine(
        make_url(settings.database_url).set(drivername="postgresql+psycopg"),
        pool_size=settings.pool_size,
        max_overflow=settings.pool_size,
        pool_timeout=settings.pool_timeout,
        pool_recycle=RECYCLE_SECONDS,
        pool_use_lifo=True,
        connect_args={
            "connect_timeout": settings.connect_timeout,
            "application_name": "nexa",
            "keepalives_idle": 10,
            "keepalives_interval": 3,
            "keepalives_count": 3,
            "options": f"-c statement_timeout={round(settings.statement_timeout * 1000)}"
            f" -c idle_in_transaction_session_timeout={round(settings.idle_transaction_timeout * 1000)}",
        },
    )


@asynccontextmanager
async def connect_for(engine: AsyncEngine, seconds: float) -> AsyncIterator[AsyncConnection]:
    """A connection that is hung up on after so many seconds; what waits on it then raises OperationalError.

    Cancelling would not do: a driver that is cancelled asks the server to stop the statement and then to roll back, and a
    server that hangs answers neither.
    """
    timer: asyncio.TimerHandle | None = None
    try:
        async with engine.connect() as connection:
            raw = await connection.get_raw_connection()
            driver = cast("psycopg.AsyncConnection[tuple[object, ...]]", raw.driver_connection)
            timer = asyncio.get_running_loop().call_later(seconds, _hang_up, driver.pgconn.socket)
            yield connection
    finally:
        if timer is not None:
            timer.cancel()


def _hang_up(descriptor: int) -> None:
    with socket.socket(fileno=os.dup(descriptor)) as connection:
        connection.shutdown(socket.SHUT_RDWR)
