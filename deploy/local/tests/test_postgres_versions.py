"""Data that another version of PostgreSQL made is not started on, and said to be what it is."""

from pathlib import Path

import pytest

from nexa_local.postgres import PostgresServer, wheel_binaries


def test_data_of_another_major_version_names_both_and_what_to_do(tmp_path: Path) -> None:
    server = PostgresServer(wheel_binaries(), tmp_path)
    server.data.mkdir(parents=True)
    (server.data / "PG_VERSION").write_text("9\n")
    with pytest.raises(RuntimeError, match=r"made by PostgreSQL 9, this is \d+.*nexa reset"):
        server.start()
