"""Where things are; services and generated files are looked at from the repository's root."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def contracts() -> Path:
    return Path(__file__).resolve().parent.parent
