"""Kafka's jars: named with their SHA-256 in a committed lock, fetched by jgo, verified, kept in a cache.

`python -m nexa_local.kafka_jars VERSION` resolves another version and writes the lock anew.
"""

import os
import sys
import tomllib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path

import jgo
from jgo.maven import MavenContext

LOCK = Path(__file__).with_name("kafka.lock.toml")


@dataclass(frozen=True)
class Jar:
    group: str
    artifact: str
    version: str
    sha256: str


class CorruptJar(Exception):
    """What was fetched is not what the lock names."""


def cache_directory() -> Path:
    """`NEXA_CACHE`, else `nexa` in the user's cache directory."""
    given = os.environ.get("NEXA_CACHE")
    if given:
        return Path(given)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "nexa"


def locked_jars(lock: Path = LOCK) -> Sequence[Jar]:
    return [Jar(**entry) for entry in tomllib.loads(lock.read_text())["jar"]]


def kafka_jars() -> Sequence[Path]:
    """All jars of the broker, verified; fetched where the cache lacks them.

    Raises CorruptJar where a checksum differs; the jar is removed, so that the next call fetches it again.
    """
    context = MavenContext(repo_cache=cache_directory() / "jars", timeout=60)
    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(lambda jar: _verified(context, jar), locked_jars()))


def _verified(context: MavenContext, jar: Jar) -> Path:
    path = Path(context.project(jar.group, jar.artifact).at_version(jar.version).artifact().resolve())
    found = _sha256(path)
    if found != jar.sha256:
        path.unlink()
        raise CorruptJar(f"{path.name} has SHA-256 {found}, the lock names {jar.sha256}; it was removed, try again")
    return path


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def write_lock(version: str) -> None:
    """Resolve the broker of this version with all it needs and write the lock."""
    lines = ["# The jars of Apache Kafka's broker. Written by `python -m nexa_local.kafka_jars VERSION`.\n"]
    for artifact in jgo.resolve(f"org.apache.kafka:kafka_2.13:{version}"):
        lines.append(
            "\n[[jar]]\n"
            f'group = "{artifact.groupId}"\n'
            f'artifact = "{artifact.artifactId}"\n'
            f'version = "{artifact.version}"\n'
            f'sha256 = "{_sha256(Path(artifact.resolve()))}"\n'
        )
    LOCK.write_text("".join(lines))


if __name__ == "__main__":
    write_lock(sys.argv[1])
