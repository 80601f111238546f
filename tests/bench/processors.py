"""Which process of the stack spent how much processor time."""

from contextlib import suppress

from psutil import NoSuchProcess, Process

from nexa_local.home import Stack


def processor_seconds(stack: Stack) -> dict[str, float]:
    """Seconds of processor time of each service, and of all else under the supervisor by name, ended children with it."""
    names = {entry.pid: name for name, entry in stack.processes.items()}
    spent: dict[str, float] = {}
    for process in Process(stack.supervisor_pid).children(recursive=True):
        with suppress(NoSuchProcess):
            times = process.cpu_times()
            name = names.get(process.pid, process.name())
            seconds = times.user + times.system + times.children_user + times.children_system
            spent[name] = spent.get(name, 0.0) + seconds
    return spent
