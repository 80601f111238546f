"""An import whose process is killed, wherever that happens, ends as if it had never been."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from nexa_chassis.migrate import migrate
from nexa_chassis.running import Signer, eventually
from nexa_chassis.settings import Settings
from nexa_local.infra import Infra
from nexa_local.postgres import Database
from nexa_marketing.app import marketing

ROWS = 600
FILE = b"Email,Name,Questions Asked\n" + b"".join(
    b"p%d@alder.example,Person %d,%s\n" % (number, number, b"many" if number % 100 == 7 else b"1")
    for number in range(ROWS - 10)
)
FILE += b"".join(b"P%d@alder.example,Again,1\n" % (number * 50) for number in range(10))
EXPECTED = {"rows": 600, "created": 584, "updated": 0, "duplicate": 10, "rejected": 6}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Mortal:
    """The service as a process of its own, started again after each death."""

    def __init__(self, environment: dict[str, str], port: int, token: str) -> None:
        self._environment = environment
        self._process: asyncio.subprocess.Process | None = None
        self.deaths = 0
        self.client = httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{port}", headers={"authorization": f"Bearer {token}"}, timeout=10
        )

    async def start(self, failpoint: str = "") -> None:
        environment = {**os.environ, **self._environment, **({"NEXA_FAILPOINT": failpoint} if failpoint else {})}
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "nexa_marketing", "tick", env=environment, stdout=asyncio.subprocess.DEVNULL
        )

    async def serve(self) -> None:
        environment = {**os.environ, **self._environment}
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "nexa_marketing", "serve", env=environment, stdout=asyncio.subprocess.DEVNULL
        )
        await eventually(self._answers, what="the API answers")

    async def _answers(self) -> bool:
        return (await self.client.get("/livez")).status_code == 200

    async def death(self) -> int:
        """The signal that ended the process."""
        assert self._process is not None
        code = await asyncio.wait_for(self._process.wait(), 30)
        self.deaths += 1
        return -code

    async def kill(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(signal.SIGKILL)
            await self.death()


@pytest.fixture
async def mortal(
    infra: Infra, database: Callable[[str], Database], tmp_path: Path
) -> AsyncIterator[tuple[Mortal, Any]]:
    addresses = database("marketing")
    signer = Signer()
    port = free_port()
    environment = {
        "NEXA_DATABASE_URL": addresses.app_url,
        "NEXA_DATABASE_OWNER_URL": addresses.owner_url,
        "NEXA_KAFKA_BOOTSTRAP": infra.kafka_bootstrap,
        "NEXA_HTTP_PORT": str(port),
        "NEXA_JWKS_FILE": str(signer.publish(tmp_path / "jwks.json")),
        "NEXA_IMPORT_ROWS_PER_STEP": "150",
    }
    settings = Settings.from_environment(environment)
    await migrate(settings, marketing)
    process = Mortal(environment, port, signer.token("marketing_user"))
    async with counting(settings) as progress:
        yield process, progress
    await process.kill()
    await process.client.aclose()


@asynccontextmanager
async def counting(settings: Settings) -> AsyncIterator[Callable[[], Any]]:
    """Reads from the database how far an import is."""
    from nexa_chassis.engines import create_engine

    engine = create_engine(settings)

    async def progress() -> dict[str, int]:
        query = (
            "select created, updated, duplicate, rejected, finished,"
            " (select count(*) from import_rows) as accounted, (select count(*) from leads) as leads,"
            " (select count(*) from events where type ~ 'LeadCreated') as events,"
            " (select count(*) from events where type ~ 'LeadImportCompleted') as completions,"
            " (select count(*) from events where type ~ 'LeadWithdrawn') as withdrawals,"
            " (select count(*) from import_revert_rows) as reverted_rows,"
            " (select count(*) from events where type ~ 'LeadImportReverted') as reverts from import_progress"
        )
        async with engine.connect() as connection:
            row = (await connection.exec_driver_sql(query)).mappings().first()
        found = {name: int(value) for name, value in row.items()} if row else {}
        return found | {"rows": sum(found.get(name, 0) for name in ("created", "updated", "duplicate", "rejected"))}

    yield progress
    await engine.dispose()


async def upload(client: httpx.AsyncClient) -> str:
    async def ask(method: str, path: str, **given: Any) -> Any:
        answer = await client.request(method, path, headers={"idempotency-key": str(uuid4())}, **given)
        assert answer.is_success, answer.text
        return answer.json()

    campaign = {"name": "Webinar", "type": "webinar", "start_date": "2025-11-15"}
    campaign_id = (await ask("POST", "/campaigns", json=campaign))["campaign_id"]
    opened = await ask("POST", "/imports", json={"campaign_id": campaign_id, "filename": "leads.csv"})
    await ask("PUT", opened["upload"], content=FILE)
    await ask("POST", f"/imports/{opened['import_id']}/start", json={})
    return str(opened["import_id"])


def assert_complete(progress: dict[str, int]) -> None:
    assert {name: progress[name] for name in EXPECTED} == EXPECTED
    assert progress["accounted"] == ROWS
    assert progress["leads"] == progress["events"] == EXPECTED["created"]
    assert progress["completions"] == 1


async def test_a_process_that_dies_after_every_single_step_imports_each_row_once(mortal: tuple[Mortal, Any]) -> None:
    process, progress = mortal
    await process.serve()
    await upload(process.client)
    await process.kill()
    while not (await progress()).get("finished"):
        await process.start(failpoint="jobs.after_step")
        assert await process.death() == signal.SIGKILL
        assert process.deaths < 12, f"no end after {process.deaths} deaths: {await progress()}"
    assert process.deaths >= 5
    assert_complete(await progress())


@pytest.mark.parametrize("rows_before", [0, 300])
async def test_a_process_killed_in_the_middle_of_a_step_loses_that_step_only(
    mortal: tuple[Mortal, Any], rows_before: int
) -> None:
    process, progress = mortal
    await process.serve()
    await upload(process.client)
    await process.kill()
    await process.start()

    async def far_enough() -> bool:
        return bool((await progress())["rows"] >= rows_before)

    await eventually(far_enough, what=f"{rows_before} rows are imported", every=0.002)
    await process.kill()
    stand = await progress()
    assert stand.get("accounted", 0) == stand["rows"], "what is counted is what is accounted for"
    await process.start()

    async def finished() -> bool:
        return bool((await progress()).get("finished"))

    await eventually(finished, what="the import goes on to its end after the kill")
    assert_complete(await progress())


async def test_a_revert_whose_process_dies_after_every_single_step_withdraws_each_lead_once(
    mortal: tuple[Mortal, Any],
) -> None:
    process, progress = mortal
    await process.serve()
    import_id = await upload(process.client)
    await process.kill()
    await process.start()

    async def imported() -> bool:
        return bool((await progress()).get("finished"))

    await eventually(imported, what="the import comes to its end")
    await process.kill()
    await process.serve()
    headers = {"idempotency-key": str(uuid4())}
    assert (await process.client.post(f"/imports/{import_id}/revert", headers=headers)).status_code == 202
    await process.kill()
    deaths = process.deaths
    while not (await progress())["reverts"]:
        await process.start(failpoint="jobs.after_step")
        assert await process.death() == signal.SIGKILL
        assert process.deaths < deaths + 6, f"no end after {process.deaths} deaths: {await progress()}"
    assert process.deaths >= deaths + 2
    assert {name: (await progress())[name] for name in ("withdrawals", "reverted_rows", "reverts")} == {
        "withdrawals": EXPECTED["created"],
        "reverted_rows": EXPECTED["created"],
        "reverts": 1,
    }
