"""An import is held, goes on, is stopped; over HTTP, through the real database."""

from typing import Any

import pytest

from nexa_chassis.running import eventually
from nexa_contracts.marketing import LeadImportCompleted
from nexa_marketing.settings import MarketingSettings

from .hostile_files import FILES, Refused, Rows

ROWS = 4_000
FILE = b"Email,Name\n" + b"".join(b"p%d@alder.example,Person %d\n" % (number, number) for number in range(ROWS))


@pytest.fixture
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps of a few rows, so that an import can be caught in the middle."""
    settings = MarketingSettings(import_rows_per_step=50)
    monkeypatch.setattr("nexa_marketing.lead_import.importing.marketing_settings", lambda: settings)


async def begun(service: Any) -> str:
    """An import of which some rows are done."""
    import_id = await service.upload(await service.campaign(), FILE)
    await service.start(import_id)

    async def some_rows() -> bool:
        return bool((await service.ask("GET", f"/imports/{import_id}"))["rows"])

    await eventually(some_rows, what="the first rows are imported", every=0.01)
    return str(import_id)


async def at_rest(service: Any, import_id: str) -> Any:
    """The import once no job of it is active."""

    async def resting() -> Any:
        async with service.service.runtime.engine.connect() as connection:
            query = "select count(*) from jobs where status = 'active'"
            active = (await connection.exec_driver_sql(query)).scalar_one()
        return None if active else await service.ask("GET", f"/imports/{import_id}")

    return await eventually(resting, what="no job is active", every=0.05)


@pytest.mark.usefixtures("small_steps")
async def test_a_paused_import_stands_still_and_goes_on_where_it_stood(marketing_service: Any) -> None:
    import_id = await begun(marketing_service)
    running = await marketing_service.ask("GET", f"/imports/{import_id}")
    assert running["seconds_left"] > 0
    assert running["rows_per_second"] > 0
    for turn in range(3):
        paused = await marketing_service.ask("POST", f"/imports/{import_id}/pause", 202)
        assert paused["status"] == "paused"
        stand = await at_rest(marketing_service, import_id)
        assert (stand["status"], stand["seconds_left"]) == ("paused", None)
        assert 0 < stand["rows"] < ROWS, f"paused for the {turn + 1}th time"
        resumed = await marketing_service.ask("POST", f"/imports/{import_id}/resume", 202)
        assert resumed["status"] == "running"
    done = await marketing_service.ended(import_id)
    assert (done["status"], done["rows"], done["created"]) == ("completed", ROWS, ROWS)
    async with marketing_service.service.runtime.engine.connect() as connection:
        query = "select count(*), count(distinct line) from import_rows"
        assert tuple((await connection.exec_driver_sql(query)).one()) == (ROWS, ROWS)


@pytest.mark.usefixtures("small_steps")
@pytest.mark.parametrize("paused_before", [False, True])
async def test_a_cancelled_import_keeps_what_it_has_done_says_how_much_and_can_be_reverted(
    marketing_service: Any, paused_before: bool
) -> None:
    import_id = await begun(marketing_service)
    if paused_before:
        await marketing_service.ask("POST", f"/imports/{import_id}/pause", 202)
    await marketing_service.ask("POST", f"/imports/{import_id}/cancel", 202)
    stand = await at_rest(marketing_service, import_id)
    assert stand["status"] == "cancelled"
    assert 0 < stand["created"] < ROWS
    async with marketing_service.service.runtime.engine.connect() as connection:
        data = (
            await connection.exec_driver_sql("select data from events where type ~ 'LeadImportCompleted'")
        ).scalar_one()
        leads = (await connection.exec_driver_sql("select count(*) from leads")).scalar_one()
        pieces = (await connection.exec_driver_sql("select count(*) from import_chunks")).scalar_one()
    completed = LeadImportCompleted.model_validate(data)
    assert (completed.cancelled, completed.created, leads, pieces) == (True, stand["created"], stand["created"], 0)
    refused = await marketing_service.ask("POST", f"/imports/{import_id}/resume", 409)
    assert refused["rule"] == "import.ended"
    await marketing_service.ask("POST", f"/imports/{import_id}/revert", 202)
    assert (await at_rest(marketing_service, import_id))["status"] == "reverted"
    report = await marketing_service.ask("GET", f"/imports/{import_id}/revert")
    assert report["withdrawn"] == stand["created"]


@pytest.mark.usefixtures("small_steps")
async def test_a_cancelled_dry_run_stops_and_the_import_can_begin(marketing_service: Any) -> None:
    import_id = await marketing_service.upload(await marketing_service.campaign(), FILE)
    await marketing_service.start(import_id, dry_run=True)
    await marketing_service.ask("POST", f"/imports/{import_id}/cancel", 202)
    stand = await at_rest(marketing_service, str(import_id))
    assert (stand["status"], stand["dry_run"]) == ("uploaded", True)
    assert stand["rows"] < ROWS
    await marketing_service.start(import_id)
    done = await marketing_service.ended(import_id)
    assert (done["status"], done["created"]) == ("completed", ROWS)


async def test_what_has_not_begun_is_neither_held_nor_stopped(marketing_service: Any) -> None:
    import_id = await marketing_service.upload(await marketing_service.campaign(), FILE)
    for act in ("pause", "resume", "cancel"):
        refused = await marketing_service.ask("POST", f"/imports/{import_id}/{act}", 409)
        assert refused["rule"] == "import.not_started"


async def test_an_encoding_that_is_none_is_refused_when_the_import_is_opened(marketing_service: Any) -> None:
    campaign_id = str(await marketing_service.campaign())
    for encoding in ("base64", "rot13", "unicode_escape", "utf-7", "idna", "nonsense"):
        body = {"campaign_id": campaign_id, "filename": "leads.csv", "encoding": encoding}
        problem = await marketing_service.ask("POST", "/imports", 422, json=body)
        assert problem["errors"][0]["field"] == "encoding"


async def test_hostile_files_over_http_are_refused_or_cost_their_bad_rows_and_the_service_goes_on(
    marketing_service: Any,
) -> None:
    """Every ninth of them; all are read by the tests of the reader."""
    campaign_id = str(await marketing_service.campaign())
    for file in FILES[::9]:
        body = {"campaign_id": campaign_id, "filename": "leads.csv"}
        import_id = (await marketing_service.ask("POST", "/imports", 201, json=body))["import_id"]
        sent = await marketing_service.client.put(f"/imports/{import_id}/file", content=file.data)
        started = await marketing_service.client.post(f"/imports/{import_id}/start", json={"dry_run": True})
        match file.expected:
            case Refused():
                assert {sent.status_code, started.status_code} & {409, 422}, file.name
                assert {sent.status_code, started.status_code} <= {200, 409, 422}, file.name
            case Rows(good=good, rejected=rejected):
                assert (sent.status_code, started.status_code) == (200, 202), f"{file.name}: {sent.text}"
                stand = await marketing_service.ended(import_id)
                assert (stand["rows"], stand["rejected"]) == (good + len(rejected), len(rejected)), file.name
    assert (await marketing_service.ask("GET", "/leads"))["items"] == []
