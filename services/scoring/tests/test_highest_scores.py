"""The scores of a campaign by page: the present one of each lead, without reading those of all the others."""

from collections.abc import Callable
from uuid import UUID

from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from nexa_chassis.migrate import migrate
from nexa_chassis.settings import Settings
from nexa_contracts.values import Band
from nexa_local.postgres import Database
from nexa_scoring.app import scoring
from nexa_scoring.read_models.lead_scores import latest_scores

CAMPAIGN, LEADS = UUID(int=1), 20_000
SCORES = f"""
insert into lead_scores (lead_id, version, campaign_id, score, band, previous_score, previous_band, scored_at)
select lpad(to_hex(n), 32, '0')::uuid, version, '{CAMPAIGN}', mod(n / 7, 50) + version * 10,
    case version when 1 then 'medium' else 'low' end, null, null, now()
from generate_series(1, {LEADS}) n, generate_series(1, 2) version
where version = 1 or mod(n, 2) = 0
"""
READ = "select seq_tup_read + coalesce(idx_tup_fetch, 0) from pg_stat_xact_user_tables where relname = 'lead_scores'"


async def test_pages_give_each_lead_once_by_its_present_score_the_highest_first(
    database: Callable[[str], Database],
) -> None:
    addresses = database("scoring")
    await migrate(Settings(database_url=addresses.app_url, database_owner_url=addresses.owner_url), scoring)
    engine = create_async_engine(make_url(addresses.owner_url).set(drivername="postgresql+psycopg"))
    async with engine.begin() as connection:
        await connection.exec_driver_sql(SCORES)
        await connection.exec_driver_sql("analyze lead_scores")
    pages, read = await _pages(engine, None, 3)
    of_one_band, _ = await _pages(engine, Band.LOW, 1)
    await engine.dispose()
    present = [(n // 7 % 50 + (20 if n % 2 == 0 else 10), UUID(int=n)) for n in range(1, LEADS + 1)]
    highest = sorted(present, key=lambda each: (-each[0], each[1]))
    assert pages == highest[:600]
    assert of_one_band == [each for each in highest if each[1].int % 2 == 0][:200]
    assert read < LEADS / 4


async def _pages(engine: AsyncEngine, band: Band | None, pages: int) -> tuple[list[tuple[int, UUID]], int]:
    """Score and lead of these pages of 200, and how many rows were read for them."""
    found: list[tuple[int, UUID]] = []
    cursor = None
    async with engine.begin() as connection:
        for _ in range(pages):
            page = await latest_scores(connection, CAMPAIGN, band, limit=200, cursor=cursor)
            found += [(row["score"], row["lead_id"]) for row in page.items]
            cursor = page.next
        return found, int((await connection.exec_driver_sql(READ)).scalar_one())
