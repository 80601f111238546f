"""`make bench`: every figure beside its floor, on the local stack with durable settings; writes docs/benchmarks.md.

`--only store consumer …` runs some of them; with `--write` their rows on the page are replaced, the others stay.
"""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import consumer_bench
import deployment_bench
import handoffs_bench
import http_bench
import latency_bench
import leads_bench
import million_rows_bench
import rebuild_bench
import single_records_bench
import store_bench
import ticket_routing_bench
import tickets_bench
import what_if_bench
from figures import HEAD, PAGE, Figure, page
from ledger import bench
from rich.console import Console
from rich.table import Table

from nexa_chassis.migrate import migrate
from nexa_chassis.provisioning import ensure_topics, topics_of
from nexa_chassis.settings import Settings
from nexa_local.infra import Infra, infrastructure
from nexa_local.postgres import create_database

sys.path.insert(0, str(Path(__file__).parent))
console = Console(width=180)


def prepared(infra: Infra, name: str) -> Settings:
    """The settings of a service with an empty database and its topics."""
    database = create_database(infra.postgres_admin_url, name)
    settings = Settings(
        database_url=database.app_url,
        database_owner_url=database.owner_url,
        kafka_bootstrap=infra.kafka_bootstrap,
        statement_timeout=60,
    )
    asyncio.run(migrate(settings, bench))
    asyncio.run(ensure_topics(settings, topics_of(bench)))
    return settings


def measures(directory: Path) -> dict[str, Callable[[Infra], list[Figure]]]:
    return {
        "store": lambda infra: store_bench.measure(prepared(infra, "bench_store"), directory),
        "http": lambda infra: http_bench.measure(prepared(infra, "bench_http")),
        "rebuild": lambda infra: rebuild_bench.measure(prepared(infra, "bench_rebuild")),
        "consumer": lambda infra: consumer_bench.measure(prepared(infra, "bench_consumer")),
        "latency": lambda infra: latency_bench.measure(prepared(infra, "bench_latency"), infra),
        "leads": lambda infra: leads_bench.measure(directory),
        "million_rows": lambda infra: million_rows_bench.measure(directory),
        "single_records": lambda infra: single_records_bench.measure(prepared(infra, "bench_single"), directory),
        "handoffs": lambda infra: handoffs_bench.measure(directory),
        "ticket_routing": lambda infra: ticket_routing_bench.measure(directory),
        "tickets": tickets_bench.measure,
        "deployment": lambda infra: deployment_bench.measure(directory),
        "what_if": lambda infra: what_if_bench.measure(infra, directory),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", default=[])
    parser.add_argument("--write", action="store_true")
    parsed = parser.parse_args()
    chosen = parsed.only
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="nexa-bench-") as name:
        directory = Path(name)
        directory.chmod(0o755)
        for measure, run in measures(directory).items():
            if chosen and measure not in chosen:
                continue
            console.print(f"measuring {measure} …")
            with tempfile.TemporaryDirectory(prefix="nexa-bench-") as home:
                Path(home).chmod(0o755)
                with infrastructure(Path(home)) as infra:
                    figures += run(infra)
    table = Table(*HEAD[:-1])
    for figure in figures:
        table.add_row(*figure.row())
    console.print(table)
    if parsed.write or not chosen:
        PAGE.write_text(page(figures))
        console.print(f"written to {PAGE}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
