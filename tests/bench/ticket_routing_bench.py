"""Tickets to their agents on the whole stack, 100,000 stored: submitted, analysed and routed, by PostgreSQL's commit times."""

import asyncio
import time
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psycopg
from figures import Figure
from processors import processor_seconds
from tickets_bench import BEGIN, DAYS, MANY, Texts, fill, plain

from nexa_chassis.catalog import Catalog
from nexa_chassis.origin import Origin
from nexa_chassis.rebuild import rebuild_own_fed
from nexa_chassis.settings import Settings
from nexa_chassis.state_cache import Head
from nexa_chassis.unit_of_work import UnitOfWork
from nexa_contracts.support import Channel, Requester, SlaClocksMoved, TicketSubmitted
from nexa_local import operations
from nexa_local.demo.telling import Checks, Story, rep_id, send
from nexa_local.home import Home, Stack
from nexa_local.infra import infrastructure
from nexa_support.aggregates import ticket
from nexa_support.app import support
from nexa_support.read_models.agent_desk import desk
from nexa_support.sla.policies import DEFAULT_POLICIES
from nexa_support.ticket.commands import SubmitTicket
from nexa_support.ticket.desk import Desk
from nexa_support.ticket.reference import reference_of

RATE = 20
STEADY = 600
AGENTS = 40
DECIDED = 1_000
WITHIN = 120.0

SUBMITTED = (
    "select data->>'ticket_id', pg_xact_commit_timestamp(xmin) from events where type = 'nexa.support.TicketSubmitted.v1'"
    " and data->>'ticket_id' = any(%s)"
)
ANALYSED = (
    "select data->>'ticket_id', pg_xact_commit_timestamp(xmin) from events where type = 'nexa.scoring.TicketAnalyzed.v1'"
    " and data->>'ticket_id' = any(%s)"
)
ROUTED = (
    "select data->>'ticket_id', pg_xact_commit_timestamp(xmin) from events where type = 'nexa.support.TicketClassified.v1'"
    " and data->>'ticket_id' = any(%s)"
)
"""What is classified is given to an agent, or left to a person where the analysis abstained, in the same transaction."""


def measure(directory: Path) -> list[Figure]:
    home = Home(directory / "ticket_routing")
    home.path.mkdir()
    home.path.chmod(0o755)
    with infrastructure(home.path) as infra, psycopg.connect(infra.postgres_admin_url, autocommit=True) as connection:
        connection.execute("alter system set track_commit_timestamp = on")
    with operations.stack_up(home) as stack:
        story = Story(stack, Checks())
        for number in range(AGENTS):
            _hire(story, number)
        fill(_settings(stack, "scoring"), MANY, Texts(1))
        _store(_settings(stack, "support"), Texts(2))
        story.settle()
        asyncio.run(_submit(stack, Texts(3), RATE * 5))
        story.settle()
        before = processor_seconds(stack)
        tickets = asyncio.run(_submit(stack, Texts(4), STEADY))
        submitted, analysed, routed = _course(stack, tickets)
        spent = {name: seconds - before.get(name, 0) for name, seconds in processor_seconds(stack).items()}
    operations.reset(home)
    analysis = sorted((analysed[one] - submitted[one]) / timedelta(milliseconds=1) for one in tickets)
    taken = sorted((routed[one] - submitted[one]) / timedelta(milliseconds=1) for one in tickets)
    busiest = sorted(spent.items(), key=lambda one: -one[1])[:4]
    processors = ", ".join(f"{name} {seconds * 1000 / STEADY:.0f} ms" for name, seconds in busiest)
    what = f"ticket in to analysed and routed, {RATE}/s, {MANY:,} stored"
    return [
        Figure(f"{what}, p50", taken[STEADY // 2], "ms", checked=f"{STEADY} tickets; of a ticket's time: {processors}"),
        Figure(
            f"{what}, p99",
            taken[STEADY * 99 // 100],
            "ms",
            at_most=300,
            checked=f"analysed p50 {analysis[STEADY // 2]:.0f} ms, p99 {analysis[STEADY * 99 // 100]:.0f} ms",
        ),
    ]


def _hire(story: Story, number: int) -> None:
    name = f"Agent {number}"
    body = {
        "name": name,
        "email": f"agent{number}@nexa.example",
        "level": "senior" if number % 2 else "standard",
        "capacity": 100_000,
    }
    send(story.client("support", "support_manager", "mia.manager"), "PUT", f"/agents/{rep_id(name)}", body)


def _settings(stack: Stack, service: str) -> Settings:
    given = stack.services[service]
    return Settings(
        database_url=given["NEXA_DATABASE_URL"],
        database_owner_url=given["NEXA_DATABASE_OWNER_URL"],
        kafka_bootstrap=given["NEXA_KAFKA_BOOTSTRAP"],
    )


def _store(settings: Settings, texts: Texts) -> None:
    """The events of 100,000 tickets, as the service decides them, into its store; then its read models made from them.

    They are not published: scoring's index has as many of its own, and nobody reacts to them.
    """
    with psycopg.connect(plain(settings.owner_url)) as connection, connection.cursor() as cursor:
        columns = "stream, version, type, published, data, meta, recorded_at"
        with cursor.copy(f"copy events ({columns}) from stdin") as copy:
            for row in _events(texts):
                copy.write_row(row)
    for model in support.read_models:
        if not model.from_topics and {TicketSubmitted, SlaClocksMoved} & set(model.on):
            asyncio.run(rebuild_own_fed(settings.owner_url, support, model))
    with psycopg.connect(plain(settings.owner_url), autocommit=True) as connection:
        connection.execute("vacuum analyze")


def _events(texts: Texts) -> Iterator[tuple[Any, ...]]:
    """Of 1,000 tickets as they are decided, each a hundred times under an id of its own."""
    catalog, origin = Catalog(support), Origin("bench", "bench")
    for place, (subject, description) in enumerate(texts.take(DECIDED)):
        unit = UnitOfWork(catalog, BEGIN + timedelta(days=DAYS) * (place / DECIDED))
        unit.set_context(desk, Desk(policies=DEFAULT_POLICIES))
        command = SubmitTicket(
            ticket_id=uuid4(),
            subject=subject,
            description=description,
            channel=Channel.EMAIL,
            requester=Requester(name=f"Person {place}", email=f"person{place}@customer.example"),
            account_id=rep_id(f"Customer {place}"),
            account_name=f"Customer {place}",
            product_version="2.1.5",
        )
        unit.heads[ticket.stream_of(command)] = Head(ticket.initial, 0, None)
        unit.decide([(command, origin)])
        for _ in range(MANY // DECIDED):
            other = uuid4()
            names = {str(command.ticket_id): str(other), reference_of(command.ticket_id): reference_of(other)}
            for row in (one.row for one in unit.appended):
                stream, data, meta = (_renamed(text, names) for text in (row.stream, row.data, row.meta))
                yield stream, row.version, row.type, row.published, data, meta, row.recorded_at


def _renamed(text: str, names: Mapping[str, str]) -> str:
    for old, new in names.items():
        text = text.replace(old, new)
    return text


async def _submit(stack: Stack, texts: Texts, number: int) -> list[str]:
    own = operations.client(stack, "support", ["support_agent"], "lea.brandt")
    headers = {"authorization": own.headers["authorization"]}
    async with httpx.AsyncClient(base_url=stack.url_of("support"), headers=headers, timeout=60) as client:
        began = time.perf_counter()
        sent = []
        for place, (subject, description) in enumerate(texts.take(number)):
            body = {
                "subject": subject,
                "description": description,
                "requester": {"name": f"Customer {place}", "email": f"person@customer{place}.example"},
                "account_id": str(rep_id(f"Customer {place}")),
                "account_name": f"Customer {place}",
                "product_version": "2.1.5",
            }
            await asyncio.sleep(max(0.0, began + place / RATE - time.perf_counter()))
            sent.append(asyncio.create_task(_post(client, body)))
        return [str(answer["ticket_id"]) for answer in await asyncio.gather(*sent)]


async def _post(client: httpx.AsyncClient, body: Mapping[str, Any]) -> Any:
    answer = await client.post("/tickets", json=body, headers={"idempotency-key": str(uuid4())})
    assert answer.is_success, answer.text
    return answer.json()


def _course(stack: Stack, tickets: list[str]) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """When each ticket was submitted, analysed and routed; waits until all are."""
    until = time.monotonic() + WITHIN
    while True:
        routed = _ask(stack, "support", ROUTED, tickets)
        if len(routed) == len(tickets):
            return _ask(stack, "support", SUBMITTED, tickets), _ask(stack, "scoring", ANALYSED, tickets), routed
        assert time.monotonic() < until, f"{len(routed)} of {len(tickets)} tickets are routed"
        time.sleep(0.2)


def _ask(stack: Stack, service: str, query: str, tickets: list[str]) -> dict[str, Any]:
    address = stack.postgres_admin_url.rpartition("/")[0] + f"/nexa_{service}"
    with psycopg.connect(address) as connection:
        return dict(connection.execute(query.encode(), (tickets,)).fetchall())
