"""An import is taken back over HTTP, through the real database."""

import asyncio
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from nexa_chassis.running import eventually
from nexa_contracts.marketing import LeadImportReverted
from nexa_local.importing import ImportFailed, campaign_id, revert_import, run_import, show
from nexa_marketing.lead_import import reverting

FIRST = b"Email,Title,Company\nada@alder.example,CTO,Alder\nben@birch.example,,Birch\n"
SECOND = (
    b"Email,Title,Phone,Hat\nada@alder.example,CEO,+1 555,red\nben@birch.example,COO,,\n"
    b"cleo@cedar.example,CFO,,\ndora@dogwood.example,CIO,,\nnobody,,,\n"
)
COUNTS = ("withdrawn", "restored", "conflicts", "converted", "unchanged")


async def lead_by(service: Any, email: str) -> Any:
    """The lead that an address belongs to; None while it is nobody's."""
    items = (await service.ask("GET", "/leads", params={"email": email}))["items"]
    return await service.ask("GET", f"/leads/{items[0]['lead_id']}") if items else None


async def reverted(service: Any, import_id: str, *, preview: bool = False) -> Any:
    """The counts of a revert, from the asking to its end."""
    asked = await service.ask("POST", f"/imports/{import_id}/revert", 202, json={"preview": preview})

    async def finished() -> Any:
        answer = await service.client.get(asked["report"])
        return answer.json() if answer.status_code == 200 and answer.json()["status"] == "finished" else None

    return await eventually(finished, what=f"import {import_id} is reverted", every=0.1)


def counts(report: Any) -> tuple[int, ...]:
    return tuple(report[name] for name in COUNTS)


async def test_made_leads_are_withdrawn_changed_ones_restored_and_later_edits_left_alone(
    marketing_service: Any,
) -> None:
    campaign_id = await marketing_service.campaign()
    await marketing_service.imported(campaign_id, FIRST)
    ada, ben = [await lead_by(marketing_service, f"{name}.example") for name in ("ada@alder", "ben@birch")]
    import_id = (await marketing_service.imported(campaign_id, SECOND))["import_id"]
    await marketing_service.ask("PATCH", f"/leads/{ada['lead_id']}", json={"title": "Chair"})
    expected = (2, 2, 1, 0, 0)
    assert counts(await reverted(marketing_service, import_id, preview=True)) == expected
    assert (await lead_by(marketing_service, "cleo@cedar.example"))["status"] == "active"
    assert counts(await reverted(marketing_service, import_id)) == expected
    now = await marketing_service.ask("GET", f"/leads/{ada['lead_id']}")
    assert (now["title"], now["phone"], now["attributes"]) == ("Chair", None, {})
    restored = await marketing_service.ask("GET", f"/leads/{ben['lead_id']}")
    assert {**restored, "version": 0} == {**ben, "version": 0}
    assert await lead_by(marketing_service, "cleo@cedar.example") is None
    assert (await marketing_service.ask("GET", f"/imports/{import_id}"))["status"] == "reverted"


async def test_the_report_tells_of_each_lead_page_by_page_what_was_restored_and_what_was_in_the_way(
    marketing_service: Any,
) -> None:
    campaign_id = await marketing_service.campaign()
    await marketing_service.imported(campaign_id, FIRST)
    ada = await lead_by(marketing_service, "ada@alder.example")
    import_id = (await marketing_service.imported(campaign_id, SECOND))["import_id"]
    await marketing_service.ask("PATCH", f"/leads/{ada['lead_id']}", json={"title": "Chair"})
    await reverted(marketing_service, import_id)
    path = f"/imports/{import_id}/revert/leads"
    first = await marketing_service.ask("GET", path, params={"limit": 3})
    rest = await marketing_service.ask("GET", path, params={"limit": 3, "cursor": first["next"]})
    rows = first["items"] + rest["items"]
    assert [(row["line"], row["outcome"]) for row in rows] == [
        (2, "conflict"), (3, "restored"), (4, "withdrawn"), (5, "withdrawn"),
    ]  # fmt: skip
    (conflict,) = rows[0]["conflicts"]
    told = (conflict["field"], conflict["before"], conflict["imported"], conflict["now"], conflict["changed_by"])
    assert told == ("title", "CTO", "CEO", "Chair", "tester")
    assert rows[0]["restored"] == [
        {"field": "attributes.Hat", "from": "red", "to": None},
        {"field": "phone", "from": "+1 555", "to": None},
    ]
    only = await marketing_service.ask("GET", path, params={"outcome": "withdrawn"})
    assert [row["line"] for row in only["items"]] == [4, 5]


async def test_the_mended_file_comes_in_again_but_nobody_who_unsubscribed(marketing_service: Any) -> None:
    campaign_id = await marketing_service.campaign()
    import_id = (await marketing_service.imported(campaign_id, SECOND))["import_id"]
    cleo = await lead_by(marketing_service, "cleo@cedar.example")
    await marketing_service.ask("POST", f"/leads/{cleo['lead_id']}/unsubscribe")
    assert counts(await reverted(marketing_service, import_id)) == (4, 0, 0, 0, 0)
    again = await marketing_service.imported(campaign_id, SECOND)
    assert (again["created"], again["duplicate"]) == (3, 1)
    assert (await lead_by(marketing_service, "cleo@cedar.example"))["lead_id"] == cleo["lead_id"]


async def test_an_address_that_an_import_gave_a_lead_is_free_again(marketing_service: Any) -> None:
    campaign_id = await marketing_service.campaign()
    await marketing_service.imported(campaign_id, b"Id,Name\n7,Ada\n", match_key="Id")
    row = b"Id,Name,Email\n7,Ada,ada@alder.example\n"
    import_id = (await marketing_service.imported(campaign_id, row, match_key="Id"))["import_id"]
    assert await lead_by(marketing_service, "ada@alder.example") is not None
    await reverted(marketing_service, import_id)
    assert await lead_by(marketing_service, "ada@alder.example") is None
    again = await marketing_service.imported(campaign_id, b"Email\nada@alder.example\n")
    assert again["created"] == 1


async def test_an_import_of_many_steps_is_reverted_whole_and_said_so_once(
    marketing_service: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reverting, "ROWS_PER_STEP", 100)
    campaign_id = await marketing_service.campaign()
    data = b"Email\n" + b"".join(b"p%d@alder.example\n" % number for number in range(1_050))
    import_id = (await marketing_service.imported(campaign_id, data))["import_id"]
    assert counts(await reverted(marketing_service, import_id)) == (1_050, 0, 0, 0, 0)
    assert counts(await reverted(marketing_service, import_id)) == (1_050, 0, 0, 0, 0)
    async with marketing_service.service.runtime.engine.connect() as connection:
        told = (await connection.exec_driver_sql("select data from events where type ~ 'LeadImportReverted'")).scalars()
        (event,) = [LeadImportReverted.model_validate(data) for data in told]
        keys = (await connection.exec_driver_sql("select count(*) from match_keys")).scalar_one()
    assert (event.import_id, event.withdrawn) == (UUID(import_id), 1_050)
    assert keys == 0


async def test_what_was_never_imported_is_not_reverted(marketing_service: Any) -> None:
    campaign_id = await marketing_service.campaign()
    import_id = await marketing_service.upload(campaign_id, FIRST)
    refused = await marketing_service.ask("POST", f"/imports/{import_id}/revert", 409)
    assert refused["rule"] == "import.not_started"
    missing = await marketing_service.ask("GET", f"/imports/{import_id}/revert", 404)
    assert missing["rule"] == "import.not_reverted"


async def test_the_command_line_imports_a_file_and_takes_it_back(marketing_service: Any, tmp_path: Path) -> None:
    file = tmp_path / "leads.csv"
    file.write_bytes(SECOND)
    client = marketing_service.client
    headers = {"authorization": client.headers["authorization"]}
    body = {"campaign_id": str(await marketing_service.campaign()), "filename": file.name, "mode": "create"}
    with httpx.Client(base_url=client.base_url, headers=headers) as at_once:
        done = await asyncio.to_thread(run_import, at_once, file, body, quiet=True)
        assert (done["status"], done["created"], done["rejected"]) == ("completed", 4, 1)
        looked = await asyncio.to_thread(revert_import, at_once, UUID(done["import_id"]), preview=True)
        assert (looked["preview"], looked["withdrawn"]) == (True, 4)
        report = await asyncio.to_thread(revert_import, at_once, UUID(done["import_id"]))
    assert (report["preview"], report["withdrawn"]) == (False, 4)
    assert all(row["withdrawn_because"] for row in (await marketing_service.ask("GET", "/leads"))["items"])


async def test_the_command_line_makes_a_campaign_that_is_not_there_when_it_is_told_to(marketing_service: Any) -> None:
    client = marketing_service.client
    with httpx.Client(base_url=client.base_url, headers={"authorization": client.headers["authorization"]}) as at_once:
        with pytest.raises(ImportFailed, match="--new webinar makes one"):
            await asyncio.to_thread(campaign_id, at_once, "Spring webinar")
        made = await asyncio.to_thread(campaign_id, at_once, "Spring webinar", "webinar")
        assert await asyncio.to_thread(campaign_id, at_once, "spring webinar", "event") == made
        with pytest.raises(ImportFailed, match="type"):
            await asyncio.to_thread(campaign_id, at_once, "Summer webinar", "party")
    assert (await marketing_service.ask("GET", f"/campaigns/{made}"))["type"] == "webinar"


async def test_the_command_line_shows_what_a_dry_run_would_reject(
    marketing_service: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "leads.csv"
    file.write_bytes(SECOND)
    client = marketing_service.client
    body = {"campaign_id": str(await marketing_service.campaign()), "filename": file.name}
    with httpx.Client(base_url=client.base_url, headers={"authorization": client.headers["authorization"]}) as at_once:
        dry = await asyncio.to_thread(run_import, at_once, file, body, dry_run=True, quiet=True)
        await asyncio.to_thread(show, at_once, dry)
        said = capsys.readouterr().out
        assert "is not an e-mail address" in " ".join(said.replace("│", " ").split())
        place = said.replace("\n", "").partition("GET ")[2].strip()
        file_of_rejects = await asyncio.to_thread(at_once.get, place)
    assert "nobody" in file_of_rejects.text
