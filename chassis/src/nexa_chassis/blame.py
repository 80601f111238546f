"""Whose fault an error is: the work's own, which will fail again, or the database's, which will be back."""

import psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoFreeConnection


def database_is_away(error: BaseException) -> bool:
    """Whether the database is away or overwhelmed. A statement that was stopped for its length is its own fault."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, psycopg.errors.QueryCanceled):
        return False
    return isinstance(cause, psycopg.OperationalError | psycopg.InterfaceError | NoFreeConnection)


def in_words(error: BaseException) -> str:
    """The error as one line of text that a text column takes."""
    lines = str(error).replace("\x00", "\\0").splitlines()
    return f"{type(error).__name__}: {lines[0] if lines else ''}"[:1000]
