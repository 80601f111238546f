"""`nexa`: the front door of a stack on this machine."""

import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from rich.console import Console
from rich.table import Table

from nexa_local import clock as simulated
from nexa_local import operations, traces
from nexa_local.home import Home, Stack
from nexa_local.importing import import_command, revert_command
from nexa_local.tokens import mint

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__, pretty_exceptions_show_locals=False)
clock_app = typer.Typer(no_args_is_help=True, help="The simulated clock of a stack that was started with one.")
app.add_typer(clock_app, name="clock")
app.command("import")(import_command)
app.command("revert-import")(revert_command)
console = Console()
errors = Console(stderr=True)

Json = Annotated[bool, typer.Option("--json", help="For programs.")]


def fail(message: object) -> typer.Exit:
    errors.print(f"[red]{message}[/]")
    return typer.Exit(1)


def running() -> Stack:
    try:
        return operations.running_stack(Home.default())
    except operations.NotRunning as error:
        raise fail(error) from None


@app.command()
def up(
    simulated_clock: Annotated[
        str | None, typer.Option(help="Begin at this time (ISO 8601) on a simulated clock, e.g. 2025-11-17T09:00:00Z.")
    ] = None,
    only: Annotated[list[str] | None, typer.Option(help="Run this service and no other; may be repeated.")] = None,
    apart: Annotated[
        bool,
        typer.Option(
            "--apart", help="Run each service as three processes (serve, react, tick), so no request waits for a batch."
        ),
    ] = False,
) -> None:
    """Start PostgreSQL, Kafka, the mail sink and every service, and wait until all are ready."""
    begin = datetime.fromisoformat(simulated_clock) if simulated_clock else None
    began = time.monotonic()
    with console.status("starting") as status:
        try:
            stack = operations.up(Home.default(), clock=begin, only=only or (), apart=apart, say=status.update)
        except operations.UpFailed as error:
            raise fail(error) from None
    console.print(f"[green]Ready[/] after {time.monotonic() - began:.1f} s ({stack.kind}). What runs: nexa status")


@app.command()
def down() -> None:
    """Stop the stack; its data stays."""
    stopped = operations.down(Home.default())
    console.print("Stopped. Data stays; nexa reset removes it." if stopped else "No stack was running.")


@app.command()
def reset(yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False) -> None:
    """Stop the stack and remove its data, logs, keys and mails."""
    home = Home.default()
    if not yes and not typer.confirm(f"Remove everything in {home.path}?"):
        raise typer.Exit(1)
    operations.reset(home)
    console.print("Removed.")


@app.command()
def status(as_json: Json = False) -> None:
    """What runs, where, with how much memory, and how far behind each consumer is."""
    stack = running()
    services = {name: _status_of(name, url) for name, url in stack.service_urls().items()}
    if as_json:
        print(
            json.dumps(
                {"state": stack.state, "support_smtp_port": stack.support_smtp_port, "services": services}, default=str
            )
        )
        return
    table = Table("process", "state", "address", "pid", "memory", "up since", "restarts")
    total = 0
    for name, entry in stack.processes.items():
        memory = operations.memory_of(entry.pid)
        total += memory
        state = entry.state if services.get(name, {}).get("ready", True) else f"{entry.state}, not ready"
        address = entry.url or f"127.0.0.1:{entry.port}"
        row = [name, state, address, str(entry.pid), f"{memory / 1e6:.0f} MB", entry.started_at, str(entry.restarts)]
        table.add_row(*row)
        if entry.said:
            table.add_row("", entry.said)
    console.print(table)
    console.print(
        f"{total / 1e6:.0f} MB in all; mails in {stack.mail_directory}; logs in {Home.default().path / 'logs'}"
    )
    if "support" in stack.services:
        console.print(f"Mail to support: SMTP at {stack.smtp_host}:{stack.support_smtp_port}")
    consumers = Table("consumer", "behind", "handled", "parked", "given up", "ready")
    for service in services.values():
        for each in service.get("consumers", []):
            ready = "yes" if each["ready"] else each["reason"]
            row = [each["name"], *(str(each[name]) for name in ("lag", "handled", "parked", "dead")), ready]
            consumers.add_row(*row)
    console.print(consumers)
    if stack.clock_file:
        console.print(f"Simulated clock: {simulated.read(Path(stack.clock_file)).isoformat()}")


def _status_of(service: str, url: str) -> dict[str, Any]:
    try:
        answer = httpx.get(f"{url}/status", timeout=10)
        found: dict[str, Any] = answer.json()
    except (httpx.HTTPError, ValueError):
        return {"service": service, "ready": False, "consumers": []}
    return found


def _clock_file(stack: Stack) -> Path:
    if stack.clock_file is None:
        raise fail("This stack runs on wall time. Start one with: nexa up --simulated-clock 2025-11-17T09:00:00Z")
    return Path(stack.clock_file)


@clock_app.command("show")
def show_clock() -> None:
    """What time it is in the stack."""
    console.print(simulated.read(_clock_file(running())).isoformat())


@clock_app.command("set")
def set_clock(to: Annotated[str, typer.Argument(help="ISO 8601, not before the present time.")]) -> None:
    """Move on to a time, firing every deadline on the way."""
    stack = running()
    target = datetime.fromisoformat(to)
    target = target if target.tzinfo else target.replace(tzinfo=UTC)
    _advance(stack, target - simulated.read(_clock_file(stack)))


@clock_app.command("advance")
def advance_clock(by: Annotated[str, typer.Argument(help="For example 24h, 30m or 1d12h.")]) -> None:
    """Move on by a length of time, firing every deadline on the way."""
    try:
        length = operations.duration(by)
    except ValueError as error:
        raise fail(error) from None
    _advance(running(), length)


def _advance(stack: Stack, by: Any) -> None:
    if by.total_seconds() < 0:
        raise fail("Time does not go back; nexa reset begins anew.")
    look = simulated.looker(list(stack.service_urls().values()))
    with console.status("advancing") as status:
        try:
            reached = simulated.advance(
                _clock_file(stack), by, look, on_step=lambda now: status.update(f"now {now.isoformat()}")
            )
        except simulated.NotQuiet as error:
            raise fail(error) from None
    console.print(f"It is {reached.isoformat()}.")


@app.command()
def token(
    role: Annotated[list[str], typer.Option("--role", "-r", help="May be given several times.")],
    subject: Annotated[str, typer.Option(help="Who the token is for; stands in each event as its actor.")] = "local",
    ttl: Annotated[str, typer.Option(help="How long it is good for.")] = "8h",
) -> None:
    """A bearer token of the local stack."""
    stack = running()
    seconds = int(operations.duration(ttl).total_seconds())
    print(mint(Path(stack.signing_key), subject=subject, roles=role, seconds=seconds))


def _admin(service: str, *arguments: str) -> None:
    try:
        done = operations.admin(Home.default(), service, arguments)
    except (operations.NotRunning, LookupError) as error:
        raise fail(error) from None
    sys.stdout.write(done.stdout)
    if done.returncode:
        raise fail(done.stderr.strip())


def _service_of(consumer: str) -> str:
    return consumer.partition(".")[0]


@app.command()
def lag(service: Annotated[str | None, typer.Argument(help="One service; all without.")] = None) -> None:
    """How many records each consumer is behind."""
    for name in [service] if service else sorted(running().services):
        _admin(name, "lag")


@app.command()
def parked(
    service: Annotated[str | None, typer.Argument(help="One service; all without.")] = None, as_json: Json = False
) -> None:
    """Which keys wait because an event failed or is missing, and why."""
    for name in [service] if service else sorted(running().services):
        _admin(name, "parked", *(["--json"] if as_json else []))


Consumer = Annotated[str, typer.Argument(help="As `nexa parked` names it, e.g. sales.route_scored_lead.")]


@app.command()
def redrive(
    consumer: Consumer,
    stream: Annotated[
        str | None, typer.Option(help="One key, e.g. marketing/lead-…; all of the consumer without.")
    ] = None,
) -> None:
    """Try what is parked again, now."""
    _admin(_service_of(consumer), "redrive", "--consumer", consumer, *(["--stream", stream] if stream else []))


@app.command()
def discard(
    consumer: Consumer,
    reason: Annotated[str, typer.Option(help="Kept with the act.")],
    stream: Annotated[str | None, typer.Option(help="The key whose first record is passed over.")] = None,
    place: Annotated[str | None, typer.Option(help="topic/partition@offset, for a record without a key.")] = None,
) -> None:
    """Pass over the first parked record of a key for ever; what waits behind it goes on."""
    where = ["--stream", stream] if stream else ["--place", place] if place else []
    _admin(_service_of(consumer), "discard", "--consumer", consumer, "--reason", reason, *where)


@app.command()
def rebuild(
    service: Annotated[str, typer.Argument(help="For example sales.")],
    read_model: Annotated[str, typer.Argument(help="For example pipeline_board.")],
) -> None:
    """Make a read model anew from the events, beside the old one; nothing is sent."""
    _admin(service, "rebuild", read_model)


@app.command()
def trace(
    trace_id: Annotated[
        str | None, typer.Argument(help="A trace id or its beginning; without, the latest traces.")
    ] = None,
) -> None:
    """One trace over all services, as a tree."""
    directory = Home.default().path / "traces"
    if trace_id is None:
        table = Table("trace", "began with", "spans")
        for found, name, count in traces.latest(directory):
            table.add_row(found, name, str(count))
        console.print(table)
        return
    spans = traces.spans_of(directory, trace_id)
    if not spans:
        raise fail(f"No span of a trace {trace_id} in {directory}; nexa trace lists the latest ones.")
    console.print(traces.tree_of(spans))


if __name__ == "__main__":
    app()
