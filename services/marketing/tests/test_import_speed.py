"""How fast rows come in; every figure is checked against the rows that are there afterwards.

Counted is the processor time of the whole process, relay and HTTP included: on a machine of its own an import takes about as
long, on a shared one the wall clock tells of the neighbours.
"""

import gc
import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import orjson
import pytest
from sqlalchemy import text

from nexa_marketing.lead_import import ledger, match_keys

ROWS = 5_000
HEADER = b"Email,First Name,Last Name,Company,Job Title,Company Size,Country,Attended,Questions Asked,Downloads\n"


@pytest.fixture
def own_heap() -> Iterator[None]:
    """Sets the test run's own objects aside, so that collecting garbage costs what it costs a service."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


def rows(of_round: int) -> bytes:
    return HEADER + b"".join(
        b"p%d.%d@alder-%d.example,Ada,Person %d,Alder %d,IT Manager,100-249,Sweden,Yes,2,Product brochure\n"
        % (number, of_round, number % 400, number, number % 400)
        for number in range(ROWS)
    )


@pytest.mark.usefixtures("own_heap")
async def test_five_thousand_rows_are_imported_within_two_seconds(marketing_service: Any) -> None:
    campaign_id = await marketing_service.campaign()
    seconds, rates = [], []
    for of_round in range(3):
        began = time.process_time()
        stand = await marketing_service.imported(campaign_id, rows(of_round))
        assert stand["created"] == ROWS
        seconds.append(time.process_time() - began)
        rates.append(stand["rows_per_second"])
    async with marketing_service.service.runtime.engine.connect() as connection:
        leads = (await connection.exec_driver_sql("select count(*) from leads")).scalar_one()
    assert leads == 3 * ROWS
    print(f"processor seconds {seconds}, rows/s on the wall clock {rates}")
    assert min(seconds) <= 2


async def test_keys_are_looked_up_by_their_index_also_for_an_import_that_the_planner_knows_nothing_of(
    marketing_service: Any,
) -> None:
    """Where it expects a single row of the import, any index that begins with the import seems as good."""
    await marketing_service.imported(await marketing_service.campaign(), rows(0))
    keys = orjson.dumps([{"kind": "email", "value": f"p{number}.0@alder.example"} for number in range(1_000)]).decode()
    digests = orjson.dumps([uuid4() for _ in range(1_000)]).decode()
    async with marketing_service.service.runtime.engine.connect() as connection:
        await connection.execute(text("analyze import_rows, match_keys"))
        asked = text(f"explain {ledger.LINES.text}")
        plan = await connection.execute(asked, {"import_id": uuid4(), "dry": False, "digests": digests})
        assert "import_rows_digest_idx" in str(plan.all())
        plan = await connection.execute(text(f"explain {match_keys.OWNERS.text}"), {"keys": keys})
        assert "match_keys_pkey" in str(plan.all())
