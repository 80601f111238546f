"""Starting, awaiting and ending processes, and ports that nobody uses."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path


class NotReady(Exception):
    """A process did not come up; the message names it, its log and the end of that log."""


def free_port() -> int:
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def accepts(port: int) -> bool:
    with closing(socket.socket()) as client:
        client.settimeout(0.2)
        return client.connect_ex(("127.0.0.1", port)) == 0


def spawn(
    command: Sequence[str | Path],
    *,
    log: Path,
    environment: Mapping[str, str] | None = None,
    user: int | None = None,
    cwd: Path | None = None,
) -> subprocess.Popen[bytes]:
    """Start a process in a session of its own, so that Ctrl-C in a terminal does not reach it; output goes to `log`."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        return subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(environment) if environment is not None else None,
            user=user,
            group=user,
            extra_groups=[] if user is not None else None,
            cwd=cwd or "/",
            start_new_session=True,
        )


def await_ready(
    process: subprocess.Popen[bytes], ready: Callable[[], bool], *, name: str, log: Path, seconds: float
) -> None:
    """Wait until `ready()`; raises NotReady when the process ends first or the time is up."""
    deadline = time.monotonic() + seconds
    while not ready():
        if process.poll() is not None:
            raise NotReady(f"{name} ended with code {process.returncode}; {log} ends:\n{_tail(log)}")
        if time.monotonic() > deadline:
            raise NotReady(f"{name} was not ready within {seconds:.0f} s; {log} ends:\n{_tail(log)}")
        time.sleep(0.02)


def stop(process: subprocess.Popen[bytes], *, seconds: float, how: signal.Signals = signal.SIGTERM) -> None:
    """Ask a process to end; kill it when it has not after `seconds`."""
    if process.poll() is None:
        process.send_signal(how)
        await_end(process, seconds=seconds)


def await_end(process: subprocess.Popen[bytes], *, seconds: float) -> None:
    """Wait for a process that was asked to end, and kill it after `seconds`. Asked twice, a service leaves at once."""
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _tail(log: Path, lines: int = 15) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:]) if log.exists() else "(no log)"


def is_root() -> bool:
    return os.geteuid() == 0
