"""Contracts can be installed without anything else of this repository, and need pydantic only."""

import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from email.parser import Parser
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

PROGRAM = """
import importlib, pkgutil, sys
import nexa_contracts
for module in pkgutil.walk_packages(nexa_contracts.__path__, "nexa_contracts."):
    importlib.import_module(module.name)
from nexa_contracts.examples import EXAMPLES
from nexa_contracts.publishing.json_schemas import schemas
print(len(EXAMPLES), len(schemas()))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel as it would be published, built from a copy, so that no build leaves anything in the tree."""
    work = tmp_path_factory.mktemp("build")
    source = shutil.copytree(Path(__file__).resolve().parent.parent, work / "contracts")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(work)]
    subprocess.run(build, cwd=source, check=True, capture_output=True, timeout=120)
    (built,) = work.glob("*.whl")
    return built


def needed_by(name: str) -> set[str]:
    """The distribution and all that it requires here, without extras."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        current = waiting.pop().lower().replace("_", "-")
        if current in found:
            continue
        found.add(current)
        requirements = map(Requirement, distribution(current).requires or ())
        waiting += [each.name for each in requirements if each.marker is None or each.marker.evaluate({"extra": ""})]
    return found


def test_pydantic_is_all_that_the_wheel_asks_for(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (metadata,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        asked = Parser().parsestr(archive.read(metadata).decode()).get_all("Requires-Dist")
        assert "nexa_contracts/py.typed" in archive.namelist()
    assert [Requirement(each).name for each in asked or ()] == ["pydantic"]


def test_every_module_works_in_an_environment_of_pydantic_and_contracts_alone(wheel: Path, tmp_path: Path) -> None:
    environment = tmp_path / "environment"
    venv.create(environment, with_pip=False)
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(environment), "platbase": str(environment)}))
    for name in needed_by("pydantic"):
        installed = distribution(name)
        for part in {file.parts[0] for file in installed.files or ()} - {".."}:
            (packages / part).symlink_to(Path(str(installed.locate_file(part))))
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(packages)
    run = subprocess.run(
        [str(environment / "bin" / "python"), "-I", "-B", "-c", PROGRAM], capture_output=True, text=True, timeout=60
    )
    assert run.returncode == 0, run.stderr
    examples, schemas = run.stdout.split()
    assert examples == schemas != "0"
