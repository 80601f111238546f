"""Fixtures for every test suite: a real PostgreSQL and a real Kafka, one of each per test session, and fresh databases."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest

from nexa_local.infra import Infra, infrastructure
from nexa_local.postgres import Database, create_database, drop_database


@pytest.fixture(scope="session")
def infra() -> Iterator[Infra]:
    """PostgreSQL and Kafka shared by the session. A test that stops or wipes one takes `own_infra` instead."""
    with _own() as running:
        yield running


@pytest.fixture
def own_infra() -> Iterator[Infra]:
    """A PostgreSQL and a Kafka of this test's own, to be stopped, killed and wiped."""
    with _own() as running:
        yield running


@pytest.fixture
def database(infra: Infra) -> Iterator[Callable[[str], Database]]:
    """`database("sales")` makes an empty database with its two roles; it is dropped after the test."""
    made: list[Database] = []

    def make(name: str = "test") -> Database:
        made.append(create_database(infra.postgres_admin_url, f"{name}_{uuid4().hex[:8]}"))
        return made[-1]

    yield make
    for each in made:
        drop_database(infra.postgres_admin_url, each.name)


@contextmanager
def _own() -> Iterator[Infra]:
    with tempfile.TemporaryDirectory(prefix="nexa-test-", ignore_cleanup_errors=True) as directory:
        home = Path(directory)
        home.chmod(0o755)
        with infrastructure(home) as running:
            yield running
