"""Where a stack keeps its things, and the one file that says what runs where."""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[4]
"""The checkout."""


@dataclass
class ProcessEntry:
    """A process of the stack. `url` is where it answers HTTP, `port` the port it listens on, if it does."""

    pid: int
    log: str
    port: int | None = None
    url: str | None = None
    restarts: int = 0
    started_at: str = ""
    state: str = "starting"
    said: str = ""


@dataclass
class Stack:
    """What `stack.json` holds. `state`: starting, ready, stopping or failed (then `error` says why).

    The stack's own mails go out to `smtp_port`; customers' mails to support come in at `support_smtp_port`.
    """

    state: str = "starting"
    error: str = ""
    supervisor_pid: int = 0
    kind: str = ""
    postgres_admin_url: str = ""
    kafka_bootstrap: str = ""
    smtp_host: str = "127.0.0.1"
    smtp_port: int = 0
    support_smtp_port: int = 0
    mail_directory: str = ""
    clock_file: str | None = None
    jwks_file: str = ""
    signing_key: str = ""
    ready_after_seconds: float | None = None
    services: dict[str, dict[str, str]] = field(default_factory=dict)
    processes: dict[str, ProcessEntry] = field(default_factory=dict)

    def url_of(self, service: str) -> str:
        """Raises LookupError for a service that does not run here."""
        entry = self.processes.get(service)
        if entry is None or entry.url is None:
            raise LookupError(f"no service {service!r} runs in this stack")
        return entry.url

    def service_urls(self) -> dict[str, str]:
        """Where each process of a service answers, by its name: `sales`, or `sales.react` where a service is several."""
        return {name: entry.url for name, entry in self.processes.items() if entry.url is not None}


@dataclass(frozen=True)
class Home:
    """The directory of one stack: data, logs, keys, traces, mail and `stack.json`."""

    path: Path

    @classmethod
    def default(cls) -> "Home":
        """`NEXA_HOME`, else `.nexa` in the checkout."""
        return cls(Path(os.environ.get("NEXA_HOME") or ROOT / ".nexa").resolve())

    @property
    def stack_file(self) -> Path:
        return self.path / "stack.json"

    def log(self, name: str) -> Path:
        return self.path / "logs" / f"{name}.log"

    def read(self) -> Stack | None:
        """What runs, None where nothing was ever started; a supervisor that died leaves a stack that is `stopped`."""
        try:
            found = json.loads(self.stack_file.read_text())
        except FileNotFoundError:
            return None
        found["processes"] = {name: ProcessEntry(**entry) for name, entry in found["processes"].items()}
        stack = Stack(**found)
        if not alive(stack.supervisor_pid):
            stack.state = "failed" if stack.error else "stopped"
        return stack

    def write(self, stack: Stack) -> None:
        """Replace the file in one step; it holds passwords, so it is its owner's alone."""
        self.path.mkdir(parents=True, exist_ok=True)
        new = self.stack_file.with_suffix(".new")
        new.touch(mode=0o600)
        new.write_text(json.dumps(asdict(stack), indent=2) + "\n")
        os.replace(new, self.stack_file)


def alive(pid: int) -> bool:
    """Whether a process of this id runs (and is no zombie)."""
    if pid <= 0:
        return False
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        try:
            os.kill(pid, 0)
        except OSError:
            return False
        return not Path("/proc/self").exists()
    return state != "Z"
