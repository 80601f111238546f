"""Starting, ending and asking a stack: what the commands of `nexa` do, and what the demo and tests use."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import httpx
from psutil import NoSuchProcess, Process

from nexa_local.home import Home, Stack, alive
from nexa_local.postgres import data_directory
from nexa_local.processes import spawn
from nexa_local.tokens import mint

UP_WITHIN = 300.0
DOWN_WITHIN = 60.0


class NotRunning(Exception):
    """There is no running stack; the message says how to start one."""


class UpFailed(Exception):
    """The stack did not come up; the message says why and where to look."""


def running_stack(home: Home) -> Stack:
    """Raises NotRunning."""
    stack = home.read()
    if stack is None or stack.state not in {"starting", "ready"}:
        raise NotRunning(f"No stack runs in {home.path}. Start one with: nexa up")
    return stack


def up(
    home: Home,
    *,
    clock: datetime | None = None,
    only: Sequence[str] = (),
    apart: bool = False,
    say: Callable[[str], None] = lambda line: None,
) -> Stack:
    """Bring the stack up, or find it up, and wait until all of it is ready. Raises UpFailed.

    `apart`: each service as three processes.
    """
    stack = home.read()
    if stack is None or stack.state not in {"starting", "ready"}:
        home.path.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "nexa_local.supervisor"]
        if clock is not None:
            command += ["--clock", clock.isoformat()]
        for name in only:
            command += ["--only", name]
        if apart:
            command += ["--apart"]
        home.stack_file.unlink(missing_ok=True)
        environment = {**os.environ, "NEXA_HOME": str(home.path)}
        supervisor = spawn(command, log=home.log("supervisor"), environment=environment)
    else:
        supervisor = None
    deadline = time.monotonic() + UP_WITHIN
    said = ""
    while time.monotonic() < deadline:
        stack = home.read()
        if stack is not None and stack.state == "ready":
            return stack
        ended = supervisor is not None and supervisor.poll() is not None
        if ended or (stack is not None and stack.state in {"failed", "stopped"}):
            error = stack.error if stack is not None and stack.error else "the supervisor ended"
            raise UpFailed(f"{error}\nSee {home.log('supervisor')}")
        progress = _progress(stack)
        if progress != said:
            say(progress)
            said = progress
        time.sleep(0.05)
    raise UpFailed(f"The stack was not ready within {UP_WITHIN:.0f} s. See {home.log('supervisor')}")


def _progress(stack: Stack | None) -> str:
    if stack is None or not stack.kind:
        return "starting PostgreSQL and Kafka"
    started = [name for name in stack.processes if name in stack.services]
    return f"starting {', '.join(started)}" if started else "bringing the databases up to date"


def down(home: Home) -> bool:
    """Stop the stack; False when none was running. Data stays."""
    stack = home.read()
    if stack is None or not alive(stack.supervisor_pid):
        return False
    pid = stack.supervisor_pid
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + DOWN_WITHIN
    while alive(pid):
        if time.monotonic() > deadline:
            _kill_tree(pid)
            break
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
        time.sleep(0.05)
    return True


def _kill_tree(pid: int) -> None:
    with contextlib.suppress(NoSuchProcess):
        top = Process(pid)
        for process in [*top.children(recursive=True), top]:
            with contextlib.suppress(NoSuchProcess):
                process.kill()


def reset(home: Home) -> None:
    """Stop the stack and remove all that it kept."""
    down(home)
    database = data_directory(home.path)
    shutil.rmtree(database.parent if home.path not in database.parents else database, ignore_errors=True)
    shutil.rmtree(home.path, ignore_errors=True)


@contextmanager
def stack_up(home: Home, *, clock: datetime | None = None, apart: bool = False) -> Iterator[Stack]:
    """A stack for the length of a block, stopped at its end."""
    try:
        yield up(home, clock=clock, apart=apart)
    finally:
        down(home)


def client(stack: Stack, service: str, roles: Sequence[str], subject: str, timeout: float = 60) -> httpx.Client:
    """An HTTP client of one service, with a token in these roles."""
    token = mint(Path(stack.signing_key), subject=subject, roles=roles)
    return httpx.Client(base_url=stack.url_of(service), headers={"Authorization": f"Bearer {token}"}, timeout=timeout)


def memory_of(pid: int) -> int:
    """Resident bytes of a process and those below it; pages that processes share count once each."""
    try:
        top = Process(pid)
        family = [top, *top.children(recursive=True)]
        return sum(_own_memory(process) for process in family)
    except NoSuchProcess:
        return 0


def _own_memory(process: Process) -> int:
    try:
        return int(process.memory_full_info().pss)
    except (NoSuchProcess, AttributeError):
        return 0


def admin(home: Home, service: str, arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run the service's operator command with the stack's addresses, whether the service itself runs or not."""
    stack = running_stack(home)
    if service not in stack.services:
        raise LookupError(f"There is no service {service!r}; there are {', '.join(sorted(stack.services))}.")
    return subprocess.run(
        [sys.executable, "-m", f"nexa_{service}", "admin", *arguments],
        env={**os.environ, **stack.services[service]},
        cwd="/",
        capture_output=True,
        text=True,
    )


def duration(text: str) -> timedelta:
    """`24h`, `30m`, `1d12h`, `90s`. Raises ValueError."""
    parts = re.findall(r"(\d+)([dhms])", text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ValueError(f"{text!r} is no length of time; write for example 24h, 30m, 90s or 1d12h")
    seconds = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
    return timedelta(seconds=sum(int(number) * seconds[unit] for number, unit in parts))
