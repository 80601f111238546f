"""Clocks: the wall's, a file's that a whole stack shares, and a fixed one."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from nexa_chassis.clock import ClockFileError, FileClock, FixedClock, WallClock, write_clock

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def test_the_wall_clock_is_aware_and_moves() -> None:
    before = WallClock().now()
    assert before.tzinfo is UTC
    assert WallClock().now() >= before


def test_every_reader_of_a_clock_file_follows_it(tmp_path: Path) -> None:
    path = tmp_path / "clock"
    write_clock(path, NOON)
    one, other = FileClock(path), FileClock(path)
    assert one.now() == other.now() == NOON

    write_clock(path, NOON + timedelta(hours=24))
    assert one.now() == other.now() == NOON + timedelta(hours=24)


def test_a_clock_file_is_read_once_while_it_does_not_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "clock"
    write_clock(path, NOON)
    clock = FileClock(path)
    clock.now()
    monkeypatch.setattr(Path, "read_text", lambda *_, **__: pytest.fail("read again"))
    assert clock.now() == NOON


def test_a_time_with_another_offset_is_told_in_utc(tmp_path: Path) -> None:
    write_clock(tmp_path / "clock", NOON.astimezone(timezone(timedelta(hours=-5))))
    assert FileClock(tmp_path / "clock").now().isoformat() == "2026-03-01T12:00:00+00:00"


def test_a_missing_clock_file_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ClockFileError, match="does not exist; write an ISO 8601 time"):
        FileClock(tmp_path / "clock").now()


@pytest.mark.parametrize("text", ["noon", "", "2026-03-01T12:00:00"])
def test_a_clock_file_that_holds_no_aware_time_is_an_error_that_quotes_it(tmp_path: Path, text: str) -> None:
    (tmp_path / "clock").write_text(text)
    with pytest.raises(ClockFileError, match=f"'{text}'"):
        FileClock(tmp_path / "clock").now()


def test_a_fixed_clock_stands_until_it_is_moved() -> None:
    clock = FixedClock(NOON)
    assert clock.now() == clock.now() == NOON
    clock.advance(timedelta(days=1))
    assert clock.now() == NOON + timedelta(days=1)
    with pytest.raises(ValueError, match="has no offset"):
        FixedClock(datetime(2026, 3, 1))
