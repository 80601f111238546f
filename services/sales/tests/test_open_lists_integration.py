"""On the real database: lists of what is open read an index of what is open, however much is done already."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from .conftest import Sales
from .stories import id_of

MUCH_DONE = (
    "insert into tasks (task_id, campaign_id, rep_id, lead_id, title, kind, priority, overdue, created_at, due_at,"
    " completed_at, version)"
    " select gen_random_uuid(), gen_random_uuid(), '{rep}', gen_random_uuid(), 'Call', 'other', 'normal', false, now(),"
    " now() - n * interval '1 minute', case when mod(n, 500) > 0 then now() end, 1 from generate_series(1, 20000) n",
    "insert into lead_standings (lead_id, status, band, rep_id, clock_from, contacted_at, since, version, round)"
    " select gen_random_uuid(), 'assigned', 'high', '{rep}', now() - n * interval '1 minute',"
    " case when mod(n, 500) > 0 then now() end, now(), 1, 1 from generate_series(1, 20000) n",
    "analyze tasks",
    "analyze lead_standings",
)


@contextmanager
def asked_of(engine: Any) -> Iterator[list[tuple[str, Any]]]:
    """The statements that are executed meanwhile, with their parameters."""
    seen: list[tuple[str, Any]] = []

    def note(connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        seen.append((statement, parameters))

    event.listen(engine.sync_engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine.sync_engine, "before_cursor_execute", note)


@pytest.fixture
async def busy(sales_service: Sales) -> Sales:
    maria = await sales_service.hire("maria")
    async with sales_service.service.runtime.engine.begin() as connection:
        for statement in MUCH_DONE:
            await connection.exec_driver_sql(statement.format(rep=maria))
    return sales_service


async def test_what_is_open_is_found_without_reading_what_is_done(busy: Sales) -> None:
    expected = {
        ("/tasks", "tasks_open_idx"): {"status": "open", "limit": 20},
        ("/tasks", "tasks_open_rep_idx"): {"status": "open", "rep_id": str(id_of("maria")), "limit": 20},
        ("/first-contacts", "lead_standings_running_idx"): {"running": True, "limit": 20},
    }
    engine = busy.service.runtime.engine
    for (path, index), params in expected.items():
        with asked_of(engine) as seen:
            page = await busy.ask("GET", path, params=params)
        assert len(page["items"]) == 20
        table = "lead_standings" if path == "/first-contacts" else "tasks"
        statement, parameters = next((sql, given) for sql, given in seen if f"FROM {table}" in sql)
        async with engine.connect() as connection:
            plan = await connection.exec_driver_sql(f"explain {statement}", parameters)
            lines = [line for (line,) in plan]
        assert any(index in line for line in lines), lines
