"""The leads of one import among all that there are: in the order of its file, without reading those of other imports."""

from collections.abc import Callable
from uuid import UUID

from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from nexa_chassis.http.paging import paginate
from nexa_chassis.migrate import migrate
from nexa_chassis.settings import Settings
from nexa_local.postgres import Database
from nexa_marketing.api.leads import leads_of
from nexa_marketing.app import marketing

LEADS, LATEST = 20_000, UUID(int=20)
OF_ONE_IMPORT = LEADS // 20
TWENTY_IMPORTS = (
    f"""
insert into import_rows (import_id, dry, line, outcome, lead_id)
select lpad(to_hex(1 + n / {OF_ONE_IMPORT}), 32, '0')::uuid, dry, 2 + mod(n, {OF_ONE_IMPORT}), 'created', gen_random_uuid()
from generate_series(0, {LEADS - 1}) n, (values (true), (false)) as d(dry)
""",
    """
insert into leads (lead_id, campaign_id, import_id, import_line, email, created_at)
select lead_id, gen_random_uuid(), import_id, line, 'dana@acme.example',
    now() + (('x' || right(import_id::text, 8))::bit(32)::int) * interval '1 minute'
from import_rows where not dry
""",
    "analyze import_rows, leads",
)
READ = """
select sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) from pg_stat_xact_user_tables where relname in ('leads', 'import_rows')
"""


async def test_the_leads_of_an_import_are_found_by_its_rows_page_by_page(database: Callable[[str], Database]) -> None:
    addresses = database("marketing")
    await migrate(Settings(database_url=addresses.app_url, database_owner_url=addresses.owner_url), marketing)
    engine = create_async_engine(make_url(addresses.owner_url).set(drivername="postgresql+psycopg"))
    lines: list[int] = []
    cursor = None
    async with engine.begin() as connection:
        for statement in TWENTY_IMPORTS:
            await connection.exec_driver_sql(statement)
    async with engine.begin() as connection:
        before = int((await connection.exec_driver_sql(READ)).scalar_one())
        query, order = leads_of(None, LATEST)
        for _ in range(3):
            page = await paginate(connection, query, order=order, limit=100, cursor=cursor)
            lines += [row["import_line"] for row in page.items]
            cursor = page.next
        read = int((await connection.exec_driver_sql(READ)).scalar_one()) - before
    await engine.dispose()
    assert lines == list(range(2, 302))
    assert read < OF_ONE_IMPORT
