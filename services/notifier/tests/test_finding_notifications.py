"""Among all mails that were ever sent, those that did not get through and those of one colleague are found by an index."""

from collections.abc import Callable
from uuid import UUID

import pytest
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from nexa_chassis.http.paging import paginate
from nexa_chassis.migrate import migrate
from nexa_chassis.settings import Settings
from nexa_local.postgres import Database
from nexa_notifier.api.notifications import LATEST_FIRST, Status, those_with
from nexa_notifier.app import notifier

SENT, MARIA = 20_000, UUID(int=1)
MAILS = f"""
insert into mail_queue (notification_id, status, kind, about, address, person_id, template, variables, queued_at)
select gen_random_uuid(), case when n = 1 then 'unknown' else 'sent' end, 'thank_you', gen_random_uuid(),
    case when n > 1 then 'dana@acme.example' end, case when n = 1 then '{MARIA}'::uuid end,
    'thank_you.v1', '{{}}', now() + n * interval '1 second'
from generate_series(1, {SENT}) n
"""
READ = "select seq_tup_read + coalesce(idx_tup_fetch, 0) from pg_stat_xact_user_tables where relname = 'mail_queue'"


@pytest.mark.parametrize("wanted", [{"status": Status.UNKNOWN}, {"person_id": MARIA}], ids=["status", "colleague"])
async def test_a_mail_is_found_without_reading_all_that_were_ever_sent(
    wanted: dict[str, object], database: Callable[[str], Database]
) -> None:
    addresses = database("notifier")
    await migrate(Settings(database_url=addresses.app_url, database_owner_url=addresses.owner_url), notifier)
    engine = create_async_engine(make_url(addresses.owner_url).set(drivername="postgresql+psycopg"))
    async with engine.begin() as connection:
        await connection.exec_driver_sql(MAILS)
        await connection.exec_driver_sql("analyze mail_queue")
    async with engine.begin() as connection:
        page = await paginate(connection, those_with(**wanted), order=LATEST_FIRST, limit=50)
        read = int((await connection.exec_driver_sql(READ)).scalar_one())
    await engine.dispose()
    assert [each["status"] for each in page.items] == ["unknown"]
    assert read < SENT / 10
