"""A release is written once."""

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

from nexa_contracts.publishing.json_schemas import schemas


def release(copy: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(copy / "tools" / "release.py")]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def test_a_release_holds_all_schemas_and_is_never_written_again(contracts: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(contracts, tmp_path / "contracts", ignore=shutil.ignore_patterns("released"))
    (copy / "released").mkdir()
    (copy / "pyproject.toml").write_text('[project]\nversion = "7.1.0"\n')

    assert release(copy).returncode == 0
    released = copy / "released" / "7.1.0.json"
    before = released.read_bytes()
    assert json.loads(before) == schemas()
    assert (copy / "released" / "SHA256SUMS").read_text() == f"{hashlib.sha256(before).hexdigest()}  7.1.0.json\n"

    again = release(copy)
    assert again.returncode == 1
    assert "7.1.0 is released and stays as it is" in again.stderr
    assert released.read_bytes() == before
