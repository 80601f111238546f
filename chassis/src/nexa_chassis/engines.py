"""The connection pool of a process: bounded waits everywhere, so that an absent database is noticed within seconds."""

from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

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
            "options": f"-c statement_timeout={round(settings.statement_timeout * 1000)}",
        },
    )
