"""Imports over HTTP, through the real database."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

import nexa_local.demo_data
from nexa_contracts.marketing import LeadCreated, LeadImportCompleted
from nexa_marketing.lead_import import batches

REGISTRANTS = Path(nexa_local.demo_data.__file__).with_name("registrants.csv").read_bytes()
COUNTS = ("rows", "created", "updated", "duplicate", "rejected")


def counts(stand: Any) -> tuple[int, ...]:
    return tuple(stand[name] for name in COUNTS)


async def test_the_registrants_of_the_webinar_become_leads_and_each_row_is_accounted_for(
    marketing_service: Any,
) -> None:
    campaign_id = await marketing_service.campaign()
    stand = await marketing_service.imported(campaign_id, REGISTRANTS)
    assert stand["status"] == "completed"
    assert counts(stand) == (507, 500, 0, 2, 5)
    assert stand["progress"] == 1
    rejects = await marketing_service.ask("GET", f"/imports/{stand['import_id']}/rejects")
    assert [(item["line"], item["column"]) for item in rejects["items"]] == [
        (152, "Email"),
        (214, "Email"),
        (335, "Questions Asked"),
        (406, None),
        (473, "Company"),
    ]
    duplicates = await marketing_service.ask(
        "GET", f"/imports/{stand['import_id']}/rows", params={"outcome": "duplicate"}
    )
    assert [item["line"] for item in duplicates["items"]] == [66, 257]
    assert "line" in duplicates["items"][0]["reason"]


async def test_a_lead_shows_all_that_its_row_told(marketing_service: Any) -> None:
    campaign_id = await marketing_service.campaign()
    await marketing_service.imported(campaign_id, REGISTRANTS)
    found = await marketing_service.ask("GET", "/leads", params={"email": "Sarah.Okafor@acme-corp.example"})
    (row,) = found["items"]
    lead = await marketing_service.ask("GET", f"/leads/{row['lead_id']}")
    assert lead["title"] == "Director of IT"
    assert lead["company_size"] == "enterprise"
    assert lead["country"] == "US"
    assert lead["source_label"] == "Webinar Q4"
    assert lead["source_kind"] == "webinar"
    assert lead["engagement"]["registered_early"] is True
    assert lead["engagement"]["questions_asked"] == 2
    assert lead["engagement"]["content_downloaded"] == ["Product brochure"]
    assert lead["attributes"] == {"Time in Session (minutes)": "58", "Registration Source": "Partner newsletter"}


async def test_the_same_file_sent_twice_adds_nothing(marketing_service: Any) -> None:
    campaign_id = await marketing_service.campaign()
    await marketing_service.imported(campaign_id, REGISTRANTS)
    again = await marketing_service.imported(campaign_id, REGISTRANTS)
    assert counts(again) == (507, 0, 0, 502, 5)


async def test_the_same_file_for_another_campaign_updates_the_leads_and_makes_none(marketing_service: Any) -> None:
    await marketing_service.imported(await marketing_service.campaign(), REGISTRANTS)
    other = await marketing_service.campaign(name="Spring Webinar")
    assert counts(await marketing_service.imported(other, REGISTRANTS)) == (507, 0, 500, 2, 5)


async def test_two_imports_of_one_file_at_the_same_time_make_each_lead_once(marketing_service: Any) -> None:
    campaign_id = await marketing_service.campaign()
    imports = [await marketing_service.upload(campaign_id, REGISTRANTS) for _ in range(2)]
    await asyncio.gather(*(marketing_service.start(import_id) for import_id in imports))
    stands = [await marketing_service.ended(import_id) for import_id in imports]
    assert sum(stand["created"] for stand in stands) == 500
    assert all(stand["rows"] == 507 and stand["rejected"] == 5 for stand in stands)


async def test_a_dry_run_tells_the_outcomes_and_writes_nothing(marketing_service: Any) -> None:
    campaign_id = await marketing_service.campaign()
    import_id = await marketing_service.upload(campaign_id, REGISTRANTS)
    await marketing_service.start(import_id, dry_run=True)
    dry = await marketing_service.ended(import_id)
    assert dry["dry_run"] is True
    assert dry["status"] == "uploaded"
    assert counts(dry) == (507, 500, 0, 2, 5)
    assert (await marketing_service.ask("GET", "/leads"))["items"] == []
    await marketing_service.start(import_id)
    assert counts(await marketing_service.ended(import_id)) == (507, 500, 0, 2, 5)


async def test_a_file_without_addresses_is_matched_by_the_column_that_was_named(marketing_service: Any) -> None:
    data = b"Prospect ID,Lead Source,Country\nA-1,Google,India\nA-2,Direct,Italy\nA-1,Google,India\n,Direct,Italy\n"
    campaign_id = await marketing_service.campaign()
    import_id = await marketing_service.upload(campaign_id, data)
    refused = await marketing_service.ask("POST", f"/imports/{import_id}/start", 409, json={})
    assert refused["rule"] == "import.no_match_key"
    assert "'Prospect ID'" in refused["detail"]
    await marketing_service.start(import_id, match_key="prospect id")
    assert counts(await marketing_service.ended(import_id)) == (4, 2, 0, 1, 1)
    later = await marketing_service.imported(
        campaign_id, b"Prospect ID,Country,Title\nA-1,India,CTO\n", match_key="Prospect ID"
    )
    assert counts(later) == (1, 0, 1, 0, 0)


async def test_an_address_of_another_lead_rejects_the_row_instead_of_joining_two_people(marketing_service: Any) -> None:
    campaign_id = await marketing_service.campaign()
    await marketing_service.imported(campaign_id, b"Email\nada@alder.example\n")
    stand = await marketing_service.imported(
        campaign_id, b"Id,Email\n7,ada@alder.example\n8,ben@birch.example\n", match_key="Id"
    )
    assert counts(stand) == (2, 1, 0, 0, 1)
    rejects = await marketing_service.ask("GET", f"/imports/{stand['import_id']}/rejects")
    assert "another lead's" in rejects["items"][0]["reason"]


async def test_a_running_import_started_again_is_refused(marketing_service: Any) -> None:
    campaign_id = await marketing_service.campaign()
    stand = await marketing_service.imported(campaign_id, b"Email\nada@alder.example\n")
    refused = await marketing_service.ask("POST", f"/imports/{stand['import_id']}/start", 409, json={})
    assert refused["rule"] == "import.started"


async def test_what_is_not_csv_is_refused_with_what_it_is(marketing_service: Any) -> None:
    campaign_id = await marketing_service.campaign()
    body = {"campaign_id": str(campaign_id), "filename": "leads.csv"}
    opened = await marketing_service.ask("POST", "/imports", 201, json=body)
    problem = await marketing_service.ask("PUT", opened["upload"], 422, content=b"PK\x03\x04" + bytes(600_000))
    assert "zip" in problem["detail"]
    problem = await marketing_service.ask("PUT", opened["upload"], 422, content=b"")
    assert "empty" in problem["detail"]
    stand = await marketing_service.ask("PUT", opened["upload"], content=b"Email\nada@alder.example\n")
    assert stand["mapping"] == {"Email": "email"}


async def test_a_file_sent_again_before_the_start_takes_the_place_of_the_first(marketing_service: Any) -> None:
    campaign_id = await marketing_service.campaign()
    import_id = await marketing_service.upload(campaign_id, REGISTRANTS)
    await marketing_service.ask("PUT", f"/imports/{import_id}/file", content=b"Email\nada@alder.example\n")
    async with marketing_service.service.runtime.engine.connect() as connection:
        pieces = await connection.exec_driver_sql("select count(*), count(distinct upload_id) from import_chunks")
        assert tuple(pieces.one()) == (1, 1)
    await marketing_service.start(import_id)
    assert counts(await marketing_service.ended(import_id)) == (1, 1, 0, 0, 0)


async def test_the_mapping_is_guessed_shown_with_samples_and_can_be_changed(marketing_service: Any) -> None:
    campaign_id = await marketing_service.campaign()
    import_id = await marketing_service.upload(
        campaign_id, b"E-Mail-Adresse,Vorname,Lieblingsfarbe,Intern\na@b.example,Ada,blau,x\n"
    )
    shown = await marketing_service.ask("GET", f"/imports/{import_id}/mapping")
    assert [(item["column"], item["field"], item["how"]) for item in shown["columns"]] == [
        ("E-Mail-Adresse", "email", "guessed"),
        ("Vorname", "first_name", "guessed"),
        ("Lieblingsfarbe", None, "attribute"),
        ("Intern", None, "attribute"),
    ]
    assert shown["columns"][2]["samples"] == ["blau"]
    wrong = {"mapping": {"Lieblingsfarbe": "colour"}}
    assert "colour" in (await marketing_service.ask("POST", f"/imports/{import_id}/start", 422, json=wrong))["detail"]
    choices = {"mapping": {"Intern": "-", "Lieblingsfarbe": "product_interest"}, "constants": {"company": "Alder"}}
    await marketing_service.start(import_id, **choices)
    await marketing_service.ended(import_id)
    (row,) = (await marketing_service.ask("GET", "/leads"))["items"]
    lead = await marketing_service.ask("GET", f"/leads/{row['lead_id']}")
    assert (lead["product_interest"], lead["company"], lead["attributes"]) == ("blau", "Alder", {})


async def test_the_reject_file_has_the_original_columns_and_starts_no_formula(marketing_service: Any) -> None:
    campaign_id = await marketing_service.campaign()
    stand = await marketing_service.imported(campaign_id, b'Email,Note\nnobody,"=HYPERLINK(1)"\nada@alder.example,hi\n')
    answer = await marketing_service.client.get(f"/imports/{stand['import_id']}/rejects.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    lines = answer.text.splitlines()
    assert lines[0] == "Email,Note,Rejected line,Rejected because"
    assert lines[1].startswith("nobody,'=HYPERLINK(1),2,")
    assert len(lines) == 2


async def test_a_mended_reject_file_brings_the_rows_in_as_they_were_meant(marketing_service: Any) -> None:
    campaign_id = await marketing_service.campaign()
    stand = await marketing_service.imported(campaign_id, b"Email,Phone,Note\nnobody,+49 30 1234,-5\n")
    rejected = (await marketing_service.client.get(f"/imports/{stand['import_id']}/rejects.csv")).text
    again = await marketing_service.imported(campaign_id, rejected.replace("nobody,", "ada@alder.example,").encode())
    assert counts(again) == (1, 1, 0, 0, 0)
    (row,) = (await marketing_service.ask("GET", "/leads"))["items"]
    lead = await marketing_service.ask("GET", f"/leads/{row['lead_id']}")
    assert (lead["phone"], lead["attributes"]) == ("+49 30 1234", {"Note": "-5"})


async def test_rows_of_many_steps_and_pages_are_all_there(
    marketing_service: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "WINDOW", 3_000)
    rows = b"".join(b"p%d@alder.example,Person %d\n" % (number, number) for number in range(1_200))
    campaign_id = await marketing_service.campaign()
    stand = await marketing_service.imported(campaign_id, b"Email,Name\n" + rows)
    assert counts(stand) == (1_200, 1_200, 0, 0, 0)
    seen: list[str] = []
    cursor = None
    while True:
        params = {"limit": 200} | ({"cursor": cursor} if cursor else {})
        page = await marketing_service.ask("GET", "/leads", params=params)
        seen += [item["lead_id"] for item in page["items"]]
        if (cursor := page["next"]) is None:
            break
    assert len(seen) == len(set(seen)) == 1_200


async def test_import_ids_lines_and_origin_stand_in_the_events(marketing_service: Any) -> None:
    campaign_id = await marketing_service.campaign()
    stand = await marketing_service.imported(campaign_id, b"Email\nada@alder.example\n")
    runtime = marketing_service.service.runtime
    async with runtime.engine.connect() as connection:
        rows = (
            await connection.exec_driver_sql(
                "select data, meta from events where type ~ '(LeadCreated|LeadImportCompleted)' order by position"
            )
        ).all()
    created, completed = rows
    assert LeadCreated.model_validate(created.data).import_line == 2
    assert str(LeadCreated.model_validate(created.data).import_id) == stand["import_id"]
    assert created.meta["correlation"] == stand["import_id"]
    assert created.meta["actor"] == "tester"
    assert LeadImportCompleted.model_validate(completed.data).total == 1


async def test_only_marketing_may_import(marketing_service: Any) -> None:
    rep: Callable[..., Any] = marketing_service.service.client
    assert (await rep("sales_rep").get("/imports")).status_code == 403


async def test_the_order_of_dates_is_guessed_from_the_file_shown_and_can_be_said(marketing_service: Any) -> None:
    data = b"Email,Registration Time\nada@alder.example,05/11/2025 09:00\nben@birch.example,28/10/2025 10:00\n"
    campaign_id = await marketing_service.campaign()
    import_id = await marketing_service.upload(campaign_id, data)
    shown = await marketing_service.ask("GET", f"/imports/{import_id}/mapping")
    assert (shown["date_order"], shown["date_order_how"]) == ("day_first", "guessed")
    await marketing_service.start(import_id)
    await marketing_service.ended(import_id)
    assert await early(marketing_service, campaign_id) == {"ada@alder.example": False, "ben@birch.example": True}
    said = await marketing_service.upload(campaign_id, data, date_order="month_first")
    shown = await marketing_service.ask("GET", f"/imports/{said}/mapping")
    assert (shown["date_order"], shown["date_order_how"]) == ("month_first", "given")
    await marketing_service.start(said)
    await marketing_service.ended(said)
    shown = await marketing_service.ask("GET", f"/imports/{said}/mapping")
    assert (shown["date_order"], shown["date_order_how"]) == ("month_first", "given")
    assert await early(marketing_service, campaign_id) == {"ada@alder.example": True, "ben@birch.example": True}


async def early(service: Any, campaign_id: UUID) -> dict[str, bool]:
    """Who registered early, by address."""
    leads = (await service.ask("GET", "/leads", params={"campaign_id": str(campaign_id)}))["items"]
    pages = [await service.ask("GET", f"/leads/{lead['lead_id']}") for lead in leads]
    return {page["email"]: page["engagement"]["registered_early"] for page in pages}
