"""Freezes the schemas of the present version: `contracts/released/<version>.json`, which never changes from then on.

Later models are compared with every released file. A release that is there already is not written again; raise the version
in contracts/pyproject.toml first: the minor number for added events and fields.
"""

import hashlib
import json
import sys
import tomllib
from pathlib import Path

from nexa_contracts.publishing.json_schemas import schemas

CONTRACTS = Path(__file__).resolve().parent.parent


def main() -> int:
    version = tomllib.loads((CONTRACTS / "pyproject.toml").read_text())["project"]["version"]
    released = CONTRACTS / "released" / f"{version}.json"
    if released.exists():
        print(
            f"{version} is released and stays as it is; raise the version in contracts/pyproject.toml.", file=sys.stderr
        )
        return 1
    text = json.dumps(schemas(), indent=1, ensure_ascii=False) + "\n"
    released.write_text(text)
    digest = hashlib.sha256(text.encode()).hexdigest()
    with (released.parent / "SHA256SUMS").open("a") as sums:
        sums.write(f"{digest}  {released.name}\n")
    print(f"{released.name}: {digest}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
