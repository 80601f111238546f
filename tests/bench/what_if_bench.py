"""Other routing rules tried on fifty thousand leads of the last days: from the question to the answer, as the API asks it."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

from figures import Figure

from nexa_chassis.clock import write_clock
from nexa_chassis.migrate import migrate
from nexa_chassis.origin import Origin
from nexa_chassis.process import create_runtime
from nexa_chassis.runtime import Runtime
from nexa_chassis.settings import Settings
from nexa_contracts.marketing import LeadSourceKind
from nexa_contracts.sales import RepLevel, RoutingRule
from nexa_contracts.values import Band
from nexa_local.infra import Infra
from nexa_local.postgres import create_database
from nexa_sales.app import sales
from nexa_sales.assignment.commands import DisqualifyLead, NoteContact, RouteLead
from nexa_sales.rep.commands import PutRep
from nexa_sales.routing_rules.state import DEFAULT_RULES, Rules
from nexa_sales.what_if.comparison import Comparison, compare
from nexa_sales.what_if.history import read_history
from nexa_sales.what_if.replay import Plan

LEADS, A_BATCH, REPS = 50_000, 1_000, 50
BEGIN = datetime(2025, 9, 1, tzinfo=UTC)
TERRITORIES = (None, "emea", "apac", "us")
EMEA = RoutingRule(name="EMEA to standard reps", band=Band.HIGH, level=RepLevel.STANDARD, territories=("emea",))


def rep(number: int) -> PutRep:
    return PutRep(
        rep_id=named("rep", number),
        name=f"rep {number}",
        email=f"rep.{number}@nexa.example",
        level=RepLevel.SENIOR if number % 2 else RepLevel.STANDARD,
        territories=() if number % 4 else ("emea", "us"),
        products=(),
        capacity=1_500,
        available=True,
        manager_id=None,
    )


def lead(number: int) -> RouteLead:
    high = number % 2 == 1
    return RouteLead(
        lead_id=named("lead", number),
        campaign_id=named("campaign", 0),
        import_id=None,
        band=Band.HIGH if high else Band.MEDIUM,
        score=80 if high else 60,
        territory=TERRITORIES[number % 4],
        product_interest=None,
        source_label="",
        source_kind=LeadSourceKind.WEBINAR,
    )


def named(kind: str, number: int) -> UUID:
    return uuid5(NAMESPACE_OID, f"{kind} {number}")


async def do(runtime: Runtime, commands: list[Any]) -> None:
    async with runtime.store.transaction(Origin("bench", "bench")) as tx:
        await tx.execute(commands)


async def fill(runtime: Runtime, clock: Path) -> None:
    """The days: leads as they come, half of them called, a fifth disqualified."""
    await do(runtime, [rep(number) for number in range(REPS)])
    for first in range(0, LEADS, A_BATCH):
        write_clock(clock, BEGIN + timedelta(hours=6) * (first // A_BATCH))
        batch = range(first, first + A_BATCH)
        await do(runtime, [lead(number) for number in batch])
        called = [NoteContact(lead_id=named("lead", number)) for number in batch[::2]]
        await do(
            runtime, [*called, *(DisqualifyLead(lead_id=named("lead", number), reason="none") for number in batch[::5])]
        )


async def try_out(settings: Settings, clock: Path) -> tuple[float, Comparison]:
    runtime = create_runtime(sales, settings)
    try:
        await fill(runtime, clock)
        plan = Plan(rules=Rules(2, (EMEA, *DEFAULT_RULES.rules)))
        until = runtime.clock.now()
        began = time.perf_counter()
        async with runtime.engine.connect() as connection:
            history = await read_history(connection, runtime.store.catalog.codec, until - timedelta(days=30), until)
        found = await asyncio.to_thread(compare, history, plan)
        return time.perf_counter() - began, found
    finally:
        await runtime.store.close()
        await runtime.engine.dispose()


def measure(infra: Infra, directory: Path) -> list[Figure]:
    database = create_database(infra.postgres_admin_url, "bench_what_if")
    clock = directory / "what_if_clock"
    write_clock(clock, BEGIN)
    settings = Settings(
        database_url=database.app_url,
        database_owner_url=database.owner_url,
        kafka_bootstrap=infra.kafka_bootstrap,
        statement_timeout=60,
        clock_file=clock,
    )
    asyncio.run(migrate(settings, sales))
    took, found = asyncio.run(try_out(settings, clock))
    assert (found.leads, found.as_really) == (LEADS, LEADS), found
    return [
        Figure(
            f"what-if: other routing rules on {LEADS:,} leads, {REPS} reps",
            took,
            "s",
            at_most=5,
            checked=f"as it is, {found.as_really:,} leads come to their real rep; {found.moved:,} would move",
        )
    ]
