"""One stack for all stories: the demo tells its story on it first, the others go on from there."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from nexa_local import operations
from nexa_local.demo.telling import MONDAY, Checks
from nexa_local.demo.whole import tell
from nexa_local.home import Home, Stack


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    path = tmp_path_factory.mktemp("stack")
    for parent in [path, *path.parents]:
        if parent.stat().st_mode & 0o001 == 0 and parent.owner() == path.owner():
            parent.chmod(parent.stat().st_mode | 0o011)
    return Home(path)


@pytest.fixture(scope="session")
def stack(home: Home) -> Iterator[Stack]:
    with operations.stack_up(home, clock=MONDAY) as running:
        yield running


@pytest.fixture(scope="session")
def told(stack: Stack) -> Checks:
    """The whole story, told once."""
    return tell(stack)


@pytest.fixture
def x_education() -> Path:
    """Real leads that lie beside the project, where they are at hand."""
    path = Path(__file__).resolve().parents[3] / "shared" / "data" / "x_education_leads.csv"
    if not path.exists():
        pytest.skip(f"{path} is absent: the import of 6,468 real leads is not shown")
    return path
