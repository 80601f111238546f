"""`make demo`: the story of the source document, told over the public APIs of a fresh stack on the simulated clock.

Every figure is checked against the story as it was written down; the demo ends with 1 if one differs. The stack stays up.
"""

import sys
import time

from nexa_local import operations
from nexa_local.demo.telling import MONDAY, console
from nexa_local.demo.whole import tell
from nexa_local.home import Home


def fresh_home() -> Home:
    """The demo begins anew each time, but never over a stack that somebody works with."""
    home = Home.default()
    marker = home.path / "demo"
    if home.path.exists() and not marker.exists() and home.read() is not None:
        console.print(
            f"[red]{home.path} holds a stack of yours; the demo would remove it. Run make reset first, or set NEXA_HOME.[/]"
        )
        sys.exit(1)
    operations.reset(home)
    home.path.mkdir(parents=True)
    home.path.chmod(0o755)
    marker.touch()
    return home


def main() -> int:
    began = time.monotonic()
    home = fresh_home()
    console.print("Starting PostgreSQL, Kafka, a mail sink and the services, on a simulated clock")
    try:
        stack = operations.up(home, clock=MONDAY, say=lambda line: console.print(f"  [dim]{line}[/]"))
    except operations.UpFailed as error:
        console.print(f"[red]{error}[/]")
        return 1
    console.print(f"  ready after {stack.ready_after_seconds} s ({stack.kind})")
    checks = tell(stack)
    memory = sum(operations.memory_of(entry.pid) for entry in stack.processes.values())
    console.rule()
    if checks.wrong:
        console.print(f"[red]{len(checks.wrong)} of {checks.count} figures differ from the story:[/]")
        for each in checks.wrong:
            console.print(f"  [red]{each}[/]")
        return 1
    console.print(
        f"[green]All {checks.count} figures are as the story says.[/] "
        f"{time.monotonic() - began:.0f} s, {memory / 1e6:.0f} MB in all."
    )
    sales = stack.url_of("sales")
    console.print(
        "The stack stays up. What to try next:\n"
        f"  .venv/bin/nexa status                          what runs, how far behind each consumer is\n"
        f"  {sales}/docs                    the API of sales; a token: .venv/bin/nexa token --role sales_manager\n"
        f"  ls {stack.mail_directory}        the mails, one file each\n"
        "  .venv/bin/nexa trace                           the latest traces; with an id, one as a tree\n"
        "  .venv/bin/nexa clock advance 48h               the other follow-ups fall due\n"
        "  .venv/bin/nexa rebuild sales pipeline_board    make a read model anew from the events\n"
        "  make down                                      stop; make reset also removes the data"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
