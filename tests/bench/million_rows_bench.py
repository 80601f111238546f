"""A file of a million rows, sent to marketing over HTTP and imported to its end, with marketing alone on the machine."""

import asyncio
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psycopg
from figures import Figure
from leads_bench import file_of

from nexa_chassis.provisioning import ensure_topics
from nexa_chassis.settings import Settings
from nexa_contracts.topics import ALL_TOPICS
from nexa_local import operations
from nexa_local.home import Home, Stack

ROWS = 1_000_000
MOST_MEMORY = 300.0
WITHIN = 1_200.0
CAMPAIGN = {
    "name": "Trade fair",
    "type": "webinar",
    "start_date": "2025-11-15",
    "budget": 5000,
    "audience": {"company_sizes": ["enterprise"], "titles": ["IT Manager"]},
}


def measure(directory: Path, rows: int = ROWS) -> list[Figure]:
    file = file_of(directory, rows)
    home = Home(directory / "million")
    stack = operations.up(home, only=["marketing"])
    try:
        _make_topics(stack)
        with operations.client(stack, "marketing", ["marketing_manager"], "bench", timeout=600) as marketing:
            began = time.perf_counter()
            import_id = _send(marketing, file)
            sent = time.perf_counter() - began
            done = _to_its_end(marketing, import_id)
            taken = time.perf_counter() - began
        assert done["created"] == rows, done
        leads = _leads(stack)
        assert leads == rows, f"{leads:,} leads"
        memory = _peak_memory(stack.processes["marketing"].pid)
    finally:
        operations.reset(home)
    checked = f"{leads:,} leads counted; {file.stat().st_size / 1e6:.0f} MB sent in {sent:.1f} s"
    return [
        Figure(f"{rows:,} rows, upload to the end of their import, marketing alone", taken, "s", checked=checked),
        Figure(
            "of these a second",
            rows / taken,
            "rows/s",
            checked=f"{done['rows_per_second']:,.0f} by the import's own count",
        ),
        Figure("most memory that marketing took meanwhile", memory, "MB", at_most=MOST_MEMORY),
    ]


def _make_topics(stack: Stack) -> None:
    """Those of the services that do not run, so that marketing's consumers work beside the import as they do elsewhere."""
    settings = Settings(database_url="postgresql://nobody@localhost/none", kafka_bootstrap=stack.kafka_bootstrap)
    asyncio.run(ensure_topics(settings, [topic.name for topic in ALL_TOPICS]))


def _send(marketing: httpx.Client, file: Path) -> str:
    campaign = _told(marketing.post("/campaigns", json=CAMPAIGN, headers=_key()))
    body = {"campaign_id": campaign["campaign_id"], "filename": file.name}
    place = _told(marketing.post("/imports", json=body, headers=_key()))
    with file.open("rb") as content:
        _told(marketing.put(place["upload"], content=content, headers={"Content-Type": "text/csv", **_key()}))
    _told(marketing.post(f"/imports/{place['import_id']}/start", json={}, headers=_key()))
    return str(place["import_id"])


def _to_its_end(marketing: httpx.Client, import_id: str) -> Mapping[str, Any]:
    until = time.perf_counter() + WITHIN
    while True:
        stand = _told(marketing.get(f"/imports/{import_id}"))
        if stand["status"] != "running":
            assert stand["status"] == "completed", stand
            return stand
        assert time.perf_counter() < until, f"{stand['rows']:,} rows after {WITHIN:,.0f} s"
        time.sleep(0.5)


def _told(answer: httpx.Response) -> Mapping[str, Any]:
    assert answer.is_success, answer.text
    told: Mapping[str, Any] = answer.json()
    return told


def _key() -> dict[str, str]:
    return {"Idempotency-Key": str(uuid4())}


def _leads(stack: Stack) -> int:
    with psycopg.connect(stack.postgres_admin_url.rpartition("/")[0] + "/nexa_marketing") as connection:
        row = connection.execute("select count(*) from leads").fetchone()
    return int(row[0]) if row else 0


def _peak_memory(pid: int) -> float:
    """The most that a process has held in memory since it started, in MB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024 / 1e6
