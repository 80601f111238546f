"""What time it is for the business: the wall's, one that a file holds for a whole local stack, or a test's."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol


class Clock(Protocol):
    """Gives the current time as an aware UTC datetime."""

    def now(self) -> datetime: ...


class WallClock:
    """The machine's own time."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class ClockFileError(Exception):
    """The file of a simulated clock is missing or holds no aware ISO 8601 time."""


class FileClock:
    """A clock that stands still at the time written in a file, shared by every process that reads the same file.

    The file is read again only when its identity, size or modification time has changed, so asking costs one `stat`.
    `write_clock` is the one way to set it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int, int] | None = None
        self._now = datetime.min.replace(tzinfo=UTC)

    def now(self) -> datetime:
        try:
            status = os.stat(self._path)
        except FileNotFoundError:
            raise ClockFileError(
                f"The clock file {self._path} does not exist; write an ISO 8601 time with an offset into it,"
                " or unset NEXA_CLOCK_FILE to run on wall time."
            ) from None
        seen = (status.st_ino, status.st_mtime_ns, status.st_size)
        if seen != self._seen:
            self._now = self._read()
            self._seen = seen
        return self._now

    def _read(self) -> datetime:
        text = self._path.read_text(encoding="ascii", errors="replace").strip()
        try:
            time = datetime.fromisoformat(text)
        except ValueError:
            raise ClockFileError(f"The clock file {self._path} holds {text!r}, which is no ISO 8601 time.") from None
        if time.tzinfo is None:
            raise ClockFileError(f"The clock file {self._path} holds {text!r}, which lacks an offset such as +00:00.")
        return time.astimezone(UTC)


def write_clock(path: Path, time: datetime) -> None:
    """Set the clock that the file holds; readers see the old time or the new one, never half a file."""
    if time.tzinfo is None:
        raise ValueError(f"A clock needs an aware time, {time!r} has no offset.")
    beside = path.with_name(f"{path.name}.{os.getpid()}.new")
    beside.write_text(time.astimezone(UTC).isoformat(), encoding="ascii")
    beside.replace(path)


class FixedClock:
    """A clock for tests: it stands until it is moved."""

    def __init__(self, time: datetime) -> None:
        if time.tzinfo is None:
            raise ValueError(f"A clock needs an aware time, {time!r} has no offset.")
        self._now = time.astimezone(UTC)

    def now(self) -> datetime:
        return self._now

    def advance(self, by: timedelta) -> None:
        self._now += by
