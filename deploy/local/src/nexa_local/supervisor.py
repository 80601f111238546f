"""The process that keeps a stack up: infrastructure first, then each service; what ends by itself is started again.

`python -m nexa_local.supervisor`, started by `nexa up`. It writes `stack.json` at every change.
At SIGTERM it ends with all that it started.
"""

import argparse
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from nexa_local import clock, processes
from nexa_local.home import ROOT, Home, ProcessEntry, Stack
from nexa_local.infra import Infra, infrastructure
from nexa_local.postgres import create_database
from nexa_local.tokens import ensure_keys, links_secret, webhook_secret

READY_WITHIN = 60.0
STOP_WITHIN = 20.0
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
STEADY_AFTER = 60.0
LARGEST_LOG = 50 * 1024 * 1024


def services_of(root: Path = ROOT) -> Sequence[str]:
    """The services that can be run: those below `services/` with a package of their own."""
    return sorted(path.parent.parent.parent.name for path in root.glob("services/*/src/nexa_*/__main__.py"))


@dataclass
class Child:
    """A process that is started again when it ends; later each time, until it has been steady for a minute."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    entry: ProcessEntry
    process: subprocess.Popen[bytes] | None = None
    pause: float = FIRST_PAUSE
    started: float = 0.0
    again_at: float = field(default=0.0)

    def start(self) -> None:
        roll(self.log)
        self.process = processes.spawn(self.command, log=self.log, environment=self.environment)
        self.started = time.monotonic()
        self.entry.pid = self.process.pid
        self.entry.started_at = datetime.now(UTC).isoformat(timespec="seconds")
        self.entry.state = "running"

    def look(self) -> bool:
        """Start again what has ended, once its pause is over; True when something changed."""
        if self.process is None or self.process.poll() is None:
            return False
        now = time.monotonic()
        if self.entry.state == "running":
            if now - self.started > STEADY_AFTER:
                self.pause = FIRST_PAUSE
            self.again_at = now + self.pause
            self.entry.state = "restarting"
            self.entry.said = f"ended with {_how(self.process.returncode)}, starts again in {self.pause:.1f} s"
            print(f"{self.name} {self.entry.said}", flush=True)
            self.pause = min(self.pause * 2, LONGEST_PAUSE)
            return True
        if now >= self.again_at:
            self.entry.restarts += 1
            self.start()
            print(f"{self.name} started again (restart {self.entry.restarts})", flush=True)
            return True
        return False


class Supervisor:
    def __init__(self, home: Home, simulated: datetime | None, only: Sequence[str] = (), apart: bool = False) -> None:
        self._home = home
        self._names = [name for name in services_of() if not only or name in only]
        # A service alone waits for the topics of the others, which its readiness tells; it takes commands all the same.
        self._probe = "livez" if only else "readyz"
        self._roles = ("serve", "react", "tick") if apart else ("",)
        self._simulated = simulated
        self._stack = Stack(supervisor_pid=os.getpid())
        self._children: list[Child] = []
        self._ending = False
        self._began = time.monotonic()

    def run(self) -> int:
        for wish in (signal.SIGTERM, signal.SIGINT):
            signal.signal(wish, self._end)
        self._home.write(self._stack)
        try:
            with ExitStack() as running:
                infra = running.enter_context(infrastructure(self._home.path))
                running.callback(self._stop_children)
                self._note_infra(infra)
                self._start(infra)
                self._watch()
                self._stack.state = "stopping"
                self._home.write(self._stack)
        except Exception as error:
            self._stack.error = f"{type(error).__name__}: {error}"
            print(self._stack.error, file=sys.stderr, flush=True)
            self._stack.state = "failed"
            return 1
        finally:
            self._stack.supervisor_pid = 0
            self._stack.processes.clear()
            self._home.write(self._stack)
        return 0

    def _end(self, *_: object) -> None:
        self._ending = True

    def _note_infra(self, infra: Infra) -> None:
        stack = self._stack
        stack.kind = infra.kind.value
        stack.postgres_admin_url, stack.kafka_bootstrap = infra.postgres_admin_url, infra.kafka_bootstrap
        for name, server in (("postgres", infra.postgres), ("kafka", infra.kafka)):
            if server is not None:
                log = str(self._home.log(name))
                stack.processes[name] = ProcessEntry(server.pid, log, server.port, state="running")
        signing, key_set = ensure_keys(self._home.path / "keys")
        stack.signing_key, stack.jwks_file = str(signing), str(key_set)
        clock_file = self._home.path / "clock"
        if self._simulated is not None:
            if not clock_file.exists():
                clock.write(clock_file, self._simulated)
            stack.clock_file = str(clock_file)
        self._home.write(stack)

    def _start(self, infra: Infra) -> None:
        self._start_mail_sink()
        self._stack.support_smtp_port = processes.free_port()
        names = self._names
        with ThreadPoolExecutor(max(1, len(names))) as pool:
            list(pool.map(lambda name: self._migrate(name, infra), names))
        for name in names:
            self._start_service(name)
        self._home.write(self._stack)
        self._await_ready(self._stack.service_urls())
        self._stack.state = "ready"
        self._stack.ready_after_seconds = round(time.monotonic() - self._began, 2)
        self._home.write(self._stack)
        print(f"ready after {self._stack.ready_after_seconds} s", flush=True)

    def _start_mail_sink(self) -> None:
        port, directory = processes.free_port(), self._home.path / "mail"
        self._stack.smtp_port, self._stack.mail_directory = port, str(directory)
        command = [sys.executable, "-m", "nexa_local.mailsink", str(port), str(directory)]
        self._launch("mail", command, os.environ, port=port, url=None)

    def _migrate(self, name: str, infra: Infra) -> None:
        database = create_database(infra.postgres_admin_url, f"nexa_{name}")
        environment = self._environment(name, database.app_url, database.owner_url)
        self._stack.services[name] = {key: value for key, value in environment.items() if key.startswith("NEXA_")}
        done = subprocess.run(
            [sys.executable, "-m", f"nexa_{name}", "migrate"],
            env=environment,
            cwd="/",
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise RuntimeError(f"{name} could not be migrated:\n{(done.stdout + done.stderr)[-3000:]}")

    def _environment(self, name: str, app_url: str, owner_url: str) -> dict[str, str]:
        stack, port = self._stack, str(processes.free_port())
        environment = {
            **_inherited(),
            "NEXA_DATABASE_URL": app_url,
            "NEXA_DATABASE_OWNER_URL": owner_url,
            "NEXA_KAFKA_BOOTSTRAP": stack.kafka_bootstrap,
            "NEXA_HTTP_HOST": "127.0.0.1",
            "NEXA_HTTP_PORT": port,
            "NEXA_JWKS_FILE": stack.jwks_file,
            "NEXA_TRACE_FILE": str(self._home.path / "traces" / f"{name}.jsonl"),
            "NEXA_SMTP_HOST": stack.smtp_host,
            "NEXA_SMTP_PORT": str(stack.smtp_port),
            "NEXA_MAIL_FROM": "Nexa CRM <crm@nexa.example>",
            "NEXA_LINKS_URL": f"http://127.0.0.1:{port}",
            "NEXA_LINKS_SECRET": links_secret(Path(stack.signing_key)),
            "NEXA_SUPPORT_SMTP_PORT": str(stack.support_smtp_port),
            "NEXA_WEBHOOK_SECRETS": webhook_secret(Path(stack.signing_key)),
        }
        if stack.clock_file is not None:
            environment["NEXA_CLOCK_FILE"] = stack.clock_file
        return environment

    def _start_service(self, name: str) -> None:
        settings = self._stack.services[name]
        for role in self._roles:
            process = name if role in ("", "serve") else f"{name}.{role}"
            port = int(settings["NEXA_HTTP_PORT"]) if process == name else processes.free_port()
            environment = {
                **_inherited(),
                **settings,
                "NEXA_DATABASE_OWNER_URL": "",  # it is for migrations and operators
                "NEXA_HTTP_PORT": str(port),
                "NEXA_TRACE_FILE": str(self._home.path / "traces" / f"{process}.jsonl"),
            }
            command = [sys.executable, "-m", f"nexa_{name}", *filter(None, [role])]
            self._launch(process, command, environment, port=port, url=f"http://127.0.0.1:{port}")

    def _launch(
        self, name: str, command: Sequence[str], environment: Mapping[str, str], *, port: int, url: str | None
    ) -> None:
        log = self._home.log(name)
        entry = ProcessEntry(0, str(log), port, url)
        child = Child(name, command, environment, log, entry)
        child.start()
        self._stack.processes[name] = entry
        self._children.append(child)

    def _await_ready(self, urls: Mapping[str, str]) -> None:
        deadline = time.monotonic() + READY_WITHIN
        waiting = set(urls)
        while waiting and not self._ending:
            self._look()
            waiting = {name for name in waiting if not answers(urls[name], self._probe)}
            if waiting and time.monotonic() > deadline:
                logs = ", ".join(str(self._home.log(name)) for name in sorted(waiting))
                raise processes.NotReady(
                    f"not ready within {READY_WITHIN:.0f} s: {', '.join(sorted(waiting))}; see {logs}"
                )
            time.sleep(0.05)

    def _watch(self) -> None:
        while not self._ending:
            self._look()
            time.sleep(0.2)

    def _look(self) -> None:
        changed = [child.look() for child in self._children]
        if any(changed):
            self._home.write(self._stack)

    def _stop_children(self) -> None:
        running = [child.process for child in self._children if child.process is not None]
        for process in running:
            if process.poll() is None:
                process.terminate()
        deadline = time.monotonic() + STOP_WITHIN
        for process in running:
            processes.await_end(process, seconds=max(0.1, deadline - time.monotonic()))


def answers(url: str, probe: str) -> bool:
    """Whether the service says that it is ready (or at least alive)."""
    if urlsplit(url).hostname != "127.0.0.1":
        return False
    try:
        with urllib.request.urlopen(f"{url}/{probe}", timeout=3) as answer:  # noqa: S310 - loopback, checked above
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _inherited() -> dict[str, str]:
    """This process' environment, but for what would have every start compile all modules anew."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def roll(log: Path) -> None:
    """Put a log that has grown large aside; the one before that goes."""
    if log.exists() and log.stat().st_size > LARGEST_LOG:
        log.replace(log.with_suffix(".log.1"))


def _how(code: int) -> str:
    return f"code {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clock", help="run on a simulated clock that begins at this time (ISO 8601)")
    parser.add_argument("--only", action="append", default=[], help="run this service and no other; may be repeated")
    parser.add_argument(
        "--apart", action="store_true", help="run each service as three processes: serve, react and tick"
    )
    parsed = parser.parse_args()
    simulated = datetime.fromisoformat(parsed.clock) if parsed.clock else None
    return Supervisor(Home.default(), simulated, parsed.only, parsed.apart).run()


if __name__ == "__main__":
    sys.exit(main())
