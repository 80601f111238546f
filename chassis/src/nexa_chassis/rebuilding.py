"""What rebuilds from the store and rebuilds from topics share: the owner's connection, one at a time, a lock with an end."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import psycopg
from sqlalchemy import make_url

from nexa_chassis.read_models import ReadModel

T = TypeVar("T")

OwnerConnection = psycopg.Connection[tuple[Any, ...]]

_LOCK_TIMEOUT = "3s"
_LOCK_ATTEMPTS = 20


@dataclass(frozen=True)
class Rebuilt:
    """How many events a rebuild read, how many of them while writers had to wait, and how long it all took."""

    events: int
    under_lock: int
    seconds: float


class RebuildError(Exception):
    """The rebuild cannot be done or was given up; the old tables stand as they were."""


def connect_owner(owner_url: str) -> OwnerConnection:
    url = make_url(owner_url).set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(
        url, autocommit=True, options="-c timezone=UTC -c statement_timeout=0", application_name="nexa"
    )


def claim(connection: OwnerConnection, model: ReadModel) -> None:
    row = connection.execute("select pg_try_advisory_lock(hashtext(%s))", (f"nexa rebuild {model.name}",)).fetchone()
    if not row or not row[0]:
        raise RebuildError(f"Another rebuild of {model.name} is running.")


def with_lock(connection: OwnerConnection, lock: str, work: Callable[[], T]) -> T:
    """Do the work under this lock. Writers wait no longer than the lock's time-out for a slow one of theirs."""
    for _ in range(_LOCK_ATTEMPTS):
        try:
            with connection.transaction():
                connection.execute(f"set local lock_timeout = '{_LOCK_TIMEOUT}'".encode())
                connection.execute(lock.encode())
                return work()
        except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
            continue
    raise RebuildError(
        f"No moment free of writing transactions was found in {_LOCK_ATTEMPTS} attempts of {_LOCK_TIMEOUT} ({lock});"
        " look for a transaction left open (pg_stat_activity, state 'idle in transaction')."
    )
